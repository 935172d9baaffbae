"""Who gets what is left: pure, greedy in arrival order, an order whole or not at all."""

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from server.stock.schemas import Short, Want


def grant(wants: Sequence[Want], available: dict[UUID, int]) -> tuple[list[Want], list[Short]]:
    """Split wants into granted ones and orders that stay short.

    `wants` come grouped by order. `available`: on_hand - reserved by SKU; a SKU that is absent has none. An order
    that is refused takes nothing, so a later and smaller one may still be served.
    """
    left = dict(available)
    granted: list[Want] = []
    short: list[Short] = []
    for order_id, group in groupby(wants, key=lambda w: w.order_id):
        lines = list(group)
        need: dict[UUID, int] = {}
        for w in lines:
            need[w.sku] = need.get(w.sku, 0) + w.qty
        missing = next((s for s, qty in need.items() if left.get(s, 0) < qty), None)
        if missing is not None:
            short.append(Short(order_id, missing, need[missing], left.get(missing, 0)))
            continue
        for sku, qty in need.items():
            left[sku] -= qty
        granted.extend(lines)
    return granted, short
