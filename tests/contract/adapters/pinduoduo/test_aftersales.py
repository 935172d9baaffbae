"""Pinduoduo's after-sales: the table of states, two ways to number kinds, yuan and fen, pages that move."""

import json
import time
from typing import Any

import httpx
import pytest

from server.errors import Unavailable
from server.platforms import limiter, registry
from server.platforms.pinduoduo.aftersales import STATES, refund
from server.sandbox.pinduoduo.gateway import OFTEN
from tests.contract.adapters.pinduoduo.house import House
from tests.contract.adapters.support import client, form, reply, sample, shop

LIST = "pdd.refund.list.increment.get"
DETAIL = "pdd.refund.information.get"
PUBLISHED = "2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 21 22 24 25 27 31 32 33"
ROWS = json.loads(sample("pinduoduo/refund_list.json"))["refund_increment_get_response"]["refund_list"]


def read(row: dict[str, Any], detail: dict[str, Any] | None = None, **more: Any) -> Any:
    return refund(json.dumps(row).encode(), detail, **more)


def test_every_published_state_has_its_meaning() -> None:
    assert set(STATES) == set(PUBLISHED.split())
    for status, state in STATES.items():
        assert read({**ROWS[0], "after_sales_status": int(status)}).state == state
        assert read({**ROWS[0], "after_sales_status": status}).state == state
    for strange in (0, 99, None, "x", True):
        assert read({**ROWS[0], "after_sales_status": strange}).state == "unknown"


def test_a_row_in_both_of_its_ways_to_write_time() -> None:
    first, second = (read(row) for row in ROWS)
    assert (first.external_id, first.order_id) == ("800000000001", "260101-000000000000002")
    assert (first.state, first.kind, first.amount_minor) == ("done", "money", 1990)
    assert first.line_keys == ("200000000012",) and first.waybill_no == ""
    assert (second.state, second.kind, second.amount_minor) == ("asked", "return", 1990)
    assert [one.modified.isoformat() for one in (first, second)] == [
        "2025-12-31T23:40:00+00:00", "2025-12-31T23:55:00+00:00"]  # fmt: skip


@pytest.mark.parametrize(
    ("detail", "list_type", "shift", "kind"),
    [(1, 3, 1, "money"), (2, 2, 1, "return"), (3, 2, 1, "exchange"), (4, 2, 1, "other"), (5, 2, 1, "other"),
     (None, 2, 1, "money"), (None, 3, 1, "return"), (None, 4, 1, "exchange"), (None, 5, 1, "other"),
     (None, 1, 0, "money"), (None, 2, 0, "return"), (None, 9, 1, "other"), (None, None, 1, "other"),
     (9, 2, 1, "other")],
)  # fmt: skip
def test_the_detail_says_what_a_case_is_before_the_list_does(
    detail: int | None, list_type: int | None, shift: int, kind: str
) -> None:
    more = {} if detail is None else {"id": 1, "after_sales_type": detail}
    assert read({**ROWS[0], "after_sales_type": list_type}, more, shift=shift).kind == kind


def test_yuan_in_the_list_fen_in_the_detail() -> None:
    without = {**ROWS[0], "refund_amount": None}
    assert read(ROWS[0], {"id": 1, "refund_amount": 5}).amount_minor == 1990
    assert read(without, {"id": 1, "refund_amount": 1990}).amount_minor == 1990
    assert read(without).amount_minor is None
    for wrong in (-1, "x", 19.5, True, 10**16):
        assert read(without, {"id": 1, "refund_amount": wrong}).amount_minor is None


def test_goods_on_their_way_back_have_a_number() -> None:
    back = {"id": 1, "after_sales_type": 2, "express_no": "YT000000001"}
    for status, state in ((7, "returning"), (3, "returning"), (10, "done"), (2, "asked")):
        found = read({**ROWS[1], "after_sales_status": status}, back)
        assert (found.state, found.waybill_no) == (state, "YT000000001")


def test_a_nameless_case_is_not_dropped() -> None:
    assert read({}).external_id.startswith("?") and read({}) != read({"x": 1})


async def test_asked_done_and_taken_back(pdd: House) -> None:
    one, two, three = await pdd.place(3, skus=["LAMP"])
    for id, to in ((one, "asked"), (two, "done"), (three, "asked"), (three, "none")):
        await pdd.refund(id, to)
    found = {case.order_id: case for case in (await pdd.cases()).values()}
    assert {id: found[id].state for id in (one, two, three)} == {one: "asked", two: "done", three: "closed"}
    item = json.loads((await pdd.adapter.order(pdd.shop, one)).body)["item_list"][0]
    assert found[one].kind == "money" and found[one].line_keys == (str(item["sku_id"]),)
    assert found[one].amount_minor == 1990
    assert pdd.calls(LIST) == len(STATES) and pdd.calls(DETAIL) == 3


