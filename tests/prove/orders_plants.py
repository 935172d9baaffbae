"""Bugs of pulling, put in on purpose (plants.py). Each is what a hub would do that had not met these platforms yet."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
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


_SAID = (
    ("cancelled", "CANCELLED|TradeClose"), ("completed", "COMPLETED|TradeSuccess"), ("shipped", "SHIPPED|SellerShip"),
    ("paid", "READY_TO_SHIP|PROCESSED|BuyerPay|TradeConfirmed"), ("unpaid", "UNPAID|TradeCreate"),
)  # fmt: skip


def push_trusted() -> None:
    """What a push says is what the order is, from that moment on; there is no need to read it back."""
    import re

    from server.kit import db
    from server.platforms import hints, registry
    from server.platforms.port import Hint, Platform

    last = [""]
    connect, take = registry.connect, hints.take

    def listening(code: str, client: Any) -> Platform:
        adapter: Any = connect(code, client)
        heard, call = adapter.heard, adapter.gateway.call

        def hear(shop: Any, url: str, headers: Mapping[str, str], body: bytes) -> list[Hint]:
            last[0] = body.decode(errors="replace")
            return list(heard(shop, url, headers, body))

        async def noted(*given: Any, **more: Any) -> bytes:
            answer: bytes = await call(*given, **more)
            last[0] = answer.decode(errors="replace")
            return answer

        adapter.heard, adapter.gateway.call = hear, noted
        return adapter  # type: ignore[no-any-return]

    async def believe(tx: db.Tx, shop_id: UUID, found: Sequence[Hint], source: str = "push") -> int:
        new = await take(tx, shop_id, found, source)
        if source != "push":
            return new
        for hint in (h for h in found if h.kind == "order"):
            at = last[0].find(hint.external_id)
            near = last[0][max(0, at - 300) : at + 300]
            state = next((state for state, words in _SAID if re.search(words, near)), None)
            await db.run(
                """update sales_order set platform_state = coalesce($3, platform_state), modified_at = now()
                   where shop = $1 and external_id = $2""",
                shop_id,
                hint.external_id,
                state,
            )
        await db.run(
            "update hint set looked_at = now() where shop = $1 and source = 'push' and looked_at is null", shop_id
        )
        return new

    registry.connect, hints.take = listening, believe


PLANTS: dict[str, tuple[str, Callable[[], None]]] = {
    "forward-pages": ("pages are read from the first to the last, once", forward_pages),
    "watermark-before-store": ("the watermark is moved before the window is stored", watermark_before_store),
    "no-overlap": ("a pull begins where the last one ended", no_overlap),
    "push-trusted": ("a push is believed and not read back", push_trusted),
    "refresh-in-parallel": ("each job that is refused renews the token itself", refresh_in_parallel),
}
