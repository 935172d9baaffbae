"""Tokens: renewed in time and alone, kept before anything uses them, and a person is asked when nobody else can."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from server.errors import Unavailable
from server.kit import clock
from server.orders import intake
from server.platforms import pulling, queries, tokens
from tests.integration.platforms.house import Told, authorised, down


@pytest.mark.parametrize(
    ("granted_h", "until_h", "due_h"),
    [
        (0, 4, 3),  # Shopee: the last quarter of four hours
        (0, 24, 18),
        (0, 24 * 30, 24 * 30 - 23),  # JD: within the last day only
    ],
)
def test_when_a_token_is_due(granted_h: int, until_h: int, due_h: int) -> None:
    zero = clock.from_ms(0)
    hour = timedelta(hours=1)
    assert tokens.due_at(zero + granted_h * hour, zero + until_h * hour) == zero + due_h * hour
    assert tokens.due_at(zero, None) is None


async def test_due_are_only_those_that_can_be_renewed(world: Any, db: Any) -> None:
    shop = world.shops["taobao"]
    await authorised(db, shop)
    assert await tokens.due(clock.now(), lambda _: True) == []
    later = clock.now() + timedelta(hours=3, minutes=1)
    assert await tokens.due(later, lambda _: True) == [shop]
    assert await tokens.due(later, lambda _: False) == []


async def test_a_refused_token_is_renewed_and_the_pull_goes_on(world: Any, db: Any) -> None:
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop, "dead", "r1")
    with pytest.raises(Unavailable):
        await pulling.pull(shop, told, intake.store_raw)
    (job,) = await db.rows("select args::text as args from job where kind = 'platforms.renew'")
    spent = msgspec.json.decode(job["args"])["spent"]
    assert "dead" not in spent
    assert await tokens.renew(shop, told, spent) is True
    assert await pulling.pull(shop, told, intake.store_raw) == 0
    assert told.asked[:3] == ["changed", "refresh", "changed"]
    # The same job once more (its worker was killed after the commit): nothing is spent again.
    assert await tokens.renew(shop, told, spent) is False
    assert told.asked.count("refresh") == 1


async def test_one_at_a_time(world: Any, db: Any) -> None:
    """Planted against: without the lock all eight would call, and seven would spend a token that is dead."""
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop, "dead")
    told.slow_s = 0.2
    spent = tokens.mark("dead")
    done = await asyncio.gather(*(tokens.renew(shop, told, spent) for _ in range(8)))
    assert sorted(done) == [False] * 7 + [True]
    assert told.asked == ["refresh"]
    kept, row = await queries.get_shop(shop)
    assert (kept.access_token, kept.refresh_token, row["state"]) == ("t2", "r2", "on")


async def test_a_dead_refresh_token_is_for_a_person_once(world: Any, db: Any) -> None:
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop, "dead", "spent already")
    for _ in range(2):
        assert await tokens.renew(shop, told, tokens.mark("dead")) is False
    row = await db.row("select state, trouble from shop where id = $1", shop)
    assert row["state"] == "needs_auth" and row["trouble"]
    (task,) = await db.rows("select reason, closed_at from task where subject_id = $1", shop)
    assert task["reason"] == "needs_auth" and task["closed_at"] is None
    assert await db.value("select count(*) from event where kind = 'shop_troubled'") == 1
    # The owner comes back: the task is done by itself.
    await authorised(db, shop)
    assert await db.value("select count(*) from task where subject_id = $1 and closed_at is null", shop) == 0


async def test_an_unknown_outcome_is_tried_again_with_the_same_token(world: Any, db: Any) -> None:
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop, "dead")
    told.error = down()
    with pytest.raises(Unavailable):
        await tokens.renew(shop, told, tokens.mark("dead"))
    assert await db.value("select state from shop where id = $1", shop) == "on"
    told.error = None
    assert await tokens.renew(shop, told, tokens.mark("dead")) is True


async def test_without_a_refresh_token_a_person_is_asked_at_once(world: Any, db: Any) -> None:
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop, "dead", "")
    assert await pulling.pull(shop, told, intake.store_raw) == 0
    assert await db.value("select state from shop where id = $1", shop) == "needs_auth"
    assert told.asked == ["changed"]


async def test_a_week_before_its_owner_is_needed_it_is_said_once(world: Any, db: Any) -> None:
    shop = world.shops["taobao"]
    await authorised(db, shop)
    at = clock.now()
    assert await tokens.warn(at, lambda _: True) == 0  # the refresh token lives thirty days
    assert await tokens.warn(at + timedelta(days=24), lambda _: True) == 1
    assert await tokens.warn(at + timedelta(days=25), lambda _: True) == 0
    assert await db.value("select count(*) from task where reason = 'expiring' and closed_at is null") == 1


async def test_no_token_is_in_any_row_but_sealed(world: Any, db: Any) -> None:
    await authorised(db, world.shops["taobao"], "canary-access", "canary-refresh")
    for table in ("job", "event", "task", "shop"):
        found = await db.value(f"select count(*) from {table} t where t::text like '%canary%'")
        assert found == 0, table
