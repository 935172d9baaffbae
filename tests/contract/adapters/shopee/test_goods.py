"""What a Shopee shop lists, and stock as it really behaves there: full numbers, warehouses, what promotions hold."""

import json
from typing import Any

import httpx
import pytest

from server.errors import Rejected, Unavailable
from server.platforms import registry
from server.platforms.port import Listing, StockOrder
from server.platforms.shopee.goods import names
from server.sandbox.catalogue import SKUS
from server.sandbox.knobs import Knobs
from tests.contract.adapters.shopee.house import House
from tests.contract.adapters.support import client, reply, sample, shop

PUT = "product/update_stock"
TEE = "23000000001"
WHITE, BLACK = "22100000001", "22100000003"
SOCK = next(f"{23_000_000_000 + sku.item}" for sku in SKUS if sku.code == "SOCK")


async def listings(house: House) -> list[Listing]:
    return [one async for page in house.adapter.listings(house.shop) for one in page]


def number(house: House, code: str) -> int:
    return int(house.world.shelf("shopee").number(next(sku for sku in SKUS if sku.code == code)))


async def test_all_that_is_listed_with_and_without_variants(shopee: House) -> None:
    found = {one.outer_code: one for one in await listings(shopee)}
    assert set(found) == {sku.code for sku in SKUS} and len(await listings(shopee)) == len(SKUS)
    tee, sock = found["TEE-WHT-M"], found["SOCK"]
    assert (tee.item, tee.platform_sku, tee.title, tee.variant) == (TEE, WHITE, "Cotton tee", "White M")
    assert (tee.price_minor, tee.currency, tee.qty, tee.barcode) == (1290, "SGD", 100, SKUS[0].barcode)
    assert (sock.item, sock.platform_sku, sock.price_minor, sock.state) == (SOCK, "", 690, "on")
    assert tee.modified is not None


async def test_several_states_are_asked_for_by_repeating_the_name(shopee: House) -> None:
    asked: list[list[str]] = []

    async def keep(request: httpx.Request) -> None:
        if request.url.path.endswith("get_item_list"):
            asked.append(request.url.params.get_list("item_status"))

    shopee.web.event_hooks["request"] = [keep]
    await listings(shopee)
    assert asked == [["NORMAL", "UNLIST", "BANNED", "REVIEWING"]]
    shopee.own(item_states="UNLIST")
    assert await listings(shopee) == []
    shopee.own(item_states="SOLD")
    with pytest.raises(Rejected):
        await listings(shopee)


class Far:
    """Items with a state each, page by page."""

    def __init__(self, states: list[str], model_status: str = "MODEL_NORMAL") -> None:
        self.states, self.model_status = states, model_status
        self.hidden: set[str] = set()
        self.before_page: Any = lambda number: None
        self.lists = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        sent, call = dict(request.url.params), request.url.path.rpartition("/")[2]
        return reply({"error": "", "message": "", "response": getattr(self, call)(sent)})

    def get_item_list(self, sent: dict[str, str]) -> Any:
        self.before_page(self.lists)
        self.lists += 1
        start, size = int(sent["offset"]), int(sent["page_size"])
        rows = [{"item_id": n + 1, "item_status": s} for n, s in enumerate(self.states)][start : start + size]
        more = start + size < len(self.states)
        return {"item": rows, "has_next_page": more, **({"next_offset": start + size} if more else {})}

    def get_item_base_info(self, sent: dict[str, str]) -> Any:
        ids = sent["item_id_list"].split(",")
        assert len(ids) <= 50
        rows = [
            {"item_id": int(id), "item_name": "x", "item_sku": f"P{id}", "has_model": id == "1",
             "item_status": self.states[int(id) - 1]}
            for id in ids if id not in self.hidden
        ]  # fmt: skip
        return {"item_list": rows}

    def get_model_list(self, sent: dict[str, str]) -> Any:
        return {"model": [{"model_id": 7, "model_sku": "", "model_status": self.model_status}]}


async def far_listings(far: Far) -> list[Listing]:
    async with client(far) as web:
        pages = registry.connect("shopee", web).listings(shop("shopee"))
        return [one async for page in pages for one in page]


