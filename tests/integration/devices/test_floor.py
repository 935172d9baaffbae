"""From the shelf to the door through real SQL: shapes down, scans up, effects once."""

import asyncio
import json
import random
from typing import Any

import pytest
import pytest_asyncio

from server.devices import actions, shapes
from server.errors import Forbidden
from server.kit import clock, db
from server.orders import moves as orders
from server.picking import actions as picking
from server.stock import moves as stock
from server.stock import queries as stock_queries
from sync.messages import ADJUSTED, DUPLICATE, HELD, WITH_TASK, Ack, Fork
from tests.integration.devices.house import Device, Warehouse, label, wave


@pytest_asyncio.fixture
async def house_(db: Any) -> Warehouse:
    w = Warehouse()
    await w.stock_up()
    return w


async def ready(w: Warehouse, count: int = 2, n: int = 1) -> Device:
    """A device with a wave of so many orders, labels printed, its rows pulled."""
    await w.orders(count)
    d = await Device(await w.person(f"p{n}"), n).enrol()
    await wave(d.id)
    await label()
    await d.pull()
    return d


async def stock_is_whole() -> None:
    assert await stock_queries.differences() == []


async def test_pull_pick_pack_hand_over(house_: Warehouse) -> None:
    d = await ready(house_)
    assert [len(d.rows[s]) for s in shapes.BY_ID] == [1, 4, 2, 0, 0, 1]
    d.pick_all()
    answer = await d.push()
    assert isinstance(answer, Ack) and (answer.upto, answer.verdicts) == (4, [])
    await d.pull()
    assert {p[11] for p in d.picks()} == {"done"} and {p[5] for p in d.parcels()} == {"ready"}
    assert next(iter(d.rows[shapes.WAVE].values()))[2] == "done"
    d.pack_all()
    for p in d.parcels():
        d.scan(5, p[6], p[0], p[10])
    await d.push()
    await d.pull()
    assert {p[5] for p in d.parcels()} == {"handed_over"} and d.verdicts == {}
    facts = await db.rows("select picked_at, packed_at, handed_over_at from sales_order")
    assert all(f["handed_over_at"] and f["picked_at"] <= f["packed_at"] <= f["handed_over_at"] for f in facts)
    assert await db.rows("select from order_line where picked <> qty") == []
    assert await db.value("select sum(on_hand) from stock") == 1000 - 6
    kinds = dict(await db.rows("select kind, count(*) from event where device = $1 group by 1", d.id))
    want = {"pick_confirmed": 4, "order_picked": 2, "wave_done": 1, "parcel_packed": 2, "parcel_handed_over": 2}
    assert want.items() <= (kinds | {"order_shipped": 2}).items()
    unsaid = await db.rows(
        """select kind from event where kind in ('pick_confirmed', 'order_picked', 'parcel_packed', 'order_shipped',
           'parcel_handed_over', 'wave_done') and (person is null or cause is null)"""
    )
    assert unsaid == []
    # Packed and handed over came in one batch: each is told by the scan that did it.
    told = await db.rows(
        """select a.cause as packed, b.cause as left from event a join event b on b.subject_id = a.subject_id
           where a.kind = 'parcel_packed' and b.kind = 'parcel_handed_over'"""
    )
    assert len(told) == 2 and all(r["packed"] != r["left"] for r in told)
    moment = await db.value("select max(recorded_at - happened_at) from event where kind = 'pick_confirmed'")
    assert moment.total_seconds() > 1  # when it was scanned, not when it was received
    jobs = {r["kind"] for r in await db.rows("select kind from job")}
    assert {"shipping.manifest", "shipping.write_back"} <= jobs
    await stock_is_whole()


async def test_a_batch_sent_twice_has_one_effect(house_: Warehouse) -> None:
    d = await ready(house_)
    d.pick_all()
    await d.push(lose=True)
    await d.push(lose=True)
    answer = await d.push()
    assert isinstance(answer, Ack) and answer.upto == 4 and d.queue == []
    assert await db.value("select sum(picked) from pick") == 6
    assert await db.value("select count(*) from event where kind = 'pick_confirmed'") == 4


async def test_over_scan_is_a_duplicate_told_in_the_verdict_shape(house_: Warehouse) -> None:
    d = await ready(house_, 1)
    tee = next(p for p in d.picks() if p[4] == "TEE")
    d.scan(1, tee[0], "TEE", 2)
    ev = d.scan(1, tee[0], "TEE", 1)
    await d.push()
    assert d.verdicts[2][0] == DUPLICATE
    await d.pull()
    row = d.rows[shapes.VERDICT][ev.id.hex()]
    assert row[1:3] == [2, DUPLICATE] and row[3] == d.verdicts[2][1]["message_zh"]
    d.scan(2, tee[0], "TEE", 1, ev.id.hex())  # what never counted takes nothing away
    await d.push()
    assert await db.value("select picked from pick where sku_code = 'TEE'") == 2
    assert await db.value("select count(*) from event where kind = 'pick_undone'") == 0


