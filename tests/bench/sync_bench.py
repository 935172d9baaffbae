"""The sync engine by itself, on a private durable server.

Measured: write -> log -> woken watcher, the mover's throughput, uplink batches of 200, snapshots.
"""

import asyncio
import os
import signal
import statistics
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import asyncpg

from sync import codec, log, mover, uplink
from sync.frames import Sub
from sync.messages import Ack, Ev, Up
from sync.mover import Mover
from sync.uplink import Decision, Incoming
from sync.watch import Watch
from tests.integration.sync.conftest import start
from tests.integration.sync.house import PICK, install

Figures = dict[str, float]


def spread(seconds: Sequence[float]) -> Figures:
    s = sorted(seconds)
    return {"p50_ms": round(statistics.median(s) * 1000, 2), "p99_ms": round(s[int(len(s) * 0.99)] * 1000, 2)}


async def latency(dsn: str, ring: bool, n: int = 300) -> Figures:
    """One-row transactions: from commit until the shape's watcher wakes. ring: NOTIFY follows the commit."""
    conn, watch, lead = await asyncpg.connect(dsn), Watch(dsn), Mover(dsn)
    await install(conn)
    await conn.execute("insert into pick (id, device) values (1, 'd1')")
    task = asyncio.create_task(lead.run())
    await lead.leading.wait()
    await watch.start()
    took = []
    for i in range(n):
        off = (await log.pull(conn, [Sub(PICK, ("d1",), 0, -1)])).off
        waiting = asyncio.create_task(watch.wait_for([(PICK.id, ("d1",))], off, 5))
        await asyncio.sleep(0.02)
        await conn.execute("update pick set qty = $1 where id = 1", i + 1)
        at = time.perf_counter()
        if ring:
            await conn.execute("select pg_notify('sync_outbox', '')")
        await waiting
        took.append(time.perf_counter() - at)
    await watch.stop()
    task.cancel()
    await conn.close()
    return spread(took)


async def throughput(dsn: str, rows: int = 50_000, chunk: int = 500) -> Figures:
    """An import in chunks while the mover runs: rows/s, and how long after the last commit all is logged."""
    conn, lead = await asyncpg.connect(dsn), Mover(dsn)
    await install(conn)
    task = asyncio.create_task(lead.run())
    await lead.leading.wait()
    at = time.perf_counter()
    for first in range(0, rows, chunk):
        await conn.execute(
            """insert into pick (id, device, sku)
            select i, 'd' || i % 50, '货品' from generate_series($1::int, $2::int) i""",
            first,
            first + chunk - 1,
        )
    wrote = time.perf_counter()
    while (await log.read_meta(conn)).off < rows:
        await asyncio.sleep(0.002)
    done = time.perf_counter()
    task.cancel()
    await conn.close()
    return {
        "written_per_s": round(rows / (wrote - at)),
        "logged_per_s": round(rows / (done - at)),
        "lag_ms": round((done - wrote) * 1000),
    }


async def events(dsn: str, devices: int, each: int = 20, size: int = 200) -> Figures:
    """Batches that add to picks, decided on sets; devices push at once. Until the answer, effects logged."""
    conn = await asyncpg.connect(dsn)
    await install(conn)
    await conn.execute("insert into pick (id, device) select i, 'd' || i % 50 from generate_series(1, 5000) i")
    await mover.cycle(conn)
    took: list[float] = []

    async def device(d: int) -> None:
        mine = await asyncpg.connect(dsn)

        async def decide(batch: Sequence[Incoming]) -> list[Decision]:
            wants = [codec.body(e.ev, tuple[int, int]) for e in batch]
            await mine.execute(
                """with l as (select id from pick where id = any($1::bigint[]) order by id for update),
                q as (select id, sum(qty)::int as qty
                  from unnest($1::bigint[], $2::int[]) as u(id, qty) group by id)
                update pick p set qty = p.qty + q.qty from q, l where p.id = q.id and l.id = q.id""",
                [k for k, _ in wants],
                [q for _, q in wants],
            )
            return [(0, None)] * len(batch)

        dev = d.to_bytes(16, "big")
        await uplink.enrol(mine, dev)
        for b in range(each):
            numbers = range(b * size + 1, b * size + size + 1)
            evs = [
                codec.raw(
                    Ev(
                        n,
                        (d * 10**9 + n).to_bytes(16, "big"),
                        1,
                        0,
                        0,
                        0,
                        codec.raw([1 + (n * 7 + d * 100) % 5000, 1]),
                    )
                )
                for n in numbers
            ]
            data = codec.encode(Up(1, dev, numbers[-1], 0, evs))
            at = time.perf_counter()
            async with mine.transaction():
                answer = await uplink.receive(mine, codec.decode_up(data), dev, decide)
            answer = await uplink.settle(mine, answer)
            took.append(time.perf_counter() - at)
            assert isinstance(answer, Ack) and answer.upto == numbers[-1]
        await mine.close()

    at = time.perf_counter()
    await asyncio.gather(*(device(d) for d in range(1, devices + 1)))
    total = time.perf_counter() - at
    await conn.close()
    return {"events_per_s": round(devices * each * size / total), **spread(took)}


async def snapshot(dsn: str, rows: int = 2000) -> Figures:
    conn = await asyncpg.connect(dsn)
    await install(conn)
    await conn.execute(
        f"insert into pick (id, device, sku) select i, 'd1', '货' || i from generate_series(1, {rows}) i"
    )
    await mover.cycle(conn)
    took = []
    size = 0
    for _ in range(30):
        at = time.perf_counter()
        answer = await log.pull(conn, [Sub(PICK, ("d1",), 0, -1)])
        size = len(codec.encode(answer.frames))
        took.append(time.perf_counter() - at)
    await conn.close()
    return {"rows": rows, "bytes": size, **spread(took)}


async def measure(dsn: str) -> dict[str, Figures]:
    runs: list[tuple[str, Callable[[], Coroutine[Any, Any, Figures]]]] = [
        ("write_to_woken_with_ring", lambda: latency(dsn, True)),
        ("write_to_woken_by_poll", lambda: latency(dsn, False)),
        ("import_50k_rows", lambda: throughput(dsn)),
        ("uplink_1_device", lambda: events(dsn, 1)),
        ("uplink_8_devices", lambda: events(dsn, 8)),
        ("snapshot", lambda: snapshot(dsn)),
    ]
    return {name: await run() for name, run in runs}


async def figures(folder: Path) -> dict[str, Any]:
    """All of them on a private durable server."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("TEST_FSYNC", "on")
    server, dsn = start(folder)
    try:
        return dict(await measure(dsn))
    finally:
        server.send_signal(signal.SIGINT)
        await asyncio.to_thread(server.wait, 30)
