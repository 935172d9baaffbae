"""One call to SP-API: path, query, JSON body, and the headers that sign them."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from server.platforms import http, raw
from server.platforms.body import part
from server.platforms.http import Gateway
from server.platforms.jd.client import total
from server.platforms.jdsp.body import answer
from server.platforms.jdsp.sign import sign
from server.platforms.port import Shop

NAME: Final = "京东（新接口）"
SDK: Final = "zhongshu-1"


class Client:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    @property
    def ahead(self) -> timedelta:
        return self._gateway.ahead

    async def call(
        self,
        shop: Shop,
        verb: str,
        path: str,
        query: Mapping[str, str | int] | None = None,
        body: Any = None,
        **named: str,
    ) -> bytes:
        """`path` with {names} that `named` fills; both are signed. Raises Unavailable, Unauthenticated, Rejected."""
        # Made once: what is signed are the bytes that are sent.
        content = "" if body is None else json.dumps(body, ensure_ascii=True, separators=(",", ":"))
        sent = {name: str(value) for name, value in (query or {}).items()}
        url = f"{shop.base_url.rstrip('/')}/rest{path.format(**named)}"

        def build(client: httpx.AsyncClient, now: datetime) -> httpx.Request:
            headers = {
                "X-JOS-App-Key": shop.app_key,
                "X-JOS-Access-Token": shop.access_token,
                "X-JOS-Timestamp": str(millis(now)),
            }
            headers["X-JOS-Sign"] = sign(headers, {**sent, **named}, content, shop.app_secret)
            headers |= {"X-JOS-Sdk-Version": SDK, "X-JOS-Request-Identity": "vender"}
            if content:
                headers["Content-Type"] = "application/json"
            return client.build_request(verb, url, params=sent, headers=headers, content=content.encode() or None)

        return await self._gateway.call(shop, build)

    async def get(self, shop: Shop, url: str, query: Mapping[str, str]) -> bytes:
        """One of the authorisation pages, unsigned."""
        return await self._gateway.call(shop, lambda client, now: client.build_request("GET", url, params=dict(query)))


def listed(data: bytes) -> tuple[list[bytes], int]:
    """The rows of a list, as they came, and how many there are in all. Raises Unavailable."""
    try:
        inner = answer(data)
        root = raw.fields(inner)
        rows = root.get("data", b"null")
        found = [] if rows.strip() == b"null" else raw.elements(rows)
        return found, total(part(raw.load_object(inner), "paginationData").get("totalItems"))
    except raw.Unreadable:
        raise http.unreadable(NAME) from None


def millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
