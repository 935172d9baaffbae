"""Reads of the catalogue, and the one write that review needs: remembering a match."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from server.errors import NotFound
from server.kit import clock, db
from server.kit.context import actor
from server.kit.ids import uuid7


class WarehouseView(msgspec.Struct, frozen=True):
    id: UUID
    code: str
    name: str


class SkuStock(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    code: str
    name: str
    variant: str
    bin: str
    barcodes: list[str]
    on_hand: int
    reserved: int


async def get_warehouse() -> WarehouseView:
    """The warehouse. One, for now; a rule for several comes with stock.

    Raises NotFound when none is set up.
    """
    r = await db.row("select id, code, name from warehouse order by code limit 1")
    if r is None:
        raise NotFound("no_warehouse", "还没有仓库")
    return WarehouseView(r["id"], r["code"], r["name"])


async def get_sku(sku_id: UUID) -> Any:
    r = await db.row("select id, code, name, variant from sku where id = $1", sku_id)
    if r is None:
        raise NotFound("no_sku", "没有这个货品")
    return r


async def sku_names(sku_ids: Sequence[UUID]) -> dict[UUID, str]:
    """'code name variant' by id, for what a person reads."""
    found = await db.rows("select id, code, name, variant from sku where id = any($1::uuid[])", list(sku_ids))
    return {r["id"]: f"{r['code']} {r['name']} {r['variant']}".strip() for r in found}


async def search(q: str, limit: int = 50) -> list[SkuStock]:
    like = "%" + q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    found = await db.rows(
        """select k.id, k.code, k.name, k.variant, k.bin,
                  coalesce((select array_agg(b.code order by b.code) from barcode b where b.sku = k.id), '{}') barcodes,
                  coalesce(sum(s.on_hand), 0)::int on_hand, coalesce(sum(s.reserved), 0)::int reserved
           from sku k left join stock s on s.sku = k.id
           where $1 = '%%' or k.code ilike $1 or k.name ilike $1 or k.variant ilike $1
              or exists (select 1 from barcode b where b.sku = k.id and b.code ilike $1)
           group by k.id order by k.code limit $2""",
        like,
        limit,
    )
    return [SkuStock(**{f: r[f] for f in SkuStock.__struct_fields__}) for r in found]


async def remember_listing(shop: UUID, item: str, platform_sku: str, sku_id: UUID) -> None:
    """From now on this listing is that SKU."""
    await db.run(
        """insert into listing(id, shop, item, platform_sku, sku, matched_by, matched_at)
           values($1, $2, $3, $4, $5, $6, $7)
           on conflict (shop, item, platform_sku) do update set sku = excluded.sku,
             matched_by = excluded.matched_by, matched_at = excluded.matched_at""",
        uuid7(),
        shop,
        item,
        platform_sku,
        sku_id,
        actor().person,
        clock.now(),
    )
