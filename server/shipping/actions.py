"""打单 and 出库 after the scan: waybills, stale labels, what the carrier and the platforms are told, and what they say.

Each is claim → call → settle, idempotent, with no call inside a transaction. Sheets are in papers.py.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import msgspec
import structlog

from server.errors import NotFound, Rejected, Unauthenticated, Unavailable
from server.events import (
    OrderWrittenBack,
    ParcelCollected,
    ParcelDelivered,
    ParcelLeftAnyway,
    WaybillMade,
    WriteBackRefused,
)
from server.kit import clock, db
from server.kit.db import Tx
from server.kit.ids import uuid7
from server.kit.jobs import NewJob
from server.orders import moves as orders
from server.platforms import breaker, limiter, tokens
from server.platforms import queries as shops
from server.platforms.port import Platform, Shipment
from server.shipping import moves, queries
from server.shipping.carriers import Carrier, Track, Waybill
from server.tasks import moves as tasks
from server.tasks.moves import NewTask

log = structlog.get_logger(__name__)

AT_ONCE = 5
BATCH = 200
MAX_ASKED = 5_000
PARCEL_WEIGHT_G = 500
"""Until goods have weights: what the carrier is told."""
WRITE_BACK_S = 86_400.0
_SHOP_WAITS_S = 300.0


# -- waybills -------------------------------------------------------------------------------------------------------
async def make_waybills(http: httpx.AsyncClient) -> int:
    """A waybill for every parcel that wants one. Returns how many were made.

    Idempotent at the carrier by shipment id '<parcel>.v<order version>': a repeat gets the same number, a newer version
    another. Raises Unavailable when some could not be asked for; what was answered is kept.
    """
    account, _, _ = await queries.get_carrier()
    carrier = Carrier(http, account)
    asked: set[tuple[UUID, int]] = set()
    made = 0
    while True:
        wanting = [
            p for p in await queries.without_waybill(BATCH + len(asked)) if (p["id"], p["order_version"]) not in asked
        ]
        if not wanting or len(asked) >= MAX_ASKED:
            return made
        for i in range(0, len(wanting), AT_ONCE):
            some = wanting[i : i + AT_ONCE]
            asked.update((p["id"], p["order_version"]) for p in some)
            answers = await asyncio.gather(*(_waybill(carrier, p) for p in some), return_exceptions=True)
            made += await _settle_waybills(account.code, list(zip(some, answers, strict=True)))
            for answer in answers:
                if isinstance(answer, BaseException) and not isinstance(answer, Rejected):
                    raise answer


async def _waybill(carrier: Carrier, parcel: Any) -> Waybill:
    receiver = {
        "region": msgspec.json.decode(parcel["region"]),
        "token": msgspec.json.decode(parcel["token"]),
        "masked": msgspec.json.decode(parcel["masked"]),
    }
    return await carrier.waybill(f"{parcel['id']}.v{parcel['order_version']}", receiver, PARCEL_WEIGHT_G)


async def _settle_waybills(carrier: str, answered: Sequence[tuple[Any, Waybill | BaseException]]) -> int:
    got = [(p["id"], p["order_version"], w.waybill_no, w.route_code) for p, w in answered if isinstance(w, Waybill)]
    refused = [(p, e) for p, e in answered if isinstance(e, Rejected)]
    async with db.transaction() as tx:
        # One that became stale meanwhile is asked for again; a number that is superseded stays known, as 旧面单.
        settled = await db.rows(
            """update parcel p set waybill_no = u.no, route_code = u.route, carrier = $5, label_state = 'none',
                      old_waybills = case when p.waybill_no in ('', u.no) or p.waybill_no = any(p.old_waybills)
                                          then p.old_waybills else p.old_waybills || p.waybill_no end
               from unnest($1::uuid[], $2::int[], $3::text[], $4::text[]) u(id, version, no, route)
               where p.id = u.id and p.order_version = u.version and p.state in ('picking', 'ready', 'packed')
                 and (p.waybill_no = '' or p.label_state = 'stale')
               returning p.id, p.waybill_no, p.order_version""",
            *db.unzip(got, 4),
            carrier,
        )
        await tasks.open(
            tx,
            [
                NewTask(
                    kind="dead_job",
                    subject_kind="parcel",
                    subject_id=p["id"],
                    order_id=p["order_id"],
                    reason="waybill_refused",
                    detail={"parcel_no": p["no"], "carrier": carrier, "message": e.message[:200]},
                )
                for p, e in refused
            ],
        )
        await tasks.close_for(tx, "dead_job", [r["id"] for r in settled], "served", ["waybill_refused"])
        await tx.emit(
            *(
                WaybillMade(
                    subject=r["id"],
                    to={"waybill_no": r["waybill_no"], "carrier": carrier, "version": r["order_version"]},
                )
                for r in settled
            )
        )
    return len(settled)


async def relabel(order_id: UUID) -> int:
    """The receiver changed: sheets of older versions are void, new waybills follow. Returns the parcels concerned.

    A packed parcel wants a new sheet on it, one that has left wants to be intercepted: a person does both.
    """
    async with db.transaction() as tx:
        version = await db.value("select receiver_version from sales_order where id = $1 for update", order_id)
        if version is None:
            raise NotFound("no_order", "没有这张订单")
        stale = await moves.stop_stale(tx, order_id, version)
        if not stale:
            return 0
        await db.run(
            """update print_job set state = 'stale' where kind = 'label' and subject_id = any($1::uuid[])
               and version < $2 and state <> 'stale'""",
            [p["id"] for p in stale],
            version,
        )
        left = [p for p in stale if p["state"] == "handed_over"]
        kinds = {"packed": "reprint", "handed_over": "intercept"}
        await tasks.open(
            tx,
            [
                NewTask(
                    kind=kinds[p["state"]],
                    subject_kind="parcel",
                    subject_id=p["id"],
                    order_id=order_id,
                    warehouse=p["warehouse"],
                    reason="receiver_changed",
                    detail={"order_no": p["order_no"], "parcel_no": p["no"], "waybill_no": p["waybill_no"]},
                )
                for p in stale
                if p["state"] in kinds
            ],
        )
        if left:
            text = "、".join(f"{p['order_no']}({p['waybill_no']})" for p in left)
            await tasks.notify(
                tx, "service", "intercept", "收件信息在出库后变更，请拦截", text, "/tasks?kind=intercept"
            )
        if len(left) < len(stale):
            tx.enqueue(NewJob(kind="shipping.waybills"))
    return len(stale)


# -- hand-over to the carrier ---------------------------------------------------------------------------------------
async def tell_carrier(http: httpx.AsyncClient) -> int:
    """Tell the carrier which parcels are in its van. Returns how many it took. Numbers it does not know: a task."""
    account, _, _ = await queries.get_carrier()
    parcels = await queries.to_manifest(MAX_ASKED)
    taken = 0
    for i in range(0, len(parcels), BATCH):
        some = {p["waybill_no"]: p["id"] for p in parcels[i : i + BATCH]}
        orders_of = {p["id"]: p["order_id"] for p in parcels[i : i + BATCH]}
        handed = await Carrier(http, account).hand_over(list(some))
        async with db.transaction() as tx:
            taken += db.touched(
                await db.run(
                    "update parcel set manifested_at = now() where id = any($1::uuid[]) and manifested_at is null",
                    [some[no] for no in handed.accepted if no in some],
                )
            )
            await tasks.open(
                tx,
                [
                    NewTask(
                        kind="dead_job",
                        subject_kind="parcel",
                        subject_id=some[no],
                        order_id=orders_of[some[no]],
                        reason="waybill_unknown",
                        detail={"waybill_no": no, "message": f"{account.name} 不认识这个面单号，请联系快递"},
                    )
                    for no in handed.unknown
                    if no in some
                ],
            )
    return taken


# -- write-back -----------------------------------------------------------------------------------------------------
async def write_back(parcel_id: UUID, platform: Callable[[str], Platform]) -> bool:
    """发货回传: tell the platform the waybill number. True when the platform has it, now or before.

    A no is a task for a person; Unavailable is raised, and the job tries again until its give-up time.
    """
    r = await queries.to_write_back(parcel_id)
    if r is None:
        return False
    shop, row = await shops.get_shop(r["shop"])
    breaker.check(row)
    shipment = Shipment(external_id=r["external_id"], waybill_no=r["waybill_no"], carrier_code=r["carrier"])
    adapter = platform(shop.platform)
    try:
        with limiter.urgent():
            shipped = await adapter.ship(shop, shipment)
    except Unauthenticated as e:
        await tokens.refused(r["shop"], shop.access_token, e.message, can=adapter.powers.refresh)
        raise Unavailable("shop_needs_auth", e.message, retry_after=_SHOP_WAITS_S) from e
    except Rejected as e:
        async with db.transaction() as tx:
            await write_back_needs_person(tx, parcel_id, e.code, e.message)
        return False
    async with db.transaction() as tx:
        news = await orders.mark(tx, "written_back", [r["order_id"]], clock.now())
        await tasks.close_for(tx, "write_back", [parcel_id], "served")
        await tx.emit(
            *(
                OrderWrittenBack(
                    subject=order_id,
                    to={"waybill_no": r["waybill_no"], "carrier": r["carrier"], "already": shipped.already},
                )
                for order_id in news
            )
        )
    return True


async def write_back_needs_person(tx: Tx, parcel_id: UUID, reason: str, words: str) -> None:
    """The platform said no, or did not answer for a day: customer service must look."""
    r = await db.row(
        """select p.id, p.order_id, p.no, p.order_no, p.waybill_no, p.carrier, o.platform from parcel p
           join sales_order o on o.id = p.order_id where p.id = $1""",
        parcel_id,
    )
    if r is None:
        return
    opened = await tasks.open(
        tx,
        [
            NewTask(
                kind="write_back",
                subject_kind="parcel",
                subject_id=parcel_id,
                order_id=r["order_id"],
                reason=reason,
                detail={
                    "order_no": r["order_no"],
                    "parcel_no": r["no"],
                    "waybill_no": r["waybill_no"],
                    "carrier": r["carrier"],
                    "platform": r["platform"],
                    "message": words[:200],
                },
            )
        ],
    )
    if opened:
        await tx.emit(WriteBackRefused(subject=r["order_id"], reason=reason, to={"waybill_no": r["waybill_no"]}))
        title = f"发货回传失败：{r['order_no']}"
        await tasks.notify(tx, "service", "write_back", title, words[:200], f"/orders/{r['order_id']}")


# -- what the carrier reports ---------------------------------------------------------------------------------------
async def tracking_due() -> bool:
    """Is there a parcel under way, or one that may be although the house does not know it?

    A hand-over that is refused when it arrives may have happened all the same: the phone was offline at the door.
    """
    return bool(
        await db.value(
            """select exists (select 1 from parcel where delivered_at is null and waybill_no <> '' and (
                 state = 'handed_over' or (packed_at > now() - interval '7 days' and collected_at is null)))"""
        )
    )


async def track(http: httpx.AsyncClient) -> int:
    """Read the carrier's reports from the cursor on: collected, delivered. Returns how many reports were read."""
    account, cursor, carrier_id = await queries.get_carrier()
    carrier = Carrier(http, account)
    read = 0
    while True:
        tracks = await carrier.tracks(cursor)
        if not tracks.events:
            return read
        async with db.transaction() as tx:
            await _settle_tracks(tx, tracks.events)
            await db.run(
                "update carrier set cursor = $2 where id = $1 and cursor = $3", carrier_id, tracks.next, cursor
            )
        read += len(tracks.events)
        if tracks.next == cursor:
            return read
        cursor = tracks.next


