"""What the house does by itself: at night stock is compared and old sheets and jobs go; hourly the floor is swept."""

import structlog

from server.accounts import actions as accounts
from server.devices import actions as devices
from server.kit import db
from server.orders import actions as orders
from server.platforms import hints
from server.shipping import actions as shipping
from server.shipping import papers
from server.stock import queries as stock
from server.tasks import moves as tasks
from workers.actor import job

log = structlog.get_logger(__name__)

KEEP_DONE_DAYS = 14


@job("stock.check")
async def check_stock() -> None:
    """Ledger, balance and open reservations must agree; where they do not, the stock keeper and the log hear of it."""
    found = await stock.differences()
    if not found:
        return
    log.error("stock_differences", count=len(found))
    async with db.transaction() as tx:
        title = f"库存账实不符：{len(found)} 个货品"
        for role in ("stock", "manager"):
            await tasks.notify(tx, role, "stock_difference", title, "流水、结存与占用对不上，请盘点核对")


@job("house.sweep")
async def sweep() -> None:
    """What ended a day ago leaves the devices; what the carrier took unseen is asked about."""
    await devices.sweep()
    await shipping.forgotten()


@job("house.tidy", limit_s=900)
async def tidy() -> None:
    await orders.expire_personal()
    await papers.forget_old_pdfs()
    await hints.tidy()
    await accounts.forget_tries()
    await db.run("delete from job where state = 'done' and done_at < now() - make_interval(days => $1)", KEEP_DONE_DAYS)
