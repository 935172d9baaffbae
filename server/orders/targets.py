"""What rules may write to: the closed list of targets, their kinds, and how a source value becomes one. Pure."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Literal

from msgspec import UNSET, Struct

from server.platforms.body import decimal, is_mask, region, text, text_id
from server.rulebook.engine import Money
from server.rulebook.forms import BadRules, Rule, Table

Kind = Literal["choice", "flag", "time", "money", "text", "id", "qty", "region", "currency", "balance"]

MAX_QTY: Final = 1_000_000
MAX_MINOR: Final = 10**15
_STATES: Final = frozenset({"unpaid", "paid", "shipped", "completed", "cancelled"})
_REFUNDS: Final = frozenset({"none", "asked", "done"})


class Target(Struct, frozen=True):
    """`neutral`: what stands where no rule gave a value. `field`: its name in holds and provenance."""

    name: str
    kind: Kind
    field: str
    zh: str
    neutral: Any = None
    required: bool = False
    line: bool = False
    choices: frozenset[str] = frozenset()
    signed: bool = False
    """May be negative."""


CURRENCY: Final = Target("currency", "currency", "currency", "币种", "", required=True)

ORDER: Final = (
    Target("state", "choice", "state", "订单状态", "unknown", required=True, choices=_STATES),
    Target("refund", "choice", "refund", "退款状态", None, choices=_REFUNDS),
    Target("risk", "flag", "risk", "风控标记", False),
    Target("locked", "flag", "locked", "锁定标记", False),
    Target("self_fulfilled", "flag", "self_fulfilled", "平台仓发货标记", False),
    Target("placed_at", "time", "placed_at", "下单时间", required=True),
    Target("paid_at", "time", "paid_at", "付款时间"),
    Target("modified", "time", "modified", "修改时间", required=True),
    Target("goods", "money", "goods_minor", "货款", 0, required=True),
    Target("discount", "money", "discount_minor", "优惠金额", 0, signed=True),
    Target("freight", "money", "freight_minor", "运费", 0),
    Target("total", "money", "total_minor", "应付总额", 0, required=True),
    Target("region", "region", "region", "收货地区", []),
)
LINE: Final = (
    Target("title", "text", "title", "商品名", "", line=True),
    Target("spec", "text", "spec", "规格", "", line=True),
    Target("outer_code", "text", "outer_code", "商家编码", "", line=True),
    Target("item", "id", "platform_item", "平台商品编号", "", line=True),
    Target("sku", "id", "platform_sku", "平台规格编号", "", line=True),
    Target("qty", "qty", "qty", "数量", 0, required=True, line=True),
    Target("unit", "money", "unit_minor", "单价", 0, required=True, line=True),
    Target("paid", "money", "paid_minor", "实付金额", line=True),
    Target("paid_each", "money", "paid_minor", "实付单价", line=True),
    Target("refund", "choice", "refund", "退款状态", "none", line=True, choices=_REFUNDS),
    Target("gift", "flag", "gift", "赠品标记", False, line=True),
)
_BALANCE: Final = Target("balance", "balance", "amounts", "金额")

BY_NAME: Final = {t.name: t for t in (CURRENCY, _BALANCE, *ORDER)} | {f"line.{t.name}": t for t in LINE}

REQUIRED: Final = frozenset(name for name, t in BY_NAME.items() if t.required)


def called(name: str) -> str:
    """A target's name in words."""
    target = BY_NAME[name]
    return f"明细的{target.zh}" if target.line else target.zh


