"""Conditions, paths and transforms, one by one."""

from decimal import Decimal
from typing import Any

import pytest

from server.rulebook.engine import Source, compile_rule, condition, getter
from server.rulebook.forms import Condition, Rule, Table

ORDER: dict[str, Any] = {
    "state": "OPEN", "n": 1, "zero": 0, "empty": "", "none": None, "yes": True, "amount": "12.30",
    "dec": Decimal("1.0"), "pay": "4-在线支付", "deep": {"a": {"b": "found"}, "list": [{"x": "p"}, {"x": "q"}, 7]},
    "fen": "1230",
}  # fmt: skip
ROWS = [{"fee": "1.00", "q": "a"}, {"fee": "2.50"}, {"other": 1}]


def money(value: Any, currency: str) -> int:
    return int(Decimal(value) * 100)


def source(**totals: int | None) -> Source:
    return Source(ORDER, ROWS, "CNY", totals)


@pytest.mark.parametrize(
    ("field", "op", "values", "holds"),
    [
        ("state", "in", ("OPEN", "X"), True),
        ("state", "in", ("open",), False),
        ("n", "in", ("1",), True),
        ("yes", "in", ("true",), True),
        ("dec", "in", ("1",), True),
        ("missing", "in", ("",), False),
        ("missing", "not_in", ("X",), True),
        ("state", "not_in", ("OPEN",), False),
        ("pay", "starts", ("4-", "5-"), True),
        ("missing", "starts", ("4-",), False),
        ("state", "set", (), True),
        ("zero", "set", (), True),
        ("empty", "set", (), False),
        ("none", "unset", (), True),
        ("missing", "unset", (), True),
        ("zero", "nonzero", (), False),
        ("missing", "nonzero", (), False),
        ("yes", "nonzero", (), True),
        ("zero", "zero", (), True),
        ("missing", "zero", (), True),
        ("deep.a.b", "in", ("found",), True),
        ("deep.list.x", "in", ("q",), True),
        ("deep.list.x", "not_in", ("q",), False),
        ("deep.list.y", "set", (), False),
        ("deep.list.x", "set", (), True),
        ("deep.nothing", "unset", (), True),
        ("lines.q", "in", ("a",), True),
        ("lines.fee", "nonzero", (), True),
        ("lines.none", "zero", (), True),
        ("deep.list.x", "starts", ("p",), True),
    ],
)
def test_conditions(field: str, op: Any, values: tuple[str, ...], holds: bool) -> None:
    assert condition(Condition(field, op, values))(source()) is holds


def test_paths_go_through_objects_and_lists() -> None:
    assert getter("deep.a.b")(source()) == ["found"]
    assert getter("deep.list.x")(source()) == ["p", "q"]
    assert getter("lines.fee")(source()) == ["1.00", "2.50"]
    assert getter("state.more")(source()) == []


def read(rule: Rule, **totals: int | None) -> Any:
    reading = compile_rule(rule, "t-1", money)(source(**totals))
    return None if reading is None else (reading.raw, reading.minor, reading.unknown, reading.source["path"])


def test_the_first_that_holds_something_else_the_default() -> None:
    assert read(Rule("r", "t", from_=("none", "empty", "state", "n"))) == ("OPEN", None, None, "state")
    assert read(Rule("r", "t", from_=("none",), default="d")) == ("d", None, None, "(default)")
    assert read(Rule("r", "t", from_=("none",))) is None
    assert read(Rule("r", "t", from_=("deep.list.x",))) == ("p", None, None, "deep.list.x")


def test_all_of_when_must_hold() -> None:
    yes, no = Condition("state", "set"), Condition("state", "unset")
    assert read(Rule("r", "t", when=(yes, yes), default="d")) == ("d", None, None, "(default)")
    assert read(Rule("r", "t", when=(yes, no), default="d")) is None


def test_transforms() -> None:
    table = Table({"OPEN": "paid"})
    assert read(Rule("r", "t", from_=("state",), transform=(table,))) == ("paid", None, None, "state")
    assert read(Rule("r", "t", from_=("n",), transform=(table,), default="x")) == (None, None, "1", "n")
    assert read(Rule("r", "t", from_=("pay",), transform=("before_dash",)))[0] == "4"
    assert read(Rule("r", "t", from_=("fen",), transform=("fen",)))[1] == 1230
    assert read(Rule("r", "t", from_=("deep.a.b",), transform=("upper",)))[0] == "FOUND"
    assert read(Rule("r", "t", from_=("state", "none", "n"), transform=("list",)))[0] == ["OPEN", None, 1]
    with pytest.raises(ValueError):
        read(Rule("r", "t", from_=("amount",), transform=("fen",)))


def test_sums_over_the_order_its_lines_and_what_was_mapped() -> None:
    total = Rule("r", "t", from_=("amount", "lines.fee", "-missing", "-lines.fee", "lines.fee"), transform=("sum",))
    assert read(total) == (None, 1580, None, "amount + lines.fee - missing - lines.fee + lines.fee")
    mapped = Rule("r", "t", from_=("@lines", "-amount"), transform=("sum",))
    assert read(mapped, lines=1230)[1] == 0
    assert read(mapped, lines=None) is None
    assert read(Rule("r", "t", from_=("missing",), transform=("sum",), default="0"))[0] == "0"
    assert read(Rule("r", "t", from_=("fen", "n"), transform=("sum", "fen")))[1] == 1231
