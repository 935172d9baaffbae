"""The server of the small world once more, now the real one: triggers, mover, log and uplink on a real PostgreSQL.

It can die between two statements, of a push as of the mover, and at their COMMIT; nothing is answered then.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from itertools import cycle
from typing import Any, TypeVar

import asyncpg
from asyncpg.transaction import Transaction

from sync import capture, codec, log, mover, uplink
from sync.frames import Sub
from sync.messages import VERSION, Pulled
from sync.uplink import Incoming
from tests.property.sync.hub import GONE, OVER, SHAPE, Stored

T = TypeVar("T")

TABLES = """create table pick(id int primary key, wh int not null, need int not null, done int not null);
create table applied(id bytea not null)"""
EMPTY = """delete from sync_quarantine; delete from sync_rehomed; delete from sync_event; delete from sync_device;
delete from pick; delete from applied; delete from sync_outbox; delete from sync_log; delete from sync_row;
delete from sync_digest;
update sync_meta set off = 0, floor = 0, gens = array[]::uuid[], gen = gen_random_uuid()"""
PUT = """insert into pick(id, wh, need, done) values($1, $2, $3, $4)
on conflict (id) do update set wh = $2, need = $3, done = $4"""


class Died(Exception):
    """The process is gone in the middle of it."""


CUT, UNHEARD, ENDED, CANCELLED = WAYS = ("cut", "unheard", "ended", "cancelled")
"""The process dies before a statement; or after it, so that a COMMIT stands and nobody hears of it; the database ends
the session; or it cancels the statement."""

CANCEL = "do $$ begin raise exception using errcode = 'query_canceled'; end $$"
DEATHS = (Died, OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError)
"""What they look like, and what a rollback or an unlock says on a connection that is gone."""


class Mortal:
    """A connection that dies at the n-th statement from now on, BEGIN, SAVEPOINT and COMMIT counted; 0: it lives."""

    def __init__(self, connection: Any, dsn: str, lives: int, way: str) -> None:
        self._connection, self._dsn, self._left, self._way = connection, dsn, lives, way
        self.died = ""  # how, and at which statement

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connection, name)
        return self._counted(found) if name in ("execute", "fetch", "fetchrow", "fetchval", "executemany") else found

    def transaction(self, isolation: Any = None, readonly: bool = False) -> Transaction:
        return Transaction(self, isolation, readonly, False)  # type: ignore[arg-type]

    def _counted(self, statement: Callable[..., Coroutine[Any, Any, T]]) -> Callable[..., Coroutine[Any, Any, T]]:
        async def asked(sql: str, *args: Any, **more: Any) -> T:
            self._left -= 1
            if self._left == 0:
                self.died = f"{self._way} {sql.split()[0].strip(';').lower()}"
                await self._die(statement(sql, *args, **more), sql)
            return await statement(sql, *args, **more)

        return asked

    async def _die(self, asked: Coroutine[Any, Any, Any], sql: str) -> None:
        if self._way in (UNHEARD, ENDED):
            if self._way == ENDED:
                await end(self._dsn, self._connection.get_server_pid())
            await asked  # when ended, it says so
        else:
            asked.close()
        if self._way == CANCELLED:
            try:
                await self._connection.execute(CANCEL)
            finally:
                if sql == "COMMIT;":  # one that fails has rolled back
                    await self._connection.execute("rollback")
        self._connection.terminate()
        raise Died


async def end(dsn: str, backend: int) -> None:
    other = await asyncpg.connect(dsn)
    try:
        assert await other.fetchval("select pg_terminate_backend($1, 5000)", backend)
    finally:
        await other.close()


class SqlServer:
    """As hub.Server. Plants of its own: 'effectfirst', 'eventfirst': effects are committed before the event that caused
    them, or after it.
    """

    def __init__(self, dsn: str, runner: asyncio.Runner, plant: str = "") -> None:
        self.dsn, self.plant, self._runner = dsn, plant, runner
        self.epoch = {1: 1, 2: 1}
        self.late: set[bytes] = set()
        self.deaths: Counter[str] = Counter()
        self._ways = cycle(WAYS)
        self._doom = (0, CUT)
        self._later: list[Any] = []  # effects that 'eventfirst' still owes
        self._connection: Any = None
        self._do(self._empty())

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    async def _open(self) -> Any:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self.dsn)
        return self._connection

    async def _empty(self) -> None:
        c = await self._open()
        if not await c.fetchval("select to_regclass('pick') is not null"):
            await c.execute(TABLES)
            async with c.transaction():
                for sql in capture.install_sql([SHAPE]):
                    await c.execute(sql)
        await c.execute(EMPTY)

    def close(self) -> None:
        async def closed() -> None:
            await self._connection.close()

        self._do(closed())

    def doom(self, statements: int, way: str = "") -> None:
        """The next push or cycle of the mover dies after so many statements; each time another way, unless told."""
        self._doom = statements + 1, way or next(self._ways)

    async def _mortal(self) -> Mortal:
        doom, self._doom = self._doom, (0, CUT)
        return Mortal(await self._open(), self.dsn, *doom)

    async def _dead(self, c: Mortal) -> None:
        """Whoever raised, it was because of a death; what lives on is reset, as a pool would."""
        assert c.died, "an error that nobody asked for"
        self.deaths[c.died] += 1
        if not c.is_closed():
            await c.reset()

    # -- tables and mover

    def put(self, k: int, row: tuple[int, int, int] | None) -> None:
        async def written() -> None:
            c = await self._open()
            await (c.execute("delete from pick where id = $1", k) if row is None else c.execute(PUT, k, *row))

        self._do(written())

    def truncate(self) -> None:
        async def written() -> None:
            c = await self._open()
            async with c.transaction():
                kept = await c.fetch("select * from pick where id % 2 = 1")
                await c.execute("truncate pick")
                await c.executemany(PUT, [tuple(r) for r in kept])

        self._do(written())

    def move(self) -> None:
        async def moved() -> None:
            c = await self._mortal()
            try:
                await mover.cycle(c)  # type: ignore[arg-type]
            except DEATHS:
                await self._dead(c)

        self._do(moved())

    def trim(self, keep: int) -> None:
        async def trimmed() -> None:
            await log.trim(await self._open(), timedelta(days=1), keep)

        self._do(trimmed())

    # -- down

    def pull(self, data: bytes) -> bytes:
        async def pulled() -> bytes:
            pull = codec.decode_pull(data)
            wh = pull.cols  # the session's warehouse, in this world
            subs = [Sub(SHAPE, (str(wh),), h, off, self.epoch[wh]) for _, h, off in pull.subs]
            return codec.encode(Pulled(VERSION, (await log.pull(await self._open(), subs)).frames, 0))

        return self._do(pulled())

    # -- up

    def enrol(self, dev: bytes, prev: bytes | None) -> None:
        async def enrolled() -> None:
            c = await self._open()
            async with c.transaction():
                await uplink.enrol(c, dev, prev)

        self._do(enrolled())

    def push(self, data: bytes) -> bytes:
        return self._do(self._push(codec.decode_up(data)))

    async def _push(self, up: Any) -> bytes:
        c = await self._mortal()
        ids = [e.id for e in codec.events(up)]
        known = "select id from sync_event where id = any($1::bytea[])"
        before = {r["id"] for r in await (await self._open()).fetch(known, ids)}

        async def decide(events: Sequence[Incoming]) -> list[uplink.Decision]:
            return [(await self._decide(c, e.ev), None) for e in events]

        try:
            async with c.transaction():
                answer = await uplink.receive(c, up, up.dev, decide, transient=(Died,))  # type: ignore[arg-type]
            while self._later:
                await c.execute(*self._later.pop(0))
            answer = await uplink.settle(c, answer)  # type: ignore[arg-type]
        except DEATHS:
            await self._dead(c)
            self._later = []
            return b""
        except codec.Refused:
            return b""  # 503: the device sends again
        finally:
            now = await self._open()
            fresh = {r["id"] for r in await now.fetch(known, ids)} - before
            if await now.fetchval("select exists (select from sync_device where prev = $1)", up.dev):
                self.late |= fresh
        return codec.encode(answer)

    async def _decide(self, c: Any, ev: Any) -> int:
        k, qty = codec.body(ev, tuple[int, int])
        apart = await asyncpg.connect(self.dsn) if self.plant == "effectfirst" else c
        try:
            row = await apart.fetchrow("select need, done from pick where id = $1 for update", k)
            if row is None:
                return GONE
            if row["done"] + qty > row["need"]:
                return OVER
            await self._effect(apart, "update pick set done = done + $2 where id = $1", k, qty)
            await self._effect(apart, "insert into applied(id) values($1)", ev.id)
            return 0
        finally:
            if apart is not c:
                await apart.close()

    async def _effect(self, c: Any, *statement: Any) -> None:
        if self.plant == "eventfirst":
            self._later.append(statement)
        else:
            await c.execute(*statement)

    # -- the books, for World.wrong()

    def _rows(self, sql: str) -> list[Any]:
        async def read() -> list[Any]:
            return list(await (await self._open()).fetch(sql))

        return self._do(read())

    @property
    def rows(self) -> dict[int, tuple[int, int, int]]:
        return {r["id"]: (r["wh"], r["need"], r["done"]) for r in self._rows("select * from pick")}

    @property
    def events(self) -> dict[bytes, list[Stored]]:
        found = self._rows("select id, dev, n, code from sync_event")
        return {r["id"]: [Stored(r["dev"], r["n"], r["code"])] for r in found}

    @property
    def applied(self) -> Counter[bytes]:
        return Counter(r["id"] for r in self._rows("select id from applied"))