async def _settle_tracks(tx: Tx, events: Sequence[Track]) -> None:
    """The first report of each kind counts. The order's state on its platform comes from the platform."""
    collected = await _first(events, "collected", "p.state = 'handed_over'")
    by_moment: dict[datetime, list[UUID]] = {}
    for r in collected:
        by_moment.setdefault(r["at"], []).append(r["order_id"])
    for at, order_ids in sorted(by_moment.items()):
        await orders.mark(tx, "collected", order_ids, at)
    await tx.emit(*(ParcelCollected(subject=r["id"], happened_at=r["at"]) for r in collected))
    await _left_anyway(tx, events)
    # Of one whose hand-over is not known yet it is kept too, and told when it is: see moves.hand_over().
    delivered = await _first(events, "delivered", "p.packed_at is not null")
    gone = [r for r in delivered if r["state"] != "packed"]
    await tx.emit(*(ParcelDelivered(subject=r["id"], happened_at=r["at"]) for r in gone))


async def _left_anyway(tx: Tx, events: Sequence[Track]) -> None:
    """The carrier has a parcel that the house never let go. One that is stopped, or under a number that was replaced,
    somebody must call back. Of a right one the scan may still be on its way: see forgotten()."""
    some = {e.waybill_no: e.at for e in events if e.kind == "collected"}
    found = await db.rows(
        """update parcel p set collected_at = coalesce(p.collected_at, u.at)
           from unnest($1::text[], $2::timestamptz[]) u(no, at)
           where (p.waybill_no = u.no and p.state <> 'handed_over' or p.old_waybills @> array[u.no])
             and p.packed_at is not null
           returning p.id, p.no, p.order_id, p.order_no, p.state, p.stop, p.warehouse, p.waybill_no,
                     p.items::text as items, u.no as number, u.at""",
        *db.unzip(some.items(), 2),
    )
    await _call_back(tx, [r for r in found if r["state"] != "packed" or r["stop"] or r["number"] != r["waybill_no"]])


