"""不漏单, by pulling from four shops on their worst days while workers, Redis and PostgreSQL are restarted.

Orders are placed and changed while pages are read; at the end each order that was placed is in the hub exactly once,
whole, as its shop knows it: orders_judge.py.
"""

import asyncio
import contextlib
import json
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from server import instance
from server.platforms import registry
from tests.e2e.house import House
from tests.prove import orders_judge as judge
from tests.prove import orders_pace as pace
from tests.prove.chaos import Chaos, Running
from tests.prove.orders_buyers import Buyers
from tests.prove.orders_weather import PLATFORMS, PUSHES, Weather
from tests.prove.people import Shops
from tests.prove.phone import LOST, Client, Refused

STRIKES = {"kill worker": 6, "kill dispatch": 2, "kill schedule": 2, "kill web": 1, "kill postgres": 2,
           "kill valkey": 2, "flushall": 2}  # fmt: skip
STRIKE_EVERY_S, STRIKE_EVERY_LONG_S, LONG = 2.5, 6.0, 20_000
"""Mean seconds between two kills; rarer in a run of so many orders, which lasts for half an hour."""
PER_ORDER_S, SHORTEST_S = 0.02, 36.0
STUCK_S, STUCK_PLANTED_S = 45.0, 20.0
"""When for so long nothing moved any more, what stands is judged."""


