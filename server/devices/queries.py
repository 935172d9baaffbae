"""Reads of the floor: devices, and the one locked read on which a batch is decided."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from server.devices.board import Board
from server.devices.schemas import (
    Act,
    DevicePage,
    DeviceView,
    HandOverBody,
    Order,
    PackBody,
    Parcel,
    Pick,
    PickBody,
    ShortBody,
    Task,
    TaskDoneBody,
    UnpickBody,
)
from server.devices.shapes import FLOOR_TASKS
from server.errors import Forbidden, Unauthenticated
from server.kit import db


async def find_device(dev: bytes) -> Any:
    """The device of a life, or None: (id, person, warehouse, rights_epoch, revoked_at)."""
    return await db.row("select id, person, warehouse, rights_epoch, revoked_at from device where dev = $1", dev)


async def lock_later_life(dev: bytes) -> Any:
    """The device of which `dev` is an earlier life: its storage went back to before it forked. None: of none."""
    return await db.row(
        """with recursive life(dev, depth) as (
             select $1::bytea, 1
             union all
             select s.dev, l.depth + 1 from life l join sync_device s on s.prev = l.dev where l.depth < 32)
           select d.id, d.dev, d.revoked_at from device d join life l on l.dev = d.dev
           order by l.depth desc limit 1 for update of d""",
        dev,
    )


async def list_devices() -> DevicePage:
    """Devices in use, the last seen first."""
    found = await db.rows(
        """select d.id, d.name, coalesce(p.name, '') as person, d.seen_at as last_seen_at, d.unsent
           from device d left join person p on p.id = d.person where d.revoked_at is null
           order by d.seen_at desc nulls last, d.id limit 500"""
    )
    return DevicePage([DeviceView(**{f: r[f] for f in DeviceView.__struct_fields__}) for r in found])


async def check_session(session: UUID, roles: Sequence[str]) -> None:
    """Raises Unauthenticated when the session has ended meanwhile, Forbidden when its person has another role now."""
    r = await db.row(
        """select p.role from session s join person p on p.id = s.person
           where s.id = $1 and s.ended_at is null and s.ends_at > now() and p.active""",
        session,
    )
    if r is None:
        raise Unauthenticated("login_needed", "请先登录")
    if r["role"] not in roles:
        raise Forbidden("not_your_role", "没有这个权限")


async def people_of(device: UUID, people: Sequence[UUID]) -> set[UUID]:
    """Which of these people ever had a session on this device."""
    found = await db.rows(
        "select distinct person from session where device = $1 and person = any($2::uuid[])", device, list(set(people))
    )
    return {r["person"] for r in found}


_TOUCHED = """with touched as (
  select p.order_id, p.wave, null::uuid as parcel from pick p where p.wave in (
    select wave from pick where id = any($1::uuid[])
    union select k.wave from pick k join task t on t.subject_kind = 'pick' and t.subject_id = k.id
          where t.id = any($4::uuid[]))
  union select order_id, wave, id from parcel where id = any($2::uuid[])
  union select order_id, wave, id from parcel where waybill_no = any($3::text[]) and waybill_no <> ''
  union select order_id, wave, id from parcel where cardinality($3::text[]) > 0 and old_waybills && $3::text[]
  union select p.order_id, p.wave, p.id from parcel p join task t on t.subject_kind = 'parcel' and t.subject_id = p.id
        where t.id = any($4::uuid[]))
