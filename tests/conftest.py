"""Fixtures of all tests: one embedded PostgreSQL and Valkey for the session, a migrated database for each test.

`house` the two servers · `db` server.kit.db open on a fresh database · `world` goods, shops and people in it ·
`web` the app over ASGI, `as_role` a client that is logged in. A test that needs none of them starts no server.
"""

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from server import embedded, settings
from server.app import create_app
from server.kit import crypto
from server.kit import db as database
from tests.support.client import Client
from tests.support.house import House, migrated
from tests.support.world import PASSWORD, World
from tests.support.world import make as make_world

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """The servers, not durable, in a folder of their own; .fresh() makes a migrated database."""
    with tempfile.TemporaryDirectory(prefix="zs-test-", ignore_cleanup_errors=True) as folder:
        servers = embedded.start(Path(folder), durable=False)
        try:
            template = servers.create_database("template_zs")
            asyncio.run(migrated(template))
            yield House(servers, Path(folder))
        finally:
            servers.stop()


@pytest_asyncio.fixture
async def db(house: House, tmp_path: Path) -> AsyncIterator[Any]:
    """server.kit.db, open on a fresh database; the installation's key is loaded."""
    url = house.fresh(f"t{next(_numbers)}")
    crypto.load(tmp_path / "key")
    await database.open(url, size=10)
    try:
        yield database
    finally:
        await database.close()
        house.drop(url)


@pytest.fixture
def config(house: House, db: Any, tmp_path: Path) -> settings.Settings:
    """Settings of a test installation over the open database."""
    pwa = tmp_path / "pwa"
    (pwa / "assets").mkdir(parents=True)
    (pwa / "index.html").write_text("<!doctype html><title>中枢</title>", encoding="utf-8")
    (pwa / "assets" / "app-1.js").write_text("//" + "x" * 1000, encoding="utf-8")
    return settings.Settings(
        database_url=str(db.ENGINE.config["dsn"]),
        redis_url=house.redis_url,
        data_dir=tmp_path,
        key_file=tmp_path / "key",
        public_url="https://test",
        demo=True,
        pwa_dir=pwa,
    )


@pytest_asyncio.fixture
async def world(config: settings.Settings) -> World:
    """Goods, shops and people."""
    return await make_world(config)


@pytest_asyncio.fixture
async def web(config: settings.Settings) -> AsyncIterator[Client]:
    """A client of the app, on this loop. Secure cookies need an https base."""
    app = create_app(config, own_database=False)
    begun, end = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        # In a task of its own: what enters a cancel scope must leave it, and pytest ends fixtures in another task.
        async with app.lifespan():
            begun.set()
            await end.wait()

    life = asyncio.create_task(live())
    waiting = asyncio.create_task(begun.wait())
    await asyncio.wait([life, waiting], return_when=asyncio.FIRST_COMPLETED)
    if life.done():
        life.result()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with Client(transport=transport, base_url="https://test", headers={"X-Zhongshu": "1"}) as client:
        client.app = app
        yield client
    end.set()
    await life


@pytest.fixture
def as_role(web: Client, world: World) -> Callable[[str], Awaitable[Client]]:
    """Log the client in as the person of a role."""

    async def log_in(role: str) -> Client:
        web.cookies.clear()
        answer = await web.post("/api/login", json={"login": role, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return web

    return log_in
