"""Returns on Shopee. What is called off before shipping is an order's state, not a return."""

from typing import Any, Final

from server.sandbox.cases import Case
from server.sandbox.shopee import order as shopee_order
from server.sandbox.shopee.rules import WINDOW_S, Params, number, refuse
from server.sandbox.world import World

_STATUS: Final = {"asked": "REQUESTED", "done": "ACCEPTED", "closed": "CANCELLED"}
_KNOWN: Final = frozenset(["REQUESTED", "ACCEPTED", "CANCELLED", "JUDGING", "CLOSED", "PROCESSING", "SELLER_DISPUTE"])


def listed(world: World, p: Params) -> dict[str, Any]:
    """get_return_list: pages count from 0; windows are inclusive at both ends."""
    page = number(world, p, "page_no", 0, 10**6, "page_no_wrong")
    size = number(world, p, "page_size", 1, 100, "page_size_wrong", default=40)
    now = world.now()
    created = _window(world, p, "create_time", 0, now)
    updated = _window(world, p, "update_time", 0, now)
    if "create_time_from" in p and "update_time_from" in p and updated[0] < created[0]:
        raise refuse(world, "returns_before_created")
    wanted = str(p.get("status", ""))
    if wanted and wanted not in _KNOWN:
        raise refuse(world, "return_status_unknown")
    rows = [
        case
        for case in world.cases("shopee").values()
        if case.kind == "return"
        and created[0] <= case.created <= created[1]
        and updated[0] <= case.modified <= updated[1]
        and wanted in ("", _STATUS[case.state])
    ]
    rows.sort(key=lambda case: (case.modified, case.id))
    chosen = rows[page * size : (page + 1) * size]
    return {"more": (page + 1) * size < len(rows), "return": [_wire(world, case) for case in chosen]}


def _window(world: World, p: Params, name: str, low: int, high: int) -> tuple[int, int]:
    """One end alone is no window, and counts for nothing."""
    if f"{name}_from" not in p or f"{name}_to" not in p:
        return low, high
    since, until = (number(world, p, f"{name}_{end}", 0, 10**11, "time_wrong") for end in ("from", "to"))
    if until <= since:
        raise refuse(world, "returns_backwards")
    if until - since > WINDOW_S:
        raise refuse(world, "returns_too_long")
    return since, until


def _wire(world: World, case: Case) -> dict[str, Any]:
    order = world.saved.orders["shopee"][case.order_id]
    line = order.lines[case.line - 1]
    return {
        "return_sn": case.id,
        "order_sn": case.order_id,
        "reason": "CHANGE_MIND",
        "text_reason": "",
        "refund_amount": case.amount / 100,
        "amount_before_discount": case.amount / 100,
        "currency": order.currency,
        "create_time": case.created,
        "update_time": case.modified,
        "status": _STATUS[case.state],
        "due_date": case.created + 3 * 86_400,
        "tracking_number": case.waybill_no,
        "needs_logistics": True,
        "dispute_reason": [],
        "dispute_text_reason": [],
        "image": [],
        "user": {"username": order.buyer, "email": "********r@example.test", "portrait": ""},
        "item": [
            {
                "item_id": shopee_order.item_id(line),
                "model_id": shopee_order.model_id(line),
                "name": line.title,
                "images": [],
                "amount": line.qty,
                "item_price": line.deal / 100,
                "is_add_on_deal": False,
                "is_main_item": False,
                "add_on_deal_id": 0,
                "item_sku": line.outer_product,
                "variation_sku": line.outer_code if line.model else "",
            }
        ],
        "return_ship_due_date": case.created + 6 * 86_400,
        "return_seller_due_date": case.created + 9 * 86_400,
        "negotiation_status": "PENDING_RESPOND" if case.state == "asked" else "TERMINATED",
        "seller_proof_status": "NOT_NEEDED",
        "seller_compensation_status": "NOT_REQUIRED",
        "return_refund_type": "RRAOC" if order.state == "completed" else "RRBOC",
        "return_solution": 0,
        "is_seller_arrange": False,
        "is_shipping_proof_mandatory": False,
        "return_refund_request_type": 0,
        "validation_type": "seller_validation",
        "is_arrived_at_warehouse": 0,
        "follow_up_action_list": [],
        "reassessed_request_reason": "",
    }
