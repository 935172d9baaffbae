"""Acts that arrive late, out of turn or about what has changed meanwhile. Each test states what a shop would expect."""

import time
from typing import Any
from uuid import UUID

import pytest_asyncio

from server.kit import db
from server.orders import actions as reviewing
from server.orders import moves as orders
from server.picking import actions as picking
from server.shipping import actions as shipping
from server.stock import moves as stock
from server.stock import queries as stock_queries
from server.tasks import actions as desk
from sync import codec
from sync.messages import WITH_TASK, Ev
from tests.integration.devices.house import Device, Warehouse, label, wave


@pytest_asyncio.fixture
async def warehouse(db: Any) -> Warehouse:
    w = Warehouse()
    await w.stock_up()
    return w


async def two(w: Warehouse, count: int = 1) -> tuple[Device, Device]:
    """A picker with a wave, and another device that packs and stands at the door."""
    await w.orders(count)
    a = await Device(await w.person("a"), 1).enrol()
    await wave(a.id)
    # These devices are a minute offline whenever they send: their wave is older than that.
    for table, made in (("wave", "created_at"), ("parcel", "made_at")):
        await db.run(f"update {table} set {made} = {made} - interval '30 minutes'")
    await label()
    b = await Device(await w.person("b"), 2).enrol()
    await a.pull()
    await b.pull()
    return a, b


async def cancel(order: UUID) -> None:
    """What intake does."""
    async with db.transaction() as tx:
        left = await db.value("select handed_over_at from sales_order where id = $1 for update", order)
        await db.run("update sales_order set cancelled_at = now() where id = $1", order)
        if left is None:
            await stock.release(tx, [order], "cancelled")
            await orders.withdraw(tx, [order])
    await picking.withdraw(order)


async def open_tasks() -> list[tuple[str, str]]:
    return [
        (r["kind"], r["reason"])
        for r in await db.rows("select kind, reason from task where closed_at is null order by kind, reason")
    ]


def pick_of(d: Device, sku: str, order_no: str) -> Any:
    return next(p for p in d.picks() if p[4] == sku and p[2] == order_no)


def parcel_of(d: Device, order_no: str) -> Any:
    return next(p for p in d.parcels() if p[2] == order_no)


def pack(d: Device, x: Any) -> None:
    """Later than what was scanned so far."""
    time.sleep(0.05)
    d.scan(4, x[0], [[i[0], i[3]] for i in x[12]])


async def test_1a_undo_made_before_packing_arrives_after_it(warehouse: Warehouse) -> None:
    """The picker, offline, mis-scanned once, pressed undo and scanned again; the packer, online, packed it whole."""
    a, b = await two(warehouse, 2)
    one, two_ = "ZS-26-000001", "ZS-26-000002"
    tee, mug = pick_of(a, "TEE", one), pick_of(a, "MUG", one)
    a.scan(1, tee[0], "TEE", 1)
    ev = a.scan(1, tee[0], "TEE", 1)
    a.scan(2, tee[0], "TEE", 1, ev.id.hex())
    a.scan(1, tee[0], "TEE", 1)
    a.scan(1, mug[0], "MUG", 1)
    time.sleep(0.05)
    pack(b, parcel_of(b, one))
    await b.push()
    await a.push()
    other = await db.value("select picked from pick where order_no = $1 and sku_code = 'TEE'", two_)
    assert other == 0, f"a unit of order 1 was counted for order 2: {other}; verdicts {a.verdicts}"
    assert a.verdicts == {}, a.verdicts


async def test_1b_the_same_when_it_has_left(warehouse: Warehouse) -> None:
    a, b = await two(warehouse, 2)
    one, two_ = "ZS-26-000001", "ZS-26-000002"
    tee, mug = pick_of(a, "TEE", one), pick_of(a, "MUG", one)
    ev = a.scan(1, tee[0], "TEE", 2)
    a.scan(2, tee[0], "TEE", 2, ev.id.hex())
    a.scan(1, tee[0], "TEE", 2)
    a.scan(1, mug[0], "MUG", 1)
    time.sleep(0.05)
    x = parcel_of(b, one)
    pack(b, x)
    b.scan(5, x[6], x[0], x[10])
    await b.push()
    await a.push()
    other = await db.row("select picked, state from pick where order_no = $1 and sku_code = 'TEE'", two_)
    tasks = await open_tasks()
    assert (other["picked"], tasks) == (0, []), (dict(other), tasks, a.verdicts)


async def test_2_undo_of_a_scan_that_did_not_count(warehouse: Warehouse) -> None:
    """An over-scan was not counted; undoing that scan must take nothing away."""
    a, _ = await two(warehouse)
    tee = pick_of(a, "TEE", "ZS-26-000001")
    a.scan(1, tee[0], "TEE", 2)
    ev = a.scan(1, tee[0], "TEE", 1)
    await a.push()
    a.scan(2, tee[0], "TEE", 1, ev.id.hex())
    await a.push()
    got = await db.value("select picked from pick where sku_code = 'TEE'")
    assert got == 2, f"3 scans, 1 not counted, that one undone: 2 are in the tote, the books say {got}"


