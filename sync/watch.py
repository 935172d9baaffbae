"""Waiting for news of some shapes: one listener in each web process, however many devices hold a pull."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import asyncpg
import structlog

from sync.mover import LOST, Connection
from sync.shapes import Keys

Shape = tuple[int, Keys]

POLL = 1.0  # seconds; a lost NOTIFY costs no more than this
REMEMBERED = 100_000

TOUCHED = "select off, tpl, old, new from sync_log where off > $1 order by off"
HEAD = "select gen::text, off, floor from sync_meta"

log = structlog.get_logger("sync")


class Watch:
    """`await start()`, then `await wait_for(shapes, off, timeout)` in each held pull, `await stop()` at the
    end.
    """

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.head = 0
        self._gen = ""
        self._since = 0  # what was touched up to here is not known
        self._touched: dict[Shape, int] = {}
        self._waiting: dict[Shape, dict[asyncio.Future[bool], int]] = {}
        self._bell = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    async def start(self) -> None:
        """Returns when it listens; raises when the database cannot be reached."""
        conn = await self._connect()
        self._task = asyncio.create_task(self._run(conn), name="sync_watch")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        self._wake_all()

    def close(self) -> None:
        """Wake whoever waits, and let nobody wait any more: the process is about to end."""
        self._closing = True
        self._wake_all()

    async def wait_for(self, shapes: Iterable[Shape], off: int, timeout: float) -> bool:
        """True once one of the shapes has (or may have) changed after off; False after timeout seconds."""
        wanted = list(shapes)
        if self._closing or off < self._since or any(self._touched.get(s, 0) > off for s in wanted):
            return True
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        for shape in wanted:
            self._waiting.setdefault(shape, {})[future] = off
        try:
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError:
            return False
        finally:
            for shape in wanted:
                waiting = self._waiting.get(shape)
                if waiting is not None:
                    waiting.pop(future, None)
                    if not waiting:
                        del self._waiting[shape]

    async def _connect(self) -> Connection:
        conn = await asyncpg.connect(self.dsn, command_timeout=60, server_settings={"application_name": "sync_watch"})
        try:
            await conn.add_listener("sync_log", lambda *_: self._bell.set())
            row = await conn.fetchrow(HEAD)
            if row is None:
                raise LookupError("sync_meta is empty: install_sql has not run")
        except BaseException:
            conn.terminate()
            raise
        self._gen, self.head = row["gen"], row["off"]
        self._since = self.head
        self._touched.clear()
        return conn

    async def _run(self, conn: Connection | None) -> None:
        pause = 0.1
        while True:
            try:
                if conn is None:
                    conn = await self._connect()
                    self._wake_all()  # what happened meanwhile is not known: let everybody look
                pause = 0.1
                await self._listen(conn)
            except LOST as e:
                log.error("sync_watch_down", error=repr(e), retry_s=pause)
            finally:
                if conn is not None:
                    conn.terminate()
                    conn = None
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)

    async def _listen(self, conn: Connection) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL):
                    await self._bell.wait()
            self._bell.clear()
            row = await conn.fetchrow(HEAD)
            if row is None or row["gen"] != self._gen or row["off"] < self.head or row["floor"] > self.head:
                await self._start_over(row)
                continue
            if row["off"] == self.head:
                continue
            for off, tpl, old, new in await conn.fetch(TOUCHED, self.head):
                self.head = off
                for keys in (old, new):
                    if keys is not None:
                        self._touch((tpl, tuple(keys)), off)

    async def _start_over(self, row: Any) -> None:
        if row is not None:
            self._gen, self.head = row["gen"], row["off"]
        self._since = self.head
        self._touched.clear()
        self._wake_all()

    def _touch(self, shape: Shape, off: int) -> None:
        if len(self._touched) >= REMEMBERED:
            self._touched.clear()
            self._since = off
        self._touched[shape] = off
        for future, known in self._waiting.get(shape, {}).items():
            if known < off and not future.done():
                future.set_result(True)

    def _wake_all(self) -> None:
        for waiting in list(self._waiting.values()):
            for future in waiting:
                if not future.done():
                    future.set_result(True)
