"""Changes of parcels inside an open transaction: planned with a wave, packed, stopped, cleared."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from server.events import ParcelPacked, ParcelStopped
from server.kit import clock, db, numbers
from server.kit.db import Tx
from server.kit.ids import uuid7


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """items: [sku_code, name, variant, qty, barcodes] of each SKU in the parcel."""

    order_id: UUID
    order_no: str
    slot: str
    order_version: int
    items: list[list[Any]]


async def plan(tx: Tx, wave: UUID, wave_no: str, warehouse: UUID, planned: Sequence[Planned]) -> None:
    """One parcel for each order of a wave. order_version: the receiver version that counts now."""
    now = clock.now()
    block = await numbers.take(f"parcel-{now.year}", len(planned))
    await db.copy(
        "parcel",
        [
            "id",
            "no",
            "order_id",
            "order_no",
            "wave",
            "warehouse",
            "slot",
            "state",
            "waybill_no",
            "carrier",
            "route_code",
            "order_version",
            "label_version",
            "label_state",
            "stop",
            "items",
            "old_waybills",
            "wave_no",
            "made_at",
        ],
        [
            (
                uuid7(),
                f"ZP{now.year % 100:02d}{n:07d}",
                p.order_id,
                p.order_no,
                wave,
                warehouse,
                p.slot,
                "picking",
                "",
                "",
                "",
                p.order_version,
                0,
                "none",
                "",
                msgspec.json.encode(p.items).decode(),
                [],
                wave_no,
                now,
            )
            for p, n in zip(planned, block, strict=True)
        ],
    )


async def stop_for_order(tx: Tx, order_id: UUID, reason: str, keep_wave: UUID | None = None) -> list[Any]:
    """The order must not go on, but for its parcel in `keep_wave`.

    Returns its parcels as they were: (id, no, state, warehouse, waybill_no, items as JSON text).
    """
    parcels = await db.rows(
        """select id, no, state, warehouse, waybill_no, items::text as items from parcel
           where order_id = $1 and state <> 'cancelled' and not (stop = $3 and state in ('handed_over', 'stopped'))
             and ($2::uuid is null or wave <> $2) order by id for update""",
        order_id,
        keep_wave,
        reason,
    )
    await db.run(
        """update parcel set stop = $2, state = case state when 'handed_over' then state
                                                when 'packed' then 'stopped' when 'stopped' then state
                                                else 'cancelled' end
           where id = any($1::uuid[])""",
        [p["id"] for p in parcels],
        reason,
    )
    await tx.emit(*(ParcelStopped(subject=p["id"], reason=reason) for p in parcels))
    return parcels


async def delivered(order_id: UUID) -> bool:
    """Has the buyer got all of it that left?"""
    return bool(
        await db.value(
            """select bool_and(delivered_at is not null) from parcel where order_id = $1 and state = 'handed_over'""",
            order_id,
        )
    )


async def ready(tx: Tx, order_ids: Sequence[UUID]) -> None:
    """All goods of these orders are in their slots."""
    await db.run(
        "update parcel set state = 'ready' where order_id = any($1::uuid[]) and state = 'picking'", list(order_ids)
    )


async def unready(tx: Tx, order_ids: Sequence[UUID]) -> None:
    """A pick was undone: back to picking."""
    await db.run(
        "update parcel set state = 'picking' where order_id = any($1::uuid[]) and state = 'ready'", list(order_ids)
    )


async def pack(tx: Tx, moments: Sequence[tuple[UUID, datetime]]) -> None:
    """(parcel, when) of parcels whose goods were compared and are right."""
    if not moments:
        return
    await db.run(
        """update parcel p set state = 'packed', packed_at = u.at
           from unnest($1::uuid[], $2::timestamptz[]) u(id, at) where p.id = u.id""",
        *db.unzip(moments, 2),
    )
    await tx.emit(*(ParcelPacked(subject=m[0]) for m in moments))
