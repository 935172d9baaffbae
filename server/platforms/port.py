"""The port to the platforms: what the hub asks of any shop, whatever platform it is on. No I/O here."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from msgspec import Struct


class Shop(Struct, frozen=True):
    """One authorised account, with its secrets open. Never logged."""

    id: str
    platform: str
    external_id: str
    base_url: str
    app_key: str
    app_secret: str
    access_token: str
    refresh_token: str = ""
    settings: dict[str, Any] = {}


class RawOrder(Struct, frozen=True):
    """One order as its platform wrote it."""

    external_id: str
    body: bytes
    """JSON, the very bytes of the answer that hold this order."""
    modified: datetime | None
    """UTC. Orders versions, but does not make one: resolution is 1 s."""


class Window(Struct, frozen=True):
    """A closed stretch of time, UTC, both ends inclusive."""

    since: datetime
    until: datetime


class Part(Struct, frozen=True):
    """So many units of one line of an order."""

    line_key: str
    qty: int


class Shipment(Struct, frozen=True):
    external_id: str
    waybill_no: str
    carrier_code: str
    """Ours: SF, ZTO, …; the adapter knows the platform's own."""
    package_number: str = ""
    parts: tuple[Part, ...] = ()
    """What is in this parcel. Empty: the whole order."""
    others: tuple[tuple[Part, ...], ...] = ()
    """What is in the order's other parcels, for platforms that split an order once and whole. Empty beside `parts`:
    one more parcel with all the rest."""


class Shipped(Struct, frozen=True):
    already: bool = False
    """The platform had our number before: a repeated call, or an answer that was lost."""


class Trouble(Struct, frozen=True):
    """An error body, read. `message`: Chinese, for a person; `text`: the platform's own words."""

    kind: Literal["unavailable", "unauthenticated", "rejected"]
    code: str
    message: str
    sub_code: str = ""
    text: str = ""
    retry_after: float | None = None
    clock: bool = False
    """The timestamp was refused: try once more with the platform's time."""
    request_id: str = ""
    """By which the platform's people find this call."""


class Envelope(Struct, frozen=True):
    """A whole response body, opened: orders, or only their ids, or an error. All empty: an answer without orders."""

    orders: list[RawOrder] = []
    ids: list[str] = []
    trouble: Trouble | None = None
    is_orders: bool = True
    """False: the body is none that brings orders."""


class Grant(Struct, frozen=True):
    """What an authorisation gave. The times are UTC; None: the platform does not say, or it does not end."""

    access_token: str
    refresh_token: str = ""
    access_until: datetime | None = None
    refresh_until: datetime | None = None
    external_id: str = ""
    """Whose shop it is, where the answer says so."""
    name: str = ""


class Account(Struct, frozen=True):
    """Who the platform says we are: the answer to a harmless signed call."""

    external_id: str
    name: str = ""
    clock_off_s: float = 0.0
    """How far our clock is ahead of the platform's."""
    granted_until: datetime | None = None


RefundState = Literal["asked", "agreed", "returning", "received", "disputed", "done", "closed", "unknown"]
"""asked: the seller must answer · agreed: money or goods will follow · returning: the buyer sends goods back ·
received: the seller has them · disputed: refused, or the platform decides · done: money is back, or the exchange sent ·
closed: taken back or refused for good · unknown: a word that the adapter does not know, for a person."""


class RawRefund(Struct, frozen=True):
    """One after-sales case as its platform wrote it, and what of it can be read without rules."""

    external_id: str
    """The case's own number on the platform."""
    order_id: str
    """The order's number on the platform; "" where the platform does not say."""
    body: bytes
    modified: datetime | None
    state: RefundState
    kind: Literal["money", "return", "exchange", "other"]
    """money: only money goes back · return: goods come back too · exchange: other goods go out."""
    amount_minor: int | None = None
    """Minor units of `currency`, what the buyer asks or gets; None: not said."""
    currency: str = "CNY"
    line_keys: tuple[str, ...] = ()
    """Lines of the order (line_key); empty: the whole order, or not said."""
    waybill_no: str = ""
    """Of the goods that come back."""


class Listing(Struct, frozen=True):
    """平台商品: one sellable thing of a shop, as the shop lists it."""

    item: str
    platform_sku: str
    """"" where the item has no variants."""
    title: str
    variant: str = ""
    outer_code: str = ""
    """商家编码: what the shop says our SKU is."""
    barcode: str = ""
    qty: int | None = None
    """The number that buyers see."""
    price_minor: int | None = None
    currency: str = "CNY"
    state: Literal["on", "off", "deleted"] = "on"
    modified: datetime | None = None


class StockOrder(Struct, frozen=True):
    """A wish about the number that buyers see. `key`: of this very wish; a repeated increment with it counts once."""

    item: str
    platform_sku: str
    qty: int
    """To set: >= 0. To add: may be negative."""
    key: str = ""


class StockAnswer(Struct, frozen=True):
    """What became of one wish. refused: `message` says why, in Chinese; nothing was changed."""

    item: str
    platform_sku: str
    outcome: Literal["done", "clamped", "refused"]
    """clamped: the platform cut it (Taobao: an increment below zero leaves 0)."""
    qty: int | None = None
    """What the platform says it is now; None: it does not say."""
    message: str = ""


class CarrierName(Struct, frozen=True):
    """A carrier as the platform knows it. rule: its pattern of numbers, a hint (they are often out of date)."""

    code: str
    name: str
    rule: str = ""


