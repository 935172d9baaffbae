"""Which SKU is meant, what a code may be, which SKUs look alike. Pure.

A match is a function of what the shop says and of the catalogue alone: when it is asked does not matter.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec

from server.catalog.schemas import Evidence, How

MAX_CODE: Final = 64
MAX_BARCODES: Final = 50
SUGGESTIONS: Final = 8
_LIKE: Final = 200
"""Of 1000: what is less alike is no suggestion."""


class Candidates(msgspec.Struct, frozen=True):
    """Living SKUs by folded code and folded barcode: (as it is written, SKU)."""

    codes: dict[str, list[tuple[str, UUID]]]
    barcodes: dict[str, list[tuple[str, UUID]]]


class Known(msgspec.Struct, frozen=True):
    """What is known of a listing. pulled: its shop's own list had it."""

    sku: UUID | None
    how: How
    pulled: bool


def fold(text: str) -> str:
    return text.strip().upper()


def decide(told: Evidence, of: Candidates) -> tuple[UUID | None, How]:
    """The outer code, then the barcode, then an outer code that is a barcode; exactly as written before upper and
    lower case. What could be two SKUs is for a person.
    """
    steps: tuple[tuple[str, dict[str, list[tuple[str, UUID]]], How], ...] = (
        (told.outer_code, of.codes, "code"),
        (told.barcode, of.barcodes, "barcode"),
        (told.outer_code, of.barcodes, "barcode"),
    )
    for text, names, how in steps:
        found = _named(text, names)
        if len(found) == 1:
            return found.pop(), how
        if found:
            return None, ""
    return None, ""


def _named(text: str, names: dict[str, list[tuple[str, UUID]]]) -> set[UUID]:
    here = names.get(fold(text), []) if text.strip() else []
    exact = {sku for written, sku in here if written == text.strip()}
    return exact or {sku for _, sku in here}


def resolve(own: Evidence, listing: Known | None, of: Candidates) -> UUID | None:
    """The SKU of an order's line: what a person said of its listing; else what the line itself says (the code that
    held when it was bought); else what the shop's own list says today.
    """
    if listing is not None and listing.how == "hand":
        return listing.sku
    sku, _ = decide(own, of)
    if sku is None and listing is not None and listing.pulled:
        return listing.sku
    return sku


def anew(how: How, sku: UUID | None, before: Evidence, now: Evidence) -> bool:
    """Is a listing to be matched again? Not what a person said, nor what stands on the same evidence."""
    return how != "hand" and (sku is None or before != now)


def listing_key(item: str, platform_sku: str, outer_code: str, title: str, spec: str) -> tuple[str, str]:
    """What makes a listing the same in its shop. A line without any number, or with an item whose variant is told in
    words only (an order file's), is known by its words: what holds for one of them holds for no other."""
    if platform_sku or (item and not spec):
        return item, platform_sku
    words = "\x1f".join((outer_code, title, spec)).encode()
    return item, "~" + hashlib.blake2b(words, digest_size=12).hexdigest()


# -- codes ----------------------------------------------------------------------------------------------------------
def code_flaw(code: str) -> str:
    """Why this cannot be a SKU's code, in words; "": it can."""
    return _flaw(code, "货品编码")


def barcode_flaw(code: str) -> str:
    """Why this cannot be a barcode, in words; "": it can. A scanner must be able to say it."""
    if flaw := _flaw(code, "条码"):
        return flaw
    return "" if code.isascii() else f"条码只能是英文字母、数字和符号：{code[:20]}"


def _flaw(code: str, what: str) -> str:
    if not code:
        return f"请填写{what}"
    if len(code) > MAX_CODE:
        return f"{what}最多 {MAX_CODE} 个字符"
    if not code.isprintable() or any(c.isspace() for c in code):
        return f"{what}里不能有空格和换行"
    return ""


# -- likeness -------------------------------------------------------------------------------------------------------
def bigrams(text: str) -> frozenset[str]:
    """Pairs of neighbouring letters, without punctuation: '红色 M' -> 红色, 色M."""
    bare = "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
    return frozenset(bare[i : i + 2] for i in range(len(bare) - 1)) or frozenset(bare)


def likeness(a: frozenset[str], b: frozenset[str]) -> int:
    """0–1000 (Dice)."""
    return 2000 * len(a & b) // (len(a) + len(b)) if a and b else 0


class Named(msgspec.Struct, frozen=True):
    """A SKU that may be suggested."""

    sku: UUID
    code: str
    words: str
    barcodes: Sequence[str]


def suggest(told: Evidence, words: str, skus: Iterable[Named]) -> list[tuple[UUID, int, str]]:
    """The SKUs most like a listing, best first: (SKU, 0–1000, why: code, barcode or text)."""
    code, text = bigrams(told.outer_code), bigrams(words)
    own = {fold(t) for t in (told.outer_code, told.barcode) if t.strip()}
    found = []
    for s in skus:
        if own & {fold(b) for b in s.barcodes}:
            found.append((s.sku, 1000, "barcode", s.code))
            continue
        by_code = 1000 if fold(s.code) in own else likeness(code, bigrams(s.code)) * 9 // 10
        by_text = likeness(text, bigrams(s.words)) * 9 // 10
        best = max(by_code, by_text)
        if best >= _LIKE:
            found.append((s.sku, best, "code" if by_code >= by_text else "text", s.code))
    found.sort(key=lambda f: (-f[1], f[3]))
    return [(sku, score, why) for sku, score, why, _ in found[:SUGGESTIONS]]
