"""What a shop may send that is no order: it waits visibly, no order, no stock, no receiver comes of it, and the good
order that came on the same page is reserved all the same."""

import json
import random
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from server.errors import Rejected, Unauthenticated
from server.orders import actions, intake
from server.platforms import pulling, registry
from server.platforms.port import Powers, RawOrder, Window
from tests.support.snapshot import moved, snapshot
from tests.support.world import World, taobao_order

TID = "4100000000000000777"
ORDERS = ("sales_order", "order_line", "receiver_version", "stock", "stock_ledger", "reservation")
NOISE = "".join(random.Random(26).choices("0123456789", k=20_000))
"""Long, and no packing makes it short."""


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
    "nested deep": b'{"x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "UTF-16": taobao_order(TID, {"SOCK": 1}).decode().encode("utf-16"),
    "two of them": taobao_order(TID, {"SOCK": 1}) * 2,
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


# What is odd in them is no reason to lose an order, nor the page it came on.
ODD: dict[str, bytes] = {
    "NUL in every text": damaged(receiver_name="王\0", buyer_message="\0", title="\0", seller_memo="\0"),
    "the letters of an escaped NUL": of_lines(title="袜子 \\u0000 一双"),
    "the letters of an escaped NUL in a state": damaged(status="X\\u0000 y"),
    "half a letter": taobao_order(TID, {"SOCK": 1}).replace(b'"oaid":"1', b'"oaid":"\\ud8001'),
    "a title without end": of_lines(title="长" * 300_000),
    "a code without end": of_lines(outer_sku_id=NOISE),
    "an item number without end": of_lines(num_iid=int(NOISE[:4000]), sku_id=NOISE),
    "a state without end": damaged(status=NOISE),
    "a number just beyond the column": of_lines(num=2**31),
    "a number at its edge": of_lines(num=2**31 - 1),
    "money without end": of_lines(price="9" * 4000, payment="9" * 4000, total_fee="9" * 4000),
    "money in the wrong type": damaged(payment=[1], total_fee={"a": 1}, post_fee=True),
    "a day long gone": damaged(pay_time="0001-01-01 00:00:00", created="0001-01-01 00:00:00"),
    "a day far off": damaged(pay_time="9999-12-31 23:59:59", created="9999-12-31 23:59:59"),
    "fields nobody knows": damaged(x={"drop": ["table"]}, **{"": None, "__proto__": {}}),
    "the same line twice": damaged(orders={"order": json.loads(taobao_order(TID, {"SOCK": 1}))["orders"]["order"] * 2}),
    "more lines than anybody buys": damaged(
        orders={"order": json.loads(taobao_order(TID, {f"NO-{i}": 1 for i in range(2000)}))["orders"]["order"]}
    ),
}


async def taken(world: World, *raws: RawOrder, code: str = "taobao") -> None:
    shop = world.shops[code]
    await intake.store_raw(shop, code, raws)
    while await intake.map_pending(shop, code):
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
    before = await snapshot(db, *ORDERS)
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


@pytest.mark.parametrize("code", registry.CODES)
async def test_every_shop_sets_aside_what_it_cannot_read_and_goes_on(code: str, db: Any, world: World) -> None:
    before = await snapshot(db, *ORDERS)
    await taken(world, *(RawOrder(f"{TID}{i}", body, None) for i, body in enumerate(QUARANTINED.values())), code=code)
    assert moved(before, await snapshot(db, *ORDERS)) == set()
    tasks = await db.rows("select kind, reason from task")
    assert [tuple(t) for t in tasks] == [("quarantine", "unreadable")] * len(QUARANTINED)
    await taken(world, good())
    assert await reserved(db) == [("4100000000000000778", 2)]


@pytest.mark.parametrize("name", QUARANTINED)
async def test_an_order_that_is_known_stays_as_it_is(name: str, db: Any, world: World) -> None:
    """Its next version cannot be read: what was promised and set aside stands, and a person is told."""
    await taken(world, RawOrder(TID, taobao_order(TID, {"SOCK": 1}), None))
    before = await snapshot(db, *ORDERS)
    assert await reserved(db) == [(TID, 1)]
    await taken(world, RawOrder(TID, QUARANTINED[name], None))
    assert moved(before, await snapshot(db, *ORDERS)) == set()
    assert await db.value("select count(*) from task where kind = 'quarantine' and closed_at is null") == 1


@pytest.mark.parametrize("name", ODD)
async def test_what_is_odd_costs_neither_the_order_nor_the_page(name: str, db: Any, world: World) -> None:
    await taken(world, RawOrder(TID, ODD[name], None), good())
    assert ("4100000000000000778", 2) in await reserved(db)
    known = await db.value("select count(*) from sales_order where external_id = $1", TID)
    aside = await db.value("select count(*) from task where kind = 'quarantine'")
    assert (known, aside) in ((1, 0), (0, 1))
    assert await db.value("select count(*) from raw_order") == 2
    assert await db.value("select min(on_hand - reserved) from stock") >= 0


@pytest.mark.parametrize("tid", ["", "\0", NOISE, "长" * 5000, "' or 1=1 --", "\n", None, [], {"a": 1}, -1, 1.5, True])
async def test_an_order_number_that_is_none_costs_no_page(tid: Any, db: Any, world: World) -> None:
    bad = registry.get("taobao").body.raw_order(damaged(tid=tid, tid_str=tid))  # type: ignore[attr-defined]
    await taken(world, bad, good())
    assert ("4100000000000000778", 2) in await reserved(db)
    assert await db.value("select count(*) from raw_order") == 2
    assert await db.value("select count(*) from task where closed_at is null") == (tid not in (-1, "' or 1=1 --"))


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (Rejected("platform_rejected", "签名错误，请检查应用密钥"), "on"),
        (Unauthenticated("platform_unauthenticated", "授权已失效，请重新授权"), "needs_auth"),
    ],
)
@pytest.mark.parametrize("code", registry.CODES)
async def test_a_shop_that_refuses_our_signature_changes_nothing_but_what_is_said_of_it(
    code: str, error: Exception, state: str, db: Any, world: World
) -> None:
    class Refusing:
        powers = Powers()

        def windows(self, watermark: datetime, now: datetime, settings: Any = None) -> list[Window]:
            return [Window(now - timedelta(hours=1), now)]

        async def changed(self, shop: Any, window: Window) -> AsyncIterator[list[RawOrder]]:
            raise error
            yield []

    before, rows = await snapshot(db), await db.rows("select * from shop order by id")
    assert await pulling.pull(world.shops[code], lambda _: Refusing(), intake.store_raw) == 0  # type: ignore[arg-type,return-value]
    assert moved(before, await snapshot(db)) == {"shop", "event"} | ({"task"} if state == "needs_auth" else set())
    for was, now in zip(rows, await db.rows("select * from shop order by id"), strict=True):
        told = {"trouble": error.message, "state": state} if was["platform"] == code else {}  # type: ignore[attr-defined]
        assert dict(now) == dict(was) | told
    before = await snapshot(db)
    await pulling.pull(world.shops[code], lambda _: Refusing(), intake.store_raw)  # type: ignore[arg-type,return-value]
    assert moved(before, await snapshot(db)) == set()  # said once
    await taken(world, good())
    assert await reserved(db) == [("4100000000000000778", 2)]
