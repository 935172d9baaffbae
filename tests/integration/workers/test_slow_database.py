"""A process that starts while its database is still coming up: it waits, or ends with a word. It never idles broken."""

import asyncio
from typing import Any

import asyncpg
import pytest

from server.settings import Settings
from workers import broker, resources


async def test_opening_waits_for_a_database_that_is_starting(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    start, tries = db.ENGINE.start_connection_pool, []

    async def recovering(**more: Any) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise asyncpg.CannotConnectNowError("the database system is starting up")
        await start(**more)

    dsn = str(db.ENGINE.config["dsn"])
    await db.close()
    monkeypatch.setattr(db.ENGINE, "start_connection_pool", recovering)
    await db.open(dsn, size=2, patience_s=10)
    assert len(tries) == 3 and await db.value("select 1") == 1
    await db.close()
    tries.clear()
    with pytest.raises(asyncpg.CannotConnectNowError):
        await db.open(dsn, size=2)  # a person at the command line is told at once
    await db.open(dsn, size=2, patience_s=10)


async def test_a_worker_without_a_database_ends(config: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nowhere(*_: Any, **__: Any) -> None:
        raise OSError("no such socket")

    monkeypatch.setattr(resources, "open", nowhere)
    with pytest.raises(OSError, match="no such socket"):
        await asyncio.to_thread(broker.start, config, namespace="t-nowhere")
