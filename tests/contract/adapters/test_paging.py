"""Lists that shift while they are read: nothing that stays in the window is lost."""

from itertools import pairwise
from random import Random
from typing import Any

import pytest

from server.errors import Unavailable
from server.platforms import paging, registry
from server.platforms.jd import orders as jd
from server.platforms.pinduoduo import orders as pinduoduo
from server.platforms.port import Window
from server.platforms.shopee import orders as shopee
from server.platforms.taobao import orders as taobao
from tests.contract.adapters.shelf import SINCE, WINDOW, Shelf
from tests.contract.adapters.support import client, reply, shop

PAGED = ["taobao", "jd", "pinduoduo"]


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (taobao, jd, pinduoduo, shopee):
        monkeypatch.setattr(module, "PAGE", 5)


def stock(count: int) -> dict[str, int]:
    return {str(1000 + n): 10 * n for n in range(count)}


async def pulled(code: str, shelf: Shelf, window: Window = WINDOW) -> list[str]:
    async with client(shelf) as http:
        adapter = registry.connect(code, http)
        return [o.external_id async for page in adapter.changed(shop(code), window) for o in page]


@pytest.mark.parametrize("code", registry.CODES)
@pytest.mark.parametrize("count", [0, 1, 5, 6, 23, 120])
async def test_all_of_a_quiet_window(code: str, count: int) -> None:
    shelf = Shelf(stock(count))
    assert sorted(await pulled(code, shelf)) == sorted(shelf.orders)


@pytest.mark.parametrize("code", PAGED)
async def test_the_last_page_comes_first(code: str) -> None:
    shelf = Shelf(stock(13))
    found = await pulled(code, shelf)
    assert found[:3] == ["1002", "1001", "1000"] and found[-5:] == ["1012", "1011", "1010", "1009", "1008"]


@pytest.mark.parametrize("code", registry.CODES)
@pytest.mark.parametrize("seed", range(12))
async def test_orders_that_change_leave_and_take_none_with_them(code: str, seed: int) -> None:
    random = Random(seed)

    def stir(shelf: Shelf, call: int) -> None:
        # Shopee's cursor needs a quiet moment at the end; the others need none.
        if call and (code != "shopee" or call < 6):
            for _ in range(random.randint(0, 3)):
                shelf.leave(random.choice(list(shelf.orders)))

    shelf = Shelf(stock(40), stir)
    found = set(await pulled(code, shelf))
    stayed = {id for id, at in shelf.orders.items() if at < 10**6}
    assert stayed <= found


async def test_the_fake_would_catch_a_forward_reader() -> None:
    """Else the test above proves nothing."""
    lost = 0
    for seed in range(12):
        random = Random(seed)
        shelf = Shelf(stock(40), lambda shelf, call, r=random: shelf.leave(r.choice(list(shelf.orders))))  # type: ignore[misc]
        found: set[str] = set()
        for number in range(1, 9):
            rows, _ = shelf._newest({"p": str(number), "s": "5"}, "p", "s", 0, 1800)
            found |= set(rows)
        lost += len({id for id, at in shelf.orders.items() if at < 10**6} - found)
    assert lost > 0


@pytest.mark.parametrize("code", PAGED)
async def test_a_row_that_enters_makes_all_be_read_again(code: str) -> None:
    def stir(shelf: Shelf, call: int) -> None:
        if call == 3:  # the newest, at the top: pushes a row onto a page that was read
            shelf.orders["5000"] = 1799

    shelf = Shelf(stock(20), stir)
    assert set(await pulled(code, shelf)) == set(shelf.orders)


@pytest.mark.parametrize("code", registry.CODES)
async def test_a_list_that_never_rests_is_given_up(code: str) -> None:
    def stir(shelf: Shelf, call: int) -> None:
        shelf.orders[str(100_000 + call)] = 1700

    with pytest.raises(Unavailable) as caught:
        await pulled(code, Shelf(stock(20), stir))
    assert caught.value.code == "platform_restless"


async def test_one_page_is_one_call() -> None:
    shelf = Shelf(stock(5))
    await pulled("jd", shelf)
    assert shelf.calls == ["jingdong.pop.order.search", "jingdong.pop.order.getRemarkByModifyTime"]


