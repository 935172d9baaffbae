"""Events in, effects once: against a real PostgreSQL, with all that goes wrong on a warehouse's Wi-Fi."""

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec
import pytest

from sync import codec, log, uplink
from sync.codec import Refused
from sync.messages import ADJUSTED, GAP, HELD, OTHER_ID, WENT_BACK, WITH_TASK, Ack, Ev, Fork, Up
from sync.uplink import Decision, Held, Incoming
from tests.integration.sync.house import Connection, values

pytestmark = pytest.mark.asyncio(loop_scope="session")

PICK, REFUSED, TASK, RAISES, DIVIDES, DOWN = 1, 2, 3, 4, 5, 6


def dev(n: int) -> bytes:
    return n.to_bytes(16, "big")


def ev(n: int, kind: int = PICK, id: int = 0, body: Any = (1, 1)) -> Ev:
    return Ev(n, dev(id or 1000 + n), kind, 5, 5, 0, codec.raw(list(body)))


class ShopDown(Exception):
    pass


class Caller:
    """What a feature of the house does: decides on sets, in the transaction that it opened."""

    def __init__(self, db: Connection) -> None:
        self.db = db
        self.calls: list[int] = []
        self.held: list[Held] = []

    async def decide(self, events: Sequence[Incoming]) -> list[Decision]:
        self.calls.append(len(events))
        wants = [(e, codec.body(e.ev, tuple[int, int])) for e in events]
        good = [w for e, w in wants if e.ev.kind == PICK]
        await self.db.execute(
            "select from pick where id = any($1::bigint[]) order by id for update", [k for k, _ in good]
        )
        sql = """update pick p set qty = p.qty + q.qty from (select id, sum(qty)::int as qty
            from unnest($1::bigint[], $2::int[]) as u(id, qty) group by id) q where p.id = q.id"""
        await self.db.execute(sql, [k for k, _ in good], [q for _, q in good])
        out: list[Decision] = []
        for e, (k, _) in wants:
            if e.ev.kind == RAISES:
                raise ValueError("a bug in a rule")
            if e.ev.kind == DIVIDES:
                await self.db.execute("select 1 / 0")
            if e.ev.kind == DOWN:
                raise ShopDown
            if e.ev.kind == REFUSED:
                out.append((ADJUSTED, {"message_zh": "改到另一行", "k": k}))
            elif e.ev.kind == TASK:
                out.append((WITH_TASK, None))
            else:
                out.append((0, None))
        return out

    async def on_held(self, held: Sequence[Held]) -> None:
        self.held += held

    async def push(self, d: int, evs: Sequence[Any], top: int | None = None, seen: int = 0) -> Ack | Fork:
        packed = [codec.raw(e) for e in evs]
        last = max([e.n for e in evs if isinstance(e, Ev)], default=0) if top is None else top
        data = codec.encode(Up(1, dev(d), last, seen, packed, at=1))
        return await self.push_bytes(d, data)

    async def push_bytes(self, d: int, data: bytes) -> Ack | Fork:
        async with self.db.transaction():
            answer = await uplink.receive(
                self.db,
                codec.decode_up(data),
                dev(d),
                self.decide,
                on_held=self.on_held,
                transient=(ShopDown,),
            )
        return codec.decode_answer(codec.encode(await uplink.settle(self.db, answer)))

    async def qty(self, k: int = 1) -> int:
        return int(await self.db.fetchval("select qty from pick where id = $1", k))


async def caller(db: Connection, *devices: int) -> Caller:
    await db.execute("insert into pick (id, device) select i, 'd1' from generate_series(1, 9) i")
    for d in devices:
        await uplink.enrol(db, dev(d))
    return Caller(db)


def told(answer: Ack | Fork) -> list[tuple[int, int]]:
    assert isinstance(answer, Ack)
    return [(v.n, v.code) for v in answer.verdicts]


async def test_batch_is_one_call(db: Connection) -> None:
    c = await caller(db, 1)
    answer = await c.push(1, [ev(n) for n in range(1, 201)])
    assert isinstance(answer, Ack) and (answer.upto, answer.verdicts) == (200, [])
    assert (c.calls, await c.qty()) == ([200], 200)
    assert (
        await db.fetchval("select count(*) from sync_event where code = 0 and body = $1", codec.encode([1, 1])) == 200
    )
    row = await db.fetchrow("select last_n, top, seen from sync_device")
    assert row is not None and tuple(row) == (200, 200, 0)


async def test_fork_changes_nothing(db: Connection) -> None:
    c = await caller(db, 1)
    await c.push(1, [ev(1), ev(2)])
    before = await db.fetch("select * from sync_event order by n")
    assert await c.push(1, [], top=1) == Fork(2, WENT_BACK)
    assert await c.push(1, [ev(2, id=77), ev(3)]) == Fork(2, OTHER_ID)
    assert await c.push(1, [ev(4)]) == Fork(2, GAP)
    assert await db.fetch("select * from sync_event order by n") == before
    assert (c.calls, await c.qty()) == ([2], 2)
    assert await db.fetchval("select forks from sync_device") == 3


