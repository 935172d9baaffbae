"""What the carrier reports in another order than the house expects, and refunds after the parcel has left."""

from typing import Any

import pytest

from server.errors import NotFound
from server.kit import clock, db
from server.orders import intake
from server.picking import actions as picking
from server.platforms.taobao.body import BODY
from server.shipping import actions, moves, papers, queries
from server.shipping.carriers import Carrier
from tests.support.world import taobao_order

TID = "4100000000000000901"


async def waiting() -> list[tuple[str, str]]:
    return [tuple(r) for r in await db.rows("select kind, reason from task where closed_at is null order by 1, 2")]


async def in_the_van(floor: Any, count: int = 1) -> list[Any]:
    """Right parcels that the carrier has, their scans still on the phone."""
    await floor.taken("taobao", count)
    await floor.waybills()
    await floor.labels()
    parcels: list[Any] = await floor.packed()
    account, _, _ = await queries.get_carrier()
    await Carrier(floor.http, account).hand_over([p["waybill_no"] for p in parcels])
    return parcels


async def test_delivered_before_the_scan_arrives_is_not_forgotten(floor: Any) -> None:
    """The phone at the door was offline all day; the parcel went to the next street."""
    (p,) = await in_the_van(floor)
    floor.later(7 * 86_400)
    assert await actions.track(floor.http) == 2  # collected, delivered
    async with db.transaction() as tx:
        await moves.hand_over(tx, [(p["id"], p["order_id"], clock.now())])
    (p,) = await floor.parcels()
    assert p["delivered_at"] is not None
    assert await db.value("select count(*) from event where kind = 'parcel_delivered'") == 1
    assert not await actions.tracking_due()  # nothing is under way


async def test_a_parcel_that_was_asked_about_is_not_told_again_with_the_next(floor: Any) -> None:
    first, second = await in_the_van(floor, 2)
    await db.run("update parcel set collected_at = now() - interval '3 hours' where id = $1", first["id"])
    assert await actions.forgotten() == 1
    await db.run("update parcel set collected_at = now() - interval '3 hours' where id = $1", second["id"])
    assert await actions.forgotten() == 1
    told = [r["subject_id"] for r in await db.rows("select subject_id from event where kind = 'parcel_left_anyway'")]
    assert sorted(told) == sorted([first["id"], second["id"]])
    last = await db.value("select body from notice where kind = 'left_anyway' order by made_at desc, id desc limit 1")
    assert second["no"] in last and first["no"] not in last


async def test_an_unknown_waybill_is_told_with_its_order(floor: Any) -> None:
    await floor.taken("taobao")
    await floor.waybills()
    await floor.labels()
    (p,) = await floor.left()
    await db.run("update parcel set waybill_no = 'SLX0000000000'")
    await actions.tell_carrier(floor.http)
    task = await db.row("select reason, order_id from task where kind = 'dead_job'")
    assert (task["reason"], task["order_id"]) == ("waybill_unknown", p["order_id"])


# -- refunds after the parcel has left
async def shipped(floor: Any) -> Any:
    """A taobao order of our own making that has left; its parcel."""
    await newer(floor, {})
    await floor.decide()
    await floor.wave()
    await floor.waybills()
    await floor.labels()
    (p,) = await floor.left()
    return p


async def newer(floor: Any, line: dict[str, str], **more: Any) -> None:
    import msgspec

    shop = floor.world.shops["taobao"]
    body = msgspec.json.decode(taobao_order(TID, {"CAP-BLK": 1}, **more))
    body["orders"]["order"][0] |= line
    await intake.store_raw(shop, "taobao", [BODY.raw_order(msgspec.json.encode(body))])
    while await intake.map_pending(shop, "taobao"):
        pass
    for r in await db.rows("select key from job where kind = 'picking.withdraw' and state = 'ready'"):
        await picking.withdraw(r["key"])
    await floor.decide()


async def test_a_refund_that_is_done_at_once_calls_the_parcel_back(floor: Any) -> None:
    """Between two looks the buyer asked and the platform paid: nobody ever saw it asked."""
    p = await shipped(floor)
    sent = {"status": "WAIT_BUYER_CONFIRM_GOODS", "modified": "2030-01-01 00:00:00"}
    await newer(floor, {"refund_status": "SUCCESS"}, **sent)
    assert [w[0] for w in await waiting()] == ["intercept"]
    assert await db.value("select stop from parcel where id = $1", p["id"]) != ""


async def test_a_refund_after_delivery_sends_nobody_to_catch_the_parcel(floor: Any) -> None:
    """The buyer has it: there is nothing at the door to catch; customer service hears of it."""
    p = await shipped(floor)
    await db.run("update parcel set collected_at = now(), delivered_at = now() where id = $1", p["id"])
    sent = {"status": "WAIT_BUYER_CONFIRM_GOODS", "modified": "2030-01-01 00:00:00"}
    await newer(floor, {"refund_status": "WAIT_SELLER_AGREE"}, **sent)
    assert [w for w in await waiting() if w[0] == "intercept"] == []
    assert await db.value("select count(*) from notice where role = 'service'") == 1


async def test_another_address_after_delivery_sends_nobody_to_catch_the_parcel(floor: Any) -> None:
    p = await shipped(floor)
    await db.run("update parcel set collected_at = now(), delivered_at = now() where id = $1", p["id"])
    sent = {"status": "WAIT_BUYER_CONFIRM_GOODS", "modified": "2030-01-01 00:00:00", "receiver_address": "新**路9号"}
    await newer(floor, {}, **sent)
    await actions.relabel(p["order_id"])
    assert await waiting() == []
    assert await db.value("select count(*) from notice") == 0


# -- sheets whose time is over
async def test_a_sheet_that_is_gone_is_not_offered(floor: Any) -> None:
    """Its address may be kept a week; then the list must not say that it waits for a printer."""
    await floor.taken("taobao")
    await floor.waybills()
    await floor.labels()
    assert [j["state"] for j in await queries.list_print_jobs() if j["kind"] == "label"] == ["ready"]
    await db.run("update print_job set made_at = made_at - interval '8 days'")
    assert await papers.forget_old_pdfs() == 1
    (job,) = [j for j in await queries.list_print_jobs() if j["kind"] == "label"]
    assert job["state"] == "stale"
    with pytest.raises(NotFound):
        await queries.get_pdf(job["id"])
