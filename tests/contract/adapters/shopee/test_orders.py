"""Shopee's orders by time of placing, the seller's note, receivers in their windows, and the shop's channels."""

from datetime import UTC, datetime, timedelta

import pytest

from server.errors import Rejected, Unavailable
from server.platforms import registry
from server.platforms.port import CarrierName, Window
from server.platforms.shopee.body import BODY
from tests.contract.adapters.shopee.house import House
from tests.contract.adapters.support import client, reply, shop

LIST = "order/get_order_list"


async def test_placed_goes_by_the_time_of_placing(shopee: House) -> None:
    moment = datetime.now(UTC) - timedelta(days=40)
    then = int(moment.timestamp())
    inside, late = await shopee.place(130, at=then), await shopee.place(at=then + 7200)
    await shopee.control("cancel", platform="shopee", external_id=inside[0])  # changed today
    window = Window(moment - timedelta(hours=1), moment + timedelta(hours=1))
    found = [o.external_id async for page in shopee.adapter.placed(shopee.shop, window) for o in page]
    assert sorted(found) == sorted(inside) and late[0] not in found


@pytest.mark.parametrize("by", ["changed", "placed"])
async def test_pages_that_move_lose_nothing(shopee: House, by: str) -> None:
    start = int(datetime.now(UTC).timestamp())
    ids = [id for n in range(230) for id in await shopee.place(at=start - 400 - n)]
    await shopee.control("faults", kind="shift_pages", platform="shopee", method=f"/api/v2/{LIST}", times=0)
    now = datetime.now(UTC)
    window = Window(now - timedelta(minutes=30), now - timedelta(seconds=60))
    read = shopee.adapter.changed if by == "changed" else shopee.adapter.placed
    found = {o.external_id async for page in read(shopee.shop, window) for o in page}
    moved = {id for id in ids if shopee.world.find("shopee", id).modified >= start}
    assert shopee.world.faults.fired["shift_pages"] >= 3
    assert set(ids) - moved <= found
    if by == "placed":
        assert found == set(ids)  # a change does not move the time of placing


async def test_a_note_is_written_in_place_of_the_old_one(shopee: House) -> None:
    [id] = await shopee.place()
    order = shopee.world.find("shopee", id)
    await shopee.adapter.remark(shopee.shop, id, "两件 A&B=1 分开包")
    assert order.seller_note == "两件 A&B=1 分开包"
    assert (await shopee.adapter.order(shopee.shop, id)).modified == datetime.fromtimestamp(order.modified, UTC)
    await shopee.adapter.remark(shopee.shop, id, "")
    assert order.seller_note == ""
    with pytest.raises(Rejected):
        await shopee.adapter.remark(shopee.shop, "260101NOTHERE", "x")
    with pytest.raises(Rejected) as caught:
        await shopee.adapter.remark(shopee.shop, (await shopee.place(at=order.created - 91 * 86_400))[0], "x")
    assert "太旧" in caught.value.message


async def test_a_lost_answer_to_a_note_may_be_sent_again(shopee: House) -> None:
    [id] = await shopee.place()
    await shopee.control("faults", kind="fail_after", platform="shopee", method="/api/v2/order/set_note")
    with pytest.raises(Unavailable):
        await shopee.adapter.remark(shopee.shop, id, "x")
    await shopee.adapter.remark(shopee.shop, id, "x")
    assert shopee.world.find("shopee", id).seller_note == "x"


async def test_only_channels_that_are_switched_on(shopee: House) -> None:
    assert await shopee.adapter.carriers(shopee.shop) == [CarrierName("18000", "Demo Express")]


async def test_an_answer_without_channels_is_no_empty_list() -> None:
    async with client(lambda request: reply({"error": "", "response": {}})) as web:
        with pytest.raises(Unavailable):
            await registry.connect("shopee", web).carriers(shop("shopee"))


# -- receivers


async def test_in_clear_while_it_waits_to_be_shipped(shopee: House) -> None:
    [id] = await shopee.place()
    order = await shopee.adapter.order(shopee.shop, id)
    r = shopee.world.find("shopee", id).receiver
    found = await shopee.adapter.reveal(shopee.shop, order, "ship")
    assert found == {"name": r.name, "phone": r.phone, "address": r.street, "zip": r.zipcode}
    opened = BODY.open(order.body).order
    masked = BODY.receiver(opened)
    assert masked.plain and r.phone not in str(masked) and r.street not in str(masked)


async def test_the_window_is_asked_for_anew(shopee: House) -> None:
    """The order at hand may be of before: clear then, stars now; or the other way round."""
    [id] = await shopee.place()
    clear = await shopee.adapter.order(shopee.shop, id)
    await shopee.control("risk", platform="shopee", external_id=id)
    with pytest.raises(Rejected) as caught:
        await shopee.adapter.reveal(shopee.shop, clear, "ship")
    assert caught.value.code == "platform_no_receiver" and "掩码" in caught.value.message
    stars = await shopee.adapter.order(shopee.shop, id)
    assert not BODY.receiver(BODY.open(stars.body).order).plain
    await shopee.control("risk", platform="shopee", external_id=id, on=False)
    assert (await shopee.adapter.reveal(shopee.shop, stars, "ship"))["name"]


async def test_open_once_more_for_a_return(shopee: House) -> None:
    [id] = await shopee.place(state="shipped")
    order = await shopee.adapter.order(shopee.shop, id)
    with pytest.raises(Rejected):
        await shopee.adapter.reveal(shopee.shop, order, "aftersales")
    await shopee.control("refund", platform="shopee", external_id=id, to="asked")
    assert await shopee.adapter.reveal(shopee.shop, order, "aftersales")


async def test_a_market_that_shows_only_stars_is_told_apart(shopee: House) -> None:
    [id] = await shopee.place()
    order = await shopee.adapter.order(shopee.shop, id)
    await shopee.control("faults", kind="receiver_gone", platform="shopee")
    with pytest.raises(Rejected) as caught:
        await shopee.adapter.reveal(shopee.shop, order, "contact")
    assert "服务器地址" in caught.value.message
