"""One sandbox, one shop of it, and the adapter that asks it: what the tests of all platforms share."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self

import httpx
import msgspec

from server.platforms import registry
from server.platforms.port import Grant, RawOrder, Shop, Window
from server.sandbox.accounts import SHOPS
from server.sandbox.app import create_app
from server.sandbox.knobs import Knobs

BASE = "http://sandbox.test"
OURS = "SLX000010000001"
"""A waybill number of the simulated carrier."""


class Sandboxed:
    """`platform`: whose world it is. `code`: which adapter asks, where a platform has two."""

    platform: ClassVar[str]

    def __init__(self, knobs: Knobs | None = None, code: str = "") -> None:
        account = next(shop for shop in SHOPS if shop["platform"] == self.platform)
        code = code or self.platform
        self.app = create_app(1, knobs=knobs)
        self.world = self.app.state.world
        transport = httpx.ASGITransport(app=self.app, client=("127.0.0.1", 1))
        self.web = httpx.AsyncClient(transport=transport, base_url=BASE)
        self.adapter = registry.connect(code, self.web)
        names = ("external_id", "app_key", "app_secret", "access_token")
        self.shop = Shop(id="s", platform=code, base_url=f"{BASE}/{code}", **{n: account[n] for n in names})

    @classmethod
    @asynccontextmanager
    async def opened(cls, **knobs: Any) -> AsyncIterator[Self]:
        """A house of its own, with other rules."""
        house = cls(Knobs(**knobs))
        yield house
        await house.web.aclose()

    def with_(self, **changes: Any) -> Shop:
        """The shop, otherwise; it stays so."""
        self.shop = msgspec.structs.replace(self.shop, **changes)
        return self.shop

    def own(self, **chosen: Any) -> Shop:
        return self.with_(settings={"own": chosen})

    def take(self, grant: Grant) -> Shop:
        return self.with_(access_token=grant.access_token, refresh_token=grant.refresh_token)

    def age(self, days: float) -> None:
        """Tokens grow so much older: calls are signed with the time of now, so the clock stays."""
        book = self.world.grants(self.platform).book
        for tokens in (book.access, book.refresh):
            for token, until in tokens.items():
                tokens[token] = until - int(days * 86_400) if until else 0

    async def control(self, path: str, **body: Any) -> Any:
        answer = await self.web.post(f"/control/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def place(self, count: int = 1, **more: Any) -> list[str]:
        wanted = {"platform": self.platform, "count": count, "odd": False, "at": int(time.time()) - 400, **more}
        return list((await self.control("orders", **wanted))["ids"])

    async def refund(self, id: str, to: str = "asked", **more: Any) -> None:
        await self.control("refund", platform=self.platform, external_id=id, to=to, **more)

    async def look(self, id: str) -> Any:
        return (await self.web.get(f"/control/orders/{self.platform}/{id}")).json()

    async def code(self) -> str:
        return str((await self.control("consent", platform=self.platform))["code"])

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

    def calls(self, method: str) -> int:
        return int(self.world.calls[f"{self.shop.platform} {method}"])
