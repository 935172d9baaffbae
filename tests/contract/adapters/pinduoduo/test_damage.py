"""Damaged answers of Pinduoduo: an error of ours or a sane result, never anything else."""

import asyncio
import copy
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.errors import Error
from server.platforms import registry
from server.platforms.port import (
    Account,
    CarrierName,
    Grant,
    Listing,
    RawOrder,
    RawRefund,
    Shipment,
    Shop,
    StockAnswer,
    StockOrder,
)
from tests.contract.adapters.pinduoduo.house import House
from tests.contract.adapters.support import client, form

NASTY = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(max_size=8), st.just([]), st.just({}),
    st.sampled_from(["", "\0", "NaN", "-5", "1e999999", 1e308, 0.005, "0001-01-01 00:00:00", [[]], [None], [{}]]),
)  # fmt: skip
MOST_CALLS = 3000
Step = Callable[[Any, Shop, str], Awaitable[Any]]
Answers = dict[str, list[Any]]


async def _all(pages: Any) -> list[Any]:
    return [one async for page in pages for one in page]


async def _reveal(adapter: Any, shop: Shop, id: str) -> Any:
    return await adapter.reveal(shop, await adapter.order(shop, id), "ship")


def steps(house: House, code: str) -> dict[str, Step]:
    """All that the port asks of Pinduoduo, by name. What ends tokens comes last."""
    window, recent = house.window(), house.window(behind=-1)
    wanted = [StockOrder("100000000007", "200000000507", 5, "k")]
    return {
        "account": lambda a, shop, one: a.account(shop),
        "changed": lambda a, shop, one: _all(a.changed(shop, window)),
        "placed": lambda a, shop, one: _all(a.placed(shop, window)),
        "order": lambda a, shop, one: a.order(shop, one),
        "refunds": lambda a, shop, one: _all(a.refunds(shop, recent)),
        "remark": lambda a, shop, one: a.remark(shop, one, "x"),
        "carriers": lambda a, shop, one: a.carriers(shop),
        "listings": lambda a, shop, one: _all(a.listings(shop)),
        "set_stock": lambda a, shop, one: a.set_stock(shop, wanted),
        "add_stock": lambda a, shop, one: a.add_stock(shop, wanted),
        "reveal": _reveal,
        "ship": lambda a, shop, one: a.ship(shop, Shipment(one, "SLX000010000001", "SLX")),
        "refresh": lambda a, shop, one: a.refresh(shop),
        "exchange": lambda a, shop, one: a.exchange(shop, code, ""),
    }


def _name(request: httpx.Request) -> str:
    """The method; of the lists of cases each state by itself, of the goods each shelf."""
    asked = form(request)
    return f"{asked['type']} {asked.get('after_sales_status', '')}{asked.get('is_onsale', '')}".strip()


async def record() -> tuple[Shop, str, dict[str, Step], dict[str, Answers]]:
    """A day of a small shop: step -> call -> its right answers."""
    house = House()
    await house.granted()
    house.own(listing_prices=True, reserved_inside=True)
    [id] = await house.place(skus=["LAMP"])
    for state in ("paid", "shipped", "completed"):
        [one] = await house.place(skus=["SOCK"], state=state)
        await house.refund(one, "done" if state == "shipped" else "asked")
    heard: dict[str, Answers] = {}
    known = steps(house, await house.code())
    for name, step in known.items():
        answers: Answers = {}

        async def keep(response: httpx.Response, answers: Answers = answers) -> None:
            answers.setdefault(_name(response.request), []).append(json.loads(await response.aread()))

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


async def replay(name: str, answers: Answers) -> Any:
    turn: dict[str, int] = {}

    def handler(request: httpx.Request) -> httpx.Response:
        call = _name(request)
        told = answers.get(call) or [{}]
        place = min(turn.get(call, 0), len(told) - 1)
        turn[call] = turn.get(call, 0) + 1
        assert sum(turn.values()) < MOST_CALLS, "reading without an end"
        return httpx.Response(200, content=json.dumps(told[place]).encode())

    async with client(handler) as web:
        return await KNOWN[name](registry.connect("pinduoduo", web), SHOP, ID)


def test_the_day_was_full() -> None:
    assert set(HEARD) == set(KNOWN) and all(HEARD.values())
    for name, answers in HEARD.items():
        found = asyncio.run(replay(name, answers))
        assert found or name == "remark"


@settings(max_examples=800, deadline=None, suppress_health_check=list(HealthCheck))
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
        assert one.external_id and (one.amount_minor is None or 0 <= one.amount_minor < 2**63)
    elif isinstance(one, Listing):
        assert one.item and (one.qty is None or -(2**32) < one.qty < 2**32)
        assert one.price_minor is None or abs(one.price_minor) < 2**32
    elif isinstance(one, StockAnswer):
        assert one.outcome in ("done", "refused") and (one.outcome == "done") == (not one.message)
    elif isinstance(one, Grant):
        assert one.access_token and (one.access_until is None or one.access_until.tzinfo)
    elif isinstance(one, Account):
        assert one.external_id
    elif isinstance(one, CarrierName):
        assert one.code
    elif isinstance(one, dict):
        assert all(isinstance(value, str) and value for value in one.values())
