"""Receivers in clear: the present OAID, a reason, nothing of a closed order."""

import json
from typing import Any
from urllib.parse import parse_qs

import httpx
import msgspec
import pytest

from server.errors import Rejected
from tests.contract.adapters.taobao.house import House

DECRYPT = "taobao.top.oaid.decrypt"


def wanted(taobao: House) -> list[dict[str, Any]]:
    """What was asked for, from now on."""
    asked: list[dict[str, Any]] = []

    async def keep(request: httpx.Request) -> None:
        sent = parse_qs(request.content.decode())
        if sent.get("method") == [DECRYPT]:
            asked.extend(json.loads(sent["query_list"][0]))

    taobao.web.event_hooks["request"] = [keep]
    return asked


@pytest.mark.parametrize(("scene", "code"), [("ship", "1006"), ("contact", "2002"), ("aftersales", "2001")])
async def test_with_the_platforms_word_for_why(taobao: House, scene: str, code: str) -> None:
    [id] = await taobao.place()
    order, asked = await taobao.adapter.order(taobao.shop, id), wanted(taobao)
    found = await taobao.adapter.reveal(taobao.shop, order, scene)
    r = taobao.world.find("taobao", id).receiver
    assert found == {"name": r.name, "phone": r.phone, "address": f"{r.province}{r.city}{r.district}{r.street}"}
    assert r.name not in order.body.decode() and r.phone not in order.body.decode()
    assert [one["scene"] for one in asked] == [code]


async def test_a_shop_may_name_another_scene_but_none_is_no_reason(taobao: House) -> None:
    [id] = await taobao.place()
    order, asked = await taobao.adapter.order(taobao.shop, id), wanted(taobao)
    with pytest.raises(Rejected):
        await taobao.adapter.reveal(taobao.shop, order, "curiosity")
    assert not taobao.calls(DECRYPT)
    taobao.own(oaid_scenes={"ship": "1007"})
    await taobao.adapter.reveal(taobao.shop, order, "ship")
    assert [one["scene"] for one in asked] == ["1007"]


async def test_an_oaid_of_before_the_address_changed_is_not_used(taobao: House) -> None:
    [id] = await taobao.place()
    old = await taobao.adapter.order(taobao.shop, id)
    await taobao.control("address", platform="taobao", external_id=id)
    found = await taobao.adapter.reveal(taobao.shop, old, "ship")
    assert found["name"] == taobao.world.find("taobao", id).receiver.name


async def test_an_address_that_changes_in_between_is_asked_for_once_more(taobao: House) -> None:
    [id] = await taobao.place()
    old, times = await taobao.adapter.order(taobao.shop, id), [2]
    order = taobao.world.find("taobao", id)

    async def move(request: httpx.Request) -> None:
        if DECRYPT.encode() in request.content and times[0]:
            times[0] -= 1
            order.receiver = msgspec.structs.replace(order.receiver, street=f"新路{times[0]}号")

    taobao.web.event_hooks["request"] = [move]
    with pytest.raises(Rejected):
        await taobao.adapter.reveal(taobao.shop, old, "ship")
    times[0] = 1
    assert (await taobao.adapter.reveal(taobao.shop, old, "ship"))["address"].endswith("新路0号")


async def test_nothing_of_a_closed_order(taobao: House) -> None:
    [id] = await taobao.place(state="cancelled")
    with pytest.raises(Rejected):
        await taobao.adapter.reveal(taobao.shop, await taobao.adapter.order(taobao.shop, id), "contact")
