"""Reads of shipping: parcels that want something, what is printed, the carrier's account."""

from typing import Any
from uuid import UUID

import msgspec

from print import pages
from server.errors import NotFound
from server.kit import crypto, db
from server.shipping.carriers import Account


async def get_carrier() -> tuple[Account, str, UUID]:
    """The carrier account with its secret, its cursor and its id.

    Raises NotFound when none is set up.
    """
    r = await db.row(
        "select id, code, name, base_url, app_key, secret, secret_key, cursor from carrier order by code limit 1"
    )
    if r is None:
        raise NotFound("no_carrier", "还没有设置快递公司")
    secret = msgspec.json.decode(await crypto.open_sealed(r["secret_key"], r["secret"], f"carrier|secret|{r['id']}"))
    account = Account(
        code=r["code"],
        name=r["name"],
        base_url=r["base_url"],
        app_key=r["app_key"],
        app_secret=secret["app_secret"],
    )
    return account, r["cursor"], r["id"]


async def without_waybill(limit: int) -> list[Any]:
    """Parcels that want a waybill: none yet, or one of an older order version."""
    return await db.rows(
        """select p.id, p.no, p.order_id, p.order_version, p.waybill_no, p.items::text as items, o.platform,
                  r.masked::text as masked, r.token::text as token, r.region::text as region
           from parcel p join sales_order o on o.id = p.order_id
                join receiver_version r on r.order_id = p.order_id and r.version = p.order_version
           where p.state in ('picking', 'ready', 'packed') and (p.waybill_no = '' or p.label_state = 'stale')
           order by p.made_at, p.id limit $1""",
        limit,
    )


async def without_label(limit: int) -> list[Any]:
    """Parcels with a waybill whose label is not made from the version that counts."""
    return await db.rows(
        """select p.id, p.no, p.order_id, p.order_no, p.slot, p.order_version, p.waybill_no, p.carrier, p.route_code,
                  p.items::text as items, o.platform, s.name as shop_name, c.name as carrier_name,
                  r.id as receiver_id, r.masked::text as masked, r.region::text as region, r.plain, r.sealed,
                  r.sealed_key
           from parcel p join sales_order o on o.id = p.order_id join shop s on s.id = o.shop
                left join carrier c on c.code = p.carrier
                join receiver_version r on r.order_id = p.order_id and r.version = p.order_version
           where p.state in ('picking', 'ready', 'packed') and p.waybill_no <> '' and p.label_state <> 'stale'
             and p.label_version < p.order_version
           order by p.made_at, p.id limit $1""",
        limit,
    )


async def list_print_jobs(limit: int = 200) -> list[dict[str, Any]]:
    found = await db.rows(
        """select id, kind, subject_no, state, pages, made_at as created_at, error from print_job
           order by made_at desc limit $1""",
        limit,
    )
    return [dict(r) for r in found]


async def get_pdf(print_job: UUID) -> tuple[str, bytes]:
    """Name and bytes of a PDF.

    Raises NotFound when it is not ready, or gone by retention.
    """
    r = await db.row(
        """select j.kind, j.subject_no, j.first_page, j.pages, s.pdf from print_job j
           join print_sheet s on s.id = j.sheet where j.id = $1""",
        print_job,
    )
    if r is None:
        raise NotFound("no_pdf", "还没有生成，或已过保存期限")
    return f"{r['kind']}-{r['subject_no']}.pdf", pages.extract(r["pdf"], r["first_page"], r["pages"])


async def to_manifest(limit: int) -> list[Any]:
    """Parcels handed over whose hand-over the carrier does not know yet."""
    return await db.rows(
        """select id, order_id, waybill_no from parcel where state = 'handed_over' and manifested_at is null
           order by handed_over_at limit $1""",
        limit,
    )


async def to_write_back(parcel_id: UUID) -> Any:
    """What a write-back needs, or None when there is nothing (left) to say."""
    return await db.row(
        """select p.id, p.order_id, p.waybill_no, p.carrier, p.state, o.shop, o.external_id, o.written_back_at
           from parcel p join sales_order o on o.id = p.order_id
           where p.id = $1 and p.state = 'handed_over' and o.written_back_at is null""",
        parcel_id,
    )
