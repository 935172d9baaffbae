"""What a Taobao shop lists, and stock as it really behaves there: full numbers, increments, Tmall's key."""

import json
from typing import Any

import httpx
import pytest

from server.errors import Rejected, Unavailable
from server.platforms import registry
from server.platforms.port import Listing, StockOrder
from server.platforms.taobao.goods import names
from server.sandbox.catalogue import SKUS
from tests.contract.adapters.support import client, form, reply, sample, shop
from tests.contract.adapters.taobao.house import House

MANY = "taobao.skus.quantity.update"
ONE = "taobao.item.quantity.update"
TMALL = "tmall.item.quantity.update"
TEE = "700000000001"
WHITE, BLACK = "5000000000001", "5000000000003"
SOCK = next(f"{700_000_000_000 + sku.item}" for sku in SKUS if sku.code == "SOCK")


async def listings(taobao: House) -> list[Listing]:
    return [one async for page in taobao.adapter.listings(taobao.shop) for one in page]


def number(taobao: House, code: str) -> int:
    return int(taobao.world.shelf("taobao").number(next(sku for sku in SKUS if sku.code == code)))


async def test_all_that_is_listed_with_and_without_variants(taobao: House) -> None:
    found = {one.outer_code: one for one in await listings(taobao)}
    assert set(found) == {sku.code for sku in SKUS} and len(await listings(taobao)) == len(SKUS)
    tee, sock = found["TEE-WHT-M"], found["SOCK"]
    assert (tee.item, tee.platform_sku, tee.variant, tee.state) == (TEE, WHITE, "白色 M", "on")
    assert (tee.price_minor, tee.qty, tee.barcode) == (5900, 100, SKUS[0].barcode)
    assert (sock.item, sock.platform_sku, sock.price_minor) == (SOCK, "", 2990)


async def test_what_is_off_the_shelf_and_what_was_deleted() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        asked = form(request)
        root: dict[str, Any] = {"total_results": 0}
        if asked.get("banner") in ("off_shelf", "sold_out"):  # the same item for two reasons
            item = {"num_iid": 7, "title": "旧款", "approve_status": "instock", "num": 0, "price": "1.00"}
            root = {"total_results": 1, "items": {"item": [item]}}
        if asked["method"] == "taobao.item.skus.get":
            skus = [{"sku_id": 1, "num_iid": 7, "status": "normal"}, {"sku_id": 2, "num_iid": 7, "status": "delete"}]
            return reply({"item_skus_get_response": {"skus": {"sku": skus}}})
        return reply({asked["method"].removeprefix("taobao.").replace(".", "_") + "_response": root})

    async with client(handler) as web:
        pages = registry.connect("taobao", web).listings(shop("taobao"))
        found = [one async for page in pages for one in page]
    assert [(one.platform_sku, one.state) for one in found] == [("1", "off"), ("2", "deleted")]


def test_names_of_variants() -> None:
    assert names("1:2:颜色分类:白色;3:4:尺码:M:L") == "白色 M:L"
    assert names("") == "" and names("1:2") == ""


async def test_full_numbers_an_item_at_a_time(taobao: House) -> None:
    wanted = [StockOrder(TEE, WHITE, 7), StockOrder(SOCK, "", 3), StockOrder(TEE, BLACK, 0)]
    found = await taobao.adapter.set_stock(taobao.shop, wanted)
    assert [(one.platform_sku, one.outcome, one.qty) for one in found] == [
        (WHITE, "done", 7), ("", "done", 3), (BLACK, "done", 0)]  # fmt: skip
    assert (number(taobao, "TEE-WHT-M"), number(taobao, "SOCK"), number(taobao, "TEE-BLK-M")) == (7, 3, 0)
    assert (taobao.calls(MANY), taobao.calls(ONE)) == (1, 1)


async def test_twice_the_same_sku_the_last_wins(taobao: House) -> None:
    await taobao.adapter.set_stock(taobao.shop, [StockOrder(TEE, WHITE, 7), StockOrder(TEE, WHITE, 8)])
    assert number(taobao, "TEE-WHT-M") == 8


