"""Bugs of pulling, put in on purpose (plants.py). Each is what a hub would do that had not met these platforms yet."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID


def forward_pages() -> None:
    """Page 1, 2, 3, and once is enough."""
    from server.platforms import paging
    from server.platforms.port import Window

    async def forwards(
        window: Window, fetch: paging.Fetch, size: int, *, deepest: int = 100
    ) -> AsyncIterator[list[Any]]:
        number = 0
        while True:
            number += 1
            page = await fetch(window, number)
            yield page.rows
            if number * size >= page.total:
                return

    async def once(read: Callable[[], Awaitable[tuple[list[str], bool]]]) -> list[str]:
        found, _ = await read()
        return found

    paging.backwards, paging.settled = forwards, once


def watermark_before_store() -> None:
    from server.kit import clock
    from server.platforms import actions, pulling, queries

    pull = pulling.pull

    async def hasty(shop_id: UUID, platform: Callable[[str], Any], store: pulling.Store) -> int:
        """The windows are known, so the watermark can be moved already; who knows whether we come back to it."""
        shop, row = await queries.get_shop(shop_id)
        adapter = platform(shop.platform)
        until = adapter.windows(row["watermark"], clock.now(), shop.settings)
        if row["state"] == "on" and until:
            await actions.pulled(shop_id, until[-1].until)
        windows = adapter.windows
        adapter.windows = lambda *_: until
        try:
            return await pull(shop_id, platform, store)
        finally:
            adapter.windows = windows

    pulling.pull = hasty


def no_overlap() -> None:
    """From where the last pull ended; what is listed late has bad luck."""
    from datetime import timedelta

    from server.platforms import paging
    from server.platforms.port import Window

    windows = paging.windows

    def sharp(
        watermark: datetime, now: datetime, pace: paging.Pace, settings: Mapping[str, Any] | None = None
    ) -> list[Window]:
        return windows(watermark + timedelta(seconds=1), now, pace, {**(settings or {}), "overlap_s": 0})

    paging.windows = sharp


def refresh_in_parallel() -> None:
    """Whoever is refused renews at once: no lock, and nobody looks whether another was quicker."""
    from server.errors import Rejected, Unauthenticated, Unavailable
    from server.platforms import queries, tokens
    from workers import resources

    async def at_once(shop_id: UUID, access_token: str, message: str, *, can: bool) -> None:
        shop, _ = await queries.get_shop(shop_id)
        if not can or not shop.refresh_token:
            await tokens.lost(shop_id, message)
            return
        try:
            grant = await resources.platform(shop.platform).refresh(shop)
        except (Unauthenticated, Rejected) as e:
            await tokens.lost(shop_id, e.message)
            return
        await tokens.keep(shop_id, grant)
        raise Unavailable("shop_renewing", message, retry_after=0.2)

    tokens.refused = at_once


PLANTS: dict[str, tuple[str, Callable[[], None]]] = {
    "forward-pages": ("pages are read from the first to the last, once", forward_pages),
    "watermark-before-store": ("the watermark is moved before the window is stored", watermark_before_store),
    "no-overlap": ("a pull begins where the last one ended", no_overlap),
    "refresh-in-parallel": ("each job that is refused renews the token itself", refresh_in_parallel),
}
