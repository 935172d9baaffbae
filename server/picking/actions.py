"""拣货: making waves, and taking orders out of them again."""

from typing import Any
from uuid import UUID

import msgspec

from server.catalog import queries as catalog
from server.errors import Conflict, Invalid, NotFound
from server.events import PickReopened, PickWithdrawn, WaveMade, WaveMoved
from server.kit import clock, db, numbers
from server.kit.context import actor
from server.kit.ids import uuid7
from server.orders import moves as orders
from server.packing import moves as parcels
from server.packing.moves import Planned
from server.picking import queries, rules
from server.tasks import moves as tasks
from server.tasks.moves import NewTask

MAX_ORDERS = 60


async def make_wave(device_id: UUID, order_ids: list[UUID] | None, max_orders: int) -> UUID:
    """A wave of ready orders for one device, its parcels included, in bin order.

    Raises NotFound for a device that is not enrolled, Conflict when no order is ready.
    """
    if not 1 <= max_orders <= MAX_ORDERS:
        raise Invalid("bad_wave_size", f"一个波次 1–{MAX_ORDERS} 单")
    async with db.transaction() as tx:
        device = await db.row("select id, warehouse from device where id = $1 and revoked_at is null", device_id)
        if device is None:
            raise NotFound("no_device", "没有这台设备，或已停用")
        ready = await queries.lock_ready(order_ids, max_orders)
        if not ready:
            raise Conflict("no_ready_orders", "没有可拣的订单：待审、缺货或已在其他波次")
        warehouse = device["warehouse"] or (await catalog.get_warehouse()).id
        placed = rules.lay_out(await queries.to_pick([r["id"] for r in ready]))
        wave_id, now = uuid7(), clock.now()
        wave_no = f"W{1000 + (await numbers.take('wave', 1))[0]}"
        slot = rules.slots([r["id"] for r in ready])
        await db.copy(
            "wave",
            ["id", "no", "warehouse", "device", "state", "orders", "units", "created_ms", "created_at", "created_by"],
            [
                (
                    wave_id,
                    wave_no,
                    warehouse,
                    device_id,
                    "open",
                    len(ready),
                    sum(p.want.qty for p in placed),
                    clock.ms(now),
                    now,
                    actor().person,
                )
            ],
        )
        await db.copy(
            "pick",
            [
                "id",
                "wave",
                "device",
                "order_id",
                "line",
                "order_no",
                "slot",
                "sku",
                "sku_code",
                "name",
                "variant",
                "bin",
                "barcodes",
                "qty",
                "picked",
                "state",
                "photo",
                "seq",
            ],
            [
                (
                    uuid7(),
                    wave_id,
                    device_id,
                    p.want.order_id,
                    p.want.line,
                    p.want.order_no,
                    p.slot,
                    p.want.sku,
                    p.want.sku_code,
                    p.want.name,
                    p.want.variant,
                    p.want.bin,
                    p.want.barcodes,
                    p.want.qty,
                    0,
                    "open",
                    p.want.photo,
                    p.seq,
                )
                for p in placed
            ],
        )
        items: dict[UUID, list[list[Any]]] = {}
        for p in placed:
            items.setdefault(p.want.order_id, []).append(
                [p.want.sku_code, p.want.name, p.want.variant, p.want.qty, p.want.barcodes]
            )
        await parcels.plan(
            tx,
            wave_id,
            wave_no,
            warehouse,
            [
                Planned(
                    order_id=r["id"],
                    order_no=r["no"],
                    slot=slot[r["id"]],
                    order_version=r["receiver_version"],
                    items=_merged(items.get(r["id"], [])),
                )
                for r in ready
            ],
        )
        await orders.put_in_wave(tx, wave_id, [r["id"] for r in ready])
        await tx.emit(
            WaveMade(subject=wave_id, to={"orders": len(ready), "device": str(device_id)}),
        )
    return wave_id


def _merged(items: list[list[Any]]) -> list[list[Any]]:
    """One row for each SKU of a parcel."""
    by_sku: dict[str, list[Any]] = {}
    for sku_code, name, variant, qty, barcodes in items:
        known = by_sku.setdefault(sku_code, [sku_code, name, variant, 0, barcodes])
        known[3] += qty
    return list(by_sku.values())


