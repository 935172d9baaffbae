"""Picks of one device through the real uplink (server.devices.actions.push) in batches of 200, beside the same events
in batches of one. Until the answer, effects, trail and stock committed; fsync is on. HTTP is not in it."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from server.devices import actions
from server.kit import db
from server.settings import Settings
from sync.messages import Ack
from tests.bench.house import bench_house
from tests.bench.sync_bench import spread
from tests.integration.devices.house import Device, Warehouse, label, wave
from tests.support.world import make

SIZE = 200
SINGLES = 100
ORDERS = 20
"""Orders in one wave: the most that a cart holds."""
UNITS = 50
"""Units of each of an order's two lines; every unit is one scan."""


async def measure(folder: Path, batches: int = 20) -> dict[str, Any]:
    """Scans of one unit each, as a picker makes them, on waves of twenty orders; all are counted."""
    async with bench_house(folder):
        push, device = await _at_work()
        alone = [await push(i, 1) for i in range(SINGLES)]
        await db.run("analyze")  # as autovacuum does within a minute; "empty" would stay in the plans otherwise
        together = [await push(SINGLES + b * SIZE, SIZE) for b in range(batches)]
        counted = await db.value("select sum(picked) from pick")
        assert counted == SINGLES + batches * SIZE == device.n, f"{counted} counted"
    per_s, alone_per_s = batches * SIZE / sum(together), SINGLES / sum(alone)
    return {
        "events": batches * SIZE,
        "batch": SIZE,
        "events_per_s": round(per_s),
        "batch_time": spread(together),
        "batches_of_one_events_per_s": round(alone_per_s),
        "ratio": round(per_s / alone_per_s, 1),
    }


async def rate(settings: Settings, _: Any, prepare: Callable[[], Awaitable[None]], batches: int = 20) -> dict[str, Any]:
    """The same in batches only, on a database that prepare() has filled."""
    await make(settings)
    await prepare()
    push, _device = await _at_work()
    took = [await push(b * SIZE, SIZE) for b in range(batches)]
    return {"uplink_per_s": round(batches * SIZE / sum(took))}


async def _at_work() -> tuple[Callable[[int, int], Awaitable[float]], Device]:
    """A device with three waves, and how it pushes scans from the n-th on: seconds until the answer."""
    w = Warehouse()
    await w.stock_up(1_000_000)
    device = await Device(await w.person("p1"), 1).enrol()
    await w.orders(3 * ORDERS, TEE=UNITS, MUG=UNITS)
    for _ in range(3):
        await wave(device.id, ORDERS)
    await label()
    await db.run("analyze")
    floor = await device.floor()
    rows = await db.rows(
        """select k.id::text as id, k.qty, b.code from pick k join barcode b on b.sku = k.sku
           where k.state = 'open' order by k.wave, k.seq, k.id"""
    )
    scans = [(r["id"], r["code"]) for r in rows for _ in range(r["qty"])]

    async def push(first: int, count: int) -> float:
        evs = [device.scan(1, pick, code, 1) for pick, code in scans[first : first + count]]
        assert len(evs) == count, f"only {len(scans)} units to scan"
        up = device.batch(evs)
        at = time.perf_counter()
        answer = await actions.push(floor, up)
        took = time.perf_counter() - at
        assert isinstance(answer, Ack) and answer.upto == device.n and not answer.verdicts, answer
        return took

    return push, device
