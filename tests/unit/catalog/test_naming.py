"""Which SKU is meant: by code, by barcode, by neither; what could be two is nobody's."""

from typing import Any
from uuid import UUID

import pytest

from server.catalog import rules
from server.catalog.rules import Candidates, Known, Named
from server.catalog.schemas import Evidence

A, B, C = (UUID(int=i) for i in (1, 2, 3))


def of(codes: dict[str, UUID] | None = None, barcodes: dict[str, UUID] | None = None) -> Candidates:
    found = Candidates({}, {})
    for names, given in ((found.codes, codes), (found.barcodes, barcodes)):
        for written, sku in (given or {}).items():
            names.setdefault(rules.fold(written), []).append((written, sku))
    return found


@pytest.mark.parametrize(
    ("told", "codes", "barcodes", "want"),
    [
        (Evidence("TEE"), {"TEE": A}, {}, (A, "code")),
        (Evidence(" tee "), {"TEE": A}, {}, (A, "code")),
        (Evidence("TEE", "690"), {"TEE": A}, {"690": B}, (A, "code")),  # the code goes first
        (Evidence("OLD", "690"), {"TEE": A}, {"690": B}, (B, "barcode")),
        (Evidence("690"), {}, {"690": B}, (B, "barcode")),  # many shops write the barcode there
        (Evidence("tee"), {"TEE": A, "Tee": B}, {}, (None, "")),  # which of the two?
        (Evidence("Tee"), {"TEE": A, "Tee": B}, {}, (B, "code")),  # this one, as it is written
        (Evidence("tee", "690"), {"TEE": A, "Tee": B}, {"690": C}, (None, "")),  # a doubt is not passed over
        (Evidence("", ""), {"": A}, {"": B}, (None, "")),
        (Evidence("NEW", "691"), {"TEE": A}, {"690": B}, (None, "")),
    ],
)
def test_decide(told: Evidence, codes: Any, barcodes: Any, want: Any) -> None:
    assert rules.decide(told, of(codes, barcodes)) == want


@pytest.mark.parametrize(
    ("own", "listing", "want"),
    [
        ("TEE", None, A),
        ("OLD", None, None),
        ("TEE", Known(B, "hand", False), B),  # what a person said goes before everything
        ("TEE", Known(None, "hand", True), None),  # also that it is none of ours
        ("TEE", Known(B, "code", True), A),  # the code that held when it was bought
        ("OLD", Known(B, "barcode", True), B),
        ("OLD", Known(B, "code", False), None),  # known from another order only: that is no word of the shop
    ],
)
def test_resolve(own: str, listing: Known | None, want: UUID | None) -> None:
    assert rules.resolve(Evidence(own), listing, of({"TEE": A})) == want


def test_what_is_matched_again() -> None:
    one, other = Evidence("A", "1"), Evidence("B", "1")
    assert rules.anew("", None, one, one)
    assert rules.anew("code", A, one, other)
    assert not rules.anew("code", A, one, one)
    assert not rules.anew("hand", A, one, other)
    assert not rules.anew("hand", None, one, other)


def test_a_line_without_numbers_is_known_by_its_words() -> None:
    key = rules.listing_key
    assert key("1", "2", "A", "t", "s") == ("1", "2")
    assert key("", "2", "A", "t", "s") == ("", "2")
    assert key("", "", "A", "t", "s") == key("", "", "A", "t", "s")
    words = (("A", "t", "s"), ("", "t", "s"), ("A", "ts", ""), ("A", "", "ts"))
    assert len({key("", "", *w) for w in words}) == 4


def test_an_items_variant_that_is_told_in_words_only_is_known_by_them() -> None:
    key = rules.listing_key
    assert key("1", "", "A", "t", "") == ("1", "")
    assert key("1", "", "A", "t", "黑") != key("1", "", "A", "t", "白")
    assert key("1", "", "A", "t", "黑") != key("2", "", "A", "t", "黑")


@pytest.mark.parametrize("code", ["", "a b", "a\nb", "x" * 65, "a\u3000b", "a\0"])
def test_codes_that_are_none(code: str) -> None:
    assert rules.code_flaw(code)
    assert rules.barcode_flaw(code)


def test_codes() -> None:
    assert rules.code_flaw("红色-M/1") == "" and rules.barcode_flaw("红色") != ""
    assert rules.barcode_flaw("6901234567892") == ""


def test_suggestions_are_the_most_like_first() -> None:
    skus = [
        Named(A, "TEE-RED-M", "T恤 红色 M", ["690"]),
        Named(B, "TEE-RED-L", "T恤 红色 L", ["691"]),
        Named(C, "MUG", "马克杯 白色", ["692"]),
    ]
    assert rules.suggest(Evidence("", "692"), "随便", skus)[0] == (C, 1000, "barcode")
    by_words = rules.suggest(Evidence(""), "夏季纯棉 T恤 红色 L", skus)
    assert [s[0] for s in by_words] == [B, A] and {s[2] for s in by_words} == {"text"}
    by_code = rules.suggest(Evidence("TEE_RED_M"), "", skus)
    assert by_code[0][0] == A and by_code[0][2] == "code"
    assert rules.suggest(Evidence(""), "毛巾", skus) == []
    assert (
        len(rules.suggest(Evidence("TEE"), "", [Named(A, f"TEE{i}", "", []) for i in range(50)])) == rules.SUGGESTIONS
    )
