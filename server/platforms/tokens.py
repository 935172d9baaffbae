"""Tokens of shops: renewing them alone and in time, keeping what came before anything uses it.

A refresh token works once, and who loses its answer loses the shop: so one process at a time renews a shop (a session
lock that outlives no process, held while the platform is called), and the new pair is committed before it is used.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import structlog

from server.errors import Rejected, Unauthenticated, Unavailable
from server.events import ShopAuthorised, ShopTroubled
from server.kit import clock, crypto, db
from server.kit.jobs import NewJob
from server.platforms import queries
from server.platforms.body import BEIJING
from server.platforms.port import Grant, Platform
from server.tasks import moves as tasks
from server.tasks.moves import NewTask

log = structlog.get_logger(__name__)

_LOCK: Final = 0x7A68_7466
MARGIN: Final = timedelta(hours=23)
"""JD renews within the last day only. A token that lives shorter is renewed in the last quarter of its life."""
WARN: Final = timedelta(days=7)


def due_at(granted: datetime | None, until: datetime | None) -> datetime | None:
    """When an access token should be renewed. None: never by the clock."""
    if until is None:
        return None
    life = until - granted if granted else MARGIN * 4
    return until - min(MARGIN, max(life / 4, timedelta(0)))


async def due(now: datetime, can: Callable[[str], bool]) -> list[UUID]:
    """Shops whose tokens should be renewed now. can: platform code -> can it be done without a person."""
    found = await db.rows(
        """select id, platform, granted_at, access_until from shop
           where state = 'on' and access_until is not null order by access_until"""
    )
    late = [(r, due_at(r["granted_at"], r["access_until"])) for r in found if can(r["platform"])]
    return [r["id"] for r, at in late if at is not None and at <= now]


async def renew(shop_id: UUID, platform: Callable[[str], Platform], spent: str = "") -> bool:
    """New tokens for a shop. False: another has renewed them meanwhile, or renews them now, or there is nothing to do.

    spent: the fingerprint of the access token that was refused; where the stored one is another already, that is used.
    Raises Unavailable: it may have been done or not, the same token is tried once more. A dead refresh token is a
    person's task.
    """
    async with db.connection() as lock:
        if not await lock.fetchval("select pg_try_advisory_lock($1, hashtext($2))", _LOCK, str(shop_id)):
            return False
        try:
            return await _renew(shop_id, platform, spent)
        finally:
            await lock.execute("select pg_advisory_unlock($1, hashtext($2))", _LOCK, str(shop_id))


async def _renew(shop_id: UUID, platform: Callable[[str], Platform], spent: str) -> bool:
    shop, row = await queries.get_shop(shop_id)
    if not shop.refresh_token or (spent and spent != mark(shop.access_token)):
        return False
    if not spent:
        at = due_at(row["granted_at"], row["access_until"])
        if at is None or at > clock.now():
            return False
    try:
        grant = await platform(shop.platform).refresh(shop)
    except (Unauthenticated, Rejected) as e:
        await lost(shop_id, e.message)
        return False
    if not grant.refresh_token:  # it stays as it is, and so does its last day
        last = grant.refresh_until or row["refresh_until"]
        grant = msgspec.structs.replace(grant, refresh_token=shop.refresh_token, refresh_until=last)
    await keep(shop_id, grant)
    log.info("shop_renewed", shop=str(shop_id), until=str(grant.access_until))
    return True


def mark(token: str) -> str:
    """Which token it is, without saying it."""
    return crypto.fingerprint(token.encode()).hex()[:16]


async def keep(shop_id: UUID, grant: Grant) -> None:
    """Store a pair of tokens; what waited for it goes on."""
    async with db.transaction() as tx:
        r = await db.row("select * from shop where id = $1 for update", shop_id)
        assert r is not None
        sealed = await resealed(r, access_token=grant.access_token, refresh_token=grant.refresh_token)
        await db.run(
            """update shop set secret = $2, granted_at = now(), access_until = $3, refresh_until = $4, trouble = '',
                      failures = 0, open_until = null,
                      state = case when state in ('needs_auth', 'new') then 'on' else state end
               where id = $1""",
            shop_id,
            sealed,
            grant.access_until,
            grant.refresh_until,
        )
        ends = grant.refresh_until or (None if grant.refresh_token else grant.access_until)
        near = ends is not None and ends - clock.now() <= WARN  # renewed by ourselves: its owner must come all the same
        over = ["needs_auth"] if near else ["needs_auth", "expiring"]
        await tasks.close_for(tx, "shop", [shop_id], "authorised", over)
        await tx.emit(ShopAuthorised(subject=shop_id, to={"until": _iso(grant.access_until)}))
        tx.enqueue(NewJob(kind="platforms.pull", key=str(shop_id), args={"shop_id": str(shop_id)}))


async def resealed(r: Any, **changes: str) -> bytes:
    """The secret of a shop (row: id, secret, secret_key) with some of its parts changed, sealed again."""
    where = f"shop|secret|{r['id']}"
    secret = msgspec.json.decode(await crypto.open_sealed(r["secret_key"], r["secret"], where)) | changes
    _, key = await crypto.lasting_key(r["id"])
    return crypto.seal(r["secret_key"], key, msgspec.json.encode(secret), where)


async def lost(shop_id: UUID, message: str) -> None:
    """The shop can no longer be asked: a person must authorise it anew."""
    async with db.transaction() as tx:
        news = await db.value(
            """update shop set state = 'needs_auth', trouble = $2 from (select state as was from shop where id = $1) o
               where id = $1 and state in ('on', 'needs_auth', 'new') returning o.was <> 'needs_auth'""",
            shop_id,
            message,
        )
        if news:
            await tx.emit(ShopTroubled(subject=shop_id, reason=message))
        await tasks.open(
            tx,
            [
                NewTask(
                    kind="shop", subject_kind="shop", subject_id=shop_id, reason="needs_auth", detail={"text": message}
                )
            ],
        )


async def warn(now: datetime, can: Callable[[str], bool]) -> int:
    """Open a task for each shop that will need its owner within a week. Returns how many."""
    found = await db.rows(
        """select id, platform, name, access_until, refresh_until from shop
           where state = 'on' and access_until is not null"""
    )
    new = []
    for r in found:
        until = (r["refresh_until"] or None) if can(r["platform"]) else r["access_until"]
        if until is not None and until - now <= WARN:
            day = until.astimezone(BEIJING)
            detail = {"text": f"{r['name']} 的授权将于 {day:%m月%d日} 到期，请店主重新授权"}
            new.append(NewTask(kind="shop", subject_kind="shop", subject_id=r["id"], reason="expiring", detail=detail))
    if not new:
        return 0
    async with db.transaction() as tx:
        return len(await tasks.open(tx, new))


async def refused(shop_id: UUID, access_token: str, message: str, *, can: bool) -> None:
    """A call was refused for its token. Raises Unavailable where it is renewed first; else a person must act."""
    shop, _ = await queries.get_shop(shop_id)
    if not can or not shop.refresh_token:
        await lost(shop_id, message)
        return
    async with db.transaction() as tx:
        args = {"shop_id": str(shop_id), "spent": mark(access_token)}
        tx.enqueue(NewJob(kind="platforms.renew", key=str(shop_id), args=args))
    raise Unavailable("shop_renewing", "店铺授权正在续期，稍后自动继续", retry_after=3)


def _iso(at: datetime | None) -> str:
    return at.isoformat() if at else ""
