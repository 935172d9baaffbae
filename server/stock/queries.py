"""Reads of stock."""

from typing import Any
from uuid import UUID

from server.kit import db


async def differences() -> list[Any]:
    """SKUs whose ledger, balance and open reservations disagree: empty when all is well."""
    return await db.rows(
        """with l as (select sku, warehouse, sum(on_hand)::int oh, sum(reserved)::int rs
                      from stock_ledger group by 1, 2),
                r as (select sku, warehouse, sum(qty)::int rs from reservation where state = 'granted' group by 1, 2)
           select coalesce(s.sku, l.sku) sku, s.on_hand, l.oh as ledger_on_hand, s.reserved,
                  l.rs as ledger_reserved, coalesce(r.rs, 0) as open_reservations
           from stock s full join l on l.sku = s.sku and l.warehouse = s.warehouse
                left join r on r.sku = coalesce(s.sku, l.sku) and r.warehouse = coalesce(s.warehouse, l.warehouse)
           where s.on_hand is distinct from l.oh or s.reserved is distinct from l.rs
              or coalesce(s.reserved, 0) <> coalesce(r.rs, 0)"""
    )


async def reserved_lines(order_id: UUID) -> dict[UUID, int]:
    """Units set aside by line: of a bundle's line the units of all its parts."""
    found = await db.rows(
        """select line, sum(qty)::int as qty from reservation where order_id = $1 and state <> 'released'
           group by line""",
        order_id,
    )
    return {r["line"]: r["qty"] for r in found}


async def moved(skus: list[UUID], warehouse: UUID) -> set[UUID]:
    """Those of these SKUs that have a ledger in the warehouse: their opening is past."""
    found = await db.rows(
        "select distinct sku from stock_ledger where sku = any($1::uuid[]) and warehouse = $2", skus, warehouse
    )
    return {r["sku"] for r in found}
