"""Kills, by the seed: any process of the house, its databases, what Redis holds; and one that only sleeps too long."""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import redis
from msgspec import Struct

PROCESSES = ("web", "worker", "dispatch", "mover", "schedule")


class Running(Struct):
    """Where the house is: its supervisor's pid, its data folder, Valkey's address."""

    supervisor: int
    data: Path
    redis_url: str


def children(parent: int) -> dict[int, list[str]]:
    """Direct children of a process: pid → words of its command line."""
    found: dict[int, list[str]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(stat[1]) == parent and stat[0] != "Z":
                found[int(entry.name)] = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # it ended while we looked
    return found


def find(house: Running, name: str) -> list[int]:
    """The processes of this name: the product's own, "postgres" (the postmaster) or "valkey"."""
    found = children(house.supervisor)
    if name == "postgres":
        return [pid for pid, words in found.items() if words[0].endswith("/postgres")]
    if name == "valkey":
        return [pid for pid, words in found.items() if "valkey-server" in words[0]]
    return [pid for pid, words in found.items() if name in words[-3:]]


STRIKES = {
    **dict(zip((f"kill {p}" for p in PROCESSES), (4, 6, 3, 3, 2), strict=True)),
    "kill postgres": 2, "kill valkey": 2, "flushall": 2, "pause worker": 1,
}  # fmt: skip
"""What is done, and how often in proportion."""


class Chaos:
    """work() strikes until over; fired counts by kind. every: mean seconds between two strikes."""

    def __init__(self, house: Running, rng: random.Random, every: float, strikes: Mapping[str, int] = STRIKES) -> None:
        self.house, self.rng, self.every, self.strikes = house, rng, every, strikes
        self.fired: Counter[str] = Counter()
        self._rested: dict[str, float] = {}

    async def work(self) -> None:
        while True:
            await asyncio.sleep(self.rng.uniform(0.2, 2 * self.every))
            kind = self.rng.choices(tuple(self.strikes), tuple(self.strikes.values()))[0]
            # A database needs a moment to recover before it can be killed again to any effect.
            if time.monotonic() < self._rested.get(kind, 0.0):
                continue
            if await self._strike(kind):
                self.fired[kind] += 1
                self._rested[kind] = time.monotonic() + (8.0 if kind in ("kill postgres", "kill valkey") else 1.0)

    async def _strike(self, kind: str) -> bool:
        if kind == "flushall":
            return await asyncio.to_thread(self._flush)
        verb, name = kind.split()
        pids = find(self.house, name)
        if not pids:
            return False
        pid = self.rng.choice(sorted(pids))
        try:
            if verb == "kill":
                os.kill(pid, signal.SIGKILL)
            else:
                await self._pause(pid)
        except ProcessLookupError:
            return False
        return True

    async def _pause(self, pid: int) -> None:
        """Longer than a lease: what it was doing is somebody else's by the time it wakes up."""
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(18)
        finally:
            os.kill(pid, signal.SIGCONT)

    def _flush(self) -> bool:
        client = redis.Redis.from_url(self.house.redis_url, socket_timeout=2)
        try:
            client.flushall()
        except redis.RedisError:
            return False
        finally:
            client.close()
        return True
