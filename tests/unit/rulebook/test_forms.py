"""A rule file is read strictly, and what is wrong with it is said with the rule's name."""

import json
from typing import Any

import pytest

from server import rulebook
from server.orders.mapping import map_order
from server.rulebook import BadRules, load

GOOD: dict[str, Any] = {
    "version": 3,
    "platform": "taobao",
    "author": "li",
    "reason": "a new state",
    "rules": [{"name": "state", "to": "state", "from": ["status"], "transform": [{"map": {"A": "paid"}}]}],
}


def file(**changes: Any) -> bytes:
    return json.dumps(GOOD | changes).encode()


def one(**changes: Any) -> bytes:
    return file(rules=[GOOD["rules"][0] | changes])


def test_a_good_file() -> None:
    rules = load(file())
    assert (rules.label, rules.author, rules.reason) == ("taobao-3", "li", "a new state")
    assert rules.rules[0].from_ == ("status",)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a rule file"),
        (b"\xff", "not a rule file"),
        (b"[" * 9000, "not a rule file"),
        (file(version="1"), "not a rule file"),
        (file(version=0), "version"),
        (file(author=" "), "author"),
        (file(reason=""), "reason"),
        (file(extra=1), "extra"),
        (file(rules=[{"name": "a"}]), "rule 1 (a)"),
        (file(rules=[7]), "rule 1"),
        (file(rules=GOOD["rules"] * 2), "rule 2 (state): another rule has this name"),
        (one(name=" "), "no name"),
        (one(eval="1+1"), "rule 1 (state)"),
        (one(transform=["python"]), "rule 1 (state)"),
        (one(transform=[{"map": {"A": 1}}]), "rule 1 (state)"),
        (one(**{"from": [], "transform": []}), "never give a value"),
        (one(**{"from": ["-"]}), "empty path"),
        (one(**{"from": ["-a"]}), "sum only"),
        (one(when=[{"field": "x", "op": "matches", "values": ["."]}]), "rule 1 (state)"),
        (one(when=[{"field": "x", "op": "in"}]), "`in` and its `values`"),
        (one(when=[{"field": "x", "op": "set", "values": ["1"]}]), "`set` and its `values`"),
        (one(when=[{"field": "", "op": "set"}]), "without a field"),
    ],
)
def test_a_bad_file_names_what_is_wrong(data: bytes, said: str) -> None:
    with pytest.raises(BadRules) as refused:
        load(data)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"to": "receiver"}, "nothing is called 'receiver'"),
        ({"transform": [{"map": {"A": "payed"}}]}, "'payed' is none of"),
        ({"transform": []}, "needs a table"),
        ({"default": True}, "True is none of"),
        ({"from": ["receiver_name"]}, "receiver_name is personal"),
        ({"when": [{"field": "orders.order.buyer_message", "op": "set"}]}, "is personal"),
        ({"to": "locked", "transform": [], "default": "yes"}, "not true or false"),
        ({"to": "line.title", "from": ["lines.title"], "transform": []}, "is of the order"),
        ({"to": "total", "transform": ["list"]}, "region"),
        ({"to": "region", "transform": []}, "region"),
        ({"to": "placed_at", "transform": ["sum"]}, "`sum` is for money"),
        ({"to": "balance", "transform": []}, "always a sum"),
        ({"to": "balance", "transform": ["sum"], "default": "0"}, "no default"),
        ({"to": "balance", "transform": ["sum", {"map": {"a": "1"}}]}, "nothing to look up"),
        ({"to": "line.title", "transform": ["fen"]}, "`fen` is for money"),
    ],
)
def test_rules_without_meaning_are_refused_before_any_order(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BadRules) as refused:
        map_order("taobao", b"{}", load(one(**changes)))
    assert said in str(refused.value) and "state" in str(refused.value)


def test_rules_of_another_platform_are_refused() -> None:
    with pytest.raises(BadRules, match="cannot map"):
        map_order("jd", b"{}", load(file()))


@pytest.mark.parametrize("platform", ["taobao", "jd", "pinduoduo", "shopee"])
def test_the_rules_of_the_house(platform: str) -> None:
    rules = rulebook.current(platform)
    assert rules is rulebook.current(platform), "read once"
    assert rules.label == f"{platform}-{rules.version}"
    targets = {rule.to for rule in rules.rules}
    assert {"state", "placed_at", "paid_at", "modified", "total", "goods", "region", "currency"} <= targets
    assert {"line.qty", "line.unit", "line.outer_code", "line.sku", "line.item"} <= targets


@pytest.mark.parametrize("platform", ["", "ebay", "../jd", "taobao.json", "京东"])
def test_no_rules_for_others(platform: str) -> None:
    with pytest.raises(BadRules):
        rulebook.current(platform)
