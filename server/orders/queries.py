"""Reads of orders for review, reserving and people. A page of orders is one statement."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from server.errors import Invalid, NotFound
from server.kit import db
from server.orders import states, words
from server.orders.schemas import (
    LinePart,
    LineSeen,
    LineView,
    OrderPage,
    OrderRow,
    OrderSeen,
    ReceiverView,
    SkuView,
    StoryLine,
)


async def lock_for_review(limit: int) -> list[Any]:
    """Orders whose review is due, the longest paid first; locked by id, as everybody locks orders."""
    # Chosen first and once: to a planner whose statistics know of no order that waits, `in (…)` looks cheap to ask
    # anew for every row, and a burst then costs its square.
    return await db.rows(
        """with due as materialized (
             select id from sales_order where review_due order by paid_at nulls last, id limit $1)
           select o.id, no, shop, platform_state, paid_at, cancelled_at, refund, risk, locked, self_fulfilled,
                  note_present, receiver_version, provenance::text as provenance, reviewed_at, reserved_at,
                  handed_over_at, refund_asked_at, risk_at
           from due join sales_order o on o.id = due.id where o.review_due order by o.id for update of o""",
        limit,
    )


async def mark_holds(seen: list[tuple[UUID, dict[str, Any]]]) -> None:
    """Open holds whose reason is seen anew: they tell what is there now, and a release from now on pardons it."""
    if seen:
        await db.run(
            """update task t set detail = t.detail || u.told
               from unnest($1::uuid[], $2::jsonb[]) u(id, told) where t.id = u.id""",
            *db.unzip(((i, db.jsonb(told)) for i, told in seen), 2),
        )


async def lock(order_id: UUID) -> None:
    """Hold an order against review, mapping and withdrawal until the transaction ends."""
    await db.value("select id from sales_order where id = $1 for update", order_id)


WAITS_FOR_SKU = """l.sku is null and not l.gone and l.refund <> 'done' and o.cancelled_at is null
  and o.handed_over_at is null and o.platform_state in ('paid', 'unknown')"""
"""A line l of an order o that waits for somebody to say which SKU it is."""

OF_LISTING = """o.shop = g.shop and l.platform_item = g.item
  and l.platform_sku = case when g.platform_sku like '~%' then '' else g.platform_sku end
  and case when g.platform_sku like '~%' then (l.outer_code, l.title, l.spec) = (g.outer_code, g.title, g.spec)
           else l.platform_sku <> '' or l.spec = '' end"""
"""A line l of an order o is of the listing g. (One without numbers is known by its words, catalog/rules.py.)"""


async def waiting_for(listing_id: UUID) -> list[UUID]:
    """The orders that wait for the SKU of a listing."""
    found = await db.rows(
        f"""select distinct o.id from listing g join order_line l on l.sku is null
              join sales_order o on o.id = l.order_id
            where g.id = $1 and {OF_LISTING} and {WAITS_FOR_SKU} order by 1""",
        listing_id,
    )
    return [r["id"] for r in found]


async def seen_for_review(orders: list[Any]) -> list[OrderSeen]:
    """What review looks at, for a set of locked orders: three statements for all."""
    order_ids = [r["id"] for r in orders]
    lines: dict[UUID, list[LineSeen]] = {i: [] for i in order_ids}
    for x in await db.rows(
        """select order_id, id, title, spec, outer_code, qty, sku, refund from order_line
           where order_id = any($1::uuid[]) and not gone order by order_id, pos""",
        order_ids,
    ):
        lines[x["order_id"]].append(
            LineSeen(x["id"], x["title"], x["spec"], x["outer_code"], x["qty"], x["sku"], x["refund"])
        )
    receivers = {
        r["order_id"]: r
        for r in await db.rows(
            """select distinct on (order_id) order_id, encode(note_digest, 'hex') as note_mark,
                      (plain or token <> '{}'::jsonb) and jsonb_array_length(region) > 0 as complete
               from receiver_version where order_id = any($1::uuid[]) order by order_id, version desc""",
            order_ids,
        )
    }
    # Receivers first, each by its digest: without that fence the planner may compare every order of a shop with every
    # other one as long as a burst of new rows is not in its statistics.
    twins = {
        r["id"]: list(r["twins"])
        for r in await db.rows(
            """with a as materialized (
                 select a.id, a.shop, a.total_minor, a.paid_at, r.digest
                 from sales_order a join receiver_version r on r.order_id = a.id and r.version = a.receiver_version
                 where a.id = any($1::uuid[]) and a.paid_at is not null),
               pair as materialized (
                 select distinct a.id, r.order_id as other
                 from a join receiver_version r on r.digest = a.digest and r.order_id <> a.id)
               select id, array_agg(no order by no) as twins from (
                 select a.id, b.no from pair join a on a.id = pair.id join sales_order b on b.id = pair.other
                 where b.shop = a.shop and b.cancelled_at is null and b.handed_over_at is null
                       and b.total_minor = a.total_minor and b.platform_state = 'paid'
                       and b.paid_at between a.paid_at - interval '1 hour' and a.paid_at + interval '1 hour'
                 union  -- one order of a platform under two of our shops: connected twice, or a file of the other shop
                 select a.id, b.no from sales_order a join sales_order b on b.external_id = a.external_id
                 where a.id = any($1::uuid[]) and b.platform = a.platform and b.shop <> a.shop
                       and b.cancelled_at is null) twin
               group by id""",
            order_ids,
        )
    }
    return [
        OrderSeen(
            id=r["id"],
            no=r["no"],
            platform_state=r["platform_state"],
            paid=r["paid_at"] is not None,
            cancelled=r["cancelled_at"] is not None,
            refund=r["refund"],
            refund_mark=_mark(r["refund_asked_at"]),
            risk=r["risk"],
            risk_mark=_mark(r["risk_at"]),
            locked=r["locked"],
            self_fulfilled=r["self_fulfilled"],
            note_present=r["note_present"],
            note_mark=receivers[r["id"]]["note_mark"] if r["id"] in receivers else "",
            receiver_version=r["receiver_version"],
            receiver_complete=r["id"] in receivers and receivers[r["id"]]["complete"],
            lines=lines[r["id"]],
            mapping=msgspec.json.decode(r["provenance"]).get("holds", []),
            twins=twins.get(r["id"], []),
        )
        for r in orders
    ]


def _mark(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()


async def hold_history(order_ids: list[UUID]) -> list[Any]:
    """All hold tasks of these orders, open and closed, with what was seen then."""
    return await db.rows(
        """select id, subject_id, reason, outcome, closed_at is null as open, detail ->> 'fingerprint' as fingerprint
           from task where kind = 'hold' and subject_id = any($1::uuid[])""",
        order_ids,
    )


_WANTS_STOCK = """o.reviewed_at is not null and o.reserved_at is null and o.cancelled_at is null and not o.review_due"""


async def lock_for_reserving(limit: int) -> list[UUID]:
    """Reviewed orders that want stock, oldest payment first; short ones only when all their SKUs have some again."""
    found = await db.rows(
        f"""with due as materialized (
             select o.id from sales_order o
             where {_WANTS_STOCK} and (o.short_at is null or not exists (
               select 1 from (select coalesce(b.part, l.sku) as sku, sum(l.qty * coalesce(b.qty, 1)) as qty
                              from order_line l left join bundle_part b on b.bundle = l.sku
                              where l.order_id = o.id and l.refund <> 'done' and not l.gone group by 1) w
               left join (select sku, sum(on_hand - reserved) as free from stock group by sku) s on s.sku = w.sku
               where coalesce(s.free, 0) < w.qty))
             order by o.paid_at, o.id limit $1)
           select o.id, o.paid_at from due join sales_order o on o.id = due.id where {_WANTS_STOCK}
           order by o.id for update of o""",
        limit,
    )
    return [r["id"] for r in sorted(found, key=lambda r: (r["paid_at"], r["id"]))]


async def wanted_lines(order_ids: list[UUID]) -> list[Any]:
    """Lines to reserve, in the order of the given orders; a bundle's line as one row for each of its parts."""
    return await db.rows(
        """select l.order_id, l.id, coalesce(b.part, l.sku) as sku, l.qty * coalesce(b.qty, 1) as qty
           from unnest($1::uuid[]) with ordinality u(id, n)
           join order_line l on l.order_id = u.id left join bundle_part b on b.bundle = l.sku
           where l.refund <> 'done' and not l.gone and l.sku is not null order by u.n, l.pos, b.part""",
        order_ids,
    )


