"""Damaged answers: whatever a platform writes, an adapter gives an error of ours or a sane result, never anything else.

A day's right answers are recorded from the sandbox, step by step, and played again with parts of them replaced.
"""

import asyncio
import copy
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from msgspec import Struct

from server.errors import Error
from server.platforms import registry
from server.platforms.port import CarrierName, Grant, Hint, Listing, RawOrder, RawRefund, Shop, StockAnswer
from tests.contract.adapters.sandboxed import Sandboxed
from tests.contract.adapters.support import client

NASTY = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.text(max_size=8), st.just([]), st.just({}),
    st.sampled_from(["", "\0", "NaN", "-5", "1e999999", 1e308, 0.005, "0001-01-01 00:00:00", "error_auth",
                     [[]], [None], [{}]]),
)  # fmt: skip
MOST_CALLS = 3000
Step = Callable[[Any, Shop, str], Awaitable[Any]]
Answers = dict[str, list[Any]]
"""Call -> its answers, in their order."""
thorough = settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))


async def all_of(pages: Any) -> list[Any]:
    return [one async for page in pages for one in page]


async def reveal(adapter: Any, shop: Shop, id: str) -> Any:
    return await adapter.reveal(shop, await adapter.order(shop, id), "ship")


class Day(Struct, frozen=True):
    """What was asked of one shop about order `id`, and the right answers."""

    platform: str
    shop: Shop
    id: str
    steps: dict[str, Step]
    heard: dict[str, Answers]
    name: Callable[[httpx.Request], str]
    also: Callable[[Any], bool]
    """What holds of this platform's results beside what holds of all."""
    outcomes: tuple[str, ...]
    """What may become of a wish for stock."""

    async def play(self, step: str, answers: Answers) -> Any:
        """A step once more, with these answers; the last one is given again and again."""
        turn: dict[str, int] = {}

        def handler(request: httpx.Request) -> httpx.Response:
            call = self.name(request)
            told = answers.get(call) or [{}]
            place = min(turn.get(call, 0), len(told) - 1)
            turn[call] = turn.get(call, 0) + 1
            assert sum(turn.values()) < MOST_CALLS, "reading without an end"
            return httpx.Response(200, content=json.dumps(told[place]).encode())

        async with client(handler) as web:
            return await self.steps[step](registry.connect(self.platform, web), self.shop, self.id)

    def again(self) -> None:
        """Each step gives a result with its right answers: so what damage finds is the damage's."""
        assert set(self.heard) == set(self.steps) and all(self.heard.values())
        for step, answers in self.heard.items():
            asyncio.run(self.play(step, answers))

    def damaged(self, data: st.DataObject) -> None:
        """One step with up to three parts of an answer replaced or gone."""
        step = data.draw(st.sampled_from(sorted(self.heard)))
        answers = copy.deepcopy(self.heard[step])
        told = answers[data.draw(st.sampled_from(sorted(answers)))]
        for _ in range(data.draw(st.integers(1, 3))):
            paths = _paths(told)
            if paths:
                _put(told, data.draw(st.sampled_from(paths)), data.draw(NASTY), data.draw(st.booleans()))
        if not told:
            return
        try:
            found = asyncio.run(self.play(step, answers))
        except Error as e:
            assert any("\u4e00" <= c <= "\u9fff" for c in e.message)
            return
        for one in found if isinstance(found, list) else [found]:
            self._sane(one)
            assert self.also(one), one

    def _sane(self, one: Any) -> None:
        match one:
            case RawOrder():
                assert one.external_id and one.body
            case RawRefund():
                assert one.external_id not in ("", "R")
                assert one.amount_minor is None or 0 <= one.amount_minor < 2**63
            case Listing():
                assert one.item or one.platform_sku
                assert one.qty is None or abs(one.qty) < 2**31  # as wide as its column
                assert one.price_minor is None or abs(one.price_minor) < 10**15
            case StockAnswer():
                assert one.outcome in self.outcomes and (one.outcome == "done") == (not one.message)
            case Grant():
                assert one.access_token and (one.access_until is None or one.access_until.tzinfo)
            case Hint():
                assert one.id and (one.external_id or one.kind == "other")
            case CarrierName():
                assert one.code
            case dict():
                assert all(isinstance(value, str) and value for value in one.values())


async def record(
    house: Sandboxed,
    id: str,
    steps: dict[str, Step],
    name: Callable[[httpx.Request], str],
    also: Callable[[Any], bool],
    outcomes: tuple[str, ...] = ("done", "refused"),
) -> Day:
    """Take every step once and keep what was answered. Tokens of `refresh` are used from then on."""
    heard: dict[str, Answers] = {}
    for step, take in steps.items():
        answers: Answers = {}

        async def keep(response: httpx.Response, answers: Answers = answers) -> None:
            answers.setdefault(name(response.request), []).append(json.loads(await response.aread()))

        house.web.event_hooks["response"] = [keep]
        found = await take(house.adapter, house.shop, id)
        if step == "refresh":
            house.take(found)
        heard[step] = answers
    await house.web.aclose()
    return Day(house.shop.platform, house.shop, id, steps, heard, name, also, outcomes)


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
