"""Taobao's refunds: the table of states, the samples, the walk through pages that move."""

import json
import time
from typing import Any

import pytest

from server.errors import Unavailable
from server.platforms import registry
from server.platforms.port import RawRefund
from server.platforms.taobao.aftersales import STATES, refund
from tests.contract.adapters.support import client, reply, sample, shop
from tests.contract.adapters.taobao.house import House

PUBLISHED = (
    "WAIT_SELLER_AGREE,WAIT_BUYER_RETURN_GOODS,WAIT_SELLER_CONFIRM_GOODS,SELLER_REFUSE_BUYER,CLOSED,SUCCESS,"
    "WAIT_BUYER_CONFIRM_EXCHANGE_SELLER_SEND_GOODS,EXCHANGE_TRANSFORM_TO_REFUND,WAIT_SELLER_CONSIGN_GOODS,"
    "WAIT_BUYER_CONFIRM_REDO_SEND_GOODS,WAIT_SELLER_CONFIRM_RETURN_ADDRESS,WAIT_SELLER_CONSIGN_GOOGDS,"
    "EXCHANGE_WAIT_BUYER_CONFIRM_GOODS,POST_FEE_DISPUTE_WAIT_ACTIVATE"
)


async def pull(house: House) -> dict[str, RawRefund]:
    found: dict[str, RawRefund] = {}
    async for page in house.adapter.refunds(house.shop, house.window()):
        found |= {case.external_id: case for case in page}
    return found


def test_every_published_state_has_its_meaning() -> None:
    assert set(STATES) == set(PUBLISHED.split(","))
    row = json.loads(sample("taobao/refund_get.json"))["refund_get_response"]["refund"]
    for status, state in STATES.items():
        assert refund(json.dumps(row | {"status": status}).encode()).state == state
    assert refund(json.dumps(row | {"status": "SOMETHING_NEW"}).encode()).state == "unknown"


async def test_the_sample_list_is_read_whole_with_its_own_bytes() -> None:
    body = json.loads(sample("taobao/refunds_receive_get.json"))
    root = body["refunds_receive_get_response"] | {"total_results": 2}

    async with client(lambda request: reply({"refunds_receive_get_response": root})) as web:
        adapter = registry.connect("taobao", web)
        window = House().window()
        [page] = [page async for page in adapter.refunds(shop("taobao"), window)]
    first, second = page
    assert (first.external_id, first.order_id, first.line_keys) == (
        "400000000000000002", "4100000000000000011", ("4100000000000000014",))  # fmt: skip
    assert (first.state, first.kind, first.amount_minor) == ("asked", "return", 6000)
    assert (second.state, second.kind, second.amount_minor) == ("done", "money", 10000)
    assert json.loads(first.body)["refund_version"] == 1795311912000


def test_a_parcel_that_comes_back_has_its_number() -> None:
    found = refund(json.dumps(json.loads(sample("taobao/refund_get.json"))["refund_get_response"]["refund"]).encode())
    assert (found.state, found.waybill_no) == ("returning", "YT0000000000")


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"dispute_type": "TMALL_EXCHANGE"}, "exchange"),
        ({"dispute_type": "REPAIR"}, "other"),
        ({"has_good_return": True}, "return"),
        ({}, "money"),
    ],
)
def test_kinds(row: dict[str, Any], kind: str) -> None:
    assert refund(json.dumps(row).encode()).kind == kind
    assert refund(json.dumps(row).encode()).external_id.startswith("?")  # nameless, and not dropped


async def test_asked_done_and_taken_back(taobao: House) -> None:
    one, two, three = await taobao.place(3, skus=["LAMP"])
    for id, to in ((one, "asked"), (two, "done"), (three, "asked"), (three, "none")):
        await taobao.control("refund", platform="taobao", external_id=id, to=to)
    found = {case.order_id: case for case in (await pull(taobao)).values()}
    assert {id: found[id].state for id in (one, two, three)} == {one: "asked", two: "done", three: "closed"}
    assert found[one].kind == "money" and found[one].line_keys == (one,) and found[one].amount_minor == 1990


async def test_after_shipping_goods_come_back(taobao: House) -> None:
    [id] = await taobao.place(state="completed", skus=["LAMP", "SOCK"])
    await taobao.control("refund", platform="taobao", external_id=id, to="asked", lines=[2])
    [case] = (await pull(taobao)).values()
    assert case.kind == "return" and case.line_keys == (str(int(id) + 2),)


async def test_more_than_a_page_and_none_twice(taobao: House) -> None:
    ids = await taobao.place(230, skus=["LAMP"])
    for id in ids:
        await taobao.control("refund", platform="taobao", external_id=id, to="asked")
    for n, case in enumerate(taobao.world.cases("taobao").values()):
        case.modified = int(time.time()) - 60 - n
    found = [case async for page in taobao.adapter.refunds(taobao.shop, taobao.window()) for case in page]
    assert sorted(case.order_id for case in found) == sorted(ids)


@pytest.mark.parametrize("broken", [{"total_results": 3}, {"total_results": 3, "refunds": {}}, {"refunds": []}, {}])
async def test_an_empty_page_where_rows_should_be_is_not_the_end(broken: dict[str, Any]) -> None:
    async with client(lambda request: reply({"refunds_receive_get_response": broken})) as web:
        with pytest.raises(Unavailable):
            async for _ in registry.connect("taobao", web).refunds(shop("taobao"), House().window()):
                pass
