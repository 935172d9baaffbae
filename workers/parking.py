"""Setting a job aside for a person: parked in the job table, told as a task and as a notice, in one transaction."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import structlog

from server.events import JobParked
from server.kit import db
from server.kit import jobs as table
from server.kit.db import Tx
from server.kit.jobs import Leased
from server.tasks import moves as tasks
from server.tasks.moves import NewTask

log = structlog.get_logger(__name__)


async def park(
    leased: Leased,
    reason: str,
    words: str,
    trace: str,
    on_park: Callable[[Tx, dict[str, Any], str, str], Awaitable[None]] | None,
) -> bool:
    """False: the lease is another's by now, and so is the outcome. `words` are for a person, without buyer text."""
    async with db.transaction() as tx:
        if not await table.park(tx.connection, leased.id, leased.fence, reason):
            return False
        await tx.emit(JobParked(subject=leased.id, reason=reason, to={"kind": leased.kind}))
        if on_park is not None:
            await on_park(tx, leased.args, reason, words)
        else:
            await _dead_job(tx, leased.id, leased.kind, leased.key, reason, words, trace)
    log.error("job_parked", job=str(leased.id), kind=leased.kind, key=leased.key, reason=reason, trace=trace)
    return True


async def park_silent() -> int:
    """Park jobs whose runs end without a word again and again: they kill their worker. Returns how many."""
    async with db.transaction() as tx:
        found = await table.silent(tx.connection)
        parked = 0
        for r in found:
            if not await table.park(tx.connection, r["id"], r["fence"], "silent"):
                continue
            parked += 1
            await tx.emit(JobParked(subject=r["id"], reason="silent", to={"kind": r["kind"]}))
            words = f"任务连续 {table.MAX_SILENT_ENDS} 次中断，没有留下原因(进程被杀或崩溃)"
            await _dead_job(tx, r["id"], r["kind"], r["key"], "silent", words, "")
    if parked:
        log.error("silent_jobs_parked", count=parked)
    return parked


async def _dead_job(tx: Tx, job_id: UUID, kind: str, key: str, reason: str, words: str, trace: str) -> None:
    detail = {"kind": kind, "key": key, "message": words, "trace": trace}
    await tasks.open(
        tx, [NewTask(kind="dead_job", subject_kind="job", subject_id=job_id, reason=reason, detail=detail)]
    )
    await tasks.notify(
        tx, "manager", "dead_job", "后台任务停下了，需要人处理", f"{kind}:{words}", "/tasks?kind=dead_job"
    )
