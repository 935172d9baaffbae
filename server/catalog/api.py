"""Looking a SKU up."""

import msgspec
from litestar import Router, get

from server.accounts.guards import allow
from server.accounts.rules import DESK
from server.catalog import queries
from server.catalog.queries import SkuStock


class SkuPage(msgspec.Struct, frozen=True):
    rows: list[SkuStock]


@get("/skus", guards=[allow(*DESK)])
async def search(q: str = "") -> SkuPage:
    """SKUs by part of code, name, variant or barcode, with what is on hand."""
    return SkuPage(await queries.search(q.strip()[:80]))


router = Router("/", route_handlers=[search])
