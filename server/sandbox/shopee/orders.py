"""Orders on Shopee: lists by cursor, details fifty at a time, and the seller's note."""

import base64
from typing import Any, Final

from server.sandbox import life
from server.sandbox.model import Order
from server.sandbox.shopee import order as shopee_order
from server.sandbox.shopee.rules import Params, number, refuse
from server.sandbox.world import World

_FILTERS: Final = frozenset(
    ["UNPAID", "READY_TO_SHIP", "PROCESSED", "SHIPPED", "COMPLETED", "IN_CANCEL", "CANCELLED", "INVOICE_PENDING"]
)
_MOST: Final = 50


def listed(world: World, p: Params) -> dict[str, Any]:
    """get_order_list: oldest first by the chosen time; the cursor names the last row given, so that nothing shifts."""
    by = {"create_time": "created", "update_time": "modified"}.get(str(p.get("time_range_field", "")))
    if by is None:
        raise refuse(world, "time_field_unknown")
    since, until = (number(world, p, name, 0, 10**11, "time_wrong") for name in ("time_from", "time_to"))
    if until <= since or until - since > world.knobs.shopee_window_s:
        raise refuse(world, "window_wrong")
    size = number(world, p, "page_size", 1, 100, "page_size_wrong")
    wanted = str(p.get("order_status", ""))
    if wanted and wanted not in _FILTERS:
        raise refuse(world, "status_unknown")
    after = _cursor(world, str(p.get("cursor", "")))
    rows = [
        (at, o.external_id, o)
        for o in world.all("shopee")
        if since <= (at := int(getattr(o, by))) <= until
        and (at, o.external_id) > after
        and wanted in ("", shopee_order.status(o))
        and (_pending(p) or shopee_order.status(o) != "PENDING")
    ]
    rows.sort(key=lambda row: row[:2])
    more, rows = len(rows) > size, rows[:size]
    named = "order_status" in str(p.get("response_optional_fields", "")).split(",")
    return {
        "more": more,
        "next_cursor": base64.urlsafe_b64encode(f"{rows[-1][0]}|{rows[-1][1]}".encode()).decode() if more else "",
        "order_list": [
            {"order_sn": sn, **({"order_status": shopee_order.status(o)} if named else {}), "booking_sn": ""}
            for _, sn, o in rows
        ],
    }


def _cursor(world: World, text: str) -> tuple[int, str]:
    if not text:
        return (0, "")
    try:
        at, sn = base64.urlsafe_b64decode(text.encode()).decode().split("|")
        return (int(at), sn)
    except ValueError:
        raise refuse(world, "cursor_wrong") from None


def _pending(p: Params) -> bool:
    return str(p.get("request_order_status_pending", "false")).lower() == "true"


def detail(world: World, p: Params) -> dict[str, Any]:
    """get_order_detail: only what is asked for; an order that is not the shop's is left out."""
    asked = [sn for sn in str(p.get("order_sn_list", "")).split(",") if sn]
    if not 1 <= len(asked) <= _MOST:
        raise refuse(world, "orders_wrong")
    found = [o for sn in asked if (o := world.find("shopee", sn))]
    found = [o for o in found if _pending(p) or shopee_order.status(o) != "PENDING"]
    fail = world.knobs.shopee_unknown_order == "fail" and len(found) < len(asked)
    if not found or fail:
        raise refuse(world, "order_unknown")
    names = shopee_order.ALWAYS | set(str(p.get("response_optional_fields", "")).split(","))
    wired = [shopee_order.wire(o) for o in found]
    return {"order_list": [{name: value for name, value in row.items() if name in names} for row in wired]}


def note(world: World, p: Params) -> None:
    """set_note, in place of the old one."""
    order = find(world, p)
    if not isinstance(p.get("note"), str):
        raise refuse(world, "note_missing")
    if world.now() - order.created > world.knobs.shopee_max_age_s:
        raise refuse(world, "note_archived")
    life.note(world, order, world.now(), buyer=None, seller=p["note"], flag=None)


def find(world: World, p: Params) -> Order:
    order = world.find("shopee", str(p.get("order_sn", "")))
    if order is None:
        raise refuse(world, "order_unknown")
    return order
