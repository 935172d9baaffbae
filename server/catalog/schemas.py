"""Structs of the catalogue."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

How = Literal["", "code", "barcode", "hand"]

Word = Annotated[str, msgspec.Meta(max_length=200, pattern=r"\A[^\x00-\x1f\x7f]*\Z")]
"""One line, typed by a person."""


class SkuKey(msgspec.Struct, frozen=True, kw_only=True):
    """A SKU as it is named beside something else."""

    id: UUID
    code: str
    name: str
    variant: str


class PartView(msgspec.Struct, frozen=True, kw_only=True):
    """One SKU in a bundle, and how many of it."""

    id: UUID
    code: str
    name: str
    variant: str
    qty: int


class SkuStock(msgspec.Struct, frozen=True, kw_only=True):
    """A SKU and what is on hand. parts: of a bundle, whose on_hand is how many could be put together now."""

    id: UUID
    code: str
    name: str
    variant: str
    bin: str
    barcodes: list[str]
    on_hand: int
    reserved: int
    retired: bool = False
    listings: int = 0
    """How many listings are sold as it."""
    parts: list[PartView] = []


class SkuPage(msgspec.Struct, frozen=True):
    """next: where the next page begins, as `after`."""

    rows: list[SkuStock]
    next: str | None = None
    total: int = 0


class BinView(msgspec.Struct, frozen=True):
    bin: str
    skus: int
    on_hand: int


class NewSku(msgspec.Struct, frozen=True, kw_only=True):
    code: Word
    name: Word
    variant: Word = ""
    bin: Word = ""
    barcodes: list[Word] = []


class SkuEdit(msgspec.Struct, frozen=True, kw_only=True):
    """What is left out stays. The code stays for ever: it is on paper and in the shops."""

    name: Word | None = None
    variant: Word | None = None
    bin: Word | None = None
    barcodes: list[Word] | None = None


class Part(msgspec.Struct, frozen=True):
    sku_id: UUID
    qty: Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class Evidence(msgspec.Struct, frozen=True):
    """What a shop says of our SKU: 商家编码 and barcode."""

    outer_code: str
    barcode: str = ""


class LineTold(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order, as far as its SKU is concerned."""

    shop: UUID
    item: str
    platform_sku: str
    outer_code: str
    title: str
    spec: str


class ListingTold(msgspec.Struct, frozen=True, kw_only=True):
    """A listing as its shop lists it."""

    item: str
    platform_sku: str
    outer_code: str
    barcode: str
    title: str
    spec: str
    state: str
    qty: int | None


class ListingView(msgspec.Struct, frozen=True, kw_only=True):
    """waiting: orders that are held for want of its SKU."""

    id: UUID
    shop_id: UUID
    shop_name: str
    platform: str
    item: str
    platform_sku: str
    outer_code: str
    barcode: str
    title: str
    spec: str
    state: str
    qty: int | None
    how: How
    sku: SkuKey | None
    matched_by: str
    matched_at: datetime | None
    seen_at: datetime | None
    waiting: int


class ListingPage(msgspec.Struct, frozen=True, kw_only=True):
    """counts: of all listings (of the shop that is asked for), by filter."""

    rows: list[ListingView]
    next: str | None
    counts: dict[str, int]


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """why: code, barcode or text, what it is like. score: 0–1000."""

    sku: SkuKey
    bin: str
    on_hand: int
    reserved: int
    score: int
    why: Literal["code", "barcode", "text"]
