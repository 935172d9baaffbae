"""The only code that locks stock rows: always in (sku, warehouse) order, so that two workers cannot deadlock."""

from collections.abc import Iterable
from uuid import UUID

from server.kit import db


async def available(skus: Iterable[UUID], warehouse: UUID) -> dict[UUID, int]:
    """Lock the rows of these SKUs in a warehouse; returns on_hand - reserved of each that exists."""
    found = await db.rows(
        """select sku, on_hand - reserved as free from stock
           where sku = any($1::uuid[]) and warehouse = $2 order by sku, warehouse for update""",
        sorted(set(skus)),
        warehouse,
    )
    return {r["sku"]: r["free"] for r in found}
