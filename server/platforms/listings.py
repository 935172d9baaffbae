"""平台商品: a shop's whole list, read page by page into the catalogue, once a day and when somebody asks."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from server.catalog import moves as catalog
from server.catalog.schemas import ListingTold
from server.errors import Conflict, NotFound, Rejected, Unauthenticated, Unavailable
from server.events import ListingsPulled
from server.kit import clock, db
from server.kit.jobs import NewJob
from server.platforms import breaker, queries, tokens
from server.platforms.port import Listing, Platform

EVERY: Final = timedelta(days=1)
TELL_EVERY_S: Final = 2.0
_PAGE: Final = 500


async def pull(shop_id: UUID, platform: Callable[[str], Platform]) -> int:
    """Read all that a shop lists. Returns how many listings were seen.

    Only when the list was read to its end, what was not in it is gone. A no of the platform is shown beside the
    listings: orders come in all the same. Raises Unavailable: the list is read again from its beginning; what is stored
    twice is one row.
    """
    shop, row = await queries.get_shop(shop_id)
    adapter = platform(shop.platform)
    if row["state"] != "on" or not adapter.powers.listings:
        return 0
    breaker.check(row)
    begun: Any = await db.value("select now()")  # the database's clock: seen_at is its, too
    told = _Told(shop_id)
    try:
        async for page in adapter.listings(shop):
            for i in range(0, len(page), _PAGE):
                async with db.transaction() as tx:
                    told.matched += await catalog.keep_listings(tx, shop_id, [_told(x) for x in page[i : i + _PAGE]])
            await told.page(len(page))
    except Unauthenticated as e:
        await tokens.refused(shop_id, shop.access_token, e.message, can=adapter.powers.refresh)
        await told.failed(e.message)
        return told.seen
    except Rejected as e:
        await told.failed(e.message)
        return told.seen
    except Unavailable as e:
        await told.failed(e.message)
        await breaker.failed(shop_id, e)
        raise
    async with db.transaction() as tx:
        gone = await db.rows(
            """update listing g set state = 'gone' from
                 (select id from listing where shop = $1 and seen_at < $2 and state in ('on', 'off')
                  order by id for update) o where g.id = o.id returning g.id""",
            shop_id,
            begun,
        )
        await db.run("update shop set listings_at = now(), listings_said = '{}' where id = $1", shop_id)
        await tx.emit(
            ListingsPulled(subject=shop_id, to={"seen": told.seen, "matched": told.matched, "gone": len(gone)})
        )
    return told.seen


def _told(x: Listing) -> ListingTold:
    return ListingTold(
        item=x.item,
        platform_sku=x.platform_sku,
        outer_code=x.outer_code.strip(),
        barcode=x.barcode.strip(),
        title=x.title,
        spec=x.variant,
        state=x.state,
        qty=x.qty,
    )


class _Told:
    """What the desk shows of a reading that takes long, or that failed."""

    def __init__(self, shop_id: UUID) -> None:
        self._shop_id = shop_id
        self.seen = self.matched = 0
        self._said = time.monotonic()

    async def page(self, listings: int) -> None:
        self.seen += listings
        if time.monotonic() - self._said >= TELL_EVERY_S:
            self._said = time.monotonic()
            await self._say({"state": "running", "seen": self.seen})

    async def failed(self, message: str) -> None:
        await self._say({"state": "failed", "seen": self.seen, "error": message})

    async def _say(self, said: dict[str, Any]) -> None:
        said["at"] = clock.now().isoformat()
        await db.run("update shop set listings_said = $2::jsonb where id = $1", self._shop_id, db.jsonb(said))


async def pull_soon(shop_id: UUID, can: Callable[[str], bool]) -> None:
    """A person wants this shop's list read now. can: platform code -> has it lists to read.

    Raises NotFound, Conflict.
    """
    async with db.transaction() as tx:
        shop = await db.row("select platform, state from shop where id = $1", shop_id)
        if shop is None:
            raise NotFound("no_shop", "没有这个店铺")
        if shop["state"] != "on":
            raise Conflict("shop_off", "店铺没有启用或需要重新授权，现在不能拉取商品")
        if not can(shop["platform"]):
            raise Conflict("no_listings", "这个平台的商品列表还不能拉取，商品会随订单出现")
        await db.run(
            "update shop set listings_said = $2::jsonb where id = $1",
            shop_id,
            db.jsonb({"state": "running", "seen": 0, "at": clock.now().isoformat()}),
        )
        tx.enqueue(_job(shop_id))


async def due(can: Callable[[str], bool]) -> list[NewJob]:
    """Shops whose list was not read for a day; one that is under way, or waits after a failure, is not hurried."""
    found = await db.rows(
        """select s.id, s.platform from shop s
           where s.state = 'on' and (s.listings_at is null or s.listings_at < now() - $1::interval)
             and not exists (select 1 from job j where j.kind = 'platforms.listings' and j.key = s.id::text
                             and (j.state in ('ready', 'leased') or j.created_at > now() - $1::interval))
           order by s.id""",
        EVERY,
    )
    return [_job(r["id"]) for r in found if can(r["platform"])]


def _job(shop_id: UUID) -> NewJob:
    return NewJob(kind="platforms.listings", key=str(shop_id), args={"shop_id": str(shop_id)})
