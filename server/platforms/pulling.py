"""Pulling a shop: windows → changed orders → stored raw, page by page. What an order means is none of its business."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec

from server.errors import NotFound, Rejected, Unauthenticated, Unavailable
from server.kit import clock, db
from server.platforms import actions, queries
from server.platforms.port import Platform, RawOrder

PULL_EVERY_S = 60.0
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
    return [ToPull(r["id"], _every(r["state"], r["every_s"]), r["under_way"]) for r in found]


def _every(state: str, chosen: str | None) -> float:
    if state != "on":
        return ASK_AGAIN_EVERY_S
    try:
        return max(1.0, float(chosen)) if chosen else PULL_EVERY_S
    except ValueError:
        return PULL_EVERY_S


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

    The watermark moves only when a window is stored whole, so whatever breaks off is pulled again; what is stored
    twice is one row. A dead token or a no of the platform is shown beside the shop; Unavailable is raised, too.
    """
    shop, row = await queries.get_shop(shop_id)
    adapter = platform(shop.platform)
    new = 0
    try:
        windows = adapter.windows(row["watermark"], clock.now(), shop.settings)
        for window in windows:
            async for page in adapter.changed(shop, window):
                new += await store(shop_id, shop.platform, page)
            # The first answer taught how far our clock runs ahead of theirs: nothing later than their now is stored.
            known = max(w.until for w in adapter.windows(row["watermark"], clock.now(), shop.settings) or [window])
            await actions.pulled(shop_id, min(window.until, known))
        if not windows:
            await actions.pulled(shop_id, row["watermark"])
    except Unauthenticated as e:
        await actions.troubled(shop_id, e.message, needs_auth=True)
    except Rejected as e:
        await actions.troubled(shop_id, e.message)
    except Unavailable as e:
        await actions.troubled(shop_id, e.message)
        raise
    return new
