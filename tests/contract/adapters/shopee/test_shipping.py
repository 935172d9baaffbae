"""Shopee's write-back in parcels: an order is split once, whole lines, and each parcel goes by its number."""

from typing import Any

import pytest

from server.errors import Rejected, Unavailable
from server.platforms.port import Part, Shipment, Shipped
from server.platforms.shopee.body import BODY
from server.sandbox.knobs import Knobs
from tests.contract.adapters.shopee.house import OTHER, OURS, House

SPLIT = "order/split_order"
SHIP = "logistics/ship_order"
THIRD = "SLX000010000003"
GOODS = ["TEE-WHT-M", "LAMP", "SOCK"]


async def parts(shopee: House, id: str) -> list[Part]:
    """A part for each whole line."""
    lines = BODY.open((await shopee.adapter.order(shopee.shop, id)).body).lines or []
    return [Part(key, row["model_quantity_purchased"]) for key, row in lines]


async def three(shopee: House) -> tuple[str, list[Shipment]]:
    """An order of three lines, planned as a parcel each."""
    [id] = await shopee.place(skus=[*GOODS, "LAMP"])
    each = [(one,) for one in await parts(shopee, id)]
    plan = [
        Shipment(id, number, "SLX", parts=each[n], others=tuple(each[:n] + each[n + 1 :]))
        for n, number in enumerate((OURS, OTHER, THIRD))
    ]
    shopee.adapter.plan(shopee.shop, plan)
    return id, plan


def numbers(shopee: House, id: str) -> list[str]:
    return [line.sent.waybill_no if line.sent else "" for line in shopee.world.find("shopee", id).lines]


async def test_parcel_by_parcel(shopee: House) -> None:
    id, plan = await three(shopee)
    assert await shopee.adapter.ship(shopee.shop, plan[1]) == Shipped()
    order = shopee.world.find("shopee", id)
    assert numbers(shopee, id) == ["", OTHER, ""] and len(order.packages) == 3 and order.state == "paid"
    assert await shopee.adapter.ship(shopee.shop, plan[1]) == Shipped(already=True)
    assert await shopee.adapter.ship(shopee.shop, plan[0]) == Shipped()
    assert await shopee.adapter.ship(shopee.shop, plan[2]) == Shipped()
    assert numbers(shopee, id) == [OURS, OTHER, THIRD] and order.state == "shipped"
    assert await shopee.adapter.ship(shopee.shop, plan[2]) == Shipped(already=True)
    assert shopee.calls(SPLIT) == 1


async def test_what_nobody_named_is_one_more_parcel(shopee: House) -> None:
    [id] = await shopee.place(skus=GOODS)
    a, b, c = await parts(shopee, id)
    await shopee.adapter.ship(shopee.shop, Shipment(id, OURS, "SLX", parts=(b,)))
    assert shopee.world.find("shopee", id).packages == [[2], [1, 3]]
    await shopee.adapter.ship(shopee.shop, Shipment(id, OTHER, "SLX", parts=(c, a)))
    assert numbers(shopee, id) == [OTHER, OURS, OTHER]


async def test_all_of_it_in_one_parcel_is_not_split(shopee: House) -> None:
    [id] = await shopee.place(skus=GOODS)
    whole = tuple(await parts(shopee, id))
    assert await shopee.adapter.ship(shopee.shop, Shipment(id, OURS, "SLX", parts=whole)) == Shipped()
    assert await shopee.adapter.ship(shopee.shop, Shipment(id, OURS, "SLX", parts=whole)) == Shipped(already=True)
    assert not shopee.calls(SPLIT) and numbers(shopee, id) == [OURS] * 3


@pytest.mark.parametrize("path", [SPLIT, SHIP])
async def test_a_lost_answer_is_not_done_twice(shopee: House, path: str) -> None:
    id, plan = await three(shopee)
    await shopee.control("faults", kind="fail_after", platform="shopee", method=f"/api/v2/{path}")
    with pytest.raises(Unavailable):
        await shopee.adapter.ship(shopee.shop, plan[0])
    assert await shopee.adapter.ship(shopee.shop, plan[0]) == Shipped(already=path == SHIP)
    assert numbers(shopee, id) == [OURS, "", ""] and shopee.calls(SPLIT) == 1