async def test_what_is_not_on_sale_and_codes_that_are_the_items() -> None:
    found = await far_listings(Far(["UNLIST", "NORMAL", "BANNED", "REVIEWING", "SELLER_DELETE"]))
    assert [one.state for one in found] == ["off", "on", "off", "off", "deleted"]
    assert found[0].outer_code == "P1" and found[0].platform_sku == "7"  # a model without a code of its own
    assert (found[1].qty, found[1].price_minor) == (None, None)
    [only] = await far_listings(Far(["NORMAL"], "MODEL_UNAVAILABLE"))
    assert only.state == "off"


async def test_a_list_that_moves_is_read_until_it_rests() -> None:
    far = Far(["NORMAL"] * 230)
    far.before_page = lambda number: far.states.append("NORMAL") if number == 1 else None
    assert len({one.item for one in await far_listings(far)}) == 231
    assert far.lists == 6


async def test_an_item_that_is_not_told_about_is_not_left_out_in_silence() -> None:
    far = Far(["NORMAL"] * 3)
    far.hidden = {"2"}
    with pytest.raises(Unavailable) as caught:
        await far_listings(far)
    assert caught.value.detail["missing"] == ["2"]


def test_names_of_variants() -> None:
    tiers = [{"option_list": [{"option": "White"}, {"option": "Black"}]}, {"option_list": [{"option": "M"}]}]
    assert names(tiers, [1, 0]) == "Black M"
    assert names(tiers, [9, 0]) == "M" and names(tiers, None) == "" and names([], [0]) == ""


# -- stock


async def test_full_numbers_an_item_at_a_time(shopee: House) -> None:
    wanted = [StockOrder(TEE, WHITE, 7), StockOrder(SOCK, "", 3), StockOrder(TEE, BLACK, 0)]
    found = await shopee.adapter.set_stock(shopee.shop, wanted)
    assert [(one.platform_sku, one.outcome, one.qty) for one in found] == [
        (WHITE, "done", 7), ("", "done", 3), (BLACK, "done", 0)]  # fmt: skip
    assert (number(shopee, "TEE-WHT-M"), number(shopee, "SOCK"), number(shopee, "TEE-BLK-M")) == (7, 3, 0)
    assert shopee.calls(PUT) == 2


async def test_twice_the_same_the_last_wins(shopee: House) -> None:
    wanted = [StockOrder(TEE, WHITE, 7), StockOrder(TEE, WHITE, 8), StockOrder(TEE, BLACK, 1)]
    found = await shopee.adapter.set_stock(shopee.shop, wanted)
    assert [one.qty for one in found] == [7, 8, 1]
    assert (number(shopee, "TEE-WHT-M"), number(shopee, "TEE-BLK-M")) == (8, 1) and shopee.calls(PUT) == 2


async def test_a_stranger_among_them_keeps_nobody_from_its_number(shopee: House) -> None:
    wanted = [StockOrder(TEE, WHITE, 7), StockOrder(TEE, "1", 5), StockOrder("1", "", 5), StockOrder(TEE, "", 5),
              StockOrder("x", "", 5)]  # fmt: skip
    found = await shopee.adapter.set_stock(shopee.shop, wanted)
    assert [one.outcome for one in found] == ["done", "refused", "refused", "refused", "refused"]
    assert all(one.message for one in found[1:]) and number(shopee, "TEE-WHT-M") == 7
    assert shopee.world.shelf("shopee").writes == 1


async def test_less_than_nothing_is_not_even_asked_for(shopee: House) -> None:
    with pytest.raises(Rejected):
        await shopee.adapter.set_stock(shopee.shop, [StockOrder(TEE, WHITE, 7), StockOrder(TEE, BLACK, -1)])
    assert not shopee.world.calls