async def test_cancelled_meanwhile_is_accepted_with_a_task(house_: Warehouse) -> None:
    d = await ready(house_, 1)
    tee, mug = sorted(d.picks(), key=lambda p: p[4], reverse=True)
    d.scan(1, tee[0], "TEE", 1)
    await d.push()
    order = await db.value("select id from sales_order")
    async with db.transaction() as tx:  # what intake does
        await db.run("update sales_order set cancelled_at = now() where id = $1", order)
        await stock.release(tx, [order], "cancelled")
        await orders.withdraw(tx, [order])
    d.scan(1, tee[0], "TEE", 1)  # before the withdrawal has run
    await d.push()
    assert d.verdicts[2][0] == WITH_TASK
    await picking.withdraw(order)
    d.scan(1, mug[0], "MUG", 1)  # after it
    await d.push()
    assert d.verdicts[3][0] == WITH_TASK and d.verdicts[3][1]["task_id"] == d.verdicts[2][1]["task_id"]
    await d.pull()
    [task] = d.tasks()
    assert task[1:5] == ["put_back", "ZS-26-000001", d.parcels()[0][1], "cancelled"]
    assert sorted(json.loads(task[5])["items"]) == [["MUG", 1, "A-02-01"], ["TEE", 2, "A-01-01"]]
    d.scan(6, task[0], "done")
    await d.push()
    await d.pull()
    assert d.tasks() == [] and await db.value("select sum(picked) from pick") == 0
    assert d.parcels()[0][5] == "cancelled"
    await stock_is_whole()


async def test_hand_over_of_a_stale_or_stopped_parcel_changes_no_ladder(house_: Warehouse) -> None:
    d = await ready(house_)
    d.pick_all()
    d.pack_all()
    await d.push()
    await d.pull()
    first, second = d.parcels()
    await db.run("update parcel set order_version = 2, label_state = 'stale' where no = $1", first[1])
    await db.run("update parcel set state = 'stopped', stop = 'refund_asked' where no = $1", second[1])
    d.scan(5, first[6], first[0], 1)
    d.scan(5, second[6], "", 1)
    await d.push()
    assert [v[0] for v in d.verdicts.values()] == [WITH_TASK, WITH_TASK]
    await d.pull()
    assert {(t[1], t[4]) for t in d.tasks()} == {("reprint", "stale_label"), ("intercept", "refund_asked")}
    assert await db.value("select count(*) from sales_order where handed_over_at is not null") == 0
    assert await db.value("select count(*) from event where kind = 'hand_over_refused'") == 2
    assert await db.value("select sum(on_hand) from stock") == 1000
    await db.run(
        """update parcel set label_version = 2, label_state = 'ready', old_waybills = array[waybill_no],
           waybill_no = waybill_no || 'B' where no = $1""",
        first[1],
    )
    d.scan(5, first[6], "", 1)
    d.scan(5, first[6] + "B", "", 2)
    await d.push()
    await d.pull()
    assert d.verdicts[9][0] == WITH_TASK and [t[1] for t in d.tasks()] == ["intercept"]
    assert d.parcels()[0][5] == "handed_over"
    await stock_is_whole()


async def test_what_is_not_understood_is_held_and_the_rest_goes_on(house_: Warehouse) -> None:
    d = await ready(house_)
    good = d.picks()[0]
    d.scan(1, "0195f0a0-0000-7000-8000-000000000000", "TEE", 1)
    d.scan(1, "no id", 5)
    d.scan(99, "from a newer app")
    d.scan(7, "pick", "SF1234567890")
    d.scan(1, good[0], good[4], 1)
    broken = [6, b"short", 1, 0, 0, 0, []]  # an id that is not 16 bytes: does not decode as an event
    d.n += 1
    answer = await actions.push(await d.floor(), d.batch([*d.queue, broken]))
    assert isinstance(answer, Ack) and answer.upto == 6
    assert [(v.n, v.code) for v in answer.verdicts] == [(1, HELD), (2, HELD), (3, HELD), (6, HELD)]
    assert await db.value("select sum(picked) from pick") == 1
    held = await db.rows("select reason from task where kind = 'quarantine' order by opened_at, id")
    assert sorted(r["reason"] for r in held) == ["bad_body", "failed", "unknown_kind", "unknown_pick"]
    assert await db.value("select count(*) from event where kind = 'foreign_scanned'") == 1
    await d.pull()
    assert len(d.rows[shapes.VERDICT]) == 4


