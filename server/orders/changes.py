"""From a mapped order to columns, and what differs between two versions of one order."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from server.kit import crypto, db
from server.kit.ids import uuid7
from server.orders.mapping import Line, MappedOrder, merge_receiver

KEEP_PERSONAL = timedelta(days=90)
"""Shopee's data protection policy: buyer data no longer than 90 days. The same limit for all."""

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

ORDER_COLUMNS = [
    "platform_state",
    "placed_at",
    "paid_at",
    "modified_at",
    "currency",
    "goods_minor",
    "discount_minor",
    "freight_minor",
    "total_minor",
    "refund",
    "risk",
    "locked",
    "self_fulfilled",
    "note_present",
    "provenance",
]
LINE_COLUMNS = [
    "line_key",
    "title",
    "spec",
    "outer_code",
    "platform_item",
    "platform_sku",
    "qty",
    "unit_minor",
    "paid_minor",
    "refund",
    "gift",
]
FACT_COLUMNS = ("platform_state", "refund", "risk", "locked", "self_fulfilled", "note_present", "total_minor")


def moment(text: str | None) -> datetime:
    """ISO text to UTC; None is before everything."""
    if not text:
        return _NEVER
    return datetime.fromisoformat(text).astimezone(UTC)


def _maybe(text: str | None) -> datetime | None:
    return moment(text) if text else None


def order_values(m: MappedOrder) -> dict[str, Any]:
    """The columns of sales_order that come from the platform, in ORDER_COLUMNS' order."""
    holds = [msgspec.to_builtins(h) for h in m.holds]
    return dict(
        zip(
            ORDER_COLUMNS,
            (
                m.state,
                _maybe(m.placed_at),
                _maybe(m.paid_at),
                _maybe(m.modified),
                m.amounts.currency,
                m.amounts.goods_minor,
                m.amounts.discount_minor,
                m.amounts.freight_minor,
                m.amounts.total_minor,
                m.facts.refund,
                m.facts.risk,
                m.facts.locked,
                m.facts.self_fulfilled,
                m.note_present,
                msgspec.json.encode({"fields": m.provenance, "holds": holds}).decode().replace("\\u0000", ""),
            ),
            strict=True,
        )
    )


def line_values(line: Line) -> tuple[Any, ...]:
    return (
        line.key,
        line.title,
        line.spec,
        line.outer_code,
        line.platform_item,
        line.platform_sku,
        line.qty,
        line.unit_minor,
        line.paid_minor,
        line.refund,
        line.gift,
    )


def facts_that_changed(old: Any, m: MappedOrder) -> dict[str, tuple[Any, Any]]:
    """column -> (was, is) of the facts that matter to people."""
    new = order_values(m)
    return {c: (old[c], new[c]) for c in FACT_COLUMNS if old[c] != new[c]}


def receiver_digest(m: MappedOrder, private: dict[str, str]) -> bytes:
    """What makes a receiver the same. Tokens are left out: they change with the week, the address does not."""
    clear = {name: value for name, value in private.items() if name != "note"}
    return crypto.fingerprint(msgspec.json.encode([m.receiver.masked, m.receiver.region, clear], order="sorted"))


def note_digest(private: dict[str, str]) -> bytes:
    """What makes a note the same; empty: none."""
    note = private.get("note", "")
    return crypto.fingerprint(note.encode()) if note else b""


def keep_receiver(m: MappedOrder, last: Any) -> MappedOrder:
    """Nulls, '' and masks never overwrite a token or ciphertext that is known."""
    if last is None:
        return m
    old = msgspec.structs.replace(
        m.receiver,
        masked=msgspec.json.decode(last["masked"]),
        token=msgspec.json.decode(last["token"]),
        region=msgspec.json.decode(last["region"]),
    )
    return msgspec.structs.replace(m, receiver=merge_receiver(old, m.receiver))


async def lines_changed(order_id: UUID, m: MappedOrder) -> bool:
    """Is something else to be shipped than before? Lines are compared by key: how many, and whether refunded."""
    known = await db.rows("select line_key, qty, refund from order_line where order_id = $1", order_id)
    before = {r["line_key"]: (r["qty"], r["refund"] == "done") for r in known}
    return before != {line.key: (line.qty, line.refund == "done") for line in m.lines}


async def sync_lines(order_id: UUID, m: MappedOrder) -> None:
    """Bring the lines up to date by line key; what a person matched stays matched."""
    for i, line in enumerate(m.lines):
        await db.run(
            """insert into order_line(id, order_id, pos, line_key, title, spec, outer_code, platform_item,
                                      platform_sku, qty, unit_minor, paid_minor, refund, gift)
               values($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
               on conflict (order_id, line_key) do update set qty = excluded.qty, refund = excluded.refund,
                 unit_minor = excluded.unit_minor, paid_minor = excluded.paid_minor""",
            uuid7(),
            order_id,
            i,
            *line_values(line),
        )
