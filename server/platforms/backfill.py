"""Back-fill: orders of past days read once more, day by day; what is known already changes nothing."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from server.errors import Conflict, Invalid, NotFound, Rejected, Unauthenticated, Unavailable
from server.events import BackfillStarted
from server.kit import clock, db
from server.kit.context import actor
from server.kit.db import Tx
from server.kit.ids import uuid7
from server.kit.jobs import NewJob
from server.platforms import breaker, queries, tokens
from server.platforms.body import BEIJING
from server.platforms.port import Platform, Window
from server.platforms.pulling import Store
from server.tasks import moves as tasks
from server.tasks.moves import NewTask

MOST_DAYS: Final = 90
"""No platform gives out older orders."""


class BackfillView(msgspec.Struct, frozen=True, kw_only=True):
    """done, of: days."""

    id: UUID
    day_from: date
    day_to: date
    state: str
    done: int
    of: int
    seen: int
    stored: int
    error: str
    made_at: datetime


async def start(shop_id: UUID, day_from: date, day_to: date) -> UUID:
    """Raises Invalid, NotFound, Conflict (one runs already, or the shop is not on)."""
    today = clock.now().astimezone(BEIJING).date()
    if not (today - timedelta(days=MOST_DAYS) <= day_from <= day_to <= today):
        raise Invalid("bad_days", f"请选择最近 {MOST_DAYS} 天内的日期，开始日期不晚于结束日期")
    async with db.transaction() as tx:
        state = await db.value("select state from shop where id = $1 for update", shop_id)
        if state is None:
            raise NotFound("no_shop", "没有这个店铺")
        if state != "on":
            raise Conflict("shop_off", "店铺没有启用或授权已失效，不能补拉")
        if await db.value("select 1 from backfill where shop = $1 and state = 'running'", shop_id):
            raise Conflict("backfill_runs", "这家店铺正在补拉，请等它结束或先停止")
        new = uuid7()
        await db.run(
            "insert into backfill(id, shop, day_from, day_to, next_day, person) values($1, $2, $3, $4, $3, $5)",
            new,
            shop_id,
            day_from,
            day_to,
            actor().person,
        )
        await tx.emit(BackfillStarted(subject=shop_id, to={"from": day_from.isoformat(), "to": day_to.isoformat()}))
        tx.enqueue(_job(shop_id))
        return new


async def reconcile(can: Callable[[str], bool]) -> int:
    """Every night: yesterday's and today's orders once more, so that what slipped through anything else is found.
    can: platform code -> is there a way to read past days. Returns how many shops."""
    today = clock.now().astimezone(BEIJING).date()
    started = 0
    for r in await db.rows("select id, platform from shop where state = 'on' order by id"):
        if can(r["platform"]):
            try:
                await start(r["id"], today - timedelta(days=1), today)
                started += 1
            except Conflict:
                continue  # one runs already
    return started


async def stop(shop_id: UUID) -> None:
    """Raises NotFound; Conflict: none runs."""
    await queries.get_shop(shop_id)
    tag = await db.run(
        "update backfill set state = 'stopped', ended_at = now() where shop = $1 and state = 'running'", shop_id
    )
    if not db.touched(tag):
        raise Conflict("no_backfill", "这家店铺没有正在进行的补拉")


async def run(shop_id: UUID, platform: Callable[[str], Platform], store: Store) -> bool:
    """Read one day; then the job enters itself for the next. True while there is more.

    Raises Unavailable: the same day again later.
    """
    work = await db.row("select * from backfill where shop = $1 and state = 'running'", shop_id)
    if work is None:
        return False
    shop, row = await queries.get_shop(shop_id)
    if row["state"] == "off":
        await db.run(
            "update backfill set state = 'stopped', ended_at = now() where id = $1 and state = 'running'", work["id"]
        )
        return False
    breaker.check(row)
    adapter = platform(shop.platform)
    day: date = work["next_day"]
    since = datetime.combine(day, time.min, BEIJING).astimezone(UTC)
    seen = stored = 0
    try:
        async for page in adapter.placed(shop, Window(since, since + timedelta(days=1) - timedelta(seconds=1))):
            seen += len(page)
            stored += await store(shop_id, shop.platform, page)
    except Unauthenticated as e:
        await tokens.refused(shop_id, shop.access_token, e.message, can=adapter.powers.refresh)
        raise Unavailable("shop_needs_auth", e.message, retry_after=60) from e
    except Rejected as e:
        async with db.transaction() as tx:
            await failed(tx, shop_id, e.message, work["id"])
        return False
    except Unavailable as e:
        await breaker.failed(shop_id, e)
        raise
    async with db.transaction() as tx:
        more = await db.value(
            """update backfill set next_day = next_day + 1, seen = seen + $3, stored = stored + $4,
                      state = case when next_day >= day_to then 'done' else state end,
                      ended_at = case when next_day >= day_to then now() end
               where id = $1 and next_day = $2 and state = 'running' returning state = 'running'""",
            work["id"],
            day,
            seen,
            stored,
        )
        if more:
            tx.enqueue(_job(shop_id))
    return bool(more)


async def failed(tx: Tx, shop_id: UUID, message: str, which: UUID | None = None) -> None:
    """The one that runs can read no more: a person looks, and the next one may begin."""
    days = await db.row(
        """update backfill set state = 'failed', error = $2, ended_at = now()
           where shop = $1 and state = 'running' and ($3::uuid is null or id = $3) returning next_day, day_to""",
        shop_id,
        message,
        which,
    )
    if days is None:
        return
    detail = {"text": f"{days['next_day']} 到 {days['day_to']} 的订单没有补拉完：{message}"}
    new = NewTask(kind="shop", subject_kind="shop", subject_id=shop_id, reason="backfill_failed", detail=detail)
    await tasks.open(tx, [new])


def view(r: Any) -> BackfillView:
    return BackfillView(
        id=r["id"],
        day_from=r["day_from"],
        day_to=r["day_to"],
        state=r["state"],
        done=(r["next_day"] - r["day_from"]).days,
        of=(r["day_to"] - r["day_from"]).days + 1,
        seen=r["seen"],
        stored=r["stored"],
        error=r["error"],
        made_at=r["made_at"],
    )


async def latest(shop_ids: list[UUID]) -> dict[UUID, BackfillView]:
    """The last back-fill of each shop."""
    found = await db.rows(
        "select distinct on (shop) * from backfill where shop = any($1::uuid[]) order by shop, made_at desc", shop_ids
    )
    return {r["shop"]: view(r) for r in found}


def _job(shop_id: UUID) -> NewJob:
    return NewJob(kind="platforms.backfill", key=str(shop_id), args={"shop_id": str(shop_id)})