async def test_an_event_whose_writing_fails_is_held_alone(house_: Warehouse) -> None:
    d = await ready(house_, 1)
    tee, mug = sorted(d.picks(), key=lambda p: p[4], reverse=True)
    await db.run("alter table order_line add constraint poison check (line_key <> 'MUG' or picked = 0)")
    d.scan(1, tee[0], "TEE", 1)
    d.scan(1, mug[0], "MUG", 1)
    d.scan(1, tee[0], "TEE", 1)
    await d.push()
    assert {n: v[0] for n, v in d.verdicts.items()} == {2: HELD}
    assert dict(await db.rows("select sku_code, picked from pick")) == {"TEE": 2, "MUG": 0}
    assert await db.value("select count(*) from sync_quarantine") == 1
    assert await db.value("select count(*) from event where kind = 'pick_confirmed'") == 2


async def test_two_devices_one_of_them_with_anothers_events(house_: Warehouse) -> None:
    a = await ready(house_, 1)
    other, stranger = await house_.person("q"), await house_.person("s")
    await Device(other, 1).enrol()  # an earlier shift on the first device
    await a.enrol()
    b = await Device(await house_.again(other), 2).enrol()
    await b.pull()
    assert b.picks() == [] and len(b.parcels()) == 1  # picks are of the device, parcels of the warehouse
    tee = next(p for p in a.picks() if p[4] == "TEE")
    a.scan(1, tee[0], "TEE", 2, who=other.id.bytes)
    a.scan(1, next(p for p in a.picks() if p[4] == "MUG")[0], "MUG", 1, who=stranger.id.bytes)
    b.scan(1, tee[0], "TEE", 1)  # both took the last one
    b.pack_all()
    await a.push()
    await b.push()
    assert {n: v[0] for n, v in b.verdicts.items()} == {1: DUPLICATE}
    who = dict(await db.rows("select \"to\" ->> 'sku', person from event where kind = 'pick_confirmed'"))
    assert who == {"TEE": other.id, "MUG": a.user.id}
    named = await db.rows("select \"to\" ->> 'named' as named from event where \"to\" ? 'named'")
    assert {r["named"] for r in named} == {str(stranger.id)}
    assert await db.value("select state from parcel") == "packed"


async def test_packed_before_the_pickers_events_arrive(house_: Warehouse) -> None:
    a = await ready(house_, 1)
    b = await Device(await house_.person("q"), 2).enrol()
    await b.pull()
    b.pack_all()
    b.scan(5, b.parcels()[0][6], "", 1)
    a.pick_all()
    await b.push()
    await a.push()
    assert (a.verdicts, b.verdicts) == ({}, {})
    assert await db.value("select count(*) from sales_order where handed_over_at is not null") == 1
    assert await db.value("select sum(picked) from order_line") == 3
    await stock_is_whole()


async def test_short_then_wrong_pack_then_found(house_: Warehouse) -> None:
    d = await ready(house_, 1)
    tee, mug = sorted(d.picks(), key=lambda p: p[4], reverse=True)
    parcel = d.parcels()[0]
    d.scan(1, tee[0], "TEE", 1)
    d.scan(3, tee[0], 1)
    d.scan(1, mug[0], "MUG", 4)
    d.scan(4, parcel[0], [["TEE", 1], ["MUG", 1]])
    await d.push()
    assert {n: v[0] for n, v in d.verdicts.items()} == {2: WITH_TASK, 3: ADJUSTED, 4: WITH_TASK}
    await d.pull()
    assert {(t[1], t[4]) for t in d.tasks()} == {("repick", "pick_short"), ("repick", "pack_mismatch")}
    assert next(iter(d.rows[shapes.WAVE].values()))[2] == "done"
    d.scan(1, tee[0], "TEE", 1)
    d.scan(4, parcel[0], [["TEE", 2], ["MUG", 1]])
    await d.push()
    await d.pull()
    assert d.tasks() == [] and d.parcels()[0][5] == "packed"


async def test_a_new_life_of_a_device_stays_that_device(house_: Warehouse) -> None:
    d = await ready(house_, 1)
    tee = next(p for p in d.picks() if p[4] == "TEE")
    d.scan(1, tee[0], "TEE", 2)
    d.scan(1, tee[0], "TEE", 1)
    await d.push(lose=True)
    old, device = d.dev, d.id
    d.dev = b"\x07" * 16
    with pytest.raises(Forbidden):
        await d.floor()
    await d.enrol(prev=old)
    assert d.id == device
    answer = await d.push()
    assert isinstance(answer, Ack) and answer.upto == 2 and (0, DUPLICATE) in [(v.n, v.code) for v in answer.verdicts]
    assert await db.value("select sum(picked) from pick") == 2
    d.n, d.queue = 0, []
    d.scan(1, tee[0], "TEE", 1)
    assert isinstance(await actions.push(await d.floor(), d.batch()), Fork)