def say(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')}  {text}\n")
    sys.stderr.flush()


async def prove(seed: int, orders: int, plant: str = "") -> dict[str, Any]:
    """Run it; the counts. `violations` is empty when the promise held."""
    if plant == "push-trusted" and not any(_pushes(p) for p in PLATFORMS):
        raise SystemExit("no adapter hears pushes yet: nothing to trust")
    with tempfile.TemporaryDirectory(prefix="zs-prove-", ignore_cleanup_errors=True) as folder:
        notes = Path(folder) / "tokens.jsonl"
        extra = {
            "WORKERS": "2",
            "SANDBOX_SEED": str(seed % 90_000 + 1),
            "PROVE_PLANT": plant,
            "PROVE_ORDERS": str(notes),
            "PROVE_TOKEN_S": str(pace.TOKEN_LIFE[0] if orders < LONG else pace.TOKEN_LIFE_LONG_S),
            "LOG_LEVEL": "warning",
        }
        say(f"seed {seed}, {orders} orders{', planted: ' + plant if plant else ''}; starting the house …")
        house = await asyncio.to_thread(House, Path(folder) / "h", "tests.prove", extra)
        try:
            return await Run(house, notes, seed, orders, STUCK_PLANTED_S if plant else STUCK_S).whole()
        except BaseException:
            say(house.tail(80))
            raise
        finally:
            await asyncio.to_thread(house.stop)


def _pushes(platform: str) -> bool:
    """Does the hub learn of changes on this platform by pushes, fetched or sent?"""
    powers = registry.get(platform).powers
    return powers.messages or powers.webhook


class Owner:
    """Who owns the shops: says yes on the platform's page when the hub asks for it, at first and whenever it must.

    Also presses 重试 where a job was cut off five times in a row: its worker was killed as often.
    """

    def __init__(self, house: House, dsn: str) -> None:
        self.dsn = dsn
        self.client = Client(f"http://127.0.0.1:{house.port}", "manager", house.logins["manager"])
        self.page = httpx.AsyncClient(timeout=10, follow_redirects=True)
        self.times: Counter[str] = Counter()
        self.retried = 0
        self.able: frozenset[str] = frozenset(p for p in PLATFORMS if registry.get(p).powers.refresh)

    async def say_yes(self, platform: str) -> bool:
        """Go to where the hub sends its owner. False: it did not work this time."""
        try:
            rows = (await self.client.call("GET", "shops")).json()["rows"]
            shop = next(r for r in rows if r["platform"] == platform)
            url = (await self.client.call("POST", f"shops/{shop['id']}/consent", json={})).json()["url"]
            answer = await self.page.get(url)
        except (*LOST, Refused):
            return False
        done = "consent=ok" in str(answer.url)
        self.times[platform] += done
        return done

    async def work(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                c = await asyncpg.connect(self.dsn, timeout=5)
                try:
                    found = await c.fetch("select platform from shop where state = 'needs_auth'")
                    cut_off = await c.fetch(
                        """select id::text from task where closed_at is null and kind = 'dead_job'
                           and reason = 'silent'"""
                    )
                finally:
                    c.terminate()
                for r in found:
                    await self.say_yes(r["platform"])
                for r in cut_off:
                    with contextlib.suppress(*LOST, Refused):
                        await self.client.call(
                            "POST", f"tasks/{r['id']}/close", json={"outcome": "retry", "reason": ""}
                        )
                        self.retried += 1

    async def close(self) -> None:
        await self.client.close()
        await self.page.aclose()


class Run:
    def __init__(self, house: House, notes: Path, seed: int, orders: int, stuck: float) -> None:
        self.house, self.notes, self.seed, self.orders, self.stuck = house, notes, seed, orders, stuck
        self.begun = time.monotonic()
        held = instance.find(house.data)
        assert held is not None
        self.dsn = held.database_url
        self.running = Running(house.process.pid, house.data, held.redis_url)
        self.seconds = max(SHORTEST_S, orders * PER_ORDER_S)

    def _rng(self, name: str) -> random.Random:
        return random.Random(f"orders:{self.seed}:{name}")

    async def whole(self) -> dict[str, Any]:
        shops, owner = Shops(self.house.sandbox_port), Owner(self.house, self.dsn)
        work: list[asyncio.Task[None]] = []
        try:
            await self._set_up(shops, owner)
            weather = Weather(shops, self._rng("weather"), lambda: owner.able)
            every = STRIKE_EVERY_S if self.orders < LONG else STRIKE_EVERY_LONG_S
            chaos = Chaos(self.running, self._rng("chaos"), every, STRIKES)
            buyers = Buyers(shops, self._rng("buyers"), self.orders, self.seconds)
            work = [asyncio.create_task(w) for w in (owner.work(), weather.work(), chaos.work())]
            await self._buy(buyers, work)
            for task in work[1:]:
                task.cancel()
            await asyncio.wait(work[1:])
            del work[1:]
            await weather.calm()
            say("the faults are over; waiting for rest …")
            rest = await self._rest(buyers.last_act + pace.LATE_S)
            stats = await shops.stats()
            book = await self._book(shops)
            seen = await judge.compare(book, self.dsn, self.house.folder / "keys" / "key")
            found = await judge.look_around(self.dsn, self.notes, seen)
            return self._counts(seen, found, stats, buyers, weather, chaos, owner, rest)
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await owner.close()
            await shops.close()

    async def _set_up(self, shops: Shops, owner: Owner) -> None:
        """The shops' clocks run faster here, and their owners say yes where tokens can be renewed."""
        settings = {"pull_every_s": pace.PULL_EVERY_S, "overlap_s": pace.OVERLAP_S, "calls_per_s": 400}
        c = await asyncpg.connect(self.dsn)
        for platform in PLATFORMS:
            lag = pace.PDD_LAG_S + 1 if platform == "pinduoduo" else pace.LAG_S
            own = {"oauth_url": f"http://127.0.0.1:{self.house.sandbox_port}/{platform}"}
            chosen = json.dumps(settings | {"lag_s": lag, "own": own})
            await c.execute("update shop set settings = settings || $2::jsonb where platform = $1", platform, chosen)
        await c.close()
        for platform in sorted(owner.able):
            if not await owner.say_yes(platform):
                raise AssertionError(f"the owner of the {platform} shop could not say yes")
        for platform in PLATFORMS:
            if _pushes(platform):
                sent = registry.get(platform).powers.webhook
                url = f"http://127.0.0.1:{self.house.port}/hooks/{platform}" if sent else ""
                await shops.post("pushes", platform=platform, on=True, url=url)
        await shops.post("weather", **PUSHES)

    async def _buy(self, buyers: Buyers, work: list[asyncio.Task[None]]) -> None:
        buying = asyncio.create_task(buyers.work())
        told = time.monotonic()
        while not buying.done():
            done, _ = await asyncio.wait({buying, *work}, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {buying}:
                task.result()
                raise AssertionError("somebody stopped working")
            if time.monotonic() - told > 10:
                told = time.monotonic()
                say(f"{buyers.placed} placed, {await self._count()} in the hub, {sum(buyers.acts.values())} changes")
        buying.result()

    async def _count(self) -> str:
        try:
            c = await asyncpg.connect(self.dsn, timeout=5)
            try:
                return str(await c.fetchval("select count(*) from sales_order", timeout=5))
            finally:
                c.terminate()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return "?"

    async def _rest(self, last: float) -> float:
        """Seconds until nothing is left to do, or nothing moves any more."""
        begun = told = moved = time.monotonic()
        before = [""]
        while True:
            try:
                left = await self._left(last)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as e:
                left = [type(e).__name__]
            if left != before:
                moved, before = time.monotonic(), left
            if not left or time.monotonic() - moved > self.stuck:
                if left:
                    say(f"no rest: {'; '.join(left[:8])}")
                return time.monotonic() - begun
            if time.monotonic() - told > 10:
                told = time.monotonic()
                say(f"  {'; '.join(left[:6])}")
            await asyncio.sleep(1.0)

    async def _left(self, last: float) -> list[str]:
        c = await asyncpg.connect(self.dsn, timeout=5)
        try:
            behind = await c.fetch(
                """select platform, state from shop
                   where state <> 'on' or watermark < to_timestamp($1) order by platform""",
                last,
            )
            jobs = await c.fetch(
                """select kind, count(*)::int as n from job where state in ('ready', 'leased')
                   and kind not in ('platforms.pull', 'platforms.refunds', 'platforms.listen', 'platforms.renew',
                                    'shipping.track') group by 1 order by 1"""
            )
            raw = await c.fetchval("select count(*)::int from raw_order where state = 'new'")
            hints = await c.fetchval("select count(*)::int from hint where looked_at is null")
        finally:
            c.terminate()
        left = [f"{r['platform']} {r['state']}, behind" for r in behind]
        left += [f"{r['n']} {r['kind']}" for r in jobs]
        return left + ([f"{raw} raw"] if raw else []) + ([f"{hints} to look at"] if hints else [])

    async def _book(self, shops: Shops) -> Any:
        """The shops' own book, from the file they keep: written whole twice after the last act."""
        path = self.house.data / "sandbox.json"
        for _ in range(2):
            asked = time.time()
            await shops.post("demand", burst=0)
            while path.stat().st_mtime <= asked:
                await asyncio.sleep(0.1)
        return await asyncio.to_thread(judge.read_world, path)

    def _counts(
        self, seen: judge.Seen, found: dict[str, list[dict[str, Any]]], stats: dict[str, Any], buyers: Buyers,
        weather: Weather, chaos: Chaos, owner: Owner, rest: float
    ) -> dict[str, Any]:  # fmt: skip
        if seen.placed != buyers.placed:
            seen.bad("twice", f"{buyers.placed} were placed, the shops have {seen.placed}")
        return {
            "proof": "orders",
            "seed": self.seed,
            "seconds": round(time.monotonic() - self.begun),
            "seconds_to_rest": round(rest),
            "placed": buyers.placed,
            "in_hub": seen.in_hub,
            "exactly_once": seen.once,
            "whole": seen.whole,
            "receivers_compared": seen.receivers,
            "by_shop": stats["orders"],
            "changes": dict(sorted(buyers.acts.items())),
            "raw_versions": found["versions"][0]["n"],
            "faults": dict(sorted(stats["faults"].items())),
            "spells": dict(sorted(weather.spells.items())),
            "restarts": dict(sorted(chaos.fired.items())),
            "pushes": stats["pushes"],
            "hints": {f"{r['source']} {r['kind']}": r["n"] for r in found["heard"]},
            "tokens": stats["tokens"],
            "owner_asked": dict(owner.times),
            "retried_by_a_person": owner.retried,
            "rules_exercised": dict(sorted(stats["refusals"].items())),
            "calls": sum(stats["calls"].values()),
            "violations": seen.violations(),
        }
