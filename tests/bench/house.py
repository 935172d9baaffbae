"""A durable embedded database for measuring: fsync on, as in production."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from server import embedded
from server.kit import crypto, db
from server.settings import Settings
from tests.support.house import migrated


@asynccontextmanager
async def bench_house(folder: Path) -> AsyncIterator[tuple[Settings, Any]]:
    """Settings and server.kit.db, open on a fresh migrated database."""
    folder.mkdir(parents=True, exist_ok=True)
    servers = embedded.start(folder, durable=True)
    try:
        await migrated(servers.database_url)
        crypto.load(folder / "key")
        await db.open(servers.database_url, size=10)
        try:
            yield (
                Settings(
                    database_url=servers.database_url,
                    redis_url=servers.redis_url,
                    data_dir=folder,
                    key_file=folder / "key",
                    demo=True,
                ),
                db,
            )
        finally:
            await db.close()
    finally:
        servers.stop()
