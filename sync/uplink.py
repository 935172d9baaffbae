"""Events in, verdicts out, exactly once: the database half of sequence.py, within a transaction that the
caller opens.

    up = codec.decode_up(body)  # Refused: 400, 413, 426
    async with transaction() as tx:
        answer = await uplink.receive(tx.connection, up, dev, decide_batch, transient=(Unavailable,))
    answer = await uplink.settle(connection, answer)  # after the commit, outside of any transaction
    return codec.encode(answer)
"""

import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import asyncpg
import structlog
from msgspec import Raw, Struct

from sync import capture, codec, log, sequence
from sync.codec import NIL, Poison, Refused
from sync.messages import HELD, Ack, Ev, Fork, Up, Verdict
from sync.mover import Connection
from sync.sequence import Plan

logger = structlog.get_logger("sync")

MOST_VERDICTS = 1000

# Not the event's fault: everything rolls back and the device sends again.
TRANSIENT: tuple[type[BaseException], ...] = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.TransactionRollbackError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.LockNotAvailableError,
    asyncpg.PostgresSystemError,
)

KNOWN = "select id, dev, n from sync_event where id = any($1::bytea[])"
REHOME = """insert into sync_rehomed (dev, n, id)
select $1, n, id from unnest($2::bytea[], $3::bigint[]) as m(id, n)"""
STORE = """with stored as (
  insert into sync_event (id, dev, n, who, kind, at, mono, boot, base, body, code, info, happened_ms)
  select id, $1, n, who, kind, at, mono, boot, base, body, code, info, happened_ms
  from unnest($2::bytea[], $3::bigint[], $4::bytea[], $5::smallint[], $6::bigint[], $7::bigint[],
  $8::bigint[], $9::bigint[], $10::bytea[], $11::smallint[], $12::bytea[], $13::bigint[])
    as e(id, n, who, kind, at, mono, boot, base, body, code, info, happened_ms))
insert into sync_quarantine (id, dev, n, event, error)
  select id, $1, n, event, error
  from unnest($14::bytea[], $15::bigint[], $16::bytea[], $17::text[]) as q(id, n, event, error)"""
ADVANCE = """update sync_device set last_n = $2, top = greatest(top, $3), seen = $4,
  skew_ms = coalesce($5, skew_ms), received_at = now() where dev = $1"""
# What the device knew when it was told to fork: from there its next life is sent the verdicts. The lowest
# counts, because a request from before its storage went back may still arrive.
FORKED = """update sync_device set fork_seen = least(fork_seen, $2), forks = forks + 1,
  skew_ms = coalesce($3, skew_ms), received_at = now() where dev = $1"""
VERDICTS = """select n, id, code, info from sync_event where dev = $1 and n > $2 and code <> 0
union all
select r.n, e.id, e.code, e.info from sync_rehomed r join sync_event e using (id)
where r.dev = $1 and r.n > $2 and e.code <> 0
order by n limit $3"""
# Earlier lives of this device, as far back as one of them had not yet seen any verdict.
INHERITED = """with recursive life(dev, prev, seen, depth) as (
  select d.dev, d.prev, least(d.seen, d.fork_seen), 1
  from sync_device me join sync_device d on d.dev = me.prev where me.dev = $1
  union all
  select d.dev, d.prev, least(d.seen, d.fork_seen), l.depth + 1
  from life l join sync_device d on d.dev = l.prev
  where l.seen = 0 and l.depth < 32)
select e.id, e.code, e.info from life l cross join lateral (
  select id, n, code, info from sync_event where dev = l.dev and n > l.seen and code <> 0 order by n limit $2) e
order by l.depth desc, e.n limit $2"""


class Incoming(Struct, frozen=True):
    """A new event. happened_ms: when, by the server's clock."""

    ev: Ev
    happened_ms: int


class Held(Struct, frozen=True):
    """An event put aside for a person. event: its bytes as received."""

    id: bytes
    dev: bytes
    n: int
    event: bytes
    error: str


