"""A trade as TOP writes it. What a list leaves out, masks and the OAID are decided here; no checks of calls.

Money: yuan as text. On trades of one line the line's payment is the trade's and includes postage; on trades of
several lines it does not, and the sum of divide_order_fee and post_fee is the payment.
"""

import base64
import hashlib
from datetime import datetime
from typing import Any, Final

from server.sandbox import clock
from server.sandbox.accounts import TAOBAO
from server.sandbox.carriers import BY_TOP
from server.sandbox.model import Line, Order, spread, yuan

FULL_ONLY: Final = frozenset(
    [
        "tid_str",
        "sid",
        "receiver_country",
        "buyer_message",
        "seller_memo",
        "seller_rate",
        "buyer_rate",
        "is_part_consign",
        "trade_from",
        "available_confirm_fee",
        "has_post_fee",
        "promotion_details",
        "price",
        "num_iid",
        "timeout_action_time",
    ]
)
LINE_FULL_ONLY: Final = frozenset(
    ["oid_str", "pic_path", "seller_type", "cid", "order_from", "is_oversold", "snapshot_url"]
)
OAID_NEEDS: Final = frozenset(
    ["oaid", "receiver_name", "receiver_mobile", "receiver_phone", "receiver_address", "created"]
)
"""An OAID is made of these; `fields` must name them all, or it is not returned."""


def status(order: Order) -> str:
    if order.state == "unpaid":
        return "WAIT_BUYER_PAY"
    if order.state == "cancelled":
        return "TRADE_CLOSED" if order.paid_at else "TRADE_CLOSED_BY_TAOBAO"
    if order.refund == "done":
        return "TRADE_CLOSED"
    if order.state == "completed":
        return "TRADE_FINISHED"
    if order.state == "shipped":
        return "WAIT_BUYER_CONFIRM_GOODS"
    if order.risk:
        return "PAID_FORBID_CONSIGN"
    return "SELLER_CONSIGNED_PART" if any(line.sent for line in order.lines) else "WAIT_SELLER_SEND_GOODS"


def oaid(order: Order, now: int) -> str:
    """Changes with the seller, the order, its receiver and every natural week."""
    r = order.receiver
    year, week, _ = datetime.fromtimestamp(now, clock.BEIJING).isocalendar()
    text = "|".join(
        (TAOBAO["external_id"], TAOBAO["app_key"], order.external_id, r.name, r.phone, r.street, f"{year}w{week}")
    )
    digest = hashlib.sha512(text.encode()).digest()
    return "1" + base64.b64encode(digest[:48], altchars=b"ab").decode()


def wire(order: Order, now: int, *, full: bool) -> dict[str, Any]:
    """All fields of a trade, as fullinfo (`full`) or as a list has them."""
    tid, r, single = int(order.external_id), order.receiver, len(order.lines) == 1
    state = status(order)
    trade: dict[str, Any] = {
        "tid": tid,
        "tid_str": order.external_id,
        "sid": order.external_id,
        "seller_nick": TAOBAO["external_id"],
        "buyer_nick": f"{order.buyer[0]}**{order.buyer[-1]}",
        "buyer_open_uid": "AAF" + hashlib.sha256(order.buyer.encode()).hexdigest()[:24],
        "title": TAOBAO["external_id"],
        "type": "fixed",
        "status": state,
        "created": clock.text(order.created),
        "modified": clock.text(order.modified),
        "payment": yuan(order.total),
        "total_fee": yuan(sum(line.unit * line.qty for line in order.lines)),
        "discount_fee": yuan(order.discount),
        "adjust_fee": "0.00",
        "post_fee": yuan(order.freight),
        "received_payment": yuan(order.total if order.state == "completed" else 0),
        "available_confirm_fee": yuan(0 if order.state == "completed" else order.total),
        "has_post_fee": order.freight > 0,
        "num": order.lines[0].qty if single else 0,
        "shipping_type": "express",
        "has_buyer_message": bool(order.buyer_note),
        "seller_flag": order.flag,
        "seller_rate": False,
        "buyer_rate": False,
        "is_part_consign": state == "SELLER_CONSIGNED_PART",
        "trade_from": "WAP,WAP",
        "receiver_name": f"{r.name[:1]}**",
        "receiver_country": "中国",
        "receiver_state": r.province,
        "receiver_district": r.district,
        "receiver_address": f"{r.street[:1]}**路0号**室",
        "receiver_zip": r.zipcode,
        "receiver_mobile": f"*******{r.phone[-4:]}",
        "receiver_phone": "",
        "orders": {"order": _lines(order, state, full)},
    }
    if order.by_platform:
        trade["is_force_wlb"] = True
    if r.city:
        trade["receiver_city"] = r.city
    if state != "TRADE_CLOSED_BY_TAOBAO":
        trade["oaid"] = oaid(order, now)
    if order.paid_at:
        trade["pay_time"] = clock.text(order.paid_at)
    if order.sent:
        trade["consign_time"] = clock.text(order.sent.at)
    if order.completed_at or order.closed_at:
        trade["end_time"] = clock.text(order.completed_at or order.closed_at)
    if order.buyer_note:
        trade["buyer_message"] = order.buyer_note
    if order.seller_note:
        trade["seller_memo"] = order.seller_note
    if single:
        trade["num_iid"] = _item(order.lines[0])
        trade["price"] = yuan(order.lines[0].unit)
    if order.discount:
        trade["promotion_details"] = {
            "promotion_detail": [
                {
                    "id": tid,
                    "promotion_id": "mjs-100001_200001",
                    "promotion_name": "店铺满减",
                    "promotion_desc": f"店铺满减:省{yuan(order.discount)}元",
                    "discount_fee": yuan(order.discount),
                }
            ]
        }
    if not full:
        return {name: value for name, value in trade.items() if name not in FULL_ONLY}
    del trade["has_buyer_message"]  # the list's way to say that fullinfo has a message
    return trade


