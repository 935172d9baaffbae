"""Turns a document into what its template shows: cleaned texts, sizes that fit their boxes, drawn barcodes.

Pure: no files, no WeasyPrint. Boxes are the content boxes of styles/label.css; the two change together.
"""

import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from . import barcodes
from .documents import Document, Item, Label, PackingSlip, PickLine, PickList, in_bin_order, looks_unmasked
from .errors import DoesNotFit, Refused
from .formats import DOTS_PER_MM, LABEL, POINTS_PER_MM

View = dict[str, Any]


class Box(NamedTuple):
    """Where a text goes, in mm, and the sizes it may take, in points: under 6 pt Chinese is unreadable at 203 dpi."""

    name: str
    width_mm: float
    height_mm: float
    largest: float
    smallest: float
    leading: float = 1.2


class Placed(NamedTuple):
    """A text and the size at which it fits its box. `one`: it takes one line there."""

    text: str
    pt: float
    one: bool


CARRIER = Box("承运商", 59, 9, 19, 8)
ROUTE = Box("路由码", 94, 20, 56, 11, 1.05)
WAYBILL = Box("面单号", 97, 6, 13, 7)
RECEIVER = Box("收件人", 84, 11, 18, 7.5)
ADDRESS = Box("收件地址", 84, 24, 17, 7)
SENDER = Box("寄件人", 84, 12, 9, 6)
SLOT = Box("格口", 21.5, 20, 48, 9, 1.05)
GOODS = Box("货品", 72, 27.5, 12, 8)
NUMBERS = Box("单号", 95, 4.5, 9, 6)
BIN = Box("库位", 33, 11, 17, 7)

_MISSING = "〓"
_NARROW = frozenset(" !'()*,-./:;I[\\]fijlrt{|}\"")
_WIDE = frozenset("%@MWmw")


def clean(text: str, drawable: Callable[[str], bool] = lambda _: True) -> str:
    """One line of text that a font can draw: no controls, no bidi overrides, no emoji; letters without a glyph as 〓.

    A receiver's rare character must stay visible as a gap, an emoji of a product title must not.
    """
    kept = []
    for char in unicodedata.normalize("NFC", text):
        category = unicodedata.category(char)
        if char.isspace():
            kept.append(" ")
        elif (
            category in {"Cc", "Cf", "Cs", "Co"}
            or (category in {"So", "Sk", "Me"} and not drawable(char))
            or 0x1F000 <= ord(char) <= 0x1FAFF
            or 0xFE00 <= ord(char) <= 0xFE0F
        ):
            continue
        else:
            kept.append(char if category != "Cn" and drawable(char) else _MISSING)
    return " ".join("".join(kept).split())


def width_em(text: str) -> float:
    """Upper bound of the width in em, from the advances of Noto Sans CJK SC Bold (the widest face we print)."""
    total = 0.0
    for char in text:
        if not char.isascii():
            total += 0.0 if unicodedata.combining(char) else 1.0
        elif char in _NARROW:
            total += 0.45
        elif char in _WIDE:
            total += 1.0
        else:
            total += 0.8 if char.isupper() else 0.64
    return total


