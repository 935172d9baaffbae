"""An order as Shopee writes it, with its parcels: floats in the shop's currency, unix seconds, clear text while it can
be shipped."""

from typing import Any, Final

from server.sandbox.model import Line, Order

ALWAYS: Final = frozenset(
    [
        "order_sn",
        "region",
        "currency",
        "cod",
        "order_status",
        "message_to_seller",
        "create_time",
        "update_time",
        "days_to_ship",
        "ship_by_date",
        "booking_sn",
    ]
)
"""What get_order_detail answers without response_optional_fields."""
CHANNEL: Final = 18000
CARRIER: Final = "Demo Express"


def status(order: Order) -> str:
    """PENDING: under the platform's own review. PROCESSED: shipment arranged, not picked up yet."""
    if order.state == "paid":
        if order.risk:
            return "PENDING"
        return "IN_CANCEL" if order.refund == "asked" else "READY_TO_SHIP"
    if order.state == "shipped":
        if order.refund == "asked":
            return "TO_RETURN"
        return "SHIPPED" if order.collected else "PROCESSED"
    return {"unpaid": "UNPAID", "completed": "COMPLETED", "cancelled": "CANCELLED"}[order.state]


def package_number(order: Order, place: int = 0) -> str:
    """place: from 1, of the parcels of a split order; 0: the only one."""
    return f"OFG{order.serial:011d}9{place:03d}" if place else f"OFG{order.serial:015d}"


def packages(order: Order) -> list[tuple[str, list[Line]]]:
    """Each parcel's number, and its lines."""
    if not order.packages:
        return [(package_number(order), order.lines)]
    return [
        (package_number(order, place), [line for line in order.lines if line.n in lines])
        for place, lines in enumerate(order.packages, start=1)
    ]


def veiled(text: str) -> str:
    """P******n"""
    return f"{text[:1]}******{text[-1:]}" if text else ""


def wire(order: Order) -> dict[str, Any]:
    r, state = order.receiver, status(order)
    clear = state in ("READY_TO_SHIP", "TO_RETURN")
    weight = sum(line.weight_g * line.qty for line in order.lines)
    cancelled = state == "CANCELLED"
    body: dict[str, Any] = {
        "order_sn": order.external_id,
        "region": "SG",
        "currency": order.currency,
        "cod": False,
        "order_status": state,
        "message_to_seller": order.buyer_note,
        "create_time": order.created,
        "update_time": order.modified,
        "pay_time": order.paid_at,
        "days_to_ship": 2,
        "ship_by_date": order.paid_at + 2 * 86_400 if order.paid_at else 0,
        "booking_sn": "",
        "total_amount": order.total / 100,
        "estimated_shipping_fee": order.freight / 100,
        "actual_shipping_fee": 0,
        "actual_shipping_fee_confirmed": False,
        "payment_method": "Credit/Debit Card",
        "shipping_carrier": CARRIER,
        "buyer_user_id": 100_000_000 + int(order.buyer[-4:]),
        "buyer_username": order.buyer,
        "buyer_cpf_id": None,
        "buyer_cancel_reason": "",
        "cancel_by": "buyer" if cancelled else "",
        "cancel_reason": "CUSTOMER_REQUEST" if cancelled else "",
        "note": order.seller_note,
        "note_update_time": order.noted_at,
        "goods_to_declare": False,
        "split_up": bool(order.packages),
        "dropshipper": None,
        "dropshipper_phone": None,
        "fulfillment_flag": "fulfilled_by_local_seller",
        "pickup_done_time": order.sent.at if order.sent and order.collected else 0,
        "invoice_data": None,
        "order_chargeable_weight_gram": weight,
        "return_request_due_date": 0,
        "recipient_address": {
            "name": r.name if clear else veiled(r.name),
            "phone": r.phone if clear else f"******{r.phone[-2:]}",
            "town": "",
            "district": "",
            "city": "",
            "state": "",
            "region": "SG",
            "zipcode": r.zipcode if clear else "******",
            "full_address": r.street if clear else "****",
        },
        "item_list": [_item(line) for line in order.lines],
        "package_list": [_package(order, state, number, lines) for number, lines in packages(order)],
    }
    return body


def _package(order: Order, state: str, number: str, lines: list[Line]) -> dict[str, Any]:
    return {
        "package_number": number,
        "group_shipment_id": None,
        "logistics_status": _logistics(order, state, lines),
        "logistics_channel_id": CHANNEL,
        "shipping_carrier": CARRIER,
        "allow_self_design_awb": True,
        "parcel_chargeable_weight_gram": sum(line.weight_g * line.qty for line in lines),
        "sorting_group": "",
        "item_list": content(lines),
    }


def content(lines: list[Line]) -> list[dict[str, Any]]:
    """What is in a parcel."""
    return [
        {
            "item_id": item_id(line),
            "model_id": model_id(line),
            "model_quantity": line.qty,
            "order_item_id": item_id(line),
            "promotion_group_id": 0,
            "product_location_id": "SGLOC0001",
        }
        for line in lines
    ]


def _logistics(order: Order, state: str, lines: list[Line]) -> str:
    if state in ("UNPAID", "PENDING"):
        return "LOGISTICS_NOT_START"
    if state == "COMPLETED":
        return "LOGISTICS_DELIVERY_DONE"
    if state == "CANCELLED":
        return "LOGISTICS_INVALID"
    if order.state == "shipped" or all(line.sent for line in lines):
        return "LOGISTICS_PICKUP_DONE" if order.collected else "LOGISTICS_REQUEST_CREATED"
    return "LOGISTICS_READY"


def item_id(line: Line) -> int:
    return 23_000_000_000 + line.item


def model_id(line: Line) -> int:
    """0: an item without variations."""
    return 22_100_000_000 + line.model if line.model else 0


def _item(line: Line) -> dict[str, Any]:
    """Prices are per piece."""
    return {
        "item_id": item_id(line),
        "item_name": line.title,
        "item_sku": line.outer_product,
        "model_id": model_id(line),
        "model_name": line.variant,
        "model_sku": line.outer_code if line.model else "",
        "model_quantity_purchased": line.qty,
        "model_original_price": line.unit / 100,
        "model_discounted_price": line.deal / 100,
        "wholesale": False,
        "weight": line.weight_g / 1000,
        "add_on_deal": False,
        "main_item": False,
        "add_on_deal_id": 0,
        "promotion_type": "",
        "promotion_id": 0,
        "order_item_id": item_id(line),
        "promotion_group_id": 0,
        "image_info": {"image_url": f"https://img.example.test/{item_id(line)}.jpg"},
        "product_location_id": ["SGLOC0001"],
        "is_prescription_item": False,
        "is_b2c_owned_item": False,
    }
