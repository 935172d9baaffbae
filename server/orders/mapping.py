"""From one platform's order to the hub's own form, by rules. Pure: no clock, no I/O, and bad content is a hold."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from server.orders import targets
from server.orders.targets import Converter, Target
from server.platforms.body import Body, Receiver, only_stars
from server.platforms.jd.body import BODY as JD
from server.platforms.jdsp.body import BODY as JDSP
from server.platforms.pinduoduo.body import BODY as PINDUODUO
from server.platforms.raw import Unreadable
from server.platforms.shopee.body import BODY as SHOPEE
from server.platforms.taobao.body import BODY as TAOBAO
from server.rulebook.engine import Compiled, Money, Source, compile_rule
from server.rulebook.forms import BadRules, RuleSet

__all__ = [
    "Amounts",
    "Facts",
    "Hold",
    "Line",
    "MappedOrder",
    "Receiver",
    "bodies",
    "check",
    "has_receiver",
    "map_order",
    "merge_receiver",
    "personal",
]

State = Literal["unpaid", "paid", "shipped", "completed", "cancelled", "unknown"]
Refund = Literal["none", "asked", "done"]

bodies: Final[dict[str, Body]] = {body.code: body for body in (TAOBAO, JD, PINDUODUO, SHOPEE, JDSP)}
"""Platform code -> how its bodies are read."""


class Facts(Struct, frozen=True, gc=False):
    paid: bool = False
    cancelled: bool = False
    shipped: bool = False
    completed: bool = False
    refund: Refund = "none"
    risk: bool = False
    """The platform reviews it: not to be shipped yet."""
    locked: bool = False
    """The platform, or the kind of order, forbids shipping by the hub for now."""
    self_fulfilled: bool = False
    """The platform ships it from its own warehouse."""


class Line(Struct, frozen=True, gc=False):
    """Money in minor units; `paid_minor` is for the whole line, None where the platform does not say."""

    key: str
    title: str
    spec: str
    outer_code: str
    platform_item: str
    platform_sku: str
    qty: int
    unit_minor: int
    paid_minor: int | None
    refund: Refund
    gift: bool


class Amounts(Struct, frozen=True, gc=False):
    """Minor units of `currency`. goods - discount + freight (+ the platform's fees) = total."""

    currency: str = ""
    goods_minor: int = 0
    discount_minor: int = 0
    freight_minor: int = 0
    total_minor: int = 0


class Hold(Struct, frozen=True, gc=False):
    """Why the order must wait. code: unreadable, missing, bad_value, unknown_value, mismatch."""

    code: str
    field: str
    message_zh: str


class MappedOrder(Struct, frozen=True):
    """Times are ISO text in UTC. No buyer's words, nothing in clear.

    `provenance`: field -> {path, rule, version}; "lines.title" is said once, "lines.2.title" only where line 2 differs.
    """

    external_id: str
    state: State
    facts: Facts
    placed_at: str | None
    paid_at: str | None
    modified: str | None
    lines: list[Line]
    amounts: Amounts
    receiver: Receiver
    note_present: bool
    provenance: dict[str, dict[str, str]]
    holds: list[Hold]


def map_order(platform: str, body: bytes, rules: RuleSet) -> MappedOrder:
    """One order as its platform wrote it. Raises BadRules only: the rules are wrong, never the content."""
    return _plan(platform, rules)(body)


def check(platform: str, rules: RuleSet) -> None:
    """Raises BadRules: these rules cannot map orders of the platform, or leave out what every order must have."""
    _plan(platform, rules)
    missing = targets.REQUIRED - {rule.to for rule in rules.rules}
    if missing:
        zh = "、".join(sorted(targets.called(name) for name in missing))
        raise BadRules(
            f"no rule for {', '.join(sorted(missing))}, so every order would be held",
            f"少了{zh}的规则，每张订单都会被挂起",
        )


def personal(platform: str, body: bytes) -> dict[str, str]:
    """What is to be sealed: the buyer's note and the receiver in clear. An unreadable body has none."""
    try:
        return bodies[platform].personal(body)
    except Unreadable:
        return {}


def has_receiver(receiver: Receiver) -> bool:
    """Does the answer say who gets it? After shipping or under review it holds stars or nothing: no change."""
    return any(value and not only_stars(value) for value in receiver.masked.values()) or bool(receiver.token)


def merge_receiver(old: Receiver, new: Receiver) -> Receiver:
    """What is known stays where the new answer says nothing: null, "" and stars overwrite no mask and no token."""
    masked = dict(old.masked)
    for name, value in new.masked.items():
        if value and (not only_stars(value) or not masked.get(name)):
            masked[name] = value
    token = {**old.token, **{name: value for name, value in new.token.items() if value}}
    return Receiver(masked, token, new.region or old.region, new.plain)


Plan = Callable[[bytes], MappedOrder]


@lru_cache(maxsize=64)
def _plan(platform: str, rules: RuleSet) -> Plan:
    body = bodies.get(platform)
    if body is None or rules.platform != platform:
        raise BadRules(f"rules of {rules.platform!r} cannot map orders of {platform!r}")
    return _Mapper(body, rules).map


class _Slot(Struct, frozen=True):
    """A target, the rules that may fill it, in order, and how their values become one."""

    target: Target
    rules: list[Compiled]
    convert: Converter
    label: str
    """Its name in a line's provenance."""


class _Mapper:
    """The rules of one platform, compiled."""

    def __init__(self, body: Body, rules: RuleSet) -> None:
        self.body = body
        money = _remembered(body.money)
        order: dict[str, list[Compiled]] = {}
        line: dict[str, list[Compiled]] = {}
        for rule in rules.rules:
            target = targets.check(rule, body.personal_fields)
            place = line if target.line else order
            place.setdefault(target.name, []).append(compile_rule(rule, rules.label, money))

        def slot(t: Target, rules: dict[str, list[Compiled]]) -> _Slot:
            convert = targets.converter(t, money, body.time)
            return _Slot(t, rules.get(t.name, []), convert, f"lines.{t.field}")

        self.currency = slot(targets.CURRENCY, order)
        self.order = [slot(t, order) for t in targets.ORDER]
        self.line = [slot(t, line) for t in targets.LINE]
        self.balance = order.get("balance", [])
        self.line_refunds = "refund" in line
        self.says_refund = any(r.to == "refund" and r.from_ and not r.when for r in rules.rules)
        """Each of its orders has a field for it: where that is empty, nobody knows that there is none."""

    def map(self, data: bytes) -> MappedOrder:
        holds: list[Hold] = []
        try:
            opened = self.body.open(data)
        except (ValueError, ArithmeticError):
            message = f"{self.body.name}订单的内容读不出来，请到卖家后台核对"
            return _empty("", [Hold("unreadable", "order", message)])
        fields, rows = opened.order, opened.lines
        if not opened.external_id:
            holds.append(Hold("missing", "external_id", "订单没有订单号"))
        provenance: dict[str, dict[str, str]] = {}
        source = Source(fields, [row for _, row in rows or []])
        found: dict[str, Any] = {}
        currency = _value(self.currency, source, 0, holds, provenance)
        source.currency = currency
        lines = self._lines(rows, currency, holds, provenance)
        source.totals = _totals(lines, holds)
        for slot in self.order:
            found[slot.target.name] = _value(slot, source, 0, holds, provenance)
        self._balance(source, holds)
        refund = found["refund"]
        if refund is None and self.says_refund and not any(h.field in ("refund", "state") for h in holds):
            holds.append(Hold("missing", "refund", "缺少退款状态"))
        if refund is None:
            refund = _refund_of(lines) if self.line_refunds else "none"
        elif refund == "done" and not self.line_refunds:
            lines = [msgspec.structs.replace(line, refund="done") for line in lines]
        return MappedOrder(
            external_id=opened.external_id,
            state=found["state"],
            facts=_facts(found, refund),
            placed_at=_iso(found["placed_at"]),
            paid_at=_iso(_paid_at(found, holds, provenance)),
            modified=_iso(found["modified"]),
            lines=lines,
            amounts=Amounts(currency, found["goods"], found["discount"], found["freight"], found["total"]),
            receiver=msgspec.structs.replace(self.body.receiver(fields), region=list(found["region"])),
            note_present=self.body.note_present(fields),
            provenance=provenance,
            holds=holds,
        )

    def _lines(
        self,
        rows: list[tuple[str, dict[str, Any]]] | None,
        currency: str,
        holds: list[Hold],
        provenance: dict[str, dict[str, str]],
    ) -> list[Line]:
        if not rows:
            message = "订单没有明细" if rows is not None else "订单的明细缺失或读不出来"
            holds.append(Hold("missing", "lines", message))
            return []
        lines: list[Line] = []
        for place, (key, row) in enumerate(rows, start=1):
            source = Source(row, [], currency)
            v = {slot.target.name: _value(slot, source, place, holds, provenance) for slot in self.line}
            paid = v["paid"]
            if paid is None and v["paid_each"] is not None:
                paid = v["paid_each"] * v["qty"]
            lines.append(
                Line(
                    key.replace("\0", ""),
                    v["title"],
                    v["spec"],
                    v["outer_code"],
                    v["item"],
                    v["sku"],
                    v["qty"],
                    v["unit"],
                    paid if paid is None or paid < targets.MAX_MINOR else None,
                    v["refund"],
                    v["gift"],
                )
            )
        return lines

    def _balance(self, source: Source, holds: list[Hold]) -> None:
        """Every rule to `balance` must come to zero. What cannot be computed has its own hold already."""
        for rule in self.balance:
            try:
                reading = rule(source)
            except ValueError:
                holds.append(Hold("bad_value", "balance", "金额的内容不合理或格式不对，无法核对"))
                return
            if reading is not None and reading.minor:
                name = reading.source["rule"]
                message = f"金额对不上，相差 {reading.minor}（最小货币单位，规则 {name}）"
                holds.append(Hold("mismatch", "amounts", message))
                return


def _value(slot: _Slot, source: Source, line: int, holds: list[Hold], provenance: dict[str, dict[str, str]]) -> Any:
    """The target's value by the first rule that gives one; its neutral value and a hold where none can."""
    target = slot.target
    try:
        for rule in slot.rules:
            reading = rule(source)
            if reading is None:
                continue
            if reading.unknown is not None:
                holds.append(_unknown(target, line, reading.unknown))
                return target.neutral
            if reading.minor is not None:
                value: Any = targets.signed(target, reading.minor)
            else:
                value = slot.convert(reading.raw, source.currency)
                if value is None:
                    continue
            if not line:
                provenance[target.field] = reading.source
            elif provenance.setdefault(slot.label, reading.source) is not reading.source:
                provenance[f"lines.{line}.{target.field}"] = reading.source
            return value
    except ValueError:
        holds.append(Hold("bad_value", _field(target, line), f"{_where(line)}{target.zh}的内容不合理或格式不对"))
        return target.neutral
    if target.required:
        holds.append(Hold("missing", _field(target, line), f"{_where(line)}缺少{target.zh}"))
    return target.neutral


def _remembered(money: Money) -> Money:
    """The same few prices come all day."""
    cached = lru_cache(maxsize=8192, typed=True)(money)

    def give(value: Any, currency: str) -> int:
        if not isinstance(value, str | int | Decimal):
            raise ValueError("not money")
        return cached(value, currency)

    return give


def _empty(external_id: str, holds: list[Hold]) -> MappedOrder:
    return MappedOrder(external_id, "unknown", Facts(), None, None, None, [], Amounts(), Receiver(), False, {}, holds)


def _unknown(target: Target, line: int, value: str) -> Hold:
    shown = "".join(c for c in value[:40] if c.isprintable()) or "(空)"
    return Hold("unknown_value", _field(target, line), f"{_where(line)}{target.zh}「{shown}」不认识，需要补充规则")


def _field(target: Target, line: int) -> str:
    return f"lines.{line}.{target.field}" if line else target.field


def _where(line: int) -> str:
    return f"第 {line} 行" if line else ""


def _totals(lines: list[Line], holds: list[Hold]) -> dict[str, int | None]:
    """Sums of the lines; None where a line's money or quantity could not be read, or there is no line."""
    bad = any(h.field.endswith((".unit_minor", ".qty")) for h in holds)
    if bad or not lines:
        return {"lines": None, "paid": None}
    paid = [line.paid_minor for line in lines]
    return {
        "lines": sum(line.unit_minor * line.qty for line in lines),
        "paid": None if None in paid else sum(p for p in paid if p is not None),
    }


def _refund_of(lines: list[Line]) -> Refund:
    """An order's refund by its lines: one that is asked holds it; done only when all are."""
    if any(line.refund == "asked" for line in lines):
        return "asked"
    return "done" if lines and all(line.refund == "done" for line in lines) else "none"


def _facts(found: dict[str, Any], refund: Refund) -> Facts:
    state = found["state"]
    return Facts(
        paid=state in ("paid", "shipped", "completed") or (found["paid_at"] is not None and state != "unpaid"),
        cancelled=state == "cancelled",
        shipped=state in ("shipped", "completed"),
        completed=state == "completed",
        refund=refund,
        risk=found["risk"],
        locked=found["locked"],
        self_fulfilled=found["self_fulfilled"],
    )


def _paid_at(found: dict[str, Any], holds: list[Hold], provenance: dict[str, dict[str, str]]) -> datetime | None:
    """A deposit is not a payment; an order to ship without a time of payment must not fall out of sight."""
    at: datetime | None = found["paid_at"]
    if found["state"] == "unpaid":
        provenance.pop("paid_at", None)
        return None
    if at is None and found["state"] == "paid":
        if not any(h.field == "paid_at" for h in holds):
            holds.append(Hold("missing", "paid_at", "待发货的订单没有付款时间"))
        for field in ("placed_at", "modified"):
            if found[field] is not None:
                provenance["paid_at"] = provenance[field]
                known: datetime = found[field]
                return known
    return at


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
