"""What stock has a say in: retiring a SKU, and bundles, which lie on no shelf themselves."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from server.catalog import moves as catalog
from server.catalog.schemas import Part
from server.errors import Conflict, Invalid, NotFound
from server.events import BundleChanged, SkuRestored, SkuRetired
from server.kit import clock, db
from server.kit.ids import uuid7
from server.stock import locks

MAX_PARTS = 50


async def retire(sku_id: UUID) -> None:
    """Nothing new is sold as it; its listings wait for another SKU. What was shipped stays its story.

    Raises NotFound, Conflict while goods lie on the shelf, orders want it, or a bundle is made of it.
    """
    async with db.transaction() as tx:
        sku = await _lock([sku_id])
        if sku[sku_id]["retired_at"] is not None:
            return
        await _nothing_there(sku_id, "停用")
        bundle = await db.value(
            "select k.code from bundle_part p join sku k on k.id = p.bundle where p.part = $1 order by 1 limit 1",
            sku_id,
        )
        if bundle is not None:
            raise Conflict("in_a_bundle", f"组合装 {bundle} 还在用它，先从组合里去掉")
        wanted = await db.value(
            """select count(distinct o.id) from order_line l join sales_order o on o.id = l.order_id
               where l.sku = $1 and not l.gone and l.refund <> 'done' and o.cancelled_at is null
                 and o.handed_over_at is null and o.platform_state in ('paid', 'unpaid', 'unknown')""",
            sku_id,
        )
        if wanted:
            raise Conflict("sku_wanted", f"还有 {wanted} 张没发的订单要它，发完再停用")
        await db.run("update sku set retired_at = $2 where id = $1", sku_id, clock.now())
        await catalog.unmatch_sku(tx, sku_id)
        await tx.emit(SkuRetired(subject=sku_id, to={"code": sku[sku_id]["code"]}))


async def restore(sku_id: UUID) -> None:
    """It is sold again. Raises NotFound."""
    async with db.transaction() as tx:
        sku = await _lock([sku_id])
        if sku[sku_id]["retired_at"] is None:
            return
        await db.run("update sku set retired_at = null where id = $1", sku_id)
        await tx.emit(SkuRestored(subject=sku_id, to={"code": sku[sku_id]["code"]}))


async def set_parts(bundle: UUID, parts: Sequence[Part]) -> None:
    """What a bundle is made of; none: a SKU like any other again. Orders that are reserved keep what they reserved.

    Raises NotFound, Invalid, Conflict: it has stock of its own, is a part itself, or a part is a bundle or retired.
    """
    wanted = {p.sku_id: p.qty for p in parts}
    if len(wanted) < len(parts):
        raise Invalid("part_twice", "同一个货品写了两次，请合成一行")
    if len(wanted) > MAX_PARTS:
        raise Invalid("too_many_parts", f"一个组合装最多 {MAX_PARTS} 种货品")
    if bundle in wanted:
        raise Invalid("part_of_itself", "组合装不能包含它自己")
    async with db.transaction() as tx:
        skus = await _lock([bundle, *wanted])
        before = {r["part"]: r["qty"] for r in await db.rows(
            "select part, qty from bundle_part where bundle = $1", bundle
        )}  # fmt: skip
        if wanted == before:
            return
        if wanted:
            await _may_be_made_of(bundle, wanted, skus)
        await db.run("delete from bundle_part where bundle = $1", bundle)
        await db.copy(
            "bundle_part",
            ["id", "bundle", "part", "qty"],
            [(uuid7(), bundle, part, qty) for part, qty in sorted(wanted.items())],
        )
        await tx.emit(BundleChanged(subject=bundle, frm=_told(before), to=_told(wanted)))


def _told(parts: dict[UUID, int]) -> dict[str, Any]:
    return {"parts": [[str(part), qty] for part, qty in sorted(parts.items())]}


async def _may_be_made_of(bundle: UUID, parts: dict[UUID, int], skus: dict[UUID, Any]) -> None:
    if skus[bundle]["retired_at"] is not None:
        raise Conflict("sku_retired", "这个货品已停用")
    if gone := next((skus[p]["code"] for p in parts if skus[p]["retired_at"] is not None), None):
        raise Conflict("part_retired", f"货品 {gone} 已停用，不能放进组合装")
    inner = await db.value(
        """select k.code from bundle_part p join sku k on k.id = p.bundle
           where p.bundle = any($1::uuid[]) order by 1 limit 1""",
        list(parts),
    )
    if inner is not None:
        raise Conflict("part_is_bundle", f"{inner} 自己就是组合装，请直接选里面的货品")
    outer = await db.value(
        "select k.code from bundle_part p join sku k on k.id = p.bundle where p.part = $1 order by 1 limit 1", bundle
    )
    if outer is not None:
        raise Conflict("in_a_bundle", f"组合装 {outer} 里有它，它不能再是组合装")
    await _nothing_there(bundle, "改成组合装")


async def _lock(sku_ids: Sequence[UUID]) -> dict[UUID, Any]:
    """These SKUs, locked in order. Raises NotFound."""
    found = await db.rows(
        "select id, code, retired_at from sku where id = any($1::uuid[]) order by id for update", list(sku_ids)
    )
    if len(found) < len(set(sku_ids)):
        raise NotFound("no_sku", "没有这个货品")
    return {r["id"]: r for r in found}


async def _nothing_there(sku_id: UUID, what: str) -> None:
    """Raises Conflict while it has stock of its own. Its stock rows stay locked."""
    for warehouse in await db.rows("select warehouse from stock where sku = $1 order by warehouse", sku_id):
        await locks.available([sku_id], warehouse["warehouse"])
    left = await db.value("select sum(on_hand) from stock where sku = $1", sku_id)
    if left:
        raise Conflict("stock_left", f"还有 {left} 件库存，清空后才能{what}")
