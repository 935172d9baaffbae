"""Damaged answers of JD, old and new API: an error of ours or a sane result, never anything else."""

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
from server.platforms.port import Listing, RawOrder, RawRefund, Shipment, Shop, StockAnswer, StockOrder
from tests.contract.adapters.jd.house import House
from tests.contract.adapters.support import client, form

OWN = {"own": {"stock_add": True, "shipment_type": 1, "merge_shipment_flag": 0, "company_scope": 1,
               "stock_model": "SIM_SET", "stock_operation": 1, "placed_query": {"a": "b"}}}  # fmt: skip
NASTY = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(max_size=8), st.just([]), st.just({}),
    st.sampled_from(["", "\0", "NaN", "-5", "1e999999", 1e308, 0.005, "0001-01-01 00:00:00", [[]], [None], [{}]]),
)  # fmt: skip
Step = Callable[[Any, Shop, str], Awaitable[Any]]


async def _all(pages: Any) -> list[Any]:
    return [one async for page in pages for one in page]


def steps(house: House) -> dict[str, Step]:
    """All that the port asks of JD, by name."""
    window = house.window()
    wanted = [StockOrder("10000000007", "100000000507", 5, "k")]
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
        "add_stock": lambda a, shop, one: a.add_stock(shop, wanted),
        "reveal": lambda a, shop, one: _reveal(a, shop, one),
        "exchange": lambda a, shop, one: a.exchange(shop, "code", ""),
        "ship": lambda a, shop, one: a.ship(shop, Shipment(one, "SLX000010000001", "SLX")),
    }


async def _reveal(adapter: Any, shop: Shop, id: str) -> Any:
    return await adapter.reveal(shop, await adapter.order(shop, id), "ship")


def _name(request: httpx.Request) -> str:
    return form(request).get("method") or f"{request.method} {request.url.path}"


async def record(code: str) -> tuple[Shop, str, Any, dict[str, dict[str, list[Any]]]]:
    """A day of a small shop: step -> call -> its right answers."""
    house = House(code)
    house.with_(settings={"own": house.shop.settings["own"] | OWN["own"]})
    [id] = await house.place(skus=["LAMP"])
    [sold] = await house.place(skus=["SOCK"], state="completed")
    [old] = await house.place(at=int(house.window(120).since.timestamp()))
    await house.control("note", platform="jd", external_id=old, seller="x")
    for one in (sold, (await house.place())[0]):
        await house.control("refund", platform="jd", external_id=one, to="done")
    heard: dict[str, dict[str, list[Any]]] = {}
    known = steps(house)
    for name, step in known.items():
        answers: dict[str, list[Any]] = {}

        async def keep(response: httpx.Response, answers: dict[str, list[Any]] = answers) -> None:
            answers.setdefault(_name(response.request), []).append(json.loads(await response.aread()))

        house.web.event_hooks["response"] = [keep]
        try:
            await step(house.adapter, house.shop, id)
        except Error:
            if name != "exchange":  # its code was none, and an error body is worth damaging, too
                continue
        heard[name] = answers
    await house.web.aclose()
    return house.shop, id, known, heard


DAYS = {code: asyncio.run(record(code)) for code in ("jd", "jdsp")}


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


async def replay(code: str, name: str, answers: dict[str, list[Any]]) -> Any:
    shop, id, known, _ = DAYS[code]
    turn: dict[str, int] = {}

    def handler(request: httpx.Request) -> httpx.Response:
        call = _name(request)
        told = answers.get(call) or [{}]
        place = min(turn.get(call, 0), len(told) - 1)
        turn[call] = turn.get(call, 0) + 1
        return httpx.Response(200, content=json.dumps(told[place]).encode())

    async with client(handler) as web:
        return await known[name](registry.connect(code, web), shop, id)


@pytest.mark.parametrize("code", DAYS)
def test_the_days_were_full(code: str) -> None:
    heard = DAYS[code][3]
    assert set(heard) >= {"account", "changed", "placed", "order", "refunds", "remark", "carriers", "listings",
                          "set_stock", "exchange", "ship"}  # fmt: skip
    for name, answers in heard.items():
        if name != "exchange":
            asyncio.run(replay(code, name, answers))


@pytest.mark.parametrize("code", DAYS)
@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_an_error_of_ours_or_a_sane_result(code: str, data: st.DataObject) -> None:
    heard = DAYS[code][3]
    name = data.draw(st.sampled_from(sorted(heard)))
    answers = copy.deepcopy(heard[name])
    told = answers[data.draw(st.sampled_from(sorted(answers)))]
    for _ in range(data.draw(st.integers(1, 3))):
        paths = _paths(told)
        if paths:
            _put(told, data.draw(st.sampled_from(paths)), data.draw(NASTY), data.draw(st.booleans()))
    if not told:
        return
    try:
        found = asyncio.run(replay(code, name, answers))
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
        assert one.external_id not in ("", "R")
    elif isinstance(one, Listing):
        assert one.qty is None or -(2**63) < one.qty < 2**63
        assert one.price_minor is None or abs(one.price_minor) < 2**63
        assert one.platform_sku
    elif isinstance(one, StockAnswer):
        assert one.outcome in ("done", "refused") and (one.outcome == "done") == (not one.message)