@pytest.mark.parametrize("alone", [True, False])
async def test_what_a_promotion_holds_is_the_least(shopee: House, alone: bool) -> None:
    """Left at 100, buyers would go on buying what is not there."""
    shopee.world.shelf("shopee").reserved = {"TEE-WHT-M": 12, "SOCK": 5}
    wanted = [StockOrder(TEE, WHITE, 3)] + ([] if alone else [StockOrder(TEE, BLACK, 4)])
    found = await shopee.adapter.set_stock(shopee.shop, wanted)
    assert (found[0].outcome, found[0].qty) == ("clamped", 12) and "12" in found[0].message
    assert number(shopee, "TEE-WHT-M") == 12
    if not alone:
        assert found[1].outcome == "done" and number(shopee, "TEE-BLK-M") == 4
    [sock] = await shopee.adapter.set_stock(shopee.shop, [StockOrder(SOCK, "", 0)])
    assert (sock.outcome, sock.qty, number(shopee, "SOCK")) == ("clamped", 5, 5)
    [enough] = await shopee.adapter.set_stock(shopee.shop, [StockOrder(TEE, WHITE, 12)])
    assert (enough.outcome, enough.qty) == ("done", 12)


async def test_several_warehouses_must_be_named_and_one_must_not() -> None:
    house = House(Knobs(shopee_locations=("SG1", "SG2")))
    for location in ("", "MY1"):
        house.own(location_id=location)
        [no] = await house.adapter.set_stock(house.shop, [StockOrder(TEE, WHITE, 7)])
        assert no.outcome == "refused" and "授权" not in no.message  # their error_auth, and no dead token
    assert house.world.shelf("shopee").writes == 0
    house.own(location_id="SG2")
    [done] = await house.adapter.set_stock(house.shop, [StockOrder(TEE, WHITE, 7)])
    assert (done.outcome, done.qty) == ("done", 7)
    assert {one.outer_code: one.qty for one in await listings(house)}["TEE-WHT-M"] == 107
    await house.web.aclose()
    single = House()
    [no] = await single.adapter.set_stock(single.own(location_id="SG1"), [StockOrder(TEE, WHITE, 7)])
    assert no.outcome == "refused" and number(single, "TEE-WHT-M") == 100
    await single.web.aclose()


async def test_a_lost_answer_may_be_asked_for_again(shopee: House) -> None:
    await shopee.control("faults", kind="fail_after", platform="shopee", method=f"/api/v2/{PUT}")
    for n in range(2):
        if not n:
            with pytest.raises(Unavailable):
                await shopee.adapter.set_stock(shopee.shop, [StockOrder(TEE, WHITE, 7)])
        else:
            assert (await shopee.adapter.set_stock(shopee.shop, [StockOrder(TEE, WHITE, 7)]))[0].outcome == "done"
    assert number(shopee, "TEE-WHT-M") == 7


async def test_each_row_has_its_own_answer() -> None:
    async with client(lambda request: httpx.Response(200, content=sample("shopee/update_stock_partial.json"))) as web:
        adapter = registry.connect("shopee", web)
        found = await adapter.set_stock(
            shop("shopee"), [StockOrder("7", "22100000001", 40), StockOrder("7", "22100000002", 0)]
        )
        [other] = await adapter.set_stock(shop("shopee"), [StockOrder("7", "22100000009", 40)])
        [less] = await adapter.set_stock(shop("shopee"), [StockOrder("7", "22100000001", 41)])
    assert [one.outcome for one in found] == ["done", "refused"] and "reserved" in found[1].message
    assert other.outcome == "refused" and other.message  # an answer that does not name it confirms nothing
    assert (less.outcome, less.qty) == ("clamped", 40)


async def test_a_call_holds_fifty_models() -> None:
    asked: list[int] = []

    def handler(request: httpx.Request) -> httpx.Response:
        rows = json.loads(request.content)["stock_list"]
        asked.append(len(rows))
        done = [{"model_id": row["model_id"], "location_id": "", "stock": 1} for row in rows]
        return reply({"error": "", "response": {"success_list": done, "failure_list": []}})

    async with client(handler) as web:
        wanted = [StockOrder("7", str(n + 1), 1) for n in range(120)]
        found = await registry.connect("shopee", web).set_stock(shop("shopee"), wanted)
    assert asked == [50, 50, 20]
    assert [one.platform_sku for one in found] == [one.platform_sku for one in wanted]