@pytest.mark.parametrize("numbers", ["request", "detail"])
async def test_after_shipping_goods_come_back_however_the_list_numbers_them(numbers: str) -> None:
    async with House.opened(pdd_case_type=numbers) as house:
        [id] = await house.place(state="completed", skus=["LAMP", "SOCK"])
        await house.refund(id, lines=[2])
        [case] = (await house.cases()).values()
        assert case.kind == "return" and len(case.line_keys) == 1
        case_there = next(iter(house.world.cases("pinduoduo").values()))
        case_there.waybill_no = "YT1"
        [case] = (await house.cases()).values()
        assert (case.state, case.waybill_no) == ("returning", "YT1")


async def test_without_the_right_to_details_the_list_must_do() -> None:
    async with House.opened(pdd_no_right=frozenset({DETAIL})) as house:
        [id] = await house.place()
        await house.refund(id)
        [case] = (await house.cases()).values()
        assert case.kind == "money" and case.state == "asked"
        calls = house.calls(DETAIL)
        assert calls > 0
        house.own(refund_details=False)
        assert set(await house.cases()) == {case.external_id} and house.calls(DETAIL) == calls


@pytest.mark.parametrize("numbers", ["request", "detail"])
async def test_a_shop_says_how_its_list_numbers_kinds(numbers: str) -> None:
    async with House.opened(pdd_case_type=numbers) as house:
        house.own(refund_details=False, refund_types=numbers)
        [id] = await house.place(state="shipped")
        await house.refund(id)
        assert {case.kind for case in (await house.cases()).values()} == {"return"}


async def test_all_states_in_one_call_where_a_shop_tried_it() -> None:
    async with House.opened(pdd_refund_all=True) as house:
        house.own(refund_all=True)
        one, two = await house.place(2)
        await house.refund(one)
        await house.refund(two, "done")
        assert {case.order_id for case in (await house.cases()).values()} == {one, two}
        assert house.calls(LIST) == 1


async def test_more_than_a_page_and_none_twice(pdd: House) -> None:
    ids = await pdd.place(130, skus=["LAMP"])
    for id in ids:
        await pdd.refund(id)
    for n, case in enumerate(pdd.world.cases("pinduoduo").values()):
        case.modified = int(time.time()) - 60 - n
    window = pdd.window(behind=-1)
    found = [case async for page in pdd.adapter.refunds(pdd.shop, window) for case in page]
    assert sorted(case.order_id for case in found) == sorted(ids)


async def test_too_often_is_later_not_never(pdd: House) -> None:
    """A catch-up of many windows meets the published limit."""
    with pytest.raises(Unavailable) as caught:
        for _ in range(10):
            await pdd.cases()
    assert caught.value.retry_after == 30


def test_our_own_pace_stays_below_what_is_published() -> None:
    """Else a catch-up would stop the shop's orders, too, each time it is told off."""
    most, within = OFTEN[LIST]
    assert limiter.RATES["pinduoduo"] * (within + limiter.BURST_S * (1 - limiter.RESERVE)) < most


@pytest.mark.parametrize(
    "broken", [{"total_count": 3}, {"total_count": 3, "refund_list": []}, {"refund_list": []}, {"refund_list": "x"},
               {"total_count": True, "refund_list": []}, {"total_count": 1, "refund_list": ["x"]}],
)  # fmt: skip
async def test_an_empty_page_where_rows_should_be_is_not_the_end(broken: dict[str, Any]) -> None:
    async with client(lambda request: reply({"refund_increment_get_response": broken})) as web:
        with pytest.raises(Unavailable):
            async for _ in registry.connect("pinduoduo", web).refunds(shop("pinduoduo"), House().window()):
                pass


async def test_a_detail_of_another_case_is_not_believed() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if form(request)["type"] == DETAIL:
            return reply({"id": 5, "after_sales_type": 3, "express_no": "X"})
        rows = ROWS[:1] if form(request)["after_sales_status"] == "10" else []
        return reply({"refund_increment_get_response": {"refund_list": rows, "total_count": len(rows)}})

    async with client(handler) as web:
        pages = registry.connect("pinduoduo", web).refunds(shop("pinduoduo"), House().window())
        [[case]] = [page async for page in pages]
    assert (case.kind, case.waybill_no) == ("money", "")
    assert json.loads(case.body) == ROWS[0]