async def test_deep_lists_are_cut_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jd, "DEEPEST", 3)
    shelf = Shelf(stock(100))
    assert set(await pulled("jd", shelf)) == set(shelf.orders)
    assert len(shelf.calls) < 60


async def test_many_in_one_second_cannot_be_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jd, "DEEPEST", 3)
    shelf = Shelf({str(1000 + n): 7 for n in range(40)})
    assert set(await pulled("jd", shelf, Window(SINCE, SINCE.replace(second=8)))) == set(shelf.orders)


@pytest.mark.parametrize("code", PAGED)
async def test_halves_meet(code: str) -> None:
    halves = paging._halves(WINDOW)
    assert halves[0].since == WINDOW.since and halves[-1].until == WINDOW.until
    assert all(one.until >= following.since for one, following in pairwise(halves))


async def test_shopee_asks_for_no_more_than_fifty_and_misses_none() -> None:
    shelf = Shelf(stock(120))
    await pulled("shopee", shelf)
    assert shelf.calls.count("/api/v2/order/get_order_detail") == 3


async def test_shopee_a_list_longer_than_can_be_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shopee, "DEEPEST", 4)
    with pytest.raises(Unavailable):
        await pulled("shopee", Shelf(stock(60)))


async def test_shopee_an_order_left_out_stops_the_window() -> None:
    shelf = Shelf(stock(12))
    shelf.hidden.add("1003")
    with pytest.raises(Unavailable) as caught:
        await pulled("shopee", shelf)
    assert caught.value.detail == {"missing": ["1003"]}


async def test_shopee_a_cursor_that_repeats_is_no_end() -> None:
    def stuck(request: Any) -> Any:
        return reply({"error": "", "response": {"more": True, "next_cursor": "x", "order_list": []}})

    async with client(stuck) as http:
        with pytest.raises(Unavailable):
            _ = [page async for page in registry.connect("shopee", http).changed(shop("shopee"), WINDOW)]


async def test_filters_that_would_lose_orders_are_not_sent() -> None:
    seen: dict[str, dict[str, str]] = {}
    for code in registry.CODES:
        shelf = Shelf(stock(1))
        await pulled(code, shelf)
        seen[code] = shelf.asked[0]
    assert "status" not in seen["taobao"] and "fixed" in seen["taobao"]["type"] and "step" in seen["taobao"]["type"]
    assert '"order_state":"ALL"' in seen["jd"]["360buy_param_json"]
    assert seen["pinduoduo"]["order_status"] == seen["pinduoduo"]["refund_status"] == "5"
    assert "order_status" not in seen["shopee"] and seen["shopee"]["request_order_status_pending"] == "true"


@pytest.mark.parametrize("code", registry.CODES)
async def test_orders_that_cannot_be_counted_are_unreadable(code: str) -> None:
    empty = {
        "taobao": {"trades_sold_increment_get_response": {"trades": {}}},
        "jd": {"jingdong_pop_order_search_responce": {"code": "0"}},
        "pinduoduo": {"order_sn_increment_get_response": {"order_sn_list": []}},
        "shopee": {"error": "", "response": {"order_list": []}},
    }
    async with client(lambda request: reply(empty[code])) as http:
        with pytest.raises(Unavailable) as caught:
            _ = [page async for page in registry.connect(code, http).changed(shop(code), WINDOW)]
    assert caught.value.code == "platform_unreadable"


@pytest.mark.parametrize(
    ("code", "failures", "asked"),
    [("platform_unreachable", 2, 3), ("platform_unreachable", 3, 0), ("platform_unavailable", 1, 0)],
)
async def test_a_line_that_drops_now_and_then_drops_no_page(
    code: str, failures: int, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A detail that was not reached is asked for again at once, twice; what the platform says itself is not."""
    calls: list[str] = []

    async def moment(_: float) -> None:
        return None

    async def detail(id: str) -> str:
        calls.append(id)
        if id == "2" and calls.count("2") <= failures:
            raise Unavailable(code, "x")
        return id

    monkeypatch.setattr(paging.asyncio, "sleep", moment)
    if not asked:
        with pytest.raises(Unavailable):
            await paging.each(["1", "2", "3"], detail)
    else:
        assert await paging.each(["1", "2", "3"], detail) == ["1", "2", "3"]
        assert calls.count("2") == asked and calls.count("1") == 1
