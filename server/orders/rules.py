"""Review: which reasons hold an order. Pure; the reasons that people may release are marked."""

from server.orders.schemas import OrderSeen, Reason

RELEASABLE = frozenset({"buyer_note", "refund_asked", "duplicate", "risk_review", "receiver_incomplete"})
"""A person may say 'ship it all the same'. The others end only when their cause is mended."""

BY_HAND = frozenset({"manual", "uncancelled"})
"""Holds that review neither finds nor ends: a person does."""


def review(o: OrderSeen) -> list[Reason]:
    """The reasons why this order must wait; empty: it may be reserved and picked. Call for paid orders to ship."""
    reasons: list[Reason] = []
    for hold in o.mapping:
        reasons.append(Reason("unmapped", hold.get("code", "") + hold.get("field", ""), dict(hold)))
    if o.platform_state == "unknown" and not o.mapping:
        reasons.append(Reason("unknown_state", "", {}))
    if o.refund == "asked":
        reasons.append(Reason("refund_asked", o.refund_mark, {}))
    if o.risk:
        reasons.append(Reason("risk_review", o.risk_mark, {}))
    if o.locked:
        reasons.append(Reason("platform_locked", "locked", {}))
    if not o.receiver_complete:
        reasons.append(Reason("receiver_incomplete", f"v{o.receiver_version}", {}))
    unmatched = [x for x in o.lines if x.sku is None and x.refund != "done"]
    if unmatched:
        titles = [{"line": str(x.id), "title": x.title, "spec": x.spec, "outer_code": x.outer_code} for x in unmatched]
        reasons.append(Reason("sku_unmatched", ",".join(sorted(str(x.id) for x in unmatched)), {"lines": titles}))
    if any(x.qty <= 0 and x.refund != "done" for x in o.lines) or not o.lines:
        reasons.append(Reason("bad_lines", "", {}))
    if o.note_present:
        reasons.append(Reason("buyer_note", o.note_mark, {}))
    if o.twins:
        reasons.append(Reason("duplicate", ",".join(o.twins), {"orders": o.twins}))
    return reasons


def due(o: OrderSeen) -> bool:
    """Is it ours to review now? Unpaid, cancelled, shipped elsewhere, refunded whole: no, and nobody needs to look."""
    waiting = (o.paid and o.platform_state == "paid") or o.platform_state == "unknown"
    refunded = bool(o.lines) and all(x.refund == "done" for x in o.lines)
    return waiting and not o.cancelled and not o.self_fulfilled and not refunded
