"""What an order becomes under two versions of the rules, field by field; what may be taken over. Pure."""

from typing import Any, Final

import msgspec
from msgspec import Struct

from server.orders.mapping import MappedOrder

Value = str | int | bool | list[str] | None

_ORDER: Final = ("state", "placed_at", "paid_at", "modified")
_AMOUNTS: Final = ("currency", "goods_minor", "discount_minor", "freight_minor", "total_minor")
_FACTS: Final = ("refund", "risk", "locked", "self_fulfilled")
_LINE: Final = (
    "title",
    "spec",
    "outer_code",
    "platform_item",
    "platform_sku",
    "qty",
    "unit_minor",
    "paid_minor",
    "refund",
    "gift",
)


class Change(Struct, frozen=True):
    """One field that differs. A line's field is "lines.<key>.<name>"; `source`: {path, rule, version} of the new one.

    Holds are told as "holds", each as "code field"; never with its message, which may quote a value.
    """

    field: str
    was: Value
    becomes: Value
    source: dict[str, str] = {}


def fields(order: MappedOrder) -> dict[str, Value]:
    """Everything that rules decide of an order, flat. No receiver but its region: the rest is no rule's business."""
    flat: dict[str, Value] = {name: getattr(order, name) for name in _ORDER}
    flat |= {name: getattr(order.amounts, name) for name in _AMOUNTS}
    flat |= {name: getattr(order.facts, name) for name in _FACTS}
    flat["region"] = order.receiver.region
    for line in order.lines:
        flat |= {f"lines.{line.key}.{name}": getattr(line, name) for name in _LINE}
    flat["holds"] = sorted({f"{h.code} {h.field}" for h in order.holds})
    return flat


def source_of(order: MappedOrder, field: str) -> dict[str, str]:
    """Where a field's value came from; {} where no rule gave it."""
    if not field.startswith("lines."):
        return order.provenance.get(field, {})
    key, _, name = field.removeprefix("lines.").rpartition(".")
    place = next((i for i, line in enumerate(order.lines, start=1) if line.key == key), 0)
    return order.provenance.get(f"lines.{place}.{name}") or order.provenance.get(f"lines.{name}", {})


def diff(before: MappedOrder, after: MappedOrder) -> list[Change]:
    """What differs, in the order of the fields. Nothing differs between an order and itself."""
    old, new = fields(before), fields(after)
    names = [*old, *(name for name in new if name not in old)]
    return [
        Change(name, old.get(name), new.get(name), source_of(after, name))
        for name in names
        if old.get(name) != new.get(name)
    ]


def kind(field: str) -> str:
    """A field's name without the line's key."""
    return f"lines.{field.rpartition('.')[2]}" if field.startswith("lines.") else field


def keep_human(before: MappedOrder, after: MappedOrder, human: frozenset[str]) -> MappedOrder:
    """`after`, but every field in `human` (as in `fields`) stays as it is in `before`: a person set it.

    A line with a field that a person set is never dropped.
    """
    order = {name: getattr(before, name) for name in _ORDER if name in human}
    amounts = {name: getattr(before.amounts, name) for name in _AMOUNTS if name in human}
    facts = {name: getattr(before.facts, name) for name in _FACTS if name in human}
    known = {line.key: line for line in before.lines}
    touched: dict[str, list[str]] = {}
    for name in human:
        if name.startswith("lines."):
            key, _, column = name.removeprefix("lines.").rpartition(".")
            if column in _LINE and key in known:
                touched.setdefault(key, []).append(column)
    lines = [
        msgspec.structs.replace(line, **{c: getattr(known[line.key], c) for c in touched.pop(line.key, [])})
        for line in after.lines
    ]
    lines += [known[key] for key in known if key in touched]
    more: dict[str, Any] = {}
    if "region" in human:
        more["receiver"] = msgspec.structs.replace(after.receiver, region=before.receiver.region)
    return msgspec.structs.replace(
        after,
        **order,
        **more,
        amounts=msgspec.structs.replace(after.amounts, **amounts),
        facts=msgspec.structs.replace(after.facts, **facts),
        lines=lines,
    )
