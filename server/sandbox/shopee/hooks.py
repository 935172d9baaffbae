"""Shopee's pushes: the raw body, and the signature over it and the address."""

import hashlib
import json
from typing import Any, Final

import httpx

from server.sandbox.accounts import SHOPEE
from server.sandbox.pushes import Push, Write
from server.sandbox.shopee.sign import push as sign
from server.sandbox.world import World

_STATUS: Final = {
    "unpaid": "UNPAID",
    "paid": "READY_TO_SHIP",
    "shipped": "PROCESSED",
    "completed": "COMPLETED",
    "cancelled": "CANCELLED",
}
_RETURN: Final = {"asked": "REQUESTED", "done": "ACCEPTED", "closed": "CANCELLED"}
_FORGED: Final = "73686f756c64206e6f742062652062656c6965766564"


def write(world: World) -> Write:
    """A push as a request. A forged one is signed with another key."""

    def request(push: Push, url: str) -> httpx.Request:
        raw = json.dumps(body(world, push), separators=(",", ":")).encode()
        key = _FORGED if push.forged else SHOPEE["app_secret"]
        headers = {"Authorization": sign(key, url, raw), "Content-Type": "application/json"}
        return httpx.Request("POST", url, content=raw, headers=headers)

    return request


def body(world: World, push: Push) -> dict[str, Any]:
    """An order's state (3), or a return (29); what is called off before shipping is a state, too."""
    made = int(push.made)
    case = world.cases("shopee").get(push.external_id) if push.kind == "refund" else None
    common: dict[str, Any] = {"shop_id": int(SHOPEE["external_id"]), "timestamp": made}
    if case is not None and case.kind == "return":
        change = {
            "update_field": "return_status",
            "old_value": "",
            "new_value": _RETURN[push.state],
            "update_time": made,
        }
        data: dict[str, Any] = {"order_sn": case.order_id, "return_sn": case.id, "updated_values": [change]}
        return {"data": data, "code": 29, **common}
    order = case.order_id if case else push.external_id
    status = _STATUS[push.state] if case is None else "IN_CANCEL" if push.state == "asked" else "CANCELLED"
    data = {"completed_scenario": "", "items": [], "ordersn": order, "status": status, "update_time": made}
    id = hashlib.sha256(f"push{push.id}".encode()).hexdigest()[:32]
    return {"msg_id": id, "data": data, "code": 3, **common}
