"""How a wave is laid out: pure. Bin order is the walk; a slot is where an order's goods are put."""

import re
from collections.abc import Sequence
from uuid import UUID

import msgspec

_DIGITS = re.compile(r"(\d+)")


class ToPick(msgspec.Struct, frozen=True, kw_only=True):
    """A reserved line of an order that enters a wave."""

    order_id: UUID
    line: UUID
    order_no: str
    sku: UUID
    sku_code: str
    name: str
    variant: str
    bin: str
    photo: str
    barcodes: list[str]
    qty: int


class Placed(msgspec.Struct, frozen=True):
    """A pick with its slot and its place on the walk."""

    want: ToPick
    slot: str
    seq: int


def bin_key(code: str) -> list[tuple[int, int, str]]:
    """A-2 before A-10: digits compare as numbers. A SKU without a bin comes last."""
    if not code:
        return [(2, 0, "")]
    return [(0, int(p), "") if p.isdigit() else (1, 0, p) for p in _DIGITS.split(code) if p]


def slots(order_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Slot 1, 2, 3 … in the order given."""
    return {order_id: str(i) for i, order_id in enumerate(order_ids, start=1)}


def lay_out(wants: Sequence[ToPick]) -> list[Placed]:
    """Picks in bin order; inside a bin by SKU, then slot, so that one grip serves several orders."""
    slot = slots(list(dict.fromkeys(w.order_id for w in wants)))
    ordered = sorted(wants, key=lambda w: (bin_key(w.bin), w.sku_code, int(slot[w.order_id]), w.line))
    return [Placed(w, slot[w.order_id], i) for i, w in enumerate(ordered, start=1)]
