"""raw stored → reserved, in orders/s, beside a loop that treats them one by one through the ORM. fsync is on."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from server.catalog.tables import Sku
from server.kit import clock, crypto
from server.orders import actions, intake
from server.orders.mapping import map_order, personal
from server.orders.tables import Order, OrderLine, RawOrderRow, ReceiverVersion
from server.platforms import registry
from server.platforms.port import RawOrder
from server.settings import Settings
from server.stock.tables import Reservation, Stock, StockLedger
from tests.bench.house import bench_house
from tests.support.world import World, make, taobao_order

Figures = dict[str, Any]
PAGE = 100
GOODS = ("TEE-WHT-M", "CAP-BLK", "SOCK", "BAG-NAT", "CUP-BLU", "LAMP")


def bodies(count: int, first: int) -> list[bytes]:
    """Orders of one to three lines over six SKUs."""
    made = []
    for n in range(count):
        lines = {GOODS[(n + i) % len(GOODS)]: 1 + (n + i) % 2 for i in range(1 + n % 3)}
        tid = str(4_100_000_000_000_000_000 + (first + n) * 1009)
        made.append(taobao_order(tid, lines, receiver_address=f"示**路{first + n}号"))
    return made


async def measure(folder: Path, count: int = 2000, loop: int = 150) -> Figures:
    """Both ways on one database, one after the other."""
    async with bench_house(folder) as (settings, db):
        world = await make(settings)
        await db.run("update stock set on_hand = 1000000")
        ours = await _sets(world, db, count)
        plain = await _one_by_one(world, db, loop)
    return {
        "orders": count,
        "orders_per_s": round(count / ours["total"], 0),
        "stages_s": {k: round(v, 3) for k, v in ours.items()},
        "one_by_one_orders_per_s": round(loop / plain, 1),
        "ratio": round((count / ours["total"]) / (loop / plain), 1),
    }


async def rate(settings: Settings, db: Any, prepare: Callable[[], Awaitable[None]], count: int = 2000) -> Figures:
    """raw → reserved in sets on a database that prepare() has filled."""
    world = await make(settings)
    await db.run("update stock set on_hand = 1000000")
    await prepare()
    took = await _sets(world, db, count)
    return {"raw_to_reserved_per_s": round(count / took["total"])}


async def _sets(world: World, db: Any, count: int) -> dict[str, float]:
    shop, adapter = world.shops["taobao"], registry.get("taobao")
    raws = [RawOrder(str(i), body, None) for i, body in enumerate(bodies(count, 0))]
    raws = [adapter.body.raw_order(r.body) for r in raws]  # type: ignore[attr-defined]
    at = time.perf_counter()
    marks = {}
    for i in range(0, count, PAGE):
        await intake.store_raw(shop, "taobao", raws[i : i + PAGE])
    marks["store"] = time.perf_counter() - at
    at2 = time.perf_counter()
    while await intake.map_pending(shop, "taobao"):
        pass
    marks["map"] = time.perf_counter() - at2
    at2 = time.perf_counter()
    while await actions.review_pending():
        pass
    marks["review"] = time.perf_counter() - at2
    at2 = time.perf_counter()
    while await actions.reserve_pending():
        pass
    marks["reserve"] = time.perf_counter() - at2
    marks["total"] = time.perf_counter() - at
    reserved = await db.value(
        "select count(*) from sales_order where reserved_at is not null and handed_over_at is null"
    )
    assert reserved == count, f"{reserved} of {count} reserved"
    return marks


async def _one_by_one(world: World, db: Any, count: int) -> float:
    """The same rows, the usual way: one order, one transaction, one object after the other."""
    shop = world.shops["jd"]
    from server import rulebook

    rules = rulebook.current("taobao")
    key_id, key = await crypto.key_for(shop, clock.now())
    work = bodies(count, 10_000_000)
    at = time.perf_counter()
    for n, body in enumerate(work):
        async with db.transaction():
            m = map_order("taobao", body, rules)
            sealed = crypto.seal(key_id, key, body, "bench")
            raw = RawOrderRow(
                shop=shop, external_id=m.external_id, content_hash=body[:32], sealed=sealed, sealed_key=key_id
            )
            await raw.save()
            order = Order(
                no=f"B-{n}", shop=shop, platform="taobao", external_id=m.external_id, raw_id=raw.id, paid_at=clock.now()
            )
            await order.save()
            private = str(personal("taobao", body)).encode()
            await ReceiverVersion(
                order_id=order.id, version=1, sealed=crypto.seal(key_id, key, private, "bench"), sealed_key=key_id
            ).save()
            for line in m.lines:
                sku = await Sku.objects().get(Sku.code == line.outer_code)
                assert sku is not None
                row = OrderLine(order_id=order.id, line_key=line.key, title=line.title, qty=line.qty, sku=sku.id)
                await row.save()
                stock = await Stock.objects().get(Stock.sku == sku.id).lock_rows("UPDATE")
                assert stock is not None and stock.on_hand - stock.reserved >= line.qty
                stock.reserved += line.qty
                await stock.save()
                reservation = Reservation(
                    line=row.id, order_id=order.id, sku=sku.id, warehouse=stock.warehouse, qty=line.qty
                )
                await reservation.save()
                await StockLedger(
                    sku=sku.id, warehouse=stock.warehouse, kind="reserve", reserved=line.qty, order_id=order.id
                ).save()
            order.reviewed_at = order.reserved_at = clock.now()
            await order.save()
    return time.perf_counter() - at
