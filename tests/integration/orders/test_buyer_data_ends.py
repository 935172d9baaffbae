"""Buyer data is kept for 90 days and not a day longer, whatever day of the month an order came on."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.errors import NotFound
from server.kit import clock
from server.orders import actions, intake
from server.platforms.port import RawOrder
from tests.support.world import World, taobao_order

TID = "4100000000000000301"
CAME = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)


async def take(world: World, note: str, modified: str) -> None:
    shop = world.shops["taobao"]
    body = taobao_order(TID, {"SOCK": 1}, has_buyer_message=True, buyer_message=note, modified=modified)
    await intake.store_raw(shop, "taobao", [RawOrder(TID, json.dumps(json.loads(body)).encode(), None)])
    while await intake.map_pending(shop, "taobao"):
        pass


async def test_a_note_of_the_second_of_a_month_ends_on_its_day(
    db: Any, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: CAME)
    await take(world, "放门口", "2030-01-01 00:00:00")
    order = await db.value("select id from sales_order")
    monkeypatch.setattr(clock, "now", lambda: CAME + timedelta(days=89))
    await actions.expire_personal()
    assert await actions.reveal_note(order) == "放门口"
    monkeypatch.setattr(clock, "now", lambda: CAME + timedelta(days=91))
    with pytest.raises(NotFound):
        await actions.reveal_note(order)  # even before the night
    await actions.expire_personal()
    assert await db.value("select count(*) from receiver_version where sealed is not null") == 0
    assert await db.value("select masked ->> 'name' from receiver_version") == "王**"


async def test_a_new_note_on_an_old_order_is_read(db: Any, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: CAME)
    await take(world, "放门口", "2030-01-01 00:00:00")
    order = await db.value("select id from sales_order")
    monkeypatch.setattr(clock, "now", lambda: CAME + timedelta(days=91))
    await actions.expire_personal()
    await take(world, "改放快递柜", "2030-01-02 00:00:00")
    await actions.expire_personal()
    assert await actions.reveal_note(order) == "改放快递柜"
