"""What a decided batch writes, in sets, inside the open transaction. Features below do their own part."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import msgspec

from server.devices import parcels
from server.devices.board import OPEN_PARCEL, Board, attributed
from server.devices.schemas import Act, Decision, Task
from server.events import (
    Event,
    OrderPicked,
    OrderWithdrawn,
    ParcelCleared,
    ParcelStopped,
    WaveDone,
)
from server.kit import db
from server.kit.context import acting, actor
from server.kit.db import Tx
from server.kit.jobs import NewJob
from server.orders import moves as orders
from server.packing import moves as packing
from server.picking import actions as picking
from server.shipping import moves as shipping
from server.stock import moves as stock
from server.tasks import moves as tasks
from server.tasks.moves import NewTask
from sync.messages import HELD

KEEP_VERDICTS_DAYS = 1


class AttributedTx(Tx):
    """A transaction whose events say by which scan they came: who, when, on what device, caused by which event."""

    def __init__(self, inner: Tx, acts: dict[UUID, Act], device: UUID) -> None:
        super().__init__(inner.connection, inner.parent)
        self._inner, self._acts, self._device = inner, acts, device

    async def emit(self, *events: Event) -> None:
        await self._inner.emit(*(self._said(e) for e in events))

    def enqueue(self, *new: NewJob) -> None:
        self._inner.enqueue(*new)

    def by(self, acts: dict[UUID, Act]) -> "AttributedTx":
        """The same transaction, its events by these scans."""
        return AttributedTx(self._inner, acts, self._device)

    def _said(self, e: Event) -> Event:
        act = self._acts.get(e.subject)
        if act is None:
            return msgspec.structs.replace(e, device=e.device or self._device)
        return msgspec.structs.replace(attributed(e, act), device=e.device or self._device)


async def write(tx: Tx, board: Board, device: UUID) -> None:
    """Bring the database to what the board says. Events last in the order of the scans, follow-ups behind them."""
    said = AttributedTx(tx, board.acts, device)
    await said.emit(*board.events)
    await _picks(board)
    await _orders(said, board)
    await _parcels(said, board)
    await _tasks(said, board, device)
    if board.reopened:
        await db.run(
            "update wave set state = 'open' where id = any($1::uuid[]) and state = 'done'", list(board.reopened)
        )
    if board.waves:
        done = await picking.end_waves(list(board.waves))
        await said.emit(*(WaveDone(subject=i) for i in done))


async def _picks(board: Board) -> None:
    changed = [board.picks[i] for i in sorted(board.changed_picks)]
    if changed:
        await db.run(
            """update pick p set picked = u.n, state = u.state
               from unnest($1::uuid[], $2::int[], $3::text[]) u(id, n, state) where p.id = u.id""",
            *db.unzip(((p.id, p.picked, p.state) for p in changed), 3),
        )


async def _orders(said: Tx, board: Board) -> None:
    lines = {line: n for line, n in board.lines.items() if n}
    if lines:
        await orders.add_picked(said, lines)
    done = await orders.mark_each(said, "picked", [(i, a.at) for i, a in board.picked.items()])
    await said.emit(*(OrderPicked(subject=i, **parcels.by(board.picked[i])) for i in done))


async def _parcels(said: AttributedTx, board: Board) -> None:
    ready = [p.order_id for p in board.turned(("picking",), "ready")]
    if ready:
        await packing.ready(said, ready)
    unready = [p.order_id for p in board.turned(("ready",), "picking")]
    if unready:
        await packing.unready(said, unready)
    await _packed(said, board)
    stopped = board.turned(("picking", "ready", "packed"), "stopped")
    stopped += [p for p in board.turned(("stopped",), "stopped") if p.id in board.packed]
    if stopped:
        await db.run(
            """update parcel p set state = 'stopped', stop = u.stop
               from unnest($1::uuid[], $2::text[]) u(id, stop) where p.id = u.id""",
            *db.unzip(((p.id, p.stop) for p in stopped), 2),
        )
        await said.emit(*(ParcelStopped(subject=p.id, reason=p.stop) for p in stopped))
    await _cleared(said, board)
    cancelled = board.turned(("picking", "ready", "packed", "stopped"), "cancelled")
    if cancelled:
        await db.run("update parcel set state = 'cancelled' where id = any($1::uuid[])", [p.id for p in cancelled])
    await _taken_back(said, board)
    await shipping.hand_over(said, [(i, board.parcels[i].order_id, a.at) for i, a in board.handed.items()])


async def _packed(said: AttributedTx, board: Board) -> None:
    # Packed and handed over may come in one batch: each by its own scan.
    await packing.pack(said.by(board.packed), [(i, a.at) for i, a in board.packed.items()])
    await orders.mark_each(said, "packed", [(board.parcels[i].order_id, a.at) for i, a in board.packed.items()])


async def _cleared(said: Tx, board: Board) -> None:
    """What stopped these parcels is settled: checked whole again, or open again to be checked."""
    cleared = board.turned(("stopped",), "packed") + board.turned(("stopped",), "handed_over")
    cleared += [p for p in board.turned(OPEN_PARCEL, "ready") + board.turned(OPEN_PARCEL, "picking")
                if p.id in board.packed or board.before[p.id] in ("packed", "stopped")]  # fmt: skip
    if cleared:
        await db.run(
            """update parcel p set state = u.state, stop = ''
               from unnest($1::uuid[], $2::text[]) u(id, state) where p.id = u.id""",
            *db.unzip(((p.id, p.state) for p in cleared), 2),
        )
        await said.emit(*(ParcelCleared(subject=p.id) for p in cleared))


async def _taken_back(said: Tx, board: Board) -> None:
    """The goods of these orders are on the shelf again: what was set aside is free, they start again at review."""
    if not board.taken_back:
        return
    await stock.release(said, list(board.taken_back), "put_back")
    gone = await orders.withdraw(said, list(board.taken_back))
    await said.emit(*(OrderWithdrawn(subject=i, reason=board.taken_back[i]) for i in gone))


async def _tasks(said: Tx, board: Board, device: UUID) -> None:
    await tasks.open(said, [_new(t) for t in board.opened.values()])
    retold = [board.tasks[i] for i in board.retold]
    if retold:
        await db.run(
            """update task t set detail = u.detail from unnest($1::uuid[], $2::jsonb[]) u(id, detail)
               where t.id = u.id""",
            *db.unzip(((t.id, msgspec.json.encode(t.detail).decode()) for t in retold), 2),
        )
    by_outcome: dict[tuple[str, UUID], list[UUID]] = defaultdict(list)
    for task_id, (outcome, act) in board.closed.items():
        by_outcome[outcome, act.who].append(task_id)
    for (outcome, who), ids in by_outcome.items():
        with acting(msgspec.structs.replace(actor(), person=who, device=device)):
            await tasks.close(said, ids, outcome)


def _new(t: Task) -> NewTask:
    return NewTask(
        id=t.id,
        kind=t.kind,
        subject_kind=t.subject_kind,
        subject_id=t.subject_id,
        order_id=t.order_id,
        warehouse=t.warehouse,
        reason=t.reason,
        detail=t.detail,
    )


async def tell(tx: Tx, device: UUID, acts: Sequence[Act], decisions: Sequence[Decision]) -> None:
    """Verdicts in words for the floor; those of days ago leave. What is held becomes a task for a person."""
    told = [(a, d) for a, d in zip(acts, decisions, strict=True) if d.code]
    if not told:
        return
    await db.run(
        "delete from floor_verdict where device = $1 and made_at < now() - make_interval(days => $2)",
        device,
        KEEP_VERDICTS_DAYS,
    )
    await db.run(
        """insert into floor_verdict(id, device, n, code, message, task)
           select id, $1, n, code, message, task
           from unnest($2::uuid[], $3::bigint[], $4::int[], $5::text[], $6::uuid[]) u(id, n, code, message, task)
           on conflict (id) do nothing""",
        device,
        *db.unzip(((a.id, a.n, d.code, d.message, d.task) for a, d in told), 5),
    )
    await tasks.open(
        tx, [quarantined(a.id, a.kind, a.n, device, d.reason, d.message) for a, d in told if d.code == HELD]
    )


def quarantined(event: UUID, kind: int, n: int, device: UUID, reason: str, message: str) -> NewTask:
    """An event that waits for a person. Its body stays in the engine's tables: it may hold anything."""
    return NewTask(
        kind="quarantine",
        subject_kind="event",
        subject_id=event,
        reason=reason,
        detail={"kind": kind, "n": n, "device": str(device), "text": message},
    )
