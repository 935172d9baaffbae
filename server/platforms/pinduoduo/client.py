"""One call to Pinduoduo: parameters, timestamp, signature; and the object that its answer holds."""

from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from server.platforms import http, raw
from server.platforms.body import rows
from server.platforms.http import Gateway
from server.platforms.paging import Page
from server.platforms.pinduoduo.sign import sign
from server.platforms.port import Shop

NAME: Final = "拼多多"
_MOST: Final = 10_000_000


class Client:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    @property
    def ahead(self) -> timedelta:
        """How far our clock is ahead of theirs."""
        return self._gateway.ahead

    async def call(self, shop: Shop, type: str, **params: str) -> bytes:
        """Raises Unavailable, Unauthenticated, Rejected."""
        return await self._send(shop, type, params | {"access_token": shop.access_token})

    async def open(self, shop: Shop, type: str, **params: str) -> bytes:
        """One of the methods that belong to the app, not to a shop: no token. Raises as call."""
        return await self._send(shop, type, params)

    async def _send(self, shop: Shop, type: str, params: dict[str, str]) -> bytes:

        def build(client: httpx.AsyncClient, now: datetime) -> httpx.Request:
            sent = {
                **params,
                "type": type,
                "client_id": shop.app_key,
                "timestamp": when(now),
                "data_type": "JSON",
                "version": "V1",
            }
            sent = {name: value for name, value in sent.items() if value}  # whether an empty text is signed: unknown
            sent["sign"] = sign(sent, shop.app_secret)
            return client.build_request("POST", f"{shop.base_url.rstrip('/')}/api/router", data=sent)

        return await self._gateway.call(shop, build)


def answer(data: bytes, name: str) -> dict[str, Any]:
    """What is beneath the method's own key. Raises Unavailable."""
    try:
        found = raw.load_object(data).get(name)
    except raw.Unreadable:
        raise http.unreadable(NAME) from None
    if not isinstance(found, dict):
        raise http.unreadable(NAME)
    return found


def listed(root: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """A list of objects; null is an empty one. Raises Unavailable."""
    found = rows(root.get(name) if root.get(name) is not None else [])
    if found is None:
        raise http.unreadable(NAME)
    return found


def page(found: list[Any], root: dict[str, Any], number: int, size: int) -> Page:
    """One page of a list with its total. Rows that the total promises and the page does not hold would be lost without
    a word: raises Unavailable."""
    total = root.get("total_count")
    if not isinstance(total, int) or isinstance(total, bool) or not 0 <= total <= _MOST:
        raise http.unreadable(NAME)
    if len(found) < min(size, total - (number - 1) * size):
        raise http.unreadable(NAME)
    return Page(found, total)


def when(moment: datetime) -> str:
    """Times of a query are epoch seconds."""
    return str(int(moment.timestamp()))
