"""A floor with real shops and a real carrier behind it: the sandbox, reached over ASGI."""

import io
import time
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pypdfium2
import pytest_asyncio

from print.documents import Document
from server.kit import clock, db
from server.kit.ids import uuid7
from server.orders import actions as reviewing
from server.orders import intake
from server.orders import moves as orders
from server.packing import moves as packing
from server.picking import actions as picking
from server.platforms import pulling, registry
from server.platforms.port import Platform
from server.sandbox.app import create_app
from server.settings import Settings
from server.shipping import actions, moves, papers


class Floor:
    """Steps of the main chain, by the product's own use cases. `drawn`: the documents that were rendered."""

    def __init__(self, world: Any, config: Settings, http: httpx.AsyncClient) -> None:
        self.world, self.config, self.http = world, config, http
        self.drawn: list[Document] = []
        self.device = uuid7()

    def platform(self, code: str) -> Platform:
        return registry.connect(code, self.http)

    async def control(self, path: str, body: dict[str, Any]) -> Any:
        answer = await self.http.post(f"{self.config.sandbox_url}/control/{path}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def at_platform(self, platform: str, external_id: str) -> Any:
        return (await self.http.get(f"{self.config.sandbox_url}/control/orders/{platform}/{external_id}")).json()

    async def place(self, platform: str, count: int = 1) -> None:
        before = int(time.time()) - 600  # further back than any platform's lag
        await self.control("orders", {"platform": platform, "count": count, "odd": False, "seed": 7, "at": before})

    async def pull(self, platform: str) -> int:
        shop: UUID = self.world.shops[platform]
        new = await pulling.pull(shop, self.platform, intake.store_raw)
        while await intake.map_pending(shop, platform):
            pass
        return new

    async def decide(self) -> None:
        """Review, set stock aside; notes are read and released."""
        while await reviewing.review_pending():
            pass
        for t in await db.rows("select id, order_id from task where kind = 'hold' and closed_at is null"):
            await reviewing.release_hold(t["order_id"], t["id"], "已看")
        while await reviewing.review_pending():
            pass
        while await reviewing.reserve_pending():
            pass

    async def wave(self) -> UUID:
        await db.run(
            """insert into device(id, dev, name, warehouse) values($1, $2, '一号枪', $3) on conflict do nothing""",
            self.device,
            self.device.bytes,
            self.world.warehouse,
        )
        return await picking.make_wave(self.device, None, 60)

    async def taken(self, platform: str, count: int = 1) -> list[Any]:
        """So many orders of a platform in a wave; their parcels."""
        await self.place(platform, count)
        await self.pull(platform)
        await self.decide()
        await self.wave()
        return await self.parcels()

    async def parcels(self) -> list[Any]:
        return await db.rows("select * from parcel order by made_at, no")

    async def waybills(self) -> int:
        return await actions.make_waybills(self.http)

    async def labels(self) -> int:
        return await papers.make_labels(self.draw, self.config.zone)

    async def draw(self, documents: Sequence[Document]) -> list[papers.Sheets | papers.Unprintable]:
        """Stands for the renderer: unit tests look at real sheets."""
        self.drawn += documents
        blank = pypdfium2.PdfDocument.new()
        for _ in documents:
            blank.new_page(283, 425)
        out = io.BytesIO()
        blank.save(out)
        return [papers.Sheets(out.getvalue(), i, 1) for i in range(len(documents))]

    async def packed(self) -> list[Any]:
        """Everything in the wave is picked and packed."""
        found = await self.parcels()
        async with db.transaction() as tx:
            now = clock.now()
            await orders.mark(tx, "picked", [p["order_id"] for p in found], now)
            await packing.pack(tx, [(p["id"], now) for p in found if p["state"] in ("picking", "ready")])
            await orders.mark(tx, "packed", [p["order_id"] for p in found], now)
        return await self.parcels()

    async def left(self) -> list[Any]:
        """Everything packed is handed over."""
        found = [p for p in await self.packed() if p["state"] == "packed"]
        async with db.transaction() as tx:
            await moves.hand_over(tx, [(p["id"], p["order_id"], clock.now()) for p in found])
        return await self.parcels()


@pytest_asyncio.fixture
async def floor(world: Any, config: Settings) -> AsyncIterator[Floor]:
    ahead = [0.0]
    shops = create_app(seed=11, clock=lambda: time.time() + ahead[0])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(shops, client=("127.0.0.1", 1))) as http:
        made = Floor(world, config, http)
        await db.run(
            """update shop set watermark = $1,
                      settings = case platform when 'pinduoduo' then '{}' else '{"lag_s": 0}' end::jsonb""",
            clock.now() - timedelta(minutes=30),
        )
        made.later = lambda seconds: ahead.__setitem__(0, ahead[0] + seconds)  # type: ignore[attr-defined]
        yield made
