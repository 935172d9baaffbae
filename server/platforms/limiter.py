"""One limit per app and platform for all processes: what lowers stock or ships goes first, pulls leave room for it.

The generic cell rate algorithm in one Redis script. Losing Redis loses nothing: calls then go unlimited until it is
back, and the platform itself says "too often".
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, Protocol

import redis.asyncio as redis
import structlog

from server.errors import Unavailable
from server.platforms.port import Shop

log = structlog.get_logger(__name__)

RATES: Final = {"taobao": 20.0, "jd": 10.0, "jdsp": 10.0, "pinduoduo": 8.0, "shopee": 10.0}
"""Calls a second of one app. No platform publishes its figure: a shop's settings may say "calls_per_s". PDD's is below
what it publishes for one method of one shop (100 lists of cases in 10 s), which are asked for state by state."""
BURST_S: Final = 2.0
"""So many seconds' worth of calls may come at once."""
RESERVE: Final = 0.4
"""This part of the burst is kept for what is urgent."""
LONGEST_WAIT_S: Final = 20.0

# KEYS[1]; ARGV: seconds per call, seconds that may run ahead. Returns how long to wait, in microseconds; 0: go.
_TAKE: Final = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local per, ahead = tonumber(ARGV[1]), tonumber(ARGV[2])
local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
if tat - now > ahead then return tat - now - ahead end
redis.call('SET', KEYS[1], string.format('%.0f', tat + per), 'PX', math.ceil((tat + per - now) / 1000) + 1000)
return 0
"""
# ARGV: microseconds of silence. What is further away already stays.
_PAUSE: Final = """
local t = redis.call('TIME')
local until_ = t[1] * 1000000 + t[2] + tonumber(ARGV[1])
if until_ > tonumber(redis.call('GET', KEYS[1]) or 0) then
  redis.call('SET', KEYS[1], string.format('%.0f', until_), 'PX', math.ceil(ARGV[1] / 1000) + 1000)
end
return 0
"""

_urgent: ContextVar[bool] = ContextVar("urgent", default=False)


@contextmanager
def urgent() -> Iterator[None]:
    """Calls within lower stock or ship: they take the room that is kept for them."""
    token = _urgent.set(True)
    try:
        yield
    finally:
        _urgent.reset(token)


class Limiter(Protocol):
    async def take(self, shop: Shop) -> None:
        """Wait for the app's turn. Raises Unavailable when that is too far away."""
        ...

    async def pause(self, shop: Shop, seconds: float) -> None:
        """The platform says: too often."""
        ...


class RedisLimiter:
    def __init__(self, url: str) -> None:
        self._redis: Any = redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0)
        self._take = self._redis.register_script(_TAKE)
        self._pause = self._redis.register_script(_PAUSE)

    async def close(self) -> None:
        await self._redis.aclose()

    async def take(self, shop: Shop) -> None:
        per = 1.0 / rate(shop)
        ahead = BURST_S * (1.0 if _urgent.get() else 1.0 - RESERVE)
        waited = 0.0
        while True:
            try:
                wait = await self._take(keys=[_key(shop)], args=[int(per * 1e6), int(ahead * 1e6)])
            except (redis.RedisError, OSError) as e:
                log.warning("limiter_down", error=type(e).__name__)
                return
            if not wait:
                return
            seconds = int(wait) / 1e6
            if waited + seconds > LONGEST_WAIT_S:
                raise Unavailable("platform_queue", "对平台的调用正在排队，稍后再试", retry_after=seconds)
            await asyncio.sleep(seconds)
            waited += seconds

    async def pause(self, shop: Shop, seconds: float) -> None:
        try:
            # The whole burst on top: nothing may run ahead into the silence.
            await self._pause(keys=[_key(shop)], args=[int((min(seconds, 600.0) + BURST_S) * 1e6)])
        except (redis.RedisError, OSError) as e:
            log.warning("limiter_down", error=type(e).__name__)


def rate(shop: Shop) -> float:
    """Calls a second for a shop's app."""
    chosen = shop.settings.get("calls_per_s")
    if isinstance(chosen, int | float) and not isinstance(chosen, bool) and 0.01 <= chosen <= 10_000:
        return float(chosen)
    return RATES.get(shop.platform, 10.0)


def _key(shop: Shop) -> str:
    return f"limit:{shop.platform}:{shop.app_key}"
