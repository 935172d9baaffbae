"""The process `dispatch`: wakes workers for what is due, again and again until it is done. Losing Redis loses nothing.

Any number of these may run. It listens to the bell; in case one was lost it also looks every 20 ms for a second after
work, else every 250 ms.
"""

import asyncio
import time
from contextlib import suppress
from typing import Any

import asyncpg
import structlog
from dramatiq.errors import BrokerConnectionError
from redis.exceptions import RedisError

from server.kit import db
from server.kit import jobs as table
from server.settings import Settings
from workers import broker, parking, resources
from workers.errors import code

log = structlog.get_logger(__name__)

BUSY_S, IDLE_S, STAY_S = 0.02, 0.25, 1.0
SILENT_EVERY_S = 5.0
MAX_WAITING = 200
"""No more wake-ups while so many lie unread: what is due stays due, and a pile of repeats would help nobody."""

_LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class Dispatcher:
    """`await Dispatcher(settings).run()` for the life of a process; cancel the task to end it."""

    def __init__(self, settings: Settings, *, namespace: str = broker.NAMESPACE) -> None:
        self.settings = settings
        self.listening = asyncio.Event()
        self._broker, self._run = broker.connect(settings.redis_url, namespace=namespace)
        self._bell = asyncio.Event()
        self._silent_at = 0.0

    async def run(self) -> None:
        wait = 0.1
        while True:
            c: Any = None
            try:
                server_settings = {"application_name": "zhongshu_dispatch", "timezone": "UTC"}
                c = await asyncpg.connect(
                    self.settings.database_url, command_timeout=30, server_settings=server_settings
                )
                await self._serve(c)
            except _LOST as e:
                log.error("dispatch_down", error=code(e), retry_s=wait)
            finally:
                if self.listening.is_set():
                    wait = 0.1
                self.listening.clear()
                if c is not None and not c.is_closed():
                    c.terminate()
            await asyncio.sleep(wait)
            wait = min(wait * 2, 5.0)

    async def _serve(self, c: Any) -> None:
        await c.add_listener("zs_job", lambda *_: self._bell.set())
        self.listening.set()
        worked = 0.0
        while True:
            self._bell.clear()
            sent = await self._send_due(c)
            now = time.monotonic()
            if sent:
                worked = now
            if now - self._silent_at >= SILENT_EVERY_S:
                self._silent_at = now
                await parking.park_silent()
            with suppress(TimeoutError):  # then it is a poll
                async with asyncio.timeout(BUSY_S if now - worked < STAY_S else IDLE_S):
                    await self._bell.wait()

    async def _send_due(self, c: Any) -> int:
        # Most looks find nothing: they cost one read, and Redis is not asked.
        if not await table.any_due(c):
            return 0
        try:
            if await asyncio.to_thread(broker.waiting, self._broker) >= MAX_WAITING:
                return 0
            due = await table.due(c)
            if due:
                await asyncio.to_thread(self._send, [str(i) for i in due])
            return len(due)
        except (RedisError, BrokerConnectionError) as e:
            # They are marked as sent and come due again after 5 s.
            log.error("redis_down", error=type(e).__name__)
            await asyncio.sleep(1)
            return 0

    def _send(self, job_ids: list[str]) -> None:
        for job_id in job_ids:
            self._run.send(job_id)

    def close(self) -> None:
        self._broker.close()


def run(settings: Settings) -> None:
    """The process: runs until SIGTERM."""
    asyncio.run(main(settings))


async def main(settings: Settings) -> None:
    await db.open(settings.database_url, size=2, patience_s=db.PATIENCE_S)
    dispatcher = Dispatcher(settings)
    work = asyncio.create_task(dispatcher.run())
    told = asyncio.create_task(_tell(dispatcher.listening))
    try:
        await resources.until_stopped(work)
    finally:
        told.cancel()
        dispatcher.close()
        await db.close()


async def _tell(listening: asyncio.Event) -> None:
    await listening.wait()
    log.info("dispatch_ready")
    resources.ready()
