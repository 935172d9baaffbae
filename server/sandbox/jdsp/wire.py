"""Orders, after-sales and SKUs as SP-API writes them: yuan as floats, milliseconds, ids as integers."""

from typing import Any, Final

from server.sandbox.accounts import JD
from server.sandbox.cases import Case
from server.sandbox.catalogue import Sku
from server.sandbox.jd import order as classic
from server.sandbox.model import Line, Order

SCOPES: Final = (
    "skuItemInfoList", "consigneeInfo", "paymentInfo", "sellerTradePriceInfo", "transportInfo", "buyerRemark",
    "venderRemarkInfo", "specialStatusReasonInfo",
)  # fmt: skip
"""Parts of an order that are given only where they are asked for."""


def state(order: Order) -> str:
    """A placeholder: the real values are not published."""
    return f"SIM_{classic.state(order)}"


def uuid(order_id: str, line: Line) -> str:
    return f"{order_id}-{line.n}"


def order(o: Order, scopes: set[str]) -> dict[str, Any]:
    goods = sum(line.unit * line.qty for line in o.lines)
    discount = goods - o.goods + o.discount
    parts: dict[str, Any] = {
        "skuItemInfoList": [_item(o.external_id, line) for line in o.lines],
        "consigneeInfo": _consignee(o),
        "paymentInfo": {
            "paymentType": 4,
            "paymentTypeDesc": "在线支付",
            "shouldPayAmount": o.total / 100,
            "payDiscountAmount": 0.0,
            "actualPayAmount": o.total / 100,
            "freightFee": o.freight / 100,
            "paymentConfirmTime": _ms(o.paid_at),
        },
        "sellerTradePriceInfo": {
            "totalOriginalPriceAmount": goods / 100,
            "totalSellerDiscountAmount": discount / 100,
            "totalSellerReceivableAmount": (goods - discount) / 100,
        },
        "transportInfo": {
            "deliveryType": 3,
            "deliveryTypeDesc": "任意时间",
            "waybillCode": o.sent.waybill_no if o.sent else "",
            "logisticsId": o.sent.carrier if o.sent else "",
            "partialShipmentList": [],
        },
        "buyerRemark": {"remark": o.buyer_note},
        "venderRemarkInfo": {"remark": o.seller_note, "flag": o.flag},
        "specialStatusReasonInfo": None,
    }
    return {
        "orderId": int(o.external_id),
        "venderId": int(JD["external_id"]),
        "orderType": 22,
        "orderTypeDesc": "SOP订单",
        "orderStatus": state(o),
        "orderStatusDesc": "模拟值,真实枚举未知",
        "parentOrderId": 0,
        "rootOrderId": 0,
        "createdTime": _ms(o.created),
        "modifiedTime": _ms(o.modified),
        "outboundTime": _ms(o.sent.at) if o.sent else None,
        "finishedTime": _ms(o.completed_at),
        "xidBuyer": f"o*{o.buyer}",
        "orderSource": "1",
        "orderSourceDesc": "移动端订单",
    } | {name: parts[name] for name in SCOPES if name in scopes}


def afs(o: Order, case: Case) -> dict[str, Any]:
    line, done = o.lines[case.line - 1], case.state == "done"
    waybill = {
        "waybillCode": case.waybill_no,
        "waybillType": 2,
        "waybillTypeDesc": "客户退回(模拟)",
        "providerId": 463,
        "providerName": "圆通速递",
    }
    return {
        "afsOrderId": int(case.id),
        "orderId": int(case.order_id),
        "afsOrderBaseInfo": {
            "applyTime": _ms(case.created),
            "createTime": _ms(case.created),
            "modifiedTime": _ms(case.modified),
            "afsOrderFinishTime": _ms(case.modified) if case.state != "asked" else None,
            "xidBuyer": f"o*{o.buyer}",
            "afsCount": line.qty,
        },
        "afsOrderStatusInfo": {
            "mainStatus": {"asked": 1, "done": 2, "closed": 3}[case.state],
            "mainStatusDesc": "模拟值",
            "subStatus": 1,
            "subStatusDesc": "模拟值",
        },
        "customerApplyInfo": {
            "customerExpect": 10 if case.kind == "return" else 11,
            "customerExpectDesc": "退货" if case.kind == "return" else "仅退款",
        },
        "skuInfoList": [{"skuId": _sku_id(line), "skuName": line.title, "skuNum": line.qty}],
        "waybillInfoList": [waybill] if case.waybill_no else [],
        "refundInfo": {
            "refundType": 1,
            "refundTypeDesc": "模拟值",
            "refundStatus": 20 if done else 10,
            "refundStatusDesc": "退款成功" if done else "模拟值",
            "applyRefundAmount": case.amount / 100,
            "actualRefundAmount": case.amount / 100 if done else None,
        },
    }


def sku(one: Sku, qty: int) -> dict[str, Any]:
    return {
        "skuId": int(classic.sku_id(one.item, one.model)),
        "productId": 10_000_000_000 + one.item,
        "outerId": one.code,
        "skuName": f"{one.name} {one.variant}".strip(),
        "jdPrice": one.price_fen / 100,
        "stockNum": qty,
        "skuStatus": 1,
        "modifiedTime": 1_767_225_600_000,
    }


def _item(order_id: str, line: Line) -> dict[str, Any]:
    return {
        "skuId": _sku_id(line),
        "skuUuid": uuid(order_id, line),
        "outerSkuId": line.outer_code,
        "skuName": line.title,
        "skuSpec": line.variant,
        "num": line.qty,
        "jdPrice": line.unit / 100,
        "productId": 10_000_000_000 + line.item,
        "productNo": "",
        "storeId": 0,
        "giftPoint": 0,
        "skuType": 0,
        "afsInfoList": [],
    }


def _consignee(o: Order) -> dict[str, Any]:
    r = o.receiver
    return {
        "fullName": f"{r.name[:1]}*",
        "mobile": f"{r.phone[:3]}****{r.phone[-4:]}",
        "telephone": "",
        "fullAddress": f"{r.province.removesuffix('省')}{r.city}{r.district}****",
        "provinceId": 100 + r.area,
        "provinceName": r.province.removesuffix("省"),
        "cityId": 1000 + r.area,
        "cityName": r.city or r.district,
        "countyId": 10000 + r.area,
        "countyName": r.district if r.city else "",
        "townId": 0,
        "townName": "",
        "oaid": classic.oaid(o),
    }


def _sku_id(line: Line) -> int:
    return int(classic.sku_id(line.item, line.model))


def _ms(at: int) -> int | None:
    return at * 1000 if at else None
