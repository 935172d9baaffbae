"""Bugs put in on purpose. Each is a patch that child.py applies before the process starts; a proof must notice it.

None is a branch in product code. `found_by` names the proof that has to turn red.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from tests.prove import orders_plants

PDD_LAG_S = 2
"""So late does the sandbox list a change on PDD during a proof (the real one: three minutes)."""


class Plant(Struct, frozen=True):
    found_by: Literal["chain", "jobs", "orders"]
    says: str
    apply: Callable[[], None]


def _acknowledged_before_it_ran() -> None:
    from server.kit import db
    from server.kit import jobs as table
    from workers import actor

    run = actor._run

    async def early(leased: table.Leased, trace: str) -> None:
        async with db.connection() as c:
            await table.finish(c, leased)
        await run(leased, trace)

    actor._run = early


def _follow_up_deduplicated() -> None:
    from server.kit import jobs as table

    insert = table.insert

    async def deduplicated(connection: Any, new: Sequence[table.NewJob]) -> None:
        known = await connection.fetch(
            """select kind, key from job where kind = any($1::text[])
               and (state in ('ready', 'leased') or done_at > now() - interval '1 minute')""",
            [j.kind for j in new],
        )
        there = {(r["kind"], r["key"]) for r in known}
        await insert(connection, [j for j in new if (j.kind, j.key) not in there])

    table.insert = deduplicated


def _unfenced_lease() -> None:
    from server.kit import jobs as table

    async def anyone(connection: Any, job_id: UUID) -> table.Leased | None:
        r = await connection.fetchrow(
            """update job set state = 'leased', fence = fence + 1, tries = tries + 1,
                      lease_until = now() + interval '1 second'
               where id = $1 and state in ('ready', 'leased')
               returning id, kind, key, args::text, fence, tries, give_up_at""",
            job_id,
        )
        if r is None:
            return None
        import msgspec

        return table.Leased(**(dict(r) | {"args": msgspec.json.decode(r["args"])}))

    async def whoever(connection: Any, job: table.Leased) -> bool:
        await connection.execute("update job set state = 'done', done_at = now() where id = $1", job.id)
        return True

    table.lease, table.finish = anyone, whoever


def _lost_with_redis() -> None:
    from server.kit import jobs as table

    due = table.due

    async def once(connection: Any, limit: int = 200) -> list[UUID]:
        """What was sent is the broker's: it is not sent again."""
        found = await due(connection, limit)
        rows = await connection.fetch("select id from job where id = any($1::uuid[]) and tries = 0", found)
        await connection.execute("update job set sent_at = 'infinity' where id = any($1::uuid[])", found)
        return [r["id"] for r in rows]

    table.due = once


def _written_back_without_idempotency() -> None:
    from server.errors import Rejected
    from server.platforms.port import Shipment, Shipped, Shop
    from server.platforms.registry import connect as connect_one
    from workers import resources

    def connect(code: str, client: Any) -> Any:
        adapter = connect_one(code, client)
        ship: Callable[[Shop, Shipment], Awaitable[Shipped]] = adapter.ship

        async def once(shop: Shop, shipment: Shipment) -> Shipped:
            """A repeat is an error like any other."""
            shipped = await ship(shop, shipment)
            if shipped.already:
                raise Rejected("platform_rejected", "订单状态不允许发货")
            return shipped

        adapter.ship = once  # type: ignore[method-assign]
        return adapter

    resources.registry.connect = connect


def _waybill_without_idempotency() -> None:
    from uuid import uuid4

    from server.shipping import carriers

    waybill = carriers.Carrier.waybill

    async def fresh(self: Any, shipment_id: str, *rest: Any) -> Any:
        return await waybill(self, f"{shipment_id}.{uuid4().hex[:6]}", *rest)

    carriers.Carrier.waybill = fresh  # type: ignore[method-assign]


def _stale_label_accepted() -> None:
    from msgspec.structs import replace

    from server.devices import parcels
    from server.shipping import rules

    refuse = rules.refuse

    def blind(f: rules.Facts, seen: int) -> rules.Refusal | None:
        state = "ready" if f.label_state == "stale" else f.label_state
        return refuse(replace(f, label_version=f.order_version, label_state=state, old_label=False), 0)

    rules.refuse = parcels.shipping.refuse = blind


