"""Use cases of shops: adding one, and what a pull leaves behind."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from server.errors import Conflict, NotFound
from server.events import ShopAdded, ShopRenewed, ShopTroubled
from server.kit import crypto, db
from server.kit.ids import uuid7
from server.kit.jobs import NewJob
from server.tasks import moves as tasks
from server.tasks.moves import NewTask


async def add_shop(
    *,
    platform: str,
    external_id: str,
    name: str,
    base_url: str,
    app_key: str,
    secret: dict[str, str],
    settings: dict[str, Any],
    watermark: datetime,
) -> UUID:
    """Register a shop, or renew the secrets of one that is known. Returns its id."""
    async with db.transaction() as tx:
        known = await db.value("select id from shop where platform = $1 and external_id = $2", platform, external_id)
        shop_id = known or uuid7()
        key_id, key = await crypto.lasting_key(shop_id)
        sealed = crypto.seal(key_id, key, msgspec.json.encode(secret), f"shop|secret|{shop_id}")
        args = (shop_id, name, base_url, app_key, sealed, key_id, msgspec.json.encode(settings).decode())
        if known:
            await db.run(
                """update shop set name = $2, base_url = $3, app_key = $4, secret = $5, secret_key = $6,
                          settings = $7::jsonb where id = $1""",
                *args,
            )
            await tx.emit(ShopRenewed(subject=shop_id))
            return shop_id
        await db.run(
            """insert into shop(id, name, base_url, app_key, secret, secret_key, settings, platform, external_id,
                                watermark)
               values($1, $2, $3, $4, $5, $6, $7::jsonb, $8, $9, $10)""",
            *args,
            platform,
            external_id,
            watermark,
        )
        await tx.emit(ShopAdded(subject=shop_id, to={"platform": platform, "name": name}))
        return shop_id


async def pulled(shop_id: UUID, until: datetime) -> None:
    """A whole window is stored: the watermark moves forward, never back."""
    async with db.transaction() as tx:
        await db.run(
            """update shop set watermark = greatest(watermark, $2), last_pull_at = now(), trouble = '', failures = 0,
                      open_until = null, state = case when state = 'needs_auth' then 'on' else state end
               where id = $1""",
            shop_id,
            until,
        )
        await tasks.close_for(tx, "shop", [shop_id], "answers", ["needs_auth"])


async def troubled(shop_id: UUID, message: str) -> None:
    """A pull failed: what a person sees beside the shop. An event only when it is news."""
    async with db.transaction() as tx:
        news = await db.value(
            """update shop set trouble = $2
               from (select trouble as was from shop where id = $1 for update) old
               where id = $1 returning old.was <> $2""",
            shop_id,
            message,
        )
        if news:
            await tx.emit(ShopTroubled(subject=shop_id, reason=message))


async def refused(shop_id: UUID, reason: str, text: str) -> None:
    """The platform says no to something besides orders, which is asked every few seconds: one task, however often."""
    new = NewTask(kind="shop", subject_kind="shop", subject_id=shop_id, reason=reason, detail={"text": text})
    async with db.transaction() as tx:
        await tasks.open(tx, [new])


async def answered(shop_id: UUID, *reasons: str) -> None:
    """What the platform refused for these reasons works."""
    async with db.transaction() as tx:
        await tasks.close_for(tx, "shop", [shop_id], "answers", reasons)


async def pull_soon(shop_id: UUID) -> None:
    """A person wants this shop pulled now.

    Raises NotFound, Conflict when it is switched off or not authorised yet.
    """
    async with db.transaction() as tx:
        state = await db.value("select state from shop where id = $1", shop_id)
        if state is None:
            raise NotFound("no_shop", "没有这个店铺")
        if state == "off":
            raise Conflict("shop_off", "店铺已停用，启用后才能拉单")
        if state == "new":
            raise Conflict("shop_new", "店铺还没有授权，授权后会自动拉单")
        tx.enqueue(NewJob(kind="platforms.pull", key=str(shop_id), args={"shop_id": str(shop_id)}))