class Hint(Struct, frozen=True):
    """A push, understood: go and look. It is never believed: the order is read back from the platform."""

    id: str
    """Of the message, for its receipt and to know it again; "" where the platform gives none."""
    kind: Literal["order", "refund", "shop", "other"]
    external_id: str = ""
    """Whose order (refund: whose case, or its order where only that is said)."""
    shop: str = ""
    """The shop's number on the platform."""


class Powers(Struct, frozen=True):
    """What a platform can do. A plan that needs more is refused before it starts."""

    refresh: bool = False
    """Tokens can be renewed without a person."""
    parts: Literal["none", "lines", "units"] = "none"
    """How finely an order may be shipped in parts: not at all, whole lines, units of a line."""
    placed: bool = False
    """Orders can be listed by the day on which they were placed."""
    remark: bool = False
    listings: bool = False
    stock_set: bool = False
    stock_add: bool = False
    stock_add_once: bool = False
    """A repeated increment with the same key counts once."""
    reveal: bool = False
    refunds: bool = False
    messages: bool = False
    """Pushes are fetched by us."""
    webhook: bool = False
    """Pushes are sent to us."""


class Platform(Protocol):
    """An adapter. Raises server.errors: Unavailable (again later), Unauthenticated (authorise anew), Rejected (no)."""

    code: str
    powers: Powers

    @property
    def name(self) -> str:
        """In Chinese, for people."""
        ...

    # -- authorisation
    def authorise_url(self, shop: Shop, redirect: str, state: str) -> str:
        """Where the owner of the shop says yes. `shop` needs only app_key, app_secret and base_url here."""
        ...

    async def exchange(self, shop: Shop, code: str, redirect: str, extra: Mapping[str, str] | None = None) -> Grant:
        """The code that came back, for tokens. `extra`: the other parameters of the callback (Shopee: shop_id)."""
        ...

    async def refresh(self, shop: Shop) -> Grant:
        """New tokens for the refresh token, which may be dead from then on: save before use. Call it alone.

        Raises Unauthenticated when a person must authorise anew, Unavailable when it may have been done or not.
        """
        ...

    async def account(self, shop: Shop) -> Account:
        """A harmless signed call."""
        ...

    # -- orders
    def windows(self, watermark: datetime, now: datetime, settings: Mapping[str, Any] | None = None) -> list[Window]:
        """The windows to pull, oldest first: overlapping, closed (the last ends at now - lag), cut to the limit."""
        ...

    def changed(self, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
        """All orders that changed in the window, page by page. Only its normal end means that nothing is missing."""
        ...

    def placed(self, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
        """All orders placed in the window (at most a day), for the back-fill."""
        ...

    async def order(self, shop: Shop, external_id: str) -> RawOrder:
        """One order, fresh."""
        ...

    def refunds(self, shop: Shop, window: Window) -> AsyncIterator[list[RawRefund]]:
        """All after-sales cases that changed in the window, page by page."""
        ...

    async def remark(self, shop: Shop, external_id: str, text: str) -> None:
        """Write the seller's note beside the order, in place of the one that is there."""
        ...

    async def reveal(self, shop: Shop, order: RawOrder, scene: str) -> dict[str, str]:
        """Who gets the parcel, in clear: name, phone, address. The platform counts and logs each call.

        `scene`: why, in the hub's words: ship, contact, aftersales; the adapter knows the platform's own.
        """
        ...

    # -- shipping
    def plan(self, shop: Shop, shipments: Sequence[Shipment]) -> None:
        """Could one order leave as these parcels? Raises Rejected before anything has been called."""
        ...

    async def ship(self, shop: Shop, shipment: Shipment) -> Shipped:
        """Tell the platform the waybill number. Idempotent: our own number there already is success."""
        ...

    async def carriers(self, shop: Shop) -> list[CarrierName]:
        """The carriers that the platform (the shop) knows."""
        ...

    # -- goods and stock
    def listings(self, shop: Shop) -> AsyncIterator[list[Listing]]:
        """All that the shop lists, page by page, off shelf included."""
        ...

    async def set_stock(self, shop: Shop, wanted: Sequence[StockOrder]) -> list[StockAnswer]:
        """Set the numbers that buyers see. Each wish has its answer, in order.

        Raises Unavailable when it is unknown what was done: the same call again is safe.
        """
        ...

    async def add_stock(self, shop: Shop, wanted: Sequence[StockOrder]) -> list[StockAnswer]:
        """Change the numbers by so much. After Unavailable only a platform with stock_add_once may be asked again."""
        ...

    # -- pushes
    async def messages(self, shop: Shop) -> list[Hint]:
        """The next pushes of the app's queue; they come again until confirmed."""
        ...

    async def confirm(self, shop: Shop, ids: Sequence[str]) -> None:
        """These are stored durably on our side."""
        ...

    def heard(self, shop: Shop, url: str, headers: Mapping[str, str], body: bytes) -> list[Hint]:
        """A push that was sent to us, verified by its raw bytes. Raises Unauthenticated: it is not the platform's."""
        ...

    # -- bodies
    def identity(self, body: bytes) -> bytes:
        """Canonical bytes of an order's content, for its hash: without request ids and request times."""
        ...

    def redact(self, body: bytes) -> dict[str, Any]:
        """The order for screens: no value of a personal field is in it."""
        ...

    def split(self, body: bytes) -> Envelope:
        """Open a whole response body as it came."""
        ...
