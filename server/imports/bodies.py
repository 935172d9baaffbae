"""Raw order bodies in each platform's own shape, from rows of an export. Pure.

Taobao, Pinduoduo and JD forbid keeping a receiver in clear: theirs is masked here, before anything is stored.
"""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from server.platforms.body import masked_address, masked_name, masked_phone

_TIMES: Final = ("modified", "finished", "shipped", "confirmed", "paid", "placed")
_ZERO: Final = Decimal(0)


class Line(Struct):
    """One row's goods: our field names -> text, Decimal or int."""

    values: dict[str, Any]
    refund: dict[str, str | int] = {}

    def text(self, name: str) -> str:
        return str(self.values.get(name, ""))

    @property
    def qty(self) -> int:
        return int(self.values["qty"])


class Order(Struct):
    """Rows of one order number. values: of the order; state: fields of the body; place: from its country."""

    id: str
    values: dict[str, Any]
    state: dict[str, str | int]
    lines: list[Line]
    rows: list[int]
    place: dict[str, str | int] = {}
    told: dict[str, int] = {}
    """What each row said, and which row said it: a row that stands twice is no second line."""

    def text(self, name: str) -> str:
        return str(self.values.get(name, ""))

    def time(self, name: str) -> str:
        value = self.values.get(name)
        return value.strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else ""


def newest(order: Order) -> datetime | None:
    """The latest time in the rows; an export rarely says when the order changed."""
    found = [v for v in (order.values.get(name) for name in _TIMES) if isinstance(v, datetime)]
    return max(found, default=None)


def taobao(o: Order) -> dict[str, Any]:
    lines = []
    for line in o.lines:
        price = _price(line)
        lines.append(
            _filled(
                oid_str=line.text("line_id") or (o.id if len(o.lines) == 1 else ""),
                title=line.text("title"),
                sku_properties_name=line.text("spec"),
                outer_sku_id=line.text("code"),
                num_iid=line.text("item"),
                sku_id=line.text("sku"),
                num=str(line.qty),
                price=_money(price),
                payment=_money(line.values.get("line_paid")),
                status=str(o.state.get("status", "")),
                refund_status=str(line.refund.get("refund_status", "")),
            )
        )
    goods = _goods(o)
    freight = o.values.get("freight")
    paid: list[Decimal] = [p for line in o.lines if (p := line.values.get("line_paid")) is not None]
    total: Decimal | None = o.values.get("total")
    if total is None and len(paid) == len(o.lines):
        total = sum(paid, _ZERO)
    region, rest = _region(o)
    return {
        **_filled(
            tid_str=o.id,
            created=o.time("placed"),
            pay_time=o.time("paid"),
            modified=_newest(o),
            total_fee=_money(goods),
            post_fee=_money(freight if freight is not None else _ZERO),
            discount_fee=_money(None if total is None else goods + (freight or _ZERO) - total),
            payment=_money(total),
            buyer_message=o.text("note"),
            receiver_name=masked_name(o.text("name")),
            receiver_mobile=masked_phone(o.text("phone")),
            receiver_address=masked_address(rest),
            receiver_state=region[0],
            receiver_city=region[1],
            receiver_district=region[2],
        ),
        **o.state,
        "orders": {"order": lines},
    }


def pinduoduo(o: Order) -> dict[str, Any]:
    goods = _goods(o)
    discounts = [o.values.get(n) for n in ("discount", "discount2", "discount3")]
    region, rest = _region(o)
    body = {
        **_filled(
            order_sn=o.id,
            created_time=o.time("placed") or o.time("confirmed") or o.time("paid"),
            pay_time=o.time("paid") or o.time("confirmed"),
            confirm_time=o.time("confirmed"),
            updated_at=_newest(o),
            goods_amount=_money(goods),
            discount_amount=_money(sum((d for d in discounts if d is not None), _ZERO)),
            postage=_money(o.values.get("freight", _ZERO)),
            pay_amount=_money(o.values.get("total")),
            buyer_memo=o.text("note"),
            receiver_name_mask=masked_name(o.text("name")),
            receiver_phone_mask=masked_phone(o.text("phone")),
            receiver_address_mask=masked_address(rest),
            province=region[0],
            city=region[1],
            town=region[2],
        ),
        **o.state,
        "item_list": [
            _filled(
                goods_id=line.text("item"),
                goods_name=line.text("title"),
                goods_spec=line.text("spec"),
                outer_id=line.text("code"),
                sku_id=line.text("sku"),
                goods_count=str(line.qty),
                goods_price=_money(_price(line)),
            )
            for line in o.lines
        ],
    }
    for line in o.lines:
        body.update(line.refund)
    return body


