"""The one process that turns the outbox into the log. Also the single cycle that others borrow before they
read.

A connection given here must come from a pool that releases advisory locks on reset (asyncpg's does) or be the
caller's own.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import asyncpg
import structlog

from sync import capture, codec
from sync.fold import Change, Folded, Image, fold
from sync.shapes import Keys, Template

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]
else:
    Connection = Any

LOCKS = 0x5A53  # the class of our advisory locks
LEADER, MOVE = 1, 2
BUSY, IDLE, STAY = (
    0.005,
    0.25,
    1.0,
)  # seconds: poll while there is work, poll at rest, how long work is remembered
RING_EVERY = 0.005

# What a connection that goes away may raise, depending on the moment.
LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

log = structlog.get_logger("sync")

TAKE = """with taken as (delete from sync_outbox returning seq, tpl, op, pk, keys, row, cause)
select t.tpl, t.op::text as op, t.pk, t.keys, t.row, t.cause, r.keys as had_keys, r.row as had_row,
  (select off from sync_meta) as off
from taken t left join sync_row r on r.tpl = t.tpl and r.pk = t.pk order by t.seq"""

WIPE = [
    "delete from sync_row where tpl = any($1::smallint[])",
    "delete from sync_digest where tpl = any($1::smallint[])",
]
NEW_GEN = "update sync_meta set gens = (array[gen] || gens)[1:16], gen = gen_random_uuid() returning gen::text"

WRITE = """with
entries as (
  insert into sync_log (off, tpl, op, pk, old, new, row, cause)
  select off, tpl, op::"char", pk, old::text[], new::text[], row, cause
  from unnest($1::bigint[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[],
    $8::bytea[]) as e(off, tpl, op, pk, old, new, row, cause)),
puts as (
  insert into sync_row (tpl, pk, keys, row)
  select tpl, pk, keys::text[], row
  from unnest($9::smallint[], $10::text[], $11::text[], $12::bytea[]) as p(tpl, pk, keys, row)
  on conflict (tpl, pk) do update set keys = excluded.keys, row = excluded.row),
gone as (
  delete from sync_row r using unnest($13::smallint[], $14::text[]) as g(tpl, pk)
  where r.tpl = g.tpl and r.pk = g.pk),
sums as (
  insert into sync_digest as d (tpl, keys, n, d1, d2)
  select tpl, keys::text[], n, d1, d2
  from unnest($15::smallint[], $16::text[], $17::bigint[], $18::bigint[], $19::bigint[])
    as s(tpl, keys, n, d1, d2)
  on conflict (tpl, keys) do update
    set n = d.n + excluded.n, d1 = (d.d1 + excluded.d1) % 4294967296, d2 = (d.d2 + excluded.d2) % 4294967296)
update sync_meta set off = $20"""


class Moved(NamedTuple):
    """taken: outbox rows; logged: those that changed something; head: the log's last offset, 0 when nothing
    was taken.
    """

    taken: int
    logged: int
    head: int


@asynccontextmanager
async def locked(conn: Connection) -> AsyncIterator[None]:
    """The `move` lock, taken before BEGIN: in REPEATABLE READ the first statement fixes the snapshot, so it
    must not be the lock.
    """
    await conn.execute("select pg_advisory_lock($1, $2)", LOCKS, MOVE)
    try:
        yield
    finally:
        if not conn.is_closed():
            await conn.execute("select pg_advisory_unlock($1, $2)", LOCKS, MOVE)


async def cycle(conn: Connection) -> Moved:
    """Move all that is committed and waiting. conn must not be in a transaction."""
    async with locked(conn), conn.transaction(isolation="repeatable_read"):
        return await move(conn)


async def move(conn: Connection) -> Moved:
    """Outbox to log, whole transactions only. In a REPEATABLE READ begun under the `move` lock."""
    rows = await conn.fetch(TAKE)
    if not rows:
        return Moved(0, 0, 0)
    images: dict[tuple[int, str], Image] = {}
    changes: list[Change] = []
    for tpl, op, pk, keys, row, cause, had_keys, had_row, _ in rows:
        if had_row is not None:
            images[tpl, pk] = Image(tuple(had_keys), had_row)
        changes.append(_change(tpl, op, pk, keys, row, cause))
    folded = fold(changes, images, rows[0]["off"])
    await write(conn, folded)
    return Moved(len(rows), len(folded.entries), folded.head)


async def write(conn: Connection, folded: Folded) -> None:
    """Store what fold() made, in the same transaction."""
    if folded.wiped:
        for sql in WIPE:
            await conn.execute(sql, list(folded.wiped))
        gen = await conn.fetchval(NEW_GEN)
        log.warning("sync_table_truncated", templates=sorted(folded.wiped), gen=gen)
    if not folded.entries:
        return
    e = folded.entries
    puts = [(tpl, pk, i) for (tpl, pk), i in folded.images.items() if i is not None]
    gone = [at for at, i in folded.images.items() if i is None]
    sums = [(tpl, keys, d) for (tpl, keys), d in folded.digests.items() if d != (0, 0, 0)]
    await conn.execute(
        WRITE,
        [x.off for x in e],
        [x.tpl for x in e],
        [x.op for x in e],
        [x.pk for x in e],
        [_literal(x.old) for x in e],
        [_literal(x.new) for x in e],
        [x.row for x in e],
        [x.cause for x in e],
        [tpl for tpl, _, _ in puts],
        [pk for _, pk, _ in puts],
        [_literal(i.keys) for _, _, i in puts],
        [i.row for _, _, i in puts],
        [tpl for tpl, _ in gone],
        [pk for _, pk in gone],
        [tpl for tpl, _, _ in sums],
        [_literal(keys) for _, keys, _ in sums],
        [d.n for _, _, d in sums],
        [d.d1 for _, _, d in sums],
        [d.d2 for _, _, d in sums],
        folded.head,
    )


async def new_generation(conn: Connection) -> str:
    """Every shape everywhere starts anew: after a restore, or by hand. conn must not be in a transaction."""
    async with locked(conn):
        return str(await conn.fetchval(NEW_GEN))


async def reconcile(conn: Connection, template: Template) -> int:
    """Compare the table with what was sent and log the differences; how many.

    For what bypasses triggers, nightly.
    """
    async with locked(conn), conn.transaction(isolation="repeatable_read"):
        await move(conn)
        head = await conn.fetchval("select off from sync_meta")
        sent = await conn.fetch("select pk, keys, row from sync_row where tpl = $1", template.id)
        images = {(template.id, r["pk"]): Image(tuple(r["keys"]), r["row"]) for r in sent}
        changes = []
        gone = {pk for _, pk in images}
        for r in await conn.fetch(capture.source_sql(template)):
            changes.append(_change(template.id, "p", r["pk"], r["keys"], r["row"], None))
            gone.discard(r["pk"])
        changes += [Change(template.id, "d", pk) for pk in sorted(gone)]
        folded = fold(changes, images, head)
        await write(conn, folded)
    if folded.entries:
        log.error("sync_reconciled", template=template.name, differences=len(folded.entries))
    return len(folded.entries)


class Mover:
    """`await Mover(dsn).run()` for the life of a process; cancel the task to end it.

    checkpoint: a file outside the database.
    """

    def __init__(self, dsn: str, checkpoint: Path | None = None) -> None:
        self.dsn = dsn
        self.checkpoint = checkpoint
        self.leading = asyncio.Event()
        self._bell = asyncio.Event()
        self._written = (0.0, 0)

    async def run(self) -> None:
        wait = 0.1
        while True:
            conn: Connection | None = None
            try:
                conn = await asyncpg.connect(
                    self.dsn, command_timeout=60, server_settings={"application_name": "sync_mover"}
                )
                await self._lead(conn)
            except LOST as e:
                log.error("sync_mover_down", error=repr(e), retry_s=wait)
            finally:
                if self.leading.is_set():
                    wait = 0.1
                self.leading.clear()
                if conn is not None and not conn.is_closed():
                    conn.terminate()  # ends the session and with it both locks, whatever it was doing
            await asyncio.sleep(wait)
            wait = min(wait * 2, 5.0)

    async def _lead(self, conn: Connection) -> None:
        # Asked for again and again: a statement that waits for a lock would hold back vacuum for as long.
        while not await conn.fetchval("select pg_try_advisory_lock($1, $2)", LOCKS, LEADER):  # noqa: ASYNC110
            await asyncio.sleep(0.5)
        await conn.add_listener("sync_outbox", self._ring)
        await self._compare(conn)
        self.leading.set()
        log.info("sync_mover_leads")
        ring_due, rang, worked = 0, 0.0, 0.0
        while True:
            moved = await self._once(conn)
            now = time.monotonic()
            if moved.taken:
                worked = now
                ring_due = moved.head
            if ring_due and now - rang >= RING_EVERY:
                # In a statement of its own: inside the cycle it would hold NOTIFY's lock for as long as the
                # commit takes.
                await conn.execute("select pg_notify('sync_log', $1)", str(ring_due))
                await self._note(conn, ring_due)
                ring_due, rang = 0, now
            pause = BUSY if ring_due or now - worked < STAY else IDLE
            with suppress(TimeoutError):  # then it is a poll; (wait_for of Python 3.11 can swallow a cancellation)
                async with asyncio.timeout(pause):
                    await self._bell.wait()
            self._bell.clear()

    async def _once(self, conn: Connection) -> Moved:
        # A look costs a tenth of a cycle, and most polls find nothing.
        if not await conn.fetchval("select exists (select from sync_outbox)"):
            return Moved(0, 0, 0)
        return await cycle(conn)

    def _ring(self, *_: object) -> None:
        self._bell.set()

    async def _compare(self, conn: Connection) -> None:
        """A database that went back re-uses offsets that devices have seen: it must get a new generation."""
        if self.checkpoint is None:
            return
        gen, off = await self._meta(conn)
        if self.checkpoint.exists():
            noted = self.checkpoint.read_text().split()
            if len(noted) == 2 and noted[0] == gen and int(noted[1]) > off:
                new = await new_generation(conn)
                log.error("sync_database_went_back", off=off, noted=int(noted[1]), gen=new)
        await self._note(conn, off, now=True)

    async def _note(self, conn: Connection, off: int, now: bool = False) -> None:
        if self.checkpoint is None or (not now and time.monotonic() - self._written[0] < 1.0):
            return
        gen, off = await self._meta(conn)
        fresh = self.checkpoint.with_suffix(".new")
        fresh.write_text(f"{gen} {off}\n")
        fresh.replace(self.checkpoint)
        self._written = (time.monotonic(), off)

    @staticmethod
    async def _meta(conn: Connection) -> tuple[str, int]:
        row = await conn.fetchrow("select gen::text, off from sync_meta")
        if row is None:
            raise LookupError("sync_meta is empty: install_sql has not run")
        return row["gen"], row["off"]


def _change(tpl: int, op: str, pk: str, keys: Iterable[str] | None, row: str | None, cause: bytes | None) -> Change:
    return Change(
        tpl,
        op,
        pk,
        None if keys is None else tuple(keys),
        None if row is None else codec.encode_row(row),
        cause,
    )


def _literal(keys: Keys | None) -> str | None:
    """A text[] as PostgreSQL writes it: unnest cannot take an array of arrays."""
    if keys is None:
        return None
    return "{" + ",".join('"' + k.replace("\\", "\\\\").replace('"', '\\"') + '"' for k in keys) + "}"
