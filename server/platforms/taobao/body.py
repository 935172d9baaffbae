"""How Taobao writes: envelopes, simplified or not, 18-digit ids as numbers, yuan as text, GMT+8, masks and OAID."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from server.platforms import raw
from server.platforms.body import (
    BEIJING,
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
    token,
)
from server.platforms.port import Envelope
from server.platforms.taobao.errors import trouble

_DOUBT: Final = timedelta(minutes=10)
"""Around the turn of a week nobody knows by whose clock a token was made."""
_ROOTS: Final = frozenset(
    {
        "trades_sold_get_response",
        "trades_sold_increment_get_response",
        "trades_sold_incrementv_get_response",
        "trade_fullinfo_get_response",
        "trade_get_response",
    }
)


class TaobaoBody(Body):
    code: ClassVar[str] = "taobao"
    name: ClassVar[str] = "淘宝"
    currency: ClassVar[str] = "CNY"
    personal_fields: ClassVar[frozenset[str]] = frozenset(
        {
            "buyer_nick", "buyer_open_uid", "buyer_open_id", "ouid", "buyer_message", "buyer_memo", "buyer_alipay_no",
            "buyer_email", "buyer_area", "buyer_ip", "buyer_cod_fee_payer", "alipay_id", "alipay_no",
            "receiver_name", "receiver_mobile", "receiver_phone", "receiver_address", "receiver_zip",
            "receiver_id_card", "oaid", "caid", "seller_memo", "invoice_name", "invoice_kind_name", "payer_register_no",
            "customization", "id_card", "cert_no", "identity", "o2o_guide_name", "mobile", "phone", "name", "address",
            "address_detail",
        }
    )  # fmt: skip

    def split(self, data: bytes) -> Envelope:
        found = trouble(data)
        if found is not None:
            return Envelope(trouble=found)
        root = raw.fields(data)
        known = next((name for name in _ROOTS if name in root), "")
        if known:
            root = raw.fields(root[known])
        elif "tid" in root and ("status" in root or "orders" in root):
            return Envelope(orders=[self.raw_order(data)])
        elif not _simplified(root.keys()):
            return Envelope(is_orders=False)
        if "trade" in root:
            return self._listed([root["trade"]])
        trades = root.get("trades", b"[]").strip()
        if trades.startswith(b"{"):  # simplify=true has the list itself
            trades = raw.fields(trades).get("trade", b"[]")
        return self._listed([] if trades.strip() == b"null" else raw.elements(trades))

    def _listed(self, found: list[bytes]) -> Envelope:
        """Rows asked for by tid alone are ids; a row that cannot be read is an order that cannot be read."""
        orders, ids = [], []
        for body in found:
            row = _maybe_fields(body)
            if row is not None and "tid" in row and not row.keys() & {"status", "orders"}:
                ids.append(self.raw_order(body).external_id)
            else:
                orders.append(self.raw_order(body))
        return Envelope(orders=orders, ids=ids)

    def open(self, body: bytes) -> Opened:
        order = raw.load_object(body)
        listed: Any = order.get("orders")
        if isinstance(listed, dict):
            listed = listed.get("order")
        found = rows(listed)
        if found and len(found) == 1:  # then the line's payment is the trade's, postage included
            found = [{**found[0], "_postage": order.get("post_fee")}]
        lines = None if found is None else keyed([(first_id(row, "oid", "oid_str"), row) for row in found])
        return Opened(first_id(order, "tid", "tid_str"), order, lines)

    def receiver(self, order: dict[str, Any]) -> Receiver:
        phone = text(order.get("receiver_mobile")) or text(order.get("receiver_phone"))
        return Receiver(
            masked=filled(
                name=masked_name(text(order.get("receiver_name"))),
                phone=masked_phone(phone),
                address=masked_address(text(order.get("receiver_address"))),
            ),
            token=filled(oaid=token(order.get("oaid"))),
        )

    def same_place(self, old: dict[str, str], new: dict[str, str], then: datetime, now: datetime) -> bool:
        """Masks show one house of a street like the other. An OAID changes with the address, and with every natural
        week: two of one week are two addresses."""
        first, last = old.get("oaid"), new.get("oaid")
        return not first or not last or first == last or _week(then - _DOUBT) != _week(now + _DOUBT)

    def note(self, order: dict[str, Any]) -> str:
        return text(order.get("buyer_message"))

    def note_present(self, order: dict[str, Any]) -> bool:
        """The list knows only that there is one."""
        return bool(self.note(order)) or order.get("has_buyer_message") is True

    def modified(self, order: dict[str, Any]) -> datetime | None:
        return self.time(order.get("modified"))


def _week(moment: datetime) -> tuple[int, int]:
    year, week, _ = moment.astimezone(BEIJING).isocalendar()
    return year, week


def _simplified(names: Iterable[str]) -> bool:
    """simplify=true takes the root away: the list stands alone, or, where it is empty, only its count."""
    found = set(names)
    counted = found & {"total_results", "has_next"} and found <= {"total_results", "has_next", "request_id"}
    return bool(found & {"trades", "trade"} or counted)


def _maybe_fields(body: bytes) -> dict[str, bytes] | None:
    try:
        return raw.fields(body)
    except raw.Unreadable:
        return None


BODY: Final = TaobaoBody()
