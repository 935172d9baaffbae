"""The port to the platforms: what the hub asks of any shop, whatever platform it is on. No I/O here."""

from collections.abc import AsyncIterator, Mapping
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


class Shipment(Struct, frozen=True):
    external_id: str
    waybill_no: str
    carrier_code: str
    """Ours: SF, ZTO, …; the adapter knows the platform's own."""
    package_number: str = ""


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


class Envelope(Struct, frozen=True):
    """A whole response body, opened: orders, or only their ids, or an error. All empty: an answer without orders."""

    orders: list[RawOrder] = []
    ids: list[str] = []
    trouble: Trouble | None = None
    is_orders: bool = True
    """False: the body is none that brings orders."""


class Platform(Protocol):
    """An adapter. Raises server.errors: Unavailable (again later), Unauthenticated (authorise anew), Rejected (no)."""

    code: str

    def windows(self, watermark: datetime, now: datetime, settings: Mapping[str, Any] | None = None) -> list[Window]:
        """The windows to pull, oldest first: overlapping, closed (the last ends at now - lag), cut to the limit."""
        ...

    def changed(self, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
        """All orders that changed in the window, page by page. Only its normal end means that nothing is missing."""
        ...

    async def order(self, shop: Shop, external_id: str) -> RawOrder:
        """One order, fresh."""
        ...

    async def ship(self, shop: Shop, shipment: Shipment) -> Shipped:
        """Tell the platform the waybill number. Idempotent: our own number there already is success."""
        ...

    def identity(self, body: bytes) -> bytes:
        """Canonical bytes of an order's content, for its hash: without request ids and request times."""
        ...

    def redact(self, body: bytes) -> dict[str, Any]:
        """The order for screens: no value of a personal field is in it."""
        ...

    def split(self, body: bytes) -> Envelope:
        """Open a whole response body as it came."""
        ...
