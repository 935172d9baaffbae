"""Changes of orders inside an open transaction, for features above."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from server.events import Event, OrderHeld
from server.kit import db
from server.kit.db import Tx
from server.kit.ids import uuid7
from server.orders import states
from server.tasks import moves as tasks
from server.tasks.moves import NewTask


async def mark(tx: Tx, fact: str, order_ids: Sequence[UUID], at: datetime) -> list[UUID]:
    """Set a fact where that is legal; returns the orders on which it is new."""
    found = await db.rows(states.set_sql(fact), list(order_ids), at)
    return [r["id"] for r in found]


async def mark_each(tx: Tx, fact: str, moments: Sequence[tuple[UUID, datetime]]) -> list[UUID]:
    """As mark, each order at its own moment, in one statement."""
    if not moments:
        return []
    found = await db.rows(states.set_each_sql(fact), [m[0] for m in moments], [m[1] for m in moments])
    return [r["id"] for r in found]


async def withdraw(tx: Tx, order_ids: Sequence[UUID]) -> list[UUID]:
    """Take orders back to before review (cancelled, held again, refund asked)."""
    found = await db.rows(states.WITHDRAW_SQL, list(order_ids))
    return [r["id"] for r in found]


async def revive(tx: Tx, order_id: UUID) -> list[Event]:
    """It was cancelled, and its platform says that it is paid: a word was misread, or taken back. What has not left
    the house waits for a person."""
    left = await db.value(states.REVIVE_SQL, order_id)
    if left:
        return []
    hold = NewTask(
        kind="hold",
        subject_kind="order",
        subject_id=order_id,
        order_id=order_id,
        reason="uncancelled",
        detail={"releasable": True, "fingerprint": uuid7().hex},
    )
    await tasks.open(tx, [hold])
    return [OrderHeld(subject=order_id, reason="uncancelled", to={"holds": ["uncancelled"]})]


async def put_in_wave(tx: Tx, wave: UUID, order_ids: Sequence[UUID]) -> None:
    await db.run("update sales_order set wave = $2 where id = any($1::uuid[])", list(order_ids), wave)


async def add_picked(tx: Tx, picked: dict[UUID, int]) -> None:
    """Add (or take away) picked units by line id."""
    await db.run(
        """update order_line l set picked = l.picked + u.n from unnest($1::uuid[], $2::int[]) u(id, n)
           where l.id = u.id""",
        list(picked),
        list(picked.values()),
    )
