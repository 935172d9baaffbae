"""Damaged answers of Shopee: an error of ours or a sane result, never anything else."""

import asyncio
import copy
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.errors import Error
from server.platforms import registry
from server.platforms.port import Grant, Listing, Part, RawOrder, RawRefund, Shipment, Shop, StockAnswer, StockOrder
from tests.contract.adapters.shopee.house import OURS, House
from tests.contract.adapters.support import client

NASTY = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(max_size=8), st.just([]), st.just({}),
    st.sampled_from(["", "\0", "NaN", "-5", "1e999999", 1e308, 0.005, "error_auth", [[]], [None], [{}]]),
)  # fmt: skip
Step = Callable[[Any, Shop, str], Awaitable[Any]]
TEE = "23000000001"


async def _all(pages: Any) -> list[Any]:
    return [one async for page in pages for one in page]


def steps(house: House) -> dict[str, Step]:
    """All that the port asks of Shopee, by name."""
    window = house.window()
    wanted = [StockOrder(TEE, "22100000001", 5), StockOrder(TEE, "22100000003", 500)]
    part = (Part("23000000007-0", 1),)
    return {
        "account": lambda a, shop, one: a.account(shop),
        "changed": lambda a, shop, one: _all(a.changed(shop, window)),
        "placed": lambda a, shop, one: _all(a.placed(shop, window)),
        "order": lambda a, shop, one: a.order(shop, one),
        "refunds": lambda a, shop, one: _all(a.refunds(shop, window)),
        "remark": lambda a, shop, one: a.remark(shop, one, "x"),
        "carriers": lambda a, shop, one: a.carriers(shop),
        "listings": lambda a, shop, one: _all(a.listings(shop)),
        "set_stock": lambda a, shop, one: a.set_stock(shop, wanted),
        "reveal": lambda a, shop, one: _reveal(a, shop, one),
        "exchange": lambda a, shop, one: a.exchange(shop, "codeshopee000001", "", {"shop_id": shop.external_id}),
        "refresh": lambda a, shop, one: a.refresh(shop),
        "part": lambda a, shop, one: a.ship(shop, Shipment(one, OURS, "SLX", parts=part)),
        "again": lambda a, shop, one: a.ship(shop, Shipment(one, OURS, "SLX", parts=part)),
    }


async def _reveal(adapter: Any, shop: Shop, id: str) -> Any:
    return await adapter.reveal(shop, await adapter.order(shop, id), "ship")


async def record() -> tuple[Shop, str, Any, dict[str, dict[str, list[Any]]]]:
    """A day of a small shop: step -> call -> its right answers."""
    house = House()
    house.world.shelf("shopee").reserved = {"TEE-WHT-M": 12}
    assert await house.code() == "codeshopee000001"
    house.world.grants("shopee").book.refresh["r"] = 2**40
    house.with_(refresh_token="r")
    [id] = await house.place(skus=["LAMP", "TEE-WHT-M"])
    for one in await house.place(2, skus=["SOCK"], state="completed"):
        await house.control("refund", platform="shopee", external_id=one, to="done")
    heard: dict[str, dict[str, list[Any]]] = {}
    known = steps(house)
    for name, step in known.items():
        answers: dict[str, list[Any]] = {}

        async def keep(response: httpx.Response, answers: dict[str, list[Any]] = answers) -> None:
            answers.setdefault(response.request.url.path, []).append(json.loads(await response.aread()))

        house.web.event_hooks["response"] = [keep]
        await step(house.adapter, house.shop, id)
        heard[name] = answers
    await house.web.aclose()
    return house.shop, id, known, heard


SHOP, ID, KNOWN, HEARD = asyncio.run(record())


def _paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [here] if here else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += _paths(inner, (*here, key))
    return found


def _put(value: Any, path: tuple[Any, ...], new: Any, drop: bool) -> None:
    for step in path[:-1]:
        value = value[step]
    if drop:
        del value[path[-1]]
    else:
        value[path[-1]] = copy.deepcopy(new)  # it is damaged itself later


async def replay(name: str, answers: dict[str, list[Any]]) -> Any:
    turn: dict[str, int] = {}

    def handler(request: httpx.Request) -> httpx.Response:
        call = request.url.path
        told = answers.get(call) or [{}]
        place = min(turn.get(call, 0), len(told) - 1)
        turn[call] = turn.get(call, 0) + 1
        return httpx.Response(200, content=json.dumps(told[place]).encode())

    async with client(handler) as web:
        return await KNOWN[name](registry.connect("shopee", web), SHOP, ID)


@pytest.mark.parametrize("name", sorted(HEARD))
def test_the_day_was_full(name: str) -> None:
    asyncio.run(replay(name, HEARD[name]))
    assert set(HEARD) == set(KNOWN)


@settings(max_examples=900, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_an_error_of_ours_or_a_sane_result(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(HEARD)))
    answers = copy.deepcopy(HEARD[name])
    told = answers[data.draw(st.sampled_from(sorted(answers)))]
    for _ in range(data.draw(st.integers(1, 3))):
        paths = _paths(told)
        if paths:
            _put(told, data.draw(st.sampled_from(paths)), data.draw(NASTY), data.draw(st.booleans()))
    if not told:
        return
    try:
        found = asyncio.run(replay(name, answers))
    except Error as e:
        assert any("\u4e00" <= c <= "\u9fff" for c in e.message)
        return
    for one in found if isinstance(found, list) else [found]:
        _sane(one)


def _sane(one: Any) -> None:
    if isinstance(one, RawOrder):
        assert one.external_id and one.body
    elif isinstance(one, RawRefund):
        assert one.amount_minor is None or 0 <= one.amount_minor < 2**63
        assert one.external_id
    elif isinstance(one, Listing):
        assert one.item and (one.qty is None or abs(one.qty) < 2**31)
        assert one.price_minor is None or abs(one.price_minor) < 2**63
    elif isinstance(one, StockAnswer):
        assert (one.outcome == "done") == (not one.message)
    elif isinstance(one, Grant):
        assert one.access_token and one.refresh_token and one.external_id == SHOP.external_id
        assert one.access_until is not None and one.refresh_until is not None