def oid(order: Order, line: Line) -> int:
    """The only line of a trade has the trade's own number."""
    return int(order.external_id) + (0 if len(order.lines) == 1 else line.n)


def _item(line: Line) -> int:
    return 700_000_000_000 + line.item


def _lines(order: Order, state: str, full: bool) -> list[dict[str, Any]]:
    single = len(order.lines) == 1
    shares = spread(order.discount, [line.deal * line.qty for line in order.lines])
    rows = []
    for line, share in zip(order.lines, shares, strict=True):
        due = line.deal * line.qty
        payment = order.total if single else due
        row: dict[str, Any] = {
            "oid": oid(order, line),
            "oid_str": str(oid(order, line)),
            "num_iid": _item(line),
            "title": line.title,
            "pic_path": f"https://img.example.invalid/{_item(line)}.jpg",
            "price": yuan(line.unit),
            "num": line.qty,
            "total_fee": yuan(due),
            "payment": yuan(payment),
            "discount_fee": yuan((line.unit - line.deal) * line.qty),
            "adjust_fee": "0.00",
            "part_mjz_discount": yuan(0 if single else share),
            "divide_order_fee": yuan(payment if single else due - share),
            "status": _line_status(line, state),
            "refund_status": {"none": "NO_REFUND", "asked": "WAIT_SELLER_AGREE", "done": "SUCCESS"}[line.refund],
            "seller_type": "B",
            "cid": 50000001,
            "order_from": "WAP,WAP",
            "is_oversold": False,
            "snapshot_url": f"t:{oid(order, line)}_1",
        }
        if line.outer_product:
            row["outer_iid"] = line.outer_product
        if line.model:  # goods without variants have no sku_id, only the product's code
            row["sku_id"] = str(5_000_000_000_000 + line.model)
            row["sku_properties_name"] = f"规格:{line.variant}"
            if line.outer_code:
                row["outer_sku_id"] = line.outer_code
        if line.refund_id:
            row["refund_id"] = line.refund_id
        if line.sent:
            row["consign_time"] = clock.text(line.sent.at)
            row["invoice_no"] = line.sent.waybill_no
            row["logistics_company"] = BY_TOP[line.sent.carrier].name
        if line.refunded_at:
            row["end_time"] = clock.text(line.refunded_at)
        rows.append(row if full else {k: v for k, v in row.items() if k not in LINE_FULL_ONLY})
    return rows


def _line_status(line: Line, state: str) -> str:
    if line.refund == "done":
        return "TRADE_CLOSED"
    if state in ("SELLER_CONSIGNED_PART", "PAID_FORBID_CONSIGN"):
        return "WAIT_BUYER_CONFIRM_GOODS" if line.sent else "WAIT_SELLER_SEND_GOODS"
    return state


def pick(trade: dict[str, Any], fields: str) -> dict[str, Any]:
    """Only what `fields` names: whole fields, or parts of the lines as `orders.oid`. Unknown names are ignored."""
    names = {name.strip() for name in fields.split(",")}
    if not names >= OAID_NEEDS:
        names.discard("oaid")
    picked = {name: value for name, value in trade.items() if name in names}
    parts = {name.removeprefix("orders.") for name in names if name.startswith("orders.")}
    if parts and "orders" not in picked:
        rows = trade["orders"]["order"]
        picked["orders"] = {"order": [{k: v for k, v in row.items() if k in parts} for row in rows]}
    return picked


def simplified(value: Any) -> Any:
    """simplify=true: {"trade": […]} becomes […], at every depth."""
    if isinstance(value, list):
        return [simplified(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and isinstance(inner := next(iter(value.values())), list):
        return simplified(inner)
    return {name: simplified(item) for name, item in value.items()}
