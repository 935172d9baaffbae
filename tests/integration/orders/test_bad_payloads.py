"""What a shop may send that is no order: it waits visibly, no order, no stock, no receiver comes of it, and the good
order that came on the same page is reserved all the same."""

import json
from typing import Any

import pytest

from server.orders import actions, intake
from server.platforms.port import RawOrder
from tests.support.snapshot import snapshot
from tests.support.world import World, taobao_order

TID = "4100000000000000777"


def damaged(**more: Any) -> bytes:
    body = json.loads(taobao_order(TID, {"SOCK": 1}))
    body.update(more)
    return json.dumps(body).encode()


def of_lines(**more: Any) -> bytes:
    body = json.loads(taobao_order(TID, {"SOCK": 1}))
    body["orders"]["order"][0].update(more)
    return json.dumps(body).encode()


def without(*names: str) -> bytes:
    body = json.loads(taobao_order(TID, {"SOCK": 1}))
    for name in names:
        body.pop(name)
    return json.dumps(body).encode()


QUARANTINED: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"<html>502 Bad Gateway</html>",
    "half of it": taobao_order(TID, {"SOCK": 1})[:200],
    "a list": b"[]",
    "nested without end": b"[" * 200_000,
    "over ten megabytes": b'{"tid": "1", "x": "' + b"x" * (10 * 1024 * 1024) + b'"}',
}
HELD: dict[str, bytes] = {
    "letters that are none": b'{"tid": "\xff"}',
    "no lines": damaged(orders={"order": []}),
    "lines that are none": damaged(orders="?"),
    "no state": without("status"),
    "a state nobody knows": damaged(status="SOMETHING_NEW"),
    "no receiver": without("receiver_name", "receiver_address", "receiver_state", "receiver_city", "oaid"),
    "a negative quantity": of_lines(num=-3),
    "no quantity": of_lines(num=None),
    "a quantity in words": of_lines(num="three"),
    "an absurd quantity": of_lines(num=10**30),
    "an unknown SKU": of_lines(outer_sku_id="NO-SUCH-THING"),
    "a negative price": of_lines(price="-10.00", payment="-10.00", total_fee="-10.00"),
    "an amount that is none": damaged(payment="NaN"),
    "a day that is none": damaged(pay_time="2026-13-45 99:99:99", created="0000-00-00 00:00:00"),
}


async def taken(world: World, *raws: RawOrder) -> None:
    shop = world.shops["taobao"]
    await intake.store_raw(shop, "taobao", raws)
    while await intake.map_pending(shop, "taobao"):
        pass
    while await actions.review_pending():
        pass
    while await actions.reserve_pending():
        pass


def good() -> RawOrder:
    return RawOrder("4100000000000000778", taobao_order("4100000000000000778", {"SOCK": 2}), None)


async def reserved(db: Any) -> list[tuple[str, int]]:
    rows = await db.rows(
        """select o.external_id, r.qty from reservation r join sales_order o on o.id = r.order_id
           where r.state = 'granted'"""
    )
    return [tuple(r) for r in rows]


@pytest.mark.parametrize("name", QUARANTINED)
async def test_what_cannot_be_read_is_sealed_and_shown(name: str, db: Any, world: World) -> None:
    before = await snapshot(db, "sales_order", "order_line", "receiver_version", "stock", "stock_ledger", "reservation")
    bad = RawOrder(TID, QUARANTINED[name], None)
    await taken(world, bad, bad)
    assert before == await snapshot(db, *before)
    task = await db.row("select kind, reason, detail::text as detail from task")
    assert (task["kind"], task["reason"]) == ("quarantine", "unreadable") and TID in task["detail"]
    raw = await db.row("select state, error, redacted::text as redacted, length(sealed) as sealed from raw_order")
    assert (raw["state"], raw["redacted"]) == ("quarantined", "{}")
    assert raw["error"] and raw["sealed"] > len(bad.body)  # as received, whole, and sealed
    await taken(world, bad, good())
    assert await reserved(db) == [("4100000000000000778", 2)]
    assert await db.value("select count(*) from task") == 1  # said once


@pytest.mark.parametrize("name", HELD)
async def test_what_is_no_right_order_waits_with_a_reason(name: str, db: Any, world: World) -> None:
    before = await snapshot(db, "stock", "stock_ledger", "reservation")
    await taken(world, RawOrder(TID, HELD[name], None))
    assert before == await snapshot(db, *before)
    assert await db.value("select count(*) from sales_order where external_id = $1", TID) == 1
    assert await db.value("select count(*) from sales_order where reviewed_at is not null") == 0
    holds = await db.rows("select kind, reason from task where closed_at is null")
    assert holds and {h["kind"] for h in holds} == {"hold"}, name
    await taken(world, good())
    assert await reserved(db) == [("4100000000000000778", 2)]


async def test_a_nul_is_taken_out_and_loses_no_order(db: Any, world: World) -> None:
    """JSON can carry it, PostgreSQL cannot."""
    body = damaged(
        receiver_name="王\0", buyer_message="请\0放门口", orders=json.loads(taobao_order(TID, {"SOCK": 1}))["orders"]
    )
    await taken(world, RawOrder(TID + "\0", body, None), good())
    assert await db.value("select count(*) from sales_order") == 2
    assert ("4100000000000000778", 2) in await reserved(db)
