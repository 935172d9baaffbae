"""Parcels that left although the house does not know it: the carrier's reports of them are not thrown away."""

from typing import Any

import pytest

from server.kit import db
from server.orders import moves as orders
from server.picking import actions as picking
from server.shipping import actions, queries
from server.shipping.carriers import Carrier
from server.stock import moves as stock
from sync.messages import WITH_TASK
from tests.integration.devices.house import Device, Warehouse


async def gone_by_hand(floor: Any, why: str) -> Device:
    (parcel,) = await floor.taken("taobao")
    await floor.waybills()
    await floor.labels()
    d = await Device(await Warehouse().person("p"), 1).enrol()
    await d.pull()
    await floor.packed()
    await d.pull()
    x = d.parcels()[0]
    d.scan(5, x[6], x[0], x[10])  # green on the phone: right, packed, newest label known; the van drives off
    order = parcel["order_id"]
    if why == "cancelled":
        async with db.transaction() as tx:
            await db.run("update sales_order set cancelled_at = now() where id = $1", order)
            await stock.release(tx, [order], "cancelled")
            await orders.withdraw(tx, [order])
        await picking.withdraw(order)
    else:
        columns = "masked, token, region, plain, digest, note_digest"
        await db.run(
            f"""insert into receiver_version(id, order_id, version, {columns})
                select gen_random_uuid(), order_id, 2, {columns} from receiver_version where order_id = $1""",
            order,
        )
        await db.run("update sales_order set receiver_version = 2 where id = $1", order)
        await actions.relabel(order)
        await floor.waybills()
    await d.push()
    assert d.verdicts[1][0] == WITH_TASK
    account, _, _ = await queries.get_carrier()
    handed = await Carrier(floor.http, account).hand_over([x[6]])
    assert list(handed.accepted) == [x[6]]  # it is in the van
    return d


async def waiting() -> list[tuple[str, str]]:
    return [tuple(r) for r in await db.rows("select kind, reason from task where closed_at is null order by 1, 2")]


@pytest.mark.parametrize(("why", "reason"), [("cancelled", "cancelled"), ("address", "old_label")])
@pytest.mark.parametrize("tasks_first", [False, True])
async def test_a_refused_hand_over_that_happened_all_the_same(
    floor: Any, why: str, reason: str, tasks_first: bool
) -> None:
    d = await gone_by_hand(floor, why)
    for _ in range(4 if tasks_first else 0):
        await d.pull()
        for t in d.tasks():
            d.scan(6, t[0], "done")
        await d.push()
    floor.later(600)
    assert await actions.tracking_due()
    assert await actions.track(floor.http) == 2
    assert ("left_anyway", reason) in await waiting()
    (parcel,) = await floor.parcels()
    assert parcel["collected_at"] is not None and parcel["state"] != "handed_over"
    (event,) = await db.rows("select subject_id, reason from event where kind = 'parcel_left_anyway'")
    assert event["subject_id"] == parcel["id"]
    assert await db.value("select count(*) from notice where kind = 'left_anyway'") == 2  # customer service, stock
    assert (
        await actions.track(floor.http) == 0 and len(await db.rows("select from task where kind = 'left_anyway'")) == 1
    )


async def at_the_door(floor: Any) -> tuple[Device, Any]:
    """A right parcel in the van, its scan still on the phone."""
    await floor.taken("taobao")
    await floor.waybills()
    await floor.labels()
    d = await Device(await Warehouse().person("p"), 1).enrol()
    await floor.packed()
    await d.pull()
    x = d.parcels()[0]
    account, _, _ = await queries.get_carrier()
    await Carrier(floor.http, account).hand_over([x[6]])
    floor.later(600)
    assert await actions.tracking_due()
    await actions.track(floor.http)
    return d, x


async def test_the_van_was_faster_than_the_phone(floor: Any) -> None:
    d, x = await at_the_door(floor)
    assert await waiting() == []
    d.scan(5, x[6], x[0], x[10])
    await d.push()
    o = await db.row("select handed_over_at, collected_at from sales_order")
    assert o["handed_over_at"] is not None and o["collected_at"] is not None
    assert await db.value("select count(*) from event where kind = 'parcel_collected'") == 1
    assert await actions.forgotten() == 0


async def test_a_scan_that_never_comes_is_asked_about(floor: Any) -> None:
    d, x = await at_the_door(floor)
    assert await actions.forgotten() == 0  # the carrier's report is not two hours old
    await db.run("update parcel set collected_at = now() - interval '3 hours'")
    assert await actions.forgotten() == 1 and await actions.forgotten() == 0
    assert await waiting() == [("left_anyway", "not_scanned")]
    d.scan(5, x[6], x[0], x[10])  # found on the phone that lay in a drawer
    await d.push()
    assert await waiting() == []
