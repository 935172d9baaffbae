"""Which SKU the lines of orders are: found at review, or said by a person once for all orders that wait."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from server.catalog import moves as listings
from server.catalog import queries as catalog
from server.catalog import rules as naming
from server.catalog.schemas import LineTold
from server.errors import Conflict, NotFound
from server.events import LineMatched
from server.kit import db
from server.kit.db import Tx
from server.orders import queries

PAGE = 500

_LINE = "l.id, l.order_id, o.shop, l.platform_item as item, l.platform_sku, l.outer_code, l.title, l.spec"


def _told(r: Any) -> LineTold:
    return LineTold(**{f: r[f] for f in LineTold.__struct_fields__})


async def match_lines(tx: Tx, order_ids: Sequence[UUID]) -> int:
    """Find the SKU of these orders' lines that have none. Returns of how many it was found."""
    lines = await db.rows(
        f"""select {_LINE} from order_line l join sales_order o on o.id = l.order_id
            where l.order_id = any($1::uuid[]) and l.sku is null and not l.gone order by l.id""",
        list(order_ids),
    )
    skus = await listings.resolve_lines(tx, [_told(r) for r in lines])
    found = [(r["id"], sku) for r, sku in zip(lines, skus, strict=True) if sku is not None]
    if found:
        await db.run(
            """update order_line l set sku = u.sku from unnest($1::uuid[], $2::uuid[]) u(id, sku)
               where l.id = u.id and l.sku is null""",
            *db.unzip(found, 2),
        )
    return len(found)


async def release_waiting() -> int:
    """Review anew all orders with a line whose SKU is known by now, a page in a transaction. Returns how many."""
    after: UUID | None = None
    released = 0
    while True:
        async with db.transaction() as tx:
            page = [
                r["order_id"]
                for r in await db.rows(
                    f"""select distinct l.order_id from order_line l join sales_order o on o.id = l.order_id
                        where {queries.WAITS_FOR_SKU} and ($1::uuid is null or l.order_id > $1) order by 1 limit $2""",
                    after,
                    PAGE,
                )
            ]
            released += await _wake(tx, page)
        if len(page) < PAGE:
            return released
        after = page[-1]


async def _wake(tx: Tx, order_ids: Sequence[UUID]) -> int:
    """Of these orders, those with a line that can be matched go to review. Nothing else of them changes here."""
    lines = await db.rows(
        f"""select {_LINE} from order_line l join sales_order o on o.id = l.order_id
            where l.order_id = any($1::uuid[]) and {queries.WAITS_FOR_SKU} order by l.id""",
        list(order_ids),
    )
    skus = await listings.resolve_lines(tx, [_told(r) for r in lines])
    ready = {r["order_id"]: sku for r, sku in zip(lines, skus, strict=True) if sku is not None}
    # Locked whatever they say: review may hold one of them, and have looked before the match was there, or after.
    locked = await db.rows(
        "select id, review_due from sales_order where id = any($1::uuid[]) order by id for update", sorted(ready)
    )
    still = {
        r["order_id"]
        for r in await db.rows(
            "select order_id from order_line where order_id = any($1::uuid[]) and sku is null and not gone",
            [r["id"] for r in locked],
        )
    }
    news = [r["id"] for r in locked if r["id"] in still and not r["review_due"]]
    await db.run("update sales_order set review_due = true where id = any($1::uuid[])", news)
    await tx.emit(*(LineMatched(subject=i, to={"sku": str(ready[i])}) for i in news))
    return len(ready)


async def match_line(order_id: UUID, line_id: UUID, sku_id: UUID) -> int:
    """Say which SKU a line is; its listing is remembered, and every order that waits for it goes on.

    Returns how many orders were waiting. Raises NotFound, Conflict when somebody has said another by now.
    """
    async with db.transaction() as tx:  # by itself: an order that review holds may wait for the same new listing
        line = await db.row(
            f"""select {_LINE} from order_line l join sales_order o on o.id = l.order_id
                where l.id = $1 and l.order_id = $2""",
            line_id,
            order_id,
        )
        if line is None:
            raise NotFound("no_line", "没有这条明细")
        await catalog.get_sku(sku_id)
        await listings.resolve_lines(tx, [_told(line)])  # so that it has a listing
    async with db.transaction() as tx:
        item, platform_sku = naming.listing_key(
            line["item"], line["platform_sku"], line["outer_code"], line["title"], line["spec"]
        )
        g = await db.row(
            """select id, case when how = 'hand' then sku end as said from listing
               where shop = $1 and item = $2 and platform_sku = $3 for update""",
            line["shop"],
            item,
            platform_sku,
        )
        assert g is not None
        known = await db.value("select sku from order_line where id = $1", line_id)
        if not {known, g["said"]} <= {None, sku_id}:
            raise Conflict("line_matched", "这条明细已经匹配成别的货品了，请刷新")
        return await _match(tx, g["id"], sku_id)


async def match_listing(listing_id: UUID, sku_id: UUID) -> int:
    """Say which SKU a listing is, for all orders that wait and all that come; lines that have one keep it.

    Returns how many orders were waiting. Raises NotFound.
    """
    async with db.transaction() as tx:
        return await _match(tx, listing_id, sku_id)


async def _match(tx: Tx, listing_id: UUID, sku_id: UUID) -> int:
    await catalog.get_sku(sku_id)
    g = await db.row("select id, sku, how from listing where id = $1 for update", listing_id)
    if g is None:
        raise NotFound("no_listing", "没有这个平台商品")
    if (g["sku"], g["how"]) != (sku_id, "hand"):
        await listings.match(tx, listing_id, g["sku"], sku_id)
    waiting = await queries.waiting_for(listing_id)
    await _wake(tx, waiting[:PAGE])  # the first page at once; the job that follows finds the others
    return len(waiting)


async def unmatch_listing(listing_id: UUID) -> None:
    """It is no SKU of ours: later orders wait for a person. Lines that have a SKU keep it. Raises NotFound."""
    async with db.transaction() as tx:
        g = await db.row("select id, sku, how from listing where id = $1 for update", listing_id)
        if g is None:
            raise NotFound("no_listing", "没有这个平台商品")
        if g["sku"] is not None or g["how"] != "hand":
            await listings.match(tx, listing_id, g["sku"], None)
