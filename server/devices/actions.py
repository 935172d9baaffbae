"""Use cases of floor devices: enrol, push a batch of events, leave the floor what is finished."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import structlog

from server.accounts.queries import User
from server.catalog import queries as catalog
from server.devices import moves, queries, rules
from server.devices.schemas import BODIES, Act, Decision
from server.errors import Forbidden, Unavailable
from server.events import DeviceEnrolled
from server.kit import clock, db
from server.kit.context import acting, actor
from server.kit.ids import uuid7
from sync import codec, uplink
from sync.messages import HELD, Ack, Fork, Up
from sync.uplink import Held, Incoming

log = structlog.get_logger(__name__)

LEASE = timedelta(hours=12)
"""So long a device may work without a word from the server."""


class Floor(msgspec.Struct, frozen=True):
    """A device at work: what its session may see and in whose name it sends."""

    device: UUID
    warehouse: UUID
    epoch: int
    person: UUID


async def enrol(user: User, dev: bytes, name: str, prev: bytes | None) -> UUID:
    """Make a device life known and bind it to this person; a new life of a known device stays that device.

    Raises Forbidden for a device that was revoked.
    """
    async with db.transaction() as tx:
        known = {
            r["dev"]: r
            for r in await db.rows(
                "select id, dev, revoked_at from device where dev = any($1::bytea[]) order by id for update",
                [dev] + ([prev] if prev else []),
            )
        }
        if any(r["revoked_at"] is not None for r in known.values()):
            raise Forbidden("device_revoked", "这台设备已停用，请联系管理员")
        device_id: UUID
        device = known.get(dev) or (known.get(prev) if prev else None) or await queries.lock_later_life(dev)
        if device is not None and device["revoked_at"] is not None:
            raise Forbidden("device_revoked", "这台设备已停用，请联系管理员")
        warehouse = (await catalog.get_warehouse()).id
        if device is None:
            device_id = await db.value(  # two tabs of one browser may enrol at once
                """insert into device(id, dev, name, person, warehouse, seen_at) values($1, $2, $3, $4, $5, now())
                   on conflict (dev) do update set name = excluded.name, person = excluded.person, seen_at = now()
                   returning id""",
                uuid7(),
                dev,
                name,
                user.id,
                warehouse,
            )
        else:
            device_id = device["id"]
            await db.run(
                "update device set dev = $2, name = $3, person = $4, seen_at = now() where id = $1",
                device_id,
                dev,
                name,
                user.id,
            )
        await uplink.enrol(tx.connection, dev, prev)
        await db.run("update session set device = $2 where id = $1", user.session, device_id)
        if device is None or dev not in known:
            await tx.emit(
                DeviceEnrolled(subject=device_id, person=user.id, device=device_id, to={"again": device is not None})
            )
    return device_id


async def floor_of(user: User, dev: bytes) -> Floor:
    """The device of this session. Raises Forbidden: not enrolled, enrolled by somebody else since, or revoked."""
    d = await queries.find_device(dev)
    if d is None or d["revoked_at"] is not None or d["person"] != user.id:
        raise Forbidden("unknown_device", "这台设备没有登记在你名下，请重新登录")
    return Floor(d["id"], d["warehouse"], d["rights_epoch"], user.id)


async def note_seen(device: UUID, unsent: int) -> None:
    """The device spoke, and has so many events that it could not send yet."""
    await db.run(
        """update device set seen_at = now(), unsent = $2
           where id = $1 and (unsent <> $2 or seen_at is null or seen_at < now() - interval '5 seconds')""",
        device,
        min(unsent, 2**31 - 1),
    )


async def push(floor: Floor, up: Up) -> Ack | Fork:
    """Take a batch: every event once, each with its effect. Raises Refused; Unavailable: the device sends again."""

    async def decide_batch(events: Sequence[Incoming]) -> list[uplink.Decision]:
        return await decide(floor, events)

    async def on_held(held: Sequence[Held]) -> None:
        await _put_aside(floor, held)

    with acting(msgspec.structs.replace(actor(), person=floor.person, device=floor.device)):
        try:
            async with db.transaction() as tx:
                answer = await uplink.receive(
                    tx.connection, up, up.dev, decide_batch, on_held=on_held, transient=(Unavailable,)
                )
                await db.run("update device set seen_at = now() where id = $1", floor.device)
        except (asyncpg.TransactionRollbackError, asyncpg.LockNotAvailableError) as e:
            raise Unavailable("busy", "服务器正忙，稍后自动重发") from e
        async with db.connection() as connection:
            return await uplink.settle(connection, answer)


async def decide(floor: Floor, events: Sequence[Incoming]) -> list[uplink.Decision]:
    """One locked read, pure rules, writes in sets. In a savepoint of its own: the engine may call it again."""
    named = {who: UUID(bytes=who) for who in {e.ev.who for e in events} if len(who) == 16}
    people = await queries.people_of(floor.device, list(named.values()))
    acts = [understood(e, floor.person, named.get(e.ev.who), people) for e in events]
    async with db.transaction() as tx:
        board = await queries.lock_board(acts)
        decisions = rules.decide(board, acts, floor.device)
        await moves.write(tx, board, floor.device)
        await moves.tell(tx, floor.device, acts, decisions)
    return [(d.code, d.info()) for d in decisions]


def understood(incoming: Incoming, person: UUID, who: UUID | None, people: set[UUID]) -> Act:
    """An event as the rules want it.

    who: whom the event names, if that can be read. people: who had a session on this device. An event that names
    another is the session's person's, and says so.
    """
    ev = incoming.ev
    known = who is not None and (who == person or who in people)
    body: Any = None
    error = ""
    kind = BODIES.get(ev.kind)
    if kind is None:
        error = "unknown_kind"
    else:
        try:
            body = codec.body(ev, kind)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            error = "bad_body"
    return Act(
        id=UUID(bytes=ev.id),
        n=ev.n,
        kind=ev.kind,
        at=clock.from_ms(incoming.happened_ms),
        who=who if who is not None and known else person,
        body=body,
        error=error,
        named="" if known or not ev.who else str(who or "?"),
    )


async def _put_aside(floor: Floor, held: Sequence[Held]) -> None:
    """Events that the engine holds: they do not decode, or deciding them failed."""
    message = "这次操作没能处理，已交由负责人处理"
    async with db.transaction() as tx:
        acts = [
            Act(id=UUID(bytes=h.id), n=h.n, kind=0, at=clock.now(), who=floor.person, body=None, error="failed")
            for h in held
        ]
        await moves.tell(tx, floor.device, acts, [Decision(HELD, message, reason="failed") for _ in acts])


async def sweep() -> int:
    """Take off the floor what ended a day ago. Run it now and then; returns how many rows left."""
    gone = 0
    async with db.transaction():
        for statement in (
            """update wave w set on_floor = false where w.on_floor and w.state <> 'open'
               and w.created_at < now() - interval '1 day' and not exists (select 1 from parcel p
                 where p.wave = w.id and p.state in ('picking', 'ready', 'packed', 'stopped'))""",
            """update pick k set on_floor = false from wave w
               where w.id = k.wave and k.on_floor and not w.on_floor""",
            """update parcel set on_floor = false where on_floor and (
                 (state = 'handed_over' and handed_over_at < now() - interval '1 day')
                 or (state = 'cancelled' and made_at < now() - interval '1 day'))""",
            "delete from floor_verdict where made_at < now() - interval '1 day'",
        ):
            gone += db.touched(await db.run(statement))
    return gone
