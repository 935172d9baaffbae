"""What a device gets: snapshots, deltas, resets; and who is woken."""

import asyncio
import random
from datetime import timedelta

import asyncpg
import msgspec
import pytest

from sync import codec, digest, log, mover, shapes
from sync.frames import Sub
from sync.messages import (
    DIGEST,
    FIRST,
    FLOOR,
    GEN,
    LARGE,
    RIGHTS,
    SCHEMA,
    TEMPLATE,
    Del,
    Mark,
    Put,
    Reset,
    Row,
)
from sync.watch import Watch
from tests.integration.sync.house import PARCEL, PICK, Connection, applied, first, values
from tests.integration.sync.oracle import fold_to, same_as_table

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def get(db: Connection, h: int = 0, off: int = -1, device: str = "d1") -> log.Answer:
    return await log.pull(db, [Sub(PICK, (device,), h, off)])


async def test_snapshot_is_table_and_fold(db: Connection) -> None:
    await db.execute("insert into pick (id, device, qty) select i, 'd' || i % 3, i from generate_series(1, 100) i")
    await db.execute("delete from pick where id % 7 = 0; update pick set device = 'd1' where id % 5 = 0")
    answer = await get(db)
    rows, mark = applied({}, answer.frames[0])
    assert rows == fold_to(
        await db.fetch("select off, op::text, pk, old, new, row from sync_log order by off"), "d1", mark.off
    )
    want = {str(r["id"]): r["qty"] for r in await db.fetch("select id, qty from pick where device = 'd1'")}
    assert {k: values(r)[3] for k, r in rows.items()} == want
    assert answer.news and answer.off == mark.off
    await same_as_table(db)


async def test_move_out(db: Connection) -> None:
    await db.execute("insert into pick (id, device) values (1, 'd1'), (2, 'd1'), (3, 'd1')")
    one, two = await get(db), await get(db, device="d2")
    await db.execute(
        "update pick set device = 'd2' where id = 1; delete from pick where id = 2;"
        "update pick set device = null where id = 3"
    )
    await mover.cycle(db)
    subs = [Sub(PICK, ("d1",), one.frames[0].h, one.off), Sub(PICK, ("d2",), two.frames[0].h, two.off)]
    old, new = (codec.messages(f) for f in (await log.pull(db, subs)).frames)
    assert old[:-1] == [Del(2, "1", 1), Del(2, "2", 0), Del(2, "3", 1)]
    assert isinstance(new[0], Put) and first(new[0].row) == "1"
    assert isinstance(old[-1], Mark) and isinstance(new[-1], Mark) and old[-1].off == new[-1].off
    assert old[-1] == Mark(old[-1].off, 1, 0, 0, 0)
    # there and back between two pulls: a Put to where it ends, a Del or nothing elsewhere
    await db.execute("update pick set device = 'd1' where id = 1; update pick set device = 'd2' where id = 1")
    await mover.cycle(db)
    subs = [msgspec.structs.replace(s, off=old[-1].off) for s in subs]
    old, new = (codec.messages(f) for f in (await log.pull(db, subs)).frames)
    assert [type(m) for m in old] == [Del, Mark] and [type(m) for m in new] == [Put, Mark]


async def test_digest_equals_rows(db: Connection) -> None:
    """Random work; after each step two devices hold exactly the table's rows and the Mark's sums."""
    r = random.Random(7)
    held: dict[str, tuple[int, int, dict[str, bytes]]] = {d: (0, -1, {}) for d in ("d1", "d2")}
    for step in range(60):
        async with db.transaction():
            for _ in range(r.randrange(4)):
                k, d = r.randrange(20), r.choice(["d1", "d2", None])
                await db.execute(
                    r.choice(
                        [
                            "insert into pick (id, device) values ($1, $2) on conflict do nothing",
                            "update pick set device = $2, qty = qty + 1 where id = $1",
                            "update pick set id = $1 + 100 where id = $1 and $2::text is not null",
                            "delete from pick where id = $1 and $2::text is not null",
                        ]
                    ),
                    k,
                    d,
                )
        if step == 30:
            await db.execute("truncate pick")
        if step % 11 == 10:
            await log.trim(db, most=3)
        await mover.cycle(db)
        if r.random() < 0.3:
            continue
        answer = await log.pull(db, [Sub(PICK, (d,), h, off) for d, (h, off, _) in held.items()])
        for d, frame in zip(held, answer.frames, strict=False):
            assert (frame.was, frame.frm) == held[d][:2]
            rows, mark = applied(held[d][2], frame)
            assert digest.of(rows.values()) == (mark.n, mark.d1, mark.d2)
            want = await db.fetch("select id::text, qty from pick where device = $1", d)
            assert {k: values(v)[3] for k, v in rows.items()} == {w["id"]: w["qty"] for w in want}
            held[d] = (frame.h, mark.off, rows)
    await same_as_table(db)


async def why(db: Connection, sub: Sub) -> int | None:
    answer = await log.pull(db, [sub])
    if not answer.frames:
        return None
    m = codec.messages(answer.frames[0])[0]
    return m.why if isinstance(m, Reset) else None


async def test_below_floor_resets(db: Connection) -> None:
    await db.execute("insert into pick (id, device) select i, 'd1' from generate_series(1, 9) i")
    a = await get(db)
    for _ in range(5):
        await db.execute("update pick set qty = qty + 1 where id = 1")
    await mover.cycle(db)
    h = a.frames[0].h
    assert await why(db, Sub(PICK, ("d1",), h, a.off)) is None
    assert await log.trim(db, keep=timedelta(hours=1)) == 0
    assert await log.trim(db, most=3) == 11
    assert await log.trim(db, most=100) == 11  # the floor never goes back
    assert await db.fetchval("select min(off) from sync_log") == 12
    assert await why(db, Sub(PICK, ("d1",), h, a.off)) == FLOOR
    assert await why(db, Sub(PICK, ("d1",), h, 11)) is None
    assert await log.trim(db, keep=timedelta(0)) == 14
    assert await why(db, Sub(PICK, ("d1",), h, 14)) is None
    assert await why(db, Sub(PICK, ("d1",), h, 13)) == FLOOR


