"""After-sales on PDD: cases that changed, one of them, and whether an order has one.

List and detail number the same kinds in two ways; the list writes yuan, the detail fen, and has no envelope.
"""

from typing import Any, Final

from server.sandbox import clock
from server.sandbox.cases import Case
from server.sandbox.model import yuan
from server.sandbox.pinduoduo import order as pdd_order
from server.sandbox.pinduoduo.rules import Params, cut, number, refuse, window
from server.sandbox.world import World

WINDOW_S: Final = 1800
STATUSES: Final = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 21, 22, 24, 25, 27, 31, 32, 33)
_TYPE: Final = {"money": 1, "return": 2}
"""As the detail numbers them; as a request does, one more."""


def status(case: Case) -> int:
    if case.state == "asked":
        return 3 if case.kind == "return" else 2
    return 10 if case.state == "done" else 11


def increment(world: World, p: Params) -> dict[str, Any]:
    """refund.list.increment.get: newest change first. With order_sn all filters are ignored, but must be there."""
    since, until = window(world, p, ("start_updated_at", "end_updated_at"), WINDOW_S, "window_too_long")
    wanted = number(world, p, "after_sales_status", 1, 99, "case_status_unknown")
    kind = number(world, p, "after_sales_type", 1, 6, "case_type_unknown")
    if wanted not in (1, *STATUSES):
        raise refuse(world, "case_status_unknown")
    rows = list(world.cases("pinduoduo").values())
    if p.get("order_sn"):
        rows = [c for c in rows if c.order_id == p["order_sn"]]
    else:
        rows = [c for c in rows if since <= c.modified <= until]
        rows = [c for c in rows if kind in (1, _TYPE[c.kind] + 1)]
        if wanted != 1:
            rows = [c for c in rows if status(c) == wanted]
        elif not world.knobs.pdd_refund_all:  # no case is in state 1; that it means "all" is not published
            rows = []
    rows.sort(key=lambda c: (c.modified, c.id), reverse=True)
    chosen, total, _ = cut(world, p, rows)
    return {"refund_increment_get_response": {"refund_list": [_row(world, c) for c in chosen], "total_count": total}}


def one(world: World, p: Params) -> dict[str, Any]:
    """refund.information.get: no envelope."""
    found = [c for c in world.cases("pinduoduo").values() if c.order_id == p["order_sn"]]
    if p.get("after_sales_id"):
        found = [c for c in found if c.id == p["after_sales_id"]]
    if not found:
        raise refuse(world, "case_unknown")
    case = max(found, key=lambda c: (c.modified, c.id))
    order = world.saved.orders["pinduoduo"][case.order_id]
    line = order.lines[case.line - 1]
    return {
        "id": int(case.id),
        "order_sn": case.order_id,
        "after_sales_type": _TYPE[case.kind],
        "after_sales_status": status(case),
        "after_sales_reason": case.reason,
        "refund_amount": case.amount,
        "order_amount": order.total,
        "discount_amount": order.discount,
        "goods_price": line.unit,
        "goods_number": line.qty,
        "sku_id": str(pdd_order.item(line)["sku_id"]),
        "express_no": case.waybill_no,
        "shipping_name": "顺路速运" if case.waybill_no else "",
        "shipping_status": int(order.state in ("shipped", "completed")),
        "user_shipping_status": "2" if case.kind == "return" else "1",
        "speed_refund_flag": 0,
        "dispute_refund_status": 0,
        "confirm_time": clock.text(order.paid_at),
        "expire_time": None,
        "recreated_at": clock.text(case.created),
        "updated_time": clock.text(case.modified),
        "images": [],
        "remark": "",
        "join_or_not": "",
        "exchange_shipping_detail": None,
    }


def check(world: World, p: Params) -> dict[str, Any]:
    """refund.status.check: which of these orders are being refunded, or are refunded whole."""
    found = [world.find("pinduoduo", sn) for sn in p["order_sns"].split(",")]
    rows = [{"order_sn": o.external_id} for o in found if o and o.refund != "none"]
    return {"refund_status_check_response": {"order_sns_exists_refund": rows}}


def _row(world: World, case: Case) -> dict[str, Any]:
    order = world.saved.orders["pinduoduo"][case.order_id]
    line = order.lines[case.line - 1]
    item = pdd_order.item(line)
    return {
        "id": int(case.id),
        "order_sn": case.order_id,
        "after_sales_type": _TYPE[case.kind] + (world.knobs.pdd_case_type == "request"),
        "after_sales_status": status(case),
        "after_sale_reason": case.reason,
        "order_amount": yuan(order.total),
        "discount_amount": yuan(order.discount),
        "refund_amount": yuan(case.amount),
        "goods_id": item["goods_id"],
        "goods_name": line.title,
        "goods_number": str(line.qty),
        "goods_price": yuan(line.unit),
        "good_image": item["goods_img"],
        "sku_id": str(item["sku_id"]),
        "outer_id": line.outer_code,
        "outer_goods_id": line.outer_product,
        "confirm_time": clock.text(order.paid_at),
        "created_time": clock.text(case.created),
        "updated_time": clock.text(case.modified),
        "tracking_number": case.waybill_no,
        "shipping_name": "顺路速运" if case.waybill_no else "",
        "speed_refund_flag": 0,
        "speed_refund_status": "0",
        "user_shipping_status": "2" if case.kind == "return" else "1",
        "dispute_refund_status": 0,
        "refund_operator_role": 4 if case.state == "done" else 1,
    }
