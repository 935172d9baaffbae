"""Buyers of the orders proof: orders come in bursts while pages are read, and half of them change once or twice."""

import asyncio
import heapq
import random
import time
from collections import Counter
from typing import Any

from tests.prove.orders_weather import PLATFORMS
from tests.prove.people import Shops

TICK_S = 0.2
SOON_S, LATE_S = 3.0, 12.0
"""Most second thoughts come within LATE_S, many at once."""
AT_ONCE = 4
BURSTS = (1, 3, 10, 30, 80, 160)
"""So many orders come at once: a page, several pages, or nearly none."""
WEIGHTS = (3, 3, 3, 2)
_SHARES = (("cancel", 10), ("refunded", 6), ("taken back", 7), ("move", 12), ("move twice", 4), ("note", 8),
           ("review", 5), ("", 48))  # fmt: skip


class Buyers:
    """work() returns when the last order is placed and the last second thought is over. acts counts what was done."""

    def __init__(self, shops: Shops, rng: random.Random, count: int, seconds: float) -> None:
        self.shops, self.rng, self.count, self.seconds = shops, rng, count, seconds
        self.placed = 0
        self.acts: Counter[str] = Counter()
        self.last_act = time.time()
        self._due: list[tuple[float, int, str, dict[str, Any]]] = []
        self._serial = 0

    async def work(self) -> None:
        begun, burst = time.monotonic(), 1
        while self.placed < self.count or self._due:
            now = time.monotonic()
            owed = min(self.count, int(self.count * (now - begun) / self.seconds) + 1) - self.placed
            while owed >= burst or 0 < owed == self.count - self.placed:
                await self._place(min(owed, burst))
                owed -= min(owed, burst)
                burst = self.rng.choice(BURSTS)
            ready: list[tuple[str, dict[str, Any]]] = []
            while self._due and self._due[0][0] <= now:
                ready.append(heapq.heappop(self._due)[2:])
            for start in range(0, len(ready), AT_ONCE):
                await asyncio.gather(*(self._act(*one) for one in ready[start : start + AT_ONCE]))
            if ready:
                self.last_act = time.time()
            await asyncio.sleep(max(0.0, TICK_S - (time.monotonic() - now)))

    async def _place(self, count: int) -> None:
        """A burst in one shop; now and then of orders that wait for their payment, or were done before we came."""
        platform = self.rng.choices(PLATFORMS, WEIGHTS)[0]
        state = self.rng.choices(("paid", "unpaid", "shipped", "cancelled"), (86, 9, 3, 2))[0]
        body = {"platform": platform, "count": count, "state": state, "at": int(time.time())}
        ids = (await self.shops.post("orders", **body))["ids"]
        self.last_act = time.time()
        self.placed += len(ids)
        for id in ids:
            self._fate({"platform": platform, "external_id": id}, state)

    def _fate(self, who: dict[str, Any], state: str) -> None:
        at = time.monotonic()
        if state == "unpaid":
            at += self.rng.uniform(0.5, SOON_S)
            self._later(at, "pay", who)
        elif state == "shipped":
            self._later(at + self.rng.uniform(0.5, LATE_S), "complete", who)
        if state not in ("paid", "unpaid"):
            return
        kind = self.rng.choices([k for k, _ in _SHARES], [n for _, n in _SHARES])[0]
        at += self.rng.uniform(0.2, SOON_S if self.rng.random() < 0.5 else LATE_S)
        then = at + self.rng.uniform(0.2, 4.0)
        if kind == "cancel":
            self._later(at, "cancel", who)
        elif kind in ("refunded", "taken back"):
            self._later(at, "refund", who | {"to": "asked"})
            self._later(then, "refund", who | {"to": "done" if kind == "refunded" else "none"})
        elif kind.startswith("move"):
            self._later(at, "address", who)
            if kind == "move twice":
                self._later(then, "address", who)
        elif kind == "note":
            self._later(at, "note", who | {"seller": f"第 {self._serial} 号，仔细包", "flag": self.rng.randint(1, 5)})
        elif kind == "review":
            self._later(at, "risk", who | {"on": True})
            self._later(then, "risk", who | {"on": False})

    def _later(self, at: float, act: str, body: dict[str, Any]) -> None:
        self._serial += 1
        heapq.heappush(self._due, (at, self._serial, act, body))

    async def _act(self, act: str, body: dict[str, Any]) -> None:
        await self.shops.post(act, **body)
        self.acts[f"{act} {body.get('to', '')}".strip()] += 1
