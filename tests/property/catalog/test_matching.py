"""Matching over any catalogue: the same twice, whatever the order of what is known; no pull undoes a person."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from server.catalog import rules
from server.catalog.rules import Candidates, Known
from server.catalog.schemas import Evidence

TEXTS = st.sampled_from(["", "A", "a", " A ", "B", "690", "691", "ab"])
SKUS = st.integers(1, 4).map(lambda i: UUID(int=i))
WRITTEN = st.sampled_from(["A", "a", "B", "690", "691", "AB"])
NAMES = st.lists(st.tuples(WRITTEN, SKUS), max_size=5, unique_by=lambda n: n[0])


def of(codes: list[tuple[str, UUID]], barcodes: list[tuple[str, UUID]]) -> Candidates:
    found = Candidates({}, {})
    for names, given_ in ((found.codes, codes), (found.barcodes, barcodes)):
        for written, sku in given_:
            names.setdefault(rules.fold(written), []).append((written, sku))
    return found


@given(TEXTS, TEXTS, NAMES, NAMES, st.randoms())
def test_a_match_depends_on_nothing_but_what_is_said(code: str, barcode: str, codes, barcodes, chance) -> None:
    told = Evidence(code, barcode)
    first = rules.decide(told, of(codes, barcodes))
    chance.shuffle(codes)
    chance.shuffle(barcodes)
    assert rules.decide(told, of(codes, barcodes)) == first
    sku, how = first
    assert (sku is None) == (how == "")
    if how == "code":
        assert any(sku == s and rules.fold(c) == rules.fold(code) for c, s in codes)
    if how == "barcode":
        assert any(sku == s and rules.fold(b) in (rules.fold(code), rules.fold(barcode)) for b, s in barcodes)


@given(
    st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5),
    st.lists(st.sampled_from(["pull", "rematch", "hand", "none"]), max_size=8),
    NAMES,
    NAMES,
    SKUS,
)
def test_pulls_never_undo_a_person_and_end_where_the_last_word_ends(told, steps, codes, barcodes, chosen) -> None:
    """The rules as the moves apply them: whatever the steps, the listing is what a person said last, else what its
    shop said last."""
    catalogue = of(codes, barcodes)
    said = [Evidence(*t) for t in told]
    sku, how, seen = None, "", said[0]
    person: tuple[UUID | None, str] | None = None
    for i, step in enumerate(steps):
        if step in ("hand", "none"):
            sku, how = (chosen if step == "hand" else None), "hand"
            person = sku, how
            continue
        now = said[i % len(said)] if step == "pull" else seen
        if rules.anew(how, sku, seen, now):
            sku, how = rules.decide(now, catalogue)
        seen = now
        again = rules.decide(now, catalogue) if rules.anew(how, sku, seen, now) else (sku, how)
        assert again == (sku, how)
    if person is not None:
        assert (sku, how) == person
    elif steps:
        assert (sku, how) == rules.decide(seen, catalogue)


@given(TEXTS, st.none() | SKUS, st.sampled_from(["", "code", "hand"]), st.booleans(), NAMES)
def test_a_line_is_what_a_person_said_else_its_own_code(own: str, sku, how, pulled, codes) -> None:
    catalogue = of(codes, [])
    mine, _ = rules.decide(Evidence(own), catalogue)
    found = rules.resolve(Evidence(own), Known(sku, how, pulled), catalogue)
    assert found == (sku if how == "hand" else mine or (sku if pulled else None))
