"""Shipping on Shopee: how a parcel may go, arranging it, the number that it carries; the shop's channels."""

from typing import Any, Final

from server.sandbox import life
from server.sandbox.model import Line, Order, Sent
from server.sandbox.shopee import order as shopee_order
from server.sandbox.shopee.orders import find
from server.sandbox.shopee.rules import Params, refuse
from server.sandbox.world import World

_MODES: Final = ("pickup", "dropoff", "non_integrated")
_LONGEST: Final = 64


def parameter(world: World, p: Params) -> dict[str, Any]:
    """get_shipping_parameter."""
    order, mode, now = find(world, p), world.knobs.shopee_ship_mode, world.now()
    _parcel(world, order, p)
    if shopee_order.status(order) != "READY_TO_SHIP":
        raise refuse(world, "not_ready")
    if mode == "non_integrated":
        return {"info_needed": {"non_integrated": ["tracking_number"]}, "dropoff": None, "pickup": None}
    if mode == "dropoff":  # an empty list: this way, and no field is needed
        return {"info_needed": {"dropoff": []}, "dropoff": None, "pickup": None}
    day = (now // 86_400 + 1) * 86_400
    slot = {"date": day, "time_text": "09:00-18:00", "pickup_time_id": f"{day}_demo"}
    address: dict[str, Any] = {
        "address_id": 234,
        "region": "SG",
        "state": "",
        "city": "",
        "district": "",
        "town": "",
        "address": "1 Example Warehouse",
        "zipcode": "000000",
        "address_flag": ["default_address", "pickup_address", "return_address"],
        "time_slot_list": [slot],
    }
    needed = {"pickup": ["address_id", "pickup_time_id"]}
    return {"info_needed": needed, "dropoff": None, "pickup": {"address_list": [address]}}


def ship(world: World, p: Params) -> None:
    """ship_order: exactly one way, the parcel named where the order is split."""
    order = find(world, p)
    lines = _parcel(world, order, p, "package_missing")
    modes = [mode for mode in _MODES if mode in p]
    if len(modes) != 1 or not isinstance(p[modes[0]], dict):
        raise refuse(world, "ways_not_one")
    if order.state in ("shipped", "completed") or all(line.sent for line in lines):
        raise refuse(world, "shipped_before")
    if shopee_order.status(order) != "READY_TO_SHIP":
        raise refuse(world, "not_ready")
    if modes[0] != world.knobs.shopee_ship_mode:
        raise refuse(world, f"way_not_{modes[0]}")
    number = _number(world, order, lines, modes[0], p[modes[0]])
    life.ship(
        world,
        order,
        Sent(waybill_no=number, carrier="", at=world.now()),
        [line.n for line in lines] if order.packages else None,
    )


def _number(world: World, order: Order, lines: list[Line], mode: str, fields: dict[str, Any]) -> str:
    """The seller's own, or one that Shopee makes."""
    if mode == "non_integrated":
        number = str(fields.get("tracking_number") or "")
        if not number:
            raise refuse(world, "waybill_missing")
        if len(number) > _LONGEST:
            raise refuse(world, "waybill_long")
        if world.knobs.waybill_rules == "refuse" and any(one is not order for one in world.sent_with(number)):
            raise refuse(world, "waybill_used")
        return number
    if mode == "pickup" and not (fields.get("address_id") == 234 and fields.get("pickup_time_id")):
        raise refuse(world, "pickup_wrong")
    return f"SPXSG{order.serial:09d}{lines[0].n if order.packages else 0:02d}"


def tracking(world: World, p: Params) -> dict[str, Any]:
    """get_tracking_number. Here an unsplit order may be asked for with its parcel's number."""
    order = find(world, p)
    if not order.packages and p.get("package_number") in ("", shopee_order.package_number(order)):
        p = {name: value for name, value in p.items() if name != "package_number"}
    lines = _parcel(world, order, p)
    sent = next((line.sent for line in lines if line.sent), None if order.packages else order.sent)
    if sent is None:
        return {"tracking_number": "", "hint": "The tracking number is not ready yet, please try later."}
    return {
        "tracking_number": sent.waybill_no,
        "plp_number": "",
        "first_mile_tracking_number": "",
        "last_mile_tracking_number": "",
        "hint": "",
    }


def channels(world: World, p: Params) -> dict[str, Any]:
    """get_channel_list: one channel by which the seller ships with own numbers, one that is switched off."""
    names = ((shopee_order.CHANNEL, shopee_order.CARRIER, True), (18_099, "Demo Pickup Point", False))
    return {
        "logistics_channel_list": [
            {
                "logistics_channel_id": id,
                "logistics_channel_name": name,
                "cod_enabled": False,
                "enabled": on,
                "fee_type": "SIZE_INPUT",
                "size_list": [],
                "weight_limit": {"item_max_weight": 30.0, "item_min_weight": 0.0},
                "logistics_description": "",
                "force_enable": False,
                "mask_channel_id": 0,
            }
            for id, name, on in names
        ]
    }


def _parcel(world: World, order: Order, p: Params, unnamed: str = "package_unnamed") -> list[Line]:
    """The lines that are meant. An unsplit order is one parcel without a name, those of a split one have names.
    unnamed: the rule that is broken where the name is left out; reading calls say it otherwise than ship_order."""
    named = p.get("package_number")
    if not order.packages:
        if named is not None:
            raise refuse(world, "package_not_needed")
        return order.lines
    if not named:
        raise refuse(world, unnamed)
    for number, lines in shopee_order.packages(order):
        if number == named:
            return lines
    raise refuse(world, "package_unknown")
