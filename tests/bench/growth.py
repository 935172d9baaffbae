"""The same figures with 1,000 and with 100,000 finished orders in the database: what grows with the years.

The old orders are made by SQL, whole: lines, receivers, raw, parcels, picks, ledger, trail, jobs and scans of each.
"""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from server.desk import queries as desk
from server.kit import clock
from server.orders import queries as orders
from server.settings import Settings
from server.tasks import queries as tasks
from tests.bench import pipeline, uplink
from tests.bench.house import bench_house
from tests.bench.sync_bench import spread
from tests.support.world import make

SIZES = (1_000, 100_000)
LOOKS = 20

OLD = Path(__file__).with_name("old_orders.sql")


async def fill(db: Any, count: int) -> None:
    """So many orders that were shipped and completed over the last ninety days."""
    async with db.transaction():
        await db.run(OLD.read_text(encoding="utf-8").replace(":count", str(count)))
    for settled in ("vacuum analyze", "checkpoint"):  # or the figures would be those of a machine that still writes
        await db.run(settled)


async def measure(folder: Path) -> dict[str, Any]:
    """Each figure at each size; `slower` is how many times as long it takes with the larger."""
    found: dict[str, dict[str, float]] = {}
    for size in SIZES:
        found[f"{size}"] = await _at(folder / str(size), size)
    small, large = (found[str(s)] for s in SIZES)
    times = {k: round(large[k] / small[k], 2) for k in small if k.endswith("_ms") and small[k]}
    rates = {k: round(small[k] / large[k], 2) for k in small if k.endswith("_per_s") and large[k]}
    return {**found, "slower": {**times, **rates}}


async def _at(folder: Path, size: int) -> dict[str, float]:
    async with bench_house(folder / "desk") as (settings, db):
        await make(settings)
        begun = time.perf_counter()
        await fill(db, size)
        figures = {"fill_s": round(time.perf_counter() - begun, 1), **await _desk(db, settings, size)}
    for name, part in (("pipeline", pipeline), ("uplink", uplink)):
        async with bench_house(folder / name) as (settings, db):
            figures |= await part.rate(settings, db, lambda: fill(db, size))
    return figures


async def _desk(db: Any, settings: Settings, size: int) -> dict[str, float]:
    """What a person at the desk waits for, without HTTP: medians of twenty looks."""
    some = await db.row("select id, no from sales_order order by no offset $1 limit 1", size // 2)

    async def page(**more: Any) -> Any:
        asked: dict[str, Any] = {
            "state": "",
            "q": "",
            "shop": None,
            "hold": "",
            "since": None,
            "after": None,
            "limit": 50,
        }
        return await orders.list_orders(**(asked | more))

    async def story() -> Any:
        return await desk.order_detail(some["id"])

    async def counters() -> Any:
        return await desk.counters(clock.day_start(clock.now(), settings.zone))

    async def inbox() -> Any:
        return await tasks.list_tasks(state="open", kind="", owner=None)

    looks: dict[str, Callable[[], Awaitable[Any]]] = {
        "first_page": page,
        "search": lambda: page(q=some["no"][-6:]),
        "held": lambda: page(state="held"),
        "shipped": lambda: page(state="shipped"),
        "order_page": story,
        "counters": counters,
        "inbox": inbox,
    }
    figures: dict[str, float] = {}
    for name, look in looks.items():
        took = []
        for _ in range(LOOKS):
            at = time.perf_counter()
            await look()
            took.append(time.perf_counter() - at)
        figures[f"{name}_ms"] = spread(took)["p50_ms"]
    return figures
