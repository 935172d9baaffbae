"""Lives of devices and people, and bodies that come twice."""

import pytest

from server.devices import shapes
from server.errors import Conflict
from server.kit import db
from server.picking import actions as picking
from sync import codec
from sync.messages import Ev
from tests.integration.devices.house import Device, Warehouse
from tests.integration.devices.test_late_acts import cancel, open_tasks, pack, parcel_of, pick_of, two
from tests.integration.devices.test_late_acts import warehouse as warehouse


async def test_1c_the_whole_wave_of_an_offline_picker(warehouse: Warehouse) -> None:
    """As 1a; the picker then picks order 2, too, rightly and in full. All of it arrives late."""
    a, b = await two(warehouse, 2)
    one, two_ = "ZS-26-000001", "ZS-26-000002"
    tee = pick_of(a, "TEE", one)
    ev = a.scan(1, tee[0], "TEE", 2)
    a.scan(2, tee[0], "TEE", 2, ev.id.hex())
    a.scan(1, tee[0], "TEE", 2)
    a.scan(1, pick_of(a, "MUG", one)[0], "MUG", 1)
    a.scan(1, pick_of(a, "MUG", two_)[0], "MUG", 1)
    a.scan(1, pick_of(a, "TEE", two_)[0], "TEE", 2)
    pack(b, parcel_of(b, one))
    await b.push()
    await a.push()
    assert a.verdicts == {}, a.verdicts


async def test_13_storage_rolled_back_to_before_a_fork(warehouse: Warehouse) -> None:
    """A phone forked once, mid-wave. Its browser then restores an older copy, from before the fork."""
    a, _ = await two(warehouse, 2)
    mine, picks, old = a.id, len(a.picks()), a.dev
    copy = (a.dev, a.n, list(a.queue))
    a.scan(1, a.picks()[0][0], a.picks()[0][4], 1)
    await a.push()
    a.dev, a.n, a.queue, a.seen = b"\x77" * 16, 0, [], 0  # Fork, as SPEC.md 3.5
    await a.enrol(prev=old)
    assert a.id == mine
    await a.push()
    a.dev, a.n, a.queue = copy  # the older copy: it knows no prev
    await a.enrol()
    a.at = dict.fromkeys(shapes.BY_ID, (0, -1))
    await a.pull()
    assert (a.id == mine, len(a.picks())) == (True, picks), f"another device, {len(a.picks())} picks of {picks} left"


async def test_14_wave_of_a_phone_that_lost_its_storage(warehouse: Warehouse) -> None:
    """Storage evicted (SPEC.md 3.6: new id, no prev), same person, same name. Who gets the wave?"""
    a, _ = await two(warehouse, 2)
    a.pick_all()
    a.queue = a.queue[:1]
    a.n = 1
    await a.push()
    c = await Device(await warehouse.again(a.user), 9).enrol()
    await c.pull()
    assert c.picks() == []
    wave_id = await db.value("select id from wave")
    await picking.move_wave(wave_id, c.id)
    await c.pull()
    assert len([p for p in c.picks() if p[11] == "open"]) == 3 and len(a.queue) == 0
    with pytest.raises(Conflict):
        await picking.move_wave(wave_id, c.id)
    c.pick_all()
    await c.push()
    assert await db.value("select count(*) from pick where state = 'done'") == 4


async def test_15_role_changed_with_an_unsent_queue(warehouse: Warehouse) -> None:
    a, _ = await two(warehouse)
    a.pick_all()
    await db.run("update person set role = 'finance', active = false where id = $1", a.user.id)
    q = await warehouse.person("q")
    first = a.user
    a.user = q
    await a.enrol()
    await a.push()
    who = {r["person"] for r in await db.rows("select person from event where kind = 'pick_confirmed'")}
    assert who == {first.id} and a.queue == []


async def test_16_same_id_other_body(warehouse: Warehouse) -> None:
    a, _ = await two(warehouse)
    tee, mug = pick_of(a, "TEE", "ZS-26-000001"), pick_of(a, "MUG", "ZS-26-000001")
    ev = a.scan(1, tee[0], "TEE", 1)
    await a.push(lose=True)
    a.queue[0] = Ev(ev.n, ev.id, 1, ev.at, ev.mono, 0, codec.raw([mug[0], "MUG", 1]), ev.who, ev.boot)
    await a.push()
    assert dict(await db.rows("select sku_code, picked from pick")) == {"TEE": 1, "MUG": 0}


async def test_17_damaged_found_after_packing_and_none_left(warehouse: Warehouse) -> None:
    """Packed, one mug is broken: taken out, no other on the shelf: 缺货."""
    a, _ = await two(warehouse)
    a.pick_all()
    a.pack_all()
    mug = pick_of(a, "MUG", "ZS-26-000001")
    a.scan(2, mug[0], "MUG", 1)
    a.scan(3, mug[0], 1)
    await a.push()
    assert a.verdicts[5][0] == 3, (a.verdicts, await open_tasks())


async def test_18_damaged_before_packing(warehouse: Warehouse) -> None:
    a, _ = await two(warehouse)
    a.pick_all()
    mug = pick_of(a, "MUG", "ZS-26-000001")
    a.scan(2, mug[0], "MUG", 1)
    a.scan(3, mug[0], 1)
    await a.push()
    await a.pull()
    assert (a.parcels()[0][5], await open_tasks()) == ("picking", [("repick", "pick_short")])
    a.scan(1, mug[0], "MUG", 1)
    await a.push()
    await a.pull()
    assert (a.parcels()[0][5], await open_tasks()) == ("ready", [])


async def test_19_two_doors(warehouse: Warehouse) -> None:
    a, b = await two(warehouse)
    a.pick_all()
    a.pack_all()
    await a.push()
    await b.pull()
    import asyncio

    x = b.parcels()[0]
    for d in (a, b):
        d.scan(5, x[6], x[0], 1)
    await asyncio.gather(a.push(), b.push())
    assert await db.value("select count(*) from event where kind = 'parcel_handed_over'") == 1
    assert sorted([*a.verdicts.values(), *b.verdicts.values()])[0][0] == 1
    b.scan(5, "SF999", "", 1)  # another house's parcel
    b.scan(5, "SF999", x[0], 1)
    await b.push()


async def test_20_more_taken_than_wanted_of_a_cancelled_order(warehouse: Warehouse) -> None:
    """Cancelled; both a and b took the two TEEs from the shelf: four are to go back."""
    a, b = await two(warehouse)
    tee = pick_of(a, "TEE", "ZS-26-000001")
    a.scan(1, tee[0], "TEE", 2)
    b.scan(1, tee[0], "TEE", 2)
    await cancel(await db.value("select id from sales_order"))
    await a.push()
    await b.push()
    assert b.verdicts[1][0] != 1 or "放回" in b.verdicts[1][1]["message_zh"], b.verdicts
