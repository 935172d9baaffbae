"""How JD writes: `_responce`, values as text, sentinel dates, receivers masked or as ciphertext; and the SP-API."""

import base64
import binascii
from datetime import datetime
from typing import Any, ClassVar, Final

from server.platforms import raw
from server.platforms.body import (
    Body,
    Opened,
    Receiver,
    decimal,
    filled,
    first_id,
    is_mask,
    keyed,
    masked_address,
    masked_name,
    masked_phone,
    part,
    rows,
    text,
    token,
)
from server.platforms.jd.errors import trouble
from server.platforms.port import Envelope

_LISTS: Final = ("searchorderinfo_result", "orderDetailInfo")


class JdBody(Body):
    code: ClassVar[str] = "jd"
    name: ClassVar[str] = "京东"
    currency: ClassVar[str] = "CNY"
    personal_fields: ClassVar[frozenset[str]] = frozenset(
        {
            "pin", "realPin", "open_id_buyer", "xid_buyer", "xidBuyer", "orderRemark", "buyerRemark", "venderRemark",
            "venderRemarkInfo", "fullname", "fullName", "mobile", "telephone", "desen_telephone", "desen_mobile",
            "fullAddress", "oaid", "invoiceInfo", "invoiceEasyInfo", "invoiceTitle", "invoiceConsigneeEmail",
            "invoiceConsigneePhone", "invoiceCode", "vatInfo", "customs", "customsModel", "userName", "userPhone",
            "userAddress", "bankAccount", "email", "idCard", "selfDelivererName", "selfDelivererPhone",
        }
    )  # fmt: skip

    def split(self, data: bytes) -> Envelope:
        found = trouble(data)
        if found is not None:
            return Envelope(trouble=found)
        root = raw.fields(data)
        if "orderId" in root:
            return Envelope(orders=[self.raw_order(data)])
        if "success" in root and "data" in root:
            return self._newer(root["data"])
        name = next((name for name in root if name.endswith(("_responce", "_response"))), "")
        inner = raw.fields(root[name]) if name and root[name].lstrip().startswith(b"{") else {}
        for place in _LISTS:
            if place in inner:
                return self._classic(raw.fields(inner[place]))
        return Envelope(is_orders=False)

    def _classic(self, result: dict[str, bytes]) -> Envelope:
        if "orderInfo" in result:
            return Envelope(orders=[self.raw_order(result["orderInfo"])])
        listed = result.get("orderInfoList", b"[]")
        return Envelope(orders=[self.raw_order(body) for body in _elements(listed)])

    def _newer(self, data: bytes) -> Envelope:
        """SP-API: a list, or one order. After-sales rows and the like have other fields."""
        if data.lstrip().startswith(b"{"):
            return Envelope(orders=[self.raw_order(data)]) if _is_order(data) else Envelope(is_orders=False)
        found = _elements(data)
        if found and not any(_is_order(body) for body in found):
            return Envelope(is_orders=False)
        return Envelope(orders=[self.raw_order(body) for body in found])

    def open(self, body: bytes) -> Opened:
        order = raw.load_object(body)
        found = rows(order.get("itemInfoList", order.get("skuItemInfoList")))
        lines = None if found is None else keyed([(_line_key(row), row) for row in found])
        return Opened(first_id(order, "orderId"), order, lines)

    def receiver(self, order: dict[str, Any]) -> Receiver:
        consignee = part(order, "consigneeInfo")
        name = text(consignee.get("fullname")) or text(consignee.get("fullName"))
        mobile, telephone = text(consignee.get("mobile")), text(consignee.get("telephone"))
        address = text(consignee.get("fullAddress"))
        ciphers = filled(name=name, phone=mobile, telephone=telephone, address=address)
        return Receiver(
            masked=filled(
                name="***" if is_cipher(name) else masked_name(name),
                phone="***" if is_cipher(mobile or telephone) else masked_phone(mobile or telephone),
                address="***" if is_cipher(address) else masked_address(address),
            ),
            token={k: v for k, v in ciphers.items() if is_cipher(v)} | filled(oaid=token(consignee.get("oaid"))),
        )

    def note(self, order: dict[str, Any]) -> str:
        return text(order.get("orderRemark")) or text(part(order, "buyerRemark").get("remark"))

    def modified(self, order: dict[str, Any]) -> datetime | None:
        return self.time(order.get("modified", order.get("modifiedTime")))


def is_cipher(value: str) -> bool:
    """JD's ciphertext: base64 of type, algorithm 4 (AES-CBC), 16-byte key id, 16-byte IV and whole blocks.

    Longer types write the key id's length where algorithm and key id stand (jd/security/tde in the official SDK).
    """
    if len(value) < 64 or len(value) > 4000 or not value.isascii() or is_mask(value):
        return False
    try:
        return base64.b64decode(value, validate=True)[0] in (0, 1, 2)
    except (binascii.Error, ValueError):
        return False


def _line_key(row: dict[str, Any]) -> str:
    """The classic API has no line ids, and one SKU may come twice, sold and as a gift at 0.00."""
    own = first_id(row, "skuUuid")
    if own:
        return own
    sku = first_id(row, "skuId", "outerSkuId")
    try:
        free = decimal(row.get("jdPrice")) == 0
    except ValueError:
        free = False
    return f"{sku}~0" if sku and free else sku


def _is_order(body: bytes) -> bool:
    try:
        found = raw.fields(body)
    except raw.Unreadable:
        return False
    return "orderId" in found and bool(found.keys() & {"orderStatus", "skuItemInfoList", "createdTime"})


def _elements(data: bytes) -> list[bytes]:
    return [] if data.strip() == b"null" else raw.elements(data)


BODY: Final = JdBody()
