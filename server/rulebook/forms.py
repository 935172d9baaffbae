"""The one rule form and its strict decoding. What a target means is the reader's business (orders.mapping)."""

from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

Op = Literal["in", "not_in", "starts", "set", "unset", "nonzero", "zero"]
Step = Literal["sum", "fen", "list", "upper", "before_dash"]
NEEDS_VALUES: Final = frozenset({"in", "not_in", "starts"})


class BadRules(ValueError):
    """Rules are not in order. The text names the rule and what is wrong with it, for a developer.

    `rule`: its name or "" (all of them); `zh`: what is wrong, for the person who edits it.
    """

    def __init__(self, text: str, zh: str = "内容不合格式", rule: str = "") -> None:
        super().__init__(text)
        self.zh, self.rule = zh, rule


class Condition(Struct, frozen=True, forbid_unknown_fields=True):
    """A test of one source field. Numbers and true/false are compared as text: 1 and "1" are the same."""

    field: str
    op: Op
    values: tuple[str, ...] = ()


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """The transform that looks a value up. A value that is not in it is unknown: a hold, never a guess."""

    map: dict[str, str | bool]


class Rule(Struct, frozen=True, forbid_unknown_fields=True, eq=False):
    """`to` gets the first of `from` that holds something, through `transform`; else `default`.

    Rules of one target are tried in order: the first whose `when` holds (all of it) and that gives a value wins.
    Paths: "a.b" goes into objects and through lists; "lines.x" is field x of every line; "-" before a path
    subtracts it in a sum; "@lines" and "@paid" are the sums of the lines as mapped.
    Transforms: a table; sum (of money, over all of `from`); fen (money in minor units already); list (all of `from`,
    gaps kept); upper; before_dash ("4-online" -> "4").
    """

    name: str
    to: str
    when: tuple[Condition, ...] = ()
    from_: tuple[str, ...] = msgspec.field(default=(), name="from")
    transform: tuple[Step | Table, ...] = ()
    default: str | int | bool | UnsetType = UNSET


class RuleSet(Struct, frozen=True, eq=False):
    """All rules of one platform, at one version."""

    version: int
    platform: str
    author: str
    reason: str
    rules: tuple[Rule, ...]
    house: int = 0
    """The version that people of the house made of it; 0: the file as it came."""

    @property
    def label(self) -> str:
        """What the trail says: "taobao-1" is the file, "taobao-1.3" the house's third version."""
        return f"{self.platform}-{self.version}" + (f".{self.house}" if self.house else "")


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    platform: str
    author: str
    reason: str
    rules: tuple[msgspec.Raw, ...]


def load(data: bytes) -> RuleSet:
    """Read a rule file. Raises BadRules."""
    try:
        file = msgspec.json.decode(data, type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        raise BadRules(f"not a rule file: {e}") from None
    for field in ("platform", "author", "reason"):
        if not getattr(file, field).strip():
            raise BadRules(f"rule file without {field}")
    if file.version < 1:
        raise BadRules("rule file whose version is not 1 or more")
    rules: list[Rule] = []
    seen: set[str] = set()
    for place, one in enumerate(file.rules, start=1):
        name = _name(bytes(one), place)
        try:
            rule = msgspec.json.decode(bytes(one), type=Rule)
        except msgspec.MsgspecError as e:
            raise BadRules(f"{file.platform}: {name}: {e}", "有不认识的内容，或缺了内容", _said(bytes(one))) from None
        wrong = _fault(rule)
        if rule.name in seen:
            wrong = "another rule has this name", "有两条规则同名"
        if wrong:
            raise BadRules(f"{file.platform}: {name}: {wrong[0]}", wrong[1], rule.name)
        seen.add(rule.name)
        rules.append(rule)
    return RuleSet(file.version, file.platform, file.author, file.reason, tuple(rules))


def revise(base: RuleSet, house: int, author: str, reason: str, rules: bytes) -> RuleSet:
    """A house's version of a platform's rules; `rules` is the JSON list of them. Raises BadRules."""
    try:
        said = msgspec.json.decode(rules, type=list[msgspec.Raw])
        body = _File(base.version, base.platform, author, reason, tuple(said))
        return msgspec.structs.replace(load(msgspec.json.encode(body)), house=house)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        raise BadRules(f"not a list of rules: {e}", "不是一串规则") from None


def written(rules: RuleSet) -> bytes:
    """The rules as the JSON list that `revise` reads."""
    return msgspec.json.encode(rules.rules)


def _name(data: bytes, place: int) -> str:
    name = _said(data)
    return f"rule {place} ({name})" if name else f"rule {place}"


def _said(data: bytes) -> str:
    """The name of a rule that may be of any shape."""
    value: Any = msgspec.json.decode(data)
    name = value.get("name") if isinstance(value, dict) else None
    return name if isinstance(name, str) else ""


def _fault(rule: Rule) -> tuple[str, str] | None:
    """What is wrong with it, in English and in Chinese."""
    if not rule.name.strip():
        return "it has no name", "规则没有名字"
    if not rule.from_ and rule.default is UNSET:
        return "it has neither `from` nor `default`, so it can never give a value", "来源和默认值都没有，永远得不到值"
    if any(not path.lstrip("-") for path in rule.from_):
        return "`from` holds an empty path", "有一个来源是空的"
    if "sum" not in rule.transform and any(path.startswith(("-", "@")) for path in rule.from_):
        return "a path with - or @ makes sense in a sum only", "带 - 或 @ 的来源只能用来相加"
    for condition in rule.when:
        if not condition.field:
            return "a condition without a field", "有一个条件没有写字段"
        if (condition.op in NEEDS_VALUES) != bool(condition.values):
            needs = "要写值" if condition.op in NEEDS_VALUES else "不用写值"
            told = f"the condition on {condition.field}: `{condition.op}` and its `values` do not fit"
            return told, f"条件「{condition.field}」的值不对：这种比较{needs}"
    return None
