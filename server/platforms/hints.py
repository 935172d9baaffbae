"""Hints: a push, or an answer that made no sense. A hint is never believed: the order is read back.

What is to be looked at is a row that was committed before the push is answered or confirmed.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

import msgspec
import structlog

from server.errors import Rejected, Unauthenticated, Unavailable
from server.kit import db
from server.kit.db import Tx
from server.kit.ids import uuid7
from server.kit.jobs import NewJob
from server.platforms import actions, breaker, paging, queries, tokens
from server.platforms.port import Hint, Platform, RawOrder, Shop
from server.tasks import moves as tasks
from server.tasks.moves import NewTask

log = structlog.get_logger(__name__)

BATCH: Final = 50
AGAIN_S: Final = (30.0, 300.0, 3_600.0, 21_600.0)
"""When an order whose answer made no sense is asked for again; then it waits for a person."""
MOST_TRIES: Final = 8
KEEP_DAYS: Final = 3
MOST_NAMED: Final = 200
"""So many orders are named in one task, the latest."""

Store = Callable[[UUID, str, Sequence[RawOrder]], Awaitable[int]]


async def take(tx: Tx, shop_id: UUID, hints: Sequence[Hint], source: str = "push") -> int:
    """Write them down; one that was told before (the same message) is known. Returns how many are new."""
    rows = [(uuid7(), h.kind, h.external_id[:100], h.id[:100]) for h in hints if h.external_id]
    if not rows:
        return 0
    found = await db.rows(
        """insert into hint(id, shop, kind, external_id, message, source)
           select i, $1, k, e, m, $6 from unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) u(i, k, e, m)
           on conflict (shop, message) where message <> '' do nothing returning id""",
        shop_id,
        *db.unzip(rows, 4),
        source,
    )
    if found:
        tx.enqueue(look_job(shop_id))
    return len(found)


async def again(tx: Tx, shop_id: UUID, external_ids: Sequence[str]) -> None:
    """The answers for these orders made no sense: ask again later, more and more rarely, until one does."""
    ids = sorted(set(external_ids))
    if not ids:
        return
    found = await db.rows(
        """insert into hint(id, shop, kind, external_id, source, due_at, tries)
           select i, $1, 'order', e, 'again', now() + make_interval(secs => ($4::float8[])[n + 1]), n
           from unnest($2::uuid[], $3::text[]) u(i, e)
           cross join lateral (select count(*)::int as n from hint h where h.shop = $1 and h.external_id = u.e
                               and h.source = 'again' and h.received_at > now() - interval '1 day') before
           where n < cardinality($4::float8[])
           on conflict (shop, kind, external_id) where source = 'again' and looked_at is null do nothing
           returning extract(epoch from due_at - now())::float8 as wait""",
        shop_id,
        [uuid7() for _ in ids],
        ids,
        list(AGAIN_S),
    )
    if found:
        tx.enqueue(look_job(shop_id, min(r["wait"] for r in found)))


def look_job(shop_id: UUID, delay_s: float = 0) -> NewJob:
    return NewJob(kind="platforms.look", key=str(shop_id), args={"shop_id": str(shop_id)}, delay_s=delay_s)


async def look(shop_id: UUID, platform: Callable[[str], Platform], store: Store) -> int:
    """Read back what is due, a batch at a time, and store it. Returns how many raw orders were new.

    Raises Unavailable: what was not reached stays due.
    """
    new = 0
    while True:
        shop, row = await queries.get_shop(shop_id)
        if row["state"] != "on":
            return new
        waiting = await db.rows(
            """select id, external_id, kind, tries from hint
               where shop = $1 and looked_at is null and due_at <= now() order by due_at, id limit $2""",
            shop_id,
            BATCH,
        )
        if not waiting:
            await _later(shop_id)
            return new
        breaker.check(row)
        adapter = platform(shop.platform)
        ids = sorted({r["external_id"] for r in waiting if r["kind"] == "order"})

        answers, trouble = await _reached(adapter, shop, ids)
        new += await store(shop_id, shop.platform, [a for a in answers.values() if isinstance(a, RawOrder)])
        settled = [r for r in waiting if r["kind"] != "order" or r["external_id"] in answers]
        await _looked(shop_id, settled, {i: a for i, a in answers.items() if isinstance(a, str)})
        if adapter.powers.refunds and any(r["kind"] == "refund" for r in settled):  # it names a case and no order
            async with db.transaction() as tx:
                tx.enqueue(NewJob(kind="platforms.refunds", key=str(shop_id), args={"shop_id": str(shop_id)}))
        if isinstance(trouble, Unauthenticated):
            await tokens.refused(shop_id, shop.access_token, trouble.message, can=adapter.powers.refresh)
            return new
        if trouble is not None:
            await breaker.failed(shop_id, trouble)
            raise trouble


async def _reached(
    adapter: Platform, shop: Shop, ids: Sequence[str]
) -> tuple[dict[str, RawOrder | str], Unauthenticated | Unavailable | None]:
    """The answers until one did not come, and why it did not: on a bad day some are better than none."""
    answers: dict[str, RawOrder | str] = {}
    for start in range(0, len(ids), paging.AT_ONCE):
        some = ids[start : start + paging.AT_ONCE]
        try:
            answers |= zip(some, await paging.each(some, partial(_read, adapter, shop)), strict=True)
        except (Unauthenticated, Unavailable) as e:
            return answers, e
    return answers, None


async def _read(adapter: Platform, shop: Shop, external_id: str) -> RawOrder | str:
    """The order, or in words why the platform does not give it."""
    try:
        return await adapter.order(shop, external_id)
    except Rejected as e:
        return e.message


async def _looked(shop_id: UUID, waiting: Sequence[Any], refused: dict[str, str]) -> None:
    """Settled, or (the platform does not know the order yet: its lists run ahead of its details) later."""
    async with db.transaction() as tx:
        gone = [r for r in waiting if r["external_id"] in refused]
        await db.run(
            "update hint set looked_at = now(), error = '' where id = any($1::uuid[])",
            [r["id"] for r in waiting if r["external_id"] not in refused],
        )
        if not gone:
            return
        await db.run(
            f"""update hint set tries = tries + 1, error = u.error,
                       due_at = now() + make_interval(secs => least(3600, 2 ^ least(tries + 2, 12))),
                       looked_at = case when tries + 1 >= {MOST_TRIES} then now() end
                from unnest($1::uuid[], $2::text[]) u(id, error) where hint.id = u.id""",
            [r["id"] for r in gone],
            [refused[r["external_id"]][:300] for r in gone],
        )
        if dead := sorted({r["external_id"] for r in gone if r["tries"] + 1 >= MOST_TRIES}):
            await _not_found(tx, shop_id, dead)


async def _not_found(tx: Tx, shop_id: UUID, dead: Sequence[str]) -> None:
    """A task that waits already names these orders too."""
    known = await db.value(
        """select detail -> 'orders' from task
           where kind = 'shop' and subject_id = $1 and reason = 'lookup_failed' and closed_at is null for update""",
        shop_id,
    )
    orders = list(dict.fromkeys([*(msgspec.json.decode(known) if known else []), *dead]))[-MOST_NAMED:]
    detail = {"orders": orders, "text": f"平台通知过这些订单，却查不到：{'、'.join(orders)}"}
    new = NewTask(kind="shop", subject_kind="shop", subject_id=shop_id, reason="lookup_failed", detail=detail)
    if not await tasks.open(tx, [new]):
        await db.run(
            """update task set detail = $2::jsonb
               where kind = 'shop' and subject_id = $1 and reason = 'lookup_failed' and closed_at is null""",
            shop_id,
            db.jsonb(detail),
        )


async def _later(shop_id: UUID) -> None:
    """The next look, when one is due later."""
    wait = await db.value(
        """select extract(epoch from min(due_at) - now())::float8 from hint where shop = $1 and looked_at is null""",
        shop_id,
    )
    if wait is not None:
        async with db.transaction() as tx:
            tx.enqueue(look_job(shop_id, max(0.5, wait)))


async def listen(shop_id: UUID, platform: Callable[[str], Platform], most: int = 20) -> int:
    """Fetch the app's pushes, write them down, and only then confirm them. Returns how many were new."""
    shop, row = await queries.get_shop(shop_id)
    if row["state"] != "on" or shop.external_id.startswith("?"):  # whose are they? see connect.named()
        return 0
    adapter, new = platform(shop.platform), 0
    try:
        for _ in range(most):
            found = await adapter.messages(shop)
            if not found:
                break
            async with db.transaction() as tx:
                new += await take(tx, shop_id, found)
            await adapter.confirm(shop, [h.id for h in found if h.id])
    except Unauthenticated as e:
        await tokens.refused(shop_id, shop.access_token, e.message, can=adapter.powers.refresh)
    except Rejected as e:
        await actions.refused(shop_id, "push_refused", f"收不到平台的通知（订单照常按时拉取）：{e.message}")
    else:
        await actions.answered(shop_id, "push_refused")
    return new


async def tidy() -> int:
    """Forget hints that were settled days ago."""
    return db.touched(await db.run("delete from hint where looked_at < now() - make_interval(days => $1)", KEEP_DAYS))
