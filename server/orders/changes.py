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


def _maybe(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def version_time(m: MappedOrder, raw: Any) -> datetime:
    """When this version of the order was made. One without a readable time counts from when it was received: its
    hold must show, and a later version must win over it."""
    made_at: datetime = _maybe(m.modified) or raw["modified_at"] or raw["received_at"]
    return made_at


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
                db.jsonb({"fields": m.provenance, "holds": holds}),
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
    """Is something else to be shipped than before? By line key: which listing, how many, whether refunded."""
    known = await db.rows(
        """select line_key, platform_item, platform_sku, outer_code, qty, refund = 'done' as done
           from order_line where order_id = $1 and not gone""",
        order_id,
    )
    before = {tuple(r) for r in known}
    return before != {
        (x.key, x.platform_item, x.platform_sku, x.outer_code, x.qty, x.refund == "done") for x in m.lines
    }


async def sync_lines(order_id: UUID, m: MappedOrder) -> None:
    """Bring the lines up to date by line key. What a person matched stays matched while the listing is the same."""
    rows = [(uuid7(), order_id, i, *line_values(line)) for i, line in enumerate(m.lines)]
    await db.run(
        """insert into order_line(id, order_id, pos, line_key, title, spec, outer_code, platform_item,
                                  platform_sku, qty, unit_minor, paid_minor, refund, gift)
           select * from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[],
                                $8::text[], $9::text[], $10::int[], $11::bigint[], $12::bigint[], $13::text[],
                                $14::bool[])
           on conflict (order_id, line_key) do update set pos = excluded.pos, title = excluded.title,
             spec = excluded.spec, qty = excluded.qty, refund = excluded.refund, unit_minor = excluded.unit_minor,
             paid_minor = excluded.paid_minor, gone = false, outer_code = excluded.outer_code,
             platform_item = excluded.platform_item, platform_sku = excluded.platform_sku,
             sku = case when (order_line.platform_item, order_line.platform_sku, order_line.outer_code)
                           = (excluded.platform_item, excluded.platform_sku, excluded.outer_code)
                        then order_line.sku end""",
        *db.unzip(rows, 14),
    )
    await db.run(
        "update order_line set gone = true where order_id = $1 and not gone and line_key <> all($2::text[])",
        order_id,
        [line.key for line in m.lines],
    )
