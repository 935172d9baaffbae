"""打单 → 出库 → 回传 against the simulated shops and carrier: the whole second half of the main chain."""

from typing import Any
from uuid import UUID

import pytest

from server.kit import db
from server.shipping import actions, papers


async def kinds(subject: UUID) -> list[str]:
    return [r["kind"] for r in await db.rows("select kind from event where subject_id = $1 order by seq", subject)]


@pytest.mark.parametrize("platform", ["taobao", "jd", "pinduoduo", "shopee"])
async def test_from_the_wave_to_the_buyers_door(floor: Any, platform: str) -> None:
    (parcel,) = await floor.taken(platform)
    assert await floor.waybills() == 1
    assert await floor.labels() == 1
    (parcel,) = await floor.parcels()
    assert parcel["waybill_no"].startswith("SLX") and parcel["route_code"] and parcel["carrier"] == "SLX"
    assert (parcel["label_state"], parcel["label_version"], parcel["old_waybills"]) == ("ready", 1, [])
    job = await db.row("select * from print_job")
    assert (job["kind"], job["subject_no"], job["state"], job["pages"]) == ("label", parcel["no"], "ready", 1)

    (parcel,) = await floor.left()
    assert await actions.tell_carrier(floor.http) == 1
    assert await actions.tell_carrier(floor.http) == 0
    assert await actions.write_back(parcel["id"], floor.platform)
    order = await db.row("select * from sales_order")
    shown = await floor.at_platform(platform, order["external_id"])
    assert shown["shipped"]["waybill_no"] == parcel["waybill_no"]
    assert order["written_back_at"] is not None

    assert await actions.tracking_due()
    floor.later(600)
    assert await actions.track(floor.http) == 2
    assert await actions.track(floor.http) == 0
    (parcel,) = await floor.parcels()
    order = await db.row("select * from sales_order")
    assert parcel["handed_over_at"] < parcel["collected_at"] < parcel["delivered_at"]
    assert order["collected_at"] == parcel["collected_at"]
    assert not await actions.tracking_due()
    assert await kinds(parcel["id"]) == [
        "waybill_made", "label_made", "parcel_packed", "parcel_handed_over", "parcel_collected", "parcel_delivered",
    ]  # fmt: skip
    assert "order_written_back" in await kinds(order["id"])


async def test_where_the_receiver_is_a_token_the_label_shows_masks(floor: Any) -> None:
    await floor.taken("taobao")
    await floor.waybills()
    await floor.labels()
    (label,) = floor.drawn
    masked = await db.value("select masked::text from receiver_version")
    assert not label.plain
    assert label.receiver.name in masked and "*" in label.receiver.name and "*" in label.receiver.phone
    assert label.items and label.slot == "1" and label.label_version == 1


async def test_where_it_may_be_plain_the_label_shows_the_address_and_nothing_else_does(floor: Any) -> None:
    (parcel,) = await floor.taken("shopee")
    await floor.waybills()
    await floor.labels()
    (label,) = floor.drawn
    assert label.plain and "*" not in label.receiver.address
    await floor.left()
    await actions.write_back(parcel["id"], floor.platform)
    words = [w for w in (label.receiver.name, label.receiver.phone) if "*" not in w]
    address = max(label.receiver.address.split(), key=len)
    for table in ("event", "job", "task", "notice", "parcel", "sync_outbox", "sync_log", "sync_row", "print_job"):
        dump = str(await db.rows(f"select t::text from {table} t"))
        raw = str(await db.rows(f"select * from {table}"))
        assert not [w for w in [*words, address] if w in dump or w in raw], table


async def test_a_waybill_asked_for_twice_is_one_waybill(floor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The carrier answered, and we died before we wrote it down."""
    await floor.taken("taobao", 3)

    async def dies(*_: Any) -> int:
        raise OSError("killed")

    with monkeypatch.context() as m:
        m.setattr(actions, "_settle_waybills", dies)
        with pytest.raises(OSError, match="killed"):
            await floor.waybills()
    assert await floor.waybills() == 3
    assert await floor.waybills() == 0
    parcels = await floor.parcels()
    assert len({p["waybill_no"] for p in parcels}) == 3
    assert len(floor.http._transport.app.state.world.saved.parcels) == 3
    assert await db.value("select count(*) from event where kind = 'waybill_made'") == 3


async def test_a_label_that_was_drawn_and_lost_is_drawn_again_into_the_same_print_job(
    floor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await floor.taken("taobao")
    await floor.waybills()

    async def dies(*_: Any) -> int:
        raise OSError("killed")

    with monkeypatch.context() as m:
        m.setattr(papers, "_settle_labels", dies)
        with pytest.raises(OSError, match="killed"):
            await floor.labels()
    assert await db.value("select state from print_job") == "waiting"
    assert await floor.labels() == 1
    assert await floor.labels() == 0
    assert [r["state"] for r in await db.rows("select state from print_job")] == ["ready"]
