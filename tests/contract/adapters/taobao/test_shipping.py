"""Taobao's write-back in parts: whole lines, once, by the old call and by the newer one."""

import json
from typing import Any

import httpx
import pytest

from server.errors import Rejected, Unavailable
from server.platforms.port import Part, Shipment, Shipped
from tests.contract.adapters.taobao.house import OURS, House

OTHER = "SLX000010000002"
SENDS = {"offline": "taobao.logistics.offline.send", "ascp": "alibaba.ascp.logistics.offline.send"}
APIS = pytest.mark.parametrize("api", SENDS)


async def lines(taobao: House, id: str) -> list[tuple[str, int]]:
    order = taobao.world.find("taobao", id)
    return [(str(int(id) + line.n), line.qty) for line in order.lines]


async def two(taobao: House) -> tuple[str, Shipment, Shipment]:
    """An order of two lines, planned as a parcel each."""
    [id] = await taobao.place(skus=["TEE-WHT-M", "LAMP"])
    (a, m), (b, n) = await lines(taobao, id)
    plan = Shipment(id, OURS, "SLX", parts=(Part(a, m),)), Shipment(id, OTHER, "SLX", parts=(Part(b, n),))
    taobao.adapter.plan(taobao.shop, plan)
    return id, *plan


def numbers(taobao: House, id: str) -> list[str]:
    return [line.sent.waybill_no if line.sent else "" for line in taobao.world.find("taobao", id).lines]


@APIS
async def test_line_by_line(taobao: House, api: str) -> None:
    taobao.own(ship_api=api)
    id, first, second = await two(taobao)
    assert await taobao.adapter.ship(taobao.shop, first) == Shipped()
    assert numbers(taobao, id) == [OURS, ""] and taobao.world.find("taobao", id).state == "paid"
    assert await taobao.adapter.ship(taobao.shop, first) == Shipped(already=True)
    assert await taobao.adapter.ship(taobao.shop, second) == Shipped()
    assert numbers(taobao, id) == [OURS, OTHER] and taobao.world.find("taobao", id).state == "shipped"
    assert await taobao.adapter.ship(taobao.shop, second) == Shipped(already=True)
    assert taobao.calls(SENDS[api]) == 2


@APIS
async def test_a_lost_answer_to_a_part_is_not_told_twice(taobao: House, api: str) -> None:
    taobao.own(ship_api=api)
    id, first, _ = await two(taobao)
    await taobao.control("faults", kind="fail_after", platform="taobao", method=SENDS[api])
    with pytest.raises(Unavailable):
        await taobao.adapter.ship(taobao.shop, first)
    assert await taobao.adapter.ship(taobao.shop, first) == Shipped(already=True)
    assert numbers(taobao, id) == [OURS, ""]


@APIS
async def test_the_whole_order(taobao: House, api: str) -> None:
    taobao.own(ship_api=api)
    [id] = await taobao.place(skus=["TEE-WHT-M", "LAMP"])
    assert await taobao.adapter.ship(taobao.shop, Shipment(id, OURS, "SLX")) == Shipped()
    assert numbers(taobao, id) == [OURS, OURS]
    assert await taobao.adapter.ship(taobao.shop, Shipment(id, OURS, "SLX")) == Shipped(already=True)


@APIS
async def test_a_line_that_left_with_another_number_is_for_a_person(taobao: House, api: str) -> None:
    taobao.own(ship_api=api)
    id, first, second = await two(taobao)
    await taobao.adapter.ship(taobao.shop, first)
    again = Shipment(id, OTHER, "SLX", parts=first.parts)
    with pytest.raises(Rejected) as caught:
        await taobao.adapter.ship(taobao.shop, again)
    assert caught.value.code == "platform_other_waybill" and OURS in caught.value.message
    assert numbers(taobao, id) == [OURS, ""]
    assert await taobao.adapter.ship(taobao.shop, second) == Shipped()  # the first line's number is not the second's


@APIS
async def test_half_a_line_or_a_strangers_is_refused_before_it_starts(taobao: House, api: str) -> None:
    taobao.own(ship_api=api)
    id, first, _ = await two(taobao)
    [part] = first.parts
    for wrong in (Part(part.line_key, part.qty + 1), Part("41", 1)):
        with pytest.raises(Rejected) as caught:
            await taobao.adapter.ship(taobao.shop, Shipment(id, OURS, "SLX", parts=(wrong,)))
        assert caught.value.code == "platform_bad_plan"
    assert not taobao.calls(SENDS[api]) and numbers(taobao, id) == ["", ""]


@pytest.mark.parametrize(
    "shipments",
    [
        [Shipment("1", "A1", "SLX"), Shipment("1", "A2", "SLX")],
        [Shipment("1", "A1", "SLX", parts=(Part("k", 1),)), Shipment("1", "A2", "SLX", parts=(Part("k", 1),))],
        [Shipment("1", "A1", "SLX", parts=(Part("k", 0),))],
        [Shipment("1", "A1", "SLX", parts=tuple(Part(str(n), 1) for n in range(51)))],
    ],
)
def test_a_plan_is_refused_before_anything_is_called(taobao: House, shipments: list[Shipment]) -> None:
    with pytest.raises(Rejected):
        taobao.adapter.plan(taobao.shop, shipments)
    assert not taobao.world.calls


@APIS
async def test_from_the_address_that_settings_name(taobao: House, api: str) -> None:
    [id] = await taobao.place()
    taobao.own(ship_api=api, sender_id="1")
    with pytest.raises(Rejected):
        await taobao.adapter.ship(taobao.shop, Shipment(id, OURS, "SLX"))
    assert taobao.world.find("taobao", id).sent is None
    taobao.own(ship_api=api, sender_id="800001", cancel_id="800002")
    assert await taobao.adapter.ship(taobao.shop, Shipment(id, OURS, "SLX")) == Shipped()


@pytest.mark.parametrize(
    "no",
    [
        {"error_response": {"code": 15, "msg": "x", "sub_code": "isv.something-new", "sub_msg": "已发货"}},
        {"error_response": {"code": 50, "msg": "x", "sub_code": "CONSIGNED", "sub_msg": "已发货"}},
        {"alibaba_ascp_logistics_offline_send_response": {"result": {"success": False}}},
    ],
    ids=["15", "50", "no success"],
)
async def test_a_refusal_in_words_that_nobody_published_is_judged_by_the_order(
    taobao: House, no: dict[str, Any]
) -> None:
    """The newer call's codes are unknown: a repeat must not become a person's task."""
    taobao.own(ship_api="ascp")
    [id] = await taobao.place(skus=["LAMP"])

    async def refuse(response: httpx.Response) -> None:
        await response.aread()
        if SENDS["ascp"].encode() in response.request.content:
            response._content = json.dumps(no).encode()

    taobao.web.event_hooks["response"] = [refuse]
    assert await taobao.adapter.ship(taobao.shop, Shipment(id, OURS, "SLX")) == Shipped(already=True)
    with pytest.raises(Rejected) as caught:
        await taobao.adapter.ship(taobao.shop, Shipment(id, OTHER, "SLX"))
    assert caught.value.code == "platform_other_waybill"
    taobao.world.find("taobao", id).lines[0].sent = None
    with pytest.raises(Rejected) as caught:
        await taobao.adapter.ship(taobao.shop, Shipment(id, OTHER, "SLX"))
    assert caught.value.code == "platform_rejected"
