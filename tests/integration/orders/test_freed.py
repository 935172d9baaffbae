"""What a cancelled order gives back serves the next that waits for it, by itself."""

from datetime import UTC, datetime, timedelta
from typing import Any

from server.orders import actions, intake
from server.platforms import registry
from server.stock import queries as stock
from tests.integration.orders.test_walk_to_reserved import LATER, TID, answer, holds, order, take
from tests.support.world import World, taobao_order


async def test_a_cancellation_serves_who_waits(db: Any, world: World) -> None:
    second = str(int(TID) + 1001)
    await db.run("update stock set on_hand = 1 where sku = $1", world.skus["CAP-BLK"])
    later = datetime.now(UTC) + timedelta(seconds=5)
    await take(world, answer(taobao_order(TID, {"CAP-BLK": 1})), answer(taobao_order(second, {"CAP-BLK": 1}, at=later)))
    assert await holds(db, second) == {"stock_short"}
    await db.run("update job set state = 'done'")
    closed = answer(taobao_order(TID, {"CAP-BLK": 1}, status="TRADE_CLOSED", modified=LATER))
    await intake.store_raw(world.shops["taobao"], "taobao", registry.get("taobao").split(closed).orders)
    await intake.map_pending(world.shops["taobao"], "taobao")
    jobs = {r["kind"] for r in await db.rows("select kind from job where state = 'ready'")}
    assert "orders.reserve" in jobs
    await actions.reserve_pending()
    assert (await order(db, second))["reserved_at"] is not None and await holds(db, second) == set()
    assert await db.value("select count(*) from event where kind = 'stock_released'") == 1
    differences = [d for d in await stock.differences() if d["reserved"] != d["ledger_reserved"]]
    assert differences == []
