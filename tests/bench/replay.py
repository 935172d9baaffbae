"""Rules over 100,000 raw orders: a preview in orders/s and memory, and what coming into force costs for open orders.

Beside it, in the same run, what mapping alone costs: the same bodies twice through the rules, no database, no keys.
"""

import os
import time
from pathlib import Path
from typing import Any

import msgspec

from server import rulebook
from server.kit import db as database
from server.orders import intake, rulediff, trying, versions
from server.orders.mapping import map_order
from server.platforms import registry
from tests.bench.house import bench_house
from tests.bench.pipeline import bodies
from tests.support.world import make

COUNT = int(os.environ.get("ZS_REPLAY", "100000"))
OPEN = 10_000
SAMPLE = 5_000
PAGE = 500


def other_rules() -> str:
    """The file's rules, with one that changes each line and one that changes nothing."""
    rules: list[dict[str, Any]] = msgspec.json.decode(rulebook.written(rulebook.current("taobao")))
    for rule in rules:
        if rule["to"] == "line.title":
            rule["from"] = ["sku_properties_name", *rule["from"]]
    rules.append({"name": "gift by code", "to": "line.gift", "default": True,
                  "when": [{"field": "outer_sku_id", "op": "in", "values": ["GIFT"]}]})  # fmt: skip
    return msgspec.json.encode(rules).decode()


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def measure(folder: Path) -> dict[str, Any]:
    async with bench_house(folder) as (settings, db):
        world = await make(settings)
        shop, adapter = world.shops["taobao"], registry.get("taobao")
        at = time.perf_counter()
        for first in range(0, COUNT, PAGE):
            raws = [adapter.body.raw_order(b) for b in bodies(min(PAGE, COUNT - first), first)]  # type: ignore[attr-defined]
            await intake.store_raw(shop, "taobao", raws)
            while await intake.map_pending(shop, "taobao"):
                pass
        filled = time.perf_counter() - at
        await db.run("vacuum analyze")
        version = await versions.draft("taobao", other_rules(), "测速", 0, None)
        preview = await _run(await trying.begin("taobao", version, COUNT, None))
        assert preview["seen"] == preview["changed"] == COUNT, preview
        alone = await _alone(version)
        await db.run(
            "update sales_order set handed_over_at = now() where no <= (select no from sales_order order by no desc "
            "offset $1 limit 1)",
            min(OPEN, COUNT - 1),
        )
        begun = time.perf_counter()
        await versions.apply("taobao", version, None)
        applied = time.perf_counter() - begun
        replay = await _run(await db.value("select id from rule_run where kind = 'replay'"))
        begun = time.perf_counter()
        while await intake.map_pending(shop, "taobao"):
            pass
        mapped = time.perf_counter() - begun
        assert (
            replay["seen"]
            == min(OPEN, COUNT - 1)
            == await db.value("select count(*) from sales_order where provenance::text like '%taobao-1.1%'")
        )
    return {
        "raw_orders": COUNT,
        "fill_s": round(filled, 1),
        "preview_per_s": round(COUNT / preview["s"]),
        "preview_s": round(preview["s"], 1),
        "preview_more_mb": round(preview["more_mb"], 1),
        "longest_page_ms": round(preview["page_ms"]),
        "mapping_alone_per_s": round(alone),
        "share_of_mapping": round(COUNT / preview["s"] / alone, 2),
        "apply_ms": round(applied * 1000),
        "replay_open_orders": replay["seen"],
        "replay_per_s": round(replay["seen"] / (replay["s"] + mapped)),
    }


async def _run(run: Any) -> dict[str, Any]:
    """All pages of a run, and how much memory it took beyond what was there."""
    before = most = resident_mb()
    begun, longest, more = time.perf_counter(), 0.0, True
    while more:
        at = time.perf_counter()
        more = await trying.step(run)
        longest, most = max(longest, time.perf_counter() - at), max(most, resident_mb())
    took = time.perf_counter() - begun
    row = await database.row("select seen, changed from rule_run where id = $1", run)
    return {**dict(row), "s": took, "page_ms": longest * 1000, "more_mb": most - before}


async def _alone(version: int) -> float:
    old, new = await versions.at_version("taobao", 0), await versions.at_version("taobao", version)
    some = bodies(SAMPLE, 0)
    at = time.perf_counter()
    for body in some:
        rulediff.diff(map_order("taobao", body, old), map_order("taobao", body, new))
    return SAMPLE / (time.perf_counter() - at)
