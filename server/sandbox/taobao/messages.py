"""TOP's message queue over HTTP: permit, consume, confirm. What is not confirmed comes again."""

import json
from typing import Any, Final

from server.sandbox import clock
from server.sandbox.accounts import TAOBAO
from server.sandbox.pushes import Push
from server.sandbox.taobao.auth import USER_ID
from server.sandbox.taobao.rules import Params, number, refuse
from server.sandbox.world import World

GROUP: Final = "default"
FIRST_ID: Final = 1_100_000_000_000_000_000
_MOST: Final = 200
_TRADE: Final = {
    "unpaid": "TradeCreate",
    "paid": "TradeBuyerPay",
    "shipped": "TradeSellerShip",
    "completed": "TradeSuccess",
    "cancelled": "TradeClose",
}
_REFUND: Final = {"asked": "RefundCreated", "done": "RefundSuccess", "closed": "RefundClosed"}


def permit(world: World, p: Params) -> dict[str, Any]:
    """From now on messages are made for this shop."""
    world.pushes.box("taobao").on = True
    world.touch()
    return {"is_success": True}


def consume(world: World, p: Params) -> dict[str, Any]:
    if p["group_name"] != GROUP:
        raise refuse(world, "group_unknown")
    most = number(world, p, "quantity", 100, _MOST, "messages_quantity", least=10)
    found = world.pushes.fetch("taobao", most, world.time(), world.knobs.message_again_s)
    return {"messages": {"tmc_message": [_wire(world, push) for push in found]}} if found else {}


def confirm(world: World, p: Params) -> dict[str, Any]:
    if p.get("group_name", GROUP) != GROUP:
        raise refuse(world, "group_unknown")
    ids = p["s_message_ids"].split(",")
    if len(ids) > _MOST or not all(id.isascii() and id.isdigit() for id in ids):
        raise refuse(world, "messages_too_many")
    world.pushes.confirm("taobao", {int(id) - FIRST_ID for id in ids})
    world.touch()
    return {"is_success": True}


def _wire(world: World, push: Push) -> dict[str, Any]:
    content: dict[str, Any] = {"seller_nick": TAOBAO["external_id"]}
    if push.kind == "refund":
        case = world.cases("taobao")[push.external_id]
        topic = f"taobao_refund_{_REFUND[push.state]}"
        content |= {"refund_id": int(push.external_id), "tid": int(case.order_id), "bill_type": "refund_bill"}
    else:
        topic = f"taobao_trade_{_TRADE[push.state]}"
        content |= {"tid": int(push.external_id), "oid": int(push.external_id), "type": "guarantee_trade"}
    return {
        "id": FIRST_ID + push.id,
        "topic": topic,
        "pub_app_key": "12497914",
        "pub_time": clock.text(int(push.made)),
        "user_id": USER_ID,
        "user_nick": TAOBAO["external_id"],
        "content": json.dumps(content, ensure_ascii=False),
    }