async def test_handles_reset(db: Connection) -> None:
    await db.execute("insert into pick (id, device) values (1, 'd1')")
    a = await get(db)
    h, off = a.frames[0].h, a.off
    assert 0 < h < 2**53
    assert await why(db, Sub(PICK, ("d1",), 0, -1)) == FIRST
    assert await why(db, Sub(PICK, ("d1",), h, -2)) == DIGEST
    assert await why(db, Sub(PICK, ("d1",), h, off)) is None
    assert await why(db, Sub(PICK, ("d1",), h, off + 1)) == GEN
    assert await why(db, Sub(PICK, ("d1",), h, off, epoch=2)) == RIGHTS
    assert await why(db, Sub(PICK, ("d2",), h, off)) == RIGHTS
    assert await why(db, Sub(PICK, ("d1",), h + 1, off)) == RIGHTS
    assert await why(db, Sub(msgspec.structs.replace(PICK, version=3), ("d1",), h, off)) == TEMPLATE
    assert await why(db, Sub(msgspec.structs.replace(PICK, schema=2), ("d1",), h, off)) == SCHEMA
    await mover.new_generation(db)
    await mover.new_generation(db)
    assert await why(db, Sub(PICK, ("d1",), h, off)) == GEN
    assert shapes.handle(PARCEL, ("d1",), 1, "g") != shapes.handle(PICK, ("d1",), 1, "g")


async def test_large_difference_is_a_snapshot(db: Connection) -> None:
    await db.execute("insert into pick (id, device) select i, 'd1' from generate_series(1, 1200) i")
    a = await get(db)
    h = a.frames[0].h
    await db.execute("update pick set qty = 1 where id <= 600")
    await mover.cycle(db)
    assert await why(db, Sub(PICK, ("d1",), h, a.off)) is None
    await db.execute("update pick set qty = 2 where id = 601")
    await mover.cycle(db)
    assert await why(db, Sub(PICK, ("d1",), h, a.off)) == LARGE


async def test_parts_and_lone_marks(db: Connection) -> None:
    await db.execute(
        "insert into pick (id, device, sku) select i, 'd1', repeat('货', 500) from generate_series(1, 200) i"
    )
    a = await log.pull(db, [Sub(PICK, ("d1",), 0, -1), Sub(PARCEL, ("w1",), 0, -1)])
    msgs = codec.messages(a.frames[0])
    parts = [m for m in msgs if isinstance(m, Row)]
    assert len(parts) > 3 and sum(len(p.rows) for p in parts) == 200
    assert all(sum(map(len, p.rows)) <= 64 * 1024 for p in parts)
    assert [type(m) for m in codec.messages(a.frames[1])] == [Reset, Mark]
    subs = [Sub(PICK, ("d1",), a.frames[0].h, a.off), Sub(PARCEL, ("w1",), a.frames[1].h, a.off)]
    assert await log.pull(db, subs) == ([], False, a.off)
    await db.execute("insert into parcel values ('a', 'w2')")
    await mover.cycle(db)
    b = await log.pull(db, subs)
    assert not b.news and [type(codec.messages(f)[0]) for f in b.frames] == [Mark, Mark]


async def test_pull_refuses_an_open_transaction(db: Connection) -> None:
    async with db.transaction():
        with pytest.raises(RuntimeError):
            await get(db)


async def test_wait_wakes_only_its_shapes(dsn: str, db: Connection) -> None:
    await db.execute("insert into pick (id, device) values (1, 'd1'), (2, 'd2')")
    m, w = mover.Mover(dsn), Watch(dsn)
    moving = asyncio.create_task(m.run())
    try:
        await w.start()
        off = (await get(db)).off
        one = asyncio.create_task(w.wait_for([(2, ("d1",)), (3, ("w1",))], off, 5))
        two = asyncio.create_task(w.wait_for([(2, ("d2",))], off, 0.6))
        await asyncio.sleep(0.1)
        await db.execute("update pick set qty = 1 where id = 1")
        started = asyncio.get_running_loop().time()
        assert await one
        assert asyncio.get_running_loop().time() - started < 1
        assert not await two
        assert await w.wait_for([(2, ("d1",))], off, 5)  # what happened before it was asked
        assert not await w.wait_for([(2, ("d1",))], (await get(db)).off, 0.05)
        # a row that leaves wakes the shape it leaves
        off = (await get(db)).off
        leaving = asyncio.create_task(w.wait_for([(2, ("d2",))], off, 5))
        await asyncio.sleep(0.05)
        await db.execute("update pick set device = 'd1' where id = 2")
        assert await leaving
        # the listener's connection dies: everybody is woken to look, and it listens again
        off = (await get(db)).off
        waiting = asyncio.create_task(w.wait_for([(2, ("d2",))], off, 5))
        await asyncio.sleep(0.05)
        await db.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sync_watch'")
        assert await waiting
        off = (await get(db)).off
        again = asyncio.create_task(w.wait_for([(2, ("d1",))], off, 5))
        await asyncio.sleep(0.05)
        await mover.new_generation(db)
        assert await again
    finally:
        moving.cancel()
        await w.stop()


async def test_watch_without_a_database_raises() -> None:
    with pytest.raises((OSError, asyncpg.PostgresError)):
        await Watch("postgresql://nobody@/none?host=/nowhere").start()
