"""From a mapped order to columns, and what differs between two versions of one order."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from server.errors import NotFound
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


def told_otherwise(old: Any, m: MappedOrder) -> bool:
    """Does any column, or any hold, differ? A good answer must mend all that a broken one had left out."""
    new = order_values(m)
    columns = [c for c in ORDER_COLUMNS if c not in ("modified_at", "provenance")]
    return holds_of(old) != [msgspec.to_builtins(h) for h in m.holds] or any(old[c] != new[c] for c in columns)


def holds_of(old: Any) -> list[dict[str, str]]:
    """Why the order had to wait when it was mapped last."""
    found: list[dict[str, str]] = msgspec.json.decode(old["provenance"]).get("holds", [])
    return found


def keep_payment(old: Any, m: MappedOrder) -> MappedOrder:
    """An order that was paid and is cancelled was paid, also where the answer no longer says when."""
    if m.facts.cancelled and not m.paid_at and old["paid_at"] is not None:
        return msgspec.structs.replace(m, paid_at=old["paid_at"].isoformat())
    return m


def facts_that_changed(old: Any, m: MappedOrder) -> dict[str, tuple[Any, Any]]:
    """column -> (was, is) of the facts that matter to people."""
    new = order_values(m)
    return {c: (old[c], new[c]) for c in FACT_COLUMNS if old[c] != new[c]}


_PARTS = ("name", "phone", "address")


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


async def unsealed(last: Any) -> dict[str, str]:
    """What a receiver version holds; past its time nothing."""
    if last["sealed"] is None:
        return {}
    try:
        sealed = await crypto.open_sealed(last["sealed_key"], last["sealed"], f"receiver_version|sealed|{last['id']}")
    except NotFound:
        return {}
    found: dict[str, str] = msgspec.json.decode(sealed)
    return found


def unveil(
    m: MappedOrder, private: dict[str, str], last: Any, known: dict[str, str]
) -> tuple[MappedOrder, dict[str, str]]:
    """An answer of which only some parts are clear: beside parts that are as they were, a mask says nothing new, and
    what is known in clear stays. Beside others it is somebody else's mask."""
    clear = [name for name in _PARTS if private.get(name)]
    if not clear or any(private[name] != known.get(name) for name in clear):
        return m, private
    kept = {name: known[name] for name in (*_PARTS, "zip") if known.get(name) and not private.get(name)}
    was = msgspec.json.decode(last["masked"])
    masked = {**m.receiver.masked, **{name: was[name] for name in kept if name in was}}
    receiver = msgspec.structs.replace(m.receiver, masked=masked)
    return msgspec.structs.replace(m, receiver=receiver), {**private, **kept}


async def lines_changed(order_id: UUID, m: MappedOrder) -> tuple[bool, bool]:
    """Is something else to be shipped than before (by line key: which listing, how many, whether refunded)? And is
    anything of the lines told otherwise, down to a title or a price?"""
    known = await db.rows(
        f"select {', '.join(LINE_COLUMNS)} from order_line where order_id = $1 and not gone", order_id
    )
    before, now = {tuple(r) for r in known}, {line_values(x) for x in m.lines}
    return {_goods(r) for r in before} != {_goods(r) for r in now}, before != now


def _goods(row: tuple[Any, ...]) -> tuple[Any, ...]:
    r = dict(zip(LINE_COLUMNS, row, strict=True))
    return (*(r[c] for c in ("line_key", "platform_item", "platform_sku", "outer_code", "qty")), r["refund"] == "done")


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
             gift = excluded.gift,
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