async def test_another_who_splits_it_the_same_at_the_same_moment(shopee: House) -> None:
    id, plan = await three(shopee)

    async def split(request: Any) -> None:
        if request.url.path.endswith(SPLIT):
            shopee.world.find("shopee", id).packages = [[1], [2], [3]]

    shopee.web.event_hooks["request"] = [split]
    assert await shopee.adapter.ship(shopee.shop, plan[1]) == Shipped()
    assert numbers(shopee, id) == ["", OTHER, ""]


async def test_a_parcel_that_left_with_another_number_is_for_a_person(shopee: House) -> None:
    id, plan = await three(shopee)
    await shopee.adapter.ship(shopee.shop, plan[0])
    again = Shipment(id, "SLX000019999999", "SLX", parts=plan[0].parts)
    with pytest.raises(Rejected) as caught:
        await shopee.adapter.ship(shopee.shop, again)
    assert caught.value.code == "platform_other_waybill" and OURS in caught.value.message
    assert numbers(shopee, id) == [OURS, "", ""]


async def test_an_order_that_was_split_otherwise_is_for_a_person(shopee: House) -> None:
    id, plan = await three(shopee)
    await shopee.adapter.ship(shopee.shop, plan[0])
    a, b, c = await parts(shopee, id)
    for wrong in ((b, c), (a, b, c)):
        with pytest.raises(Rejected) as caught:
            await shopee.adapter.ship(shopee.shop, Shipment(id, OTHER, "SLX", parts=wrong))
        assert caught.value.code == "platform_bad_plan"
    with pytest.raises(Rejected) as caught:  # as one parcel
        await shopee.adapter.ship(shopee.shop, Shipment(id, OTHER, "SLX"))
    assert "拆包" in caught.value.message
    assert numbers(shopee, id) == [OURS, "", ""]


async def test_half_a_line_a_strangers_or_too_much_is_refused_before_it_starts(shopee: House) -> None:
    [id] = await shopee.place(skus=[*GOODS, GOODS[0]])
    a, b, c = await parts(shopee, id)
    half = Part(a.line_key, 1)
    wrong: list[dict[str, Any]] = [
        {"parts": (half,)},
        {"parts": (half,), "others": ((half,), (b, c))},
        {"parts": (Part(a.line_key, a.qty + 1),)},
        {"parts": (Part("23-0", 1),)},
        {"parts": (a,), "others": ((a, b), (c,))},
        {"parts": (a,), "others": ((b,),)},  # then c has no parcel
    ]
    for one in wrong:
        with pytest.raises(Rejected) as caught:
            await shopee.adapter.ship(shopee.shop, Shipment(id, OURS, "SLX", **one))
        assert caught.value.code == "platform_bad_plan"
    assert not shopee.calls(SPLIT) and not shopee.calls(SHIP)


async def test_an_order_that_may_not_be_split(shopee: House) -> None:
    id, plan = await three(shopee)
    await shopee.control("risk", platform="shopee", external_id=id)
    with pytest.raises(Rejected) as caught:
        await shopee.adapter.ship(shopee.shop, plan[0])
    assert "不能拆包" in caught.value.message and not shopee.world.find("shopee", id).packages


def test_a_plan_is_refused_before_anything_is_called(shopee: House) -> None:
    many = [Shipment("1", f"A{n}", "SLX", parts=(Part(str(n), 1),)) for n in range(6)]
    twice = [Shipment("1", f"A{n}", "SLX", parts=(Part("k", 1),)) for n in range(2)]
    bare = [Shipment("1", "A1", "SLX"), Shipment("1", "A2", "SLX")]
    for plan in (many, twice, bare):
        with pytest.raises(Rejected):
            shopee.adapter.plan(shopee.shop, plan)
    shopee.adapter.plan(shopee.shop, many[:5])
    shopee.adapter.plan(shopee.own(most_parcels=30), many)
    assert not shopee.world.calls


@pytest.mark.parametrize("mode", ["pickup", "dropoff"])
async def test_a_channel_with_numbers_of_its_own_is_for_a_person(mode: Any) -> None:
    house = House(Knobs(shopee_ship_mode=mode))
    [id] = await house.place()
    with pytest.raises(Rejected) as caught:
        await house.adapter.ship(house.shop, Shipment(id, OURS, "SLX"))
    assert caught.value.code == "platform_own_number"
    assert house.world.find("shopee", id).sent is None and not house.calls(SHIP)
    await house.web.aclose()
