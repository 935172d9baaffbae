"""Hand-over inside an open transaction: goods leave, the ladder moves to 已发货, the follow-ups are enqueued."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server.events import OrderShipped, ParcelCollected, ParcelDelivered, ParcelHandedOver
from server.kit import db
from server.kit.db import Tx
from server.orders import moves as orders
from server.stock import moves as stock
from server.tasks import moves as tasks


async def hand_over(tx: Tx, parcels: Sequence[tuple[UUID, UUID, datetime]]) -> None:
    """(parcel, order, when) of parcels that a rule allowed to leave. Consumes stock, marks orders shipped."""
    if not parcels:
        return
    await db.run(
        """update parcel p set state = 'handed_over', handed_over_at = u.at
           from unnest($1::uuid[], $2::timestamptz[]) u(id, at) where p.id = u.id""",
        [p[0] for p in parcels],
        [p[2] for p in parcels],
    )
    await stock.ship(tx, [p[1] for p in parcels])
    when = {order_id: at for _, order_id, at in parcels}
    done = await orders.mark_each(tx, "handed_over", list(when.items()))
    await tx.emit(*(OrderShipped(subject=i, happened_at=when[i]) for i in done))
    await tx.emit(*(ParcelHandedOver(subject=p[0], happened_at=p[2]) for p in parcels))
    await tasks.close_for(tx, "left_anyway", [p[0] for p in parcels], "handed_over")
    # The van was faster than the phone: what the carrier reported before the scan arrived counts from here on.
    early = await db.rows(
        """select id, order_id, collected_at, delivered_at from parcel
           where id = any($1::uuid[]) and (collected_at is not null or delivered_at is not null)""",
        [p[0] for p in parcels],
    )
    taken = [r for r in early if r["collected_at"] is not None]
    await orders.mark_each(tx, "collected", [(r["order_id"], r["collected_at"]) for r in taken])
    await tx.emit(*(ParcelCollected(subject=r["id"], happened_at=r["collected_at"]) for r in taken))
    there = [r for r in early if r["delivered_at"] is not None]
    await tx.emit(*(ParcelDelivered(subject=r["id"], happened_at=r["delivered_at"]) for r in there))


async def stop_stale(tx: Tx, order_id: UUID, version: int) -> list[Any]:
    """A newer receiver version: labels made from an older one are stale. Returns the parcels concerned."""
    return await db.rows(
        """update parcel set order_version = $2,
                  label_state = case when waybill_no = '' then label_state else 'stale' end
           where order_id = $1 and order_version < $2
             and state in ('picking', 'ready', 'packed', 'stopped', 'handed_over') and delivered_at is null
           returning id, no, state, waybill_no, warehouse, order_no, label_version""",
        order_id,
        version,
    )
