"""Goods for the desk, as far as stock has a say: retiring, bundles."""

from uuid import UUID

import msgspec
from litestar import Router, post, put

from server.accounts.guards import allow
from server.catalog.schemas import Part
from server.stock import goods

keepers = allow("stock", "manager")


class Parts(msgspec.Struct, frozen=True):
    """None: no bundle any more."""

    parts: list[Part]


@post("/skus/{sku_id:uuid}/retire", guards=[keepers], status_code=204)
async def retire(sku_id: UUID) -> None:
    """Nothing new is sold as it."""
    await goods.retire(sku_id)


@post("/skus/{sku_id:uuid}/restore", guards=[keepers], status_code=204)
async def restore(sku_id: UUID) -> None:
    await goods.restore(sku_id)


@put("/skus/{sku_id:uuid}/parts", guards=[keepers], status_code=204)
async def set_parts(sku_id: UUID, data: Parts) -> None:
    """What a bundle is made of."""
    await goods.set_parts(sku_id, data.parts)


router = Router("/", route_handlers=[retire, restore, set_parts])
