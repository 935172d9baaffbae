"""The oracle of capture again, while the mover is killed: its process, its connection, every other time in the middle
of a cycle. And the proof that the oracle can fail: a reader by sequence number.
"""

import asyncio
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sync import mover
from sync.mover import LEADER, LOCKS, MOVE, Mover
from tests.integration.sync.house import Connection
from tests.integration.sync.oracle import DEVICES, ROWS, WRITERS, Writers, follow, snapshots, wrong

pytestmark = pytest.mark.asyncio(loop_scope="session")

KILLS, CUTS = 10, 2
MOVER = [sys.executable, str(Path(__file__).with_name("mover_process.py"))]
FILL = f"insert into pick (id, device) select i, 'd' || i % 2 from generate_series(0, {ROWS - 1}) i"

HOLDS = """select a.pid from pg_locks l join pg_stat_activity a using (pid) where l.locktype = 'advisory'
and l.classid = $1 and l.objid = $2 and l.granted and a.application_name = 'sync_mover' and a.pid <> $3"""
HAS_TAKEN = f"select exists ({HOLDS} and a.backend_xid is not null)"


async def leader(db: Connection, last: int) -> int:
    """The backend of the mover that leads; not the one that led before."""
    async with asyncio.timeout(10):
        while (pid := await db.fetchval(HOLDS, LOCKS, LEADER, last)) is None:
            await asyncio.sleep(0.005)
    return int(pid)


async def stop_in_cycle(db: Connection, process: subprocess.Popen[bytes], last: int) -> None:
    """Stop it where it has emptied the outbox and has not committed."""
    async with asyncio.timeout(10):
        while True:
            process.send_signal(signal.SIGSTOP)
            if await db.fetchval(HAS_TAKEN, LOCKS, MOVE, last):
                return
            process.send_signal(signal.SIGCONT)
            await asyncio.sleep(0.002)


async def test_a_mover_that_is_killed_again_and_again(dsn: str, db: Connection) -> None:
    await db.execute(FILL)
    writers, rng = Writers(dsn), random.Random(5)
    reading = asyncio.create_task(snapshots(dsn, writers))
    following = [asyncio.create_task(follow(dsn, d, writers)) for d in DEVICES]
    writing = [asyncio.create_task(writers.one(i)) for i in range(WRITERS)]
    fates = [True] * KILLS + [False] * CUTS
    rng.shuffle(fates)
    backend = 0
    process = subprocess.Popen([*MOVER, dsn])
    try:
        for n, kill in enumerate(fates):
            led, backend = backend, await leader(db, backend)
            await asyncio.sleep(rng.uniform(0, 0.9))
            if n % 2:
                await stop_in_cycle(db, process, led)
            if kill:
                process.kill()
                process.wait()
                process = subprocess.Popen([*MOVER, dsn])
            else:
                assert await db.fetchval("select pg_terminate_backend($1, 5000)", backend)
                process.send_signal(signal.SIGCONT)
        await leader(db, backend)  # the last one too gave way to a next
    finally:
        writers.stop = True
        done = sum(await asyncio.gather(*writing))
        process.kill()
        process.wait()
        writers.over = True
    taken = await reading
    deltas = await asyncio.gather(*following)
    assert await wrong(db, writers, taken) == {}
    assert done > 200 and len(taken) > 20 and min(deltas) > 20


async def test_a_reader_by_sequence_number_loses(dsn: str, db: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """The outbox read as `seq > last`: who commits late is skipped for ever, and the oracle says so."""
    take = "delete from sync_outbox returning seq, tpl, op, pk, keys, row, cause"
    assert take in mover.TAKE
    naive = """select * from sync_outbox where seq > (select seq from read_to)), moved as (
        update read_to set seq = greatest(seq, (select max(seq) from taken))"""
    monkeypatch.setattr(mover, "TAKE", mover.TAKE.replace(take, naive))
    await db.execute("drop table if exists read_to; create table read_to as select 0::bigint as seq")
    await db.execute(FILL)
    writers = Writers(dsn)
    lead = asyncio.create_task(Mover(dsn).run())
    writing = [asyncio.create_task(writers.one(i)) for i in range(WRITERS)]
    await asyncio.sleep(2)
    writers.stop = True
    await asyncio.gather(*writing)
    lead.cancel()
    await asyncio.wait([lead])
    found = await wrong(db, writers, [])
    await db.execute("drop table read_to")
    assert len(found["lost"]) > 10
