"""What a process of ours holds while it lives: the database pool, the key, one HTTP client. Opened on its own loop."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

import httpx

from server.kit import crypto, db
from server.platforms import http as web
from server.platforms import registry
from server.platforms.limiter import RedisLimiter
from server.platforms.port import Platform
from server.settings import Settings

_settings: Settings | None = None
_http: httpx.AsyncClient | None = None
_platforms: dict[str, Platform] = {}
_limiter: RedisLimiter | None = None


async def open(settings: Settings, *, size: int = 10) -> None:
    """Open everything. Call once, on the loop that will use it."""
    global _settings, _http, _limiter
    _settings = settings
    await asyncio.to_thread(crypto.load, settings.key_file)
    await db.open(settings.database_url, size=size, patience_s=db.PATIENCE_S)
    _limiter = RedisLimiter(settings.redis_url) if settings.redis_url else None
    _http = web.new_client(_limiter)


async def close() -> None:
    global _http, _settings, _limiter
    _platforms.clear()
    if _limiter is not None:
        await _limiter.close()
        _limiter = None
    if _http is not None:
        await _http.aclose()
        _http = None
    await db.close()
    _settings = None


def http() -> httpx.AsyncClient:
    assert _http is not None, "resources are not open"
    return _http


def platform(code: str) -> Platform:
    """The adapter that calls; kept, because it remembers how far the platform's clock is off. Raises NotFound."""
    if code not in _platforms:
        _platforms[code] = registry.connect(code, http())
    return _platforms[code]


def settings() -> Settings:
    assert _settings is not None, "resources are not open"
    return _settings


def ready() -> None:
    """Tell the supervisor that this process works: it names a file to touch. (No setting: a word between processes.)"""
    named = os.environ.get("READY_FILE", "")
    if named:
        Path(named).touch()


async def until_stopped(work: "asyncio.Task[None]") -> None:
    """Run until the work ends by itself (its error is raised), or SIGTERM or SIGINT asks for the end."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.cancel)
    with suppress(asyncio.CancelledError):
        await work
