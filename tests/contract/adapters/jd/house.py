"""The JD adapters against the sandbox."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec

from server.platforms import registry
from server.platforms.port import Grant, RawOrder, Shop, Window
from server.sandbox.accounts import JD
from server.sandbox.app import create_app

BASE = "http://sandbox.test"
OURS = "SLX000010000001"


class House:
    """One sandbox, one shop, one adapter."""

    def __init__(self, code: str = "jd") -> None:
        self.app = create_app(1)
        self.world = self.app.state.world
        transport = httpx.ASGITransport(app=self.app, client=("127.0.0.1", 1))
        self.web = httpx.AsyncClient(transport=transport, base_url=BASE)
        self.adapter = registry.connect(code, self.web)
        self.shop = Shop(
            id="s",
            platform=code,
            external_id=JD["external_id"],
            base_url=f"{BASE}/{code}",
            app_key=JD["app_key"],
            app_secret=JD["app_secret"],
            access_token=JD["access_token"],
            settings={"own": {"oauth_url": f"{BASE}/jd"}},  # both APIs have the same pages
        )

    def with_(self, **changes: Any) -> Shop:
        """The shop, otherwise; it stays so."""
        self.shop = msgspec.structs.replace(self.shop, **changes)
        return self.shop

    def take(self, grant: Grant) -> Shop:
        return self.with_(access_token=grant.access_token, refresh_token=grant.refresh_token)

    def age(self, days: float) -> None:
        """Tokens grow so much older: calls are signed with the time of now, so the clock stays."""
        book = self.world.grants("jd").book
        for tokens in (book.access, book.refresh):
            for token, until in tokens.items():
                tokens[token] = until - int(days * 86_400) if until else 0

    async def control(self, path: str, **body: Any) -> Any:
        answer = await self.web.post(f"/control/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def place(self, count: int = 1, **more: Any) -> list[str]:
        wanted = {"platform": "jd", "count": count, "odd": False, "at": int(time.time()) - 400, **more}
        return list((await self.control("orders", **wanted))["ids"])

    async def look(self, id: str) -> Any:
        return (await self.web.get(f"/control/orders/jd/{id}")).json()

    async def code(self) -> str:
        return str((await self.control("consent", platform="jd"))["code"])

    def window(self, minutes: float = 30) -> Window:
        now = datetime.now(UTC)
        return Window(now - timedelta(minutes=minutes), now)

    async def pull(self, window: Window | None = None) -> dict[str, RawOrder]:
        found: dict[str, RawOrder] = {}
        async for page in self.adapter.changed(self.shop, window or self.window()):
            found |= {order.external_id: order for order in page}
        return found

    def calls(self, method: str) -> int:
        return int(self.world.calls[f"{self.adapter.code} {method}"])
