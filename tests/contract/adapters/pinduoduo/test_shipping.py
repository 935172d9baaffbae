"""Whole orders only, not while the buyer wants the money back, with carriers that may be used."""

import json

import httpx
import pytest

from server.errors import Rejected, Unavailable
from server.platforms import registry
from server.platforms.port import CarrierName, Part, Shipment, Shipped
from tests.contract.adapters.pinduoduo.house import OURS, House
from tests.contract.adapters.support import client, sample, shop

SEND = "pdd.logistics.online.send"
CHECK = "pdd.refund.status.check"


def parcel(id: str, number: str = OURS, *parts: Part) -> Shipment:
    return Shipment(id, number, "SLX", parts=parts)


def test_a_plan_in_parts_is_refused_before_it_starts() -> None:
    adapter = registry.get("pinduoduo")
    assert adapter.powers.parts == "none"
    adapter.plan(shop("pinduoduo"), [parcel("1")])
    one, two = parcel("1", "A", Part("1", 1)), parcel("1", "B", Part("2", 1))
    for plan in ([one], [one, two], [parcel("1", "A"), parcel("1", "B")]):
        with pytest.raises(Rejected) as caught:
            adapter.plan(shop("pinduoduo"), plan)
        assert caught.value.code == "platform_cannot" and "拆单" in caught.value.message


@pytest.mark.parametrize("to", ["asked", "done"])
async def test_a_buyer_who_wants_the_money_back_gets_no_parcel(to: str) -> None:
    async with House.opened(pdd_send_in_refund=True) as house:  # the platform itself would take it
        [id] = await house.place()
        await house.refund(id, to)
        with pytest.raises(Rejected) as caught:
            await house.adapter.ship(house.shop, parcel(id))
        assert caught.value.code == "platform_refund" and "售后" in caught.value.message
        assert not house.calls(SEND) and (await house.look(id))["shipped"] is None


async def test_a_shop_may_do_without_that_question(pdd: House) -> None:
    [id] = await pdd.place()
    pdd.own(refund_check=False)
    assert await pdd.adapter.ship(pdd.shop, parcel(id)) == Shipped()
    assert not pdd.calls(CHECK)
    [asked] = await pdd.place()
    await pdd.refund(asked)
    with pytest.raises(Rejected):  # then the platform's own no counts
        await pdd.adapter.ship(pdd.shop, parcel(asked, "SLX000010000002"))


async def test_a_refund_after_our_parcel_left_is_no_second_thought(pdd: House) -> None:
    [id] = await pdd.place()
    await pdd.control("faults", kind="fail_after", platform="pinduoduo", method=SEND)
    with pytest.raises(Unavailable):
        await pdd.adapter.ship(pdd.shop, parcel(id))
    await pdd.refund(id)
    assert await pdd.adapter.ship(pdd.shop, parcel(id)) == Shipped(already=True)
    with pytest.raises(Rejected) as caught:
        await pdd.adapter.ship(pdd.shop, parcel(id, "SLX999990000009"))
    assert caught.value.code == "platform_other_waybill"


async def test_under_review_nothing_leaves(pdd: House) -> None:
    [id] = await pdd.place()
    await pdd.control("risk", platform="pinduoduo", external_id=id)
    with pytest.raises(Rejected) as caught:
        await pdd.adapter.ship(pdd.shop, parcel(id))
    assert "审核" in caught.value.message and (await pdd.look(id))["shipped"] is None


async def test_carriers_that_may_be_used(pdd: House) -> None:
    found = {one.code: one for one in await pdd.adapter.carriers(pdd.shop)}
    assert found["900001"] == CarrierName("900001", "顺路速运") and "119" not in found
    async with client(lambda request: httpx.Response(200, content=sample("pinduoduo/logistics_companies.json"))) as web:
        known = await registry.connect("pinduoduo", web).carriers(shop("pinduoduo"))
    assert [one.code for one in known] == ["44", "115", "121", "85", "1", "384"]


@pytest.mark.parametrize("body", [{}, {"logistics_companies_get_response": {}}, {"logistics_companies_get_response": {
    "logistics_companies": "x"}}])  # fmt: skip
async def test_no_carriers_are_no_answer(body: object) -> None:
    async with client(lambda request: httpx.Response(200, content=json.dumps(body).encode())) as web:
        with pytest.raises(Unavailable):
            await registry.connect("pinduoduo", web).carriers(shop("pinduoduo"))


async def test_a_check_that_cannot_be_read_ships_nothing(pdd: House) -> None:
    [id] = await pdd.place()

    async def damage(response: httpx.Response) -> None:
        if CHECK.encode() in response.request.content:
            await response.aread()
            response._content = b'{"refund_status_check_response": {"order_sns_exists_refund": "none"}}'

    pdd.web.event_hooks["response"] = [damage]
    with pytest.raises(Unavailable):
        await pdd.adapter.ship(pdd.shop, parcel(id))
    assert not pdd.calls(SEND)
