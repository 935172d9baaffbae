"""Bad days of four platforms, by the seed: every fault a little all the time, and spells of one kind in one shop."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.prove.orders_pace import LATE_S
from tests.prove.people import Shops

PLATFORMS = ("taobao", "jd", "pinduoduo", "shopee")
LISTS = {
    "taobao": "taobao.trades.sold.increment.get",
    "jd": "jingdong.pop.order.search",
    "pinduoduo": "pdd.order.number.list.increment.get",
    "shopee": "/api/v2/order/get_order_list",
}
DETAILS = {
    "taobao": "taobao.trade.fullinfo.get",
    "jd": "jingdong.pop.order.get",
    "pinduoduo": "pdd.order.information.get",
    "shopee": "/api/v2/order/get_order_detail",
}
LOST_MS = 5_000
"""Longer than the hub waits for an answer here."""
SKEWS_MS = (-900_000, 900_000, -20_000, 20_000)
"""Beyond what a platform tolerates, and within."""
PUSHES = {"lost": 0.25, "twice": 0.25, "late": 0.4, "late_s": 6.0}

_FAILING = ("fail_before", "fail_after", "busy", "rate_limit", "lost_answer", "late_apply", "clock_skew")
_SPELLS = {"outage": 3, "busy": 2, "rate_limit": 2, "lost_answer": 1, "token_death": 2, "token_end": 3,
           "clock_skew": 1, "fail_after": 1, "late_apply": 1}  # fmt: skip
_SPOILT = ("empty_fields", "malformed_fields", "receiver_gone")


def _fault(kind: str, platform: str, **more: Any) -> dict[str, Any]:
    delay = {"lost_answer": LOST_MS, "late_apply": 800, "latency": 400}.get(kind, 0)
    return {"kind": kind, "platform": platform, "delay_ms": delay, "times": 0} | more


def background(renewable: frozenset[str], draw: random.Random) -> list[dict[str, Any]]:
    """What is always a little wrong. Platforms that need a call for each order have it rarer in each."""
    found = [{"kind": "late_visibility", "share": 0.12, "delay_ms": int(LATE_S * 1000)}]
    for platform in PLATFORMS:
        listing, detail = LISTS[platform], DETAILS[platform]
        rare = 0.00006 if platform == "taobao" else 0.004
        for kind in _FAILING:
            more = {"delay_ms": draw.choice(SKEWS_MS)} if kind == "clock_skew" else {}
            found.append(_fault(kind, platform, method=listing, share=0.004, **more))
            found.append(_fault(kind, platform, method=detail, share=rare, **more))
        found.append(_fault("latency", platform, share=0.01))
        found.append(_fault("shift_pages", platform, method=listing, share=0.9))
        for kind in _SPOILT:
            found.append(_fault(kind, platform, method=listing, share=0.03))
            found.append(_fault(kind, platform, method=detail, share=0.008))
        if platform in renewable:
            found.append(_fault("token_end", platform, method=listing, share=0.005))
            found.append(_fault("token_end", platform, method=detail, share=rare))
    return found


def spell(kind: str, platform: str, draw: random.Random) -> list[dict[str, Any]]:
    """One platform, one trouble."""
    if kind == "outage":
        return [_fault("fail_before", platform, status=draw.choice((500, 502, 503)))]
    if kind == "token_end":  # all of it while a page is read
        return [_fault("token_end", platform, after_calls=draw.randrange(3), times=2)]
    if kind == "clock_skew":
        return [_fault("clock_skew", platform, delay_ms=draw.choice(SKEWS_MS))]
    share = 1.0 if kind == "token_death" else 0.3
    return [_fault(kind, platform, share=share)]


class Weather:
    """work() until cancelled. spells: how many of each kind. renewable: shops that can renew their tokens."""

    def __init__(self, shops: Shops, rng: random.Random, renewable: Callable[[], frozenset[str]]) -> None:
        self.shops, self.rng, self.renewable = shops, rng, renewable
        self.spells: Counter[str] = Counter()

    async def work(self) -> None:
        while True:
            await self._set(background(self.renewable(), self.rng))
            await asyncio.sleep(self.rng.uniform(1.5, 4.0))
            platform = self.rng.choice(PLATFORMS)
            kind = self.rng.choices(tuple(_SPELLS), tuple(_SPELLS.values()))[0]
            if kind.startswith("token") and platform not in self.renewable():
                kind = "outage"
            self.spells[kind] += 1
            await self._set(background(self.renewable(), self.rng) + spell(kind, platform, self.rng))
            await asyncio.sleep(self.rng.uniform(4.0, 8.0) if kind == "outage" else self.rng.uniform(1.0, 3.0))

    async def _set(self, faults: list[dict[str, Any]]) -> None:
        await self.shops.clear_faults()
        await self.shops.post_all("faults", faults)

    async def calm(self) -> None:
        """The faults are over."""
        await self.shops.clear_faults()
        await self.shops.post("weather", lost=0.0, twice=0.0, late=0.0)
