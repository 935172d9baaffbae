"""The watermark moves only over what is stored: a window that breaks off, a clock that runs ahead."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from server.errors import Rejected, Unavailable
from server.kit import clock
from server.orders import intake
from server.platforms import pulling, registry
from server.platforms.port import RawOrder, Window
from tests.support.world import World, taobao_order

LAG, OVERLAP, AHEAD = timedelta(minutes=1), timedelta(minutes=10), timedelta(minutes=20)


class Shelf:
    """A platform at the port: two windows of one order each; the first answer tells how far our clock runs ahead."""

    def __init__(self, *, skew: timedelta = timedelta(0), breaks_at: int = 0) -> None:
        self.skew, self.breaks_at = skew, breaks_at
        self.ahead, self.asked = timedelta(0), 0

    def windows(self, watermark: datetime, now: datetime, settings: Any = None) -> list[Window]:
        end = now - self.ahead - LAG
        start = watermark - OVERLAP
        middle = start + (end - start) / 2
        return [Window(start, middle), Window(middle, end)] if end > start else []

    async def changed(self, shop: Any, window: Window) -> AsyncIterator[list[RawOrder]]:
        self.asked += 1
        self.ahead = self.skew
        body = taobao_order(f"41000000000000{self.asked:05d}", {"CAP-BLK": 1})
        yield [registry.get("taobao").body.raw_order(body)]  # type: ignore[attr-defined]
        if self.asked == self.breaks_at:
            raise Unavailable("platform_unavailable", "平台暂时不可用")


async def watermark(db: Any, shop: Any) -> datetime:
    found: datetime = await db.value("select watermark from shop where id = $1", shop)
    return found


async def test_a_window_that_breaks_off_is_pulled_again(db: Any, world: World) -> None:
    shop, platform = world.shops["taobao"], Shelf(breaks_at=2)
    before = await watermark(db, shop)
    with pytest.raises(Unavailable):
        await pulling.pull(shop, lambda _: platform, intake.store_raw)  # type: ignore[arg-type,return-value]
    after = await watermark(db, shop)
    assert before < after < clock.now() - timedelta(minutes=20)
    assert await db.value("select count(*) from raw_order") == 2
    assert await db.value("select trouble from shop where id = $1", shop) == "平台暂时不可用"
    await pulling.pull(shop, lambda _: Shelf(), intake.store_raw)  # type: ignore[arg-type,return-value]
    assert await watermark(db, shop) > clock.now() - timedelta(minutes=2)
    assert await db.value("select count(*) from raw_order") >= 2
    assert await db.value("select trouble from shop where id = $1", shop) == ""


async def test_our_clock_ahead_skips_nothing(db: Any, world: World) -> None:
    """The platform's now is 20 minutes before ours, and only its first answer tells."""
    shop = world.shops["taobao"]
    await pulling.pull(shop, lambda _: Shelf(skew=AHEAD), intake.store_raw)  # type: ignore[arg-type,return-value]
    assert await watermark(db, shop) <= clock.now() - AHEAD - LAG + timedelta(seconds=5)


async def test_a_shop_that_refuses_our_signature_is_told_and_nothing_moves(db: Any, world: World, as_role: Any) -> None:
    shop = world.shops["taobao"]
    before = await watermark(db, shop)

    class Refusing(Shelf):
        async def changed(self, shop: Any, window: Window) -> AsyncIterator[list[RawOrder]]:
            raise Rejected("platform_rejected", "淘宝：签名错误，请检查应用密钥")
            yield []

    assert await pulling.pull(shop, lambda _: Refusing(), intake.store_raw) == 0  # type: ignore[arg-type,return-value]
    assert await watermark(db, shop) == before
    assert await db.value("select count(*) from raw_order") == 0
    web = await as_role("service")
    shown = {s["platform"]: s["error"] for s in (await web.get("/api/shops")).json()["rows"]}
    assert shown == {"taobao": "淘宝：签名错误，请检查应用密钥", "jd": "", "pinduoduo": "", "shopee": ""}
    assert await db.value("select count(*) from event where kind = 'shop_troubled'") == 1
