"""Shipping on TOP: by the old call or the newer one, whole or by lines; another number later; the carriers."""

import re
from typing import Any, Final

from server.sandbox import life
from server.sandbox.carriers import BY_TOP, CARRIERS
from server.sandbox.model import Order, Sent
from server.sandbox.taobao import trade
from server.sandbox.taobao.rules import Params, objects, picked, refuse
from server.sandbox.world import World

RESEND_S: Final = 50 * 86_400
SENDERS: Final = frozenset({"800001", "800002"})
"""The shop's address book."""
_MOST_LINES: Final = 50
_MOST_PARCELS: Final = 999


def offline(world: World, p: Params) -> dict[str, Any]:
    """logistics.offline.send."""
    subs = _sub_tids(world, p)
    order = _sendable(world, p)
    lines = _lines(world, order, subs) if subs else None
    _check_number(world, order, p["out_sid"], p["company_code"])
    _send(world, order, p["out_sid"], p["company_code"], lines)
    return {"shipping": {"is_success": True}}


def ascp(world: World, p: Params) -> dict[str, Any]:
    """The newer call: several parcels, each with its lines (none named: all)."""
    if p.get("consign_type", "0") not in ("0", "1", "2", "3"):
        raise refuse(world, "consign_type_unknown")
    subs = _sub_tids(world, p)
    order = _sendable(world, p)
    if subs:
        _lines(world, order, subs)
    parcels = objects(world, p, "consign_pkgs")
    if len(parcels) > _MOST_PARCELS:
        raise refuse(world, "parcels_too_many")
    plan: list[tuple[str, str, list[int] | None]] = []
    for parcel in parcels:
        lines = _goods(world, order, parcel.get("goods", []))
        plan.append((str(parcel.get("out_sid", "")), str(parcel.get("company_code", "")), lines))
    named = [n for _, _, lines in plan for n in lines or []]
    if len(named) > len(set(named)):
        raise refuse(world, "line_twice")
    for number, company, _ in plan:
        _check_number(world, order, number, company)
    for number, company, lines in plan:
        _send(world, order, number, company, lines)
    return {"result": {"success": True}}


def resend(world: World, p: Params) -> dict[str, Any]:
    """Another number for what is already shipped, whole or by lines, within 50 days."""
    subs = _sub_tids(world, p)
    order = world.find("taobao", p["tid"])
    if order is None:
        raise refuse(world, "send_trade_unknown")
    by_oid = {str(trade.oid(order, line)): line for line in order.lines}
    if any(sub not in by_oid for sub in subs):
        raise refuse(world, "line_unknown")
    named = [by_oid[sub] for sub in subs]
    if order.state != "shipped" and not (named and order.state == "paid" and all(line.sent for line in named)):
        raise refuse(world, "send_state")
    if order.sent and world.now() - order.sent.at > RESEND_S:
        raise refuse(world, "resend_late")
    _check_number(world, order, p["out_sid"], p["company_code"])
    _send(world, order, p["out_sid"], p["company_code"], [line.n for line in named] or None)
    return {"shipping": {"is_success": True}}


def companies(world: World, p: Params) -> dict[str, Any]:
    rows = []
    for c in CARRIERS:
        row: dict[str, Any] = {"id": c.top_id, "code": c.code, "name": c.name}
        if c.rule:
            row["reg_mail_no"] = c.rule
        rows.append(picked(row, p["fields"]))
    return {"logistics_companies": {"logistics_company": rows}}


def _sendable(world: World, p: Params) -> Order:
    order = world.find("taobao", p["tid"])
    if order is None:
        raise refuse(world, "send_trade_unknown")
    state = trade.status(order)
    if state in ("WAIT_BUYER_PAY", "PAID_FORBID_CONSIGN") or (order.by_platform and order.state == "paid"):
        raise refuse(world, "send_state")
    if state not in ("WAIT_SELLER_SEND_GOODS", "SELLER_CONSIGNED_PART"):
        raise refuse(world, "send_again")
    if any(p.get(name, "") not in SENDERS | {""} for name in ("sender_id", "cancel_id")):
        raise refuse(world, "sender_unknown")
    return order


def _sub_tids(world: World, p: Params) -> list[str]:
    if p.get("is_split", "0") not in ("0", "1"):
        raise refuse(world, "split_unknown")
    subs = p["sub_tid"].split(",") if p.get("sub_tid") else []
    if len(subs) > _MOST_LINES:
        raise refuse(world, "sub_tids_too_many")
    return subs


def _goods(world: World, order: Order, goods: Any) -> list[int] | None:
    """The lines of one parcel; None: all. Parts of a line, which the newer flow is said to know, are refused."""
    if not isinstance(goods, list) or not all(isinstance(one, dict) for one in goods):
        raise refuse(world, "json_wrong", "consign_pkgs.goods")
    if not goods:
        return None
    found = _lines(world, order, [str(one.get("sub_tid", "")) for one in goods])
    for n, one in zip(found, goods, strict=True):
        if one.get("num", order.lines[n - 1].qty) != order.lines[n - 1].qty:
            raise refuse(world, "line_part")
    return found


def _lines(world: World, order: Order, sub_tids: list[str]) -> list[int]:
    by_oid = {str(trade.oid(order, line)): line for line in order.lines}
    if any(sub not in by_oid for sub in sub_tids):
        raise refuse(world, "line_unknown")
    if len(sub_tids) > len(set(sub_tids)):
        raise refuse(world, "line_twice")
    if any(by_oid[sub].sent or by_oid[sub].refund == "done" for sub in sub_tids):
        raise refuse(world, "send_again")
    return [by_oid[sub].n for sub in sub_tids]


def _check_number(world: World, order: Order, number: str, company: str) -> None:
    carrier = BY_TOP.get(company)
    if carrier is None:
        raise refuse(world, "carrier_unknown")
    if not carrier.available:
        raise refuse(world, "carrier_off")
    if not number:
        raise refuse(world, "waybill_empty")
    if carrier.rule and not re.search(carrier.rule, number):
        if world.knobs.waybill_rules == "refuse":
            raise refuse(world, "waybill_wrong")
        world.warn(f"taobao: {number} does not fit the rule of {company}")
    who = (order.buyer, order.receiver)
    if world.knobs.waybill_rules == "refuse" and any(  # orders that may travel together share a parcel
        other.platform != "taobao" or (other.buyer, other.receiver) != who for other in world.sent_with(number)
    ):
        raise refuse(world, "waybill_used")


def _send(world: World, order: Order, number: str, company: str, lines: list[int] | None) -> None:
    unsent = [line.n for line in order.lines if not line.sent and line.refund != "done"]
    if lines is None and order.state == "paid":
        lines = unsent  # what an earlier parcel holds keeps its number
    life.ship(world, order, Sent(waybill_no=number, carrier=company, at=world.now()), lines)
