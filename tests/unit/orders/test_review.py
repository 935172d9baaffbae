"""Review rules: each reason by itself, and who may take it away."""

from uuid import UUID, uuid4

import msgspec
import pytest

from server.orders import rules
from server.orders.schemas import LineSeen, OrderSeen

SKU = uuid4()


def seen(**more: object) -> OrderSeen:
    plain = OrderSeen(
        id=UUID(int=1),
        no="ZS-26-000001",
        platform_state="paid",
        paid=True,
        cancelled=False,
        refund="none",
        risk=False,
        locked=False,
        self_fulfilled=False,
        note_present=False,
        receiver_version=1,
        receiver_complete=True,
        lines=[LineSeen(UUID(int=2), "商品", "黑", "A-1", 1, SKU)],
    )
    return msgspec.structs.replace(plain, **more)


def codes(o: OrderSeen) -> set[str]:
    return {r.code for r in rules.review(o)}


def test_a_plain_order_goes_on() -> None:
    assert rules.due(seen()) and codes(seen()) == set()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"refund": "asked"}, "refund_asked"),
        ({"risk": True}, "risk_review"),
        ({"locked": True}, "platform_locked"),
        ({"receiver_complete": False}, "receiver_incomplete"),
        ({"note_present": True}, "buyer_note"),
        ({"twins": ["ZS-26-000002"]}, "duplicate"),
        ({"platform_state": "unknown"}, "unknown_state"),
        ({"lines": []}, "bad_lines"),
        ({"lines": [LineSeen(UUID(int=2), "x", "", "", -1, SKU)]}, "bad_lines"),
        ({"lines": [LineSeen(UUID(int=2), "x", "", "", 1, None)]}, "sku_unmatched"),
        ({"mapping": [{"code": "missing", "field": "placed_at", "message_zh": "缺少下单时间"}]}, "unmapped"),
    ],
)
def test_each_reason(more: dict[str, object], code: str) -> None:
    assert codes(seen(**more)) == {code}


def test_a_refunded_line_needs_no_sku() -> None:
    lines = [LineSeen(UUID(int=2), "x", "", "", 1, None, "done"), LineSeen(UUID(int=3), "y", "", "", 1, SKU)]
    assert codes(seen(lines=lines)) == set()


def test_fingerprints_change_with_what_was_seen() -> None:
    """A release holds while the reason stays the same, and no longer."""
    first, second = (rules.review(seen(note_present=True, note_mark=m))[0].fingerprint for m in ("a", "b"))
    assert first != second


@pytest.mark.parametrize(
    "more",
    [
        {"paid": False, "platform_state": "unpaid"},
        {"cancelled": True},
        {"self_fulfilled": True},
        {"platform_state": "shipped"},
        {"platform_state": "completed"},
    ],
)
def test_not_ours_to_review(more: dict[str, object]) -> None:
    assert not rules.due(seen(**more))


def test_what_must_be_mended_cannot_be_released() -> None:
    assert not {"sku_unmatched", "bad_lines", "unmapped", "unknown_state", "platform_locked"} & rules.RELEASABLE