def check(rule: Rule, personal: frozenset[str]) -> Target:
    """The target of a rule that makes sense. Raises BadRules, naming the rule."""
    target = BY_NAME.get(rule.to)
    if target is None:
        raise _bad(rule, f"nothing is called {rule.to!r}; there is {', '.join(sorted(BY_NAME))}", "没有这个目标字段")
    for path in (*rule.from_, *(c.field for c in rule.when)):
        hidden = personal.intersection(path.lstrip("-").split("."))
        if hidden:
            told = f"{path} is personal ({', '.join(sorted(hidden))}), no rule may read it"
            raise _bad(rule, told, f"「{path}」是买家的个人信息，规则不能读")
        if target.line and path.lstrip("-").startswith(("lines.", "@")):
            raise _bad(rule, f"{path} is of the order, the rule is of a line", f"「{path}」属于整单，这条规则是明细的")
    adds = "sum" in rule.transform
    if (adds and target.kind not in ("money", "balance")) or (target.kind == "balance" and not adds):
        raise _bad(rule, "`sum` is for money, and `balance` is always a sum", "「相加」只用于金额；核对金额必须相加")
    if ("list" in rule.transform) != (target.kind == "region"):
        raise _bad(rule, "`list` is for the region, and the region is always a list", "「逐级列出」只用于收货地区")
    if "fen" in rule.transform and target.kind not in ("money", "balance"):
        raise _bad(rule, "`fen` is for money", "「已经是分」只用于金额")
    for value in _outcomes(rule):
        if target.kind == "choice" and value not in target.choices:
            told = f"{value!r} is none of {', '.join(sorted(target.choices))}"
            raise _bad(rule, told, f"「{value}」不是{target.zh}可选的值")
        if target.kind == "flag" and not isinstance(value, bool):
            raise _bad(rule, f"{value!r} is not true or false", f"{target.zh}只能是「是」或「否」")
    if target.kind == "choice" and rule.from_ and not any(isinstance(step, Table) for step in rule.transform):
        raise _bad(rule, f"{rule.to} needs a table of values", f"{target.zh}要有对照表")
    if rule.default is not UNSET and target.kind == "balance":
        raise _bad(rule, "a balance has no default", "核对金额没有默认值")
    return target


def _bad(rule: Rule, told: str, zh: str) -> BadRules:
    return BadRules(f"rule {rule.name}: {told}", zh, rule.name)


def _outcomes(rule: Rule) -> list[Any]:
    found: list[Any] = [] if rule.default is UNSET else [rule.default]
    for step in rule.transform:
        if isinstance(step, Table):
            found += step.map.values()
    return found


def signed(target: Target, minor: int) -> int:
    if minor < 0 and not target.signed:
        raise ValueError("negative")
    return minor


Converter = Callable[[Any, str], Any]
"""(source value, currency) -> the target's kind; None: not set after all. Raises ValueError."""


def converter(target: Target, money: Money, time: Callable[[Any], datetime | None]) -> Converter:
    def choice(value: Any, _: str) -> Any:
        if value not in target.choices:
            raise ValueError("not a choice")
        return value

    def amount(value: Any, currency: str) -> int:
        return signed(target, money(value, currency))

    kinds: dict[Kind, Converter] = {
        "choice": choice,
        "money": amount,
        "balance": amount,
        "flag": lambda value, _: _flag(value),
        "time": lambda value, _: time(value),
        "text": lambda value, _: _text(value),
        "id": lambda value, _: text_id(value),
        "qty": lambda value, _: _qty(value),
        "region": lambda value, _: _region(value),
        "currency": lambda value, _: _currency(value),
    }
    return kinds[target.kind]


def _region(values: list[Any]) -> list[str] | None:
    """Masked parts (some markets of Shopee) say nothing."""
    return region(*("" if isinstance(v, str) and is_mask(v) else v for v in values)) or None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        found = text_id(value)
        if not found:
            raise ValueError("not text")
        return found
    return text(value)[:500]


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    found = text_id(value).lower()
    if found in ("true", "1", "yes"):
        return True
    if found in ("false", "0", "no"):
        return False
    raise ValueError("not true or false")


def _qty(value: Any) -> int:
    number = decimal(value)
    whole = int(number)
    if whole != number or not 0 < whole <= MAX_QTY:
        raise ValueError("not a quantity")
    return whole


def _currency(value: Any) -> str:
    found = text(value)
    if len(found) != 3 or not found.isascii() or not found.isalpha():
        raise ValueError("not a currency")
    return found.upper()
