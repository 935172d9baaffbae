"""Reads of 平台商品 for the desk: which are matched, and how many orders wait for each."""

from typing import Any
from uuid import UUID

from server.catalog.queries import like
from server.catalog.schemas import ListingPage, ListingView, SkuKey
from server.errors import Invalid
from server.kit import db
from server.orders.queries import OF_LISTING, WAITS_FOR_SKU

STATES = ("unmatched", "matched", "gone")

_WAITED_FOR = f"""exists (select 1 from order_line l join sales_order o on o.id = l.order_id
  where {OF_LISTING} and {WAITS_FOR_SKU})"""
_IS = {
    "": "true",
    "unmatched": f"g.sku is null and (g.state in ('on', 'off') or {_WAITED_FOR})",
    "matched": "g.sku is not null and g.state in ('on', 'off')",
    "gone": "g.state in ('deleted', 'gone')",
}
_WAITING = f"""(select count(distinct o.id) from order_line l join sales_order o on o.id = l.order_id
  where {OF_LISTING} and {WAITS_FOR_SKU})"""


async def list_listings(
    *, state: str, shop: UUID | None, q: str, after: str, limit: int, sku: UUID | None = None
) -> ListingPage:
    """A page of listings: those that most orders wait for first, then by title. after: the `next` before."""
    where = """($1::uuid is null or g.shop = $1) and ($2::uuid is null or g.sku = $2)
      and ($3 = '%%' or g.title ilike $3 or g.spec ilike $3 or g.outer_code ilike $3 or g.barcode ilike $3
           or g.item ilike $3 or g.platform_sku ilike $3
           or exists (select 1 from sku k where k.id = g.sku and k.code ilike $3))"""
    args = (shop, sku, like(q))
    counts = await db.row(
        f"""select {", ".join(f"count(*) filter (where {_IS[s]}) as {s}" for s in STATES)} from listing g
            where {where}""",
        *args,
    )
    assert counts is not None
    last = _cursor(after)
    found = await db.rows(
        f"""with asked as materialized (
              select g.*, {_WAITING}::int as waiting from listing g where {where} and {_IS[state]})
            select g.*, s.name as shop_name, s.platform, coalesce(p.name, '') as by,
                   k.code as k_code, k.name as k_name, k.variant as k_variant
            from asked g join shop s on s.id = g.shop left join person p on p.id = g.matched_by
                 left join sku k on k.id = g.sku
            where $4::int is null or (-g.waiting, g.title, g.id) > (-$4::int, $5::text, $6::uuid)
            order by -g.waiting, g.title, g.id limit $7""",
        *args,
        *last,
        limit + 1,
    )
    more = found[limit - 1] if len(found) > limit else None
    return ListingPage(
        rows=[_view(r) for r in found[:limit]],
        next=f"{more['waiting']}~{more['id']}~{more['title']}" if more is not None else None,
        counts={s: counts[s] for s in STATES},
    )


def _cursor(after: str) -> tuple[int | None, str, UUID | None]:
    if not after:
        return None, "", None
    waiting, _, rest = after.partition("~")
    listing, _, title = rest.partition("~")
    try:
        return int(waiting[:9]), title, UUID(listing)
    except ValueError:
        raise Invalid("bad_cursor", "翻页位置不正确，请回到第一页") from None


def _view(r: Any) -> ListingView:
    own = ("shop_id", "sku", "matched_by", "platform_sku")
    return ListingView(
        **{f: r[f] for f in ListingView.__struct_fields__ if f not in own},
        platform_sku="" if r["platform_sku"].startswith("~") else r["platform_sku"],
        shop_id=r["shop"],
        sku=SkuKey(id=r["sku"], code=r["k_code"], name=r["k_name"], variant=r["k_variant"]) if r["sku"] else None,
        matched_by=r["by"],
    )
