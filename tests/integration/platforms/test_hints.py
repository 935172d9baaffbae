"""Pushes: written down before they are answered, never believed, read back."""

from typing import Any

import pytest

from server.errors import Unavailable
from server.kit import db as database
from server.orders import intake
from server.platforms import breaker, hints
from server.platforms.port import Hint
from tests.integration.platforms.house import Told, authorised, down, trade

T1, T2 = "4100000000000000001", "4100000000000000002"


async def heard(shop: Any, *found: Hint) -> int:
    async with database.transaction() as tx:
        return await hints.take(tx, shop, found)


async def looked(shop: Any, told: Told) -> int:
    new = await hints.look(shop, told, intake.store_raw)
    while await intake.map_pending(shop, "taobao"):
        pass
    return new


async def test_a_push_is_read_back(world: Any, db: Any) -> None:
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    told.orders[T1] = trade(T1)
    assert await heard(shop, Hint("m1", "order", T1)) == 1
    assert await heard(shop, Hint("m1", "order", T1)) == 0  # the same message again
    assert await looked(shop, told) == 1
    assert await db.value("select count(*) from sales_order where external_id = $1", T1) == 1
    assert await looked(shop, told) == 0 and told.asked == [f"order {T1}"]


async def test_many_pushes_about_one_order_are_one_call(world: Any, db: Any) -> None:
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    told.orders[T1] = trade(T1)
    await heard(shop, *(Hint(f"m{i}", "order", T1) for i in range(30)))
    assert await looked(shop, told) == 1
    assert told.asked == [f"order {T1}"]


async def test_what_was_not_reached_stays_due(world: Any, db: Any) -> None:
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    told.orders[T1], told.error = trade(T1), down()
    await heard(shop, Hint("m1", "order", T1))
    with pytest.raises(Unavailable):
        await looked(shop, told)
    told.error = None
    assert await looked(shop, told) == 1


async def test_what_was_reached_before_the_line_broke_is_kept(world: Any, db: Any) -> None:
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    ids = [f"41000000000000001{n:02d}" for n in range(12)]
    told.orders = {i: trade(i) for i in ids}
    ask = told.order

    async def breaking(shop: Any, external_id: str) -> Any:
        if external_id == ids[9]:
            raise down()
        return await ask(shop, external_id)

    told.order = breaking  # type: ignore[method-assign]
    await heard(shop, *(Hint(f"m{i}", "order", i) for i in ids))
    with pytest.raises(Unavailable):
        await looked(shop, told)
    assert await db.value("select count(*) from raw_order") == 8  # four at a time
    assert await db.value("select count(*) from hint where looked_at is null") == 4
    told.order = ask  # type: ignore[method-assign]
    assert await looked(shop, told) == 4


async def test_an_order_that_lists_know_before_details_do_is_asked_again_then_a_person(world: Any, db: Any) -> None:
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    told.orders[T2] = trade(T2)
    await heard(shop, Hint("m1", "order", T1), Hint("m2", "order", T2))
    assert await looked(shop, told) == 1  # its neighbour is not held up
    (row,) = await db.rows("select tries, error, due_at > now() as later from hint where looked_at is null")
    assert (row["tries"], row["later"]) == (1, True) and row["error"]
    assert await db.value("select count(*) from job where kind = 'platforms.look'") == 1
    for _ in range(hints.MOST_TRIES - 1):
        await db.run("update hint set due_at = now() where looked_at is null")
        await looked(shop, told)
    (task,) = await db.rows("select reason, detail::text as detail from task where subject_id = $1", shop)
    assert task["reason"] == "lookup_failed" and T1 in task["detail"]
    assert await db.value("select count(*) from hint where looked_at is null") == 0


async def test_messages_are_confirmed_only_after_they_are_stored(world: Any, db: Any) -> None:
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    told.queue = [Hint("a", "order", T1), Hint("b", "order", T2)]
    stored: list[int] = []

    async def count() -> None:
        stored.append(await db.value("select count(*) from hint"))

    told.before_confirm = count
    assert await hints.listen(shop, told) == 2
    assert stored == [2] and told.confirmed == ["a", "b"]


async def test_a_death_before_confirming_loses_nothing(world: Any, db: Any) -> None:
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    told.queue = [Hint("a", "order", T1)]

    async def killed() -> None:
        raise KeyboardInterrupt

    told.before_confirm = killed
    with pytest.raises(KeyboardInterrupt):
        await hints.listen(shop, told)
    told.before_confirm = None
    assert await hints.listen(shop, told) == 0  # it came again, and was known
    assert await db.value("select count(*) from hint") == 1 and told.queue == []


