"""Structs of orders that rules decide on and that the API shows."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class Reason(msgspec.Struct, frozen=True):
    """Why an order must wait. fingerprint: what was seen; a release holds while it stays the same."""

    code: str
    fingerprint: str = ""
    detail: dict[str, Any] = {}


class LineSeen(msgspec.Struct, frozen=True):
    id: UUID
    title: str
    spec: str
    outer_code: str
    qty: int
    sku: UUID | None
    refund: str = "none"


class OrderSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What review looks at.

    *_mark: changes when it is asked (noted, reviewed) anew.
    mapping: holds that mapping raised. twins: orders that look the same.
    """

    id: UUID
    no: str
    platform_state: str
    paid: bool
    cancelled: bool
    refund: str
    refund_mark: str = ""
    risk: bool
    risk_mark: str = ""
    locked: bool
    self_fulfilled: bool
    note_present: bool
    note_mark: str = ""
    receiver_version: int
    receiver_complete: bool
    lines: list[LineSeen]
    mapping: list[dict[str, str]] = []
    twins: list[str] = []


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the list."""

    id: UUID
    no: str
    platform: str
    shop_name: str
    external_id: str
    ladder: str
    holds: list[str]
    placed_at: datetime | None
    paid_at: datetime | None
    handed_over_at: datetime | None
    units: int
    total_minor: int
    currency: str
    buyer_masked: str


class OrderPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: list[OrderRow]
    next: str | None
    total: int


class SkuView(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    code: str
    name: str
    variant: str


class LinePart(msgspec.Struct, frozen=True, kw_only=True):
    """A SKU in a bundle's line, and how many units of it for the whole line."""

    code: str
    name: str
    variant: str
    qty: int


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    title: str
    spec: str
    outer_code: str
    sku: SkuView | None
    qty: int
    unit_minor: int
    reserved: int
    picked: int
    parts: list[LinePart] = []
    """Of a bundle."""


class ReceiverView(msgspec.Struct, frozen=True, kw_only=True):
    masked: dict[str, str]
    region: list[str]
    version: int
    plain: bool


class StoryLine(msgspec.Struct, frozen=True, kw_only=True):
    """text: the line in words; who is empty for the system itself."""

    at: datetime
    recorded_at: datetime
    kind: str
    text: str
    who: str
    device: str
    reason: str
    frm: dict[str, Any] = msgspec.field(name="from")
    to: dict[str, Any]
