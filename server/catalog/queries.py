"""Reads of the catalogue."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from server.catalog import rules
from server.catalog.schemas import BinView, Evidence, PartView, SkuKey, SkuPage, SkuStock, Suggestion
from server.errors import NotFound
from server.kit import db


class WarehouseView(msgspec.Struct, frozen=True):
    id: UUID
    code: str
    name: str


async def get_warehouse() -> WarehouseView:
    """The warehouse. One, for now; a rule for several comes with stock.

    Raises NotFound when none is set up.
    """
    r = await db.row("select id, code, name from warehouse order by code limit 1")
    if r is None:
        raise NotFound("no_warehouse", "还没有仓库")
    return WarehouseView(r["id"], r["code"], r["name"])


async def get_sku(sku_id: UUID) -> Any:
    """A living SKU, which nobody retires before the caller's transaction ends. Raises NotFound."""
    r = await db.row(
        "select id, code, name, variant from sku where id = $1 and retired_at is null for key share", sku_id
    )
    if r is None:
        raise NotFound("no_sku", "没有这个货品，或已停用")
    return r


async def sku_names(sku_ids: Sequence[UUID]) -> dict[UUID, str]:
    """'code name variant' by id, for what a person reads."""
    found = await db.rows("select id, code, name, variant from sku where id = any($1::uuid[])", list(sku_ids))
    return {r["id"]: f"{r['code']} {r['name']} {r['variant']}".strip() for r in found}


def like(q: str) -> str:
    """Part of a text, for ilike."""
    return "%" + q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


_FOUND = """(k.retired_at is not null) = $2
  and ($1 = '%%' or k.code ilike $1 or k.name ilike $1 or k.variant ilike $1 or k.bin ilike $1
       or exists (select 1 from barcode b where b.sku = k.id and b.code ilike $1))
  and ($3 = 'all' or ($3 = 'bundle') = exists (select 1 from bundle_part p where p.bundle = k.id))"""

_STOCK = """with page as materialized (
    select k.id, k.code, k.name, k.variant, k.bin, k.retired_at from sku k where {where} order by k.code limit {limit}),
  parts as (
    select p.bundle, jsonb_agg(jsonb_build_object('id', k.id, 'code', k.code, 'name', k.name, 'variant', k.variant,
                                                  'qty', p.qty) order by k.code)::text as parts,
           min(coalesce(s.free, 0) / p.qty)::int as makes
    from page join bundle_part p on p.bundle = page.id join sku k on k.id = p.part
         left join lateral (select sum(on_hand - reserved) as free from stock where sku = p.part) s on true
    group by p.bundle)
  select k.id, k.code, k.name, k.variant, k.bin, k.retired_at is not null as retired,
         coalesce((select array_agg(b.code order by b.code) from barcode b where b.sku = k.id), '{{}}') as barcodes,
         coalesce(parts.makes, (select sum(on_hand) from stock s where s.sku = k.id), 0)::int as on_hand,
         coalesce((select sum(reserved) from stock s where s.sku = k.id), 0)::int as reserved,
         (select count(*) from listing g where g.sku = k.id) as listings, parts.parts
  from page k left join parts on parts.bundle = k.id order by k.code"""


def _stock(r: Any) -> SkuStock:
    plain = {f: r[f] for f in SkuStock.__struct_fields__ if f != "parts"}
    return SkuStock(**plain, parts=msgspec.json.decode(r["parts"] or "[]", type=list[PartView]))


async def search(q: str, *, retired: bool = False, kind: str = "all", after: str = "", limit: int = 50) -> SkuPage:
    """A page of SKUs by code. kind: all, bundle, single. after: the `next` of the page before."""
    args = (like(q), retired, kind)
    found = await db.rows(
        _STOCK.format(where=f"{_FOUND} and k.code > $4", limit="$5"),
        *args,
        after,
        limit + 1,
    )
    total = await db.value(f"select count(*) from sku k where {_FOUND}", *args)
    more = found[limit - 1]["code"] if len(found) > limit else None
    return SkuPage([_stock(r) for r in found[:limit]], more, total)


async def get_stock(sku_id: UUID) -> SkuStock:
    """One SKU, retired or not. Raises NotFound."""
    found = await db.rows(_STOCK.format(where="k.id = $1", limit="1"), sku_id)
    if not found:
        raise NotFound("no_sku", "没有这个货品")
    return _stock(found[0])


async def list_bins() -> list[BinView]:
    """The bins that SKUs lie in, in walking order of their names."""
    found = await db.rows(
        """select k.bin, count(*) as skus, coalesce(sum(s.on_hand), 0)::int as on_hand
           from sku k left join (select sku, sum(on_hand) as on_hand from stock group by sku) s on s.sku = k.id
           where k.bin <> '' and k.retired_at is null group by k.bin order by k.bin limit 5000"""
    )
    return [BinView(r["bin"], r["skus"], r["on_hand"]) for r in found]


async def suggestions(listing_id: UUID) -> list[Suggestion]:
    """The living SKUs most like a listing, best first. Raises NotFound."""
    g = await db.row("select outer_code, barcode, title, spec from listing where id = $1", listing_id)
    if g is None:
        raise NotFound("no_listing", "没有这个平台商品")
    all_skus = await db.rows(
        """select k.id, k.code, k.name, k.variant, k.bin,
                  coalesce((select array_agg(b.code) from barcode b where b.sku = k.id), '{}') as barcodes
           from sku k where k.retired_at is null order by k.code limit 20000"""
    )
    by_id = {r["id"]: r for r in all_skus}
    best = rules.suggest(
        Evidence(g["outer_code"], g["barcode"]),
        f"{g['title']} {g['spec']}",
        (rules.Named(r["id"], r["code"], f"{r['name']} {r['variant']}", r["barcodes"]) for r in all_skus),
    )
    have = {
        r["sku"]: r
        for r in await db.rows(
            """select sku, sum(on_hand)::int as on_hand, sum(reserved)::int as reserved from stock
               where sku = any($1::uuid[]) group by sku""",
            [sku for sku, _, _ in best],
        )
    }
    return [
        Suggestion(
            sku=SkuKey(**{f: by_id[sku][f] for f in SkuKey.__struct_fields__}),
            bin=by_id[sku]["bin"],
            on_hand=have[sku]["on_hand"] if sku in have else 0,
            reserved=have[sku]["reserved"] if sku in have else 0,
            score=score,
            why=why,  # type: ignore[arg-type]
        )
        for sku, score, why in best
    ]
