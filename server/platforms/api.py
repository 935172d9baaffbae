"""Shops for the desk."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Router, get, post

from server.accounts.guards import allow
from server.accounts.rules import DESK
from server.kit import clock
from server.platforms import actions, queries
from server.settings import Settings


class ShopView(msgspec.Struct, frozen=True, kw_only=True):
    """watermark: every change before it is stored."""

    id: UUID
    platform: str
    name: str
    state: str
    last_pull_at: datetime | None
    watermark: datetime
    orders_today: int
    error: str


class ShopPage(msgspec.Struct, frozen=True):
    rows: list[ShopView]


@get("/shops", guards=[allow(*DESK)])
async def list_shops(settings: Settings) -> ShopPage:
    """The shops and how fresh they are."""
    found = await queries.list_shops(clock.day_start(clock.now(), settings.zone))
    return ShopPage([ShopView(**{f: r[f] for f in ShopView.__struct_fields__}) for r in found])


@post("/shops/{shop_id:uuid}/pull", guards=[allow("service", "manager")], status_code=204)
async def pull(shop_id: UUID) -> None:
    """Pull this shop now, ahead of its turn."""
    await actions.pull_soon(shop_id)


router = Router("/", route_handlers=[list_shops, pull])
