"""An order as PDD writes it: yuan as JSON numbers, ciphertext only while it waits to be shipped; no checks of calls."""

import base64
import hashlib
from typing import Any, Final

from server.sandbox import clock
from server.sandbox.model import Line, Order

SHIP_WITHIN_S: Final = 48 * 3600


def status(order: Order) -> int:
    """1 to ship, 2 shipped, 3 signed. There is no "cancelled": a refunded order stays 1 with refund status 4."""
    return {"shipped": 2, "completed": 3}.get(order.state, 1)


def refund_status(order: Order) -> int:
    """1 none, 2 being handled, 4 refunded."""
    return {"none": 1, "asked": 2, "done": 4}[order.refund]


def wire(order: Order) -> dict[str, Any]:
    r, sent, waiting = order.receiver, order.sent, status(order) == 1
    confirmed = order.paid_at
    body: dict[str, Any] = {
        "order_sn": order.external_id,
        "order_status": status(order),
        "refund_status": refund_status(order),
        "after_sales_status": {"none": 0, "asked": 2, "done": 10}[order.refund],
        "confirm_status": 1,
        "group_status": 1,
        "risk_control_status": int(order.risk),
        "is_stock_out": 0,
        "stock_out_handle_status": -1,
        "trade_type": 0,
        "mkt_biz_type": 0,
        "is_lucky_flag": 1,
        "group_role": 1,
        "group_order_id": 900_000_000_000_000_000 + order.serial,
        "created_time": clock.text(order.created),
        "pay_time": clock.text(order.paid_at),
        "confirm_time": clock.text(confirmed),
        "updated_at": clock.text(order.modified),
        "last_ship_time": clock.text(confirmed + SHIP_WITHIN_S),
        "shipping_time": clock.text(sent.at) if sent else "",
        "receive_time": clock.text(order.completed_at) if order.completed_at else None,
        "urge_shipping_time": "",
        "promise_delivery_time": "",
        "pre_sale_time": "",
        "is_pre_sale": 0,
        "delivery_one_day": 0,
        "free_sf": 0,
        "support_nationwide_warranty": 0,
        "only_support_replace": 0,
        "return_freight_payer": 1,
        "duoduo_wholesale": 0,
        "self_contained": 0,
        "invoice_status": 0,
        "shipping_type": 0,
        "home_delivery_type": 0,
        "delivery_home_value": "0",
        "delivery_install_value": "0",
        "home_install_value": "0",
        "yyps_date": "",
        "yyps_time": "",
        "goods_amount": order.goods / 100,
        "discount_amount": order.discount / 100,
        "platform_discount": 0.0,
        "seller_discount": order.discount / 100,
        "capital_free_discount": 0.0,
        "order_change_amount": "0.00",
        "postage": order.freight / 100,
        "pay_amount": order.total / 100,
        "pay_no": "",
        "pay_type": "",
        "buyer_memo": order.buyer_note,
        "remark": order.seller_note,
        "remark_tag": order.flag or None,
        "remark_tag_name": ("", "红色", "黄色", "绿色", "蓝色", "紫色")[order.flag],
        "tracking_number": sent.waybill_no if sent else "",
        "logistics_id": int(sent.carrier) if sent else 0,
        "inner_transaction_id": "",
        "bonded_warehouse": "",
        "cat_id_1": 1001,
        "cat_id_2": 100101,
        "cat_id_3": 10010101,
        "cat_id_4": 0,
        "item_list": [item(line) for line in order.lines],
        "order_tag_list": [
            {"name": name, "value": int(name == "return_freight_payer")}
            for name in (
                "no_trace_delivery",
                "return_freight_payer",
                "delivery_one_day",
                "region_black_delay_shipping",
            )
        ],
        "order_depot_info": {
            "depot_id": None,
            "depot_code": "",
            "depot_name": "",
            "depot_type": None,
            "ware_id": None,
            "ware_name": "",
            "ware_sn": "",
            "ware_type": None,
            "ware_sub_info_list": [],
        },
        "extra_delivery_list": [],
        "gift_list": [],
        "gift_delivery_list": [],
        "resend_delivery_list": [],
        "card_info_list": [],
        "service_fee_detail": [],
        "step_order_info": None,
        "country": "中国",
        "country_id": 1,
        "province": r.province,
        "province_id": 100 + r.area,
        "city": r.city or r.district,
        "city_id": 1000 + r.area,
        "town": r.district,
        "town_id": 10000 + r.area,
    }
    for name, text, mask, shape in personal(order):  # under review it is empty; once shipped, only masks are left
        body[name] = sealed(text, name, shape) if waiting and not order.risk else ""
        body[f"{name}_mask"] = "" if order.risk else mask
    return body


def personal(order: Order) -> list[tuple[str, str, str, str]]:
    """Who gets it: (field, in clear, masked, shape of its ciphertext)."""
    r = order.receiver
    region = f"{r.province}{r.city}{r.district}"
    return [
        ("receiver_name", r.name, f"{r.name[:1]}**", "~"),
        ("receiver_phone", r.phone, f"{r.phone[:3]}****{r.phone[-4:]}", "$"),
        ("receiver_address", r.street, f"{r.street[:2]}***号", "~"),
        ("address", f"{region}{r.street}", f"{region}{r.street[:2]}***号", "~"),
    ]


def sealed(text: str, label: str, shape: str) -> str:
    """The outer form of PDD's ciphertext, with a search index: ~cipher~index~ver~~ or $index$cipher$ver$$.

    What is inside cannot be opened but by asking the platform.
    """
    cipher = base64.b64encode(b"\x02\x00\x00" + hashlib.sha512(f"{label}|{text}".encode()).digest()).decode()
    index = base64.b64encode(hashlib.sha256(f"index|{text}".encode()).digest()).decode()
    first, second = (index, cipher) if shape == "$" else (cipher, index)
    return f"{shape}{first}{shape}{second}{shape}0{shape}{shape}"


def item(line: Line) -> dict[str, Any]:
    return {
        "goods_id": 100_000_000_000 + line.item,
        "goods_name": line.title,
        "goods_spec": line.variant.replace(";", ","),
        "goods_count": line.qty,
        "goods_price": line.unit / 100,
        "goods_img": f"https://img.example.test/{line.item}.jpg",
        "sku_id": 200_000_000_000 + (line.model or 500 + line.item),
        "outer_id": line.outer_code,
        "outer_goods_id": line.outer_product,
    }
