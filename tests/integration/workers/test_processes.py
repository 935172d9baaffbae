"""Real processes over PostgreSQL and Valkey: killed, flushed, poisoned. Nothing is lost, nothing runs for ever."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
import redis

from server.kit.jobs import MAX_SILENT_ENDS, NewJob
from server.settings import Settings
from workers.dispatch import Dispatcher

HOST = Path(__file__).parent / "host.py"


def environment(config: Settings) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": config.database_url,
        "REDIS_URL": config.redis_url,
        "DATA_DIR": str(config.data_dir),
        "KEY_FILE": str(config.key_file),
        "DEMO": "1",
    }


class Yard:
    """A dispatcher in this process and workers in theirs, under one namespace."""

    def __init__(self, db: Any, config: Settings) -> None:
        self.db, self.config, self.namespace = db, config, f"t{uuid4().hex[:8]}"
        self.workers: list[subprocess.Popen[bytes]] = []

    async def worker(self, doomed: bool = False) -> subprocess.Popen[bytes]:
        """doomed: a job that kills it waits already, and may be quicker than its first word."""
        command = [sys.executable, str(HOST), self.namespace]
        started = subprocess.Popen(command, env=environment(self.config), stdout=subprocess.PIPE)
        self.workers.append(started)
        assert started.stdout is not None
        said = await asyncio.to_thread(started.stdout.readline)
        assert said == b"ready\n" or (doomed and said == b"")
        return started

    async def enter(self, *new: NewJob) -> None:
        async with self.db.transaction() as tx:
            tx.enqueue(*new)

    async def words(self, what: str) -> list[str]:
        return [r["word"] for r in await self.db.rows("select word from noted where what = $1 order by n", what)]

    async def time_passes(self) -> None:
        """The leases of workers that are gone run out (15 s)."""
        await self.db.run("update job set lease_until = now(), sent_at = null where state = 'leased'")

    async def until(self, true: Callable[[], Awaitable[Any]], seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not await true():
            assert time.monotonic() < deadline, await self.db.rows("select kind, state, last_error from job")
            await asyncio.sleep(0.02)

    async def left(self) -> int:
        return int(await self.db.value("select count(*) from job where state in ('ready', 'leased')"))


@pytest_asyncio.fixture
async def yard(db: Any, config: Settings) -> AsyncIterator[Yard]:
    await db.run("create table noted(n bigserial primary key, what text, word text, pid int)")
    made = Yard(db, config)
    dispatcher = Dispatcher(config, namespace=made.namespace)
    work = asyncio.create_task(dispatcher.run())
    await asyncio.wait_for(dispatcher.listening.wait(), 10)
    yield made
    work.cancel()
    await asyncio.wait({work})
    for worker in made.workers:
        worker.kill()
        worker.wait()
        assert worker.stdout is not None
        worker.stdout.close()
    dispatcher.close()


async def test_what_is_committed_runs_soon(yard: Yard) -> None:
    await yard.worker()
    await yard.enter(NewJob(kind="t.quick", args={"what": "warm"}))
    await yard.until(lambda: yard.words("warm"))
    took = []
    for n in range(20):
        begun = time.monotonic()
        await yard.enter(NewJob(kind="t.quick", key=str(n), args={"what": f"q{n}"}))
        await yard.until(lambda n=n: yard.words(f"q{n}"))  # type: ignore[misc]
        took.append(time.monotonic() - begun)
    assert sorted(took)[10] < 0.5, took


async def test_a_job_killed_mid_run_is_run_again_by_another_worker(yard: Yard) -> None:
    first = await yard.worker()
    await yard.enter(NewJob(kind="t.slow", args={"what": "s", "seconds": 1.5}))
    await yard.until(lambda: yard.words("s"))
    first.kill()
    await yard.worker()
    await yard.time_passes()
    await yard.until(lambda: yard.db.value("select count(*) = 1 from job where state = 'done'"))
    assert await yard.words("s") == ["begun", "begun", "done"]
    assert await yard.db.value("select attempts from job") == 1


async def test_flushing_redis_under_load_loses_nothing(yard: Yard, house: Any) -> None:
    await yard.worker()
    client = redis.Redis.from_url(house.redis_url)
    for n in range(40):
        await yard.enter(*(NewJob(kind="t.quick", key=f"{n}-{m}", args={"what": f"{n}-{m}"}) for m in range(5)))
        if n % 4 == 0:
            await asyncio.to_thread(client.flushall)
    client.close()
    await yard.until(lambda: _none(yard), 30)
    assert await yard.db.value("select count(distinct what) from noted") == 200
    assert await yard.db.value("select count(*) from job where state = 'done'") == 200


async def _none(yard: Yard) -> bool:
    return await yard.left() == 0


async def test_a_follow_up_entered_during_a_run_runs_after_it(yard: Yard) -> None:
    await yard.worker()
    slow = NewJob(kind="t.slow", key="k", args={"what": "s", "seconds": 0.5})
    await yard.enter(slow)
    await yard.until(lambda: yard.words("s"))
    await yard.enter(slow)
    await yard.enter(slow)  # merged with the one that waits
    await yard.until(lambda: _none(yard))
    assert await yard.words("s") == ["begun", "done", "begun", "done"]


async def test_a_job_that_kills_its_worker_is_parked_and_others_go_on(yard: Yard) -> None:
    await yard.enter(NewJob(kind="t.poison", args={"what": "p"}))
    for deaths in range(1, MAX_SILENT_ENDS + 1):
        worker = await yard.worker(doomed=True)
        if deaths > 1:
            await yard.time_passes()
        await yard.until(lambda w=worker: asyncio.sleep(0, w.poll() is not None))  # type: ignore[misc]
        assert worker.returncode == 9
        assert len(await yard.words("p")) == deaths
    await yard.worker()
    await yard.time_passes()
    await yard.enter(NewJob(kind="t.quick", args={"what": "other"}))
    await yard.until(lambda: yard.words("other"))
    await yard.until(lambda: yard.db.value("select count(*) from task where kind = 'dead_job' and reason = 'silent'"))
    assert await yard.db.value("select state from job where kind = 't.poison'") == "parked"
    assert len(await yard.words("p")) == MAX_SILENT_ENDS


@pytest.mark.parametrize("command", ["worker", "dispatch", "schedule", "mover"])
async def test_the_commands_say_when_they_are_ready_and_end_on_a_signal(
    command: str, db: Any, config: Settings, tmp_path: Path
) -> None:
    told = tmp_path / "ready"
    env = environment(config) | {"READY_FILE": str(told)}
    process = subprocess.Popen([sys.executable, "-m", "server", command], env=env, cwd=HOST.parents[3])
    try:
        deadline = time.monotonic() + 30
        while not told.exists():
            assert process.poll() is None and time.monotonic() < deadline
            await asyncio.sleep(0.05)
        process.terminate()
        assert await asyncio.to_thread(process.wait, 15) == 0
    finally:
        process.kill()
        process.wait()
