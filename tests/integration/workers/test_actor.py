"""One job, run in this process: what each outcome leads to in the job table, for people, and for the trail."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from server.errors import Rejected, Unavailable
from server.kit import context
from server.kit import jobs as table
from server.kit.jobs import NewJob
from server.tasks import actions as people
from server.tasks import moves as tasks
from workers import actor
from workers.actor import job

CANARY = "王小明 13812345678"


@pytest.fixture(autouse=True)
def no_kinds() -> Iterator[None]:
    before = dict(actor.HANDLERS)
    yield
    actor.HANDLERS.clear()
    actor.HANDLERS.update(before)


@pytest_asyncio.fixture
async def enter(db: Any) -> AsyncIterator[Any]:
    async def go(kind: str, **more: Any) -> str:
        async with db.transaction() as tx:
            tx.enqueue(NewJob(kind=kind, **more))
        found = await db.value(
            "select id from job where kind = $1 and state = 'ready' and key = $2", kind, more.get("key", "")
        )
        return str(found)

    yield go


async def state(db: Any, job_id: str) -> Any:
    return await db.row("select *, extract(epoch from run_at - now()) as wait_s from job where id = $1", UUID(job_id))


async def due_now(db: Any, job_id: str) -> None:
    await db.run("update job set run_at = now() where id = $1", UUID(job_id))


async def test_a_job_runs_once_with_its_args_and_in_a_trace(db: Any, enter: Any) -> None:
    seen: list[tuple[str, str]] = []

    @job("t.one")
    async def one(word: str) -> None:
        seen.append((word, context.actor().trace))

    job_id = await enter("t.one", args={"word": "hello"})
    await actor.run(job_id)
    await actor.run(job_id)  # the message came twice
    assert [word for word, _ in seen] == ["hello"]
    assert seen[0][1]
    assert (await state(db, job_id))["state"] == "done"


async def test_a_follow_up_committed_during_a_run_is_not_lost(db: Any, enter: Any) -> None:
    ran = 0

    @job("t.again")
    async def again() -> None:
        nonlocal ran
        ran += 1
        if ran == 1:
            second = await enter("t.again", key="k")
            await actor.run(second)  # its key is busy: it waits
            assert (await state(db, second))["state"] == "ready"

    await actor.run(await enter("t.again", key="k"))
    waiting = await db.value("select id from job where kind = 't.again' and state = 'ready'")
    await actor.run(str(waiting))
    assert ran == 2
    assert await db.value("select count(*) from job where state = 'done'") == 2


async def test_unavailable_waits_as_long_as_it_says_and_is_not_a_silent_end(db: Any, enter: Any) -> None:
    @job("t.busy")
    async def busy() -> None:
        raise Unavailable("platform_busy", "平台繁忙", retry_after=42)

    job_id = await enter("t.busy")
    await actor.run(job_id)
    row = await state(db, job_id)
    assert (row["state"], row["attempts"], row["last_error"]) == ("ready", 0, "platform_busy")
    assert 40 < row["wait_s"] <= 42
    assert await table.lease(db.ENGINE.pool, UUID(job_id)) is None


async def test_unavailable_backs_off_and_at_its_give_up_time_asks_a_person(db: Any, enter: Any) -> None:
    @job("t.down")
    async def down() -> None:
        raise Unavailable("platform_down", "平台连不上")

    job_id = await enter("t.down")
    waits = []
    for _ in range(4):
        await actor.run(job_id)
        waits.append(round((await state(db, job_id))["wait_s"]))
        await due_now(db, job_id)
    assert waits == [2, 4, 8, 16]
    await db.run("update job set give_up_at = now() where id = $1", UUID(job_id))
    await actor.run(job_id)
    assert (await state(db, job_id))["state"] == "parked"
    task = await db.row("select kind, reason, subject_id, detail::text as detail from task")
    assert (task["kind"], task["reason"], str(task["subject_id"])) == ("dead_job", "gave_up", job_id)
    assert "平台连不上" in task["detail"]
    assert await db.value("select count(*) from notice where role = 'manager'") == 1
    assert await db.value("select count(*) from event where kind = 'job_parked'") == 1


async def test_a_no_is_for_a_person_at_once_and_a_kind_may_say_how(db: Any, enter: Any) -> None:
    async def tell(tx: Any, args: dict[str, Any], reason: str, words: str) -> None:
        await tasks.notify(tx, "service", reason, words, args["what"])

    @job("t.no", on_park=tell)
    async def no(what: str) -> None:
        raise Rejected("platform_rejected", "订单已取消 13812345678")

    job_id = await enter("t.no", args={"what": "it"})
    await actor.run(job_id)
    assert (await state(db, job_id))["state"] == "parked"
    notice = await db.row("select kind, title, body from notice")
    assert tuple(notice) == ("platform_rejected", "订单已取消 ***", "it")
    assert await db.value("select count(*) from task") == 0


async def test_a_bug_is_tried_three_times_then_parked_with_its_trace_and_without_what_it_was_about(
    db: Any, enter: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    @job("t.bug")
    async def bug() -> None:
        raise KeyError(CANARY)

    job_id = await enter("t.bug")
    for _ in range(actor.MAX_BUGS):
        assert (await state(db, job_id))["state"] == "ready"
        await actor.run(job_id)
        await due_now(db, job_id)
    row = await state(db, job_id)
    told = str(await db.value("select detail::text from task where kind = 'dead_job'"))
    assert row["state"] == "parked"
    assert "KeyError at tests/integration/workers/test_actor.py:" in told
    detail = await db.value("select detail::text from task where kind = 'dead_job'")
    assert "KeyError" in detail and "追踪号" in detail
    out = capsys.readouterr()
    for place in (row["last_error"], detail, out.out, out.err, str(await db.rows("select * from event"))):
        assert "13812345678" not in place and "王小明" not in place


async def test_a_parked_job_runs_again_when_a_person_says_so(db: Any, enter: Any) -> None:
    well = False

    @job("t.mended")
    async def mended(what: str) -> None:
        if not well:
            raise Rejected("no", "不行")

    job_id = await enter("t.mended", key="k", args={"what": "x"})
    await actor.run(job_id)
    well = True
    await people.close(await db.value("select id from task where kind = 'dead_job'"), "retry", "")
    fresh = await db.value("select id from job where state = 'ready'")
    await actor.run(str(fresh))
    assert (await state(db, str(fresh)))["state"] == "done"


async def test_a_worker_that_lost_its_lease_is_stopped_and_settles_nothing(
    db: Any, enter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "RENEW_S", 0.05)
    ended: list[str] = []

    @job("t.paused")
    async def paused() -> None:
        await db.run("update job set fence = fence + 1 where kind = 't.paused'")  # another one leased it meanwhile
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            ended.append("cut off")
            raise
        ended.append("went on")

    job_id = await enter("t.paused")
    await asyncio.wait_for(actor.run(job_id), 3)
    assert ended == ["cut off"]
    row = await state(db, job_id)
    assert (row["state"], row["last_error"]) == ("leased", "")


async def test_the_lease_is_renewed_while_the_handler_runs(
    db: Any, enter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "RENEW_S", 0.05)

    @job("t.long")
    async def long() -> None:
        await db.run("update job set lease_until = now() + interval '1 second' where kind = 't.long'")
        await asyncio.sleep(0.2)
        left = await db.value("select extract(epoch from lease_until - now()) from job where kind = 't.long'")
        assert left > 10

    job_id = await enter("t.long")
    await actor.run(job_id)
    assert (await state(db, job_id))["state"] == "done"


async def test_a_handler_that_hangs_is_cut_off_and_comes_again(db: Any, enter: Any) -> None:
    @job("t.hangs", limit_s=0.1)
    async def hangs() -> None:
        await asyncio.sleep(60)

    job_id = await enter("t.hangs")
    await actor.run(job_id)
    row = await state(db, job_id)
    assert (row["state"], row["last_error"]) == ("ready", "took_too_long")


async def test_a_kind_without_a_handler_is_not_dropped(db: Any, enter: Any) -> None:
    job_id = await enter("t.unknown")
    for _ in range(actor.MAX_BUGS):
        await actor.run(job_id)
        await due_now(db, job_id)
    assert (await state(db, job_id))["state"] == "parked"
    assert await db.value("select count(*) from task where kind = 'dead_job'") == 1


async def test_later_gives_way_to_a_fresher_job_of_the_same_key(db: Any, enter: Any) -> None:
    @job("t.later")
    async def later() -> None:
        await enter("t.later", key="k")
        raise Unavailable("busy", "忙")

    job_id = await enter("t.later", key="k")
    await actor.run(job_id)
    assert (await state(db, job_id))["state"] == "done"
    assert await db.value("select count(*) from job where state = 'ready'") == 1
