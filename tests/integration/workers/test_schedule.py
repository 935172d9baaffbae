"""The clock: what it enters, how often, and that one of two schedulers does it."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from server.kit import clock, db
from server.platforms import registry
from server.settings import Settings
from server.stock import queries as stock
from workers import schedule
from workers.jobs import house
from workers.schedule import Scheduler


def asked(world: Any) -> dict[str, int]:
    """What the clock enters at once: each shop's orders, and what else its platform can be asked for."""
    powers = [registry.get(platform).powers for platform in world.shops]
    wanted = {
        "platforms.pull": len(powers),
        "platforms.refunds": sum(p.refunds for p in powers),
        "platforms.listen": sum(p.messages for p in powers),
        "platforms.listings": sum(p.listings for p in powers),
    }
    return {kind: n for kind, n in wanted.items() if n}


async def entered() -> dict[str, int]:
    found = await db.rows(
        "select kind, count(*) as n from job where kind not like 'orders.%' and kind <> 'house.sweep' group by kind"
    )
    return {r["kind"]: r["n"] for r in found}


@pytest.fixture
def by_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shortly after midnight in Shanghai: the night's work is not due yet."""
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 24, 17, 0, tzinfo=UTC))


async def test_shops_are_pulled_by_the_clock_and_one_that_waits_is_not_hurried(
    world: Any, config: Settings, by_day: None
) -> None:
    scheduler = Scheduler(config)
    await scheduler.tick()
    await scheduler.tick()
    assert await entered() == asked(world)
    await db.run("update job set run_at = now() + interval '200 seconds' where kind = 'platforms.pull'")
    await Scheduler(config).tick()  # one that has just been started
    assert await db.value("select min(run_at) > now() + interval '100 seconds' from job where kind = 'platforms.pull'")
    await db.run("update job set state = 'done'")
    await scheduler.tick()
    assert await entered() == asked(world)  # not due again yet


async def test_the_carrier_is_asked_only_while_a_parcel_is_under_way(
    world: Any, config: Settings, by_day: None
) -> None:
    scheduler = Scheduler(config)
    await scheduler.tick()
    assert "shipping.track" not in await entered()


async def test_the_night_comes_once_whoever_was_restarted(
    world: Any, config: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 24, 19, 30, tzinfo=UTC))  # 03:30 in Shanghai
    for _ in range(2):
        await Scheduler(config).tick()
        await db.run("update job set state = 'done', done_at = now() where state = 'ready'")
    night = {k: v for k, v in (await entered()).items() if k in schedule.NIGHTLY}
    assert night == dict.fromkeys(schedule.NIGHTLY, 1)


async def test_one_of_two_leads(world: Any, config: Settings, by_day: None) -> None:
    both = [Scheduler(msgspec.structs.replace(config)) for _ in range(2)]
    tasks = [asyncio.create_task(s.run()) for s in both]
    await asyncio.wait_for(asyncio.gather(*(s.started.wait() for s in both)), 10)
    async with asyncio.timeout(20):
        while await entered() != asked(world):
            await asyncio.sleep(0.02)
    assert sum(bool(s._pulled) for s in both) == 1
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def test_a_stock_difference_is_told(world: Any, config: Settings) -> None:
    await house.check_stock()
    assert await db.value("select count(*) from notice") == 0
    await db.run("update stock set on_hand = on_hand - 1 where sku = (select sku from stock order by sku limit 1)")
    assert len(await stock.differences()) == 1
    await house.check_stock()
    told = {(r["role"], r["kind"]) for r in await db.rows("select role, kind from notice")}
    assert told == {("stock", "stock_difference"), ("manager", "stock_difference")}


async def test_old_jobs_go(world: Any, config: Settings) -> None:
    await db.run("update job set state = 'done', done_at = now() - interval '15 days'")
    assert await db.value("select count(*) from job") > 0
    await house.tidy()
    assert await db.value("select count(*) from job") == 0