async def test_a_stranger_among_them_keeps_nobody_from_its_number(taobao: House) -> None:
    wanted = [StockOrder(TEE, WHITE, 7), StockOrder(TEE, "1", 5), StockOrder("1", "", 5), StockOrder(TEE, "", 5)]
    found = await taobao.adapter.set_stock(taobao.shop, wanted)
    assert [one.outcome for one in found] == ["done", "refused", "refused", "refused"]
    assert all(one.message for one in found[1:]) and number(taobao, "TEE-WHT-M") == 7
    assert taobao.world.shelf("taobao").writes == 1


async def test_less_than_nothing_is_not_even_asked_for(taobao: House) -> None:
    with pytest.raises(Rejected):
        await taobao.adapter.set_stock(taobao.shop, [StockOrder(TEE, WHITE, 7), StockOrder(TEE, BLACK, -1)])
    assert not taobao.world.calls


async def test_increments_are_exact_or_refused(taobao: House) -> None:
    """The other call would cut -101 to 0 without a word."""
    wanted = [StockOrder(TEE, WHITE, -30, "k"), StockOrder(TEE, WHITE, -71, "l"), StockOrder(SOCK, "", 5, "m")]
    found = await taobao.adapter.add_stock(taobao.shop, wanted)
    assert [(one.outcome, one.qty) for one in found] == [("done", 70), ("refused", None), ("done", 105)]
    assert (number(taobao, "TEE-WHT-M"), number(taobao, "SOCK")) == (70, 105)
    assert not taobao.calls(MANY)


async def test_without_tmalls_key_a_repeat_counts_twice_and_nobody_is_told_otherwise(taobao: House) -> None:
    assert taobao.adapter.powers.stock_add and not taobao.adapter.powers.stock_add_once
    for _ in range(2):
        await taobao.adapter.add_stock(taobao.shop, [StockOrder(TEE, WHITE, -1, "k")])
    assert number(taobao, "TEE-WHT-M") == 98


async def test_on_tmall_a_repeat_counts_once(taobao: House) -> None:
    taobao.own(tmall=True)
    wish = [StockOrder(TEE, WHITE, -1, "订单/1"), StockOrder(SOCK, "", -2, "")]
    await taobao.control("faults", kind="fail_after", platform="taobao", method=TMALL)
    with pytest.raises(Unavailable):
        await taobao.adapter.add_stock(taobao.shop, wish)
    found = await taobao.adapter.add_stock(taobao.shop, wish)
    assert [(one.outcome, one.qty) for one in found] == [("done", None), ("done", None)]
    assert (number(taobao, "TEE-WHT-M"), number(taobao, "SOCK")) == (99, 98)
    [no] = await taobao.adapter.add_stock(taobao.shop, [StockOrder(TEE, WHITE, -100, "another")])
    assert no.outcome == "refused" and number(taobao, "TEE-WHT-M") == 99


async def test_an_answer_about_another_item_confirms_nothing() -> None:
    async with client(
        lambda request: httpx.Response(200, content=sample("taobao/skus_quantity_update.ok.json"))
    ) as web:
        adapter = registry.connect("taobao", web)
        [right] = await adapter.set_stock(shop("taobao"), [StockOrder(TEE, "5000000000006", 70)])
        [wrong] = await adapter.set_stock(shop("taobao"), [StockOrder("700000000002", "5000000000006", 70)])
    assert (right.outcome, right.qty) == ("done", 70)
    assert wrong.outcome == "refused" and wrong.message


async def test_a_call_holds_twenty_skus() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(form(request)["skuid_quantities"])
        rows = [{"sku_id": int(pair.split(":")[0]), "quantity": 1} for pair in asked[-1].split(";")]
        return reply({"skus_quantity_update_response": {"item": {"num_iid": 7, "skus": {"sku": rows}}}})

    async with client(handler) as web:
        wanted = [StockOrder("7", str(n + 1), 1) for n in range(45)]
        found = await registry.connect("taobao", web).set_stock(shop("taobao"), wanted)
    assert [len(text.split(";")) for text in asked] == [20, 20, 5]
    assert all(one.outcome == "done" and one.qty == 1 for one in found)
    assert json.dumps([one.platform_sku for one in found]) == json.dumps([one.platform_sku for one in wanted])
