"""Pulling without losing a row: windows of time, and pages that shift while they are read. Knows no platform."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from msgspec import Struct

from server.errors import Unavailable
from server.platforms.port import Window

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE: Final = 4
"""Detail calls in flight. Quotas belong to the app, not to the shop."""
_SEAM: Final = timedelta(seconds=60)
_LEAST: Final = timedelta(seconds=8)
_STEADY: Final = 32
_SECOND: Final = timedelta(seconds=1)
_PASSES: Final = 4


class Pace(Struct, frozen=True):
    """How a platform wants to be pulled. A shop's settings may change `lag_s` and `overlap_s`."""

    lag: timedelta
    """How far behind now a window must end, so that nothing enters it any more."""
    overlap: timedelta
    longest: timedelta
    horizon: timedelta
    """Older changes are not given out."""


class Page(Struct):
    """One page, and how many rows the platform says there are in all at that moment."""

    rows: list[Any]
    total: int


Fetch = Callable[[Window, int], Awaitable[Page]]


def windows(watermark: datetime, now: datetime, pace: Pace, settings: Mapping[str, Any] | None = None) -> list[Window]:
    """From before the watermark to `now - lag`, oldest first; empty when nothing is due yet.

    Neighbours overlap: no platform says whether its ends are inclusive.
    """
    settings = settings or {}
    end = (now - _seconds(settings, "lag_s", pace.lag)).replace(microsecond=0)
    start = max(watermark - _seconds(settings, "overlap_s", pace.overlap), now - pace.horizon).replace(microsecond=0)
    found: list[Window] = []
    while start < end:
        until = min(start + pace.longest, end)
        found.append(Window(start, until))
        if until == end:
            break
        start = until - min(_SEAM, pace.longest / 2)
    return found


def smaller(found: Sequence[Window], failures: int) -> list[Window]:
    """The same time in pieces, half as long for each failure in a row: what is read whole is not read again, so a shop
    that is hardly ever reached for long comes forward all the same. (After some that went well they grow again.)"""
    if not found or not failures:
        return list(found)
    step = max(max(w.until - w.since for w in found) / 2 ** min(failures, 8), _LEAST)
    pieces: list[Window] = []
    for window in found:
        start = window.since
        while True:
            until = min((start + step).replace(microsecond=0), window.until)
            pieces.append(Window(start, until))
            if until == window.until:
                break
            start = (until - min(_SEAM, step / 4)).replace(microsecond=0)
            if len(pieces) >= _STEADY:
                step *= 2
    return pieces


async def backwards(window: Window, fetch: Fetch, size: int, *, deepest: int = 100) -> AsyncIterator[list[Any]]:
    """The rows of all pages of a closed window, read from the last page to the first. Page numbers begin at 1.

    A row that changes while the pages are read leaves the window, and those after it move up: backwards a row is
    seen twice at worst. A row that enters moves the others down, past the reader: the total grows, and all is read
    again. Deep pages are not trusted: beyond `deepest` the window is halved. Raises Unavailable when the list never
    comes to rest.
    """
    first = await fetch(window, 1)
    pages = -(-first.total // size)
    if pages <= 1:  # a snapshot in itself
        yield first.rows
        return
    if pages > deepest and window.until - window.since >= 2 * _SECOND:
        for half in _halves(window):
            async for rows in backwards(half, fetch, size, deepest=deepest):
                yield rows
        return
    total = first.total
    for _ in range(_PASSES):
        grew = False
        for number in range(-(-total // size), 0, -1):
            page = await fetch(window, number)
            grew = grew or page.total > total
            total = page.total
            yield page.rows
        if not grew:
            return
    raise restless()


async def settled(read: Callable[[], Awaitable[tuple[list[str], bool]]]) -> list[str]:
    """The ids of a list that is read forwards only: read again until a pass brings nothing new.

    `read` gives the ids of one pass, and whether they came on a single page (then it is a snapshot).
    """
    known: dict[str, None] = {}
    for turn in range(_PASSES):
        found, single = await read()
        fresh = [id for id in found if id not in known]
        known.update(dict.fromkeys(fresh))
        if single or (turn and not fresh):
            return list(known)
    raise restless()


async def each(items: Sequence[T], work: Callable[[T], Awaitable[R]]) -> list[R]:
    """Do `work` (a read) for all, a few at a time, in order. The first failure is raised after its neighbours ended."""
    done: list[R] = []
    for start in range(0, len(items), AT_ONCE):
        some = items[start : start + AT_ONCE]
        results = await asyncio.gather(*(_reached(work, item) for item in some), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
            done.append(result)
    return done


async def _reached(work: Callable[[T], Awaitable[R]], item: T) -> R:
    """A line that drops one call in seven would else drop nearly every page of twenty. What the platform itself says
    (busy, too often) is not argued with."""
    for pause in (0.2, 0.6):
        try:
            return await work(item)
        except Unavailable as e:
            if e.code != "platform_unreachable":
                raise
            await asyncio.sleep(pause)
    return await work(item)


def restless() -> Unavailable:
    return Unavailable("platform_restless", "平台的订单列表一直在变化，稍后再试", retry_after=30)


def _halves(window: Window) -> list[Window]:
    middle = (window.since + (window.until - window.since) / 2).replace(microsecond=0)
    return [Window(window.since, middle), Window(middle, window.until)]


def _seconds(settings: Mapping[str, Any], name: str, default: timedelta) -> timedelta:
    value = settings.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 86_400:
        return timedelta(seconds=value)
    return default
