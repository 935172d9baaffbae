"""One job, run: lease → handler → finish, the lease renewed meanwhile. What an error leads to is decided here.

Unavailable: again later, until the kind's give-up time. Another error of ours: a task for a person. A bug: again a
few times, then a task with the trace id.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import structlog

from server.errors import Error, Unavailable
from server.kit import clock, context, db
from server.kit import jobs as table
from server.kit.db import Tx
from server.kit.jobs import Leased
from workers import parking
from workers.errors import Lost, code, place, summary, words

log = structlog.get_logger(__name__)

MAX_BUGS = 3
"""Runs of a job that may end with a bug before a person is asked."""

_PASSING = (
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    ConnectionError,
)
"""A deadlock, a lock that was busy, a database that went away: nobody's bug, and gone the next time."""

Handler = Callable[..., Awaitable[Any]]
OnPark = Callable[[Tx, dict[str, Any], str, str], Awaitable[None]]
"""(tx, args, reason code, words for a person): opens the task of a kind that has a better one than dead_job."""


class Kind(msgspec.Struct, frozen=True):
    """A kind of job: what runs, for how long at most, and who hears of its end."""

    handler: Handler
    limit_s: float
    on_park: OnPark | None


HANDLERS: dict[str, Kind] = {}


def job(kind: str, *, limit_s: float = 300, on_park: OnPark | None = None) -> Callable[[Handler], Handler]:
    """Register an async function as the handler of a kind. It takes the job's args by name and must be idempotent."""

    def register(handler: Handler) -> Handler:
        known = HANDLERS.get(kind)
        if known is not None and known.handler is not handler:
            raise ValueError(f"two handlers for {kind}")
        HANDLERS[kind] = Kind(handler, limit_s, on_park)
        return handler

    return register


async def run(job_id: str) -> None:
    """The one actor: lease the job and run it. A message for a job that is done or leased elsewhere does nothing."""
    try:
        async with db.connection() as c:
            leased = await table.lease(c, UUID(job_id))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, Error) as e:
        log.warning("job_not_leased", job=job_id, error=code(e))  # the dispatcher sends it again
        return
    if leased is None:
        return
    trace = context.new_trace()
    with context.acting(context.Actor(trace=trace)):
        try:
            await _run(leased, trace)
        except Lost:
            log.warning("job_lease_lost", job=job_id, kind=leased.kind, trace=trace)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, Error) as e:
            # The outcome could not be written down: the lease runs out, and the job runs again.
            log.error("job_not_settled", job=job_id, kind=leased.kind, error=code(e), trace=trace)


async def _run(leased: Leased, trace: str) -> None:
    kind = HANDLERS.get(leased.kind)
    try:
        if kind is None:
            raise LookupError(f"no handler for {leased.kind}")
        await _with_lease(leased, kind)
    except Lost:
        raise
    except asyncio.CancelledError:
        await asyncio.shield(_later(leased, "stopped", 0))
        raise
    except Unavailable as e:
        if clock.now() >= leased.give_up_at:
            await parking.park(leased, "gave_up", words(e), trace, kind.on_park if kind else None)
        else:
            delay = table.backoff_s(leased.tries) if e.retry_after is None else max(0.0, e.retry_after)
            log.info("job_later", kind=leased.kind, key=leased.key, error=e.code, delay_s=delay, trace=trace)
            await _later(leased, e.code, min(delay, float(table.MAX_BACKOFF_S)))
    except Error as e:
        log.warning("job_refused", kind=leased.kind, key=leased.key, error=e.code, trace=trace)
        await parking.park(leased, e.code, words(e), trace, kind.on_park if kind else None)
    except _PASSING as e:
        if clock.now() >= leased.give_up_at:
            await parking.park(leased, "gave_up", f"一直没有成功({summary(e)})", trace, kind.on_park if kind else None)
            return
        log.info("job_later", kind=leased.kind, key=leased.key, error=code(e), delay_s=1.0, trace=trace)
        await _later(leased, code(e), 1.0)
    except Exception as e:
        await _bug(leased, e, trace, kind.on_park if kind else None)
    else:
        async with db.connection() as c:
            if not await table.finish(c, leased):
                raise Lost
        db.ring()  # a follow-up of the same key waited for this


async def _with_lease(leased: Leased, kind: Kind) -> None:
    """Run the handler; a keeper beside it renews the lease, and ends the handler when the lease is another's."""
    work = asyncio.ensure_future(kind.handler(**leased.args))
    keeper = asyncio.create_task(_keep(leased))
    try:
        await asyncio.wait({work, keeper}, timeout=kind.limit_s, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
            return
        if keeper.done():
            raise Lost
        raise Unavailable("took_too_long", f"任务超过 {kind.limit_s:g} 秒，稍后再试")
    finally:
        for task in (work, keeper):
            task.cancel()
        await asyncio.wait({work, keeper})
        for task in (work, keeper):
            if not task.cancelled():
                task.exception()  # seen; awaiting it again would cost the traceback of what is raised above


async def _keep(leased: Leased) -> None:
    """Returns when the lease is lost. A database that does not answer is asked again: the lease may still be ours."""
    while True:
        await asyncio.sleep(table.RENEW_S)
        try:
            async with db.connection() as c:
                if not await table.renew(c, leased):
                    return
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, Error) as e:
            log.warning("lease_not_renewed", kind=leased.kind, error=code(e))


async def _later(leased: Leased, error: str, delay_s: float) -> None:
    for last in (False, True):
        try:
            async with db.connection() as c:
                await table.again(c, leased, error, delay_s)
                return
        except asyncpg.UniqueViolationError:
            if last:  # a fresher row came between look and write; the next try sees it
                raise


async def _bug(leased: Leased, e: Exception, trace: str, on_park: OnPark | None) -> None:
    before = await db.value("select last_error from job where id = $1", leased.id)
    told = str(before or "")
    count = 1 + (int(told[4]) if told.startswith("bug ") and told[4:5].isdigit() else 0)
    log.error("job_bug", kind=leased.kind, key=leased.key, error=type(e).__name__, place=place(e), n=count, trace=trace)
    if count >= MAX_BUGS:
        await parking.park(leased, "bug", f"程序出错({summary(e)}),追踪号 {trace}", trace, on_park)
    else:
        await _later(leased, f"bug {count} {summary(e)} [{trace}]", table.backoff_s(count))