_HOLDS = """coalesce((select array_agg(distinct t.reason order by t.reason) from task t
             where t.order_id = o.id and t.closed_at is null and t.kind in ('hold', 'shortage')), '{}')"""

_ROW = f"""o.id, o.no, o.platform, s.name as shop_name, o.external_id, {states.LADDER_SQL} as ladder,
  {_HOLDS} as holds, o.placed_at, o.paid_at, o.handed_over_at,
  (select coalesce(sum(qty), 0)::int from order_line l where l.order_id = o.id and not l.gone) as units,
  o.total_minor, o.currency,
  (select r.masked ->> 'name' from receiver_version r where r.order_id = o.id and r.version = o.receiver_version)
    as buyer_masked"""


def _row(r: Any) -> OrderRow:
    return OrderRow(
        **{k: r[k] for k in OrderRow.__struct_fields__ if k not in ("holds", "buyer_masked")},
        holds=list(r["holds"]),
        buyer_masked=r["buyer_masked"] or "",
    )


def _cursor(after: str) -> tuple[datetime, UUID]:
    """Where the page before ended. Raises Invalid for what is none of our cursors."""
    taken, _, last = after.partition("~")
    try:
        return datetime.fromisoformat(taken).astimezone(UTC), UUID(last)
    except (ValueError, OverflowError):
        raise Invalid("bad_cursor", "翻页位置不正确，请回到第一页") from None


