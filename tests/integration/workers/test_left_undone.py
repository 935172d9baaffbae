"""What a process forgets when the database goes away at the wrong moment, and rows that nobody clears away."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from server.errors import Unavailable
from server.kit import clock, db
from server.kit import jobs as table
from server.kit.jobs import NewJob
from server.settings import Settings
from workers import actor, schedule
from workers.jobs import house
from workers.schedule import Scheduler


async def test_a_night_that_could_not_be_entered_is_entered_later(
    world: Any, config: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, 24, 19, 30, tzinfo=UTC))  # 03:30 in Shanghai
    scheduler, real = Scheduler(config), db.transaction

    @asynccontextmanager
    async def away() -> Any:
        raise Unavailable("database_down", "数据库暂时连不上，请稍后再试")
        yield

    monkeypatch.setattr(db, "transaction", away)
    with pytest.raises(Unavailable):
        await scheduler.tick()
    monkeypatch.setattr(db, "transaction", real)
    await scheduler.tick()
    await scheduler.tick()
    found = {r["kind"] for r in await db.rows("select kind from job where kind = any($1)", list(schedule.NIGHTLY))}
    assert found == set(schedule.NIGHTLY)


async def test_a_job_that_made_way_for_a_fresher_one_is_cleared_away_too(db: Any) -> None:
    async with db.transaction() as tx:
        tx.enqueue(NewJob(kind="t.x", key="k"))
    async with db.connection() as c:
        leased = await table.lease(c, await db.value("select id from job"))
        assert leased is not None
        async with db.transaction() as tx:
            tx.enqueue(NewJob(kind="t.x", key="k"))
        assert await table.again(c, leased, "busy", 1)
    assert await db.value("select state from job where id = $1", leased.id) == "done"
    await db.run("update job set done_at = done_at - interval '15 days' where state = 'done'")
    await house.tidy()
    assert await db.value("select count(*) from job where state = 'done'") == 0


async def test_passing_trouble_that_does_not_pass_is_given_up(db: Any) -> None:
    """A lock that nobody lets go of, or a bug that looks like a lost connection: somebody must hear of it."""

    @actor.job("t.locked")
    async def locked() -> None:
        raise asyncpg.LockNotAvailableError("canceling statement due to lock timeout")

    try:
        async with db.transaction() as tx:
            tx.enqueue(NewJob(kind="t.locked"))
        job = await db.value("select id from job")
        await actor.run(str(job))
        assert await db.value("select state from job") == "ready"
        await db.run("update job set run_at = now(), give_up_at = now()")
        await actor.run(str(job))
        assert await db.value("select state from job") == "parked"
    finally:
        del actor.HANDLERS["t.locked"]
