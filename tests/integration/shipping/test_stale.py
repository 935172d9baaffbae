"""一次录入,全局响应: a receiver that changed reaches what is printed, packed, or already gone."""

from typing import Any

import pytest

from server.errors import Conflict
from server.kit import db
from server.shipping import actions, papers


async def changed(floor: Any) -> Any:
    """The buyer moves; the hub pulls it. The order's id."""
    order = await db.row("select id, external_id from sales_order")
    await floor.control("address", {"platform": "taobao", "external_id": order["external_id"]})
    assert await floor.pull("taobao") == 1
    assert (
        await db.value("select count(*) from job where kind = 'shipping.relabel' and key = $1", str(order["id"])) == 1
    )
    return order["id"]


async def tasks() -> list[tuple[str, str]]:
    found = await db.rows("select kind, reason from task where kind in ('reprint', 'intercept') order by opened_at")
    return [(r["kind"], r["reason"]) for r in found]


async def test_a_printed_label_becomes_stale_and_a_new_one_takes_its_place(floor: Any) -> None:
    await floor.taken("taobao")
    await floor.waybills()
    await floor.labels()
    (old,) = await floor.packed()
    first = await db.value("select id from print_job")
    await papers.mark_printed(first)

    order_id = await changed(floor)
    assert await actions.relabel(order_id) == 1
    assert await actions.relabel(order_id) == 0  # the message came twice
    (parcel,) = await floor.parcels()
    assert (parcel["label_state"], parcel["order_version"], parcel["label_version"]) == ("stale", 2, 1)
    assert await tasks() == [("reprint", "receiver_changed")]
    assert await db.value("select state from print_job where id = $1", first) == "stale"
    with pytest.raises(Conflict, match="作废"):
        await papers.mark_printed(first)
    assert await floor.labels() == 0  # not before it has its own waybill

    assert await floor.waybills() == 1
    (parcel,) = await floor.parcels()
    assert parcel["waybill_no"] != old["waybill_no"]
    assert parcel["old_waybills"] == [old["waybill_no"]]
    assert await floor.labels() == 1
    (parcel,) = await floor.parcels()
    assert (parcel["label_state"], parcel["label_version"]) == ("ready", 2)
    assert floor.drawn[-1].label_version == 2
    assert floor.drawn[-1].receiver != floor.drawn[0].receiver
    assert [r["state"] for r in await db.rows("select state from print_job order by version")] == ["stale", "ready"]


async def test_a_change_between_the_carriers_answer_and_our_writing_it_down_is_seen(
    floor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await floor.taken("taobao")
    settle = actions._settle_waybills

    async def late(*args: Any) -> int:
        monkeypatch.setattr(actions, "_settle_waybills", settle)
        await actions.relabel(await changed(floor))
        return await settle(*args)

    monkeypatch.setattr(actions, "_settle_waybills", late)
    assert await floor.waybills() == 1
    (parcel,) = await floor.parcels()
    kept = floor.http._transport.app.state.world.saved.parcels[parcel["waybill_no"]]
    assert kept.shipment_id == f"{parcel['id']}.v2"


async def test_a_change_while_the_sheet_is_drawn_voids_the_sheet(floor: Any) -> None:
    await floor.taken("taobao")
    await floor.waybills()
    draw = floor.draw

    async def slow(document: Any) -> Any:
        await actions.relabel(await changed(floor))
        floor.draw = draw
        return await draw(document)

    floor.draw = slow
    assert await floor.labels() == 0
    assert await db.value("select state from print_job") == "stale"
    (parcel,) = await floor.parcels()
    assert (parcel["label_state"], parcel["label_version"]) == ("stale", 0)


async def test_what_has_left_is_to_be_intercepted_and_keeps_its_waybill(floor: Any) -> None:
    await floor.taken("taobao")
    await floor.waybills()
    await floor.labels()
    (before,) = await floor.left()
    assert await actions.relabel(await changed(floor)) == 1
    assert await tasks() == [("intercept", "receiver_changed")]
    assert await db.value("select count(*) from notice where role = 'service' and kind = 'intercept'") == 1
    assert await floor.waybills() == 0
    (parcel,) = await floor.parcels()
    assert parcel["waybill_no"] == before["waybill_no"]
