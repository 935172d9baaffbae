"""How Shopee writes: floats in the order's currency, epoch seconds (0: not set), receivers clear or masked."""

from datetime import datetime
from typing import Any, ClassVar, Final

from server.platforms import raw
from server.platforms.body import (
    Body,
    Opened,
    Receiver,
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
)
from server.platforms.port import Envelope
from server.platforms.shopee.errors import trouble


class ShopeeBody(Body):
    code: ClassVar[str] = "shopee"
    hides_when = frozenset({"locked", "refund"})
    name: ClassVar[str] = "Shopee"
    currency: ClassVar[str] = ""
    personal_fields: ClassVar[frozenset[str]] = frozenset(
        {
            "buyer_user_id", "buyer_username", "buyer_cpf_id", "message_to_seller", "note", "buyer_cancel_reason",
            "dropshipper", "dropshipper_phone", "name", "phone", "full_address", "zipcode", "geolocation",
            "virtual_contact_number", "transaction_id", "pharmacist_name", "prescription_images",
            "buyer_proof_of_collection", "tax_code", "access_key", "invoice_data",
        }
    )  # fmt: skip

    def split(self, data: bytes) -> Envelope:
        found = trouble(data)
        if found is not None:
            return Envelope(trouble=found)
        root = raw.fields(data)
        if "order_sn" in root and root.keys() & {"create_time", "currency", "item_list"}:
            return Envelope(orders=[self.raw_order(data)])
        inner = raw.fields(root["response"]) if root.get("response", b"").lstrip().startswith(b"{") else {}
        if "order_list" not in inner:
            return Envelope(is_orders=False)
        listed = inner["order_list"]
        return self._listed([] if listed.strip() == b"null" else raw.elements(listed))

    def _listed(self, found: list[bytes]) -> Envelope:
        """get_order_list has ids and states; get_order_detail always has the creation time and the currency."""
        orders, ids = [], []
        for body in found:
            try:
                row = raw.load_object(body)
            except raw.Unreadable:
                row = {}
            own = first_id(row, "order_sn")
            if own and not row.keys() & {"create_time", "currency", "item_list"}:
                ids.append(own)
            else:
                orders.append(self.raw_order(body))
        return Envelope(orders=orders, ids=ids)

    def open(self, body: bytes) -> Opened:
        order = raw.load_object(body)
        found = rows(order.get("item_list"))
        lines = None if found is None else keyed([(line_key(row), row) for row in found])
        return Opened(first_id(order, "order_sn"), order, lines)

    def receiver(self, order: dict[str, Any]) -> Receiver:
        """Clear text comes only while the order is to be shipped or returned, and not in every market."""
        address = part(order, "recipient_address")
        return Receiver(
            masked=filled(
                name=masked_name(text(address.get("name"))),
                phone=masked_phone(text(address.get("phone"))),
                address=masked_address(text(address.get("full_address"))),
            ),
            plain=bool(self.plaintext(order).keys() & {"name", "phone", "address"}),
        )

    def plaintext(self, order: dict[str, Any]) -> dict[str, str]:
        address = part(order, "recipient_address")
        found = filled(
            name=text(address.get("name")),
            phone=text(address.get("phone")),
            address=text(address.get("full_address")),
            zip=text(address.get("zipcode")),
        )
        clear = {name: value for name, value in found.items() if not is_mask(value)}
        return clear if clear.keys() & {"name", "phone", "address"} else {}

    def note(self, order: dict[str, Any]) -> str:
        return text(order.get("message_to_seller"))

    def modified(self, order: dict[str, Any]) -> datetime | None:
        return self.time(order.get("update_time"))


def line_key(row: dict[str, Any]) -> str:
    """An item may come twice, bought alone and in a bundle: order_item_id and promotion_group_id tell them apart."""
    item, model = first_id(row, "item_id"), first_id(row, "model_id")
    if not item and not model:
        return ""
    bundle, group = first_id(row, "order_item_id"), first_id(row, "promotion_group_id")
    own = f"{item}-{model or '0'}"
    if bundle and bundle != item:
        own += f"-{bundle}"
    return own + (f"-{group}" if group else "")


BODY: Final = ShopeeBody()
