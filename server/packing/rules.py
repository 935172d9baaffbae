"""Is what was scanned into a parcel what belongs there? Pure. Also how a difference is said in words."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec


class Difference(msgspec.Struct, frozen=True):
    """By SKU code: units that are not in the parcel but should be, and the other way round."""

    missing: dict[str, int]
    extra: dict[str, int]

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra)


def compare(items: Sequence[Sequence[Any]], scanned: Iterable[tuple[str, int]]) -> Difference:
    """items: a parcel's rows [sku_code, name, variant, qty, barcodes]; scanned: (sku_code, qty), may repeat a SKU."""
    left: dict[str, int] = {}
    for sku_code, _, _, qty, *_ in items:
        left[sku_code] = left.get(sku_code, 0) + qty
    for sku_code, qty in scanned:
        left[sku_code] = left.get(sku_code, 0) - qty
    return Difference({k: n for k, n in left.items() if n > 0}, {k: -n for k, n in left.items() if n < 0})


def difference_said(d: Difference) -> str:
    """A difference in words: '少 TEE-RED-M ×1；多 MUG ×1'."""
    short = [f"少 {sku} ×{n}" for sku, n in d.missing.items()]
    return ";".join(short + [f"多 {sku} ×{n}" for sku, n in d.extra.items()])
