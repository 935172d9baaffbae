"""平台商品 for the desk: which SKU each is, who waits for it, matching once for all."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.params import Parameter

from server.accounts.guards import allow
from server.accounts.rules import DESK
from server.catalog import queries as catalog
from server.catalog.schemas import ListingPage, Suggestion
from server.orders import listings, matching

matchers = allow("service", "stock", "manager")


class Match(msgspec.Struct, frozen=True):
    sku_id: UUID


class Matched(msgspec.Struct, frozen=True):
    """Orders that were waiting for it."""

    orders: int


class Suggestions(msgspec.Struct, frozen=True):
    rows: list[Suggestion]


@get("/listings", guards=[allow(*DESK)])
async def list_listings(
    which: Annotated[Literal["", "unmatched", "matched", "gone"], Parameter(query="state")] = "",
    shop: UUID | None = None,
    sku: UUID | None = None,
    q: str = "",
    after: str = "",
    limit: Annotated[int, Parameter(ge=1, le=200)] = 50,
) -> ListingPage:
    """Listings, those that most orders wait for first."""
    return await listings.list_listings(
        state=which, shop=shop, sku=sku, q=q.strip()[:80], after=after[:1000], limit=limit
    )


@get("/listings/{listing_id:uuid}/suggestions", guards=[allow(*DESK)])
async def suggestions(listing_id: UUID) -> Suggestions:
    """The SKUs most like it, best first."""
    return Suggestions(await catalog.suggestions(listing_id))


@post("/listings/{listing_id:uuid}/match", guards=[matchers], status_code=200)
async def match(listing_id: UUID, data: Match) -> Matched:
    """Say which SKU it is, for all orders that wait and all that come."""
    return Matched(await matching.match_listing(listing_id, data.sku_id))


@post("/listings/{listing_id:uuid}/unmatch", guards=[matchers], status_code=204)
async def unmatch(listing_id: UUID) -> None:
    """Later orders wait for a person again."""
    await matching.unmatch_listing(listing_id)


router = Router("/", route_handlers=[list_listings, suggestions, match, unmatch])
