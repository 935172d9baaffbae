"""Nothing waits for ever, and nothing is forgotten: tasks of orders that go another way."""

import json
from typing import Any

import pytest

from server.kit import db as database
from server.orders import actions, intake
from server.platforms.port import RawOrder
from server.stock import queries as stock
from tests.support.world import World, taobao_order

TID = "4100000000000000801"


async def take(world: World, **more: Any) -> None:
    """A newer version of the order; what follows of it, to the end."""
    await bring(world, json.loads(taobao_order(TID, {"CAP-BLK": 2}, **more)))


async def bring(world: World, body: dict[str, Any]) -> None:
    shop = world.shops["taobao"]
    await intake.store_raw(shop, "taobao", [RawOrder(TID, json.dumps(body).encode(), None)])
    while await intake.map_pending(shop, "taobao"):
        pass
    while await actions.review_pending():
        pass
    while await actions.reserve_pending():
        pass


async def waiting(db: Any) -> list[tuple[str, str]]:
    return [
        tuple(r) for r in await db.rows("select kind, reason from task where closed_at is null order by kind, reason")
    ]


async def test_a_shortage_ends_with_the_order_that_is_shipped_elsewhere(db: Any, world: World) -> None:
    """It ends by nobody's hand, so it must end with its cause."""
    await db.run("update stock set on_hand = 1 where sku = $1", world.skus["CAP-BLK"])
    await take(world)
    assert await waiting(db) == [("shortage", "stock_short")]
    await take(world, status="WAIT_BUYER_CONFIRM_GOODS", modified="2030-01-01 00:00:00")
    assert await waiting(db) == []


async def test_a_shortage_ends_with_the_order_that_is_paid_back(db: Any, world: World) -> None:
    await db.run("update stock set on_hand = 1 where sku = $1", world.skus["CAP-BLK"])
    await take(world)
    body = json.loads(taobao_order(TID, {"CAP-BLK": 2}, modified="2030-01-01 00:00:00"))
    body["orders"]["order"][0]["refund_status"] = "WAIT_SELLER_AGREE"
    await bring(world, body)
    assert ("hold", "refund_asked") in await waiting(db)
    body["orders"]["order"][0]["refund_status"] = "SUCCESS"
    await bring(world, body | {"modified": "2030-01-02 00:00:00"})
    assert await waiting(db) == []


async def test_an_order_that_comes_back_from_cancelled_waits_for_a_person(db: Any, world: World) -> None:
    """A word was misread, or the platform took it back: it is paid, and somebody waits for it."""
    await take(world)
    await take(world, status="TRADE_CLOSED", modified="2030-01-01 00:00:00")
    o = await db.row("select cancelled_at, reserved_at from sales_order")
    assert o["cancelled_at"] is not None and o["reserved_at"] is None and await waiting(db) == []
    await take(world, modified="2030-01-02 00:00:00")
    o = await db.row("select id, cancelled_at, platform_state, reserved_at from sales_order")
    assert o["platform_state"] == "paid"
    assert o["reserved_at"] is not None or await waiting(db) != []
    assert await stock.differences() == []


async def test_a_hold_tells_what_is_wrong_now(db: Any, world: World) -> None:
    """The state was unknown; now the state is, and an amount is none."""
    await take(world, status="SOMETHING_NEW")
    detail = json.loads(await db.value("select detail::text from task where reason = 'unmapped'"))
    assert detail["field"] == "state"
    await take(world, payment="NaN", modified="2030-01-01 00:00:00")
    (row,) = await db.rows("select detail::text as detail from task where reason = 'unmapped' and closed_at is null")
    assert json.loads(row["detail"])["field"] != "state"


async def test_other_goods_of_a_short_order_are_looked_for_at_once(db: Any, world: World) -> None:
    """The buyer took another colour, which is there: no other event may have to come first."""
    await db.run("update stock set on_hand = 0 where sku = $1", world.skus["CAP-BLK"])
    await take(world)
    assert await waiting(db) == [("shortage", "stock_short")]
    await db.run("delete from job")
    shop = world.shops["taobao"]
    other = json.loads(taobao_order(TID, {"SOCK": 2}, modified="2030-01-01 00:00:00"))
    await intake.store_raw(shop, "taobao", [RawOrder(TID, json.dumps(other).encode(), None)])
    await intake.map_pending(shop, "taobao")
    await actions.review_pending()
    assert await db.value("select count(*) from job where kind = 'orders.reserve' and state = 'ready'") == 1
    await actions.reserve_pending()
    assert await waiting(db) == [] and await db.value("select reserved_at from sales_order") is not None


async def test_a_shortage_tells_what_is_lacking_now(db: Any, world: World) -> None:
    await db.run("update stock set on_hand = 0 where sku = any($1)", [world.skus["CAP-BLK"], world.skus["SOCK"]])
    await take(world)
    await bring(world, json.loads(taobao_order(TID, {"SOCK": 5}, modified="2030-01-01 00:00:00")))
    (row,) = await db.rows("select detail::text as detail from task where closed_at is null")
    detail = json.loads(row["detail"])
    assert detail["sku"].startswith("SOCK") and detail["wanted"] == 5


async def statements(db: Any, world: World, monkeypatch: pytest.MonkeyPatch, first: int, count: int) -> int:
    """How many statements one review of so many orders takes, all of which the platform has just put under review."""
    shop = world.shops["taobao"]
    tids = [str(int(TID) + first + n * 10) for n in range(count)]
    for risk in ("", "2030-01-01 00:00:00"):
        bodies = []
        for tid in tids:
            body = json.loads(taobao_order(tid, {"SOCK": 1}, **({"modified": risk} if risk else {})))
            bodies.append(
                RawOrder(tid, json.dumps(body | {"status": "PAID_FORBID_CONSIGN"} if risk else body).encode(), None)
            )
        await intake.store_raw(shop, "taobao", bodies)
        while await intake.map_pending(shop, "taobao"):
            pass
        if not risk:
            await actions.review_pending()
            await actions.reserve_pending()
    asked = 0
    rows, run = database.rows, database.run

    async def counted(which: Any, *args: Any) -> Any:
        nonlocal asked
        asked += 1
        return await which(*args)

    with monkeypatch.context() as m:
        m.setattr(database, "rows", lambda *a: counted(rows, *a))
        m.setattr(database, "run", lambda *a: counted(run, *a))
        await actions.review_pending()
    held = await db.value(
        "select count(*) from sales_order where external_id = any($1) and reviewed_at is null and reserved_at is null",
        tids,
    )
    assert held == count
    return asked


async def test_many_orders_are_held_in_as_many_statements_as_one(
    db: Any, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await statements(db, world, monkeypatch, 1000, 1)
    many = await statements(db, world, monkeypatch, 5000, 20)
    assert many <= one + 2
    assert await stock.differences() == []
