"""One call to Pinduoduo: parameters, timestamp, signature."""

from datetime import datetime
from typing import Final

import httpx

from server.platforms.http import Gateway
from server.platforms.pinduoduo.sign import sign
from server.platforms.port import Shop

NAME: Final = "拼多多"


class Client:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def call(self, shop: Shop, type: str, **params: str) -> bytes:
        """Raises Unavailable, Unauthenticated, Rejected."""

        def build(client: httpx.AsyncClient, now: datetime) -> httpx.Request:
            sent = {
                **params,
                "type": type,
                "client_id": shop.app_key,
                "access_token": shop.access_token,
                "timestamp": when(now),
                "data_type": "JSON",
                "version": "V1",
            }
            sent = {name: value for name, value in sent.items() if value}  # whether an empty text is signed: unknown
            sent["sign"] = sign(sent, shop.app_secret)
            return client.build_request("POST", f"{shop.base_url.rstrip('/')}/api/router", data=sent)

        return await self._gateway.call(shop, build)


def when(moment: datetime) -> str:
    """Times of a query are epoch seconds."""
    return str(int(moment.timestamp()))
