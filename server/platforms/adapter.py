"""What the four adapters share: the pure half of the port, one order out of an answer, carriers by name."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from server.errors import Rejected
from server.platforms import http, paging, raw
from server.platforms.body import Body
from server.platforms.port import (
    Account,
    CarrierName,
    Envelope,
    Grant,
    Hint,
    Listing,
    Powers,
    RawOrder,
    RawRefund,
    Shipment,
    Shop,
    StockAnswer,
    StockOrder,
    Window,
)


class Adapter:
    """Base of the adapters; what a platform can is in each, what it cannot is refused here in plain words."""

    code: str
    body: ClassVar[Body]
    pace: ClassVar[paging.Pace]
    powers: Powers = Powers()

    def __init__(self, gateway: http.Gateway) -> None:
        self.gateway = gateway

    @property
    def name(self) -> str:
        return self.body.name

    # -- what not every platform can
    def authorise_url(self, shop: Shop, redirect: str, state: str) -> str:
        raise self._cannot("在线授权")

    async def exchange(self, shop: Shop, code: str, redirect: str, extra: Mapping[str, str] | None = None) -> Grant:
        raise self._cannot("在线授权")

    async def refresh(self, shop: Shop) -> Grant:
        raise self._cannot("自动续期授权")

    async def account(self, shop: Shop) -> Account:
        raise self._cannot("查询店铺信息")

    def placed(self, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
        raise self._cannot("按下单时间补拉")

    def refunds(self, shop: Shop, window: Window) -> AsyncIterator[list[RawRefund]]:
        raise self._cannot("拉取售后单")

    async def remark(self, shop: Shop, external_id: str, text: str) -> None:
        raise self._cannot("修改备注")

    async def reveal(self, shop: Shop, order: RawOrder, scene: str) -> dict[str, str]:
        raise self._cannot("查看收件人明文")

    def plan(self, shop: Shop, shipments: Sequence[Shipment]) -> None:
        """Whole orders always can; parts as far as the platform's powers reach. Raises Rejected."""
        if not shipments or (len(shipments) == 1 and not shipments[0].parts):
            return
        if self.powers.parts == "none":
            raise self._cannot("拆单发货")
        keys = [p.line_key for s in shipments for p in s.parts]
        if not all(s.parts for s in shipments) or any(p.qty < 1 for s in shipments for p in s.parts):
            raise Rejected("platform_bad_plan", "拆单发货时，每个包裹都要写明有哪些商品、各几件")
        if self.powers.parts == "lines" and len(keys) != len(set(keys)):
            raise Rejected("platform_bad_plan", f"{self.name}只能按商品行拆单，同一行商品不能分到两个包裹")

    async def carriers(self, shop: Shop) -> list[CarrierName]:
        raise self._cannot("查询快递公司")

    def listings(self, shop: Shop) -> AsyncIterator[list[Listing]]:
        raise self._cannot("拉取商品")

    async def set_stock(self, shop: Shop, wanted: Sequence[StockOrder]) -> list[StockAnswer]:
        raise self._cannot("设置库存")

    async def add_stock(self, shop: Shop, wanted: Sequence[StockOrder]) -> list[StockAnswer]:
        raise self._cannot("增减库存")

    async def messages(self, shop: Shop) -> list[Hint]:
        raise self._cannot("消息拉取")

    async def confirm(self, shop: Shop, ids: Sequence[str]) -> None:
        raise self._cannot("消息拉取")

    def heard(self, shop: Shop, url: str, headers: Mapping[str, str], body: bytes) -> list[Hint]:
        raise self._cannot("消息推送")

    def _cannot(self, what: str) -> Rejected:
        return Rejected("platform_cannot", f"{self.name}不支持{what}", platform=self.code)

    # -- the pure half

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
