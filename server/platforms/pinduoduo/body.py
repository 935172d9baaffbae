"""How Pinduoduo writes: yuan as number or text, GMT+8, ciphertext beside masks, gifts in a list of their own."""

import re
from datetime import datetime
from typing import Any, ClassVar, Final

from server.platforms import raw
from server.platforms.body import (
    Body,
    Opened,
    Receiver,
    filled,
    first_id,
    keyed,
    masked_address,
    masked_name,
    masked_phone,
    rows,
    text,
)
from server.platforms.pinduoduo.errors import trouble
from server.platforms.port import Envelope

_LISTS: Final = {
    "order_sn_increment_get_response": "order_sn_list",
    "order_list_get_response": "order_list",
    "order_basic_list_get_response": "order_list",
    "order_status_get_response": "order_status_list",
}
_DETAIL: Final = "order_info_get_response"
_CIPHER: Final = re.compile(r"~[\w+/=-]+~(?:[\w+/=-]+~)?\d+~~?|\$[\w+/=-]+\$(?:[\w+/=-]+\$)?\d+\$\$?", re.ASCII)
"""~cipher~index~version~~ (name, address), $index$cipher$version$$ (phone); without an index one separator ends it."""


class PinduoduoBody(Body):
    code: ClassVar[str] = "pinduoduo"
    hides_when = frozenset({"risk"})
    name: ClassVar[str] = "拼多多"
    currency: ClassVar[str] = "CNY"
    personal_fields: ClassVar[frozenset[str]] = frozenset(
        {
            "receiver_name", "receiver_phone", "receiver_address", "address", "receiver_name_mask",
            "receiver_phone_mask", "receiver_address_mask", "address_mask", "buyer_memo", "remark", "pay_no",
            "inner_transaction_id", "id_card_name", "id_card_num", "card_info_list", "open_address_id",
            "open_address_id_2", "ext_fields", "invoice_title", "payer_register_no",
        }
    )  # fmt: skip

    def split(self, data: bytes) -> Envelope:
        found = trouble(data)
        if found is not None:
            return Envelope(trouble=found)
        root = raw.fields(data)
        if "order_sn" in root and root.keys() & {"order_status", "item_list"}:
            return Envelope(orders=[self.raw_order(data)])
        if _DETAIL in root:
            inner = raw.fields(root[_DETAIL])
            return Envelope(orders=[self.raw_order(inner["order_info"])] if "order_info" in inner else [])
        for name, listed in _LISTS.items():
            if name in root:
                rows_found = raw.fields(root[name]).get(listed, b"[]")
                return self._listed([] if rows_found.strip() == b"null" else raw.elements(rows_found))
        return Envelope(is_orders=False)

    def _listed(self, found: list[bytes]) -> Envelope:
        """A row without goods is an id (order.status.get writes it orderSn)."""
        orders, ids = [], []
        for body in found:
            try:
                row = raw.load_object(body)
            except raw.Unreadable:
                row = {}
            own = first_id(row, "order_sn", "orderSn")
            if own and not row.keys() & {"item_list", "created_time", "confirm_status"}:
                ids.append(own)
            else:
                orders.append(self.raw_order(body))
        return Envelope(orders=orders, ids=ids)

    def open(self, body: bytes) -> Opened:
        order = raw.load_object(body)
        sold, given = rows(order.get("item_list")), rows(order.get("gift_list") or [])
        if sold is None or given is None:
            return Opened(first_id(order, "order_sn"), order, None)
        found = [(first_id(row, "sku_id", "goods_id", "outer_id"), row) for row in sold]
        for row in given:
            own = first_id(row, "sku_id", "goods_id", "outer_id")
            found.append((f"gift-{own}" if own else "", {**row, "_gift": True}))
        return Opened(first_id(order, "order_sn"), order, keyed(found))

    def receiver(self, order: dict[str, Any]) -> Receiver:
        """Ciphertext comes only while the order waits to be shipped and is not under review; else ""."""
        found = {
            "name": text(order.get("receiver_name")),
            "phone": text(order.get("receiver_phone")),
            "address": text(order.get("receiver_address")),
            "full_address": text(order.get("address")),
        }
        masks = {
            "name": masked_name(text(order.get("receiver_name_mask"))),
            "phone": masked_phone(text(order.get("receiver_phone_mask"))),
            "address": masked_address(text(order.get("receiver_address_mask"))),
        }
        return Receiver(
            masked=filled(**masks),
            token={k: v for k, v in found.items() if len(v) <= 4000 and _CIPHER.fullmatch(v)},
        )

    def note(self, order: dict[str, Any]) -> str:
        return text(order.get("buyer_memo"))

    def modified(self, order: dict[str, Any]) -> datetime | None:
        return self.time(order.get("updated_at"))


BODY: Final = PinduoduoBody()