select order_id, wave, parcel from touched"""


async def lock_board(acts: Sequence[Act]) -> Board:
    """The rows that these acts are about, locked table by table in id order: orders, picks, parcels, tasks.

    Of a wave that is touched by a pick, all picks come along: goods may move between orders of one wave.
    """
    picks, parcels, waybills, tasks = _named(acts)
    if not (picks or parcels or waybills or tasks):
        return Board()
    touched = await db.rows(_TOUCHED, picks, parcels, waybills, tasks)
    order_ids = list({r["order_id"] for r in touched})
    orders = await _orders(order_ids)
    locked_picks = await _picks(list({r["wave"] for r in touched if r["wave"] is not None}), order_ids)
    locked_parcels = await _parcels(order_ids)
    locked_tasks = await _tasks(tasks, [p.id for p in locked_parcels] + [p.id for p in locked_picks])
    board = Board(orders, locked_picks, locked_parcels, locked_tasks)
    await _what_is_undone(board, acts, order_ids)
    return board


async def _what_is_undone(board: Board, acts: Sequence[Act], order_ids: list[UUID]) -> None:
    """What the scans that are taken back here had counted, and for which orders: it may have been nothing."""
    named = [e for a in acts if isinstance(a.body, UnpickBody) and (e := a.body.event()) is not None]
    if not named:
        return
    known = await db.rows("select id from sync_event where id = any($1::bytea[])", [e.bytes for e in named])
    board.counted = {UUID(bytes=r["id"]): {} for r in known}
    for r in await db.rows(
        """select cause, subject_id, "to" ->> 'sku' as sku, sum(("to" ->> 'qty')::int)::int as qty from event
           where subject_id = any($1::uuid[]) and cause = any($2::uuid[]) and kind = 'pick_confirmed'
           group by 1, 2, 3""",
        order_ids,
        list(board.counted),
    ):
        board.counted[r["cause"]][r["subject_id"], r["sku"]] = r["qty"]


def _named(acts: Sequence[Act]) -> tuple[list[UUID], list[UUID], list[str], list[UUID]]:
    picks: set[UUID] = set()
    parcels: set[UUID] = set()
    waybills: set[str] = set()
    tasks: set[UUID] = set()
    for act in acts:
        match act.body:
            case PickBody(pick=pick) | UnpickBody(pick=pick) | ShortBody(pick=pick):
                picks.add(pick)
            case PackBody(parcel=parcel):
                parcels.add(parcel)
            case HandOverBody(waybill=waybill, parcel=text):
                waybills.add(waybill)
                if named := _uuid(text):
                    parcels.add(named)
            case TaskDoneBody(task=task):
                tasks.add(task)
            case _:
                pass
    return list(picks), list(parcels), list(waybills), list(tasks)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


async def _orders(order_ids: list[UUID]) -> list[Order]:
    found = await db.rows(
        """select o.id, o.no, o.wave, o.cancelled_at is not null as cancelled, o.refund, o.receiver_version
           from sales_order o where o.id = any($1::uuid[]) order by o.id for update""",
        order_ids,
    )
    # Read after the lock is held: a refund that was waited for has given the reservation back by now.
    reserved = {
        r["order_id"]
        for r in await db.rows(
            "select distinct order_id from reservation where order_id = any($1::uuid[]) and state <> 'released'",
            order_ids,
        )
    }
    return [Order(**dict(r), reserved=r["id"] in reserved) for r in found]


async def _picks(waves: list[UUID], order_ids: list[UUID]) -> list[Pick]:
    if not waves:
        return []
    found = await db.rows(
        """select id, wave, order_id, line, slot, sku, sku_code, bin, barcodes, qty, picked, state from pick
           where wave = any($1::uuid[]) and order_id = any($2::uuid[]) order by id for update""",
        waves,
        order_ids,
    )
    return [Pick(**dict(r)) for r in found]


async def _parcels(order_ids: list[UUID]) -> list[Parcel]:
    found = await db.rows(
        """select id, no, order_id, order_no, wave, warehouse, slot, state, waybill_no, order_version, label_version,
                  label_state, stop, items::text as items, old_waybills, made_at, packed_at
           from parcel where order_id = any($1::uuid[]) order by id for update""",
        order_ids,
    )
    return [Parcel(**(dict(r) | {"items": msgspec.json.decode(r["items"])})) for r in found]


async def _tasks(task_ids: list[UUID], subjects: list[UUID]) -> list[Task]:
    """The tasks named, and what waits on the floor about the parcels and picks."""
    found = await db.rows(
        """select id, kind, subject_kind, subject_id, order_id, warehouse, reason, detail::text as detail,
                  closed_at is null as open
           from task where id = any($1::uuid[])
              or (closed_at is null and subject_id = any($2::uuid[]) and kind = any($3::text[]))
           order by id for update""",
        task_ids,
        subjects,
        [*FLOOR_TASKS, "shortage"],
    )
    return [Task(**(dict(r) | {"detail": msgspec.json.decode(r["detail"])})) for r in found]