async def withdraw(order_id: UUID) -> None:
    """End what belongs to a wave that the order has left: open picks, goods in the tote, its parcel. Idempotent.

    Whatever takes an order back (cancelled, refund asked, held, other lines) clears its wave in the same transaction;
    this follows as a job. A parcel that has left the house is called back, if its order is cancelled or refunded.
    """
    async with db.transaction() as tx:
        o = await db.row(
            """select id, no, cancelled_at, refund, handed_over_at, wave,
                      exists (select 1 from task t where t.order_id = o.id and t.kind = 'hold' and t.closed_at is null)
                        as held
               from sales_order o where id = $1 for update""",
            order_id,
        )
        if o is None:
            return
        reason = _why(o)
        left = o["handed_over_at"] is not None
        if left and reason not in ("cancelled", "refund_asked"):
            return
        if left and await parcels.delivered(order_id):
            said = f"{'取消' if reason == 'cancelled' else '申请退款'}：{o['no']}"
            words = "包裹已签收，不用拦截；请在平台上处理售后"
            await tasks.notify(tx, "service", "after_sale", f"签收后{said}", words, f"/orders/{order_id}")
            return
        keep = None if left else o["wave"]
        picks = await db.rows(
            """update pick set state = 'cancelled' where order_id = $1 and state in ('open', 'done', 'short')
                 and not $3 and wave is distinct from $2 returning id, wave, sku_code, name, variant, bin, picked""",
            order_id,
            keep,
            left,
        )
        stopped = await parcels.stop_for_order(tx, order_id, reason, keep)
        waiting = await _put_back_already([p["id"] for p in stopped])
        new = [
            t
            for p in stopped
            if (t := _to_do(o["no"], order_id, reason, p, picks)) is not None
            and not (t.kind == "put_back" and p["id"] in waiting)
        ]
        await tasks.open(tx, new)
        await tasks.close_for(tx, "shortage", [k["id"] for k in picks], "cancelled")
        await tasks.close_for(tx, "repick", [k["id"] for k in picks] + [p["id"] for p in stopped], "cancelled")
        await end_waves(list({k["wave"] for k in picks}))
        if picks or stopped:
            await tx.emit(PickWithdrawn(subject=order_id, reason=reason, to={"put_back": len(new)}))


async def _put_back_already(parcels: list[UUID]) -> set[UUID]:
    """Parcels that somebody is told to put back for another reason: once is enough."""
    found = await db.rows(
        "select subject_id from task where kind = 'put_back' and closed_at is null and subject_id = any($1::uuid[])",
        parcels,
    )
    return {r["subject_id"] for r in found}


def _why(o: Any) -> str:
    if o["cancelled_at"] is not None:
        return "cancelled"
    if o["refund"] == "asked" or (o["refund"] == "done" and o["handed_over_at"] is not None):
        return "refund_asked"
    return "held" if o["held"] else "changed"


def _to_do(order_no: str, order_id: UUID, reason: str, parcel: Any, picks: list[Any]) -> NewTask | None:
    """What people must do about a parcel that stops; None when nothing of it was touched yet."""
    left = parcel["state"] == "handed_over"
    touched = parcel["state"] in ("packed", "stopped") or any(k["picked"] for k in picks)
    if not left and not touched:
        return None
    goods = [[k["sku_code"], k["picked"], k["bin"]] for k in picks if k["picked"]]
    if not goods and parcel["state"] in ("packed", "stopped"):  # scanned whole, the picker's scans are on the way
        goods = [[sku, qty, ""] for sku, _, _, qty, *_ in msgspec.json.decode(parcel["items"])]
    return NewTask(
        kind="intercept" if left else "put_back",
        subject_kind="parcel",
        subject_id=parcel["id"],
        order_id=order_id,
        warehouse=parcel["warehouse"],
        reason=reason,
        detail={
            "order_no": order_no,
            "parcel_no": parcel["no"],
            "waybill_no": parcel["waybill_no"],
            "items": goods,
        },
    )


async def look_again(task_id: UUID) -> None:
    """The desk says that missing goods are there after all: the pick is open again on its device. Idempotent."""
    async with db.transaction() as tx:
        r = await db.row(
            """update pick k set state = 'open' from task t join sales_order o on o.id = t.order_id
               where t.id = $1 and t.kind = 'shortage' and k.id = t.subject_id and k.state = 'short'
                 and o.wave = k.wave and o.cancelled_at is null returning k.id, k.wave, k.order_id, k.sku_code""",
            task_id,
        )
        if r is None:
            return
        await db.run("update wave set state = 'open', on_floor = true where id = $1 and state = 'done'", r["wave"])
        await db.run("update pick set on_floor = true where id = $1", r["id"])
        await tx.emit(PickReopened(subject=r["order_id"], to={"sku": r["sku_code"]}))


async def move_wave(wave_id: UUID, device_id: UUID) -> None:
    """Give what is left of a wave to another device: its phone is lost, empty, or its picker went home.

    Scans that the old device still holds count all the same when they arrive. Raises NotFound, Conflict.
    """
    async with db.transaction() as tx:
        w = await db.row("select id, device, state, on_floor from wave where id = $1 for update", wave_id)
        if w is None:
            raise NotFound("no_wave", "没有这个波次")
        if not await db.value("select 1 from device where id = $1 and revoked_at is null", device_id):
            raise NotFound("no_device", "没有这台设备，或已停用")
        if w["device"] == device_id:
            raise Conflict("same_device", "这个波次已经在这台设备上")
        if not w["on_floor"]:
            raise Conflict("wave_over", "这个波次已经结束")
        await db.run("update wave set device = $2 where id = $1", wave_id, device_id)
        await db.run("update pick set device = $2 where wave = $1", wave_id, device_id)
        await tx.emit(WaveMoved(subject=wave_id, frm={"device": str(w["device"])}, to={"device": str(device_id)}))


async def end_waves(wave_ids: list[UUID]) -> list[UUID]:
    """Close waves that have no open pick left. Returns those closed now."""
    closed = await db.rows(
        """update wave w set state = 'done' where w.id = any($1::uuid[]) and w.state = 'open'
           and not exists (select 1 from pick p where p.wave = w.id and p.state = 'open') returning id""",
        wave_ids,
    )
    return [r["id"] for r in closed]
