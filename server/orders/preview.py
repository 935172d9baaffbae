"""What a platform's response body would become by the rules that come with the house: for `zhongshu map`.

Opens nothing, asks nobody, changes nothing.
"""

from typing import Any, Final

import msgspec

from server import rulebook
from server.errors import Malformed
from server.orders.mapping import MappedOrder, bodies, map_order
from server.platforms.port import Envelope, Trouble
from server.platforms.raw import Unreadable

NOT_EVALUATED: Final = "not evaluated"
"""Stands for what needs a catalogue, stock or an earlier version of the order."""


def preview(platform: str, data: bytes) -> list[dict[str, Any]] | dict[str, Any]:
    """A response body as it came, envelope and all -> what is printed as JSON.

    Orders: a list of them. Ids without details: {"ids": [...], "note": ...}. An error body: {"error": {...}}.
    Raises Malformed: an unknown platform, no JSON, or a body that brings no orders.
    """
    body = bodies.get(platform)
    if body is None:
        raise Malformed("unknown_platform", f"没有平台 {platform}，可用：{'、'.join(sorted(bodies))}")
    try:
        envelope = body.split(data)
    except Unreadable as e:
        raise Malformed("unreadable", f"不是{body.name}的响应：内容读不出来（{e}）") from None
    if envelope.trouble is not None:
        return {"error": _trouble(envelope.trouble)}
    if not envelope.is_orders:
        raise Malformed("no_orders_here", f"这是{body.name}的响应，但不是带订单的那几种")
    rules = rulebook.current(platform)
    orders = [_shown(map_order(platform, raw.body, rules), raw.external_id) for raw in envelope.orders]
    return _with_ids(envelope, orders) if envelope.ids else orders


def _with_ids(envelope: Envelope, orders: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {"ids": envelope.ids, "note": "只有订单号，没有内容：详情要逐单另取后才能映射"}
    return {**found, "orders": orders} if orders else found


def _trouble(found: Trouble) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(found)
    return shown


def _shown(order: MappedOrder, external_id: str) -> dict[str, Any]:
    """`external_id` is the one it would be stored under; it differs where the order's own cannot be read."""
    found: dict[str, Any] = msgspec.to_builtins(order)
    return {
        "external_id": external_id,
        "state": found["state"],
        "facts": found["facts"],
        "placed_at": found["placed_at"],
        "paid_at": found["paid_at"],
        "modified": found["modified"],
        "lines": [{**line, "sku": NOT_EVALUATED} for line in found["lines"]],
        "amounts": found["amounts"],
        "receiver": found["receiver"],
        "note_present": found["note_present"],
        "review": NOT_EVALUATED,
        "holds": found["holds"],
        "provenance": found["provenance"],
    }
