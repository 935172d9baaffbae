"""Past days, one after the other; what breaks off goes on with the same day. After-sales cases."""

from datetime import timedelta
from typing import Any

import pytest

from server.errors import Conflict, Invalid, Unavailable
from server.kit import clock
from server.orders import intake
from server.platforms import backfill, refunds
from server.platforms.body import BEIJING
from server.platforms.port import RawRefund
from tests.integration.platforms.house import Told, at, authorised, down, trade
from tests.support.snapshot import moved, snapshot

T1 = "4100000000000000001"


async def test_day_by_day(world: Any, db: Any) -> None:
    told, shop = Told(), world.shops["taobao"]
    await authorised(db, shop)
    told.orders[T1] = trade(T1)
    today = clock.now().astimezone(BEIJING).date()
    await backfill.start(shop, today - timedelta(days=2), today)
    assert await backfill.run(shop, told, intake.store_raw) is True
    told.error = down()
    with pytest.raises(Unavailable):
        await backfill.run(shop, told, intake.store_raw)
    told.error = None
    view = (await backfill.latest([shop]))[shop]
    assert (view.state, view.done, view.of, view.seen, view.stored) == ("running", 1, 3, 1, 1)
    assert await backfill.run(shop, told, intake.store_raw) is True
    assert await backfill.run(shop, told, intake.store_raw) is False
    view = (await backfill.latest([shop]))[shop]
    assert (view.state, view.done, view.seen, view.stored) == ("done", 3, 3, 1)
    days = [a for a in told.asked if a.startswith("placed")]
    assert len(days) == 4 and len(set(days)) == 3 and all(d.endswith("16:00") for d in days)  # 00:00 in China
    assert await backfill.run(shop, told, intake.store_raw) is False  # the job again: nothing is left


async def test_one_at_a_time_and_only_days_that_exist(world: Any, db: Any) -> None:
    shop = world.shops["taobao"]
    await authorised(db, shop)
    today = clock.now().astimezone(BEIJING).date()
    before = await snapshot(db)
    for first, last in ((1, 0), (-1, -1), (91, 0)):
        wrong = (today - timedelta(days=first), today - timedelta(days=last))
        with pytest.raises(Invalid):
            await backfill.start(shop, *((wrong[1], wrong[0]) if first == 1 else wrong))
    assert moved(before, await snapshot(db)) == set()
    await backfill.start(shop, today, today)
    with pytest.raises(Conflict):
        await backfill.start(shop, today, today)
    await backfill.stop(shop)
    told = Told()
    assert await backfill.run(shop, told, intake.store_raw) is False and told.asked == []


def case(state: str, minute: int, **more: Any) -> RawRefund:
    made = at(f"2026-11-20T02:{minute:02d}:00Z")
    return RawRefund("case1", T1, b'{"buyer": "canary"}', made, state, "money", 5900, **more)  # type: ignore[arg-type]


async def test_cases_are_kept_and_their_orders_read_back(world: Any, db: Any) -> None:
    told, shop = Told(), world.shops["taobao"]
    await authorised(db, shop)
    told.cases = [case("asked", 1)]
    assert await refunds.pull(shop, told) == 1
    (hint,) = await db.rows("select external_id, source from hint")
    assert (hint["external_id"], hint["source"]) == (T1, "poll")
    assert await refunds.pull(shop, told) == 0  # overlapping windows
    told.cases = [case("done", 3), case("asked", 1)]  # out of order in one page
    assert await refunds.pull(shop, told) == 1
    told.cases = [case("asked", 1)]  # late
    assert await refunds.pull(shop, told) == 0
    (row,) = await db.rows("select state, amount_minor, modified_at, sealed from refund_case")
    assert (row["state"], row["amount_minor"]) == ("done", 5900) and b"canary" not in row["sealed"]
    mark = await db.value("select refund_watermark from shop where id = $1", shop)
    assert clock.now() - mark < timedelta(minutes=1)
