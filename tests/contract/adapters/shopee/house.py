"""Shopee's adapter against the sandbox."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec

from server.platforms import registry
from server.platforms.port import Grant, RawOrder, Shop, Window
from server.sandbox.accounts import SHOPEE
from server.sandbox.app import create_app
from server.sandbox.knobs import Knobs

BASE = "http://sandbox.test"
OURS = "SLX000010000001"
OTHER = "SLX000010000002"


class House:
    """One sandbox, one shop, one adapter."""

    def __init__(self, knobs: Knobs | None = None) -> None:
        self.app = create_app(1, knobs=knobs)
        self.world = self.app.state.world
        transport = httpx.ASGITransport(app=self.app, client=("127.0.0.1", 1))
        self.web = httpx.AsyncClient(transport=transport, base_url=BASE)
        self.adapter = registry.connect("shopee", self.web)
        self.shop = Shop(
            id="s",
            platform="shopee",
            external_id=SHOPEE["external_id"],
            base_url=f"{BASE}/shopee",
            app_key=SHOPEE["app_key"],
            app_secret=SHOPEE["app_secret"],
            access_token=SHOPEE["access_token"],
        )

    def with_(self, **changes: Any) -> Shop:
        """The shop, otherwise; it stays so."""
        self.shop = msgspec.structs.replace(self.shop, **changes)
        return self.shop

    def own(self, **chosen: Any) -> Shop:
        return self.with_(settings={"own": chosen})

    def take(self, grant: Grant) -> Shop:
        return self.with_(
            external_id=grant.external_id, access_token=grant.access_token, refresh_token=grant.refresh_token
        )

    def age(self, seconds: float) -> None:
        """All that was granted grows so much older: calls are signed with the time of now, so the clock stays."""
        book = self.world.grants("shopee").book
        book.granted -= int(seconds)
        for tokens in (book.access, book.refresh, book.codes):
            for token, until in tokens.items():
                tokens[token] = until - int(seconds) if until else 0

    async def control(self, path: str, **body: Any) -> Any:
        answer = await self.web.post(f"/control/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def place(self, count: int = 1, **more: Any) -> list[str]:
        wanted = {"platform": "shopee", "count": count, "odd": False, "at": int(time.time()) - 400, **more}
        return list((await self.control("orders", **wanted))["ids"])

    async def code(self) -> str:
        return str((await self.control("consent", platform="shopee"))["code"])

    async def granted(self) -> Shop:
        """The shop with tokens of a fresh consent."""
        return self.take(await self.adapter.exchange(self.shop, await self.code(), ""))

    def window(self, minutes: float = 30) -> Window:
        now = datetime.now(UTC)
        return Window(now - timedelta(minutes=minutes), now)

    async def pull(self, window: Window | None = None) -> dict[str, RawOrder]:
        found: dict[str, RawOrder] = {}
        async for page in self.adapter.changed(self.shop, window or self.window()):
            found |= {order.external_id: order for order in page}
        return found

    def calls(self, path: str) -> int:
        return int(self.world.calls[f"shopee /api/v2/{path}"])