def count_lines(text: str, columns_em: float) -> int:
    """How many lines `text` takes at most when wrapped to `columns_em`: Chinese breaks anywhere, Latin at spaces."""
    usable = max(columns_em - 1.5, 1.0)  # punctuation that may not begin a line takes a neighbour with it
    if width_em(text) <= columns_em:
        return 1
    lines, used = 1, 0.0
    for word in _words(text):
        width = width_em(word)
        if used + width > usable:
            lines += (1 if used else 0) + int(width // usable)
            width %= usable
            used = 0.0
        used += width
    return lines


def _words(text: str) -> list[str]:
    words: list[str] = []
    glue = False
    for char in text:
        latin = char.isascii() and char != " "
        if latin and glue:
            words[-1] += char
        else:
            words.append(char)
        glue = latin
    return words


def fit(box: Box, text: str) -> Placed:
    """`text` at the largest size at which it fits; DoesNotFit when even the smallest overflows."""
    size = _largest(box, [text])
    if size is None:
        raise DoesNotFit(f"{box.name}太长，印不下 ({len(text)} characters)")
    return Placed(text, size, count_lines(text, box.width_mm * POINTS_PER_MM / size) == 1)


def _largest(box: Box, paragraphs: Sequence[str], less_em: float = 0.0) -> float | None:
    """The largest size in points for the paragraphs, in the box less a column of `less_em`. None: none fits."""
    size = box.largest
    while size >= box.smallest:
        columns = box.width_mm * POINTS_PER_MM / size - less_em
        lines = sum(count_lines(text, columns) for text in paragraphs)
        if lines * size * box.leading <= box.height_mm * POINTS_PER_MM:
            return size
        size -= 0.5
    return None


def cut(text: str, columns_em: float) -> str:
    """`text`, or its beginning and "…" so that it is at most `columns_em` wide."""
    if width_em(text) <= columns_em:
        return text
    while text and width_em(text) > columns_em - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def checked(document: Document, drawable: Callable[[str], bool] = lambda _: True) -> Document:
    """The document, its constraints enforced and its texts cleaned. Refused when it must not be printed."""
    try:
        plain = msgspec.to_builtins(document, builtin_types=(datetime,))
        msgspec.convert(plain, type(document))
        fresh = msgspec.convert(_cleaned(plain, drawable), type(document))
    except msgspec.ValidationError as error:
        raise Refused(f"单据内容不合格：{error}") from None
    receiver = None if isinstance(fresh, PickList) or (isinstance(fresh, Label) and fresh.plain) else fresh.receiver
    if receiver and looks_unmasked(receiver.phone):
        raise Refused("收件人电话没有脱敏，不能打印 (the phone is not masked)")
    return fresh


def _cleaned(value: Any, drawable: Callable[[str], bool]) -> Any:
    if isinstance(value, str):
        return clean(value, drawable)
    if isinstance(value, dict):
        return {key: _cleaned(inner, drawable) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(inner, drawable) for inner in value]
    return value


def label_view(label: Label) -> View:
    """Everything on the parcel label, each text with its size."""
    barcode = barcodes.draw(label.waybill_no, LABEL.width_mm - 2, 16)
    receiver, sender = label.receiver, label.sender
    return {
        "label": label,
        "barcode": barcode,
        "barcode_left_mm": (LABEL.width_dots - barcode.width_dots) // 2 / DOTS_PER_MM,
        "carrier": fit(CARRIER, label.carrier),
        "route": fit(ROUTE, label.route_code or "—"),
        "waybill": fit(WAYBILL, grouped(label.waybill_no)),
        "receiver": fit(RECEIVER, _joined(receiver.name, receiver.phone)),
        "address": fit(ADDRESS, receiver.address),
        "sender": fit(SENDER, _joined(sender.name, sender.phone, sender.address)),
        "slot": fit(SLOT, label.slot or "—"),
        "numbers": fit(NUMBERS, _joined(f"订单 {label.order_no}", f"包裹 {label.parcel_no}")),
        "kinds": len(label.items),
        "units": sum(item.qty for item in label.items),
        **_goods(label.items),
    }


def _goods(items: Sequence[Item]) -> View:
    """All goods in full if they fit; else one line each, cut; else the first ones and how many there are more."""
    counts_em = max((width_em(f"{item.qty} × ") for item in items), default=0.0)
    size = _largest(GOODS, [_joined(item.variant, item.name) for item in items], counts_em)
    if size is not None:
        rows = [(f"{item.qty} ×", item.variant, item.name) for item in items]
        return {"rows": rows, "rows_pt": size, "counts_em": counts_em, "more": ""}
    size = GOODS.smallest
    room = int(GOODS.height_mm * POINTS_PER_MM / (size * GOODS.leading))
    shown = items if len(items) <= room else items[: room - 1]
    columns = GOODS.width_mm * POINTS_PER_MM / size - counts_em
    rows = []
    for item in shown:
        variant = cut(item.variant, columns * 0.6)
        used = width_em(variant) + 1 if variant else 0.0
        rows.append((f"{item.qty} ×", variant, cut(item.name, columns - used)))
    rest = items[len(shown) :]
    more = f"另 {len(rest)} 种 {sum(item.qty for item in rest)} 件，见装箱单" if rest else ""
    return {"rows": rows, "rows_pt": size, "counts_em": counts_em, "more": more}


def packing_slip_view(slip: PackingSlip) -> View:
    """The sheet in the parcel. Texts flow and wrap, so only the barcode needs measuring."""
    return {
        "slip": slip,
        "barcode": barcodes.draw(slip.parcel_no, 90, 11),
        "receiver": _joined(slip.receiver.name, slip.receiver.phone),
        "units": sum(item.qty for item in slip.items),
    }


def pick_list_view(wave: PickList) -> View:
    """The walk: one stop for each bin and SKU, with what goes into which slot."""
    stops: list[View] = []
    for line in in_bin_order(wave.lines):
        if not stops or (stops[-1]["bin"], stops[-1]["code"]) != (line.bin, line.code):
            stops.append(_stop(line))
        stop = stops[-1]
        stop["qty"] += line.qty
        stop["slots"][line.slot] = stop["slots"].get(line.slot, 0) + line.qty
    return {
        "wave": wave,
        "barcode": barcodes.draw(wave.wave_no, 92, 13),
        "stops": stops,
        "units": sum(line.qty for line in wave.lines),
    }


def _stop(line: PickLine) -> View:
    place = fit(BIN, line.bin)
    texts = {"bin": line.bin, "code": line.code, "name": line.name, "variant": line.variant}
    return {**texts, "place": place, "qty": 0, "slots": {}}


def grouped(code: str) -> str:
    """In fours, as people read numbers aloud; codes with their own separators stay as they are."""
    return " ".join(code[i : i + 4] for i in range(0, len(code), 4)) if code.isalnum() else code


def _joined(*texts: str) -> str:
    return "  ".join(text for text in texts if text)
