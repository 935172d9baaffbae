"""Nothing that was committed is lost and nothing is done twice, while workers, Redis and PostgreSQL die under it.

The product's own supervisor, dispatcher and workers, with a few kinds of jobs more (kinds.py).
"""

import asyncio
import os
import random
import signal
import tempfile
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import redis

from server import instance
from server.kit import jobs as table
from server.kit.jobs import NewJob
from tests.e2e.house import House
from tests.prove import plants
from tests.prove.chain import say
from tests.prove.chaos import Running, find
from tests.prove.kinds import TABLES

PER_S = 40.0
CHUNK = 15
KEYS = 40
FAULTS = {"kill worker": 38, "kill dispatch": 12, "flushall": 5, "kill valkey": 5, "kill postgres": 5}
"""For 10,000 jobs; fewer jobs, fewer faults."""
REST_S = 150.0
LEASE_S = 14.0
ITEM = "insert into prove_item(n, kind) values($1, $2) on conflict do nothing"
WANT = "update prove_follow set wanted = wanted + 1 where k = $1"
LEFT = """select kind, state, count(*)::int as n from job
  where kind like 'prove.%' and state in ('ready', 'leased') group by 1, 2"""
STATES = "select kind, state, count(*)::int as n from job where kind like 'prove.%' group by 1, 2"
_LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Outside:
    """A service that does a thing once for each key, and loses every fifth answer."""

    def __init__(self, rng: random.Random) -> None:
        self.applied: set[int] = set()
        self.calls = self.lost = 0
        self._rng = rng
        self.port = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._met, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            size = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            key = int(await reader.readexactly(size))
            self.calls += 1
            self.applied.add(key)
            if self._rng.random() < 0.2:
                self.lost += 1
                writer.transport.abort()
                return
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the worker was killed while it asked
        finally:
            writer.close()

    def close(self) -> None:
        assert self._server is not None
        self._server.close()


async def prove(seed: int, count: int, plant: str = "", poison: bool = True) -> dict[str, Any]:
    """The counts. `violations` is empty when nothing was lost or doubled."""
    if plant:
        plants.PLANTS[plant].apply()  # jobs are entered here, too
    rng = random.Random(f"jobs:{seed}")
    outside = Outside(random.Random(f"outside:{seed}"))
    await outside.start()
    with tempfile.TemporaryDirectory(prefix="zs-prove-", ignore_cleanup_errors=True) as folder:
        extra = {
            "WORKERS": "2",
            "PROVE_PLANT": plant,
            "PROVE_OUTSIDE": f"http://127.0.0.1:{outside.port}/",
            "LOG_LEVEL": "error",
        }
        say(f"seed {seed}, {count} jobs{', planted: ' + plant if plant else ''}; starting the house …")
        house = await asyncio.to_thread(House, Path(folder) / "h", "tests.prove", extra)
        try:
            return await Run(house, outside, rng, seed, count, poison).whole()
        finally:
            await asyncio.to_thread(house.stop)
            outside.close()


