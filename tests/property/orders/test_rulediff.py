"""Two versions of rules over any order: no value of a person is lost, the same rules twice give the same."""

import copy
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server import rulebook
from server.orders import rulediff
from server.orders.mapping import MappedOrder, map_order
from tests.support.world import taobao_order

FILE = rulebook.current("taobao")
RULES: list[dict[str, Any]] = json.loads(rulebook.written(FILE))
PATHS = ("title", "sku_properties_name", "outer_sku_id", "num", "price", "payment", "pay_time", "nothing", "status")

bodies = st.builds(
    lambda skus, status, state: taobao_order("4100000000000000001", skus, status=status, receiver_state=state),
    st.dictionaries(st.sampled_from(["TEE-WHT-M", "CAP-BLK", "X"]), st.integers(1, 9), min_size=1),
    st.sampled_from(["WAIT_SELLER_SEND_GOODS", "TRADE_FINISHED", "TRADE_CLOSED", "ODD"]),
    st.sampled_from(["浙江省", "上海", ""]),
)


@st.composite
def versions(draw: st.DrawFn) -> rulebook.RuleSet:
    """The file's rules, some of them reading something else or left out."""
    rules = copy.deepcopy(RULES)
    for i in draw(st.sets(st.integers(0, len(rules) - 1), max_size=6)):
        if rules[i].get("from") and not rules[i].get("transform"):
            rules[i]["from"] = [draw(st.sampled_from(PATHS))]
    for i in sorted(draw(st.sets(st.integers(0, len(rules) - 1), max_size=2)), reverse=True):
        del rules[i]
    return rulebook.revise(FILE, draw(st.integers(1, 9)), "-", "r", json.dumps(rules).encode())


def lost(before: MappedOrder, after: MappedOrder, human: frozenset[str]) -> set[str]:
    was, now = rulediff.fields(before), rulediff.fields(after)
    return {name for name in human if name not in now or was[name] != now[name]}


@st.composite
def cases(draw: st.DrawFn) -> tuple[MappedOrder, MappedOrder, frozenset[str]]:
    """An order under one version, under another, and which of its fields a person set (to what stands there)."""
    body = draw(bodies)
    before, after = map_order("taobao", body, draw(versions())), map_order("taobao", body, draw(versions()))
    if draw(st.booleans()):
        after = msgspec.structs.replace(after, lines=after.lines[:-1])  # rules cannot drop a line; a payload can
    names = sorted(set(rulediff.fields(before)) - {"holds"})
    return before, after, draw(st.frozensets(st.sampled_from(names)))


@settings(max_examples=150, deadline=None)
@given(cases())
def test_no_value_of_a_person_is_lost(case: tuple[MappedOrder, MappedOrder, frozenset[str]]) -> None:
    before, after, human = case
    kept = rulediff.keep_human(before, after, human)
    assert lost(before, kept, human) == set()
    free = {c.field for c in rulediff.diff(after, kept)}
    assert free <= human | {
        n for n in rulediff.fields(before) if n.startswith("lines.") and n not in rulediff.fields(after)
    }
    assert rulediff.keep_human(before, kept, human) == kept, "twice is once"


@settings(max_examples=100, deadline=None)
@given(bodies, versions())
def test_the_same_rules_twice_give_the_same(body: bytes, rules: rulebook.RuleSet) -> None:
    again = rulebook.revise(FILE, rules.house, "-", "r", rulebook.written(rules))
    once, twice = map_order("taobao", body, rules), map_order("taobao", body, again)
    assert once == twice and rulediff.diff(once, twice) == []


def test_planted_a_replay_that_forgets_people_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rulediff, "keep_human", lambda before, after, human: after)
    with pytest.raises(AssertionError):
        test_no_value_of_a_person_is_lost()


def test_a_difference_names_where_it_came_from() -> None:
    rules = copy.deepcopy(RULES)
    for rule in rules:
        if rule["to"] == "line.title":
            rule["from"] = ["sku_properties_name"]
    other = rulebook.revise(FILE, 3, "-", "r", json.dumps(rules).encode())
    body = taobao_order("4100000000000000001", {"TEE-WHT-M": 2})
    (change,) = rulediff.diff(map_order("taobao", body, FILE), map_order("taobao", body, other))
    assert (change.field.rpartition(".")[2], change.was, change.becomes) == ("title", "商品 TEE-WHT-M", "颜色:黑")
    assert change.source["path"] == "sku_properties_name" and change.source["version"] == "taobao-1.3"
    assert rulediff.kind(change.field) == "lines.title"
