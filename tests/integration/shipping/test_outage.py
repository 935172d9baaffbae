"""Shops and carrier are down for two hours: everything waits and goes on by itself. After a day, a person is asked.

The hours are simulated: the job table's own times are moved back, so that back-off and give-up time pass at once.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from server.kit import db
from server.kit.jobs import NewJob
from workers import actor, jobs, resources

PLATFORMS = ("taobao", "jd", "pinduoduo", "shopee")
TWO_HOURS, A_DAY = 7_200.0, 86_400.0


class Hours:
    """Runs what is due; where nothing is, time passes until something is."""

    def __init__(self, shops: list[Any]) -> None:
        self.shops, self.passed = shops, 0.0

    async def run(self, seconds: float) -> int:
        """Let so much time pass; how many runs of jobs there were."""
        end, runs = self.passed + seconds, 0
        while self.passed < end:
            await self._schedule()
            due = await db.rows(
                """select id from job where state = 'ready' and run_at <= now() and kind not like 'printing.%'
                   order by run_at, id"""
            )
            for r in due:
                await actor.run(str(r["id"]))
                runs += 1
            if not due:
                wait = await db.value(
                    """select extract(epoch from min(run_at) - now())::float8 from job
                       where state = 'ready' and kind not like 'printing.%'"""
                )
                await self._pass(min(max(wait or 60.0, 0.01), 60.0))
        return runs

    async def _pass(self, seconds: float) -> None:
        self.passed += seconds
        await db.run(
            """update job set run_at = run_at - $1::interval, give_up_at = give_up_at - $1::interval
               where state = 'ready'""",
            timedelta(seconds=seconds),
        )
        await db.run("update shop set open_until = open_until - $1::interval", timedelta(seconds=seconds))

    async def _schedule(self) -> None:
        """What the clock enters: a pull of each shop that has none under way."""
        async with db.transaction() as tx:
            for shop in self.shops:
                if not await db.value(
                    "select exists (select 1 from job where kind = 'platforms.pull' and key = $1 and state = 'ready')",
                    str(shop),
                ):
                    pull = NewJob(kind="platforms.pull", key=str(shop), args={"shop_id": str(shop)}, delay_s=60)
                    tx.enqueue(pull)


@pytest_asyncio.fixture
async def hours(floor: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hours]:
    """Four parcels, one of each shop, go out of the door; in that moment every shop and the carrier fall silent."""
    jobs.load()
    monkeypatch.setattr(resources, "_http", floor.http)
    monkeypatch.setattr(resources, "_settings", floor.config)
    monkeypatch.setattr(resources, "_platforms", {})
    for platform in PLATFORMS:
        await floor.place(platform)
        await floor.pull(platform)
    await floor.decide()
    await floor.wave()
    await floor.waybills()
    await db.run("update job set state = 'done' where state = 'ready'")
    await floor.control("faults", {"kind": "fail_before", "times": 0, "status": 503})
    assert len(await floor.left()) == len(PLATFORMS)
    yield Hours(list(floor.world.shops.values()))


async def states() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for r in await db.rows("select kind, state from job where kind not like 'printing.%' and state <> 'done'"):
        found.setdefault(r["kind"], set()).add(r["state"])
    return found


async def test_two_hours_of_silence_park_nothing_and_everything_catches_up(floor: Any, hours: Hours) -> None:
    ordered_meanwhile = await floor.control("orders", {"platform": "jd", "count": 1, "odd": False, "seed": 3})
    runs = await hours.run(TWO_HOURS)
    assert await states() == {
        "platforms.pull": {"ready"}, "shipping.write_back": {"ready"}, "shipping.manifest": {"ready"},
    }  # fmt: skip
    assert await db.value("select count(*) from task where closed_at is null") == 0
    # Patient, not stubborn: back-off reaches five minutes, so nobody is asked more than some thirty times.
    asked = await db.value("select max(tries) from job where kind = 'shipping.write_back'")
    assert 20 <= asked <= 40 and runs > 4 * 20
    assert await db.value("select count(*) from shop where trouble <> ''") == len(PLATFORMS)

    await floor.http.delete(f"{floor.config.sandbox_url}/control/faults")
    await hours.run(600)
    assert set(await states()) <= {"platforms.pull"}
    assert await db.value("select count(*) from sales_order where written_back_at is not null") == len(PLATFORMS)
    for o in await db.rows("select platform, external_id from sales_order where written_back_at is not null"):
        assert (await floor.at_platform(o["platform"], o["external_id"]))["shipped"]
    assert await db.value("select count(*) from parcel where manifested_at is null") == 0
    assert await db.value("select count(*) from sales_order where external_id = $1", ordered_meanwhile["ids"][0]) == 1
    assert await db.value("select count(*) from shop where trouble <> ''") == 0
    assert await db.value("select count(*) from job where state = 'parked'") == 0


async def test_after_a_day_of_silence_a_person_is_asked_once_for_each_parcel(floor: Any, hours: Hours) -> None:
    await hours.run(A_DAY + 600)
    told = await db.rows("select reason from task where kind = 'write_back' and closed_at is null")
    assert [r["reason"] for r in told] == ["gave_up"] * len(PLATFORMS)
    assert await db.value("select count(*) from job where kind = 'shipping.write_back' and state = 'parked'") == 4
