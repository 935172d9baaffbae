"""The oracle of capture: writers that know what they committed, readers that keep what they were told, and what does
not agree between them.
"""

import asyncio
import random
from collections import defaultdict
from typing import Any

import asyncpg

from sync import capture, codec, digest, log, mover
from sync.frames import Sub
from tests.integration.sync.house import PICK, Connection, applied, values

ROWS, WRITERS, SECONDS = 200, 8, 8.0
DEVICES = ["d0", "d1"]
VER = 4  # the place of the version in a row

Snapshot = tuple[str, int, dict[str, bytes]]


class Writers:
    """Slow transactions over two rows each, some rolled back, some with their id taken long before they
    write.
    """

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.stop = False  # no new transactions
        self.over = False  # and none is open
        self.committed: set[tuple[str, int]] = set()

    async def one(self, seed: int) -> int:
        conn = await asyncpg.connect(self.dsn)
        r = random.Random(seed)
        done = 0
        while not self.stop:
            versions: list[tuple[str, int]] = []
            tx = conn.transaction()
            await tx.start()
            if r.random() < 0.5:
                await conn.execute("select pg_current_xact_id()")
            await asyncio.sleep(r.random() * 0.003)
            for k in sorted(r.sample(range(ROWS), 2)):
                move = ", device = case device when 'd0' then 'd1' else 'd0' end" if r.random() < 0.1 else ""
                sql = f"update pick set qty = qty + 1, ver = ver + 1{move} where id = $1 returning ver"
                versions.append((str(k), await conn.fetchval(sql, k)))
                await asyncio.sleep(r.random() * 0.002)
            if r.random() < 0.1:
                await asyncio.sleep(0.05)
            if r.random() < 0.05:
                await tx.rollback()
                continue
            await tx.commit()
            self.committed.update(versions)
            done += 1
        await conn.close()
        return done

    async def long(self) -> None:
        """A transaction that stays open: it must stall nobody."""
        conn = await asyncpg.connect(self.dsn)
        async with conn.transaction():
            await conn.execute("select pg_current_xact_id()")
            await asyncio.sleep(SECONDS / 2)
        await conn.close()


async def snapshots(dsn: str, writers: Writers) -> list[Snapshot]:
    conn = await asyncpg.connect(dsn)
    out = []
    while not writers.stop:
        await asyncio.sleep(0.1)
        answer = await log.pull(conn, [Sub(PICK, (d,), 0, -1) for d in DEVICES])
        for device, frame in zip(DEVICES, answer.frames, strict=True):
            rows, mark = applied({}, frame)
            assert digest.of(rows.values()) == (mark.n, mark.d1, mark.d2)
            out.append((device, mark.off, rows))
        await same_as_table(conn)
    await conn.close()
    return out


async def same_as_table(conn: Connection) -> None:
    """In one cut: what was sent is what the table holds."""
    async with mover.locked(conn), conn.transaction(isolation="repeatable_read"):
        await mover.move(conn)
        table = {
            (r["pk"], tuple(r["keys"]), codec.encode_row(r["row"])) for r in await conn.fetch(capture.source_sql(PICK))
        }
        sent = {
            (r["pk"], tuple(r["keys"]), r["row"])
            for r in await conn.fetch("select pk, keys, row from sync_row where tpl = 2")
        }
        assert table == sent


async def follow(dsn: str, device: str, writers: Writers) -> int:
    """A device that lives on deltas alone; returns how many it had."""
    conn = await asyncpg.connect(dsn)
    rows: dict[str, bytes] = {}
    h, off, deltas, last = 0, -1, 0, False
    while not last:
        last = writers.over
        if last:
            await mover.cycle(conn)
        answer = await log.pull(conn, [Sub(PICK, (device,), h, off)])
        for frame in answer.frames:
            deltas += frame.h == h
            rows, mark = applied(rows, frame)
            h, off = frame.h, mark.off
            assert digest.of(rows.values()) == (mark.n, mark.d1, mark.d2)
        await asyncio.sleep(0.01)
    want = await conn.fetch("select id::text, ver from pick where device = $1", device)
    assert {k: values(r)[VER] for k, r in rows.items()} == {r["id"]: r["ver"] for r in want}
    await conn.close()
    return deltas


async def wrong(db: Connection, writers: Writers, taken: list[Snapshot]) -> dict[str, list[Any]]:
    """What is not so: every committed change is in the log, in its row's order, under offsets without a gap; every
    snapshot is the fold of the log up to its offset.
    """
    await mover.cycle(db)
    lines = await db.fetch("select off, op::text, pk, old, new, row from sync_log order by off")
    logged: dict[str, list[int]] = defaultdict(list)
    for line in lines:
        logged[line["pk"]].append(values(line["row"])[VER])
    changes = {(pk, v) for pk, vs in logged.items() for v in vs}
    found: dict[str, list[Any]] = {
        "lost": sorted(writers.committed - changes),
        "invented": sorted(changes - writers.committed - {(str(k), 0) for k in range(ROWS)}),
        "reordered": [pk for pk, vs in logged.items() if vs != sorted(set(vs))],
        "gaps": [line["off"] for i, line in enumerate(lines, 1) if line["off"] != i],
        "snapshots": [(d, off) for d, off, rows in taken if rows != fold_to(lines, d, off)],
    }
    return {what: which for what, which in found.items() if which}


def fold_to(lines: list[Any], device: str, off: int) -> dict[str, bytes]:
    rows: dict[str, bytes] = {}
    for line in lines:
        if line["off"] > off:
            break
        if line["new"] == [device]:
            rows[line["pk"]] = line["row"]
        elif line["old"] == [device]:
            rows.pop(line["pk"], None)
    return rows
