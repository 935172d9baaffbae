"""`make run` with what is installed already: seconds to READY, memory and CPU at rest, write → device, bundle size."""

import asyncio
import gzip
import os
import re
import secrets
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from server import instance
from server.kit import db
from sync import codec
from sync.messages import Mark, Pull
from tests.bench.sync_bench import spread
from tests.e2e.house import House

ROOT = Path(__file__).resolve().parents[2]
REST_S = 20
WRITES = 200


async def measure(folder: Path) -> dict[str, Any]:
    """A first start in a fresh folder, rest, writes, and a second start on the same data."""
    first = await asyncio.to_thread(House, folder)
    try:
        await asyncio.sleep(10)
        rest = await _rest(first)
        visible = await _visible(first)
    finally:
        await asyncio.to_thread(first.stop)
    second = await asyncio.to_thread(House, folder)
    await asyncio.to_thread(second.stop)
    return {
        "first_start_s": round(first.seconds_to_ready, 1),
        "warm_start_s": round(second.seconds_to_ready, 1),
        **rest,
        "write_to_device": visible,
        "entry_gz_bytes": _entry(),
    }


def _entry() -> int:
    page = (ROOT / "pwa" / "dist" / "index.html").read_text()
    scripts = re.findall(r'src="/(assets/index[^"]+\.js)"', page)
    return sum(len(gzip.compress((ROOT / "pwa" / "dist" / s).read_bytes(), 9)) for s in scripts)


def _usage(pids: list[int]) -> tuple[float, float]:
    """CPU seconds so far, and memory in MB: each page of a file or shared segment counted in proportion (PSS)."""
    ticks, kb = 0, 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        kb += int(re.search(r"^Pss:\s+(\d+)", rollup, re.M)[1])  # type: ignore[index]
    return ticks / os.sysconf("SC_CLK_TCK"), kb / 1024


async def _rest(house: House) -> dict[str, float]:
    """Nothing is asked of it but what it does by itself: four shops pulled every five seconds, as the demo has it, and
    once a minute, as a real shop is."""
    demo, memory = await _spent(house)
    await asyncio.to_thread(house.sql, "update shop set settings = settings - 'pull_every_s'")
    await asyncio.sleep(3)
    idle, _ = await _spent(house)
    return {
        "rest_memory_mb": round(memory),
        "rest_cpu_percent_of_a_core": round(idle, 1),
        "demo_rest_cpu_percent_of_a_core": round(demo, 1),
    }


async def _spent(house: House) -> tuple[float, float]:
    before, _ = _usage(list(house.processes()))
    await asyncio.sleep(REST_S)
    after, memory = _usage(list(house.processes()))
    return (after - before) / REST_S * 100, memory


async def _visible(house: House) -> dict[str, float]:
    """A use case begins to write; a device's held pull answers with it. Through HTTP, on loopback."""
    held = instance.find(house.data)
    assert held is not None
    await db.open(held.database_url, size=2)
    dev = secrets.token_bytes(16)
    async with httpx.AsyncClient(base_url=house.url, headers={"X-Zhongshu": "1"}, timeout=40) as web:
        login = await web.post("/api/login", json={"login": "picker", "password": house.logins["picker"]})
        login.raise_for_status()
        (await web.post("/api/devices/enrol", json={"dev": dev.hex(), "name": "bench"})).raise_for_status()
        person = UUID(login.json()["person"]["id"])
        subs = [(6, 0, -1)]

        async def pull(wait_ms: int) -> bool:
            body = codec.encode(Pull(1, dev, subs, wait_ms))
            answer = await web.post("/api/sync/v1/pull", content=body, headers={"Content-Type": "application/msgpack"})
            answer.raise_for_status()
            frames = codec.decode_pulled(answer.content).frames
            for frame in frames:
                mark = codec.messages(frame)[-1]
                assert isinstance(mark, Mark)
                subs[0] = (frame.shape, frame.h, mark.off)
            return any(len(codec.messages(f)) > 1 for f in frames)

        await pull(0)
        took = []
        for n in range(WRITES):
            waiting = asyncio.create_task(pull(20_000))
            await asyncio.sleep(0.03)
            at = time.perf_counter()  # before the commit: the house's own transaction, and its own bell after it
            async with db.transaction():
                await db.run("update person set name = $2 where id = $1", person, f"演示仓储{n % 7}")
            while not await waiting:
                waiting = asyncio.create_task(pull(20_000))
            took.append(time.perf_counter() - at)
    await db.close()
    return spread(took)
