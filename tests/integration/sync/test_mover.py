"""The mover's life: killed anywhere, doubled, restored under."""

import asyncio
import os
import random
import signal
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from sync import log, mover
from sync.mover import Mover
from tests.integration.sync.house import Connection
from tests.integration.sync.test_capture import same_as_table

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Dying(asyncpg.Connection):
    """A connection that is cut before or after its k-th statement."""

    left = -1
    after = False

    async def _cut(self, call: Any) -> Any:
        self.left -= 1
        if self.left == 0 and not self.after:
            self.terminate()
            raise ConnectionResetError("cut")
        result = await call
        if self.left == 0:
            self.terminate()
            raise ConnectionResetError("cut")
        return result

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        return await self._cut(super().execute(*args, **kwargs))

    async def fetch(self, *args: Any, **kwargs: Any) -> Any:
        return await self._cut(super().fetch(*args, **kwargs))

    async def fetchval(self, *args: Any, **kwargs: Any) -> Any:
        return await self._cut(super().fetchval(*args, **kwargs))


async def dense(db: Connection) -> int:
    offs = [r["off"] for r in await db.fetch("select off from sync_log order by off")]
    assert offs == list(range(1, len(offs) + 1))
    assert (await log.read_meta(db)).off == len(offs)
    return len(offs)


@pytest.mark.filterwarnings("ignore:coroutine:RuntimeWarning")
async def test_killed_between_statements(dsn: str, db: Connection) -> None:
    """lock, begin, take, write, commit, unlock: cut before and after each."""
    cuts = 0
    for after in (False, True):
        for k in range(1, 20):
            await db.execute("insert into pick (id, device) values ($1, 'd1')", 1000 * (1 + after) + k)
            await db.execute("update pick set device = case device when 'd1' then 'd2' else 'd1' end, qty = qty + 1")
            conn = await asyncpg.connect(dsn, connection_class=Dying)
            conn.left, conn.after = k, after
            survived = True
            try:
                await mover.cycle(conn)
            except (OSError, asyncpg.InterfaceError):
                survived = False
                cuts += 1
            conn.terminate()
            await mover.cycle(db)
            await dense(db)
            await same_as_table(db)
            if survived:
                break
    assert cuts >= 10


async def test_killed_for_real(dsn: str, db: Connection) -> None:
    """A process that leads is killed with SIGKILL in the middle of work, again and again."""
    await db.execute("insert into pick (id, device) select i, 'd1' from generate_series(1, 50) i")
    stop = asyncio.Event()

    async def write() -> int:
        conn = await asyncpg.connect(dsn)
        done = 0
        while not stop.is_set():
            await conn.execute("update pick set qty = qty + 1, ver = ver + 1 where id = $1", random.randint(1, 50))
            done += 1
        await conn.close()
        return done

    writing = [asyncio.create_task(write()) for _ in range(3)]
    code = f"import asyncio; from sync.mover import Mover; asyncio.run(Mover({dsn!r}).run())"
    for _ in range(4):
        before = (await log.read_meta(db)).off
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.DEVNULL)
        while (await log.read_meta(db)).off <= before + 20:
            await asyncio.sleep(0.02)
        await asyncio.sleep(random.random() * 0.05)
        os.kill(child.pid, signal.SIGKILL)
        await child.wait()
    stop.set()
    done = sum(await asyncio.gather(*writing))
    await mover.cycle(db)
    assert await dense(db) == 50 + done
    await same_as_table(db)


async def test_offsets_are_dense(db: Connection) -> None:
    """Rolled-back and unchanged rows use up no offset, though they use up a number of the outbox."""
    await db.execute("insert into pick (id, device) values (1, 'd1')")
    with pytest.raises(ZeroDivisionError):
        async with db.transaction():
            await db.execute("update pick set qty = 5")
            raise ZeroDivisionError
    await db.execute("update pick set qty = 1; update pick set qty = 0; update pick set qty = 2")
    assert await mover.cycle(db) == (4, 4, 4)
    await db.execute("insert into sync_outbox (tpl, op, pk) values (2, 'd', 'nobody'), (99, 'd', 'unknown template')")
    assert await mover.cycle(db) == (2, 0, 4)
    assert await dense(db) == 4


async def lead(m: Mover, seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        await m.leading.wait()


async def test_second_mover_takes_over(dsn: str, db: Connection) -> None:
    one, two = Mover(dsn), Mover(dsn)
    first = asyncio.create_task(one.run())
    await lead(one)
    second = asyncio.create_task(two.run())
    try:
        await asyncio.sleep(0.7)
        assert not two.leading.is_set()
        first.cancel()
        await lead(two)
        await db.execute("insert into pick (id, device) values (1, 'd1')")
        async with asyncio.timeout(2):
            while (await log.read_meta(db)).off == 0:
                await asyncio.sleep(0.01)
    finally:
        first.cancel()
        second.cancel()


async def test_mover_outlives_its_connection(dsn: str, db: Connection) -> None:
    m = Mover(dsn)
    task = asyncio.create_task(m.run())
    try:
        await lead(m)
        for round in range(1, 3):
            await db.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sync_mover'"
            )
            await db.execute("insert into pick (id, device) values ($1, 'd1')", round)
            async with asyncio.timeout(5):
                while (await log.read_meta(db)).off < round:
                    await asyncio.sleep(0.01)
        if task.done():
            task.result()
        assert not task.done()
    finally:
        task.cancel()


async def test_restored_database_changes_gen(dsn: str, db: Connection, tmp_path: Path) -> None:
    file = tmp_path / "sync"
    gens = []
    for noted in (None, "{gen} 0", "{gen} 999", "another 999", "broken"):
        gens.append((await log.read_meta(db)).gen)
        if noted is not None:
            file.write_text(noted.format(gen=gens[-1]))
        m = Mover(dsn, file)
        task = asyncio.create_task(m.run())
        await lead(m)
        task.cancel()
        await asyncio.wait([task])
    gens.append((await log.read_meta(db)).gen)
    assert [a != b for a, b in pairwise(gens)] == [False, False, True, False, False]
    assert file.read_text() == f"{gens[-1]} 0\n"
