"""接单: raw orders are stored as received, then become orders. A body that fails is set aside, the rest goes on."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from server.events import (
    Event,
    OrderCancelled,
    OrderChanged,
    OrderCompleted,
    OrderTaken,
    OrderWithdrawn,
    RawQuarantined,
    RawStored,
    ReceiverChanged,
    RefundAsked,
)
from server.kit import clock, crypto, db, ids, numbers
from server.kit.ids import uuid7
from server.orders import changes, moves, versions
from server.orders.mapping import MappedOrder, bodies, has_receiver, map_order, personal
from server.platforms import hints, registry
from server.platforms.port import RawOrder
from server.stock import moves as stock
from server.tasks import moves as tasks
from server.tasks.moves import NewTask

BATCH = 500
MAX_RAW = 10 * 1024 * 1024
_ODD = frozenset({"unreadable", "missing", "bad_value", "unknown_value", "mismatch"})
"""Holds that may come from a broken answer rather than from the order: it is asked for again."""


async def store_raw(shop_id: UUID, platform: str, raws: Sequence[RawOrder]) -> int:
    """Store raw orders, sealed; a content that is known already is not stored twice. Returns how many were new.

    A known content that is not what the order stands on counts as news: the order has gone back to it.
    """
    adapter = registry.get(platform)
    at = clock.now()
    rows: list[tuple[Any, ...]] = []
    async with db.transaction() as tx:
        key_id, key = await crypto.key_for(shop_id, at)
        for raw in raws:
            raw_id = uuid7()
            state, error = "new", ""
            try:
                content, view = adapter.identity(raw.body), adapter.redact(raw.body)
                if len(raw.body) > MAX_RAW:
                    raise ValueError("larger than 10 MB")
            except (ValueError, TypeError, KeyError, msgspec.MsgspecError) as e:
                # It cannot be read, so it cannot be redacted either: sealed whole, shown only as a task.
                content, view, state, error = raw.body, {}, "quarantined", type(e).__name__
            rows.append(
                (
                    raw_id,
                    shop_id,
                    raw.external_id.replace("\0", ""),
                    hashlib.sha256(content).digest(),
                    crypto.seal(key_id, key, raw.body, f"raw_order|sealed|{raw_id}"),
                    key_id,
                    db.jsonb(view),
                    raw.modified,
                    at,
                    state,
                    error,
                )
            )
        stored = await db.rows(
            """insert into raw_order(id, shop, external_id, content_hash, sealed, sealed_key, redacted, modified_at,
                                     received_at, state, error)
               select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::bytea[], $5::bytea[], $6::uuid[],
                                    $7::jsonb[], $8::timestamptz[], $9::timestamptz[], $10::text[], $11::text[])
               on conflict (shop, external_id, content_hash) do update
                 set state = 'new', received_at = excluded.received_at
                 where raw_order.state = 'mapped' and exists (
                   select 1 from sales_order o join data_key k on k.id = raw_order.sealed_key and k.wrapped is not null
                   where o.shop = raw_order.shop and o.external_id = raw_order.external_id and o.raw <> raw_order.id
                     and (not coalesce(o.modified_at > excluded.modified_at, false)
                          or o.provenance @? '$.holds[*] ? (@.field == "modified")'))
               returning id, external_id, state, error""",
            *db.unzip(_once(rows), 11),
        )
        bad = [r for r in stored if r["state"] == "quarantined"]
        if len(stored) > len(bad):
            await tx.emit(RawStored(subject=shop_id, to={"count": len(stored) - len(bad)}))
        for r in bad:
            await tx.emit(RawQuarantined(subject=shop_id, reason=r["error"], to={"raw": str(r["id"])}))
            await tasks.open(
                tx,
                [
                    NewTask(
                        kind="quarantine",
                        subject_kind="raw_order",
                        subject_id=r["id"],
                        reason="unreadable",
                        detail={"external_id": r["external_id"], "error": r["error"]},
                    )
                ],
            )
    return len(stored)


def _once(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Each content once (pages overlap), in one order: a pull and a look may store the same at once."""
    return [r for _, r in sorted({(r[2], r[3]): r for r in rows}.items())]


