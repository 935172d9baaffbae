"""Who, when, from what to what: changes that leave no trace, and answers that leave one too many."""

import asyncio
import json
from typing import Any

import pytest

from server.errors import Invalid
from server.orders import actions, intake, matching
from server.platforms.port import RawOrder
from server.stock import actions as receiving
from server.stock import queries as stock
from server.stock.schemas import Receipt
from tests.support.client import Client
from tests.support.world import World, taobao_order

TID = "4100000000000000401"


async def take(world: World, *bodies: bytes) -> None:
    shop = world.shops["taobao"]
    await intake.store_raw(shop, "taobao", [RawOrder(json.loads(b)["tid_str"], b, None) for b in bodies])
    while await intake.map_pending(shop, "taobao"):
        pass
    while await actions.review_pending():
        pass


async def test_another_quantity_is_told_from_what_to_what(db: Any, world: World) -> None:
    await take(world, taobao_order(TID, {"CAP-BLK": 1}))
    await take(world, taobao_order(TID, {"CAP-BLK": 3}, modified="2030-01-01 00:00:00"))
    (event,) = await db.rows("select frm::text, \"to\"::text from event where kind = 'order_changed'")
    frm, to = json.loads(event["frm"]), json.loads(event["to"])
    assert "raw" in frm and "raw" in to and frm["raw"] != to["raw"]  # what both said can be opened and compared


async def test_one_sku_twice_on_a_delivery_note(db: Any, world: World) -> None:
    sku = world.skus["CAP-BLK"]
    before = await db.value("select on_hand from stock where sku = $1", sku)
    await receiving.receive_goods([Receipt(sku, 2), Receipt(sku, 3)], world.warehouse, "到货")
    assert await db.value("select on_hand from stock where sku = $1", sku) == before + 5
    assert await stock.differences() == []


@pytest.mark.parametrize("after", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-25T00:00:00"])
async def test_a_page_that_is_none(after: str, as_role: Any, world: World, db: Any) -> None:
    web: Client = await as_role("service")
    answer = await web.get("/api/orders", params={"after": f"{after}~00000000-0000-7000-8000-000000000000"})
    assert answer.status_code in (200, 422), answer.text


async def test_a_note_that_is_none_is_not_read(db: Any, world: World) -> None:
    """The story would say that somebody read what was never there."""
    from server.errors import NotFound

    await take(world, taobao_order(TID, {"CAP-BLK": 1}))
    order = await db.value("select id from sales_order")
    with pytest.raises(NotFound):
        await actions.reveal_note(order)
    assert await db.value("select count(*) from event where kind = 'note_revealed'") == 0


async def test_an_order_that_is_over_is_not_held(db: Any, world: World) -> None:
    """Nothing would ever end that hold."""
    from server.errors import Conflict

    await take(world, taobao_order(TID, {"CAP-BLK": 1}, status="TRADE_CLOSED"))
    order = await db.value("select id from sales_order")
    with pytest.raises(Conflict):
        await actions.hold_order(order, "等一等")
    assert await db.value("select count(*) from task") == 0


async def test_matching_and_reviewing_at_once_stop_nobody(db: Any, world: World) -> None:
    """Whoever locks many orders locks them in one order."""
    tids = [str(int(TID) + n * 10) for n in range(30)]
    await take(world, *(taobao_order(t, {"OLD-1": 1}) for t in tids))
    last = await db.row("select order_id, id from order_line order by order_id desc limit 1")
    await db.run("update sales_order set review_due = true")
    first = await db.value("select id from sales_order order by id limit 1")
    locked, go = asyncio.Event(), asyncio.Event()

    async def reviewing() -> None:
        async with db.transaction():
            await db.value("select id from sales_order where id = $1 for update", first)
            locked.set()
            await go.wait()
            await db.value("select id from sales_order where id = $1 for update", last["order_id"])

    work = asyncio.create_task(reviewing())
    await locked.wait()
    match = asyncio.create_task(matching.match_line(last["order_id"], last["id"], world.skus["CAP-BLK"]))
    await asyncio.sleep(0.3)
    go.set()
    await work
    assert await match == 30


async def test_a_shortage_at_the_shelf_is_not_dropped(db: Any, world: World) -> None:
    """The order would stand in picking for ever, with nothing that waits for anybody."""
    from server.kit.ids import uuid7
    from server.tasks import actions as people
    from server.tasks import moves
    from server.tasks.moves import NewTask

    async with db.transaction() as tx:
        (task,) = await moves.open(
            tx, [NewTask(kind="shortage", subject_kind="pick", subject_id=uuid7(), reason="pick_short")]
        )
    for outcome in ("dropped", "retry"):
        with pytest.raises(Invalid):
            await people.close(task, outcome, "没有货")
    assert await db.value("select closed_at from task where id = $1", task) is None
