"""不漏单 · 不超卖 · 不丢扫 · 不错发 · 可追溯, by running the whole product while everything in it is killed.

Four simulated shops place orders, cancel, ask for refunds, change addresses; people pick, pack and hand over on phones
with a bad network; processes and databases die. At the end the books of all sides must agree: judge.py.
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

from server import instance
from tests.e2e.house import House
from tests.prove import judge, plants
from tests.prove.chaos import Chaos, Running
from tests.prove.people import Buyers, Desk, Door, Hall, Picker, Shops
from tests.prove.phone import Client, Phone
from tests.prove.proxy import Proxy

PICKERS = 2
WAVE = 8
FLOOR_WIRE_RATE, SHOPS_WIRE_RATE = 0.08, 0.15
STRIKE_EVERY_S = 2.5
PER_ORDER_S = 0.45
STUCK_S, STUCK_PLANTED_S = 100.0, 40.0
"""When for so long nothing moved any more, what stands is judged: longer than any lease or back-off takes here."""


def say(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')}  {text}\n")
    sys.stderr.flush()


async def prove(seed: int, orders: int, plant: str = "") -> dict[str, Any]:
    """Run it; the counts. `violations` is empty when the promises held."""
    with tempfile.TemporaryDirectory(prefix="zs-prove-", ignore_cleanup_errors=True) as folder:
        sends = Path(folder) / "sends.jsonl"
        extra = {
            "WORKERS": "2",
            "SANDBOX_SEED": str(seed % 90_000 + 1),
            "PROVE_PLANT": plant,
            "PROVE_SENDS": str(sends),
            "LOG_LEVEL": "warning",
        }
        say(f"seed {seed}, {orders} orders{', planted: ' + plant if plant else ''}; starting the house …")
        house = await asyncio.to_thread(House, Path(folder) / "h", "tests.prove", extra)
        try:
            return await Run(house, sends, seed, orders, STUCK_PLANTED_S if plant else STUCK_S).whole()
        except BaseException:
            say(house.tail(80))
            raise
        finally:
            await asyncio.to_thread(house.stop)


class Run:
    def __init__(self, house: House, sends: Path, seed: int, orders: int, stuck: float) -> None:
        self.house, self.sends, self.seed, self.orders, self.stuck = house, sends, seed, orders, stuck
        self.rng = random.Random(f"chain:{seed}")
        self.begun = time.monotonic()
        held = instance.find(house.data)
        assert held is not None
        self.dsn = held.database_url
        self.running = Running(house.process.pid, house.data, held.redis_url)
        self.seconds = max(30.0, orders * PER_ORDER_S)

    def _rng(self, name: str) -> random.Random:
        return random.Random(f"{self.seed}:{name}")

    async def whole(self) -> dict[str, Any]:
        wire = await Proxy(self.house.port, self._rng("floor wire"), FLOOR_WIRE_RATE).start()
        shops_wire = await Proxy(self.house.sandbox_port, self._rng("shops wire"), SHOPS_WIRE_RATE).start()
        shops = Shops(self.house.sandbox_port)
        clients: list[Client] = []
        work: list[asyncio.Task[None]] = []
        try:
            await self._wire_shops(shops_wire.port)
            hall, phones = Hall(), []

            def client(login: str) -> Client:
                clients.append(Client(f"http://127.0.0.1:{wire.port}", login, self.house.logins[login]))
                return clients[-1]

            for n in range(PICKERS + 1):
                login = "picker" if n < PICKERS else "kuguan"
                phones.append(Phone(f"PDA {n + 1}", client(login), self._rng(f"phone {n}")))
            pickers = [Picker(hall, p, self._rng(f"picker {n}")) for n, p in enumerate(phones[:PICKERS])]
            door = Door(hall, phones[PICKERS], self._rng("door"))
            desk = Desk(hall, client("manager"), phones[:PICKERS], shops, WAVE, self._rng("desk"))
            buyers = Buyers(shops, self._rng("buyers"), self.orders, self.seconds)
            chaos = Chaos(self.running, self._rng("chaos"), STRIKE_EVERY_S)
            people = [*(p.work() for p in pickers), door.work(), desk.work()]
            work = [asyncio.create_task(w) for w in people]
            striking = asyncio.create_task(chaos.work())
            work += [striking, asyncio.create_task(self._watch(buyers))]
            await self._buy(buyers, work, shops)
            for task in work[-2:]:
                task.cancel()
            await asyncio.wait(work[-2:])
            del work[-2:]
            for p in (wire, shops_wire):
                p.quiet()
            hall.closing = True
            say("the faults are over; waiting for rest …")
            rest = await self._rest(hall, phones, work)
            hall.over = True
            await asyncio.gather(*work)
            books = await self._books(shops, hall, phones, buyers.moved)
            faults = Counter(chaos.fired)
            faults.update({f"floor {k}": n for k, n in wire.fired.items()})
            faults.update({f"shops {k}": n for k, n in shops_wire.fired.items()})
            return self._counts(books, faults, buyers, desk, rest)
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            for c in clients:
                await c.close()
            await shops.close()
            await wire.close()
            await shops_wire.close()

    async def _wire_shops(self, port: int) -> None:
        """Shops and carrier are reached over the wire that lies, often, and nothing is pulled twice out of caution."""
        old, new = f"127.0.0.1:{self.house.sandbox_port}", f"127.0.0.1:{port}"
        lag = plants.PDD_LAG_S + 1
        c = await asyncpg.connect(self.dsn)
        await c.execute(
            """update shop set base_url = replace(base_url, $1, $2), settings = settings || jsonb_build_object(
                 'pull_every_s', 2, 'overlap_s', 1, 'lag_s', case platform when 'pinduoduo' then $3::int else 2 end)""",
            old,
            new,
            lag,
        )
        await c.execute("update carrier set base_url = replace(base_url, $1, $2)", old, new)
        await c.close()

    async def _watch(self, buyers: Buyers) -> None:
        """Which orders lie packed: some buyers think again at just that moment."""
        while True:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                c = await asyncpg.connect(self.dsn, timeout=5)
                try:
                    found = await c.fetch("select platform, external_id from sales_order where packed_at is not null")
                    buyers.packed |= {(r["platform"], r["external_id"]) for r in found}
                finally:
                    c.terminate()
            await asyncio.sleep(0.5)

    async def _buy(self, buyers: Buyers, work: list[asyncio.Task[None]], shops: Shops) -> None:
        buying = asyncio.create_task(buyers.work())
        told = time.monotonic()
        while not buying.done():
            done, _ = await asyncio.wait({buying, *work}, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {buying}:
                task.result()
                raise AssertionError("somebody stopped working")
            if time.monotonic() - told > 10:
                told = time.monotonic()
                stats = await shops.stats()
                say(f"{sum(stats['orders'].values())} ordered, {sum(stats['shipped'].values())} shipped")
        buying.result()

    async def _rest(self, hall: Hall, phones: list[Phone], work: list[asyncio.Task[None]]) -> float:
        """Seconds until nothing is left to do, or nothing moves any more."""
        begun = told = moved = time.monotonic()
        last_act, before = time.time(), [""]
        while True:
            for task in work:
                if task.done():
                    task.result()
            try:
                left = judge.unsettled(await judge.read_hub(self.dsn), hall, phones, last_act)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as e:
                left = [type(e).__name__]
            spent = time.monotonic() - begun
            if left != before:
                moved, before = time.monotonic(), left
            if not left or time.monotonic() - moved > self.stuck or spent > 3 * self.stuck + 0.1 * self.orders:
                if left:
                    say(f"no rest after {spent:.0f} s: {'; '.join(left[:8])}")
                return spent
            if time.monotonic() - told > 10:
                told = time.monotonic()
                say(f"  {len(left)} to do: {'; '.join(left[:4])}")
            await asyncio.sleep(1.0)

    async def _books(
        self, shops: Shops, hall: Hall, phones: list[Phone], moved: dict[tuple[str, str], float]
    ) -> judge.Books:
        # The shops' own file, written whole within a second of the last change, holds the carrier's book too.
        await asyncio.sleep(2.0)
        saved = json.loads((self.house.data / "sandbox.json").read_text())
        carrier = {w: (p["shipment_id"], bool(p["handed_at"])) for w, p in saved["parcels"].items()}
        sent = [json.loads(line) for line in self.sends.read_text().splitlines()] if self.sends.exists() else []
        hub = await judge.read_hub(self.dsn)
        for _ in range(20):  # shops go on completing orders: what came in since is given the time to be read
            if not any(r["state"] == "new" for r in hub["raw"]):
                break
            await asyncio.sleep(0.5)
            hub = await judge.read_hub(self.dsn)
        return judge.Books(await shops.orders(), carrier, sent, hub, hall, phones, moved)

    def _counts(
        self, books: judge.Books, faults: Counter[str], buyers: Buyers, desk: Desk, rest: float
    ) -> dict[str, Any]:
        violations = judge.judge(books)
        phones = books.phones
        return {
            "proof": "chain",
            "seed": self.seed,
            "seconds": round(time.monotonic() - self.begun),
            "seconds_to_rest": round(rest),
            "orders": len(books.shops),
            "cancelled": sum(1 for o in books.shops if o["state"] == "cancelled"),
            "parcels_out": sum(1 for b in books.hall.boxes.values() if b.out),
            "boxes_opened_again": sum(1 for b in books.hall.boxes.values() if b.emptied),
            "written_back": len(books.sent),
            "scans": sum(len(p.beeped) for p in phones),
            "phones": {"crashes": sum(p.crashes for p in phones), "forks": sum(p.forks for p in phones)},
            "desk": {
                "waves": desk.waves,
                "held": desk.held,
                "released": desk.released,
                "matched": desk.matched,
                "retried": desk.retried,
            },
            "buyers": dict(sorted(buyers.acts.items())),
            "refused_at_the_door": sum(1 for e in books.hub["events"] if e["kind"] == "hand_over_refused"),
            "jobs": sum(j["n"] for j in books.hub["jobs"]),
            "faults": dict(sorted(faults.items())),
            "violations": violations,
        }
