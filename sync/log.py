"""Reading the log: what a device gets in one pull, and keeping the log short. Waiting for news is in
watch.py.

conn must not be in a transaction: the calls here open their own, because a cut is one REPEATABLE READ
snapshot.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from sync import frames, mover
from sync.digest import EMPTY, Digest
from sync.fold import Entry
from sync.frames import Meta, Sub
from sync.messages import LARGE, Frame
from sync.mover import Connection

MOST = 20_000  # lines of a delta; at so many it may have been cut, and the shape is sent whole

META = "select gen::text, off, floor, gens::text[] as gens from sync_meta"

# For each shape asked for: its digest and, per row, the newest line that touches it.
DELTAS = """select s.i, d.off, d.tpl, d.op::text, d.pk, d.old, d.new, d.row, d.cause
from ({values}) s(i, tpl, keys, off)
cross join lateral (
  select distinct on (l.pk) l.* from sync_log l
  where l.off > s.off and l.tpl = s.tpl and (l.new = s.keys or l.old = s.keys)
  order by l.pk, l.off desc limit {most}) d
order by s.i, d.off"""
DIGESTS = """select s.i, d.n, d.d1, d.d2
from ({values}) s(i, tpl, keys) join sync_digest d on d.tpl = s.tpl and d.keys = s.keys"""
SNAPSHOT = "select row from sync_row where tpl = $1 and keys = $2::text[] order by pk"


class Answer(NamedTuple):
    """news: some frame carries more than a Mark, so the answer should go out now.

    off: the log's head in this cut.
    """

    frames: list[Frame]
    news: bool
    off: int


async def pull(conn: Connection, subs: Sequence[Sub]) -> Answer:
    """One consistent cut over all shapes asked for.

    The caller has checked the rights: keys and epoch come from the session.
    """
    if conn.is_in_transaction():
        raise RuntimeError("pull needs a connection outside of a transaction")
    if any(s.off < 0 for s in subs):
        await freshen(conn)
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        meta = await read_meta(conn)
        why = [frames.reset_why(s, meta) for s in subs]
        digests = await _digests(conn, subs)
        deltas = await _deltas(conn, [(i, s) for i, s in enumerate(subs) if why[i] is None and s.off < meta.off])
        out: list[Frame] = []
        news = False
        for i, sub in enumerate(subs):
            entries = deltas.get(i, [])
            reason = why[i]
            if reason is None and (len(entries) >= MOST or frames.too_large(len(entries), digests[i])):
                reason = LARGE
            if reason is not None:
                rows = await conn.fetch(SNAPSHOT, sub.template.id, list(sub.keys))
                out.append(frames.snapshot(sub, meta, [r["row"] for r in rows], digests[i], reason))
                news = True
            elif sub.off < meta.off:
                out.append(frames.delta(sub, meta, entries, digests[i]))
                news = news or bool(entries)
        return Answer(out, news, meta.off)


async def freshen(conn: Connection) -> None:
    """Log what is committed and waits in the outbox, so that what is read next holds all that was committed
    before.
    """
    if await conn.fetchval("select exists (select from sync_outbox)"):
        await mover.cycle(conn)


async def read_meta(conn: Connection) -> Meta:
    row = await conn.fetchrow(META)
    if row is None:
        raise LookupError("sync_meta is empty: install_sql has not run")
    return Meta(row["gen"], row["off"], row["floor"], tuple(row["gens"]))


async def trim(conn: Connection, keep: timedelta = timedelta(hours=72), most: int = 5_000_000) -> int:
    """Drop log lines that are older or too many; returns the new floor. A device below it gets a snapshot."""
    async with mover.locked(conn), conn.transaction():
        floor: int = await conn.fetchval(
            """update sync_meta set floor = greatest(floor, off - $2,
              coalesce((
                select l.off - 1 from sync_log l where l.at >= now() - $1::interval order by l.off limit 1),
                sync_meta.off)) returning floor""",
            keep,
            most,
        )
        await conn.execute("delete from sync_log where off <= $1", floor)
        return floor


async def _digests(conn: Connection, subs: Sequence[Sub]) -> list[Digest]:
    if not subs:
        return []
    args: list[Any] = []
    for sub in subs:
        args += [sub.template.id, list(sub.keys)]
    out = [EMPTY] * len(subs)
    for i, n, d1, d2 in await conn.fetch(
        DIGESTS.format(values=_values(range(len(subs)), ["smallint", "text[]"])), *args
    ):
        out[i] = Digest(n, d1, d2)
    return out


async def _deltas(conn: Connection, subs: Sequence[tuple[int, Sub]]) -> dict[int, list[Entry]]:
    if not subs:
        return {}
    args: list[Any] = []
    for _, sub in subs:
        args += [sub.template.id, list(sub.keys), sub.off]
    sql = DELTAS.format(values=_values([i for i, _ in subs], ["smallint", "text[]", "bigint"]), most=MOST)
    out: dict[int, list[Entry]] = {}
    for i, off, tpl, op, pk, old, new, row, cause in await conn.fetch(sql, *args):
        out.setdefault(i, []).append(Entry(off, tpl, op, pk, _keys(old), _keys(new), row, cause))
    return out


def _values(numbers: Sequence[int], types: Sequence[str]) -> str:
    """values (0, $1::smallint, $2::text[]), (1, $3::smallint, …): one statement for all shapes."""
    width = len(types)
    return "values " + ", ".join(
        f"({i}, " + ", ".join(f"${at * width + j + 1}::{t}" for j, t in enumerate(types)) + ")"
        for at, i in enumerate(numbers)
    )


def _keys(value: Any) -> tuple[str, ...] | None:
    return None if value is None else tuple(value)
