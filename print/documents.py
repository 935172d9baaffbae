"""What can be printed, as plain structs: the contract between those who ask for paper and the renderer.

Only msgspec and the standard library here: the web process imports this and nothing else of the package.
Texts are plain text, never markup. Times carry the zone in which they are printed.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct, structs

Scannable = Annotated[str, Meta(pattern=r"^[\x21-\x7e]{1,40}$")]
"""Becomes a Code 128 symbol: printable ASCII without spaces. Over about 30 characters it may be too wide."""

Short = Annotated[str, Meta(max_length=80)]
Long = Annotated[str, Meta(max_length=300)]
Count = Annotated[int, Meta(ge=0, le=999_999)]
Moment = Annotated[datetime, Meta(tz=True)]


class Party(Struct, frozen=True):
    """Sender or receiver. `address` is one text, region first; it is wrapped and shrunk to fit."""

    name: Short = ""
    phone: Short = ""
    address: Long = ""


class Item(Struct, frozen=True):
    """One kind of goods in a parcel."""

    code: Short
    name: Long
    variant: Short = ""
    qty: Count = 1


class Label(Struct, frozen=True, kw_only=True, tag="label"):
    """The sheet on the parcel, 100×150 mm, one sheet always: goods that do not fit are counted, not cut away.

    `plain` says that the receiver may be printed as given (own orders, Shopee, virtual numbers). Without it
    a phone that is not masked is refused. `page`/`pages` is the place in the print run: see `numbered`.
    """

    waybill_no: Scannable
    carrier: Short
    route_code: Short
    receiver: Party
    sender: Party
    order_no: Short
    parcel_no: Short
    slot: Short = ""
    items: tuple[Item, ...] = ()
    label_version: Count = 1
    printed_at: Moment
    page: Count = 1
    pages: Count = 1
    plain: bool = False


class PackingSlip(Struct, frozen=True, kw_only=True, tag="packing_slip"):
    """The sheet inside the parcel, 100×150 mm, as many sheets as the goods need. Its receiver is masked."""

    shop: Short
    order_no: Short
    parcel_no: Scannable
    receiver: Party
    slot: Short = ""
    items: tuple[Item, ...] = ()
    label_version: Count = 1
    printed_at: Moment


class PickLine(Struct, frozen=True):
    """So many pieces of one SKU from one bin into one slot of the trolley."""

    bin: Short
    code: Short
    name: Long
    variant: Short
    qty: Count
    slot: Short


class PickList(Struct, frozen=True, kw_only=True, tag="pick_list"):
    """The walk of one wave on A4, in bin order whatever order the lines come in. Holds no buyer data."""

    wave_no: Scannable
    lines: tuple[PickLine, ...]
    orders: Count = 0
    picker: Short = ""
    printed_at: Moment


Document = Label | PackingSlip | PickList


def numbered(labels: Iterable[Label]) -> list[Label]:
    """The same labels as one print run, numbered 1/n to n/n, so that a lost sheet is noticed."""
    run = list(labels)
    return [structs.replace(label, page=n, pages=len(run)) for n, label in enumerate(run, 1)]


def in_bin_order(lines: Iterable[PickLine]) -> list[PickLine]:
    """Sorted the way a person walks: A-2 comes before A-10, then by SKU, then by slot."""
    return sorted(lines, key=lambda line: (_natural(line.bin), line.code, _natural(line.slot)))


def looks_unmasked(phone: str) -> bool:
    """True when `phone` shows 8 or more digits in a row; spaces, dots, hyphens, brackets between do not hide them."""
    return re.search(r"\d{8}", re.sub(r"[\s.()+-]", "", phone)) is not None


def _natural(text: str) -> list[tuple[int, int, str]]:
    parts = re.findall(r"[0-9]+|[^0-9]+", text)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]
