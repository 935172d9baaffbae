"""The process `mover`: sync's one mover. A second one stands by until the first is gone."""

import asyncio
from contextlib import suppress

from server.settings import Settings
from sync.mover import Mover
from workers import resources

CHECKPOINT = "mover.checkpoint"
"""Outside the database: it tells a database that went back (a restored backup) from one that did not."""
STANDS_BY_S = 5.0


def run(settings: Settings) -> None:
    """The process: runs until SIGTERM."""
    asyncio.run(main(settings))


async def main(settings: Settings) -> None:
    await asyncio.to_thread(settings.data_dir.mkdir, mode=0o700, parents=True, exist_ok=True)
    mover = Mover(settings.database_url, settings.data_dir / CHECKPOINT)
    work = asyncio.create_task(mover.run())
    told = asyncio.create_task(_tell(mover.leading))
    try:
        await resources.until_stopped(work)
    finally:
        told.cancel()


async def _tell(leading: asyncio.Event) -> None:
    with suppress(TimeoutError):  # another mover leads: standing by is ready, too
        async with asyncio.timeout(STANDS_BY_S):
            await leading.wait()
    resources.ready()
