"""What a Pinduoduo shop lists, and stock as it really behaves there: never cut, and a repeat counts again."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from server.errors import Rejected, Unavailable
from server.platforms import registry
from server.platforms.pinduoduo import goods
from server.platforms.pinduoduo.goods import _left, variants
from server.platforms.port import Listing, StockAnswer, StockOrder
from server.sandbox.catalogue import SKUS
from tests.contract.adapters.pinduoduo.house import House
from tests.contract.adapters.support import client, form, reply, sample, shop

LIST = "pdd.goods.list.get"
ONE = "pdd.goods.skus.get"
UPDATE = "pdd.goods.quantity.update"
TEE = "100000000001"
WHITE, BLACK = "200000000001", "200000000003"


async def listings(pdd: House) -> list[Listing]:
    return [one async for page in pdd.adapter.listings(pdd.shop) for one in page]


def number(pdd: House, code: str) -> int:
    return int(pdd.world.shelf("pinduoduo").number(next(sku for sku in SKUS if sku.code == code)))


async def test_all_that_is_listed_on_many_pages(pdd: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(goods, "PAGE", 3)
    rows = await listings(pdd)
    found = {one.outer_code: one for one in rows}
    assert set(found) == {sku.code for sku in SKUS} and len(rows) == len(SKUS)
    tee = found["TEE-WHT-M"]
    assert (tee.item, tee.platform_sku, tee.variant, tee.state) == (TEE, WHITE, "白色 M", "on")
    assert (tee.qty, tee.price_minor, tee.currency) == (100, None, "CNY")
    [id] = await pdd.place(skus=["LAMP"])
    line = json.loads((await pdd.adapter.order(pdd.shop, id)).body)["item_list"][0]
    lamp = found["LAMP"]
    assert (str(line["goods_id"]), str(line["sku_id"])) == (lamp.item, lamp.platform_sku)
    assert not pdd.calls(ONE)


async def test_prices_where_a_shop_wants_them(pdd: House) -> None:
    pdd.own(listing_prices=True)
    found = {one.outer_code: one for one in await listings(pdd)}
    assert (found["TEE-WHT-M"].price_minor, found["LAMP"].price_minor) == (5900, 1990)  # fen, and what a group pays


async def test_what_is_off_the_shelf() -> None:
    skus = [{"sku_id": 1, "is_sku_onsale": 1, "sku_quantity": 4, "spec": ""}, {"sku_id": 2, "is_sku_onsale": 0}]
    rows = {
        "1": [{"goods_id": 7, "goods_name": "杯", "is_onsale": 1, "sku_list": skus}],
        "0": [{"goods_id": 7, "is_onsale": 0, "sku_list": skus}, {"goods_id": 8, "is_onsale": 0, "sku_list": skus},
              {"goods_name": "无号"}],
    }  # fmt: skip

    def handler(request: httpx.Request) -> httpx.Response:
        found = rows[form(request)["is_onsale"]]
        return reply({"goods_list_get_response": {"total_count": len(found), "goods_list": found}})

    async with client(handler) as web:
        pages = registry.connect("pinduoduo", web).listings(shop("pinduoduo"))
        found = [one async for page in pages for one in page]
    assert [(one.item, one.platform_sku, one.state) for one in found] == [
        ("7", "1", "on"), ("7", "2", "off"), ("8", "1", "off"), ("8", "2", "off")]  # fmt: skip


def test_half_readable_rows() -> None:
    [whole] = variants({"goods_id": 7, "goods_name": "杯", "is_onsale": 1, "goods_quantity": "9", "sku_list": []})
    assert whole == Listing("7", "", "杯", qty=9)
    [odd] = variants({"goods_id": "7", "sku_list": [{"sku_id": "1", "sku_quantity": "x"}, {"spec": "无号"}]})
    assert odd == Listing("7", "1", "", qty=None, state="off")


def test_what_is_reserved_may_stand_inside_the_number() -> None:
    row = {"goods_id": 7, "sku_list": [{"sku_id": 1, "sku_quantity": 10, "reserve_quantity": 3}]}
    assert [one.qty for one in variants(row)] == [10] and [one.qty for one in variants(row, inside=True)] == [7]


async def test_where_it_does_a_full_number_makes_room_for_it(pdd: House) -> None:
    await pdd.place(skus=["TEE-WHT-M", "TEE-WHT-M"], state="unpaid")
    pdd.own(reserved_inside=True)
    [done] = await pdd.adapter.set_stock(pdd.shop, [StockOrder(TEE, WHITE, 5)])
    assert done.outcome == "done" and number(pdd, "TEE-WHT-M") == 7
    found = {one.outer_code: one.qty for one in await listings(pdd)}
    assert found["TEE-WHT-M"] == 5


async def test_full_numbers(pdd: House) -> None:
    wanted = [StockOrder(TEE, WHITE, 7), StockOrder(TEE, BLACK, 0)]
    for _ in range(2):
        found = await pdd.adapter.set_stock(pdd.shop, wanted)
        assert found == [StockAnswer(TEE, WHITE, "done"), StockAnswer(TEE, BLACK, "done")]
    assert (number(pdd, "TEE-WHT-M"), number(pdd, "TEE-BLK-M")) == (7, 0)


async def test_twice_the_same_sku_the_last_wins() -> None:
    """Even where the platform takes its time over the first."""
    begun: list[str] = []
    done: list[str] = []

    async def handler(request: httpx.Request) -> httpx.Response:
        begun.append(form(request)["quantity"])
        for _ in range(50 if len(begun) == 1 else 0):
            await asyncio.sleep(0)
        done.append(form(request)["quantity"])
        return httpx.Response(200, content=sample("pinduoduo/goods_quantity_update_ok.json"))

    async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as web:
        adapter = registry.connect("pinduoduo", web)
        await adapter.set_stock(shop("pinduoduo"), [StockOrder(TEE, WHITE, n) for n in (7, 9, 8)])
    assert done == ["7", "9", "8"]


async def test_a_stranger_among_them_keeps_nobody_from_its_number(pdd: House) -> None:
    wanted = [StockOrder(TEE, WHITE, 7), StockOrder(TEE, "1", 5), StockOrder("1", WHITE, 5), StockOrder(TEE, "", 5)]
    found = await pdd.adapter.set_stock(pdd.shop, wanted)
    assert [one.outcome for one in found] == ["done", "refused", "refused", "refused"]
    assert all(one.message for one in found[1:]) and number(pdd, "TEE-WHT-M") == 7
    assert pdd.world.shelf("pinduoduo").writes == 1 and pdd.calls(UPDATE) == 3


async def test_less_than_nothing_is_not_even_asked_for(pdd: House) -> None:
    with pytest.raises(Rejected):
        await pdd.adapter.set_stock(pdd.shop, [StockOrder(TEE, WHITE, 7), StockOrder(TEE, BLACK, -1)])
    assert not pdd.world.calls


async def test_increments_are_exact_or_refused(pdd: House) -> None:
    wanted = [StockOrder(TEE, WHITE, -30, "k"), StockOrder(TEE, WHITE, -71, "l"), StockOrder(TEE, BLACK, 5, "m")]
    found = await pdd.adapter.add_stock(pdd.shop, wanted)
    assert [one.outcome for one in found] == ["done", "refused", "done"]
    assert (number(pdd, "TEE-WHT-M"), number(pdd, "TEE-BLK-M")) == (70, 105)


async def test_a_repeat_counts_again_and_nobody_is_told_otherwise(pdd: House) -> None:
    assert pdd.adapter.powers.stock_add and not pdd.adapter.powers.stock_add_once
    for _ in range(2):
        await pdd.adapter.add_stock(pdd.shop, [StockOrder(TEE, WHITE, -1, "k")])
    assert number(pdd, "TEE-WHT-M") == 98


async def test_a_lost_answer_to_an_increment_is_not_asked_again(pdd: House) -> None:
    await pdd.control("faults", kind="fail_after", platform="pinduoduo", method=UPDATE)
    with pytest.raises(Unavailable):
        await pdd.adapter.add_stock(pdd.shop, [StockOrder(TEE, WHITE, -1), StockOrder(TEE, BLACK, -1)])
    assert (number(pdd, "TEE-WHT-M"), number(pdd, "TEE-BLK-M")) == (99, 100) and pdd.calls(UPDATE) == 1


async def test_goods_on_a_slot_cannot_be_lowered() -> None:
    async with House.opened(pdd_on_slot=frozenset({"TEE"})) as house:
        wanted = [StockOrder(TEE, WHITE, 5), StockOrder(TEE, BLACK, 120)]
        found = await house.adapter.set_stock(house.shop, wanted)
        assert [one.outcome for one in found] == ["refused", "done"] and "资源位" in found[0].message
        assert (number(house, "TEE-WHT-M"), number(house, "TEE-BLK-M")) == (100, 120)


@pytest.mark.parametrize("said", [True, False, "true", None])
async def test_only_a_plain_yes_confirms(said: Any) -> None:
    answer = json.loads(sample("pinduoduo/goods_quantity_update_ok.json"))
    answer["goods_quantity_update_response"]["is_success"] = said
    async with client(lambda request: reply(answer)) as web:
        [found] = await registry.connect("pinduoduo", web).set_stock(shop("pinduoduo"), [StockOrder("7", "1", 5)])
    assert (found.outcome == "done") == (said is True) == (not found.message)


async def test_the_sample_of_one_sku() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if form(request)["type"] == ONE:
            return httpx.Response(200, content=sample("pinduoduo/goods_skus_get.json"))
        row = {"goods_id": 100000000001, "is_onsale": 1, "sku_list": [{"sku_id": 200000000011, "is_sku_onsale": 1}]}
        rows = [row] if form(request)["is_onsale"] == "1" else []
        return reply({"goods_list_get_response": {"total_count": len(rows), "goods_list": rows}})

    async with client(handler) as web:
        there = shop("pinduoduo", settings={"own": {"listing_prices": True}})
        [[one]] = [page async for page in registry.connect("pinduoduo", web).listings(there)]
    assert (one.platform_sku, one.price_minor) == ("200000000011", 1990)


@pytest.mark.parametrize("broken", [{}, {"total_count": 2}, {"total_count": 2, "goods_list": []}, {"total_count": -1}])
async def test_an_empty_page_where_rows_should_be_is_not_the_end(broken: dict[str, Any]) -> None:
    async with client(lambda request: reply({"goods_list_get_response": broken})) as web:
        with pytest.raises(Unavailable):
            async for _ in registry.connect("pinduoduo", web).listings(shop("pinduoduo")):
                pass


def test_more_reserved_than_a_number_can_say_is_no_number() -> None:
    """It would not fit its column, and one odd SKU would cost the page."""
    assert _left(-(2**31) + 1, 5, True) is None and _left(-(2**31) + 1, 5, False) == -(2**31) + 1
    assert _left("7", "5", True) == 2 and _left("7", None, True) == 7
