"""One call to JOS: parameters, timestamp, signature; and the object that its answer holds."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from server.platforms import http, raw
from server.platforms.body import BEIJING
from server.platforms.http import Gateway
from server.platforms.jd.sign import sign
from server.platforms.paging import Page
from server.platforms.port import Shop

NAME: Final = "京东"
_MOST: Final = 10_000_000


class Client:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    @property
    def ahead(self) -> timedelta:
        """How far our clock is ahead of theirs."""
        return self._gateway.ahead

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

    async def get(self, shop: Shop, url: str, query: Mapping[str, str]) -> bytes:
        """One of the authorisation pages, unsigned. Raises as call."""
        return await self._gateway.call(shop, lambda client, now: client.build_request("GET", url, params=dict(query)))


def answer(data: bytes) -> dict[str, Any]:
    """What is beneath `…_responce` (or, some say, `…_response`). Raises Unavailable."""
    try:
        for name, value in raw.load_object(data).items():
            if name.endswith(("_responce", "_response")) and isinstance(value, dict):
                return value
    except raw.Unreadable:
        pass
    raise http.unreadable(NAME)


def total(value: Any) -> int:
    """A count, as number or text. Raises Unavailable; one that no shop has would be read for ever."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:18])
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST:
        raise http.unreadable(NAME)
    return value


def page(rows: list[Any], count: int, number: int, size: int) -> Page:
    """One page of a list. An empty one where rows should be would lose them without a word: raises Unavailable."""
    if not rows and count > (number - 1) * size:
        raise http.unreadable(NAME)
    return Page(rows, count)


def number(text: str) -> int | str:
    """An id as JOS wants it: an int64 where it is one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else text


def when(moment: datetime) -> str:
    """As JOS writes times: GMT+8, no zone."""
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