async def map_pending(shop_id: UUID, platform: str) -> int:
    """Turn a batch of stored raw orders into orders or changes of orders. Returns how many raw rows were settled."""
    async with db.transaction() as tx:
        rules = await versions.in_force(platform)
        raws = await db.rows(
            """select id, external_id, sealed, sealed_key, modified_at, received_at from raw_order
               where shop = $1 and state = 'new' order by received_at, id limit $2 for update""",
            shop_id,
            BATCH,
        )
        if not raws:
            return 0
        keys = await crypto.keys(r["sealed_key"] for r in raws)
        newest: dict[str, tuple[Any, MappedOrder, bytes]] = {}
        for r in raws:
            key_id = r["sealed_key"]
            body = crypto.unseal(key_id, keys[key_id], r["sealed"], f"raw_order|sealed|{r['id']}")
            mapped = map_order(platform, body, rules)
            known = newest.get(r["external_id"])
            if known is None or changes.version_time(mapped, r) >= changes.version_time(known[1], known[0]):
                newest[r["external_id"]] = (r, mapped, body)
        existing = {
            r["external_id"]: r
            for r in await db.rows(
                "select * from sales_order where shop = $1 and external_id = any($2::text[]) order by id for update",
                shop_id,
                list(newest),
            )
        }
        fresh = [v for k, v in newest.items() if k not in existing]
        events: list[Event] = await _take_new(shop_id, platform, fresh) if fresh else []
        for external_id, old in existing.items():
            raw, mapped, body = newest[external_id]
            events += await _change(tx, platform, old, raw, mapped, body)
        await db.run("update raw_order set state = 'mapped' where id = any($1::uuid[])", [r["id"] for r in raws])
        await hints.again(tx, shop_id, [i for i, (_, m, _) in newest.items() if _amiss(platform, m)])
        await tx.emit(*events)
    return len(raws)


def _amiss(platform: str, m: MappedOrder) -> bool:
    """Does the answer make no sense? Nor does an order to be shipped to nobody: its address may just have changed."""
    true = {"risk": m.facts.risk, "locked": m.facts.locked, "refund": m.facts.refund != "none"}
    hidden = m.state != "paid" or m.facts.self_fulfilled or any(true[f] for f in bodies[platform].hides_when)
    nobody = not (hidden or m.receiver.plain or m.receiver.token)
    return nobody or any(h.code in _ODD for h in m.holds)


async def _take_new(shop_id: UUID, platform: str, fresh: Sequence[tuple[Any, MappedOrder, bytes]]) -> list[Event]:
    at = clock.now()
    year = at.year
    given = numbers_of(await numbers.take(f"order-{year}", len(fresh)), year)
    key_id, key = await crypto.key_for(shop_id, at)
    orders: list[tuple[Any, ...]] = []
    lines: list[tuple[Any, ...]] = []
    receivers: list[tuple[Any, ...]] = []
    events: list[Event] = []
    for (raw, m, body), no in zip(fresh, given, strict=True):
        order_id = uuid7()
        row = changes.order_values(m)
        orders.append(
            (
                order_id,
                no,
                shop_id,
                platform,
                raw["external_id"],
                raw["id"],
                *row.values(),
                1,
                1,
                at,
                at if m.facts.cancelled else None,
                at if m.facts.refund == "asked" else None,
                at if m.facts.risk else None,
                True,
            )
        )
        lines += [(uuid7(), order_id, i, *changes.line_values(line)) for i, line in enumerate(m.lines)]
        receivers.append(_receiver(order_id, 1, m, personal(platform, body), key_id, key, at))
        events.append(OrderTaken(subject=order_id, to={"state": m.state, "raw": str(raw["id"])}, rule=rulebook_of(m)))
    await db.copy(
        "sales_order",
        [
            "id",
            "no",
            "shop",
            "platform",
            "external_id",
            "raw",
            *changes.ORDER_COLUMNS,
            "version",
            "receiver_version",
            "taken_at",
            "cancelled_at",
            "refund_asked_at",
            "risk_at",
            "review_due",
        ],
        orders,
    )
    await db.copy("order_line", ["id", "order_id", "pos", *changes.LINE_COLUMNS], lines)
    await db.copy("receiver_version", _RECEIVER_COLUMNS, receivers)
    return events


