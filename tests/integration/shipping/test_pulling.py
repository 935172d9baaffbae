"""Pulling: the watermark moves only over what is stored whole; a shop's trouble is shown beside it."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from server.errors import Rejected, Unauthenticated, Unavailable
from server.kit import clock, db
from server.orders import intake
from server.platforms import pulling
from server.platforms.port import Powers, RawOrder, Shop, Window


async def shop_row(floor: Any) -> Any:
    return await db.row("select * from shop where id = $1", floor.world.shops["taobao"])


async def raws() -> int:
    return int(await db.value("select count(*) from raw_order"))


class Breaks:
    """The real adapter, but its second page fails as told."""

    powers = Powers()

    def __init__(self, real: Any, error: Exception) -> None:
        self.real, self.error = real, error

    def windows(self, watermark: datetime, now: datetime, settings: Any = None) -> list[Window]:
        found: list[Window] = self.real.windows(watermark, now, settings)
        return found

    async def changed(self, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
        async for page in self.real.changed(shop, window):
            yield page[:1]
            raise self.error


async def test_pulling_twice_stores_once_and_the_watermark_moves(floor: Any) -> None:
    await floor.place("taobao", 5)
    before = (await shop_row(floor))["watermark"]
    assert await floor.pull("taobao") == 5
    row = await shop_row(floor)
    assert row["watermark"] > before and row["last_pull_at"] is not None and row["trouble"] == ""
    assert await floor.pull("taobao") == 0
    assert await db.value("select count(*) from sales_order") == 5


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Unavailable("platform_unavailable", "淘宝暂时没有响应"), "on"),
        (Unauthenticated("platform_unauthenticated", "授权已失效"), "needs_auth"),
        (Rejected("platform_rejected", "没有这个接口的权限"), "on"),
    ],
)
async def test_what_breaks_off_is_pulled_again_whole(floor: Any, error: Any, state: str) -> None:
    await floor.place("taobao", 5)
    before = (await shop_row(floor))["watermark"]
    broken = Breaks(floor.platform("taobao"), error)
    shop = floor.world.shops["taobao"]
    if isinstance(error, Unavailable):
        with pytest.raises(Unavailable):
            await pulling.pull(shop, lambda _: broken, intake.store_raw)  # type: ignore[arg-type,return-value]
    else:
        await pulling.pull(shop, lambda _: broken, intake.store_raw)  # type: ignore[arg-type,return-value]
    row = await shop_row(floor)
    assert (row["watermark"], row["state"], row["trouble"]) == (before, state, error.message)
    assert await raws() == 1
    assert await floor.pull("taobao") == 4
    row = await shop_row(floor)
    assert (row["state"], row["trouble"]) == ("on", "")
    assert await raws() == 5


async def test_an_odd_body_is_set_aside_and_the_rest_goes_on(floor: Any) -> None:
    await floor.place("taobao", 2)
    real = floor.platform("taobao")

    class Odd:
        windows = staticmethod(real.windows)

        async def changed(self, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
            async for page in real.changed(shop, window):
                yield [RawOrder("?1", b'{"half": ', None), *page]

    shop = floor.world.shops["taobao"]
    assert await pulling.pull(shop, lambda _: Odd(), intake.store_raw) == 3  # type: ignore[arg-type,return-value]
    assert await db.value("select count(*) from task where kind = 'quarantine'") == 1
    assert (await shop_row(floor))["watermark"] > clock.now().replace(year=2020)


async def test_shops_are_due_as_often_as_they_say(floor: Any) -> None:
    await db.run("update shop set settings = '{\"pull_every_s\": 5}' where platform = 'jd'")
    await db.run("update shop set state = 'needs_auth' where platform = 'shopee'")
    await db.run("update shop set state = 'off' where platform = 'pinduoduo'")
    due = {s.id: s.every_s for s in await pulling.list_to_pull()}
    shops = floor.world.shops
    assert due == {shops["taobao"]: 60, shops["jd"]: 5, shops["shopee"]: 600}