async def test_2b_undo_of_a_scan_that_was_moved(warehouse: Warehouse) -> None:
    a, _ = await two(warehouse, 2)
    one = pick_of(a, "TEE", "ZS-26-000001")
    a.scan(1, one[0], "TEE", 2)
    ev = a.scan(1, one[0], "TEE", 1)  # moved to order 2
    a.scan(2, one[0], "TEE", 1, ev.id.hex())
    await a.push()
    got = dict(await db.rows("select order_no, picked from pick where sku_code = 'TEE' order by 1"))
    assert list(got.values()) == [2, 0], got


async def test_3_stopped_twice_for_two_reasons_is_put_back_once(warehouse: Warehouse) -> None:
    a, _ = await two(warehouse)
    a.pick_all()
    a.pack_all()
    await a.push()
    order = await db.value("select id from sales_order")
    await reviewing.hold_order(order, "等客户")
    await picking.withdraw(order)
    await cancel(order)
    await a.pull()
    first = next(t for t in a.tasks() if t[4] == "manual" or t[1] == "put_back")
    seen = [(t[1], t[4], t[5]) for t in a.tasks()]
    a.scan(6, first[0], "done")
    await a.push()
    left = await open_tasks()
    assert [k for k in left if k[0] == "put_back"] == [], (seen, left)


async def test_4_short_reported_for_what_was_packed_whole(warehouse: Warehouse) -> None:
    a, b = await two(warehouse)
    tee = pick_of(a, "TEE", "ZS-26-000001")
    a.scan(3, tee[0], 1)
    x = b.parcels()[0]
    pack(b, x)
    b.scan(5, x[6], x[0], x[10])
    await b.push()
    await a.push()
    await a.pull()
    first = await open_tasks()
    for t in a.tasks():
        a.scan(6, t[0], "done")
    await a.push()
    assert (first, await open_tasks()) == ([], []), (first, await open_tasks(), a.verdicts)


async def test_5_packed_parcel_checked_again_and_found_wrong(warehouse: Warehouse) -> None:
    """A second person opens it, scans it again and finds one piece missing: somebody must hear of it."""
    a, b = await two(warehouse)
    a.pick_all()
    a.pack_all()
    x = b.parcels()[0]
    b.scan(4, x[0], [["TEE", 1], ["MUG", 1]])
    await a.push()
    await b.push()
    b.scan(5, x[6], x[0], 1)
    await b.push()
    left = await db.value("select count(*) from parcel where state = 'handed_over'")
    assert b.verdicts[1][0] == WITH_TASK, (b.verdicts, left, await open_tasks())


async def test_5b_opened_again_before_the_picker_was_heard(warehouse: Warehouse) -> None:
    """Packed while the picks were still on the way, opened, found wrong: it is not picked until the picks are here."""
    a, b = await two(warehouse)
    b.pack_all()
    await b.push()
    x = b.parcels()[0]
    b.scan(4, x[0], [["TEE", 1], ["MUG", 1]])
    await b.push()
    await b.pull()
    for t in b.tasks():
        b.scan(6, t[0], "done")
    await b.push()
    assert await db.value("select state from parcel") == "picking"
    a.pick_all()
    await a.push()
    assert await db.value("select state from parcel") == "ready"
    await b.pull()
    b.pack_all()
    b.scan(5, x[6], x[0], 1)
    await b.push()
    assert await db.value("select state from parcel") == "handed_over", b.verdicts
    assert await open_tasks() == []


async def test_6_tasks_of_a_parcel_end_when_it_is_put_back(warehouse: Warehouse) -> None:
    a, _ = await two(warehouse)
    a.pick_all()
    a.pack_all()
    await a.push()
    order = await db.value("select id from sales_order")
    await db.run("update sales_order set receiver_version = 2")
    await shipping.relabel(order)
    await a.pull()
    x = a.parcels()[0]
    await cancel(order)
    a.scan(5, x[6], x[0], 1)  # the door catches it
    await a.push()
    await a.pull()
    seen = [(t[1], t[4]) for t in a.tasks()]
    a.scan(6, next(t[0] for t in a.tasks() if t[1] == "put_back"), "done")
    await a.push()
    assert await open_tasks() == [], (seen, await open_tasks())


async def test_7_clock_a_day_slow_then_set_right_before_sending(warehouse: Warehouse) -> None:
    """Scanned under another boot, with a clock that was a day behind; sent after the clock was set right."""
    a, _ = await two(warehouse)
    a.pick_all()
    a.pack_all()
    x = a.parcels()[0]
    a.scan(5, x[6], x[0], 1)
    now = int(time.time() * 1000)
    day = 86_400_000
    a.queue = [Ev(e.n, e.id, e.kind, now - day, e.mono, e.base, e.body, e.who, 1) for e in a.queue]
    from server.devices import actions
    from sync.messages import Up

    up = codec.decode_up(codec.encode(Up(1, a.dev, a.n, 0, [codec.raw(e) for e in a.queue], now, 5, 7)))
    await actions.push(await a.floor(), up)
    r = await db.row("""select o.paid_at, o.handed_over_at, w.created_at, p.packed_at from sales_order o
        join parcel p on p.order_id = o.id join wave w on w.id = p.wave""")
    assert r["handed_over_at"] >= r["paid_at"] and r["packed_at"] >= r["created_at"], dict(r)


