"""The oracle of test_capture again, while the mover is killed: its process, its connection, between any two statements.

And the proof that the oracle can fail: what a reader by sequence number would have lost.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.sync.house import Connection
from tests.integration.sync.test_capture import DEVICES, ROWS, WRITERS, Writers, agree, follow, snapshots

pytestmark = pytest.mark.asyncio(loop_scope="session")

KILLS, SECONDS = 12, 10.0
MOVER = [sys.executable, str(Path(__file__).with_name("mover_process.py"))]


async def test_a_mover_that_is_killed_again_and_again(dsn: str, db: Connection) -> None:
    await db.execute(f"insert into pick (id, device) select i, 'd' || i % 2 from generate_series(0, {ROWS - 1}) i")
    writers, rng = Writers(dsn), random.Random(5)
    reading = asyncio.create_task(snapshots(dsn, writers))
    following = [asyncio.create_task(follow(dsn, d, writers)) for d in DEVICES]
    writing = [asyncio.create_task(writers.one(i)) for i in range(WRITERS)]
    killed = cut = 0
    process = subprocess.Popen([*MOVER, dsn])
    try:
        for n in range(KILLS):
            await asyncio.sleep(SECONDS / KILLS * rng.uniform(0.5, 1.5))
            if n % 3 == 2:  # its connection dies, it lives
                cut += await db.fetchval(
                    """select count(pg_terminate_backend(pid)) from pg_stat_activity
                       where application_name = 'sync_mover' and pid <> pg_backend_pid()"""
                )
                continue
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            killed += 1
            process = subprocess.Popen([*MOVER, dsn])
    finally:
        writers.stop = True
        done = sum(await asyncio.gather(*writing))
        process.kill()
        process.wait()
        writers.over = True
    taken = await reading
    await asyncio.gather(*following)
    await agree(db, writers, taken)
    assert killed == 8 and cut >= 1 and done > 200 and len(taken) > 10


async def test_a_reader_by_sequence_number_would_lose_changes(dsn: str, db: Connection) -> None:
    """The same writers, read as `seq > last` instead: late committers are skipped for ever."""
    await db.execute("drop table if exists naive")
    await db.execute("create table naive(seq bigserial primary key, pk bigint, ver bigint)")
    await db.execute(
        """create or replace function naive() returns trigger language plpgsql as $$
           begin insert into naive(pk, ver) values(new.id, new.ver); return null; end $$"""
    )
    await db.execute(f"insert into pick (id, device) select i, 'd0' from generate_series(0, {ROWS - 1}) i")
    await db.execute("create trigger naive after update on pick for each row execute function naive()")
    writers = Writers(dsn)
    writing = [asyncio.create_task(writers.one(i)) for i in range(WRITERS)]
    seen: set[tuple[str, int]] = set()
    last = 0

    async def read() -> None:
        nonlocal last
        rows: list[Any] = await db.fetch("select seq, pk, ver from naive where seq > $1 order by seq", last)
        for r in rows:
            seen.add((str(r["pk"]), r["ver"]))
            last = r["seq"]

    for _ in range(200):
        await read()
        await asyncio.sleep(0.01)
    writers.stop = True
    await asyncio.gather(*writing)
    await read()
    await db.execute("drop trigger naive on pick; drop table naive; drop function naive")
    assert writers.committed - seen
