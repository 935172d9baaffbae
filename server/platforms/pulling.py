"""Pulling a shop: windows → changed orders → stored raw, page by page. What an order means is none of its business."""

import time
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec

from server.errors import NotFound, Rejected, Unauthenticated, Unavailable
from server.kit import clock, db
from server.platforms import actions, breaker, connect, paging, queries, tokens
from server.platforms.port import Platform, RawOrder

PULL_EVERY_S = 60.0
TELL_EVERY_S = 2.0
ASK_AGAIN_EVERY_S = 600.0
"""A shop whose token is dead: now and then, so that a new authorisation is noticed by itself."""

Store = Callable[[UUID, str, Sequence[RawOrder]], Awaitable[int]]
"""orders.intake.store_raw: (shop, platform, raw orders) → how many were new. Orders stand above platforms."""


class ToPull(msgspec.Struct, frozen=True):
    """A shop and how often it is pulled. under_way: a pull waits or runs already."""

    id: UUID
    every_s: float
    under_way: bool


async def list_to_pull() -> list[ToPull]:
    """Shops that are pulled by the clock."""
    found = await db.rows(
        """select s.id, s.state, s.settings ->> 'pull_every_s' as every_s,
                  exists (select 1 from job j where j.kind = 'platforms.pull' and j.key = s.id::text
                          and j.state in ('ready', 'leased')) as under_way
           from shop s where s.state in ('on', 'needs_auth') order by s.id"""
    )
    return [ToPull(r["id"], every(r["state"], r["every_s"]), r["under_way"]) for r in found]


async def list_to_ask(kind: str, can: Callable[[str], bool]) -> list[ToPull]:
    """Shops that can be asked for this kind of news. every_s: as the shop's settings say, 0: as usual."""
    found = await db.rows(
        """select s.id, s.platform, s.settings ->> $2 as every_s,
                  exists (select 1 from job j where j.kind = $1 and j.key = s.id::text
                          and j.state in ('ready', 'leased')) as under_way
           from shop s where s.state = 'on' order by s.id""",
        kind,
        f"{kind.rpartition('.')[2]}_every_s",
    )
    return [ToPull(r["id"], _seconds(r["every_s"], 0.0), r["under_way"]) for r in found if can(r["platform"])]


def every(state: str, chosen: str | None) -> float:
    """Seconds between pulls by the clock. chosen: the shop's setting, as text."""
    if state != "on":
        return ASK_AGAIN_EVERY_S
    return _seconds(chosen, PULL_EVERY_S)


def _seconds(chosen: str | None, default: float) -> float:
    try:
        return max(1.0, float(chosen)) if chosen else default
    except ValueError:
        return default


async def platform_of(shop_id: UUID) -> str:
    """The shop's platform code.

    Raises NotFound.
    """
    platform = await db.value("select platform from shop where id = $1", shop_id)
    if platform is None:
        raise NotFound("no_shop", "没有这个店铺")
    return str(platform)


async def pull(shop_id: UUID, platform: Callable[[str], Platform], store: Store) -> int:
    """Store all that changed since the watermark. Returns how many raw orders were new.

    The watermark moves only when a window is stored whole, so whatever breaks off is pulled again, in smaller pieces;
    what is stored twice is one row. A no of the platform is shown beside the shop. A dead token is renewed where that
    can be done without a person. Raises Unavailable (and after several the shop rests for a while).
    """
    shop, row = await queries.get_shop(shop_id)
    if row["state"] not in ("on", "needs_auth"):
        return 0
    breaker.check(row)
    adapter = platform(shop.platform)
    new = 0
    try:
        if not await connect.named(shop, adapter):
            return 0
        windows = paging.smaller(adapter.windows(row["watermark"], clock.now(), shop.settings), row["failures"])
        told = Progress(shop_id, len(windows))
        for window in windows:
            async for page in adapter.changed(shop, window):
                new += await store(shop_id, shop.platform, page)
                await told.page(len(page))
            # The first answer taught how far our clock runs ahead of theirs: nothing later than their now is stored.
            known = max(w.until for w in adapter.windows(row["watermark"], clock.now(), shop.settings) or [window])
            await actions.pulled(shop_id, min(window.until, known))
            await told.window()
        if not windows:
            await actions.pulled(shop_id, row["watermark"])
    except Unauthenticated as e:
        await tokens.refused(shop_id, shop.access_token, e.message, can=adapter.powers.refresh)
    except Rejected as e:
        await actions.troubled(shop_id, e.message)
    except Unavailable as e:
        await breaker.failed(shop_id, e)
        raise
    return new


class Progress:
    """What the desk shows of a pull that takes long: windows done of how many, orders read."""

    def __init__(self, shop_id: UUID, windows: int) -> None:
        self._shop_id, self._windows = shop_id, windows
        self._done = self._orders = 0
        self._began = self._told = time.monotonic()

    async def page(self, orders: int) -> None:
        self._orders += orders
        await self._tell()

    async def window(self) -> None:
        self._done += 1
        if self._done == self._windows and self._told > self._began:
            await db.run("update shop set progress = '{}' where id = $1", self._shop_id)
            return
        await self._tell()

    async def _tell(self) -> None:
        now = time.monotonic()
        if now - self._told < TELL_EVERY_S:
            return
        self._told = now
        said = {"done": self._done, "of": self._windows, "orders": self._orders, "at": clock.now().isoformat()}
        await db.run("update shop set progress = $2::jsonb where id = $1", self._shop_id, db.jsonb(said))