def _refund_ignored() -> None:
    from msgspec.structs import replace

    from server.devices.board import Board
    from server.shipping import rules

    refuse = rules.refuse

    def willing(f: rules.Facts, seen: int) -> rules.Refusal | None:
        state = "packed" if f.state in ("stopped", "cancelled") else f.state
        return refuse(replace(f, blocked="", stop="", state=state), seen)

    rules.refuse = willing
    Board.blocked = lambda *_: ""  # type: ignore[method-assign]


def _uplink_without_event_id() -> None:
    import secrets

    from msgspec.structs import replace

    from sync import sequence
    from sync.codec import Poison
    from sync.messages import Ev

    def naive(dev: bytes, last: int, top: int, events: Sequence[Ev | Poison], known: Any) -> sequence.Plan:
        """Every event that arrives is a new one."""
        fresh = [
            replace(e, id=secrets.token_bytes(16), n=10**12 + secrets.randbelow(10**9)) if e.n <= last else e
            for e in events
        ]
        upto = max((e.n for e in events), default=0)
        return sequence.Plan(fresh=tuple(fresh), upto=upto, last=max(last, upto))

    sequence.decide = naive


def _watermark_before_store() -> None:
    from server.kit import clock
    from server.platforms import actions, pulling, queries

    async def hasty(shop_id: UUID, platform: Callable[[str], Any], store: pulling.Store) -> int:
        shop, row = await queries.get_shop(shop_id)
        adapter = platform(shop.platform)

        windows = adapter.windows(row["watermark"], clock.now(), shop.settings)
        if windows:
            await actions.pulled(shop_id, windows[-1].until)
        new = 0
        for window in windows:
            async for page in adapter.changed(shop, window):
                new += await store(shop_id, shop.platform, page)
        return new

    pulling.pull = hasty


def _cancelled_stock_kept() -> None:
    from server.stock import moves

    async def keep(*_: Any, **__: Any) -> list[UUID]:
        return []

    moves.release = keep


def _order_twice() -> None:
    from server.orders import intake

    take = intake._take_new

    async def again(shop_id: UUID, platform: str, fresh: Any) -> Any:
        """The number on the platform is not what an order is known by."""

        twice = [(dict(r) | {"external_id": f"{r['external_id']} "}, m, body) for r, m, body in fresh[:1]]
        return await take(shop_id, platform, [*fresh, *twice])

    intake._take_new = again


PLANTS: dict[str, Plant] = {
    "ack-before-run": Plant("chain", "a job is acknowledged before it ran", _acknowledged_before_it_ran),
    "follow-up-dropped": Plant(
        "chain",
        "a follow-up is dropped when one of its kind and key waits, runs or ran a minute ago",
        _follow_up_deduplicated,
    ),
    "write-back-again": Plant("chain", "a repeated write-back is an error", _written_back_without_idempotency),
    "waybill-again": Plant("chain", "each try asks the carrier for another waybill", _waybill_without_idempotency),
    "stale-label": Plant("chain", "the door takes a label of an older address", _stale_label_accepted),
    "refund-ignored": Plant("chain", "the door does not ask for refunds and cancellations", _refund_ignored),
    "no-event-id": Plant("chain", "the uplink takes every event that arrives as a new one", _uplink_without_event_id),
    "watermark-first": Plant("chain", "a pull moves the watermark before it stored", _watermark_before_store),
    "stock-kept": Plant("chain", "what is cancelled keeps its stock", _cancelled_stock_kept),
    "order-twice": Plant("chain", "the first new order of a page is taken twice", _order_twice),
    "ack-first": Plant("jobs", "a job is acknowledged before it ran", _acknowledged_before_it_ran),
    "follow-up-lost": Plant("jobs", "as follow-up-dropped, for jobs entered while they run", _follow_up_deduplicated),
    "unfenced": Plant("jobs", "a lease keeps nobody else out", _unfenced_lease),
    "redis-is-truth": Plant("jobs", "a wake-up is sent once", _lost_with_redis),
} | {name: Plant("orders", says, apply) for name, (says, apply) in orders_plants.PLANTS.items()}
