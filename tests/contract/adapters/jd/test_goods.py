"""What the shop lists on JD, and the numbers that its buyers see."""

import json
from typing import Any

import httpx
import pytest

from server.errors import Rejected, Unavailable
from server.platforms import registry
from server.platforms.jd import goods
from server.platforms.port import Listing, StockAnswer, StockOrder
from server.sandbox.catalogue import SKUS
from tests.contract.adapters.jd.house import House
from tests.contract.adapters.support import client, form, reply, shop, vectors

WARE = {"own": {"stock_model_set": "1", "stock_model_add": "2"}}


async def listed(jd: House) -> dict[str, Listing]:
    return {one.outer_code: one async for page in jd.adapter.listings(jd.shop) for one in page}


def wish(one: Listing, qty: int, key: str = "k1") -> StockOrder:
    return StockOrder(one.item, one.platform_sku, qty, key)


async def test_all_that_is_listed_on_many_pages(jd: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(goods, "PAGE", 5)
    found = await listed(jd)
    assert set(found) == {sku.code for sku in SKUS}
    lamp = found["LAMP"]
    assert (lamp.title, lamp.price_minor, lamp.qty, lamp.state) == ("USB小夜灯", 1990, 100, "on")
    [id] = await jd.place(skus=["LAMP"])
    item = json.loads((await jd.adapter.order(jd.shop, id)).body)["itemInfoList"][0]
    assert (item["skuId"], item["wareId"]) == (lamp.platform_sku, lamp.item)


def test_a_row_that_is_half_readable_is_still_a_listing() -> None:
    row = {"skuId": "7", "wareId": 8, "jdPrice": "x", "stockNum": 3, "status": 99, "outerId": None}
    found = goods.listing(row)
    assert found == Listing(item="8", platform_sku="7", title="", qty=3, state="off")


@pytest.mark.parametrize("settings", [{}, WARE])
async def test_set_and_one_that_is_refused(jd: House, settings: dict[str, Any]) -> None:
    found = await listed(jd)
    jd.with_(settings=settings)
    wanted = [wish(found["LAMP"], 7), StockOrder("1", "999", 5), wish(found["SOCK"], 0)]
    answers = await jd.adapter.set_stock(jd.shop, wanted)
    assert [a.outcome for a in answers] == ["done", "refused", "done"]
    assert answers[1].message and answers[0] == StockAnswer(wanted[0].item, wanted[0].platform_sku, "done")
    after = await listed(jd)
    assert (after["LAMP"].qty, after["SOCK"].qty, after["BAG-NAT"].qty) == (7, 0, 100)
    ware = jd.calls("jingdong.ware.stock.sku.set")
    assert ware == (1 if settings else 0)


async def test_below_zero_is_not_sent(jd: House) -> None:
    found = await listed(jd)
    with pytest.raises(Rejected):
        await jd.adapter.set_stock(jd.shop, [wish(found["LAMP"], 3), wish(found["SOCK"], -1)])
    assert (await listed(jd))["LAMP"].qty == 100


async def test_a_lost_answer_to_a_set_may_be_asked_again(jd: House) -> None:
    found = await listed(jd)
    method = "jingdong.stock.write.updateSkuStock"
    await jd.control("faults", kind="fail_after", platform="jd", method=method)
    with pytest.raises(Unavailable):
        await jd.adapter.set_stock(jd.shop, [wish(found["LAMP"], 7)])
    assert [a.outcome for a in await jd.adapter.set_stock(jd.shop, [wish(found["LAMP"], 7)])] == ["done"]
    assert (await listed(jd))["LAMP"].qty == 7


async def test_increments_are_off_until_somebody_tried_them(jd: House) -> None:
    assert not jd.adapter.powers.stock_add and not jd.adapter.powers.stock_add_once
    found = await listed(jd)
    with pytest.raises(Rejected):
        await jd.adapter.add_stock(jd.shop, [wish(found["LAMP"], 1)])
    assert (await listed(jd))["LAMP"].qty == 100


@pytest.mark.parametrize("settings", [{"own": {"stock_add": True}}, WARE])
async def test_increments_where_settings_allow_them(jd: House, settings: dict[str, Any]) -> None:
    found = await listed(jd)
    jd.with_(settings=settings)
    wanted = [wish(found["LAMP"], -3), wish(found["SOCK"], -101), StockOrder("1", "999", 1), wish(found["BAG-NAT"], 4)]
    answers = await jd.adapter.add_stock(jd.shop, wanted)
    assert [a.outcome for a in answers] == ["done", "refused", "refused", "done"]
    after = await listed(jd)
    assert [after[code].qty for code in ("LAMP", "SOCK", "BAG-NAT")] == [97, 100, 104]


async def test_the_sample_answer_row_by_row() -> None:
    sent: list[Any] = []

    def handler(request: httpx.Request) -> httpx.Response:
        sent.append(json.loads(form(request)["360buy_param_json"]))
        return reply(vectors("jd/ware_stock_sku_set.response.json"))

    wanted = [StockOrder("", f"10000000000{n}", 50 * (2 - n) if n < 3 else 1, "rf-20261122-0001") for n in (1, 2, 3)]
    async with client(handler) as web:
        answers = await registry.connect("jd", web).set_stock(shop("jd", settings=WARE), wanted)
    assert [(a.outcome, bool(a.message)) for a in answers] == [("done", False), ("refused", True), ("refused", True)]
    model = vectors("jd/ware_stock_sku_set.request.json")["req"]
    assert sent[0]["req"] | {"skuStocks": sent[0]["req"]["skuStocks"][:2]} == model
