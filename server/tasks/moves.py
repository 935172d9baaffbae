"""Opening and closing tasks inside an open transaction."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from server.events import TaskClosed, TaskOpened
from server.kit import clock, db
from server.kit.context import actor
from server.kit.db import Tx
from server.kit.ids import uuid7

DUE = {
    "hold": timedelta(hours=2),
    "shortage": timedelta(hours=4),
    "intercept": timedelta(minutes=15),
    "reprint": timedelta(minutes=30),
    "put_back": timedelta(hours=1),
    "repick": timedelta(minutes=30),
    "write_back": timedelta(hours=1),
}


class NewTask(msgspec.Struct, frozen=True, kw_only=True):
    """detail: numbers, codes and names of goods; never buyer text."""

    kind: str
    subject_kind: str
    subject_id: UUID
    reason: str
    order_id: UUID | None = None
    warehouse: UUID | None = None
    detail: dict[str, Any] = {}
    id: UUID | None = None


async def open(tx: Tx, new: Sequence[NewTask]) -> list[UUID]:
    """Open tasks; one that is open already for the same (kind, subject, reason) stays as it is."""
    if not new:
        return []
    at = clock.now()
    made = await db.rows(
        """insert into task(id, kind, subject_kind, subject_id, order_id, warehouse, reason, detail, opened_at, due_at)
           select * from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[],
                                $8::jsonb[], $9::timestamptz[], $10::timestamptz[])
           on conflict (kind, subject_id, reason) where closed_at is null do nothing returning id, kind, reason""",
        *db.unzip(
            (
                (
                    t.id or uuid7(),
                    t.kind,
                    t.subject_kind,
                    t.subject_id,
                    t.order_id,
                    t.warehouse,
                    t.reason,
                    msgspec.json.encode(t.detail).decode(),
                    at,
                    at + DUE.get(t.kind, timedelta(hours=4)),
                )
                for t in new
            ),
            10,
        ),
    )
    await tx.emit(*(TaskOpened(subject=r["id"], reason=r["reason"], to={"kind": r["kind"]}) for r in made))
    return [r["id"] for r in made]


async def close(tx: Tx, task_ids: Sequence[UUID], outcome: str, reason: str = "") -> list[Any]:
    """Close tasks that are still open. Returns (id, kind, subject_id, order_id, reason) of those closed now."""
    closed = await db.rows(
        """update task set closed_at = now(), closed_by = $2, outcome = $3
           where id = any($1::uuid[]) and closed_at is null
           returning id, kind, subject_kind, subject_id, order_id, reason, detail::text""",
        list(task_ids),
        actor().person,
        outcome,
    )
    await tx.emit(*(TaskClosed(subject=r["id"], reason=reason or r["reason"], to={"outcome": outcome}) for r in closed))
    return closed


async def close_for(tx: Tx, kind: str, subject_ids: Sequence[UUID], outcome: str, reasons: Sequence[str] = ()) -> None:
    """Close every open task of a kind on these subjects (of these reasons, when given)."""
    found = await db.rows(
        """select id from task where kind = $1 and subject_id = any($2::uuid[]) and closed_at is null
           and (cardinality($3::text[]) = 0 or reason = any($3::text[])) order by id for update""",
        kind,
        list(subject_ids),
        list(reasons),
    )
    if found:
        await close(tx, [r["id"] for r in found], outcome)


async def notify(tx: Tx, role: str, kind: str, title: str, body: str, link: str = "") -> None:
    """Put a notice into a role's inbox."""
    await db.run(
        "insert into notice(id, role, kind, title, body, link) values($1, $2, $3, $4, $5, $6)",
        uuid7(),
        role,
        kind,
        title,
        body,
        link,
    )
