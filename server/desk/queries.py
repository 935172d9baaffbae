"""One order's page, and today's numbers: each a handful of statements, whatever their size."""

from datetime import datetime
from uuid import UUID

from server.desk.schemas import Amounts, Counter, Counters, Facts, Lead, OrderDetail
from server.kit import db
from server.orders import queries as orders
from server.packing import queries as packing
from server.picking import queries as picking
from server.stock import queries as stock
from server.tasks import queries as tasks


async def order_detail(order_id: UUID) -> OrderDetail:
    """The whole page of an order.

    Raises NotFound.
    """
    row, o = await orders.get_order(order_id)
    reserved = await stock.reserved_lines(order_id)
    parcels = await packing.parcels_of(order_id)
    open_tasks = await tasks.tasks_of(order_id)
    subjects = [order_id, *(p["id"] for p in parcels), *(t.id for t in open_tasks)]
    return OrderDetail(
        **{f: getattr(row, f) for f in row.__struct_fields__},
        version=o["version"],
        facts=Facts(
            paid=o["paid_at"],
            reviewed=o["reviewed_at"],
            reserved=o["reserved_at"],
            picked=o["picked_at"],
            packed=o["packed_at"],
            handed_over=o["handed_over_at"],
            written_back=o["written_back_at"],
            collected=o["collected_at"],
            completed=o["completed_at"],
            cancelled=o["cancelled_at"],
            refund=o["refund"],
        ),
        ladder_times={
            "pending": o["placed_at"] or o["taken_at"],
            "paid": o["paid_at"],
            "picking": await picking.entered_wave_at(o["wave"]) if o["wave"] else None,
            "shipped": o["handed_over_at"],
            "completed": o["completed_at"],
            "cancelled": o["cancelled_at"],
        },
        lines=await orders.lines_of(order_id, reserved),
        receiver=await orders.receiver_of(order_id, o["receiver_version"]),
        note_present=o["note_present"],
        amounts=Amounts(**{f: o[f] for f in Amounts.__struct_fields__}),
        parcels=parcels,
        tasks=open_tasks,
        story=await orders.story(subjects),
    )


_COUNTERS = f"""select
  (select count(*) from sales_order where taken_at >= $1) as intake,
  (select count(distinct coalesce(order_id, id)) from task where closed_at is null) as waiting,
  (select count(*) from sales_order where handed_over_at >= $1) as shipped,
  (select percentile_cont(0.5) within group (order by extract(epoch from handed_over_at - paid_at))
     from sales_order where handed_over_at >= $1 and paid_at is not null) as handling,
  (select count(*) from sales_order where handed_over_at >= $1 and paid_at is not null) as handling_n,
  (select percentile_cont(0.5) within group (order by extract(epoch from collected_at - placed_at))
     from sales_order where collected_at >= $1 and placed_at is not null) as fulfilment,
  (select count(*) from sales_order where collected_at >= $1 and placed_at is not null) as fulfilment_n,
  (select count(*) from task where closed_at is null) as tasks,
  (select count(*) from wave where state = 'open') as waves,
  (select count(*) from print_job where state in ('ready', 'failed')) as print,
  (select count(*) from shop where trouble <> '' or state = 'needs_auth') as shops,
  (select count(distinct (o.shop, l.platform_item, l.platform_sku)) from order_line l
     join sales_order o on o.id = l.order_id where {orders.WAITS_FOR_SKU}) as goods"""


async def counters(since: datetime) -> Counters:
    """接单, 待处理, 已出库 and both lead times since the day began; the rail's waiting numbers."""
    r = await db.row(_COUNTERS, since)
    assert r is not None
    return Counters(
        since=since,
        intake=Counter(r["intake"]),
        waiting=Counter(r["waiting"]),
        shipped=Counter(r["shipped"]),
        lead={
            "paid_to_handed_over_s": Lead(r["handling"], r["handling_n"]),
            "placed_to_collected_s": Lead(r["fulfilment"], r["fulfilment_n"]),
        },
        rail={
            "orders": await picking.ready_orders(),
            "tasks": r["tasks"],
            "waves": r["waves"],
            "print": r["print"],
            "goods": r["goods"],
            "shops": r["shops"],
        },
    )
