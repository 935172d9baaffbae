"""Use cases of tasks: taking one, ending one, reading notices."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from server.errors import Conflict, Invalid, NotFound
from server.events import TaskTaken
from server.kit import db
from server.kit.ids import uuid7
from server.kit.jobs import NewJob
from server.tasks import moves

BY_ITSELF = {
    "hold": "挂起要在订单里放行或处理原因",
    "shortage": "缺货在到货占用后自动结束",
    "put_back": "放回在仓库手机上完成：核对货品和库位后点已放回",
    "repick": "补拣在仓库手机上完成：扫到货品后自动结束",
    "intercept": "拦截在仓库手机上完成：包裹追回后点已处理",
}

AGAIN = frozenset({"dead_job", "write_back"})
"""Kinds that stand for work which stopped."""


async def take(task_id: UUID, person: UUID) -> None:
    """This person will see to it. Raises NotFound, Conflict when it is closed."""
    async with db.transaction() as tx:
        tag = await db.run("update task set owner = $2 where id = $1 and closed_at is null", task_id, person)
        if not db.touched(tag):
            await _refuse_closed(task_id)
        await tx.emit(TaskTaken(subject=task_id))


async def close(task_id: UUID, outcome: str, reason: str) -> None:
    """End a task by hand; outcome 'retry' of a stopped job or write-back starts the work again.

    Raises NotFound, Conflict when it is closed, Invalid when it ends only with its cause.
    """
    if outcome not in ("done", "retry", "dropped"):
        raise Invalid("bad_outcome", "结果只能是 done、retry 或 dropped")
    if outcome == "dropped" and not reason.strip():
        raise Invalid("reason_needed", "不处理也请写明原因")
    async with db.transaction() as tx:
        task = await db.row(
            "select kind, subject_kind, subject_id, reason from task where id = $1 and closed_at is null for update",
            task_id,
        )
        if task is None:
            await _refuse_closed(task_id)
            return
        at_shelf = (task["kind"], task["reason"]) == ("shortage", "pick_short")
        if task["kind"] in BY_ITSELF and not (at_shelf and outcome == "done"):
            raise Invalid("ends_by_itself", BY_ITSELF[task["kind"]])
        if outcome == "retry" and task["kind"] not in AGAIN:
            raise Invalid("no_retry", "这类任务没有可以重试的后台工作")
        await moves.close(tx, [task_id], outcome, reason)
        if outcome == "retry":
            tx.enqueue(*await _again(task))
        if outcome == "done" and task["kind"] == "shortage":  # the goods are there: the picker is told
            tx.enqueue(NewJob(kind="picking.look_again", key=str(task_id), args={"task_id": str(task_id)}))


async def _again(task: Any) -> list[NewJob]:
    """The work that a task stands for, once more."""
    subject = str(task["subject_id"])
    if task["kind"] == "write_back":
        return [NewJob(kind="shipping.write_back", key=subject, args={"parcel_id": subject})]
    if task["kind"] != "dead_job":
        return []
    if task["subject_kind"] == "parcel":  # the carrier said no to one parcel of a batch
        return [NewJob(kind="shipping.manifest" if task["reason"] == "waybill_unknown" else "shipping.waybills")]
    job = await db.row("select kind, key, args::text as args from job where id = $1", task["subject_id"])
    return [NewJob(kind=job["kind"], key=job["key"], args=msgspec.json.decode(job["args"]))] if job else []


async def _refuse_closed(task_id: UUID) -> None:
    if await db.value("select 1 from task where id = $1", task_id) is None:
        raise NotFound("no_task", "没有这项任务")
    raise Conflict("task_closed", "这项任务已经处理过了，请刷新")


async def read_notices(person: UUID, notices: Sequence[UUID]) -> None:
    """These notices were read. Idempotent."""
    await db.run(
        """insert into notice_read(id, notice, person) select i, n.id, $1 from unnest($2::uuid[], $3::uuid[]) u(i, id)
           join notice n on n.id = u.id on conflict (person, notice) do nothing""",
        person,
        [uuid7() for _ in notices],
        list(notices),
    )
