"""Triggers and mover against a real PostgreSQL: nothing lost, nothing out of order, and every snapshot is the
fold of the log.
"""

import asyncio
from typing import Any

import pytest

from sync import capture, codec, digest, log, mover
from sync.frames import Sub
from sync.messages import GEN, Reset
from sync.mover import Mover
from tests.integration.sync.house import PICK, TEMPLATES, Connection, applied, install, values
from tests.integration.sync.oracle import (
    DEVICES,
    ROWS,
    SECONDS,
    WRITERS,
    Writers,
    follow,
    same_as_table,
    snapshots,
    wrong,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_oracle(dsn: str, db: Connection) -> None:
    await db.execute(f"insert into pick (id, device) select i, 'd' || i % 2 from generate_series(0, {ROWS - 1}) i")
    writers = Writers(dsn)
    lead = asyncio.create_task(Mover(dsn).run())
    reading = asyncio.create_task(snapshots(dsn, writers))
    following = [asyncio.create_task(follow(dsn, d, writers)) for d in DEVICES]
    writing = [asyncio.create_task(writers.one(i)) for i in range(WRITERS)]
    long = asyncio.create_task(writers.long())
    try:
        await asyncio.sleep(SECONDS)
    finally:
        writers.stop = True
        done = sum(await asyncio.gather(*writing))
        writers.over = True
    taken = await reading
    deltas = await asyncio.gather(*following)
    await long
    lead.cancel()
    assert await wrong(db, writers, taken) == {}
    assert done > 200 and len(taken) > 20 and min(deltas) > 20


async def test_truncate_changes_gen(db: Connection) -> None:
    await db.execute("insert into pick (id, device) values (1, 'd1'), (2, 'd1')")
    first = await log.pull(db, [Sub(PICK, ("d1",), 0, -1)])
    before = await log.read_meta(db)
    async with db.transaction():
        await db.execute("truncate pick")
        await db.execute("insert into pick (id, device) values (2, 'd1'), (3, 'd1')")
    await mover.cycle(db)
    after = await log.read_meta(db)
    assert after.gen != before.gen and after.gens == (before.gen,)
    answer = await log.pull(db, [Sub(PICK, ("d1",), first.frames[0].h, first.off)])
    rows, mark = applied({"1": b"stale"}, answer.frames[0])
    assert codec.messages(answer.frames[0])[0] == Reset(GEN)
    assert sorted(rows) == ["2", "3"]
    assert digest.of(rows.values()) == (mark.n, mark.d1, mark.d2)


async def outbox(db: Connection) -> list[tuple[Any, ...]]:
    taken = await db.fetch("delete from sync_outbox returning seq, op::text, pk, keys, row")
    return [tuple(r)[1:] for r in sorted(taken, key=lambda r: r["seq"])]


async def test_only_registered_columns(db: Connection) -> None:
    await db.execute("insert into pick (id, device, note) values (1, 'd1', '秘密'), (2, null, 'x')")
    assert await outbox(db) == [("p", "1", ["d1"], '["1", 1, "", 0, 0, [], []]')]
    await db.execute("update pick set note = '张三 13800000000'; update pick set qty = 0, device = device")
    assert await outbox(db) == []
    await db.execute(
        "update pick set qty = 1; update pick set device = null; update pick set qty = 2; delete from pick"
    )
    assert [(op, pk) for op, pk, _, _ in await outbox(db)] == [("p", "1"), ("o", "1")]


async def test_only_and_keys(db: Connection) -> None:
    await db.execute("insert into parcel values ('a', 'w1', 'ready'), ('b', 'w1', 'gone')")
    await db.execute(
        "update parcel set state = 'gone' where id = 'a';update parcel set id = 'c', state = 'ready' where id = 'b'"
    )
    await db.execute("update parcel set id = 'd' where id = 'c'; delete from parcel")
    assert [(op, pk) for op, pk, _, _ in await outbox(db)] == [
        ("p", "a"), ("o", "a"), ("p", "c"), ("d", "c"), ("p", "d"), ("d", "d"),
    ]  # fmt: skip


async def test_cause_and_odd_values(db: Connection) -> None:
    async with db.transaction():
        await db.execute(capture.SET_CAUSE, "0a0b")
        sql = """insert into pick (id, device, sku, barcodes, items, qty)
            values (9007199254740993, $1, $2, $3, $4, -1)"""
        await db.execute(sql, 'd"\\{,}', "红\n😀", ['"', "\\", "NULL"], '[["s", 1.50, null, 90071992547409931]]')
    await mover.cycle(db)
    line = await db.fetchrow("select * from sync_log")
    assert line is not None
    assert (line["cause"], line["new"]) == (b"\x0a\x0b", ['d"\\{,}'])
    assert values(line["row"]) == [
        "9007199254740993", 1, "红\n😀", -1, 0, ['"', "\\", "NULL"],
        [["s", "1.50", None, "90071992547409931"]],
    ]  # fmt: skip
    await db.execute("update pick set qty = 0")
    await mover.cycle(db)
    assert await db.fetchval("select cause from sync_log order by off desc") is None


async def test_install_loads_and_again_changes_nothing(db: Connection) -> None:
    await db.execute("insert into pick (id, device) values (1, 'd1')")
    await db.execute("drop table sync_outbox, sync_row, sync_digest, sync_log, sync_meta")
    async with db.transaction():
        for sql in capture.install_sql(TEMPLATES):
            await db.execute(sql)
    assert await mover.cycle(db) == (1, 1, 1)
    async with db.transaction():
        for sql in capture.install_sql(TEMPLATES):
            await db.execute(sql)
    assert await mover.cycle(db) == (1, 0, 1)
    triggers = await db.fetchval("select count(*) from pg_trigger where tgname like '00_sync_%'")
    assert triggers == 3 * len(TEMPLATES)
    async with db.transaction():
        for sql in capture.install_sql(TEMPLATES[1:]):
            await db.execute(sql)
    await db.execute("update pick set qty = 7")
    assert await mover.cycle(db) == (0, 0, 0)
    await install(db)


async def test_reconcile(db: Connection) -> None:
    await db.execute("insert into pick (id, device) values (1, 'd1'), (2, 'd1'), (3, 'd1')")
    await mover.cycle(db)
    assert await mover.reconcile(db, PICK) == 0
    await db.execute("set session_replication_role = replica")
    await db.execute(
        "update pick set qty = 9 where id = 1; delete from pick where id = 2;"
        "insert into pick (id, device) values (4, 'd2')"
    )
    await db.execute("reset session_replication_role")
    assert await mover.cycle(db) == (0, 0, 0)
    assert await mover.reconcile(db, PICK) == 3
    await same_as_table(db)
    assert await mover.reconcile(db, PICK) == 0
