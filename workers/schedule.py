"""The process `schedule`: enters jobs that no event leads to, by the clock. Holds an advisory lock; others stand by."""

import asyncio
import time
from typing import Any

import asyncpg
import structlog

from server.errors import Error
from server.kit import clock, db
from server.kit.jobs import NewJob
from server.platforms import listings, pulling, refunds, registry, tokens
from server.settings import Settings
from server.shipping import actions as shipping
from workers import resources
from workers.errors import code

log = structlog.get_logger(__name__)

_LOCK = 0x7A68_7363
TICK_S = 1.0
TRACK_EVERY_S = 60.0
TRACK_EVERY_DEMO_S = 3.0
LISTEN_EVERY_S = 5.0
ASK_EVERY_DEMO_S = 10.0
RENEW_EVERY_S = 10.0
LIST_EVERY_S = 10.0
"""How often it is asked whose listings were not read for a day."""
SWEEP_EVERY_S = 3600.0
NIGHT_HOUR = 3
"""From this hour of the shop's day on, the nightly jobs of that day are entered."""
NIGHTLY = ("stock.check", "house.tidy", "platforms.reconcile")

_LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Scheduler:
    """`await Scheduler(settings).run()` for the life of a process; cancel the task to end it. kit.db must be open."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.started = asyncio.Event()
        """Leads or stands by: the database answers."""
        self._pulled: dict[str, float] = {}
        self._tracked = self._swept = self._renewed = self._warned = self._listed = -1e9
        self._night = ""

    async def run(self) -> None:
        while True:
            c: Any = None
            try:
                # The lock is held by a session of its own, and ends with it.
                c = await asyncpg.connect(self.settings.database_url, command_timeout=30)
                await self._lead(c)
            except (*_LOST, Error) as e:
                log.error("schedule_down", error=code(e))
            finally:
                if c is not None and not c.is_closed():
                    c.terminate()
            await asyncio.sleep(1)

    async def _lead(self, c: Any) -> None:
        while not await c.fetchval("select pg_try_advisory_lock($1)", _LOCK):
            self.started.set()
            await asyncio.sleep(2)
        self.started.set()
        log.info("schedule_leads")
        while True:
            await c.fetchval("select 1")  # the session that holds the lock lives
            await self.tick()
            await asyncio.sleep(TICK_S)

    async def tick(self) -> None:
        """Enter what is due now, in one transaction."""
        now = time.monotonic()
        new = await self._pulls(now) + await self._asks(now) + await self._renewals(now)
        new += await self._tracks(now) + self._sweep(now) + await self._nights() + await self._listings(now)
        if new:
            async with db.transaction() as tx:
                tx.enqueue(*new)

    async def _pulls(self, now: float) -> list[NewJob]:
        new = []
        for shop in await pulling.list_to_pull():
            last = self._pulled.get(str(shop.id), -1e9)
            # One that waits (or waits longer, because the platform said so) is not hurried.
            if now - last >= shop.every_s and not shop.under_way:
                self._pulled[str(shop.id)] = now
                new.append(NewJob(kind="platforms.pull", key=str(shop.id), args={"shop_id": str(shop.id)}))
        return new

    async def _asks(self, now: float) -> list[NewJob]:
        """Pushes that are fetched, and after-sales cases."""
        new = []
        for kind, every_s, can in (
            ("platforms.listen", LISTEN_EVERY_S, lambda p: p.messages),
            ("platforms.refunds", refunds.EVERY_S, lambda p: p.refunds),
        ):
            for shop in await pulling.list_to_ask(kind, lambda code, can=can: can(registry.get(code).powers)):  # type: ignore[misc]
                at = f"{kind} {shop.id}"
                wait = shop.every_s or (every_s if not self.settings.demo else min(every_s, ASK_EVERY_DEMO_S))
                if now - self._pulled.get(at, -1e9) >= wait and not shop.under_way:
                    self._pulled[at] = now
                    new.append(NewJob(kind=kind, key=str(shop.id), args={"shop_id": str(shop.id)}))
        return new

    async def _renewals(self, now: float) -> list[NewJob]:
        """Tokens that are due; once an hour a word about those that need their owner."""
        if now - self._renewed < RENEW_EVERY_S:
            return []
        self._renewed = now
        if now - self._warned >= SWEEP_EVERY_S:
            self._warned = now
            await tokens.warn(clock.now(), _renewable)
        due = await tokens.due(clock.now(), _renewable)
        return [NewJob(kind="platforms.renew", key=str(i), args={"shop_id": str(i)}) for i in due]

    async def _listings(self, now: float) -> list[NewJob]:
        if now - self._listed < LIST_EVERY_S:
            return []
        self._listed = now
        return await listings.due(lambda code: registry.get(code).powers.listings)

    async def _tracks(self, now: float) -> list[NewJob]:
        every = TRACK_EVERY_DEMO_S if self.settings.demo else TRACK_EVERY_S
        if now - self._tracked < every:
            return []
        self._tracked = now
        return [NewJob(kind="shipping.track")] if await shipping.tracking_due() else []

    def _sweep(self, now: float) -> list[NewJob]:
        if now - self._swept < SWEEP_EVERY_S:
            return []
        self._swept = now
        return [NewJob(kind="house.sweep")]

    async def _nights(self) -> list[NewJob]:
        local = clock.now().astimezone(self.settings.zone)
        day = local.date().isoformat()
        if day == self._night or local.hour < NIGHT_HOUR:
            return []
        known = await db.rows("select kind from job where key = $1 and kind = any($2::text[])", day, list(NIGHTLY))
        lacking = [kind for kind in NIGHTLY if kind not in {r["kind"] for r in known}]
        if not lacking:  # known to be in the table: what is entered now may not come to be
            self._night = day
        return [NewJob(kind=kind, key=day) for kind in lacking]


def _renewable(platform: str) -> bool:
    return registry.get(platform).powers.refresh


def run(settings: Settings) -> None:
    """The process: runs until SIGTERM."""
    asyncio.run(main(settings))


async def main(settings: Settings) -> None:
    await db.open(settings.database_url, size=2, patience_s=db.PATIENCE_S)
    scheduler = Scheduler(settings)
    work = asyncio.create_task(scheduler.run())
    told = asyncio.create_task(_tell(scheduler.started))
    try:
        await resources.until_stopped(work)
    finally:
        told.cancel()
        await db.close()


async def _tell(started: asyncio.Event) -> None:
    await started.wait()
    resources.ready()
