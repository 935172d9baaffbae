"""What the four adapters share: the pure half of the port, one order out of an answer, carriers by name."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from server.errors import Rejected
from server.platforms import http, paging, raw
from server.platforms.body import Body
from server.platforms.port import Envelope, RawOrder, Shop, Window


class Adapter:
    """Base of the adapters; the other half of the port (changed, order, ship) is in each."""

    code: str
    body: ClassVar[Body]
    pace: ClassVar[paging.Pace]

    def __init__(self, gateway: http.Gateway) -> None:
        self.gateway = gateway

    def windows(self, watermark: datetime, now: datetime, settings: Mapping[str, Any] | None = None) -> list[Window]:
        return paging.windows(watermark, now - self.gateway.ahead, self.pace, settings)

    def identity(self, body: bytes) -> bytes:
        return self.body.identity(body)

    def redact(self, body: bytes) -> dict[str, Any]:
        return self.body.redact(body)

    def split(self, body: bytes) -> Envelope:
        return self.body.split(body)


def orders(body: Body, data: bytes) -> list[RawOrder]:
    """The orders of an answer that is no error. Raises Unavailable when it cannot be read."""
    try:
        return body.split(data).orders
    except raw.Unreadable:
        raise http.unreadable(body.name) from None


def single(body: Body, data: bytes, external_id: str) -> RawOrder:
    """The one order that was asked for. Raises Unavailable, Rejected."""
    found = orders(body, data)
    if not found:
        raise Rejected("platform_no_order", f"{body.name}没有返回这笔订单", external_id=external_id)
    if len(found) > 1 or found[0].external_id != external_id:
        raise http.unreadable(body.name)
    return found[0]


def opened(body: Body, order: RawOrder) -> dict[str, Any]:
    """The order's fields. Raises Unavailable."""
    try:
        return body.open(order.body).order
    except raw.Unreadable:
        raise http.unreadable(body.name) from None


def carrier(name: str, shop: Shop, carrier_code: str, known: Mapping[str, str]) -> str:
    """The platform's own code of a carrier: the shop's settings first ({"carriers": {"SLX": "900001"}}).

    Raises Rejected.
    """
    own = shop.settings.get("carriers")
    value = own.get(carrier_code) if isinstance(own, dict) else None
    code = str(value) if value is not None else known.get(carrier_code, "")
    if not code:
        raise Rejected("platform_no_carrier", f"没有设置快递公司 {carrier_code} 在{name}的编号", carrier=carrier_code)
    return code


def sent_otherwise(name: str, external_id: str, numbers: list[str]) -> Rejected:
    """The platform holds another waybill number: a person must look."""
    return Rejected(
        "platform_other_waybill",
        f"{name}上这笔订单已用另一个运单号发货：{'、'.join(numbers)}",
        external_id=external_id,
        waybill_nos=numbers,
    )
