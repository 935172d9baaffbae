"""One call to TOP: parameters, timestamp, signature; and the object that its answer holds."""

from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from server.platforms import http, raw
from server.platforms.body import BEIJING, part, rows
from server.platforms.http import Gateway
from server.platforms.paging import Page
from server.platforms.port import Shop
from server.platforms.taobao.sign import sign

NAME: Final = "淘宝"
_MOST: Final = 10_000_000


class Client:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    @property
    def ahead(self) -> timedelta:
        """How far our clock is ahead of theirs."""
        return self._gateway.ahead

    async def call(self, shop: Shop, method: str, **params: str) -> bytes:
        """Raises Unavailable, Unauthenticated, Rejected."""
        return await self._send(shop, method, params | {"session": shop.access_token})

    async def open(self, shop: Shop, method: str, **params: str) -> bytes:
        """One of the methods that belong to the app, not to a shop: no session. Raises as call."""
        return await self._send(shop, method, params)

    async def _send(self, shop: Shop, method: str, params: dict[str, str]) -> bytes:

        def build(client: httpx.AsyncClient, now: datetime) -> httpx.Request:
            sent = {
                **params,
                "method": method,
                "app_key": shop.app_key,
                "timestamp": when(now),
                "format": "json",
                "v": "2.0",
                "sign_method": "hmac-sha256",
            }
            sent = {name: value for name, value in sent.items() if value}
            sent["sign"] = sign(sent, shop.app_secret)
            return client.build_request("POST", f"{shop.base_url.rstrip('/')}/router/rest", data=sent)

        return await self._gateway.call(shop, build)


def answer(data: bytes) -> dict[str, Any]:
    """What is beneath `…_response`. Raises Unavailable."""
    try:
        for name, value in raw.load_object(data).items():
            if name.endswith("_response") and isinstance(value, dict):
                return value
    except raw.Unreadable:
        pass
    raise http.unreadable(NAME)


def listed(root: dict[str, Any], name: str, inner: str) -> list[dict[str, Any]]:
    """A list in its wrapper; an empty one comes as {}, as nothing, or as an empty array. Raises Unavailable."""
    found = rows(part(root, name).get(inner, []))
    if found is None or not isinstance(root.get(name, {}), dict):
        raise http.unreadable(NAME)
    return found


def page(found: list[Any], root: dict[str, Any], number: int, size: int) -> Page:
    """One page of a list with its total. An empty one where rows should be would lose them without a word, and one
    that no shop has would be read for ever: raises Unavailable."""
    total = root.get("total_results")
    if not isinstance(total, int) or isinstance(total, bool) or not 0 <= total <= _MOST:
        raise http.unreadable(NAME)
    if not found and total > (number - 1) * size:
        raise http.unreadable(NAME)
    return Page(found, total)


def when(moment: datetime) -> str:
    """As TOP writes times: GMT+8, no zone."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
