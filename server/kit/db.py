"""The database: one pool, transactions with real savepoints, and plain SQL with $n parameters.

Piccolo's own nested transaction() is a no-op; ours opens a savepoint, so that a refused inner step leaves nothing.
Never gather inside a transaction: all its statements share one connection.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Any

import asyncpg
import msgspec
import structlog
from piccolo.engine.postgres import PostgresEngine

from server.errors import Unavailable
from server.events import Event
from server.kit import jobs, trail
from server.kit.jobs import NewJob
from server.reactions import react

log = structlog.get_logger(__name__)

Record = Any
PATIENCE_S = 20.0
"""How long a process of the house waits for its database when it starts: one that crashed replays its log first."""


class _Engine(PostgresEngine):
    async def check_version(self) -> None:
        """Piccolo asks the server's version while the module is imported; ours is not known before open()."""


ENGINE = _Engine(config={})

_tx: ContextVar["Tx | None"] = ContextVar("tx", default=None)


class Tx:
    """An open transaction or savepoint: what a use case writes through."""

    def __init__(self, connection: Any, parent: "Tx | None") -> None:
        self.connection = connection
        self.parent = parent
        self._jobs: list[NewJob] = []

    async def emit(self, *events: Event) -> None:
        """Append the events to the trail; the jobs they lead to enter the job table before the commit."""
        if events:
            await trail.append(self.connection, events)
            self._jobs.extend(react(events))

    def enqueue(self, *new: NewJob) -> None:
        """Jobs that follow without an event (a handler that has more to do)."""
        self._jobs.extend(new)

    async def _close(self) -> None:
        if self.parent is not None:
            self.parent._jobs.extend(self._jobs)
        else:
            # Last, and in key order: a ready row that is shared is locked for an instant, never in a circle.
            await jobs.insert(self.connection, self._jobs)


@asynccontextmanager
async def transaction() -> AsyncIterator[Tx]:
    """One use case, one transaction. Nested: a real savepoint.

    Raises Unavailable when the database cannot be reached.
    """
    outer = ENGINE.current_transaction.get()
    if outer is not None:
        parent = _tx.get()
        async with outer.connection.transaction():
            tx = Tx(outer.connection, parent)
            token = _tx.set(tx)
            try:
                yield tx
            finally:
                _tx.reset(token)
            await tx._close()
        return
    try:
        connection_tx = ENGINE.transaction(allow_nested=False)
        await connection_tx.__aenter__()
    except (OSError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError) as e:
        raise Unavailable("database_down", "数据库暂时连不上，请稍后再试") from e
    tx = Tx(connection_tx.connection, None)
    token = _tx.set(tx)
    try:
        yield tx
        await tx._close()
    except BaseException as e:
        _tx.reset(token)
        try:
            await connection_tx.__aexit__(type(e), e, e.__traceback__)
        except (asyncpg.InterfaceError, OSError):
            pass  # the connection is gone and the transaction with it; the first error is the one to tell
        raise
    _tx.reset(token)
    await connection_tx.__aexit__(None, None, None)
    ring()


@asynccontextmanager
async def connection() -> AsyncIterator[Any]:
    """The open transaction's connection, else one from the pool."""
    current = ENGINE.current_transaction.get()
    if current is not None:
        yield current.connection
        return
    pool = ENGINE.pool
    if pool is None:
        raise Unavailable("database_closed", "数据库未打开")
    try:
        async with pool.acquire() as c:
            yield c
    except (ConnectionRefusedError, FileNotFoundError, asyncpg.CannotConnectNowError) as e:
        raise Unavailable("database_down", "数据库暂时连不上，请稍后再试") from e


async def rows(sql: str, *args: Any) -> list[Record]:
    async with connection() as c:
        return list(await c.fetch(sql, *args))


async def row(sql: str, *args: Any) -> Record | None:
    async with connection() as c:
        return await c.fetchrow(sql, *args)


async def value(sql: str, *args: Any) -> Any:
    async with connection() as c:
        return await c.fetchval(sql, *args)


async def run(sql: str, *args: Any) -> str:
    """Run one statement; returns PostgreSQL's command tag, such as 'UPDATE 3'."""
    async with connection() as c:
        return str(await c.execute(sql, *args))


async def copy(table: str, columns: Sequence[str], records: Sequence[Sequence[Any]]) -> None:
    """Insert many new rows at once (COPY). No ON CONFLICT: the caller knows that they are new."""
    if records:
        async with connection() as c:
            await c.copy_records_to_table(table, records=records, columns=list(columns))


_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def jsonb(value: Any) -> str:
    """A value as JSON text that PostgreSQL's jsonb takes: without the NUL that JSON can carry and PostgreSQL cannot.

    The letters of an escaped NUL in a text (a backslash, then u0000) stay what they are.
    """
    return _NUL.sub(r"\1", msgspec.json.encode(value).decode())


def touched(tag: str) -> int:
    """How many rows a command tag speaks of."""
    return int(tag.rsplit(" ", 1)[-1])


def unzip(records: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    """Rows to columns, for `unnest($1::…[], $2::…[])`: a set is one statement."""
    columns: list[list[Any]] = [[] for _ in range(width)]
    for record in records:
        for column, item in zip(columns, record, strict=True):
            column.append(item)
    return columns


# -- opening and ringing ------------------------------------------------------------------------------------------

_bell: asyncio.Event | None = None
_ringer: asyncio.Task[None] | None = None


async def open(dsn: str, *, size: int = 8, patience_s: float = 0) -> None:
    """Open the pool and the bell. Call once in each process, on the loop that will use it.

    patience_s: how long to wait for a database that is only just starting, or recovering from a crash.
    """
    global _bell, _ringer
    ENGINE.config.clear()
    ENGINE.config.update({"dsn": dsn})
    deadline = time.monotonic() + patience_s
    while True:
        try:
            await ENGINE.start_connection_pool(
                min_size=1,
                max_size=size,
                command_timeout=60,
                server_settings={"application_name": "zhongshu", "timezone": "UTC", "lock_timeout": "10s"},
            )
            break
        except (OSError, asyncpg.CannotConnectNowError) as e:
            if time.monotonic() > deadline:
                raise
            log.warning("database_not_ready", error=type(e).__name__)
            await asyncio.sleep(0.5)
    _bell = asyncio.Event()
    _ringer = asyncio.create_task(_ring_on(_bell), name="bell")


async def close() -> None:
    global _bell, _ringer
    if _ringer is not None:
        _ringer.cancel()
        with suppress(asyncio.CancelledError):
            await _ringer
    _bell = _ringer = None
    if ENGINE.pool is not None:
        await ENGINE.close_connection_pool()


def ring() -> None:
    """Wake dispatcher and mover after a commit. They poll too: a lost ring costs 250 ms, nothing else."""
    if _bell is not None:
        _bell.set()


async def _ring_on(bell: asyncio.Event) -> None:
    # A NOTIFY takes a lock that all committing transactions share, so it stands alone, at most every 5 ms.
    while True:
        await bell.wait()
        bell.clear()
        try:
            pool = ENGINE.pool
            if pool is not None:
                async with pool.acquire() as c:
                    await c.execute("select pg_notify('zs_job', ''), pg_notify('sync_outbox', '')")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            pass  # whoever listens polls as well
        await asyncio.sleep(0.005)
