"""Scans that must not count: goods, orders and stock stay as they are, the person is told, what nobody understands
waits for one; and the good scan in the same batch counts."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from server.devices.schemas import Kind
from server.kit import db
from sync import codec
from sync.messages import DUPLICATE, HELD, WITH_TASK
from tests.integration.devices.house import Device, Warehouse, label, wave
from tests.support.snapshot import GOODS, snapshot


@pytest_asyncio.fixture
async def phone(db: Any) -> Device:
    """A phone with two waves: one order each, labelled; the first is picked and packed whole."""
    w = Warehouse()
    await w.stock_up()
    device = await Device(await w.person("p1"), 1).enrol()
    await w.orders(1)
    await wave(device.id)
    await label()
    await device.pull()
    device.pick_all()
    device.pack_all()
    await device.push()
    await w.orders(1)
    await wave(device.id)
    await label()
    await device.pull()
    return device


def open_pick(d: Device) -> list[Any]:
    return next(p for p in d.picks() if p[11] == "open")


def packed(d: Device) -> list[Any]:
    return next(p for p in d.parcels() if p[5] == "packed")


def unpacked(d: Device) -> list[Any]:
    return next(p for p in d.parcels() if p[5] == "picking")


BAD: dict[str, tuple[int, Callable[[Device], tuple[Any, ...]]]] = {
    "goods of another kind": (HELD, lambda d: (Kind.PICK, open_pick(d)[0], "6909999999999", 1)),
    "a pick that does not exist": (HELD, lambda d: (Kind.PICK, str(uuid4()), "6901234567892", 1)),
    "no pick at all": (HELD, lambda d: (Kind.PICK, "", "6901234567892", 1)),
    "nothing picked": (HELD, lambda d: (Kind.PICK, open_pick(d)[0], open_pick(d)[8][0], 0)),
    "less than nothing": (HELD, lambda d: (Kind.PICK, open_pick(d)[0], open_pick(d)[8][0], -2)),
    "more than there is": (HELD, lambda d: (Kind.PICK, open_pick(d)[0], open_pick(d)[8][0], 10**9)),
    "a code without end": (HELD, lambda d: (Kind.PICK, open_pick(d)[0], "9" * 5000, 1)),
    "a kind nobody knows": (HELD, lambda d: (999, open_pick(d)[0], "x", 1)),
    "a body of another kind": (HELD, lambda d: (Kind.PACK, 17, "x")),
    "nothing in it": (HELD, lambda d: (Kind.HAND_OVER,)),
    "nothing to take back": (DUPLICATE, lambda d: (Kind.UNPICK, open_pick(d)[0], open_pick(d)[8][0], 1)),
    "a waybill of somebody else": (HELD, lambda d: (Kind.HAND_OVER, "SF1234567890123", "", 0)),
    "another sheet on our box": (WITH_TASK, lambda d: (Kind.HAND_OVER, "SF1234567890123", packed(d)[0], 1)),
    "a box that was not checked": (WITH_TASK, lambda d: (Kind.HAND_OVER, unpacked(d)[6], unpacked(d)[0], 1)),
    "packed a second time": (DUPLICATE, lambda d: (Kind.PACK, packed(d)[0], [[i[0], i[3]] for i in packed(d)[12]])),
    "packed with too little": (WITH_TASK, lambda d: (Kind.PACK, unpacked(d)[0], [["TEE", 1]])),
    "a parcel that does not exist": (HELD, lambda d: (Kind.PACK, str(uuid4()), [["TEE", 1]])),
    "a task that does not exist": (HELD, lambda d: (Kind.TASK_DONE, str(uuid4()), "done")),
    "a foreign code": (0, lambda d: (Kind.FOREIGN_SCAN, "pick", "WWW.EXAMPLE.COM/?q=1")),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_scan_counts_for_nothing_and_the_next_one_counts(name: str, phone: Device) -> None:
    code, scan = BAD[name]
    kind, *body = scan(phone)
    before = await snapshot(db, *GOODS)
    bad = phone.scan(kind, *body)
    await phone.push()
    assert await snapshot(db, *GOODS) == before
    assert phone.verdicts.get(bad.n, (0, None))[0] == code
    if code:
        told = phone.verdicts[bad.n][1]["message_zh"]
        assert any("\u4e00" <= c <= "\u9fff" for c in told), told
    waiting = await db.rows("select kind from task where closed_at is null")
    assert [r["kind"] for r in waiting] == {HELD: ["quarantine"]}.get(code, [r["kind"] for r in waiting])
    assert bool(waiting) == (code in (HELD, WITH_TASK))
    # Once more with a good one behind it: the queue is not held up, the bad one is not told twice.
    again = phone.scan(kind, *body)
    pick = open_pick(phone)
    phone.scan(Kind.PICK, pick[0], pick[8][0], 1)
    await phone.push()
    assert phone.queue == [] and phone.verdicts.get(again.n, (0, None))[0] == code
    assert await db.value("select picked from pick where id = $1::uuid", pick[0]) == 1


@pytest.mark.parametrize("times", [2, 5])
async def test_a_scan_sent_again_and_again_is_one_scan(times: int, phone: Device) -> None:
    pick = open_pick(phone)
    ev = phone.scan(Kind.PICK, pick[0], pick[8][0], 1)
    await phone.push(lose=True)
    before = await snapshot(db, *GOODS, "event", "sync_event", "task")
    for _ in range(times):
        phone.queue = [ev]
        await phone.push()
    assert await snapshot(db, *GOODS, "event", "sync_event", "task") == before
    assert await db.value("select picked from pick where id = $1::uuid", pick[0]) == 1


async def test_a_batch_that_does_not_decode_is_refused_whole(phone: Device) -> None:
    before = await snapshot(db)
    for data in (b"", b"\xc1", b"\x93\x01\x02\x03", b"\x90" * 1000, codec.encode([1, phone.dev, 2**60, 0, []])):
        with pytest.raises(codec.Refused):
            codec.decode_up(data)
    assert await snapshot(db) == before
