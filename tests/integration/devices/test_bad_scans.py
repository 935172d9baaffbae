"""Scans that must not count: goods, orders and stock stay as they are, the person is told, what nobody understands
waits for one; and the good scan in the same batch counts."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
import pytest_asyncio

from server.accounts.queries import token_hash
from server.devices.schemas import Kind
from server.kit import db
from server.orders import moves as orders
from server.picking import actions as picking
from server.stock import moves as stock
from sync import codec
from sync.messages import DUPLICATE, HELD, LIMIT, WITH_TASK, Ev, Pull, Up
from tests.integration.devices.house import Device, Warehouse, label, wave
from tests.support.client import Client
from tests.support.snapshot import GOODS, moved, snapshot

CHINESE = range(0x4E00, 0xA000)
SETTLED = ("sales_order", "reservation", "stock", "stock_ledger", "receiver_version", "wave")
"""What is settled of an order that was stopped. How many of its goods lie in the tote still counts: they go back."""


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


def done_pick(d: Device) -> list[Any]:
    return next(p for p in d.picks() if p[11] == "done")


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
    "a pick that is full": (DUPLICATE, lambda d: (Kind.PICK, done_pick(d)[0], done_pick(d)[8][0], 1)),
    "short of what is picked": (DUPLICATE, lambda d: (Kind.SHORT, done_pick(d)[0], 1)),
    "short of nothing": (HELD, lambda d: (Kind.SHORT, open_pick(d)[0], 0)),
    "a NUL in a code": (HELD, lambda d: (Kind.PICK, open_pick(d)[0], open_pick(d)[8][0] + "\0", 1)),
    "a NUL in a waybill": (HELD, lambda d: (Kind.HAND_OVER, "SF\0123", "", 0)),
    "half of a piece": (HELD, lambda d: (Kind.PICK, open_pick(d)[0], open_pick(d)[8][0], 1.5)),
    "a quantity in words": (HELD, lambda d: (Kind.PICK, open_pick(d)[0], open_pick(d)[8][0], "one")),
    "a quantity that is true": (HELD, lambda d: (Kind.PICK, open_pick(d)[0], open_pick(d)[8][0], True)),
    "a version nobody made": (HELD, lambda d: (Kind.HAND_OVER, packed(d)[6], packed(d)[0], 2**40)),
    "a box that is no list": (HELD, lambda d: (Kind.PACK, unpacked(d)[0], "TEE")),
    "a box of less than nothing": (HELD, lambda d: (Kind.PACK, unpacked(d)[0], [["TEE", -1]])),
    "a task's id where a pick's belongs": (HELD, lambda d: (Kind.PICK, packed(d)[0], open_pick(d)[8][0], 1)),
    "nested deep": (HELD, lambda d: (Kind.PACK, unpacked(d)[0], msgspec.Raw(b"\x91" * 800 + b"\x90"))),
    "a foreign code": (0, lambda d: (Kind.FOREIGN_SCAN, "pick", "WWW.EXAMPLE.COM/?q=1")),
    "a foreign code with a NUL": (0, lambda d: (Kind.FOREIGN_SCAN, "pick\0", "a\0b")),
    "a foreign code that is a phone number": (0, lambda d: (Kind.FOREIGN_SCAN, "pick", "13800138000")),
    "a foreign code without end": (HELD, lambda d: (Kind.FOREIGN_SCAN, "pick", "9" * 5000)),
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


STOPPED: dict[str, Callable[[Device], tuple[Any, ...]]] = {
    "picked": lambda d: (Kind.PICK, open_pick(d)[0], open_pick(d)[8][0], 1),
    "packed": lambda d: (Kind.PACK, unpacked(d)[0], [[i[0], i[3]] for i in unpacked(d)[12]]),
    "handed over": lambda d: (Kind.HAND_OVER, packed(d)[6], packed(d)[0], packed(d)[10]),
}


@pytest.mark.parametrize("withdrawn", [False, True], ids=["before its picks are", "after"])
@pytest.mark.parametrize("name", STOPPED)
async def test_a_scan_for_an_order_cancelled_meanwhile_moves_no_order_and_no_stock(
    name: str, withdrawn: bool, phone: Device
) -> None:
    """The person is told what to do; the order stays cancelled, its stock free, and the other order goes on."""
    kind, *body = STOPPED[name](phone)
    parcel = packed(phone) if name == "handed over" else unpacked(phone)
    order, other = await cancelled(UUID(parcel[0]), withdrawn)
    before = await snapshot(db, *SETTLED)
    bad = phone.scan(kind, *body)
    await phone.push()
    assert moved(before, await snapshot(db, *SETTLED)) == set()
    code, told = phone.verdicts[bad.n]
    assert code == WITH_TASK and any(ord(c) in CHINESE for c in told["message_zh"])
    assert (
        await db.value("select count(*) from task where id = $1::uuid and order_id = $2", told["task_id"], order) == 1
    )
    ladder = await db.row("select handed_over_at, wave from sales_order where id = $1", order)
    assert tuple(ladder) == (None, None)
    assert await db.value("select count(*) from parcel where order_id = $1 and state = 'handed_over'", order) == 0
    # The other order is not held up.
    if name == "handed over":
        pick = open_pick(phone)
        phone.scan(Kind.PICK, pick[0], pick[8][0], 1)
        await phone.push()
        assert await db.value("select picked from pick where id = $1::uuid", pick[0]) == 1
    else:
        phone.scan(Kind.HAND_OVER, packed(phone)[6], packed(phone)[0], packed(phone)[10])
        await phone.push()
        assert await db.value("select handed_over_at is not null from sales_order where id = $1", other)
    assert phone.queue == []


async def cancelled(parcel: UUID, withdrawn: bool) -> tuple[UUID, UUID]:
    """The order of a parcel is cancelled, as intake does it; and the other one."""
    order = await db.value("select order_id from parcel where id = $1", parcel)
    async with db.transaction() as tx:
        await db.run("update sales_order set cancelled_at = now() where id = $1", order)
        await stock.release(tx, [order], "cancelled")
        await orders.withdraw(tx, [order])
    if withdrawn:
        await picking.withdraw(order)
    return order, await db.value("select id from sales_order where id <> $1", order)


async def test_handed_over_twice_leaves_once(phone: Device) -> None:
    act = (Kind.HAND_OVER, packed(phone)[6], packed(phone)[0], packed(phone)[10])
    phone.scan(*act)
    await phone.push()
    before = await snapshot(db, *GOODS, "task")
    again = phone.scan(*act)
    await phone.push()
    assert moved(before, await snapshot(db, *GOODS, "task")) == set()
    assert phone.verdicts[again.n][0] == DUPLICATE


# -- over HTTP -----------------------------------------------------------------------------------------------------
def up(d: Device, **more: Any) -> bytes:
    return codec.encode(msgspec.structs.replace(d.batch(), **more))


def pull(d: Device, **more: Any) -> bytes:
    return codec.encode(msgspec.structs.replace(Pull(1, d.dev, [(1, 0, -1)]), **more))


def many(d: Device) -> bytes:
    evs = [codec.raw(Ev(n, n.to_bytes(16, "big"), 7, 0, 0, 0, codec.raw([]))) for n in range(1, 502)]
    return codec.encode(Up(1, d.dev, 501, 0, evs))


REFUSED: dict[str, tuple[int, str, Callable[[Device], tuple[bytes, bytes]]]] = {
    "nothing": (400, "malformed", lambda d: (b"", b"")),
    "no MessagePack": (400, "malformed", lambda d: (b"\xc1", b"\xc1")),
    "JSON": (400, "malformed", lambda d: (b'{"v": 1}', b'{"v": 1}')),
    "three numbers": (400, "malformed", lambda d: (b"\x93\x01\x02\x03",) * 2),
    "half of it": (400, "malformed", lambda d: (up(d)[:-9], pull(d)[:-3])),
    "something behind it": (400, "malformed", lambda d: (up(d) + b"\x00", pull(d) + b"\x00")),
    "nested without end": (400, "malformed", lambda d: (b"\x91" * 100_000,) * 2),
    "a text that is no UTF-8": (400, "malformed", lambda d: (b"\x92\x01\xa2\xff\xfe",) * 2),
    "an id too short": (400, "malformed", lambda d: (up(d, dev=b"x"), pull(d, dev=b"x"))),
    "a number JavaScript cannot hold": (400, "malformed", lambda d: (up(d, top=LIMIT), pull(d, wait=LIMIT))),
    "less than nothing": (400, "malformed", lambda d: (up(d, top=-1), pull(d, subs=[(1, 0, -3)]))),
    "another protocol": (426, "version", lambda d: (up(d, v=9), pull(d, v=9))),
    "another device": (403, "unknown_device", lambda d: (up(d, dev=b"\x01" * 16), pull(d, dev=b"\x01" * 16))),
    "too much": (413, "too_large", lambda d: (up(d) + b"\x00" * codec.MAX_BYTES,) * 2),
    "too many": (413, "too_many", lambda d: (many(d), pull(d, subs=[(1, 0, -1)] * 33))),
}


@pytest_asyncio.fixture
async def online(phone: Device, web: Client) -> Device:
    """The phone's session is the client's, and one good scan waits in its queue."""
    await db.run("update session set token_hash = $2 where id = $1", phone.user.session, token_hash("phone"))
    web.cookies.set("zs_session", "phone")
    pick = open_pick(phone)
    phone.scan(Kind.PICK, pick[0], pick[8][0], 1)
    return phone


async def refused(web: Client, code: str, status: int, push: bytes, pull: bytes) -> None:
    """Both calls are refused in words, and nothing is different."""
    before = await snapshot(db)
    for path, body in (("push", push), ("pull", pull)):
        answer = await web.msgpack(f"/api/sync/v1/{path}", body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), (path, answer.text)
        assert any(ord(c) in CHINESE for c in answer.json()["message"]) and "decode" not in answer.text, path
    assert moved(before, await snapshot(db)) == set()


@pytest.mark.parametrize("name", REFUSED)
async def test_a_call_that_cannot_be_worked_on_is_refused_whole_and_the_queue_goes_up_after_it(
    name: str, online: Device, web: Client
) -> None:
    status, code, bodies = REFUSED[name]
    await refused(web, code, status, *bodies(online))
    assert (await web.msgpack("/api/sync/v1/pull", pull(online))).status_code == 200
    answer = await web.msgpack("/api/sync/v1/push", up(online))
    assert answer.status_code == 200 and await db.value("select count(*) from pick where picked = 1") >= 1
    assert codec.decode_answer(answer.content).upto == online.n  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ("update device set revoked_at = now()", 403, "unknown_device"),
        ("update device set person = (select id from person where login = 'q')", 403, "unknown_device"),
        ("update session set ended_at = now()", 401, "login_needed"),
        ("update session set ends_at = now() - interval '1 second'", 401, "login_needed"),
        ("update person set active = false", 401, "login_needed"),
        ("update person set role = 'finance'", 403, "not_your_role"),
    ],
)
async def test_a_phone_that_may_no_longer_sends_and_gets_nothing(
    change: str, status: int, code: str, online: Device, web: Client
) -> None:
    await Warehouse().person("q")
    assert (await web.msgpack("/api/sync/v1/pull", pull(online))).status_code == 200
    await db.run(change)
    await refused(web, code, status, up(online), pull(online))
    before = await snapshot(db)
    answer = await web.post("/api/devices/enrol", json={"dev": online.dev.hex(), "name": "PDA"})
    if "set person =" in change:
        assert answer.status_code == 200  # whoever holds it may enrol it again
        return
    assert (answer.status_code, answer.json()["code"]) == (status, code.replace("unknown_device", "device_revoked"))
    assert moved(before, await snapshot(db)) == set()


async def test_another_site_cannot_send_scans(online: Device, web: Client) -> None:
    web.headers["X-Zhongshu"] = ""
    await refused(web, "not_our_page", 403, up(online), pull(online))
