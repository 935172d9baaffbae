"""Taobao's messages: twice, late, lost, of another shop; they come again until confirmed."""

import json
import time

import pytest

from server.errors import Rejected
from server.platforms.port import Hint
from server.platforms.taobao.messages import hint
from tests.contract.adapters.support import sample
from tests.contract.adapters.taobao.house import House

ROWS = json.loads(sample("taobao/tmc_messages_consume.json"))["tmc_messages_consume_response"]["messages"][
    "tmc_message"
]


def test_the_samples_say_which_orders_to_read() -> None:
    assert [hint(row) for row in ROWS] == [
        Hint("1100000000000000001", "order", "4100000000000000001", "测试旗舰店"),
        Hint("1100000000000000002", "order", "4100000000000000011", "测试旗舰店"),
    ]


def test_what_names_nothing_is_only_confirmed() -> None:
    assert hint(ROWS[0] | {"content": "{"}).kind == "other"
    assert hint(ROWS[0] | {"topic": "taobao_item_ItemUpdate"}).kind == "other"
    content = json.dumps({"refund_id": 400000000000000001})
    assert hint(ROWS[1] | {"content": content}) == Hint(
        "1100000000000000002", "refund", "400000000000000001", "测试旗舰店"
    )


async def test_the_owners_yes_also_asks_for_messages(taobao: House) -> None:
    await taobao.place()
    assert await taobao.adapter.messages(taobao.shop) == []  # nobody asked for them
    await taobao.granted()
    [id] = await taobao.place()
    [found] = await taobao.adapter.messages(taobao.shop)
    assert (found.kind, found.external_id, found.shop) == ("order", id, taobao.shop.external_id)


async def test_an_app_without_the_right_gets_its_tokens_all_the_same(taobao: House) -> None:
    await taobao.control("faults", kind="fail_before", platform="taobao", method="taobao.tmc.user.permit")
    await taobao.granted()
    assert (await taobao.adapter.account(taobao.shop)).external_id
    assert taobao.calls("taobao.tmc.user.permit") == 1
    taobao.own(messages=False)
    await taobao.granted()
    assert taobao.calls("taobao.tmc.user.permit") == 1


async def test_they_come_again_until_confirmed(taobao: House) -> None:
    await taobao.granted()
    ids = await taobao.place(3)
    first = await taobao.adapter.messages(taobao.shop)
    assert sorted(one.external_id for one in first) == sorted(ids)
    assert await taobao.adapter.messages(taobao.shop) == []  # on their way
    for push in taobao.world.pushes.box("taobao").waiting:
        push.handed -= 60
    again = await taobao.adapter.messages(taobao.shop)
    assert {one.id for one in again} == {one.id for one in first}
    await taobao.adapter.confirm(taobao.shop, [one.id for one in again])
    for push in taobao.world.pushes.box("taobao").waiting:
        push.handed -= 60
    assert await taobao.adapter.messages(taobao.shop) == []
    assert taobao.world.pushes.box("taobao").seen["taken"] == 3


async def test_twice_late_and_lost(taobao: House) -> None:
    await taobao.granted()
    await taobao.control("weather", lost=0.2, twice=0.3, late=0.5, late_s=30)
    await taobao.place(60)
    found = await taobao.adapter.messages(taobao.shop)
    for push in taobao.world.pushes.box("taobao").waiting:
        push.due = min(push.due, time.time() - 1)
    found += await taobao.adapter.messages(taobao.shop)
    seen = taobao.world.pushes.box("taobao").seen
    assert seen["lost"] and seen["twice"] and seen["late"]
    assert len(found) == 60 - seen["lost"] + seen["twice"]
    assert len({one.id for one in found}) == 60 - seen["lost"]  # the same message has the same id
    order = [int(one.id) for one in found]
    assert order != sorted(order)


async def test_a_refund_names_its_order(taobao: House) -> None:
    await taobao.granted()
    [id] = await taobao.place()
    await taobao.control("refund", platform="taobao", external_id=id, to="asked")
    found = await taobao.adapter.messages(taobao.shop)
    assert {one.external_id for one in found} == {id} and len(found) >= 2
    topics = {push.kind for push in taobao.world.pushes.box("taobao").waiting}
    assert topics == {"order", "refund"}


async def test_another_shops_messages_are_left_for_it(taobao: House) -> None:
    await taobao.granted()
    await taobao.place()
    taobao.with_(external_id="别家店")
    assert await taobao.adapter.messages(taobao.shop) == []
    assert len(taobao.world.pushes.box("taobao").waiting) == 1


async def test_many_are_confirmed_in_portions_and_a_silent_answer_is_no_receipt(taobao: House) -> None:
    await taobao.granted()
    await taobao.place(450)
    done = 0
    while found := await taobao.adapter.messages(taobao.shop):
        done += len(found)
    assert done == 450
    ids = [str(1_100_000_000_000_000_000 + push.id) for push in taobao.world.pushes.box("taobao").waiting]
    await taobao.adapter.confirm(taobao.shop, ids)
    assert not taobao.world.pushes.box("taobao").waiting and taobao.calls("taobao.tmc.messages.confirm") == 3
    with pytest.raises(Rejected):
        await taobao.adapter.confirm(taobao.shop, ["x"])
