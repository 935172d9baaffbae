"""Goods taken out of a packed parcel, and shortages: every way out ends well."""

from typing import Any

import pytest
import pytest_asyncio

from server.kit import db
from server.picking import actions as picking
from server.stock import queries as stock_queries
from tests.integration.devices.house import Device, Warehouse, label, wave


@pytest_asyncio.fixture
async def house_(db: Any) -> Warehouse:
    w = Warehouse()
    await w.stock_up()
    return w


async def ready(w: Warehouse) -> Device:
    """A device with a wave of one order, its label printed, its rows pulled."""
    await w.orders(1)
    d = await Device(await w.person("p"), 1).enrol()
    await wave(d.id)
    await label()
    await d.pull()
    return d


async def unpicked(w: Warehouse) -> Device:
    """One packed order of which a unit was taken out again."""
    d = await ready(w)
    d.pick_all()
    d.pack_all()
    await d.push()
    await d.pull()
    tee = next(p for p in d.picks() if p[4] == "TEE")
    d.scan(2, tee[0], "TEE", 1)
    await d.push()
    await d.pull()
    assert (d.parcels()[0][5], [t[1] for t in d.tasks()]) == ("stopped", ["repick"])
    return d


async def test_unpicked_then_checked_again_leaves(house_: Warehouse) -> None:
    d = await unpicked(house_)
    d.pack_all()
    await d.push()
    await d.pull()
    assert (d.parcels()[0][5], d.tasks()) == ("packed", [])
    assert await db.value("select stop from parcel") == ""
    d.scan(5, d.parcels()[0][6], "", 1)
    await d.push()
    assert await db.value("select count(*) from sales_order where handed_over_at is not null") == 1
    assert await stock_queries.differences() == []


@pytest.mark.parametrize("one_batch", [False, True])
async def test_unpicked_and_only_tapped_must_be_scanned(house_: Warehouse, one_batch: bool) -> None:
    d = await unpicked(house_)
    if one_batch:  # checked, opened once more, then tapped: all in one go
        d.pack_all()
        d.scan(2, next(p for p in d.picks() if p[4] == "TEE")[0], "TEE", 1)
        await d.push()
        await d.pull()
        assert d.parcels()[0][5] == "stopped"
    d.scan(6, d.tasks()[0][0], "done")
    d.scan(5, d.parcels()[0][6], "", 1)
    await d.push()
    await d.pull()
    assert (d.parcels()[0][5], [t[4] for t in d.tasks()]) == ("ready", ["not_packed"])
    assert await db.value("select count(*) from sales_order where handed_over_at is not null") == 0
    d.pack_all()
    d.scan(5, d.parcels()[0][6], "", 1)
    await d.push()
    await d.pull()
    assert (d.parcels()[0][5], d.tasks()) == ("handed_over", [])
    assert await stock_queries.differences() == []


async def test_unpicked_and_put_back_starts_again(house_: Warehouse) -> None:
    d = await unpicked(house_)
    d.scan(5, d.parcels()[0][6], "", 1)  # caught at the door
    await d.push()
    for kind in ("intercept", "put_back"):
        await d.pull()
        d.scan(6, next(t[0] for t in d.tasks() if t[1] == kind), "done")
        await d.push()
    await d.pull()
    assert (d.parcels()[0][5], d.tasks()) == ("cancelled", [])
    o = await db.row("select id, wave, reviewed_at, reserved_at, picked_at, packed_at, review_due from sales_order")
    assert (
        o["review_due"]
        and [o[k] for k in ("wave", "reviewed_at", "reserved_at", "picked_at", "packed_at")] == [None] * 5
    )
    assert await db.value("select sum(picked) from order_line") == 0
    assert await db.value("select count(*) from reservation where state = 'granted'") == 0
    assert await db.value("select sum(reserved) from stock") == 0
    jobs = {r["kind"] for r in await db.rows("select kind from job")}
    assert {"orders.review", "picking.withdraw"} <= jobs
    [said] = await db.rows("select reason, person from event where kind = 'order_withdrawn'")
    assert tuple(said) == ("unpicked", d.user.id)
    await picking.withdraw(o["id"])
    assert await db.value("select count(*) from task where closed_at is null") == 0
    assert await stock_queries.differences() == []


async def test_a_shortage_on_the_floor_ends_when_the_goods_are_found(house_: Warehouse) -> None:
    d = await ready(house_)
    mug = next(p for p in d.picks() if p[4] == "MUG")
    d.scan(3, mug[0], 1)
    await d.push()
    await d.pull()
    d.scan(6, d.tasks()[0][0], "done")
    await d.push()
    assert await db.value("select count(*) from task where kind = 'shortage' and closed_at is null") == 1
    d.scan(1, mug[0], "MUG", 1)
    await d.push()
    assert await db.value("select outcome from task where kind = 'shortage'") == "found"
