"""Changes of the catalogue inside an open transaction: listings that were seen, and which SKU they are."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from server.catalog import rules
from server.catalog.rules import Candidates, Known
from server.catalog.schemas import Evidence, How, LineTold, ListingTold
from server.events import ListingMatched, ListingUnmatched
from server.kit import clock, db
from server.kit.context import actor
from server.kit.db import Tx
from server.kit.ids import uuid7


async def candidates(told: Iterable[Evidence]) -> Candidates:
    """The living SKUs that these could mean: one statement."""
    told = list(told)
    found = await db.rows(
        """select k.id, k.code as written, true as is_code from sku k
           where upper(k.code) in (select upper(t) from unnest($1::text[]) t) and k.retired_at is null
           union all
           select b.sku, b.code, false from barcode b join sku k on k.id = b.sku
           where upper(b.code) in (select upper(t) from unnest($2::text[]) t) and k.retired_at is null""",
        sorted({c for e in told if (c := e.outer_code.strip())}),
        sorted({c for e in told for t in (e.outer_code, e.barcode) if (c := t.strip())}),
    )
    of = Candidates({}, {})
    for r in found:
        names = of.codes if r["is_code"] else of.barcodes
        names.setdefault(rules.fold(r["written"]), []).append((r["written"], r["id"]))
    return of


async def resolve_lines(tx: Tx, lines: Sequence[LineTold]) -> list[UUID | None]:
    """The SKU of each line, as far as anybody knows. Listings that are met for the first time are written down, so that
    a person can match them before their shop's list was read."""
    if not lines:
        return []
    keys = [(x.shop, *rules.listing_key(x.item, x.platform_sku, x.outer_code, x.title, x.spec)) for x in lines]
    evidence = [Evidence(x.outer_code) for x in lines]
    known = {
        (r["shop"], r["item"], r["platform_sku"]): Known(r["sku"], r["how"], r["pulled"])
        for r in await db.rows(
            """select g.shop, g.item, g.platform_sku, g.sku, g.how, g.seen_at is not null as pulled
               from unnest($1::uuid[], $2::text[], $3::text[]) u(shop, item, platform_sku)
               join listing g on g.shop = u.shop and g.item = u.item and g.platform_sku = u.platform_sku""",
            *db.unzip(sorted(set(keys)), 3),
        )
    }
    of = await candidates(evidence)
    fresh: dict[tuple[UUID, str, str], tuple[Any, ...]] = {}
    for key, line, told in zip(keys, lines, evidence, strict=True):
        if key not in known and key not in fresh:
            sku, how = rules.decide(told, of)
            fresh[key] = (uuid7(), *key, sku, how, line.outer_code, line.title, line.spec)
    if fresh:
        await db.run(
            """insert into listing(id, shop, item, platform_sku, sku, how, outer_code, title, spec, matched_at)
               select i, s, m, p, k, h, o, t, c, case when k is not null then now() end
               from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::text[],
                           $8::text[], $9::text[]) u(i, s, m, p, k, h, o, t, c)
               order by s, m, p on conflict (shop, item, platform_sku) do nothing""",
            *db.unzip(fresh.values(), 9),
        )
    return [rules.resolve(told, known.get(key), of) for key, told in zip(keys, evidence, strict=True)]