def jd(o: Order) -> dict[str, Any]:
    goods, region_rest = _goods(o), _region(o)
    region, rest = region_rest
    freight = o.values.get("freight", _ZERO)
    total = o.values.get("total")
    balance = o.values.get("balance", _ZERO)
    kind = o.text("pay_kind")
    return {
        **_filled(
            orderId=o.id,
            payType="1-货到付款" if kind == "货到付款" else "",
            orderTotalPrice=_money(o.values.get("goods", goods)),
            freightPrice=_money(freight),
            orderPayment=_money(total),
            balanceUsed=_money(balance),
            orderStartTime=o.time("placed"),
            paymentConfirmTime=o.time("paid"),
            orderEndTime=o.time("finished"),
            modified=_newest(o),
            orderRemark=o.text("note"),
        ),
        **o.state,
        "consigneeInfo": _filled(
            fullname=masked_name(o.text("name")),
            mobile=masked_phone(o.text("phone")),
            fullAddress=masked_address(rest),
            province=region[0],
            city=region[1],
            county=region[2],
        ),
        "itemInfoList": [
            _filled(
                skuId=line.text("sku"),
                wareId=line.text("item"),
                outerSkuId=line.text("code"),
                skuName=line.text("title"),
                skuSpec=line.text("spec"),
                itemTotal=str(line.qty),
                jdPrice=_money(_price(line)),
            )
            for line in o.lines
        ],
    }


def shopee(o: Order) -> dict[str, Any]:
    if not o.place:
        raise ValueError("缺少“Country”列，或国家不认识：不知道是哪种货币和哪个时区")
    zone = timezone(timedelta(hours=int(o.place["hours"])))

    def epoch(value: Any) -> int:
        return int(value.replace(tzinfo=zone).timestamp()) if isinstance(value, datetime) else 0

    return {
        **_filled(order_sn=o.id, total_amount=_money(o.values.get("total")), message_to_seller=o.text("note")),
        **_filled(estimated_shipping_fee=_money(o.values.get("freight"))),
        **o.state,
        "region": o.place["region"],
        "currency": o.text("currency") or o.place["currency"],
        "create_time": epoch(o.values.get("placed")),
        "pay_time": epoch(o.values.get("paid")),
        "update_time": epoch(newest(o)),
        "recipient_address": _filled(
            name=o.text("name"),
            phone=o.text("phone"),
            full_address=o.text("address"),
            zipcode=o.text("zip"),
            region=str(o.place["region"]),
            state=o.text("province"),
            city=o.text("city"),
            district=o.text("district"),
            town=o.text("town"),
        ),
        "item_list": [
            _filled(
                item_id=line.text("item"),
                model_id=line.text("sku"),
                item_name=line.text("title"),
                model_name=line.text("spec"),
                model_sku=line.text("code") or line.text("code2"),
                model_quantity_purchased=str(line.qty),
                model_original_price=_money(_price(line)),
                model_discounted_price=_money(line.values.get("line_each")),
            )
            for line in o.lines
        ],
    }


def _price(line: Line) -> Decimal | None:
    """One piece's price. Pinduoduo says only the row's sum."""
    price: Decimal | None = line.values.get("price")
    if price is None and (whole := line.values.get("line_goods")) is not None:
        price = whole / line.qty
        if price != price.quantize(Decimal("0.01")):
            raise ValueError("商品总价除以数量不是整分，请核对")
    return price


def _goods(o: Order) -> Decimal:
    return sum(((_price(line) or _ZERO) * line.qty for line in o.lines), _ZERO)


def _money(value: Decimal | None) -> str:
    return "" if value is None else f"{value:.2f}" if value == round(value, 2) else f"{value:f}"


def _newest(o: Order) -> str:
    found = newest(o)
    return found.strftime("%Y-%m-%d %H:%M:%S") if found else ""


def _region(o: Order) -> tuple[tuple[str, str, str], str]:
    """Province, city, district, and the rest: from their columns, or from "浙江省 杭州市 西湖区 …"."""
    address = o.text("address")
    if o.text("province"):
        return (o.text("province"), o.text("city"), o.text("district")), address
    parts = address.split(maxsplit=3)
    if len(parts) >= 3 and all(len(p) <= 12 and not any(c.isdigit() for c in p) for p in parts[:3]):
        return (parts[0], parts[1], parts[2]), parts[3] if len(parts) > 3 else ""
    return ("", "", ""), address


def _filled(**values: str) -> dict[str, Any]:
    """Only what holds something: an empty text is not a value in any platform's body."""
    return {name: value for name, value in values.items() if value}


MAKE: Final[dict[str, Callable[[Order], dict[str, Any]]]] = {
    "taobao": taobao,
    "pinduoduo": pinduoduo,
    "jd": jd,
    "shopee": shopee,
}
