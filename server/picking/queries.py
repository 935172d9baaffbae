"""Reads of waves and picks."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from server.errors import NotFound
from server.kit import db
from server.picking.rules import ToPick
from server.picking.schemas import WavePage, WaveView

_READY = """o.reserved_at is not null and o.wave is null and o.cancelled_at is null and o.handed_over_at is null
  and not o.review_due and o.platform_state = 'paid' and not o.self_fulfilled
  and exists (select 1 from reservation r where r.order_id = o.id and r.state = 'granted')
  and not exists (select 1 from task t where t.order_id = o.id and t.kind = 'hold' and t.closed_at is null)"""


async def ready_orders() -> int:
    return int(await db.value(f"select count(*) from sales_order o where {_READY}"))


async def lock_ready(order_ids: Sequence[UUID] | None, limit: int) -> list[Any]:
    """Orders that can enter a wave, oldest payment first; locked by id, as everybody locks orders."""
    found = await db.rows(
        f"""with due as materialized (
              select o.id from sales_order o where {_READY} and ($1::uuid[] is null or o.id = any($1::uuid[]))
              order by o.paid_at, o.id limit $2)
            select o.id, o.no, o.receiver_version, o.platform, o.paid_at
            from due join sales_order o on o.id = due.id where {_READY} order by o.id for update of o""",
        None if order_ids is None else list(order_ids),
        limit,
    )
    return sorted(found, key=lambda r: (r["paid_at"], r["id"]))


async def to_pick(order_ids: Sequence[UUID]) -> list[ToPick]:
    """The reserved lines of these orders, with what the floor needs to know."""
    found = await db.rows(
        """select l.order_id, l.id as line, o.no as order_no, k.id as sku, k.code as sku_code, k.name, k.variant,
                  k.bin, k.photo, r.qty,
                  coalesce((select array_agg(b.code order by b.code) from barcode b where b.sku = k.id), '{}') barcodes
           from unnest($1::uuid[]) with ordinality u(id, n)
                join reservation r on r.order_id = u.id and r.state = 'granted'
                join order_line l on l.id = r.line join sales_order o on o.id = u.id join sku k on k.id = r.sku
           order by u.n, l.pos""",
        list(order_ids),
    )
    return [ToPick(**{f: r[f] for f in ToPick.__struct_fields__}) for r in found]


_WAVE = """select w.id, w.no, w.state, w.device as device_id, w.on_floor, coalesce(d.name, '') as device,
  coalesce(p.name, '') as person, w.orders, w.units, w.created_at,
  coalesce((select sum(picked) from pick k where k.wave = w.id), 0)::int as picked_units
from wave w left join device d on d.id = w.device left join person p on p.id = d.person"""


def _wave(r: Any) -> WaveView:
    return WaveView(**{f: r[f] for f in WaveView.__struct_fields__})


async def list_waves(state: str) -> WavePage:
    """The newest hundred waves (of a state, when one is given), and how many orders could enter one."""
    found = await db.rows(f"{_WAVE} where $1 = '' or w.state = $1 order by w.created_at desc limit 100", state)
    return WavePage(rows=[_wave(r) for r in found], ready_orders=await ready_orders())


async def get_wave(wave_id: UUID) -> WaveView:
    """One wave.

    Raises NotFound.
    """
    r = await db.row(f"{_WAVE} where w.id = $1", wave_id)
    if r is None:
        raise NotFound("no_wave", "没有这个波次")
    return _wave(r)


async def wave_document(wave_id: UUID) -> tuple[Any, list[Any]]:
    """A wave and its picks in walking order, for paper."""
    wave = await db.row("select id, no, orders, units, created_at from wave where id = $1", wave_id)
    picks = await db.rows(
        """select bin, sku_code, name, variant, qty, slot, order_no from pick
           where wave = $1 and state <> 'cancelled' order by seq""",
        wave_id,
    )
    return wave, picks


async def entered_wave_at(wave_id: UUID) -> Any:
    """When a wave was made."""
    return await db.value("select created_at from wave where id = $1", wave_id)
