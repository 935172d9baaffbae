"""SKUs for the desk: looking one up, adding one, other words for it. 库管 and 管理 write, the others read."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Router, get, patch, post
from litestar.params import Parameter

from server.accounts.guards import allow
from server.accounts.rules import DESK
from server.catalog import actions, queries
from server.catalog.schemas import BinView, NewSku, SkuEdit, SkuPage, SkuStock

keepers = allow("stock", "manager")


class Made(msgspec.Struct, frozen=True):
    id: UUID


class BinPage(msgspec.Struct, frozen=True):
    rows: list[BinView]


@get("/skus", guards=[allow(*DESK)])
async def search(
    q: str = "",
    retired: bool = False,
    kind: Literal["all", "bundle", "single"] = "all",
    after: str = "",
    limit: Annotated[int, Parameter(ge=1, le=200)] = 50,
) -> SkuPage:
    """SKUs by part of code, name, variant, bin or barcode, with what is on hand. after: the `next` before."""
    return await queries.search(q.strip()[:80], retired=retired, kind=kind, after=after[:200], limit=limit)


@get("/skus/{sku_id:uuid}", guards=[allow(*DESK)])
async def one(sku_id: UUID) -> SkuStock:
    return await queries.get_stock(sku_id)


@post("/skus", guards=[keepers])
async def add(data: NewSku) -> Made:
    return Made(await actions.add(data))


@patch("/skus/{sku_id:uuid}", guards=[keepers], status_code=204)
async def edit(sku_id: UUID, data: SkuEdit) -> None:
    """What is left out stays."""
    await actions.edit(sku_id, data)


@get("/bins", guards=[allow(*DESK)])
async def bins() -> BinPage:
    """The bins that SKUs lie in."""
    return BinPage(await queries.list_bins())


router = Router("/", route_handlers=[search, one, add, edit, bins])