_FACTS = {"taken": "taken_at", "handed_over": "handed_over_at", "collected": "collected_at"}


async def list_orders(
    *,
    state: str,
    q: str,
    shop: UUID | None,
    hold: str,
    since: tuple[str, datetime] | None,
    after: str | None,
    limit: int,
) -> OrderPage:
    """A page of orders, newest first. `after`: the `next` of the page before. `q`: part of any of its numbers."""
    where = ["true"]
    args: list[Any] = []

    def arg(value: Any) -> str:
        args.append(value)
        return f"${len(args)}"

    if state == "held":
        where.append("exists (select 1 from task t where t.order_id = o.id and t.closed_at is null)")
    elif state:
        where.append(f"{states.LADDER_SQL} = {arg(state)}")
    if shop is not None:
        where.append(f"o.shop = {arg(shop)}")
    if since is not None:
        fact, moment = since
        where.append(f"o.{_FACTS[fact]} >= {arg(moment)}")
    if hold:
        where.append(
            f"exists (select 1 from task t where t.order_id = o.id and t.closed_at is null and t.reason = {arg(hold)})"
        )
    if q:
        like = "%" + q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        p = arg(like)
        where.append(
            f"(o.no ilike {p} or o.external_id ilike {p} or exists (select 1 from parcel p where p.order_id = o.id "
            f"and (p.waybill_no ilike {p} or p.no ilike {p})))"
        )
    total = await db.value(f"select count(*) from sales_order o where {' and '.join(where)}", *args)
    if after:
        taken, last = _cursor(after)
        where.append(f"(o.taken_at, o.id) < ({arg(taken)}, {arg(last)})")
    found = await db.rows(
        f"""select {_ROW}, o.taken_at from sales_order o join shop s on s.id = o.shop
            where {" and ".join(where)} order by o.taken_at desc, o.id desc limit {arg(limit + 1)}""",
        *args,
    )
    more = found[limit - 1] if len(found) > limit else None
    return OrderPage(
        rows=[_row(r) for r in found[:limit]],
        next=f"{more['taken_at'].isoformat()}~{more['id']}" if more is not None else None,
        total=total,
    )


