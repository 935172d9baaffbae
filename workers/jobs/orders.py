"""orders.map, orders.match, orders.review, orders.reserve: each works in batches until nothing is left."""

from uuid import UUID

from server.orders import actions, intake, matching
from server.platforms import pulling
from workers.actor import job


@job("orders.map", limit_s=900)
async def map_orders(shop_id: str) -> None:
    platform = await pulling.platform_of(UUID(shop_id))
    while await intake.map_pending(UUID(shop_id), platform):
        pass


@job("orders.match", limit_s=900)
async def match() -> None:
    await matching.release_waiting()


@job("orders.review", limit_s=900)
async def review() -> None:
    while await actions.review_pending():
        pass


@job("orders.reserve", limit_s=900)
async def reserve() -> None:
    while await actions.reserve_pending():
        pass
