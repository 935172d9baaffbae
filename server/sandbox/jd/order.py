"""An order as JOS writes it: all values text. Masked with an OAID (pop.order.search, get) or as TDE ciphertext
(enSearch, enGet); no checks of calls."""

import base64
import hashlib
import json
from typing import Any, Final

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from server.sandbox import clock
from server.sandbox.accounts import JD
from server.sandbox.model import Line, Order, yuan

UNSET: Final = "0001-01-01 00:00:00"
_REMARKS: Final = {
    "NOT_PAY": "等待付款",
    "WAIT_SELLER_STOCK_OUT": "等待出库",
    "POP_ORDER_PAUSE": "暂停",
    "LOCKED": "锁定",
    "WAIT_GOODS_RECEIVE_CONFIRM": "等待确认收货",
    "FINISHED_L": "完成",
    "TRADE_CANCELED": "取消",
}
TDE_KEY: Final = hashlib.sha256(JD["app_secret"].encode()).digest()[:16]
TDE_KEY_ID: Final = hashlib.md5(b"SANDBOX-JD1", usedforsecurity=False).digest()
"""The service's name and the key's version."""


def state(order: Order) -> str:
    """A refund that is asked for before shipping locks the order."""
    if order.state == "paid":
        if order.risk:
            return "POP_ORDER_PAUSE"
        return "LOCKED" if order.refund == "asked" else "WAIT_SELLER_STOCK_OUT"
    return {
        "unpaid": "NOT_PAY",
        "shipped": "WAIT_GOODS_RECEIVE_CONFIRM",
        "completed": "FINISHED_L",
        "cancelled": "TRADE_CANCELED",
    }[order.state]


def tde(text: str, label: str) -> str:
    """JD's layout of an encrypted field: 0, 4 (AES-CBC-128), key id, IV, ciphertext, in base64; "" stays "".

    The IV is drawn from the content, so that the same field reads the same each time.
    """
    if not text:
        return ""
    iv = hashlib.sha256(f"{label}|{text}".encode()).digest()[:16]
    pad = padding.PKCS7(128).padder()
    enc = Cipher(algorithms.AES(TDE_KEY), modes.CBC(iv)).encryptor()
    sealed = enc.update(pad.update(text.encode()) + pad.finalize()) + enc.finalize()
    return base64.b64encode(b"\x00\x04" + TDE_KEY_ID + iv + sealed).decode()


def oaid(order: Order) -> str:
    """Stands for the receiver of this order; another address is another OAID."""
    r = order.receiver
    text = f"{JD['external_id']}|{order.external_id}|{r.name}|{r.phone}|{r.street}"
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def wire(order: Order, *, encrypted: bool) -> dict[str, Any]:
    now_state = state(order)
    goods = sum(line.unit * line.qty for line in order.lines)
    discount = goods - order.goods + order.discount
    sent = order.sent
    return {
        "orderId": order.external_id,
        "venderId": JD["external_id"],
        "orderType": "22",
        "payType": "4-在线支付",
        "orderTotalPrice": yuan(goods),
        "orderSellerPrice": yuan(goods - discount),
        "orderPayment": yuan(order.total),
        "freightPrice": yuan(order.freight),
        "sellerDiscount": yuan(discount),
        "balanceUsed": "0.00",
        "orderState": now_state,
        "orderStateRemark": _REMARKS[now_state],
        "deliveryType": "任意时间",
        "orderStartTime": clock.text(order.created),
        "paymentConfirmTime": clock.text(order.paid_at) if order.paid_at else UNSET,
        "orderEndTime": clock.text(order.completed_at) if order.completed_at else UNSET,
        "modified": clock.text(order.modified),
        "orderRemark": order.buyer_note,
        "venderRemark": order.seller_note,
        "invoiceInfo": "不需要开具发票",
        "invoiceEasyInfo": {
            "invoiceType": "0",
            "invoiceTitle": "",
            "invoiceContentId": "",
            "invoiceConsigneeEmail": "",
            "invoiceConsigneePhone": "",
            "invoiceCode": "",
        },
        "invoiceCode": "",
        "consigneeInfo": _consignee(order, encrypted),
        "itemInfoList": [_item(line) for line in order.lines],
        "couponDetailList": [
            {
                "orderId": order.external_id,
                "skuId": "",
                "couponType": "100-店铺优惠",
                "couponPrice": yuan(discount),
            }
        ]
        if discount
        else [],
        "vatInfo": {},
        "pin": f"{order.buyer[:4]}_mask",
        "open_id_buyer": "o" + hashlib.sha256(order.buyer.encode()).hexdigest()[:24],
        "xid_buyer": "o*" + hashlib.sha256(f"x{order.buyer}".encode()).hexdigest()[:24],
        "returnOrder": "0",
        "waybill": sent.waybill_no if sent else "",
        "logisticsId": sent.carrier if sent else "",
        "directParentOrderId": "0",
        "parentOrderId": "0",
        "orderSource": "移动端订单",
        "storeOrder": "京仓订单" if order.by_platform else "",
        "idSopShipmenttype": 0,
        "storeId": "0",
        "popSignMap": json.dumps({}),
    }


def _consignee(order: Order, encrypted: bool) -> dict[str, str]:
    r = order.receiver
    province = r.province.removesuffix("省")
    place = {
        "province": province,
        "city": r.city or r.district,
        "county": r.district if r.city else "",
        "town": "",
        "provinceId": str(100 + r.area),
        "cityId": str(1000 + r.area),
        "countyId": str(10000 + r.area),
        "townId": "0",
    }
    region = f"{province}{r.city}{r.district}"
    if encrypted:
        return {
            "fullname": tde(r.name, "name"),
            "mobile": tde(r.phone, "mobile"),
            "telephone": "",
            "fullAddress": tde(f"{region}{r.street}", "address"),
            **place,
        }
    return {
        "fullname": f"{r.name[:1]}*",
        "mobile": f"{r.phone[:3]}****{r.phone[-4:]}",
        "telephone": "",
        "fullAddress": f"{region}****",
        "oaid": oaid(order),
        **place,
    }


def sku_id(item: int, model: int) -> str:
    """Every article has a skuId here, one without variants too."""
    return str(100_000_000_000 + (model or 500 + item))


def _item(line: Line) -> dict[str, str]:
    """No line id, no discount per line."""
    return {
        "skuId": sku_id(line.item, line.model),
        "outerSkuId": line.outer_code,
        "skuName": f"{line.title} {line.variant}".strip(),
        "jdPrice": yuan(line.unit),
        "itemTotal": str(line.qty),
        "wareId": str(10_000_000_000 + line.item),
        "productNo": "",
        "giftPoint": "0",
        "serviceName": "",
        "newStoreId": "0",
        "invoiceContentId": "1",
    }
