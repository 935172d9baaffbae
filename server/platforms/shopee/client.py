"""One call to Shopee for a shop: common parameters in the query, signed by path."""

from datetime import datetime
from typing import Any, Final

import httpx

from server.platforms.http import Gateway
from server.platforms.port import Shop
from server.platforms.shopee.sign import sign

NAME: Final = "Shopee"


class Client:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def get(self, shop: Shop, path: str, **params: str) -> bytes:
        """`path`: "order/get_order_list". Raises Unavailable, Unauthenticated, Rejected."""

        def build(client: httpx.AsyncClient, now: datetime) -> httpx.Request:
            return client.build_request("GET", _url(shop, path), params={**_common(shop, path, now), **params})

        return await self._gateway.call(shop, build)

    async def post(self, shop: Shop, path: str, body: dict[str, Any]) -> bytes:
        """As get, with a JSON body."""

        def build(client: httpx.AsyncClient, now: datetime) -> httpx.Request:
            return client.build_request("POST", _url(shop, path), params=_common(shop, path, now), json=body)

        return await self._gateway.call(shop, build)


def _url(shop: Shop, path: str) -> str:
    return f"{shop.base_url.rstrip('/')}/api/v2/{path}"


def _common(shop: Shop, path: str, now: datetime) -> dict[str, str]:
    stamp = str(int(now.timestamp()))
    return {
        "partner_id": shop.app_key,
        "timestamp": stamp,
        "access_token": shop.access_token,
        "shop_id": shop.external_id,
        "sign": sign(shop.app_secret, shop.app_key, f"/api/v2/{path}", stamp, shop.access_token, shop.external_id),
    }
