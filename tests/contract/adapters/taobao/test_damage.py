"""Damaged answers of Taobao: an error of ours or a sane result, never anything else."""

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
from server.platforms.port import (
    Grant,
    Hint,
    Listing,
    Part,
    RawOrder,
    RawRefund,
    Shipment,
    Shop,
    StockAnswer,
    StockOrder,
)
from tests.contract.adapters.support import client, form
from tests.contract.adapters.taobao.house import OURS, House

SETTINGS = {"plain": {}, "other": {"ship_api": "ascp", "tmall": True}}
NASTY = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(max_size=8), st.just([]), st.just({}),
    st.sampled_from(["", "\0", "NaN", "-5", "1e999999", 1e308, 0.005, "0001-01-01 00:00:00", [[]], [None], [{}]]),
)  # fmt: skip
Step = Callable[[Any, Shop, str], Awaitable[Any]]


async def _all(pages: Any) -> list[Any]:
    return [one async for page in pages for one in page]


def steps(house: House) -> dict[str, Step]:
    """All that the port asks of Taobao, by name."""
    window = house.window()
    wanted = [StockOrder("700000000001", "5000000000001", 5, "k"), StockOrder("700000000003", "", 5, "l")]
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
        "exchange": lambda a, shop, one: a.exchange(shop, "codetaobao000001", ""),
        "refresh": lambda a, shop, one: a.refresh(shop),
        "messages": lambda a, shop, one: a.messages(shop),
        "confirm": lambda a, shop, one: a.confirm(shop, ["1100000000000000001"]),
        "part": lambda a, shop, one: a.ship(shop, Shipment(one, OURS, "SLX", parts=(Part(f"{int(one) + 1}", 1),))),
        "ship": lambda a, shop, one: a.ship(shop, Shipment(one, OURS, "SLX")),
    }


async def _reveal(adapter: Any, shop: Shop, id: str) -> Any:
    return await adapter.reveal(shop, await adapter.order(shop, id), "ship")


def _name(request: httpx.Request) -> str:
    return form(request).get("method") or f"{request.method} {request.url.path}"


async def record(code: str) -> tuple[Shop, str, Any, dict[str, dict[str, list[Any]]]]:
    """A day of a small shop: step -> call -> its right answers."""
    house = House()
    await house.granted()
    house.own(**SETTINGS[code])
    [id] = await house.place(skus=["LAMP", "SOCK"])
    house.world.find("taobao", id).lines[0].qty = 1
    [sold] = await house.place(skus=["SOCK"], state="completed")
    for one in (sold, (await house.place())[0]):
        await house.control("refund", platform="taobao", external_id=one, to="done")
    await house.code()
    heard: dict[str, dict[str, list[Any]]] = {}
    known = steps(house)
    for name, step in known.items():
        answers: dict[str, list[Any]] = {}

        async def keep(response: httpx.Response, answers: dict[str, list[Any]] = answers) -> None:
            answers.setdefault(_name(response.request), []).append(json.loads(await response.aread()))

        house.web.event_hooks["response"] = [keep]
        try:
            found = await step(house.adapter, house.shop, id)
        except Error:
            if name != "exchange":  # its code was none, and an error body is worth damaging, too
                continue
        if name == "refresh":
            house.take(found)
        heard[name] = answers
    await house.web.aclose()
    return house.shop, id, known, heard


DAYS = {code: asyncio.run(record(code)) for code in SETTINGS}


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
        return await known[name](registry.connect("taobao", web), shop, id)


@pytest.mark.parametrize("code", DAYS)
def test_the_days_were_full(code: str) -> None:
    heard = DAYS[code][3]
    assert set(heard) >= DAYS[code][2].keys() - {"exchange"}
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
        assert one.external_id
    elif isinstance(one, Listing):
        assert one.qty is None or -(2**63) < one.qty < 2**63
        assert one.price_minor is None or abs(one.price_minor) < 2**63
        assert one.item
    elif isinstance(one, Hint):
        assert one.id and (one.external_id or one.kind == "other")
    elif isinstance(one, Grant):
        assert one.access_token
    elif isinstance(one, StockAnswer):
        assert one.outcome in ("done", "refused") and (one.outcome == "done") == (not one.message)