_RECEIVER_COLUMNS = [
    "id",
    "order_id",
    "version",
    "masked",
    "token",
    "region",
    "plain",
    "sealed",
    "sealed_key",
    "digest",
    "note_digest",
    "made_at",
    "expires_at",
]


def _receiver(
    order_id: UUID, version: int, m: MappedOrder, private: dict[str, str], key_id: UUID, key: Any, at: datetime
) -> tuple[Any, ...]:
    """One receiver version: masks and token in clear, everything a person wrote sealed and expiring."""
    rid = uuid7()
    return (
        rid,
        order_id,
        version,
        msgspec.json.encode(m.receiver.masked).decode(),
        msgspec.json.encode(m.receiver.token).decode(),
        msgspec.json.encode(m.receiver.region).decode(),
        m.receiver.plain,
        crypto.seal(key_id, key, msgspec.json.encode(private), f"receiver_version|sealed|{rid}"),
        key_id,
        changes.receiver_digest(m, private),
        changes.note_digest(private),
        at,
        at + changes.KEEP_PERSONAL,
    )


async def _change(tx: db.Tx, platform: str, old: Any, raw: Any, m: MappedOrder, body: bytes) -> list[Event]:
    """A newer raw version of a known order. An older one changes nothing."""
    made_at = changes.version_time(m, raw)
    undated = any(h["field"] == "modified" for h in changes.holds_of(old))  # then its time is when it was received
    if old["modified_at"] is not None and made_at < old["modified_at"] and not undated:
        return []
    if raw["id"] == old["raw"] and old["handed_over_at"] is not None:
        return []  # the same answer, read by newer rules: what has left stays as it left
    at = clock.now()
    order_id: UUID = old["id"]
    m = changes.keep_payment(old, m)
    diff = changes.facts_that_changed(old, m)
    goods, retold = await changes.lines_changed(order_id, m)
    retold = retold or changes.told_otherwise(old, m)
    m, receiver_version, noted = await _personal_change(platform, old, raw, m, personal(platform, body), at)
    moved = receiver_version != old["receiver_version"]
    if not (retold or moved or noted):
        await db.run("update sales_order set raw = $2, modified_at = $3 where id = $1", order_id, raw["id"], made_at)
        return []
    values = changes.order_values(m) | {"modified_at": made_at}
    arg = {c: f"${i}" for i, c in enumerate(values, start=5)}
    sets = ", ".join(f"{c} = {place}" for c, place in arg.items())
    await db.run(
        f"""update sales_order set raw = $2, version = $3, receiver_version = $4, review_due = true, {sets},
              refund_asked_at = case when {arg["refund"]} = 'asked' and refund <> 'asked' then now()
                                     else refund_asked_at end,
              risk_at = case when {arg["risk"]} and not risk then now() else risk_at end
            where id = $1""",
        order_id,
        raw["id"],
        old["version"] + 1,
        receiver_version,
        *values.values(),
    )
    events: list[Event] = []
    if moved:
        before = {"version": old["receiver_version"]}
        events.append(ReceiverChanged(subject=order_id, frm=before, to={"version": receiver_version}))
    if retold:
        await changes.sync_lines(order_id, m)
    if m.facts.cancelled and old["cancelled_at"] is None:
        await moves.mark(tx, "cancelled", [order_id], at)
        await stock.release(tx, [order_id], "cancelled")
        await moves.withdraw(tx, [order_id])
        await tasks.close_for(tx, "hold", [order_id], "cancelled")
        await tasks.close_for(tx, "shortage", [order_id], "cancelled")
        events.append(OrderCancelled(subject=order_id, to={"state": m.state}))
    elif m.state in ("paid", "shipped", "completed") and old["cancelled_at"] is not None:
        events += await moves.revive(tx, order_id)
    elif m.facts.refund == "asked" and old["refund"] != "asked":
        await stock.release(tx, [order_id], "refund_asked")
        await moves.withdraw(tx, [order_id])
        events.append(RefundAsked(subject=order_id, to={"refund": "asked"}))
    elif goods and (old["reserved_at"] or old["short_at"]) is not None and old["handed_over_at"] is None:
        # What was set aside (or lacked), and perhaps picked, is not what is to be shipped: back to review.
        await tasks.close_for(tx, "shortage", [order_id], "withdrawn")
        await stock.release(tx, [order_id], "lines_changed")
        await moves.withdraw(tx, [order_id])
        events.append(OrderWithdrawn(subject=order_id, reason="lines_changed"))
    elif m.facts.refund == "done" and old["refund"] == "none" and old["handed_over_at"] is not None:
        events.append(RefundAsked(subject=order_id, to={"refund": "done"}))  # asked and granted between two looks
    if m.facts.completed and old["completed_at"] is None and old["cancelled_at"] is None:
        await moves.mark(tx, "completed", [order_id], at)
        events.append(OrderCompleted(subject=order_id))
    was, now = {"raw": str(old["raw"])} | diff_from(diff), {"raw": str(raw["id"])} | diff_to(diff)
    events.append(OrderChanged(subject=order_id, frm=was, to=now, rule=rulebook_of(m)))
    return events