@pytest.mark.parametrize(
    "broken",
    [
        {"payment": "null"},
        {"pay_time": ""},
        {"status": "NaN"},
        {"created": -1},
        {"total_fee": None},
        {"modified": "soon"},
        {"orders": {"order": []}},
    ],
    ids=lambda b: next(iter(b)),
)
async def test_an_answer_that_makes_no_sense_is_asked_for_again(world: Any, db: Any, broken: dict[str, Any]) -> None:
    """A broken field holds the order; the next good answer, even of content that was known before, frees it."""
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    told.orders[T1] = trade(T1)
    await heard(shop, Hint("m1", "order", T1))
    await looked(shop, told)
    good = await state(db)
    told.orders[T1] = trade(T1, **broken)
    await heard(shop, Hint("m2", "order", T1))
    await looked(shop, told)
    assert await state(db) != good
    (again,) = await db.rows("select due_at > now() as later from hint where source = 'again' and looked_at is null")
    assert again["later"]
    told.orders[T1] = trade(T1)
    await db.run("update hint set due_at = now() where source = 'again'")
    assert await looked(shop, told) == 1
    assert await state(db) == good
    assert await db.value("select count(*) from hint where looked_at is null") == 0


@pytest.mark.parametrize("stars", ["", "***"])
async def test_an_answer_without_a_receiver_is_asked_for_again(world: Any, db: Any, stars: str) -> None:
    """The address changed, and the one answer that says so says it with stars: nobody may ship to the old one."""
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    told.orders[T1] = trade(T1)
    await heard(shop, Hint("m1", "order", T1))
    await looked(shop, told)
    assert await db.value("select count(*) from hint where source = 'again'") == 0
    gone = {"receiver_name": "*", "receiver_mobile": "", "receiver_address": "***", "oaid": stars}
    told.orders[T1] = trade(T1, **gone)
    await heard(shop, Hint("m2", "order", T1))
    await looked(shop, told)
    assert await db.value("select count(*) from receiver_version") == 1
    assert await db.value("select token ->> 'oaid' from receiver_version") == "oaid-1"
    assert await db.value("select count(*) from hint where source = 'again' and looked_at is null") == 1
    told.orders[T1] = trade(T1, receiver_address="乙路**号", oaid="1another")
    await db.run("update hint set due_at = now() where source = 'again'")
    await looked(shop, told)
    assert await db.value("select receiver_version from sales_order") == 2
    # One that is closed need not say it.
    told.orders[T1] = trade(T1, status="TRADE_CLOSED", **gone)
    await heard(shop, Hint("m3", "order", T1))
    await looked(shop, told)
    assert await db.value("select count(*) from hint where source = 'again' and looked_at is null") == 0


async def test_an_order_that_never_makes_sense_is_asked_for_a_few_times_only(world: Any, db: Any) -> None:
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    for n in range(8):
        told.orders[T1] = trade(T1, payment="null", title=f"v{n}")
        await heard(shop, Hint(f"m{n}", "order", T1))
        await db.run("update hint set due_at = now() where looked_at is null")
        await looked(shop, told)
    assert await db.value("select count(*) from hint where source = 'again'") == len(hints.AGAIN_S)


async def test_going_back_to_a_known_content_is_news(world: Any, db: Any) -> None:
    """A → B → A with one second's resolution: the order must end as A."""
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    for n, address in enumerate(("甲路**号", "乙路**号", "甲路**号")):
        told.orders[T1] = trade(T1, receiver_address=address)
        await heard(shop, Hint(f"m{n}", "order", T1))
        await looked(shop, told)
    digests = [r["digest"] for r in await db.rows("select digest from receiver_version order by version")]
    assert len(digests) == 3 and digests[0] == digests[2] != digests[1]
    # And an older content that comes late is none.
    await db.run("update sales_order set modified_at = '2026-11-21T00:00:00Z'")
    before = await state(db)
    assert await intake.store_raw(shop, "taobao", [told.body.raw_order(trade(T1, receiver_address="乙路**号"))]) == 0
    assert await state(db) == before


async def test_a_resting_shop_is_not_asked(world: Any, db: Any) -> None:
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    await heard(shop, Hint("m1", "order", T1))
    for _ in range(breaker.AFTER):
        await breaker.failed(shop, down())
    with pytest.raises(Unavailable) as e:
        await looked(shop, told)
    assert e.value.code == "shop_resting" and (e.value.retry_after or 0) > 5
    assert told.asked == []


async def state(db: Any) -> list[Any]:
    """What the hub makes of its orders."""
    return [
        tuple(r)
        for r in await db.rows(
            """select platform_state, placed_at, paid_at, modified_at, total_minor, goods_minor, refund,
                      provenance -> 'holds' as holds,
                      (select count(*) from order_line l where l.order_id = o.id and not gone) as lines
               from sales_order o order by external_id"""
        )
    ]
