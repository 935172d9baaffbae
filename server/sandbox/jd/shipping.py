"""Shipping on JOS: the whole order in one call, with one waybill number or several."""

import re
from typing import Any, Final

from server.sandbox import life
from server.sandbox.carriers import BY_JD, CARRIERS
from server.sandbox.jd import order as jd_order
from server.sandbox.jd.rules import No, outcome
from server.sandbox.model import Sent
from server.sandbox.world import World

OWN_DELIVERY: Final = "1274"
"""厂家自送: the number may be empty."""
_NUMBERS: Final = re.compile(r"[A-Za-z0-9-]{4,40}(,[A-Za-z0-9-]{4,40})*")


def shipment(world: World, q: dict[str, Any]) -> dict[str, Any]:
    """A repeat is a state error even with the same number. "|" between carriers, "," between numbers of one."""
    order = world.find("jd", str(q.get("orderId", "")))
    carriers, numbers = str(q.get("logiCoprId") or ""), str(q.get("logiNo") or "")
    if order is None:
        raise _no("order_unknown")
    named = carriers.split("|")
    if any(one not in BY_JD and one != OWN_DELIVERY for one in named):
        raise _no("carrier_unknown")
    groups = numbers.split("|")
    if len(groups) != len(named) or not all(
        _NUMBERS.fullmatch(group) or (not group and one == OWN_DELIVERY)
        for one, group in zip(named, groups, strict=True)
    ):
        raise _no("waybill_wrong")
    if jd_order.state(order) != "WAIT_SELLER_STOCK_OUT" or order.by_platform:
        raise _no("order_state")
    life.ship(world, order, Sent(waybill_no=numbers, carrier=carriers, at=world.now()))
    return {"sopjosshipment_result": outcome()}


def carriers(world: World, q: dict[str, Any]) -> dict[str, Any]:
    rows = [{"id": c.jd_id, "name": c.name} for c in CARRIERS]
    return {"StandardGenericResponse": {"resultCode": "0", "resultMsg": "", "result": {"carrierList": rows}}}


def _no(rule: str) -> No:
    return No(rule, {"sopjosshipment_result": outcome(rule)})
