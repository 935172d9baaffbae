"""Shipping on PDD: whole orders only, told once, another number later; and the carriers."""

from typing import Any

from server.sandbox import life
from server.sandbox.carriers import BY_PDD, CARRIERS
from server.sandbox.model import Sent
from server.sandbox.pinduoduo.orders import find
from server.sandbox.pinduoduo.rules import Params, number, refuse
from server.sandbox.world import World


def send(world: World, p: Params) -> dict[str, Any]:
    """logistics.online.send. redelivery_type 1: first shipment, only of what waits; 2: another number, only of what is
    shipped."""
    order = find(world, p["order_sn"])
    kind = number(world, p, "redelivery_type", 1, 2, "redelivery_unknown", 1)
    carrier = BY_PDD.get(p["logistics_id"])
    if carrier is None or not carrier.available:
        raise refuse(world, "carrier_unknown")
    if order.refund == "done":
        raise refuse(world, "send_refunded")
    if kind == 1:
        if order.state != "paid":
            raise refuse(world, "send_state")
        if order.risk:
            raise refuse(world, "send_risk")
        if order.refund == "asked" and not world.knobs.pdd_send_in_refund:
            raise refuse(world, "send_refunding")
    elif order.state != "shipped":
        raise refuse(world, "resend_state")
    life.ship(world, order, Sent(waybill_no=p["tracking_number"], carrier=p["logistics_id"], at=world.now()))
    return {"logistics_online_send_response": {"is_success": True}}


def companies(world: World, p: Params) -> dict[str, Any]:
    rows = [
        {"id": c.pdd_id, "logistics_company": c.name, "code": c.code, "available": int(c.available)} for c in CARRIERS
    ]
    return {"logistics_companies_get_response": {"logistics_companies": rows}}
