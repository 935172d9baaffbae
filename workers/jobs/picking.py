"""picking.withdraw: an order that must not go on leaves its wave."""

from uuid import UUID

from server.picking import actions
from workers.actor import job


@job("picking.withdraw")
async def withdraw(order_id: str) -> None:
    await actions.withdraw(UUID(order_id))
