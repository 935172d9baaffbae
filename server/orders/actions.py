"""审单 and 占用: use cases of orders after intake. One function, one transaction."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from server.catalog import queries as catalog
from server.errors import Conflict, Invalid, NotFound
from server.events import (
    BuyerDataExpired,
    Event,
    NoteRevealed,
    OrderHeld,
    OrderReleased,
    OrderReviewed,
    OrderWithdrawn,
    StockReserved,
    StockShort,
)
from server.kit import clock, crypto, db
from server.kit.ids import uuid7
from server.kit.jobs import NewJob
from server.orders import matching, moves, queries, rules
from server.orders.changes import KEEP_PERSONAL
from server.orders.schemas import OrderSeen, Reason
from server.stock import moves as stock
from server.stock.schemas import Want
from server.tasks import moves as tasks
from server.tasks.moves import NewTask

REVIEW_BATCH = 500
RESERVE_BATCH = 400


async def review_pending() -> int:
    """Decide for a batch of orders whether they may go on or must wait, and why. Returns how many were looked at."""
    at = clock.now()
    async with db.transaction() as tx:
        locked = await queries.lock_for_review(REVIEW_BATCH)
        if not locked:
            return 0
        order_ids = [r["id"] for r in locked]
        await matching.match_lines(tx, order_ids)
        seen = await queries.seen_for_review(locked)
        history = await queries.hold_history(order_ids)
        pardoned = {(h["subject_id"], h["reason"], h["fingerprint"]) for h in history if h["outcome"] == "released"}
        open_now: dict[UUID, dict[str, Any]] = {}
        for h in history:
            if h["open"]:
                open_now.setdefault(h["subject_id"], {})[h["reason"]] = h
        opened: list[NewTask] = []
        ended: list[UUID] = []
        clear: list[UUID] = []
        events: list[Event] = []
        back: list[UUID] = []
        asked_anew: list[tuple[UUID, Reason]] = []
        over: list[UUID] = []
        held: dict[str, list[UUID]] = {}
        for o, row in zip(seen, locked, strict=True):
            reasons = (
                [r for r in rules.review(o) if (o.id, r.code, r.fingerprint) not in pardoned] if rules.due(o) else []
            )
            codes = {r.code for r in reasons}
            known = open_now.get(o.id, {})
            ended += [h["id"] for code, h in known.items() if code not in codes and code not in rules.BY_HAND]
            news = [r for r in reasons if r.code not in known]
            asked_anew += [
                (known[r.code]["id"], r)
                for r in _first_of_each(reasons)
                if r.code in known and known[r.code]["fingerprint"] != r.fingerprint
            ]
            opened += [_hold(o, r) for r in news]
            waits = bool(reasons) or not rules.BY_HAND.isdisjoint(known)
            if news and row["reviewed_at"] is not None:
                events.append(OrderHeld(subject=o.id, reason=news[0].code, to={"holds": sorted(codes)}))
                held.setdefault(news[0].code, []).append(o.id)
            elif news:
                events.append(OrderHeld(subject=o.id, reason=news[0].code, to={"holds": sorted(codes)}))
            if not waits and rules.due(o) and o.paid:
                clear.append(o.id)
            if not rules.due(o):
                over.append(o.id)
            if not rules.due(o) and row["reviewed_at"] is not None and row["handed_over_at"] is None:
                # Shipped from the shop's own console, refunded whole …: what we set aside must not go on.
                back.append(o.id)
        for code, waiting in held.items():
            await _pull_back(tx, waiting, code)
        if back:
            await _pull_back(tx, back, "not_due")
            events += [OrderWithdrawn(subject=i, reason="not_due") for i in back]
        await tasks.open(tx, opened)
        await tasks.close(tx, ended, "settled")
        await tasks.close_for(tx, "shortage", over, "settled")
        await queries.mark_holds([(i, _told(r)) for i, r in asked_anew])
        await db.run("update sales_order set review_due = false where id = any($1::uuid[])", order_ids)
        done, free = await moves.mark(tx, "reviewed", clear, at), set(clear)
        events += [OrderReviewed(subject=i) for i in done]
        if any(r["id"] in free and r["reviewed_at"] is not None and r["reserved_at"] is None for r in locked):
            # Looked at twice before stock was set aside: reserving passed over it meanwhile, and no event follows.
            tx.enqueue(NewJob(kind="orders.reserve"))
        await tx.emit(*events)
    return len(locked)


def _first_of_each(reasons: Sequence[Reason]) -> list[Reason]:
    """Of several reasons with one code the first is the one that a task tells."""
    return list({r.code: r for r in reversed(reasons)}.values())


def _told(r: Reason) -> dict[str, Any]:
    return {**r.detail, "fingerprint": r.fingerprint, "releasable": r.code in rules.RELEASABLE}


def _hold(o: OrderSeen, r: Reason) -> NewTask:
    return NewTask(
        kind="hold",
        subject_kind="order",
        subject_id=o.id,
        order_id=o.id,
        reason=r.code,
        detail=_told(r),
    )


async def _pull_back(tx: db.Tx, order_ids: Sequence[UUID], reason: str) -> None:
    await stock.release(tx, order_ids, reason)
    await moves.withdraw(tx, order_ids)


async def reserve_pending() -> int:
    """Set stock aside for a batch of reviewed orders, all of an order's lines or none.

    Returns how many were decided anew: 0 ends the loop, though some stay short.
    """
    at = clock.now()
    async with db.transaction() as tx:
        order_ids = await queries.lock_for_reserving(RESERVE_BATCH)
        if not order_ids:
            return 0
        warehouse = (await catalog.get_warehouse()).id
        wants = [Want(r["order_id"], r["id"], r["sku"], r["qty"]) for r in await queries.wanted_lines(order_ids)]
        _, short = await stock.reserve(tx, wants, warehouse)
        refused = {s.order_id for s in short}
        served = [i for i in order_ids if i not in refused]
        done = await moves.mark(tx, "reserved", served, at)
        await tasks.close_for(tx, "shortage", served, "served")
        news = await db.rows(
            "update sales_order set short_at = $2 where id = any($1::uuid[]) and short_at is null returning id",
            list(refused),
            at,
        )
        new_short = {r["id"] for r in news}
        names = await catalog.sku_names([s.sku for s in short])
        await tasks.open(
            tx,
            [
                NewTask(
                    kind="shortage",
                    subject_kind="order",
                    subject_id=s.order_id,
                    order_id=s.order_id,
                    reason="stock_short",
                    detail={"sku": names.get(s.sku, ""), "wanted": s.wanted, "available": s.available},
                )
                for s in short
                if s.order_id in new_short
            ],
        )
        await tx.emit(
            *(StockReserved(subject=i) for i in done),
            *(
                StockShort(subject=s.order_id, to={"sku": str(s.sku), "wanted": s.wanted, "available": s.available})
                for s in short
                if s.order_id in new_short
            ),
        )
    return len(done) + len(new_short)


async def release_hold(order_id: UUID, task_id: UUID, reason: str) -> None:
    """A person says: ship it all the same.

    Raises Invalid without a reason, NotFound, Conflict when the hold ends only by mending its cause.
    """
    if not reason.strip():
        raise Invalid("reason_needed", "请写明放行原因")
    async with db.transaction() as tx:
        await queries.lock(order_id)  # order before task, as review does
        task = await db.row(
            """select id, reason, closed_at, coalesce((detail ->> 'releasable')::bool, false) as releasable
               from task where id = $1 and order_id = $2 and kind = 'hold' for update""",
            task_id,
            order_id,
        )
        if task is None:
            raise NotFound("no_hold", "没有这条挂起")
        if task["closed_at"] is not None:
            raise Conflict("hold_closed", "这条挂起已经处理过了，请刷新")
        if not task["releasable"] and task["reason"] != "manual":
            raise Conflict("not_releasable", "这类挂起不能直接放行，请先处理原因(例如匹配货品)")
        await tasks.close(tx, [task_id], "released", reason)
        await db.run("update sales_order set review_due = true where id = $1", order_id)
        await tx.emit(OrderReleased(subject=order_id, reason=reason, frm={"hold": task["reason"]}))


async def hold_order(order_id: UUID, reason: str) -> None:
    """A person says: wait.

    Raises Invalid without a reason, NotFound, Conflict when it has left the house or is over.
    """
    if not reason.strip():
        raise Invalid("reason_needed", "请写明挂起原因")
    async with db.transaction() as tx:
        o = await db.row(
            "select handed_over_at, cancelled_at, platform_state from sales_order where id = $1 for update", order_id
        )
        if o is None:
            raise NotFound("no_order", "没有这张订单")
        if o["handed_over_at"] is not None:
            raise Conflict("already_out", "包裹已出库，不能挂起")
        if o["cancelled_at"] is not None or o["platform_state"] in ("shipped", "completed"):
            raise Conflict("order_over", "订单已取消、已发货或已完成，不用挂起")
        await tasks.open(
            tx,
            [
                NewTask(
                    kind="hold",
                    subject_kind="order",
                    subject_id=order_id,
                    order_id=order_id,
                    reason="manual",
                    detail={"note": reason, "releasable": True, "fingerprint": uuid7().hex},
                )
            ],
        )
        await _pull_back(tx, [order_id], "manual")
        await tx.emit(OrderHeld(subject=order_id, reason=reason, to={"holds": ["manual"]}))


async def expire_personal() -> int:
    """Take away what buyers' receivers and notes said in clear when its day has come, and destroy the keys of months
    that are past it as a whole: copies and backups with them. Returns how many keys."""
    async with db.transaction() as tx:
        await db.run(
            "update receiver_version set sealed = null where sealed is not null and expires_at < $1", clock.now()
        )
        # A month's key goes when the last day of that month is old enough.
        gone = await crypto.destroy_expired(clock.now() - KEEP_PERSONAL)
        await tx.emit(*(BuyerDataExpired(subject=i) for i in gone))
    return len(gone)


async def reveal_note(order_id: UUID) -> str:
    """The buyer's note in clear; that it was read is part of the story.

    Raises NotFound.
    """
    async with db.transaction() as tx:
        r = await db.row(
            """select r.id, r.sealed, r.sealed_key, r.expires_at from receiver_version r
               join sales_order o on o.id = r.order_id
               where o.id = $1 and r.version = o.receiver_version""",
            order_id,
        )
        if r is None:
            raise NotFound("no_note", "没有买家留言")
        if r["sealed"] is None or (r["expires_at"] is not None and r["expires_at"] < clock.now()):
            raise NotFound("note_expired", "买家留言已过保存期限")
        private = msgspec.json.decode(
            await crypto.open_sealed(r["sealed_key"], r["sealed"], f"receiver_version|sealed|{r['id']}")
        )
        if not private.get("note"):
            raise NotFound("no_note", "没有买家留言")
        await tx.emit(NoteRevealed(subject=order_id))
    return str(private["note"])
