"""One order's page and the counters."""

from uuid import UUID

from litestar import Router, get

from server.accounts.guards import allow
from server.accounts.rules import DESK
from server.desk import queries
from server.desk.schemas import Counters, OrderDetail
from server.kit import clock
from server.settings import Settings

desk = allow(*DESK)


@get("/orders/{order_id:uuid}", guards=[desk])
async def order(order_id: UUID) -> OrderDetail:
    """One order: facts, lines, parcels, tasks and its story."""
    return await queries.order_detail(order_id)


@get("/counters", guards=[desk])
async def counters(settings: Settings) -> Counters:
    """Today's numbers."""
    return await queries.counters(clock.day_start(clock.now(), settings.zone))


router = Router("/", route_handlers=[order, counters])
