"""The carrier's parcels and what becomes of them with time; a delivery completes the shops' orders."""

import hashlib
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from server.sandbox.world import World


class Parcel(Struct, kw_only=True):
    waybill_no: str
    shipment_id: str
    route_code: str
    region: list[str]
    weight_g: int
    content: str
    """Digest of the request, to notice a repeat with another content."""
    made_at: float
    handed_at: float = 0.0
    collected_at: float = 0.0
    delivered_at: float = 0.0


class Track(Struct, kw_only=True):
    cursor: str
    waybill_no: str
    kind: Literal["collected", "delivered"]
    at: float


def waybill_no(seed: int, n: int) -> str:
    """SLX and twelve digits: five of the seed, seven running."""
    return f"SLX{seed % 10**5:05d}{n:07d}"


def route_code(region: list[str]) -> str:
    """Where the carrier's sorter sends it: stable per region, e.g. "571-B07"."""
    digest = hashlib.sha256("/".join(region).encode()).digest()
    province = hashlib.sha256("".join(region[:1]).encode()).digest()
    return f"{100 + province[0] * 3:03d}-{'ABCDEFGH'[digest[1] % 8]}{digest[2] % 30 + 1:02d}"


def advance(world: "World", now: float) -> None:
    """Record the events that are due, in the order of their times."""
    due: list[tuple[float, int, Parcel]] = []
    for parcel in world.saved.parcels.values():
        if not parcel.handed_at or parcel.delivered_at:
            continue
        collected = parcel.collected_at or parcel.handed_at + world.collect_after_s
        if not parcel.collected_at and collected <= now:
            due.append((collected, 0, parcel))
        if collected + world.deliver_after_s <= now:
            due.append((collected + world.deliver_after_s, 1, parcel))
    for at, step, parcel in sorted(due, key=lambda row: (row[0], row[1], row[2].waybill_no)):
        if step == 0:
            parcel.collected_at = at
        else:
            parcel.delivered_at = at
        world.saved.tracks.append(
            Track(
                cursor=str(len(world.saved.tracks) + 1),
                waybill_no=parcel.waybill_no,
                kind="delivered" if step else "collected",
                at=at,
            )
        )
        settle(world, parcel)
        world.touch()


def settle(world: "World", parcel: Parcel) -> None:
    """Tell the shops whose orders carry this number: collected; or completed, when all their parcels arrived."""
    for order in world.sent_with(parcel.waybill_no):
        if order.state != "shipped":
            continue
        parcels = [p for number in order.numbers if (p := world.saved.parcels.get(number))]
        if all(p.delivered_at for p in parcels):
            order.collected, order.state, order.completed_at = True, "completed", world.now()
            world.changed(order)
        elif not order.collected and any(p.collected_at for p in parcels):
            order.collected = True
            world.changed(order)