async def test_8_shortage_that_the_desk_calls_done_leads_on(warehouse: Warehouse) -> None:
    a, _ = await two(warehouse)
    mug, tee = pick_of(a, "MUG", "ZS-26-000001"), pick_of(a, "TEE", "ZS-26-000001")
    a.scan(1, tee[0], "TEE", 2)
    a.scan(3, mug[0], 1)
    await a.push()
    await a.pull()
    a.scan(6, a.tasks()[0][0], "done")
    await a.push()
    task = await db.value("select id from task where kind = 'shortage'")
    await desk.close(task, "done", "")
    assert await db.value("select count(*) from job where kind = 'picking.look_again' and key = $1", str(task)) == 1
    for _ in range(2):
        await picking.look_again(task)
    await a.pull()
    a.scan(1, pick_of(a, "MUG", "ZS-26-000001")[0], "MUG", 1)
    await a.push()
    assert await db.value("select state from parcel") == "ready" and await open_tasks() == []


async def test_9_late_picks_of_a_parcel_that_was_put_back(warehouse: Warehouse) -> None:
    """Packed by B, cancelled, put back by B; the picker's scans of those very goods arrive last."""
    a, b = await two(warehouse)
    a.pick_all()
    pack(b, b.parcels()[0])
    await b.push()
    order = await db.value("select id from sales_order")
    await cancel(order)
    await b.pull()
    shown = [(t[1], t[5]) for t in b.tasks()]
    b.scan(6, b.tasks()[0][0], "done")
    await b.push()
    await a.push()
    left = await open_tasks()
    assert "TEE" in shown[0][1], f"what is to be put back is not named: {shown}; afterwards {left}"
    assert left == [], f"told to put back a second time: {left}"


async def test_10_late_picks_of_what_has_left_and_was_cancelled_then(warehouse: Warehouse) -> None:
    a, b = await two(warehouse)
    a.pick_all()
    x = b.parcels()[0]
    pack(b, x)
    b.scan(5, x[6], x[0], x[10])
    await b.push()
    await cancel(await db.value("select id from sales_order"))
    await a.push()
    left = await open_tasks()
    assert left == [("intercept", "cancelled")], (left, a.verdicts)


async def test_11_two_goods_taken_out_of_a_packed_parcel_are_both_named(warehouse: Warehouse) -> None:
    a, _ = await two(warehouse)
    a.pick_all()
    a.pack_all()
    await a.push()
    for sku in ("TEE", "MUG"):
        a.scan(2, pick_of(a, sku, "ZS-26-000001")[0], sku, 1)
    await a.push()
    detail = await db.value("select detail::text from task where kind = 'repick'")
    assert "TEE" in detail and "MUG" in detail, detail


async def test_12_put_back_of_the_first_wave_after_the_second_left(warehouse: Warehouse) -> None:
    a, b = await two(warehouse)
    a.pick_all()
    pack(b, b.parcels()[0])
    await b.push()
    await a.push()
    order = await db.value("select id from sales_order")
    await reviewing.hold_order(order, "等")
    hold = await db.value("select id from task where kind = 'hold'")
    await picking.withdraw(order)
    await b.pull()
    task = b.tasks()[0]
    b.scan(6, task[0], "done")  # stays offline
    a.scan(1, a.picks()[0][0], a.picks()[0][4], 1)  # late, too
    await db.run("update task set closed_at = now(), outcome = 'released' where id = $1", hold)
    await db.run("update sales_order set reviewed_at = now(), review_due = false")
    while await reviewing.reserve_pending():
        pass
    await wave(a.id)
    await db.run(
        "update parcel set waybill_no = 'N' || no, label_version = 1, label_state = 'ready' where waybill_no = ''"
    )
    await a.push()
    await a.pull()
    old = {p[0] for p in b.parcels()}
    new = next(p for p in a.parcels() if p[0] not in old)
    for p in a.picks():
        if p[1] == new[3]:
            a.scan(1, p[0], p[4], p[9])
    pack(a, new)
    a.scan(5, new[6], new[0], 1)
    await a.push()
    await b.push()
    assert await db.value("select count(*) from sales_order where handed_over_at is not null") == 1
    odd = await db.rows(
        """select line from pick group by line
           having sum(picked) <> (select picked from order_line where id = line)"""
    )
    assert odd == []
    assert await db.rows("select from order_line where picked <> qty") == []
    assert await open_tasks() == []
    assert await stock_queries.differences() == []
