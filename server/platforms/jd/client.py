"""One call to JOS: parameters, timestamp, signature."""

import json
from datetime import datetime
from typing import Any, Final

import httpx

from server.platforms.body import BEIJING
from server.platforms.http import Gateway
from server.platforms.jd.sign import sign
from server.platforms.port import Shop

NAME: Final = "京东"


class Client:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def call(self, shop: Shop, method: str, **params: Any) -> bytes:
        """Raises Unavailable, Unauthenticated, Rejected."""
        # ASCII, so that the digest does not depend on the encoding that the other side hashes.
        business = json.dumps(params, ensure_ascii=True, separators=(",", ":"), sort_keys=True)

        def build(client: httpx.AsyncClient, now: datetime) -> httpx.Request:
            sent = {
                "method": method,
                "access_token": shop.access_token,
                "app_key": shop.app_key,
                "timestamp": when(now),
                "v": "2.0",
                "360buy_param_json": business,
            }
            sent["sign"] = sign(sent, shop.app_secret)
            return client.build_request("POST", f"{shop.base_url.rstrip('/')}/routerjson", data=sent)

        return await self._gateway.call(shop, build)


def when(moment: datetime) -> str:
    """As JOS writes times: GMT+8, no zone."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
