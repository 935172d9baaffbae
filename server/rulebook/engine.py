"""Rules made into closures, once: finding fields, testing conditions, transforms. Pure."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from msgspec import UNSET, Struct

from server.rulebook.forms import BadRules, Condition, Rule, Table

Money = Callable[[Any, str], int]
"""(value in major units, currency) -> minor units. Raises ValueError."""


class Source(Struct, gc=False):
    """What rules look at: an order with the rows of its lines, or one line's row."""

    fields: dict[str, Any]
    rows: list[dict[str, Any]] = []
    currency: str = ""
    totals: dict[str, int | None] = {}


class Reading(Struct, frozen=True, gc=False):
    """What a rule said. `raw`: still to be turned into the target's kind. `minor`: money, ready."""

    raw: Any = None
    minor: int | None = None
    unknown: str | None = None
    """A value that the rule's table does not hold."""
    source: dict[str, str] = {}
    """{path, rule, version}; shared, never changed."""


Compiled = Callable[[Source], Reading | None]
"""None: the rule does not apply, or gives nothing. Raises ValueError: the field holds something that it may not."""

Get = Callable[[Source], list[Any]]


def key(value: Any) -> str:
    """A value as conditions and tables compare it."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        whole = -20 <= value.adjusted() <= 20 and value == value.to_integral_value()
        return str(int(value)) if whole else str(value)
    return "?"


def is_set(value: Any) -> bool:
    return bool(value) or not (value is None or isinstance(value, str | list | dict))


def getter(path: str) -> Get:
    """All values at a path: through objects, and through each element of lists."""
    if path.startswith("lines."):
        rest = path.removeprefix("lines.")
        return lambda s: [row[rest] for row in s.rows if rest in row]
    names = path.split(".")
    if len(names) == 1:
        return lambda s: [s.fields[path]] if path in s.fields else []

    def walk(s: Source) -> list[Any]:
        found: list[Any] = [s.fields]
        for name in names:
            found = [x[name] for x in found if isinstance(x, dict) and name in x]
            if any(isinstance(x, list) for x in found):
                found = [y for x in found for y in (x if isinstance(x, list) else [x])]
        return found

    return walk


def first(path: str) -> Callable[[Source], Any]:
    """The first value at a path that holds something; None: there is none."""
    if "." not in path:
        return lambda s: s.fields.get(path)
    get = getter(path)
    return lambda s: next((v for v in get(s) if is_set(v)), None)


def condition(c: Condition) -> Callable[[Source], bool]:
    """One test as a function. Most fields are plain, so those go without a list of values."""
    if "." not in c.field:
        name, wanted, starts = c.field, frozenset(c.values), c.values
        tests: dict[str, Callable[[Source], bool]] = {
            "in": lambda s: name in s.fields and key(s.fields[name]) in wanted,
            "not_in": lambda s: name not in s.fields or key(s.fields[name]) not in wanted,
            "starts": lambda s: name in s.fields and key(s.fields[name]).startswith(starts),
            "set": lambda s: is_set(s.fields.get(name)),
            "unset": lambda s: not is_set(s.fields.get(name)),
            "nonzero": lambda s: not _zero(s.fields.get(name)),
            "zero": lambda s: _zero(s.fields.get(name)),
        }
        return tests[c.op]
    get, values = getter(c.field), frozenset(c.values)
    if c.op == "in":
        return lambda s: any(key(v) in values for v in get(s))
    if c.op == "not_in":
        return lambda s: all(key(v) not in values for v in get(s))
    if c.op == "starts":
        return lambda s: any(key(v).startswith(c.values) for v in get(s))
    if c.op == "set":
        return lambda s: any(is_set(v) for v in get(s))
    if c.op == "unset":
        return lambda s: not any(is_set(v) for v in get(s))
    if c.op == "nonzero":
        return lambda s: any(not _zero(v) for v in get(s))
    return lambda s: all(_zero(v) for v in get(s))


def _zero(value: Any) -> bool:
    if isinstance(value, int | Decimal):
        return not value
    return key(value) in ("", "0", "0.0", "0.00", "false")


def compile_rule(rule: Rule, version: str, money: Money) -> Compiled:
    """One rule as a function. Raises BadRules: a combination that has no meaning."""
    tests = [condition(c) for c in rule.when]
    steps = [step for step in rule.transform if step != "sum"]
    if "sum" in rule.transform:
        if any(isinstance(step, Table) or step == "before_dash" for step in steps):
            told = f"rule {rule.name}: a sum is of money, there is nothing to look up"
            raise BadRules(told, "相加的是金额，不能再用对照表", rule.name)
        give = _sum(rule, version, money, fen="fen" in steps)
    elif "list" in rule.transform:
        if len(rule.transform) > 1:
            raise BadRules(f"rule {rule.name}: `list` stands alone", "「逐级列出」不能和别的转换一起用", rule.name)
        give = _list(rule, version)
    else:
        give = _first(rule, version, steps)
    if not tests:
        return give
    if len(tests) == 1:
        only = tests[0]
        return lambda s: give(s) if only(s) else None
    return lambda s: give(s) if all(test(s) for test in tests) else None


def _first(rule: Rule, version: str, steps: list[Any]) -> Compiled:
    paths = [(first(path), _source(path, rule, version)) for path in rule.from_]
    fallback: Reading | None = None
    if rule.default is not UNSET:
        fallback = Reading(raw=rule.default, source=_source("(default)", rule, version))
    if not steps:

        def plain(s: Source) -> Reading | None:
            for get, source in paths:
                value = get(s)
                if is_set(value):
                    return Reading(value, None, None, source)
            return fallback

        return plain

    def changed(s: Source) -> Reading | None:
        for get, source in paths:
            value = get(s)
            if is_set(value):
                return _apply(steps, value, source)
        return fallback

    return changed


def _list(rule: Rule, version: str) -> Compiled:
    gets = [first(path) for path in rule.from_]
    source = _source(", ".join(rule.from_), rule, version)

    def all_of(s: Source) -> Reading | None:
        values = [get(s) for get in gets]
        return Reading(raw=values, source=source) if any(is_set(v) for v in values) else None

    return all_of


def _apply(steps: list[Any], value: Any, source: dict[str, str]) -> Reading:
    for step in steps:
        if step == "fen":
            if isinstance(value, bool) or not key(value).lstrip("-").isascii() or not key(value).lstrip("-").isdigit():
                raise ValueError("not whole minor units")
            return Reading(minor=bounded(int(key(value)[:20])), source=source)
        if step == "upper":
            value = key(value).upper()
        elif step == "before_dash":
            value = key(value).partition("-")[0].strip()
        else:
            found = step.map.get(key(value))
            if found is None:
                return Reading(unknown=key(value), source=source)
            value = found
    return Reading(raw=value, source=source)


def _sum(rule: Rule, version: str, money: Money, *, fen: bool) -> Compiled:
    source = _source(" + ".join(rule.from_).replace("+ -", "- "), rule, version)
    terms = [(-1 if path.startswith("-") else 1, path.lstrip("-")) for path in rule.from_]
    totals = [(sign, path[1:]) for sign, path in terms if path.startswith("@")]
    parts = [(sign, getter(path)) for sign, path in terms if not path.startswith("@")]
    fallback: Reading | None = None
    if rule.default is not UNSET:
        fallback = Reading(raw=rule.default, source=_source("(default)", rule, version))

    def add(s: Source) -> Reading | None:
        result, seen = 0, False
        for sign, name in totals:
            total = s.totals.get(name)
            if total is None:
                return fallback
            result, seen = result + sign * total, True
        for sign, get in parts:
            for value in get(s):
                if is_set(value):
                    minor = int(key(value)) if fen else money(value, s.currency)
                    result, seen = result + sign * minor, True
        return Reading(minor=bounded(result), source=source) if seen else fallback

    return add


def bounded(minor: int) -> int:
    if abs(minor) >= 10**15:
        raise ValueError("too large")
    return minor


def _source(path: str, rule: Rule, version: str) -> dict[str, str]:
    return {"path": path, "rule": rule.name, "version": version}