async def test_rehomed(db: Connection) -> None:
    """The queue comes again under a new life: no second effect, the verdict is told under the new number; the
    old life keeps its own.
    """
    c = await caller(db, 1)
    await c.push(1, [ev(1, id=51), ev(2, REFUSED, id=52)])
    await uplink.enrol(db, dev(2), prev=dev(1))
    answer = await c.push(2, [ev(1, REFUSED, id=52), ev(2, id=53)])
    assert isinstance(answer, Ack) and answer.upto == 2
    assert [(v.n, v.id) for v in answer.verdicts if v.n] == [(1, dev(52))]
    assert await c.qty() == 2
    late = await c.push(1, [ev(1, id=51), ev(2, REFUSED, id=52)])  # a request of the old life that took its time
    assert told(late) == [(2, ADJUSTED)]
    assert told(await c.push(2, [], top=2)) == [(0, ADJUSTED), (1, ADJUSTED)]
    assert await c.qty() == 2


async def test_verdict_until_seen(db: Connection) -> None:
    c = await caller(db, 1)
    first = await c.push(1, [ev(1, REFUSED), ev(2), ev(3, TASK)])
    assert told(first) == [(1, ADJUSTED), (3, WITH_TASK)]
    assert isinstance(first, Ack)
    assert msgspec.msgpack.decode(first.verdicts[0].info) == {"message_zh": "改到另一行", "k": 1}
    assert told(await c.push(1, [], top=3)) == [(1, ADJUSTED), (3, WITH_TASK)]
    assert told(await c.push(1, [], top=3, seen=1)) == [(3, WITH_TASK)]
    assert told(await c.push(1, [], top=3, seen=3)) == []
    hello = await c.push(1, [], top=3, seen=3)
    assert isinstance(hello, Ack) and hello.upto == 0


async def test_verdicts_follow_prev(db: Connection) -> None:
    """Life 1 saw verdict 1, went back, forked; life 2 forked before it saw any; life 3 is told what none has
    seen.
    """
    c = await caller(db, 1)
    await c.push(1, [ev(1, REFUSED), ev(2, REFUSED), ev(3, TASK)])
    await c.push(1, [], top=3, seen=3)
    assert isinstance(await c.push(1, [], top=2, seen=1), Fork)
    await c.push(1, [], top=3, seen=3)  # from before, late: must not take back what was said at the fork
    await uplink.enrol(db, dev(2), prev=dev(1))
    await c.push(2, [ev(1, TASK, id=61)], seen=0)
    assert isinstance(await c.push(2, [], top=0, seen=0), Fork)
    await uplink.enrol(db, dev(3), prev=dev(2))
    answer = await c.push(3, [ev(1, TASK, id=62)])
    assert isinstance(answer, Ack)
    assert [(v.n, v.id) for v in answer.verdicts] == [
        (0, dev(1002)),
        (0, dev(1003)),
        (0, dev(61)),
        (1, dev(62)),
    ]
    assert told(await c.push(3, [], top=1, seen=1)) == []


async def test_poison_is_held(db: Connection) -> None:
    """Four kinds of poison in one batch of eight; the good ones take effect, the bad ones wait for a person,
    the queue goes on.
    """
    c = await caller(db, 1)
    bad_body = ev(4, body=["x"])
    batch = [
        ev(1),
        [2, dev(99), "not an event"],
        ev(3, RAISES),
        bad_body,
        ev(5, DIVIDES),
        ev(6),
        "?",
        ev(8, TASK),
    ]
    answer = await c.push(1, batch)
    assert isinstance(answer, Ack) and answer.upto == 8
    assert told(answer) == [(2, HELD), (3, HELD), (4, HELD), (5, HELD), (7, HELD), (8, WITH_TASK)]
    assert await c.qty() == 2
    assert c.calls == [6, 1, 1, 1, 1, 1, 1]
    assert sorted(h.n for h in c.held) == [2, 3, 4, 5, 7]
    rows = await db.fetch("select n, event, error from sync_quarantine order by n")
    assert [r["n"] for r in rows] == [2, 3, 4, 5, 7]
    assert values(rows[2]["event"])[0] == 4 and "division by zero" in rows[3]["error"]
    again = await c.push(1, batch)
    assert isinstance(again, Ack) and (again.upto, again.verdicts) == (8, answer.verdicts)
    assert (await c.qty(), len(c.held)) == (2, 5)
    assert await c.push(1, [ev(9)]) is not None and await c.qty() == 3