async def test_a_revoked_device_and_another_person_are_refused(house_: Warehouse) -> None:
    d = await ready(house_, 1)
    await Device(await house_.person("q"), 1).enrol()
    with pytest.raises(Forbidden):
        await d.floor()
    await d.enrol()
    await db.run("update device set revoked_at = now()")
    for refused in (d.floor, d.enrol):
        with pytest.raises(Forbidden):
            await refused()


async def test_finished_work_leaves_the_floor(house_: Warehouse) -> None:
    d = await ready(house_, 1)
    d.pick_all()
    d.pack_all()
    d.scan(5, d.parcels()[0][6], "", 1)
    await d.push()
    assert await actions.sweep() == 0
    await db.run("update wave set created_at = now() - interval '2 days'")
    await db.run("update parcel set handed_over_at = now() - interval '2 days'")
    assert await actions.sweep() == 4
    await d.pull()
    assert [len(d.rows[s]) for s in (shapes.WAVE, shapes.PICK, shapes.PARCEL)] == [0, 0, 0]


async def test_two_hundred_events_are_one_decision(house_: Warehouse) -> None:
    await house_.orders(60, TEE=4)
    d = await Device(await house_.person("p"), 1).enrol()
    await wave(d.id, 60)
    await d.pull()
    for p in d.picks()[:50]:
        for _ in range(4):
            d.scan(1, p[0], "TEE", 1)
    at = clock.now()
    await d.push()
    assert await db.value("select sum(picked) from pick") == 200
    assert (clock.now() - at).total_seconds() < 2
    assert await db.value("select count(*) from sales_order where picked_at is not null") == 50


async def test_devices_that_send_at_once_neither_lose_nor_double(house_: Warehouse) -> None:
    a = await ready(house_, 6)
    b = await Device(await house_.person("q"), 2).enrol()
    await b.pull()
    tees = [p for p in a.picks() if p[4] == "TEE"]
    for _ in range(4):
        for p in tees:
            a.scan(1, p[0], "TEE", 1)
        for p in reversed(tees):
            b.scan(1, p[0], "TEE", 1)
        b.pack_all()
        await asyncio.gather(a.push(), b.push())
    accepted = await db.value("select sum((\"to\" ->> 'qty')::int) from event where kind = 'pick_confirmed'")
    assert accepted == await db.value("select sum(picked) from pick where sku_code = 'TEE'") == 12
    assert await db.value("select sum(picked) from order_line") == 12
    assert await db.value("select count(*) from sync_event") == 4 * 6 * 3
    assert await db.value("select count(*) from event where kind = 'parcel_packed'") == 6
    await stock_is_whole()


async def test_a_batch_of_every_kind_of_mischief_keeps_the_books(house_: Warehouse) -> None:
    """Seeded noise from two devices, labels and cancellations in between; then the books must agree."""
    chance = random.Random(26)
    a = await ready(house_, 8)
    b = await Device(await house_.person("q"), 2).enrol()
    ids = [r["id"] for r in await db.rows("select id from sales_order order by no")]
    for step in range(12):
        for d in (a, b):
            await d.pull()
            for _ in range(12):
                p = chance.choice(a.picks())
                x = chance.choice(a.parcels())
                match chance.randrange(7):
                    case 0 | 1:
                        d.scan(1, p[0], p[4], chance.randint(1, 3))
                    case 2:
                        d.scan(2, p[0], p[4], 1)
                    case 3:
                        d.scan(3, p[0], 1)
                    case 4:
                        d.scan(4, x[0], [[i[0], i[3]] for i in x[12]])
                    case 5:
                        d.scan(5, x[6], x[0], x[10])
                    case _:
                        if d.tasks():
                            d.scan(6, chance.choice(d.tasks())[0], "done")
        await asyncio.gather(a.push(lose=step % 3 == 0), b.push())
        await a.push()
        if step in (2, 5):
            order = chance.choice(ids)
            async with db.transaction() as tx:
                left = await db.value("select handed_over_at from sales_order where id = $1 for update", order)
                await db.run("update sales_order set cancelled_at = now() where id = $1", order)
                if left is None:
                    await stock.release(tx, [order], "cancelled")
                    await orders.withdraw(tx, [order])
            await picking.withdraw(order)
    await stock_is_whole()
    assert a.queue == [] and b.queue == []
    assert await db.value("select count(*) from sync_quarantine") == 0
    assert (
        await db.rows("select from pick where picked < 0 or picked > qty or (state = 'done' and picked <> qty)") == []
    )
    odd = await db.rows(
        """select from order_line l join pick p on p.line = l.id group by l.id having l.picked <> sum(p.picked)"""
    )
    assert odd == []
    gone = await db.value("select count(*) from parcel where state = 'handed_over'")
    shipped = await db.value("select count(*) from sales_order where handed_over_at is not null")
    claimed = await db.value("select count(distinct order_id) from reservation where state = 'claimed'")
    assert gone == shipped == claimed > 0
