"""What a person's match is remembered for: one listing, and never for lines that the platform gave no number."""

import json
from typing import Any

import pytest

from server.errors import Conflict
from server.orders import actions, intake, matching
from server.platforms.port import RawOrder
from tests.support.snapshot import moved, snapshot
from tests.support.world import World, taobao_order

FIRST, SECOND = "4100000000000000501", "4100000000000000601"


def nameless(tid: str, spec: str, **ids: str) -> RawOrder:
    """An order of one line as an order file gives it: no item, no SKU number, no outer code."""
    body = json.loads(taobao_order(tid, {"": 1}))
    line = body["orders"]["order"][0]
    del line["num_iid"], line["sku_id"], line["outer_sku_id"]
    line |= {"title": f"商品 {spec}", "sku_properties_name": spec} | ids
    return RawOrder(tid, json.dumps(body).encode(), None)


async def settle(world: World, *raws: RawOrder) -> None:
    shop = world.shops["taobao"]
    await intake.store_raw(shop, "taobao", raws)
    while await intake.map_pending(shop, "taobao"):
        pass
    while await actions.review_pending():
        pass
    while await actions.reserve_pending():
        pass


async def line_of(db: Any, tid: str) -> Any:
    return await db.row(
        """select l.id, l.order_id, l.sku, o.reserved_at from order_line l join sales_order o on o.id = l.order_id
           where o.external_id = $1""",
        tid,
    )


@pytest.mark.parametrize("ids", [{}, {"num_iid": "600001"}], ids=["no numbers", "an item in several variants"])
async def test_a_match_of_a_line_without_numbers_is_for_that_line(ids: dict[str, str], db: Any, world: World) -> None:
    await settle(world, nameless(FIRST, "颜色:黑", **ids), nameless(SECOND, "颜色:白", **ids))
    line = await line_of(db, FIRST)
    assert await matching.match_line(line["order_id"], line["id"], world.skus["CAP-BLK"]) == 1
    await settle(world)
    first, second = await line_of(db, FIRST), await line_of(db, SECOND)
    assert first["sku"] == world.skus["CAP-BLK"] and first["reserved_at"] is not None
    assert second["sku"] is None and second["reserved_at"] is None  # it would be the wrong goods
    third = "4100000000000000701"
    await settle(world, nameless(third, "颜色:红", **ids))
    assert (await line_of(db, third))["sku"] is None


async def test_of_two_people_who_match_one_line_the_second_is_told(db: Any, world: World) -> None:
    await settle(world, RawOrder(FIRST, taobao_order(FIRST, {"OLD-1": 1}), None))
    line = await line_of(db, FIRST)
    await matching.match_line(line["order_id"], line["id"], world.skus["CAP-BLK"])
    for _ in range(2):
        before = await snapshot(db)
        with pytest.raises(Conflict):
            await matching.match_line(line["order_id"], line["id"], world.skus["SOCK"])
        assert moved(before, await snapshot(db)) == set()
        await settle(world)  # the second time the line has its SKU
    assert (await line_of(db, FIRST))["sku"] == world.skus["CAP-BLK"]