async def test_transient_fault_rolls_back(db: Connection) -> None:
    c = await caller(db, 1)
    with pytest.raises(ShopDown):
        await c.push(1, [ev(1), ev(2, DOWN)])
    assert await c.qty() == 0
    assert await db.fetchval("select count(*) from sync_event") == 0
    assert await db.fetchval("select last_n from sync_device") == 0
    answer = await c.push(1, [ev(1), ev(2)])
    assert isinstance(answer, Ack) and answer.upto == 2 and await c.qty() == 2


async def test_ack_off_covers_effects(db: Connection) -> None:
    c = await caller(db, 1)
    for n in range(1, 4):
        answer = await c.push(1, [ev(n)])
        assert isinstance(answer, Ack)
        row = await db.fetchval("select row from sync_log where pk = '1' and off <= $1 order by off desc", answer.off)
        assert values(row)[3] == n
        cause = await db.fetchval("select cause from sync_log where off = $1", answer.off)
        assert cause == dev(1000 + n)  # one event alone: its rows say so
    assert await db.fetchval("select count(*) from sync_outbox") == 0


async def test_refusals(db: Connection) -> None:
    c = await caller(db, 1)
    for d, data in ((2, Up(1, dev(2), 0, 0, [])), (1, Up(1, dev(2), 0, 0, []))):
        with pytest.raises(Refused) as refused:
            await c.push_bytes(d, codec.encode(data))
        assert refused.value.code == "unknown_device"
    await uplink.enrol(db, dev(1), prev=dev(1))
    await uplink.enrol(db, dev(5), prev=dev(4))
    assert await db.fetchval("select count(*) from sync_device where prev is not null") == 0


async def test_two_clones_at_once(dsn: str, db: Connection) -> None:
    """The same event under two devices at the same moment: one is decided, the other is told to come again,
    and is then a duplicate.
    """
    c = await caller(db, 1, 2)
    other = Caller(await asyncpg.connect(dsn))

    async def slow(events: Sequence[Incoming]) -> list[Decision]:
        out = await Caller.decide(other, events)
        await asyncio.sleep(0.3)
        return out

    other.decide = slow  # type: ignore[method-assign]
    results = await asyncio.gather(other.push(2, [ev(1, id=9)]), c.push(1, [ev(1, id=9)]), return_exceptions=True)
    refused = [r for r in results if isinstance(r, Refused)]
    assert [r.code for r in refused] == ["busy"]
    for who, d in ((other, 2), (c, 1)):
        answer = await who.push(d, [ev(1, id=9)])
        assert isinstance(answer, Ack) and answer.upto == 1
    assert await c.qty() == 1
    await other.db.close()


async def test_exactly_once_under_faults(dsn: str, db: Connection) -> None:
    """Devices over a network that loses, doubles and reorders, on several connections, with poison in
    between.
    """
    c = await caller(db, *range(1, 5))
    r = random.Random(3)
    want = dict.fromkeys(range(1, 10), 0)

    async def device(d: int) -> None:
        mine = Caller(await asyncpg.connect(dsn))
        queue = []
        for n in range(1, 41):
            k, kind = r.randrange(1, 10), r.choice([PICK] * 8 + [REFUSED, RAISES])
            queue.append(ev(n, kind, id=d * 1000 + n, body=(k, 1)))
            want[k] += kind == PICK
        late: list[bytes] = []
        known: dict[bytes, int] = {}
        seen = 0
        while queue or late:
            data = codec.encode(Up(1, dev(d), 40, seen, [codec.raw(e) for e in queue[: r.choice([1, 3, 9])]]))
            fate = r.random()
            if fate < 0.2:
                late.append(data)  # it will arrive, but later
                continue
            try:
                answer = await mine.push_bytes(d, late.pop(r.randrange(len(late))) if late and fate < 0.4 else data)
            except asyncpg.DeadlockDetectedError:
                continue  # a replay locks in the events' order; the device gets a 503 and sends again
            if fate > 0.8:
                continue  # the reply is lost
            assert isinstance(answer, Ack)
            known |= {v.id: v.code for v in answer.verdicts}
            seen = max([seen, *(v.n for v in answer.verdicts)])
            queue = [e for e in queue if e.n > answer.upto]
        answer = await mine.push(d, [], top=40, seen=0)
        assert isinstance(answer, Ack)
        known |= {v.id: v.code for v in answer.verdicts}
        stored = await mine.db.fetch("select id, n, code from sync_event where dev = $1 order by n", dev(d))
        assert [s["n"] for s in stored] == list(range(1, 41))
        assert known == {s["id"]: s["code"] for s in stored if s["code"]}
        await mine.db.close()

    await asyncio.gather(*(device(d) for d in range(1, 5)))
    assert {k: await c.qty(k) for k in want} == want
    meta = await log.read_meta(db)
    assert meta.off == await db.fetchval("select count(*) from sync_log")
