"""Moves of stock inside an open transaction: reserve, release, ship. Each is written to the append-only ledger.

Balances change by one atomic statement over a set of rows; the CHECK on stock has the last word.
"""

from collections.abc import Sequence
from uuid import UUID

from server.errors import Conflict
from server.events import StockReleased
from server.kit import db
from server.kit.db import Tx
from server.kit.ids import uuid7
from server.stock import locks, rules
from server.stock.schemas import Receipt, Short, Want


async def reserve(tx: Tx, wants: Sequence[Want], warehouse: UUID) -> tuple[list[Want], list[Short]]:
    """Set stock aside, each order whole or not at all, in the order given. A line already reserved is skipped."""
    held = await db.rows(
        "select line from reservation where line = any($1::uuid[]) and state <> 'released'", [w.line for w in wants]
    )
    known = {r["line"] for r in held}
    fresh = [w for w in wants if w.line not in known]
    free = await locks.available((w.sku for w in fresh), warehouse)
    granted, short = rules.grant(fresh, free)
    if granted:
        await db.run(
            """with want as (select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::int[])
                                  u(id, line, order_id, sku, qty)),
                    made as (insert into reservation(id, line, order_id, sku, warehouse, qty)
                             select id, line, order_id, sku, $6::uuid, qty from want),
                    noted as (insert into stock_ledger(sku, warehouse, kind, reserved, order_id, line)
                              select sku, $6::uuid, 'reserve', qty, order_id, line from want)
               update stock s set reserved = s.reserved + n.qty
               from (select sku, sum(qty)::int as qty from want group by sku) n
               where s.sku = n.sku and s.warehouse = $6::uuid""",
            *db.unzip(((uuid7(), w.line, w.order_id, w.sku, w.qty) for w in granted), 5),
            warehouse,
        )
    return granted, short


async def release(tx: Tx, order_ids: Sequence[UUID], reason: str) -> None:
    """Give back what these orders had set aside; orders that wait for it are served next."""
    freed = await _end(order_ids, "released", "release", reason, on_hand=False)
    await tx.emit(*(StockReleased(subject=i, reason=reason) for i in freed))


async def ship(tx: Tx, order_ids: Sequence[UUID]) -> None:
    """The goods left the house: reservations are claimed, on_hand and reserved fall together."""
    await _end(order_ids, "claimed", "ship", "", on_hand=True)


async def _end(order_ids: Sequence[UUID], state: str, kind: str, reason: str, *, on_hand: bool) -> list[UUID]:
    """The orders that had something set aside."""
    held = await db.rows(
        "select distinct sku, warehouse from reservation where order_id = any($1::uuid[]) and state = 'granted'",
        list(order_ids),
    )
    if not held:
        return []
    for warehouse in sorted({r["warehouse"] for r in held}):
        await locks.available((r["sku"] for r in held if r["warehouse"] == warehouse), warehouse)
    ended = await db.rows(
        """with gone as (update reservation set state = $2, ended_at = now()
                         where order_id = any($1::uuid[]) and state = 'granted'
                         returning sku, warehouse, qty, order_id, line),
                noted as (insert into stock_ledger(sku, warehouse, kind, reserved, on_hand, order_id, line, reason)
                          select sku, warehouse, $3, -qty, case when $4 then -qty else 0 end, order_id, line, $5
                          from gone),
                moved as (update stock s set reserved = s.reserved - n.qty,
                                 on_hand = s.on_hand - case when $4 then n.qty else 0 end
                          from (select sku, warehouse, sum(qty)::int as qty from gone group by sku, warehouse) n
                          where s.sku = n.sku and s.warehouse = n.warehouse)
           select distinct order_id from gone order by order_id""",
        list(order_ids),
        state,
        kind,
        on_hand,
        reason,
    )
    return [r["order_id"] for r in ended]


async def receive(
    tx: Tx, receipts: Sequence[Receipt], warehouse: UUID, person: UUID | None, reason: str, kind: str = "receive"
) -> None:
    """Goods came in: on_hand rises; a SKU seen for the first time gets its row. kind: receive, opening (期初: what lay
    there when the hub began). Raises Conflict for a bundle."""
    total: dict[UUID, int] = {}
    for r in receipts:
        total[r.sku] = total.get(r.sku, 0) + r.qty
    await db.run(
        """with got as (select * from unnest($1::uuid[], $2::uuid[], $3::int[]) u(id, sku, qty)),
                noted as (insert into stock_ledger(sku, warehouse, kind, on_hand, person, reason)
                          select sku, $4::uuid, $7, qty, $5::uuid, $6 from got)
           insert into stock(id, sku, warehouse, on_hand) select id, sku, $4::uuid, qty from got order by sku
           on conflict (sku, warehouse) do update set on_hand = stock.on_hand + excluded.on_hand""",
        *db.unzip(((uuid7(), sku, total[sku]) for sku in sorted(total)), 3),
        warehouse,
        person,
        reason,
        kind,
    )
    # Asked behind the insert, whose row of the SKU nobody turns into a bundle before this transaction ends.
    bundle = await db.value(
        """select k.code from bundle_part p join sku k on k.id = p.bundle where p.bundle = any($1::uuid[])
           order by 1 limit 1""",
        sorted(total),
    )
    if bundle is not None:
        raise Conflict("bundle_has_no_stock", f"{bundle} 是组合装，没有自己的库存，请按里面的货品入库")