# For each event its code and what the device is told (a MessagePack map, or None). Runs in a savepoint of the
# same transaction; what it leaves outside of the database (objects, jobs kept in memory) it must itself undo
# when it raises.
Decision = tuple[int, Mapping[str, Any] | None]
DecideBatch = Callable[[Sequence[Incoming]], Awaitable[Sequence[Decision]]]
OnHeld = Callable[[Sequence[Held]], Awaitable[None]]


async def enrol(conn: Connection, dev: bytes, prev: bytes | None = None) -> None:
    """Make a device life known. Again with the same id: nothing changes. An unknown prev is left out."""
    await conn.execute(
        """insert into sync_device (dev, prev)
        values ($1, (select dev from sync_device where dev = $2 and dev <> $1)) on conflict do nothing""",
        dev,
        prev,
    )


async def receive(
    conn: Connection,
    up: Up,
    dev: bytes,
    decide_batch: DecideBatch,
    *,
    on_held: OnHeld | None = None,
    transient: tuple[type[BaseException], ...] = (),
    received_ms: int | None = None,
) -> Ack | Fork:
    """One batch, inside the caller's transaction; dev is the device the session is bound to.

    Raises Refused (unknown_device; busy: the same event is arriving by another way, 503), and whatever is
    transient.
    """
    if up.dev != dev:
        raise Refused("unknown_device", "the batch is of another device than the session")
    now = int(time.time() * 1000) if received_ms is None else received_ms
    device = await conn.fetchrow("select last_n, prev from sync_device where dev = $1 for update", dev)
    if device is None:
        raise Refused("unknown_device", "this device is not enrolled")
    last = device["last_n"]
    events = codec.events(up)
    known = {r["id"]: (r["dev"], r["n"]) for r in await conn.fetch(KNOWN, [e.id for e in events])} if events else {}
    plan = sequence.decide(dev, last, up.top, events, known)
    skew = now - up.at if up.at else None
    if plan.fork:
        await conn.execute(FORKED, dev, up.seen, skew)
        logger.warning("sync_fork", dev=dev.hex(), why=plan.fork, last=last, top=up.top)
        return Fork(last, plan.fork)
    if plan.rehomed:
        await conn.execute(REHOME, dev, [id for id, _ in plan.rehomed], [n for _, n in plan.rehomed])
    if plan.fresh:
        await _decide_and_store(conn, up, dev, plan, decide_batch, on_held, (*TRANSIENT, *transient), now)
    await conn.execute(ADVANCE, dev, plan.last, up.top, up.seen, skew)
    return Ack(plan.upto, 0, await _verdicts(conn, dev, up.seen, device["prev"] is not None), now)


async def settle(conn: Connection, answer: Ack | Fork) -> Ack | Fork:
    """After the commit, outside of any transaction: log the effects and say up to which offset they are."""
    if isinstance(answer, Fork):
        return answer
    await log.freshen(conn)
    meta = await log.read_meta(conn)
    return Ack(answer.upto, meta.off, answer.verdicts, answer.at)


async def _decide_and_store(
    conn: Connection,
    up: Up,
    dev: bytes,
    plan: Plan,
    decide_batch: DecideBatch,
    on_held: OnHeld | None,
    transient: tuple[type[BaseException], ...],
    now: int,
) -> None:
    good = [Incoming(e, sequence.happened_ms(e, up, now)) for e in plan.fresh if isinstance(e, Ev)]
    held = {e.id: Held(e.id, dev, e.n, e.raw, e.error) for e in plan.fresh if isinstance(e, Poison)}
    decisions = await _decide(conn, dev, good, decide_batch, held, transient) if good else {}
    await _store(conn, dev, plan.fresh, {i.ev.id: i.happened_ms for i in good}, decisions, held, now)
    if held:
        logger.error("sync_events_held", dev=dev.hex(), events=[h.id.hex() for h in held.values()])
        if on_held is not None:
            await on_held(list(held.values()))