class Run:
    def __init__(self, house: House, outside: Outside, rng: random.Random, seed: int, count: int, poison: bool) -> None:
        self.house, self.outside, self.rng, self.seed, self.count, self.poison = (
            house,
            outside,
            rng,
            seed,
            count,
            poison,
        )
        held = instance.find(house.data)
        assert held is not None
        self.dsn = held.database_url
        self.running = Running(house.process.pid, house.data, held.redis_url)
        self.fired: Counter[str] = Counter()
        self.killed: list[tuple[int, float]] = []
        """(pid, when) of processes that were killed."""
        self.database_down: list[float] = []
        self.entered: Counter[str] = Counter()
        self.retried: set[int] = set()

    async def whole(self) -> dict[str, Any]:
        begun = time.monotonic()
        for sql in TABLES:
            await self._do(sql)
        await self._do("insert into prove_follow(k) select generate_series(0, $1::int - 1)", KEYS)
        await self._do("update shop set state = 'off'")
        striking = asyncio.create_task(self._strikes())
        if self.poison:
            await self._enter([NewJob(kind="prove.poison")], [], [])
        await self._enter_all()
        await striking
        say("the faults are over; waiting for rest …")
        rest = await self._rest()
        return await self._counts(round(time.monotonic() - begun), rest)

    # -- entering

    async def _enter_all(self) -> None:
        """All jobs, a chunk in a transaction, at a steady rate."""
        begun = told = time.monotonic()
        n = 0
        while n < self.count:
            jobs, items, keys = [], [], []
            for _ in range(min(CHUNK, self.count - n)):
                n += 1
                kind = self.rng.choices(("effect", "outside", "follow", "slow"), (55, 20, 24.5, 0.5))[0]
                self.entered[kind] += 1
                if kind == "follow":
                    k = self.rng.randrange(KEYS)
                    keys.append(k)
                    jobs.append(NewJob(kind="prove.follow", key=str(k), args={"k": k}))
                else:
                    items.append((n, kind))
                    jobs.append(NewJob(kind=f"prove.{kind}", key=str(n), args={"n": n}))
            await self._enter(jobs, items, keys)
            if time.monotonic() - told > 10:
                told = time.monotonic()
                say(f"{n} entered")
            await asyncio.sleep(max(0.0, begun + n / PER_S - time.monotonic()))

    async def _enter(self, jobs: list[NewJob], items: list[tuple[int, str]], keys: list[int]) -> None:
        """One transaction, again and again until it is known to be committed; entered twice is entered once."""
        while True:
            try:
                c = await asyncpg.connect(self.dsn, timeout=5)
                try:
                    async with c.transaction():
                        await c.executemany(
                            "insert into prove_item(n, kind) values($1, $2) on conflict do nothing", items
                        )
                        await c.executemany(
                            "update prove_follow set wanted = wanted + 1 where k = $1", [(k,) for k in keys]
                        )
                        await table.insert(c, jobs)
                    await c.execute("select pg_notify('zs_job', '')")
                    return
                finally:
                    c.terminate()
            except _LOST:
                await asyncio.sleep(0.2)

    async def _do(self, sql: str, *args: Any) -> list[Any]:
        c = await asyncpg.connect(self.dsn, timeout=10)
        try:
            return list(await c.fetch(sql, *args))
        finally:
            await c.close()

    # -- faults

    async def _strikes(self) -> None:
        share = self.count / 10_000
        plan = [kind for kind, n in FAULTS.items() for _ in range(max(1, round(n * share)))]
        self.rng.shuffle(plan)
        pause = self.count / PER_S / len(plan)
        for kind in plan:
            await asyncio.sleep(self.rng.uniform(0.5, 1.5) * pause)
            while not await self._strike(kind):
                await asyncio.sleep(self.rng.uniform(1, 4))  # it is being restarted; and then it is to do some work
            self.fired[kind] += 1

    async def _strike(self, kind: str) -> bool:
        if kind == "flushall":
            client = redis.Redis.from_url(self.running.redis_url, socket_timeout=2)
            try:
                return bool(await asyncio.to_thread(client.flushall))
            except redis.RedisError:
                return False
            finally:
                client.close()
        pids = find(self.running, kind.split()[1])
        if not pids:
            return False
        pid = self.rng.choice(sorted(pids))
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        at = time.time()
        self.killed.append((pid, at))
        if kind == "kill postgres":
            self.database_down.append(at)
        return True

    # -- the end

    async def _rest(self) -> float:
        begun = told = time.monotonic()
        while True:
            try:
                left = await self._do(LEFT)
            except _LOST:
                left = [{"kind": "the database", "state": "down", "n": 1}]
            left += await self._see_to_parked()
            spent = time.monotonic() - begun
            if not left or spent > REST_S:
                return round(spent, 1)
            if time.monotonic() - told > 10:
                told = time.monotonic()
                say("  " + ", ".join(f"{r['n']} {r['kind']} {r['state']}" for r in left))
            await asyncio.sleep(0.5)

    async def _see_to_parked(self) -> list[dict[str, Any]]:
        """What was cut off five times by chance is told to a person, who presses 重试. The poison job stays."""
        try:
            told = await self._do(
                """select t.id::text as id, j.key, j.kind, 'parked' as state, 1 as n
                   from task t join job j on j.id = t.subject_id
                   where t.kind = 'dead_job' and t.closed_at is null and j.kind <> 'prove.poison'"""
            )
            if told:
                await asyncio.to_thread(self._retry, [r["id"] for r in told])
                self.retried |= {int(r["key"]) for r in told}
            return [dict(r) for r in told]
        except (*_LOST, httpx.HTTPError):
            return []

    def _retry(self, tasks: list[str]) -> None:
        with self.house.api("manager") as manager:
            for task in tasks:
                manager.post(f"tasks/{task}/close", {"outcome": "retry", "reason": ""})

    async def _counts(self, seconds: int, rest: float) -> dict[str, Any]:
        states = await self._do(STATES)
        items = await self._do(
            """select i.n, i.kind, extract(epoch from i.done_at - i.made_at)::float8 as took,
                 (select count(*) from prove_effect e where e.n = i.n)::int as effects from prove_item i"""
        )
        behind = await self._do("select k from prove_follow where seen <> wanted")
        runs = await self._do(
            """select r.n, r.pid, extract(epoch from r.began)::float8 as began,
                 extract(epoch from r.ended)::float8 as ended, extract(epoch from i.done_at)::float8 as done
               from prove_run r join prove_item i using (n) order by r.n, r.id"""
        )
        told = await self._do("select count(*)::int as n from task where kind = 'dead_job' and closed_at is null")
        # (A parked one that a person tried again is done under another row; its effect is counted below.)
        bad = [f"lost: {r['n']} {r['kind']} are {r['state']}" for r in states if r["state"] not in ("done", "parked")]
        never, twice = [i["n"] for i in items if not i["effects"]], [i["n"] for i in items if i["effects"] > 1]
        bad += [f"lost: {len(never)} jobs had no effect"] if never else []
        bad += [f"doubled: {len(twice)} jobs had their effect more than once"] if twice else []
        bad += [f"lost: {len(behind)} of {KEYS} follow-ups never ran"] if behind else []
        uncalled = [i["n"] for i in items if i["kind"] == "outside" and i["n"] not in self.outside.applied]
        bad += [f"lost: {len(uncalled)} calls were never made"] if uncalled else []
        overlapping = self._overlaps(runs)
        bad += [f"doubled: {overlapping} runs began beside a living one of the same job"] if overlapping else []
        parked = ("prove.poison", "parked") in {(r["kind"], r["state"]) for r in states}
        if self.poison and not (parked and told[0]["n"] == 1):
            bad.append("the poison job was not parked as one task")
        recovered = self._recoveries(runs)
        return {
            "proof": "jobs",
            "seed": self.seed,
            "seconds": seconds,
            "seconds_to_rest": rest,
            "jobs": self.count,
            "entered": dict(sorted(self.entered.items())),
            "runs": len(runs),
            "retried_by_a_person": len(self.retried),
            "cut_off": len(recovered),
            "recovery_s": _spread(recovered),
            "entered_to_done_s": _spread([i["took"] for i in items if i["took"] is not None]),
            "outside": {"calls": self.outside.calls, "answers_lost": self.outside.lost},
            "faults": dict(sorted(self.fired.items())),
            "violations": bad,
        }

    def _recoveries(self, runs: list[Any]) -> list[float]:
        """For each run that a kill cut off: seconds from the kill until the job ran again by itself."""
        killed = dict(self.killed)
        found: list[float] = []
        for one, two in pairwise(runs):
            at = killed.get(one["pid"])
            if (
                one["n"] == two["n"] not in self.retried
                and at is not None
                and one["ended"] is None
                and one["began"] <= at
            ):
                found.append(two["began"] - at)
        return found

    def _overlaps(self, runs: list[Any]) -> int:
        """Runs that began while another of the same job held a lease: alive, not ended, the database up."""
        kills = dict(self.killed)
        count = 0
        for one, two in pairwise(runs):
            if one["n"] != two["n"] or two["began"] - one["began"] > LEASE_S:
                continue
            ended = one["ended"] is not None and one["ended"] <= two["began"]
            gone = kills.get(one["pid"], 1e18) < two["began"]
            down = any(one["began"] - 1 < at < two["began"] for at in self.database_down)
            count += not (ended or gone or down)
        return count


def _spread(seconds: list[float]) -> dict[str, float]:
    if not seconds:
        return {}
    ordered = sorted(seconds)
    return {
        "p50": round(ordered[len(ordered) // 2], 2),
        "p99": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 2),
        "max": round(ordered[-1], 2),
    }