async def _personal_change(
    platform: str, old: Any, raw: Any, m: MappedOrder, private: dict[str, str], at: datetime
) -> tuple[MappedOrder, int, bool]:
    """A newer receiver makes a version; a newer note is sealed into the newest one.

    Returns the order with what is known of its receiver, the receiver version that counts, and whether the note is
    another. An answer without receiver or note (shipped, under review) changes neither.
    """
    order_id: UUID = old["id"]
    last = await db.row(
        """select id, version, digest, note_digest, masked::text, token::text, region::text, plain, sealed, sealed_key
           from receiver_version where order_id = $1 order by version desc limit 1""",
        order_id,
    )
    # After shipping Shopee answers T******g where the name stood in clear: that is no other receiver.
    if last is not None and last["plain"] and m.receiver.plain:
        m, private = changes.unveil(m, private, last, await changes.unsealed(last))
    hidden = last is not None and last["plain"] and not m.receiver.plain
    shown, note = has_receiver(m.receiver) and not hidden, changes.note_digest(private)
    m = changes.keep_receiver(m, last)
    noted = last is not None and note != b"" and note != bytes(last["note_digest"])
    moved = last is None or (shown and changes.receiver_digest(m, private) != bytes(last["digest"]))
    version: int = old["receiver_version"]
    token = msgspec.json.encode(m.receiver.token).decode()
    if last is not None and not moved and m.receiver.token != (had := msgspec.json.decode(last["token"])):
        then = await db.value("select received_at from raw_order where id = $1", old["raw"])
        moved = then is not None and not bodies[platform].same_place(had, m.receiver.token, then, raw["received_at"])
        if not moved:
            # The same address under a new token (they change with the week): the next waybill asks with the fresh one.
            await db.run("update receiver_version set token = $2 where id = $1", last["id"], token)
    if not moved and not noted:
        return m, version, False
    key_id, key = await crypto.key_for(old["shop"], at)
    if moved:
        version += 1
        await db.copy(
            "receiver_version", _RECEIVER_COLUMNS, [_receiver(order_id, version, m, private, key_id, key, at)]
        )
    else:
        assert last is not None
        where = f"receiver_version|sealed|{last['id']}"
        known = await changes.unsealed(last)
        both = crypto.seal(key_id, key, msgspec.json.encode({**known, "note": private["note"]}), where)
        await db.run(
            """update receiver_version set sealed = $2, sealed_key = $3, note_digest = $4,
                 expires_at = case when $5 then expires_at else $6 end where id = $1""",
            last["id"],
            both,
            key_id,
            note,
            bool(known),  # what was known of the receiver ends on its own day
            at + changes.KEEP_PERSONAL,
        )
    return m, version, noted


def numbers_of(block: range, year: int) -> list[str]:
    return [ids.order_no(year, n) for n in block]


def rulebook_of(m: MappedOrder) -> str:
    """The rule version that made the order, for the trail."""
    return next((str(p.get("version", "")) for p in m.provenance.values()), "")


def diff_from(diff: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
    return {k: _plain(v[0]) for k, v in diff.items()}


def diff_to(diff: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
    return {k: _plain(v[1]) for k, v in diff.items()}


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
