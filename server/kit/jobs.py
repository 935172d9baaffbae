"""The job table: work that must happen after a commit, kept where the commit is.

Two unique indexes: at most one `ready` and one `leased` row per (kind, key). A ready row waits while its key is
leased, so a follow-up committed during a run is not lost. Redis carries wake-ups only.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from server.kit.ids import uuid7

LEASE_S = 15
RENEW_S = 5
MAX_SILENT_ENDS = 5
MAX_BACKOFF_S = 300


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """kind: 'feature.verb'. key: what must not run twice at once. args: ids only."""

    kind: str
    key: str = ""
    args: dict[str, Any] = {}
    delay_s: float = 0
    give_up_s: float = 86_400
    """After so long without success the job is parked as a task for a person."""


class Leased(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    kind: str
    key: str
    args: dict[str, Any]
    fence: int
    tries: int
    give_up_at: datetime


async def insert(connection: Any, new: Sequence[NewJob]) -> None:
    """Enter jobs, merged by (kind, key) with what is ready already (the sooner run_at wins)."""
    if not new:
        return
    merged: dict[tuple[str, str], NewJob] = {}
    for job in new:
        at = (job.kind, job.key)
        known = merged.get(at)
        if known is None or job.delay_s < known.delay_s:
            merged[at] = job
    ordered = [merged[k] for k in sorted(merged)]
    await connection.execute(
        """insert into job(id, kind, key, args, run_at, give_up_at)
           select i, k, y, a::jsonb, now() + make_interval(secs => d), now() + make_interval(secs => g)
           from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::float8[])
                with ordinality u(i, k, y, a, d, g, o) order by o
           on conflict (kind, key) where state = 'ready'
           do update set run_at = least(job.run_at, excluded.run_at)""",
        [uuid7() for _ in ordered],
        [j.kind for j in ordered],
        [j.key for j in ordered],
        [msgspec.json.encode(j.args).decode() for j in ordered],
        [j.delay_s for j in ordered],
        [j.give_up_s for j in ordered],
    )


_DUE = """(state = 'ready' and run_at <= now()
                    and not exists (select 1 from job o where o.kind = j.kind and o.key = j.key
                                    and o.state = 'leased' and o.lease_until > now())
                    or state = 'leased' and lease_until <= now())
               and (sent_at is null or sent_at < now() - interval '5 seconds')"""


async def any_due(connection: Any) -> bool:
    """Is there a job to wake a worker for?"""
    return bool(await connection.fetchval(f"select exists (select from job j where {_DUE})"))


async def due(connection: Any, limit: int = 100) -> list[UUID]:
    """Jobs to wake a worker for, marked as sent so that they are not sent again for 5 s."""
    records = await connection.fetch(
        f"""with due as materialized (
             select id from job j where {_DUE} order by run_at limit $1 for update skip locked)
           update job set sent_at = now() from due where job.id = due.id returning job.id""",
        limit,
    )
    return [r["id"] for r in records]


async def lease(connection: Any, job_id: UUID) -> Leased | None:
    """Claim a job. None: done, parked, leased by another, or its key is busy.

    A leased row whose lease ran out ended without a word; at the fifth such end it is parked.
    """
    r = await connection.fetchrow(
        f"""update job j set state = 'leased', fence = fence + 1, lease_until = now() + interval '{LEASE_S} seconds',
                   attempts = attempts + (state = 'leased')::int, tries = tries + 1
            where id = $1 and run_at <= now()
              and (state = 'ready' and not exists (select 1 from job o where o.kind = j.kind and o.key = j.key
                                                   and o.state = 'leased')
                   or state = 'leased' and lease_until <= now() and attempts + 1 < {MAX_SILENT_ENDS})
            returning id, kind, key, args::text, fence, tries, give_up_at""",
        job_id,
    )
    if r is None:
        return None
    return Leased(
        id=r["id"],
        kind=r["kind"],
        key=r["key"],
        args=msgspec.json.decode(r["args"]),
        fence=r["fence"],
        tries=r["tries"],
        give_up_at=r["give_up_at"],
    )


async def renew(connection: Any, job: Leased) -> bool:
    """Hold the lease longer. False: another worker has it, stop."""
    tag = await connection.execute(
        f"update job set lease_until = now() + interval '{LEASE_S} seconds' "
        "where id = $1 and fence = $2 and state = 'leased'",
        job.id,
        job.fence,
    )
    return str(tag).endswith("1")


async def finish(connection: Any, job: Leased) -> bool:
    """The job is done. False: the fence is stale, somebody else owns the outcome."""
    tag = await connection.execute(
        "update job set state = 'done', done_at = now(), last_error = '' "
        "where id = $1 and fence = $2 and state = 'leased'",
        job.id,
        job.fence,
    )
    return str(tag).endswith("1")


async def again(connection: Any, job: Leased, error: str, delay_s: float) -> bool:
    """Not now: back to ready after delay_s, unless a fresher ready row of the same key stands there already."""
    tag = await connection.execute(
        """with mine as (select kind, key from job where id = $1 and fence = $2 and state = 'leased' for update),
                newer as (select 1 from job j, mine m where j.kind = m.kind and j.key = m.key and j.state = 'ready')
           update job set state = case when exists (select 1 from newer) then 'done' else 'ready' end,
                  done_at = case when exists (select 1 from newer) then now() end,
                  run_at = now() + make_interval(secs => $4), last_error = $3, sent_at = null, lease_until = null
           where id = $1 and exists (select 1 from mine)""",
        job.id,
        job.fence,
        error[:500],
        delay_s,
    )
    return str(tag).endswith("1")


async def park(connection: Any, job_id: UUID, fence: int, error: str) -> bool:
    """Set aside for a person."""
    tag = await connection.execute(
        "update job set state = 'parked', last_error = $3, done_at = now() "
        "where id = $1 and fence = $2 and state in ('leased', 'ready')",
        job_id,
        fence,
        error[:500],
    )
    return str(tag).endswith("1")


async def silent(connection: Any) -> list[Any]:
    """Leased rows whose runs ended MAX_SILENT_ENDS times without a word: (id, kind, key, fence)."""
    return list(
        await connection.fetch(
            f"""select id, kind, key, fence, last_error from job
                where state = 'leased' and lease_until <= now() and attempts + 1 >= {MAX_SILENT_ENDS}"""
        )
    )


def backoff_s(tries: int) -> float:
    """2, 4, 8 … 300 s."""
    return float(min(MAX_BACKOFF_S, 2 ** min(tries, 9)))