async def get_order(order_id: UUID) -> tuple[OrderRow, Any]:
    """One order: its row and all its columns.

    Raises NotFound.
    """
    r = await db.row(f"select {_ROW} from sales_order o join shop s on s.id = o.shop where o.id = $1", order_id)
    if r is None:
        raise NotFound("no_order", "没有这张订单")
    full = await db.row("select * from sales_order where id = $1", order_id)
    return _row(r), full


async def lines_of(order_id: UUID, reserved: dict[UUID, int]) -> list[LineView]:
    """reserved: units set aside by line. A bundle's parts are those that were reserved, else those of today; what is
    reserved and picked of it is told in bundles."""
    found = await db.rows(
        """select l.id, l.title, l.spec, l.outer_code, l.qty, l.unit_minor, l.picked,
                  k.id as sku_id, k.code, k.name, k.variant, coalesce(r.parts, b.parts, '[]') as parts
           from order_line l left join sku k on k.id = l.sku
           left join lateral (
             select jsonb_agg(jsonb_build_object('code', c.code, 'name', c.name, 'variant', c.variant, 'qty', r.qty)
                              order by c.code)::text as parts
             from reservation r join sku c on c.id = r.sku
             where r.line = l.id and r.state <> 'released' having bool_or(r.sku <> l.sku)) r on true
           left join lateral (
             select jsonb_agg(jsonb_build_object('code', c.code, 'name', c.name, 'variant', c.variant,
                                                 'qty', p.qty * l.qty) order by c.code)::text as parts
             from bundle_part p join sku c on c.id = p.part
             where p.bundle = l.sku
               and not exists (select 1 from reservation r where r.line = l.id and r.state <> 'released')) b on true
           where l.order_id = $1 and not l.gone order by l.pos""",
        order_id,
    )
    lines = []
    for r in found:
        parts = msgspec.json.decode(r["parts"], type=list[LinePart])
        units = sum(p.qty for p in parts)
        lines.append(
            LineView(
                id=r["id"],
                title=r["title"],
                spec=r["spec"],
                outer_code=r["outer_code"],
                sku=SkuView(id=r["sku_id"], code=r["code"], name=r["name"], variant=r["variant"])
                if r["sku_id"]
                else None,
                qty=r["qty"],
                unit_minor=r["unit_minor"],
                reserved=_bundles(reserved.get(r["id"], 0), r["qty"], units),
                picked=_bundles(r["picked"], r["qty"], units),
                parts=parts,
            )
        )
    return lines


def _bundles(units: int, of: int, parts: int) -> int:
    """Units of parts as whole bundles of the line; parts 0: it is none."""
    return units * of // parts if parts else units


async def receiver_of(order_id: UUID, version: int) -> ReceiverView:
    r = await db.row(
        """select masked::text, region::text, version, plain from receiver_version
           where order_id = $1 and version = $2""",
        order_id,
        version,
    )
    if r is None:
        return ReceiverView(masked={}, region=[], version=0, plain=False)
    return ReceiverView(
        masked=msgspec.json.decode(r["masked"]),
        region=msgspec.json.decode(r["region"]),
        version=r["version"],
        plain=r["plain"],
    )


async def story(subjects: list[UUID]) -> list[StoryLine]:
    """What happened to these subjects (an order, its parcels and tasks), newest first."""
    found = await db.rows(
        """select e.happened_at, e.recorded_at, e.kind, e.reason, e.frm::text, e."to"::text as "to",
                  coalesce(p.name, '') as who, coalesce(d.name, '') as device
           from event e left join person p on p.id = e.person left join device d on d.id = e.device
           where e.subject_id = any($1::uuid[]) order by e.seq desc limit 300""",
        subjects,
    )
    return [
        StoryLine(
            at=r["happened_at"],
            recorded_at=r["recorded_at"],
            kind=r["kind"],
            text=words.story(r["kind"], r["reason"], msgspec.json.decode(r["to"])),
            who=r["who"],
            device=r["device"],
            reason=r["reason"],
            frm=msgspec.json.decode(r["frm"]),
            to=msgspec.json.decode(r["to"]),
        )
        for r in found
    ]
