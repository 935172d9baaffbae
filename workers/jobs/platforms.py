"""platforms.*: what changed in a shop, what pushes point at, after-sales cases, listings, past days, and its tokens."""

from typing import Any
from uuid import UUID

from server.kit.db import Tx
from server.orders import intake
from server.platforms import backfill, hints, listings, pulling, refunds, registry, tokens
from workers import resources
from workers.actor import job


@job("platforms.pull", limit_s=3600)
async def pull(shop_id: str) -> None:
    await pulling.pull(UUID(shop_id), resources.platform, intake.store_raw)


@job("platforms.look", limit_s=900)
async def look(shop_id: str) -> None:
    await hints.look(UUID(shop_id), resources.platform, intake.store_raw)


@job("platforms.listen")
async def listen(shop_id: str) -> None:
    await hints.listen(UUID(shop_id), resources.platform)


@job("platforms.refunds", limit_s=900)
async def refund_cases(shop_id: str) -> None:
    await refunds.pull(UUID(shop_id), resources.platform)


@job("platforms.listings", limit_s=3600)
async def all_listings(shop_id: str) -> None:
    await listings.pull(UUID(shop_id), resources.platform)


async def _not_read(tx: Tx, args: dict[str, Any], reason: str, words: str) -> None:
    await backfill.failed(tx, UUID(args["shop_id"]), words)


@job("platforms.backfill", limit_s=3600, on_park=_not_read)
async def past_days(shop_id: str) -> None:
    await backfill.run(UUID(shop_id), resources.platform, intake.store_raw)


@job("platforms.renew", limit_s=120)
async def renew(shop_id: str, spent: str = "") -> None:
    await tokens.renew(UUID(shop_id), resources.platform, spent)


@job("platforms.reconcile")
async def reconcile() -> None:
    await backfill.reconcile(lambda code: registry.get(code).powers.placed)