async def keep_listings(tx: Tx, shop: UUID, page: Sequence[ListingTold]) -> int:
    """A page of a shop's own list: written down in one statement, each matched where it can be. Returns how many are
    matched now and were not before, or to another SKU."""
    told = {(t.item, t.platform_sku): t for t in page}
    ordered = sorted(told)
    before = {
        (r["item"], r["platform_sku"]): r
        for r in await db.rows(
            """select g.id, g.item, g.platform_sku, g.sku, g.how, g.outer_code, g.barcode
               from unnest($2::text[], $3::text[]) u(item, platform_sku)
               join listing g on g.shop = $1 and g.item = u.item and g.platform_sku = u.platform_sku
               order by g.item, g.platform_sku for update of g""",
            shop,
            *db.unzip(ordered, 2),
        )
    }
    of = await candidates(Evidence(t.outer_code, t.barcode) for t in told.values())
    rows: list[tuple[Any, ...]] = []
    for key in ordered:
        t, old = told[key], before.get(key)
        now = Evidence(t.outer_code, t.barcode)
        sku: UUID | None = None if old is None else old["sku"]
        how: How = "" if old is None else old["how"]
        if old is None or rules.anew(how, sku, Evidence(old["outer_code"], old["barcode"]), now):
            sku, how = rules.decide(now, of)
        rows.append((uuid7(), *key, sku, how, t.outer_code, t.barcode, t.title, t.spec, t.state, t.qty))
    written = await db.rows(
        """insert into listing(id, shop, item, platform_sku, sku, how, outer_code, barcode, title, spec, state, qty,
                               matched_at, seen_at)
           select i, $1, m, p, k, h, o, b, t, c, s, q, case when k is not null then now() end, now()
           from unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[],
                       $10::text[], $11::text[], $12::int[]) u(i, m, p, k, h, o, b, t, c, s, q)
           order by m, p
           on conflict (shop, item, platform_sku) do update set
             sku = case when listing.how = 'hand' then listing.sku else excluded.sku end,
             how = case when listing.how = 'hand' then listing.how else excluded.how end,
             matched_at = case when listing.how = 'hand' or listing.sku is not distinct from excluded.sku
                               then listing.matched_at else excluded.matched_at end,
             outer_code = excluded.outer_code, barcode = excluded.barcode, title = excluded.title,
             spec = excluded.spec, state = excluded.state, qty = excluded.qty, seen_at = excluded.seen_at
           returning id, item, platform_sku, sku, how""",
        shop,
        *db.unzip(rows, 11),
    )
    was = {key: r["sku"] for key, r in before.items()}
    return await _tell(tx, [(r, was.get((r["item"], r["platform_sku"]))) for r in written if r["how"] != "hand"])


async def rematch(tx: Tx, after: UUID | None, limit: int) -> tuple[UUID | None, int]:
    """Unmatched listings against the catalogue as it is now, a page of them. Returns where it ended (None: at the end)
    and how many were matched."""
    found = await db.rows(
        """select id, outer_code, barcode from listing
           where sku is null and how <> 'hand' and ($1::uuid is null or id > $1) order by id limit $2 for update""",
        after,
        limit,
    )
    of = await candidates(Evidence(r["outer_code"], r["barcode"]) for r in found)
    hits = []
    for r in found:
        sku, how = rules.decide(Evidence(r["outer_code"], r["barcode"]), of)
        if sku is not None:
            hits.append((r["id"], sku, how))
    if hits:
        written = await db.rows(
            """update listing g set sku = u.sku, how = u.how, matched_at = now()
               from unnest($1::uuid[], $2::uuid[], $3::text[]) u(id, sku, how) where g.id = u.id
               returning g.id, g.sku, g.how""",
            *db.unzip(hits, 3),
        )
        await _tell(tx, [(r, None) for r in written])
    return (found[-1]["id"] if len(found) == limit else None), len(hits)


async def _tell(tx: Tx, written: list[tuple[Any, UUID | None]]) -> int:
    """Events of listings that are another SKU than before. Returns how many are matched anew."""
    matched = [(r, was) for r, was in written if r["sku"] is not None and r["sku"] != was]
    lost = [(r, was) for r, was in written if r["sku"] is None and was is not None]
    await tx.emit(
        *(ListingMatched(subject=r["id"], reason=r["how"], frm=_sku(was), to=_sku(r["sku"])) for r, was in matched),
        *(ListingUnmatched(subject=r["id"], reason="told_otherwise", frm=_sku(was)) for r, was in lost),
    )
    return len(matched)


def _sku(sku: UUID | None) -> dict[str, str]:
    return {} if sku is None else {"sku": str(sku)}


async def match(tx: Tx, listing: UUID, was: UUID | None, sku: UUID | None) -> None:
    """A person says which SKU a listing is, or that it is none that we have. The caller has locked the listing."""
    await db.run(
        "update listing set sku = $2, how = 'hand', matched_by = $3, matched_at = $4 where id = $1",
        listing,
        sku,
        actor().person,
        clock.now(),
    )
    if sku is None:
        await tx.emit(ListingUnmatched(subject=listing, reason="hand", frm=_sku(was)))
    else:
        await tx.emit(ListingMatched(subject=listing, reason="hand", frm=_sku(was), to=_sku(sku)))


async def unmatch_sku(tx: Tx, sku: UUID) -> None:
    """Nothing is sold as this SKU any more: its listings wait for another."""
    freed = await db.rows(
        """update listing g set sku = null, how = '', matched_at = null from
             (select id from listing where sku = $1 order by id for update) o where g.id = o.id returning g.id""",
        sku,
    )
    await tx.emit(*(ListingUnmatched(subject=r["id"], reason="retired", frm=_sku(sku)) for r in freed))
