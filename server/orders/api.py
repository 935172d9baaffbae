"""Orders for the desk: the list, and what a person may do to one. One order's whole page is in server/desk."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.params import Parameter

from server.accounts.guards import allow
from server.accounts.rules import DESK
from server.kit import clock
from server.orders import actions, listing_api, matching, queries
from server.orders.schemas import OrderPage
from server.settings import Settings
from server.tasks.schemas import Said

desk = allow(*DESK)
helpers = allow("service", "manager")


class Release(msgspec.Struct, frozen=True):
    task_id: UUID
    reason: Said


class Hold(msgspec.Struct, frozen=True):
    reason: Said


class Note(msgspec.Struct, frozen=True):
    note: str


@get("/orders", guards=[desk])
async def list_orders(
    settings: Settings,
    ladder: Annotated[str, Parameter(query="state")] = "",
    q: str = "",
    shop: UUID | None = None,
    hold: str = "",
    today: Literal["", "taken", "handed_over", "collected"] = "",
    after: str = "",
    limit: Annotated[int, Parameter(ge=1, le=200)] = 50,
) -> OrderPage:
    """A page of orders, newest first. today: those that one of today's numbers counts."""
    return await queries.list_orders(
        state=ladder,
        q=q.strip()[:80],
        shop=shop,
        hold=hold,
        since=(today, clock.day_start(clock.now(), settings.zone)) if today else None,
        after=after or None,
        limit=limit,
    )


@post("/orders/{order_id:uuid}/release", guards=[helpers], status_code=204)
async def release(order_id: UUID, data: Release) -> None:
    """Let a held order go on, with a reason."""
    await actions.release_hold(order_id, data.task_id, data.reason)


@post("/orders/{order_id:uuid}/hold", guards=[helpers], status_code=204)
async def hold(order_id: UUID, data: Hold) -> None:
    """Stop an order, with a reason."""
    await actions.hold_order(order_id, data.reason)


@post("/orders/{order_id:uuid}/lines/{line_id:uuid}/match", guards=[allow("service", "stock", "manager")])
async def match(order_id: UUID, line_id: UUID, data: listing_api.Match) -> listing_api.Matched:
    """Say which SKU a line is."""
    return listing_api.Matched(await matching.match_line(order_id, line_id, data.sku_id))


@get("/orders/{order_id:uuid}/note", guards=[helpers])
async def note(order_id: UUID) -> Note:
    """The buyer's note in clear; reading it is part of the story."""
    return Note(await actions.reveal_note(order_id))


router = Router("/", route_handlers=[list_orders, release, hold, match, note, listing_api.router])
