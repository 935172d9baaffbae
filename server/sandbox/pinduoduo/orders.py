"""Orders on PDD: those that changed, those of a day, one, the states of some; and the seller's note."""

from typing import Any, Final

from server.sandbox import clock, life
from server.sandbox.model import Order
from server.sandbox.pinduoduo import order as pdd_order
from server.sandbox.pinduoduo.rules import Params, cut, number, refuse, window
from server.sandbox.world import World

DAY_S: Final = 86_400
KEPT_S: Final = 90 * DAY_S
"""Older orders are given out no more."""


def time(world: World, p: Params) -> dict[str, Any]:
    return {"time_get_response": {"time": clock.text(world.now())}}


def increment(world: World, p: Params) -> dict[str, Any]:
    """order.number.list.increment.get: newest change first. Orders are listed once they are confirmed, so unpaid ones
    never; and what changed in the last three minutes not yet."""
    since, until = window(
        world, p, ("start_updated_at", "end_updated_at"), world.knobs.pdd_window_s, "window_too_long"
    )  # fmt: skip
    if until > world.now() - world.knobs.pdd_lag_s:
        raise refuse(world, "end_too_late")
    lucky = number(world, p, "is_lucky_flag", 0, 2, "lucky_flag_unknown")
    rows = [o for o in _kept(world) if since <= o.modified <= until and lucky != 2]
    rows.sort(key=lambda o: (o.modified, o.external_id), reverse=True)
    return {"order_sn_increment_get_response": _page(world, p, rows, "order_sn_list")}


def by_day(world: World, p: Params) -> dict[str, Any]:
    """order.list.get: by confirmation, newest first."""
    since, until = window(world, p, ("start_confirm_at", "end_confirm_at"), DAY_S, "day_too_long")
    rows = [o for o in _kept(world) if since <= o.paid_at <= until]
    rows.sort(key=lambda o: (o.paid_at, o.external_id), reverse=True)
    return {"order_list_get_response": _page(world, p, rows, "order_list")}


def information(world: World, p: Params) -> dict[str, Any]:
    return {"order_info_get_response": {"order_info": pdd_order.wire(find(world, p["order_sn"]))}}


def states(world: World, p: Params) -> dict[str, Any]:
    """order.status.get: a stranger is in state 0."""
    rows = []
    for sn in p["order_sns"].split(","):
        order = world.find("pinduoduo", sn)
        known = order if order and order.paid_at else None
        rows.append(
            {
                "orderSn": sn,
                "order_status": pdd_order.status(known) if known else 0,
                "refund_status": pdd_order.refund_status(known) if known else 0,
            }
        )
    return {"order_status_get_response": {"order_status_list": rows}}


def note(world: World, p: Params) -> dict[str, Any]:
    order = find(world, p["order_sn"])
    flag = number(world, p, "tag", 1, 5, "tag_unknown") if p.get("tag") else None
    life.note(world, order, world.now(), buyer=None, seller=p["note"], flag=flag)
    return {"response": {"success": True, "error_code": 0, "error_msg": ""}}


def find(world: World, sn: str) -> Order:
    order = world.find("pinduoduo", sn)
    if order is None or not order.paid_at or order.paid_at < world.now() - KEPT_S:
        raise refuse(world, "order_unknown")
    return order


def _kept(world: World) -> list[Order]:
    return [o for o in world.all("pinduoduo") if o.paid_at and o.paid_at >= world.now() - KEPT_S]


def _page(world: World, p: Params, rows: list[Order], key: str) -> dict[str, Any]:
    wanted = number(world, p, "order_status", 1, 5, "order_status_unknown")
    if wanted == 4:
        raise refuse(world, "order_status_unknown")
    refund = number(world, p, "refund_status", 1, 5, "refund_status_unknown")
    rows = [o for o in rows if wanted in (5, pdd_order.status(o)) and refund in (5, pdd_order.refund_status(o))]
    chosen, total, more = cut(world, p, rows)
    answer: dict[str, Any] = {key: [pdd_order.wire(o) for o in chosen], "has_next": more}
    if p.get("use_has_next") != "true":
        answer["total_count"] = total
    return answer
