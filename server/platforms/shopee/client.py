"""One call to Shopee, for a shop or for the app: common parameters in the query, signed by path; and what it holds."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from server.platforms import http, raw
from server.platforms.body import part
from server.platforms.http import Gateway
from server.platforms.port import Shop
from server.platforms.shopee.sign import sign

NAME: Final = "Shopee"


class Client:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    @property
    def ahead(self) -> timedelta:
        """How far our clock is ahead of theirs."""
        return self._gateway.ahead

    async def get(self, shop: Shop, path: str, **params: str | Sequence[str]) -> bytes:
        """`path`: "order/get_order_list". A parameter that is a list is sent once for each.

        Raises Unavailable, Unauthenticated, Rejected.
        """

        def build(client: httpx.AsyncClient, now: datetime) -> httpx.Request:
            return client.build_request("GET", _url(shop, path), params={**_common(shop, path, now), **params})

        return await self._gateway.call(shop, build)

    async def post(self, shop: Shop, path: str, body: dict[str, Any]) -> bytes:
        """As get, with a JSON body."""

        def build(client: httpx.AsyncClient, now: datetime) -> httpx.Request:
            return client.build_request("POST", _url(shop, path), params=_common(shop, path, now), json=body)

        return await self._gateway.call(shop, build)

    async def open_get(self, shop: Shop, path: str, **params: str) -> bytes:
        """A call of the app, not of a shop: no token. Raises as get."""

        def build(client: httpx.AsyncClient, now: datetime) -> httpx.Request:
            return client.build_request("GET", _url(shop, path), params={**public(shop, path, now), **params})

        return await self._gateway.call(shop, build)

    async def open_post(self, shop: Shop, path: str, body: dict[str, Any]) -> bytes:
        """As open_get, with a JSON body."""

        def build(client: httpx.AsyncClient, now: datetime) -> httpx.Request:
            return client.build_request("POST", _url(shop, path), params=public(shop, path, now), json=body)

        return await self._gateway.call(shop, build)


def answer(data: bytes) -> dict[str, Any]:
    """The whole answer: some calls have their fields at its top. Raises Unavailable."""
    try:
        return raw.load_object(data)
    except raw.Unreadable:
        raise http.unreadable(NAME) from None


def response(data: bytes) -> dict[str, Any]:
    """What is beneath `response`; writing calls may have none. Raises Unavailable."""
    return part(answer(data), "response")


def public(shop: Shop, path: str, now: datetime) -> dict[str, str]:
    """The common parameters of a call that belongs to the app."""
    stamp = str(int(now.timestamp()))
    mark = sign(shop.app_secret, shop.app_key, f"/api/v2/{path}", stamp)
    return {"partner_id": shop.app_key, "timestamp": stamp, "sign": mark}


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
