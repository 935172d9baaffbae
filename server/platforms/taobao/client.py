"""One call to TOP: parameters, timestamp, signature."""

from datetime import datetime
from typing import Final

import httpx

from server.platforms.body import BEIJING
from server.platforms.http import Gateway
from server.platforms.port import Shop
from server.platforms.taobao.sign import sign

NAME: Final = "淘宝"


class Client:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def call(self, shop: Shop, method: str, **params: str) -> bytes:
        """Raises Unavailable, Unauthenticated, Rejected."""

        def build(client: httpx.AsyncClient, now: datetime) -> httpx.Request:
            sent = {
                **params,
                "method": method,
                "app_key": shop.app_key,
                "session": shop.access_token,
                "timestamp": when(now),
                "format": "json",
                "v": "2.0",
                "sign_method": "hmac-sha256",
            }
            sent = {name: value for name, value in sent.items() if value}
            sent["sign"] = sign(sent, shop.app_secret)
            return client.build_request("POST", f"{shop.base_url.rstrip('/')}/router/rest", data=sent)

        return await self._gateway.call(shop, build)


def when(moment: datetime) -> str:
    """As TOP writes times: GMT+8, no zone."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