async def forgotten() -> int:
    """Right parcels that the carrier took hours ago and whose hand-over was never scanned, or never sent. Returns how
    many are new."""
    async with db.transaction() as tx:
        found = await db.rows(
            """select id, no, order_id, order_no, state, stop, warehouse, waybill_no, items::text as items,
                      waybill_no as number, collected_at as at from parcel
               where state = 'packed' and collected_at < now() - interval '2 hours' order by id for update"""
        )
        return await _call_back(tx, found)


async def _call_back(tx: Tx, found: Sequence[Any]) -> int:
    told = {r["id"]: uuid7() for r in found}
    opened = await tasks.open(
        tx,
        [
            NewTask(
                id=told[r["id"]],
                kind="left_anyway",
                subject_kind="parcel",
                subject_id=r["id"],
                order_id=r["order_id"],
                warehouse=r["warehouse"],
                reason=r["stop"] or ("old_label" if r["number"] != r["waybill_no"] else "not_scanned"),
                detail={
                    "order_no": r["order_no"],
                    "parcel_no": r["no"],
                    "waybill_no": r["number"],
                    "items": [[sku, qty, ""] for sku, _, _, qty, *_ in msgspec.json.decode(r["items"])],
                    "text": f"快递已揽收 {r['number']}，系统里没有出库：该退回的联系快递，并盘点这些货品",
                },
            )
            for r in found
        ],
    )
    if opened:
        found = [r for r in found if told[r["id"]] in opened]
        await tx.emit(
            *(
                ParcelLeftAnyway(
                    subject=r["id"], happened_at=r["at"], reason=r["stop"] or r["state"], to={"waybill_no": r["number"]}
                )
                for r in found
            )
        )
        words = f"{'、'.join(r['no'] for r in found[:5])}：快递已揽收，系统里没有出库"
        for role in ("service", "stock"):
            await tasks.notify(tx, role, "left_anyway", "包裹已在快递手里", words, "/tasks")
    return len(opened)


async def _first(events: Sequence[Track], kind: str, of: str) -> list[Any]:
    column = {"collected": "collected_at", "delivered": "delivered_at"}[kind]
    some = [(e.waybill_no, e.at) for e in events if e.kind == kind]
    if not some:
        return []
    return await db.rows(
        f"""update parcel p set {column} = u.at
            from (select no, min(at) as at from unnest($1::text[], $2::timestamptz[]) v(no, at) group by no) u
            where p.waybill_no = u.no and p.{column} is null and {of}
            returning p.id, p.order_id, p.state, u.at""",
        *db.unzip(some, 2),
    )
