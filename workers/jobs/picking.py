"""picking.*: an order that must not go on leaves its wave; goods that were missing are looked for again."""

from uuid import UUID

from server.picking import actions
from workers.actor import job


@job("picking.withdraw")
async def withdraw(order_id: str) -> None:
    await actions.withdraw(UUID(order_id))


@job("picking.look_again")
async def look_again(task_id: str) -> None:
    await actions.look_again(UUID(task_id))