async def _decide(
    conn: Connection,
    dev: bytes,
    events: list[Incoming],
    decide_batch: DecideBatch,
    held: dict[bytes, Held],
    transient: tuple[type[BaseException], ...],
) -> dict[bytes, tuple[int, Raw]]:
    """All in one call; when that fails, each alone under a savepoint, and what fails alone is held."""
    try:
        return await _decide_once(conn, events, decide_batch)
    except transient:
        raise
    except Exception as e:
        logger.warning("sync_batch_replayed", dev=dev.hex(), events=len(events), error=repr(e))
    out: dict[bytes, tuple[int, Raw]] = {}
    for event in events:
        try:
            out |= await _decide_once(conn, [event], decide_batch)
        except transient:
            raise
        except Exception as e:
            # The place, not a full traceback: one with locals would put what people typed into the logs.
            where = traceback.extract_tb(e.__traceback__)[-1]
            place = f"{where.filename}:{where.lineno}"
            logger.error("sync_event_failed", dev=dev.hex(), id=event.ev.id.hex(), error=repr(e), place=place)
            held[event.ev.id] = Held(event.ev.id, dev, event.ev.n, codec.encode(event.ev), repr(e))
    return out


async def _decide_once(
    conn: Connection, events: list[Incoming], decide_batch: DecideBatch
) -> dict[bytes, tuple[int, Raw]]:
    async with conn.transaction():
        # One event: its rows carry it as their cause. Several are decided on sets, where no row has one
        # cause.
        await conn.execute(capture.SET_CAUSE, events[0].ev.id.hex() if len(events) == 1 else "")
        decisions = await decide_batch(events)
        if len(decisions) != len(events):
            raise ValueError(f"{len(decisions)} decisions for {len(events)} events")
        return {
            e.ev.id: (code, NIL if info is None else codec.raw(info))
            for e, (code, info) in zip(events, decisions, strict=True)
        }


async def _store(
    conn: Connection,
    dev: bytes,
    events: Sequence[Ev | Poison],
    happened: Mapping[bytes, int],
    decisions: Mapping[bytes, tuple[int, Raw]],
    held: Mapping[bytes, Held],
    now: int,
) -> None:
    rows = []
    for e in events:
        code, info = decisions.get(e.id, (HELD, NIL))
        told = None if info == NIL else bytes(info)
        if isinstance(e, Ev):
            rows.append(
                (
                    e.id,
                    e.n,
                    e.who,
                    e.kind,
                    e.at,
                    e.mono,
                    e.boot,
                    e.base,
                    bytes(e.body),
                    code,
                    told,
                    happened[e.id],
                )
            )
        else:
            rows.append((e.id, e.n, b"", 0, 0, 0, 0, 0, e.raw, HELD, None, now))
    aside = list(held.values())
    try:
        await conn.execute(
            STORE,
            dev,
            *(list(column) for column in zip(*rows, strict=True)),
            [h.id for h in aside],
            [h.n for h in aside],
            [h.event for h in aside],
            [h.error for h in aside],
        )
    except asyncpg.UniqueViolationError as e:
        raise Refused("busy", "the same event is being stored under another device") from e


async def _verdicts(conn: Connection, dev: bytes, seen: int, lived_before: bool) -> list[Verdict]:
    out = [
        Verdict(r["n"], r["id"], r["code"], _info(r["info"]))
        for r in await conn.fetch(VERDICTS, dev, seen, MOST_VERDICTS)
    ]
    if seen == 0 and lived_before:
        inherited = await conn.fetch(INHERITED, dev, MOST_VERDICTS)
        out = [Verdict(0, r["id"], r["code"], _info(r["info"])) for r in inherited] + out
    return out


def _info(stored: bytes | None) -> Raw:
    return NIL if stored is None else Raw(stored)
