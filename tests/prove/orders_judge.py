"""Placed = in the hub exactly once, and whole: each order of the shops' own book against what the hub made of it.

What is expected is written down here from the plain order of the simulated world, platform by platform; neither the
platforms' wire formats nor the hub's rules are asked. (Tokens of receivers are the exception: a platform makes them.)
"""

import json
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct

from server.kit import crypto, db
from server.sandbox.jd import order as jd
from server.sandbox.model import Line, Order
from server.sandbox.pinduoduo import order as pinduoduo
from server.sandbox.shopee import order as shopee
from server.sandbox.taobao import trade as taobao
from server.sandbox.world import Saved

MOST = 20
"""Lines of one kind; the rest is counted."""

_ORDERS = """select o.id, o.no, o.platform, o.external_id, o.platform_state, o.refund, o.risk, o.locked, o.currency,
    o.goods_minor, o.freight_minor, o.total_minor, o.note_present, o.cancelled_at is not null as cancelled,
    extract(epoch from o.placed_at)::bigint as placed, extract(epoch from o.paid_at)::bigint as paid,
    extract(epoch from o.modified_at)::bigint as modified, (o.provenance -> 'holds')::text as holds,
    (select json_agg(json_build_array(l.outer_code, l.qty, l.unit_minor, l.gift, l.refund))
       from order_line l where l.order_id = o.id and not l.gone)::text as lines,
    r.id as receiver, r.masked::text as masked, r.token::text as token, r.region::text as region, r.plain, r.sealed,
    r.sealed_key, w.redacted ->> 'venderRemark' as remark
  from sales_order o
  left join receiver_version r on r.order_id = o.id and r.version = o.receiver_version
  left join raw_order w on w.id = o.raw"""


class Seen(Struct):
    """What was compared, and what is wrong: violations by the word that begins them."""

    placed: int = 0
    in_hub: int = 0
    once: int = 0
    whole: int = 0
    receivers: int = 0
    """How many were to be compared: of orders to be shipped, where the platform shows them."""
    wrong: dict[str, list[str]] = {}

    def bad(self, word: str, text: str) -> None:
        self.wrong.setdefault(word, []).append(text)

    def violations(self) -> list[str]:
        found = []
        for word, lines in self.wrong.items():
            found += [f"{word}: {line}" for line in lines[:MOST]]
            if len(lines) > MOST:
                found.append(f"{word}: and {len(lines) - MOST} more")
        return found


def read_world(path: Path) -> Saved:
    """The shops' own book."""
    return msgspec.json.decode(path.read_bytes(), type=Saved)


async def read_hub(dsn: str) -> AsyncIterator[Any]:
    """Every order of the hub, in one snapshot."""
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            async for row in connection.cursor(_ORDERS, prefetch=2000):
                yield row
    finally:
        await connection.close()


async def compare(world: Saved, dsn: str, key_file: Path) -> Seen:
    """Each order of each shop, and each order of the hub."""
    seen = Seen(wrong={})
    theirs = {(o.platform, o.external_id): o for orders in world.orders.values() for o in orders.values()}
    seen.placed = len(theirs)
    times: Counter[tuple[str, str]] = Counter()
    crypto.load(key_file)
    await db.open(dsn, size=2)
    try:
        keys: dict[Any, Any] = {}
        async for row in read_hub(dsn):
            at = (row["platform"], row["external_id"])
            seen.in_hub += 1
            times[at] += 1
            order = theirs.get(at)
            if order is None:
                seen.bad("twice", f"{at} {row['no']} is in the hub, no shop knows it")
                continue
            if row["sealed_key"] not in keys:
                keys |= await crypto.keys([row["sealed_key"]])
            private = _unseal(row, keys)
            wrong = [*_facts(order, row), *_goods(order, row), *_receiver(order, row, private, seen)]
            if wrong:
                seen.bad("half", f"{at} {row['no']} {order.state}: {'; '.join(wrong)}")
            else:
                seen.whole += 1
    finally:
        await db.close()
    for at in theirs:
        if times[at] != 1:
            word = "lost" if not times[at] else "twice"
            seen.bad(word, f"{at} {theirs[at].state} is in the hub {times[at]} times")
    seen.once = sum(1 for at in theirs if times[at] == 1)
    return seen


def _unseal(row: Any, keys: dict[Any, Any]) -> dict[str, str]:
    if row["receiver"] is None:
        return {}
    where = f"receiver_version|sealed|{row['receiver']}"
    found: dict[str, str] = msgspec.json.decode(
        crypto.unseal(row["sealed_key"], keys[row["sealed_key"]], row["sealed"], where)
    )
    return found


def _facts(order: Order, row: Any) -> list[str]:
    wanted: dict[str, Any] = {
        "platform_state": order.state,
        "refund": _refund(order),
        "cancelled": order.state == "cancelled",
        "currency": order.currency,
        "goods_minor": sum(line.unit * line.qty for line in order.lines),
        "freight_minor": order.freight,
        "total_minor": order.total,
        "note_present": bool(order.buyer_note),
        "placed": order.created,
        "paid": order.paid_at or None,
        "modified": order.modified,
    }
    if order.state == "cancelled" and row["paid"] is None:
        del wanted["paid"]  # an answer that leaves it out cannot be told from one of an order that was never paid
    wrong = [f"{name} is {row[name]}, wanted {value}" for name, value in wanted.items() if row[name] != value]
    if (row["risk"] or row["locked"]) != _blocked(order):
        wrong.append(f"blocked is {row['risk']}/{row['locked']}, wanted {_blocked(order)}")
    if order.platform == "jd" and order.seller_note and not row["remark"]:
        wrong.append("the remark never came")
    holds = json.loads(row["holds"] or "[]")
    return wrong + [f"held: {h['code']} {h['field']}" for h in holds]


def _refund(order: Order) -> str:
    """JD's orders say nothing of it (its cases do), Shopee's only while it is asked for."""
    if order.platform == "jd":
        return "none"
    if order.platform == "shopee":
        return "asked" if order.refund == "asked" and order.state in ("paid", "shipped") and not order.risk else "none"
    return order.refund


def _blocked(order: Order) -> bool:
    if order.platform == "pinduoduo":
        return order.risk
    return order.state == "paid" and (order.risk or (order.platform == "jd" and order.refund == "asked"))


def _goods(order: Order, row: Any) -> list[str]:
    found = Counter((code, qty, unit, gift) for code, qty, unit, gift, _ in json.loads(row["lines"] or "[]"))
    wanted = Counter((_code(order, line), line.qty, line.unit, line.gift) for line in order.lines)
    return [f"goods are {dict(found)}, wanted {dict(wanted)}"] if found != wanted else []


def _code(order: Order, line: Line) -> str:
    """What the seller calls it. Where goods have variants the variant's code is shown, else the article's."""
    if order.platform == "jd":
        return line.outer_code
    if order.platform == "pinduoduo":
        return line.outer_code or line.outer_product
    return (line.outer_code if line.model else "") or line.outer_product


def _receiver(order: Order, row: Any, private: dict[str, str], seen: Seen) -> list[str]:
    """Of what is to be shipped, where the platform shows it: region, the masks' open ends, the token; or in clear."""
    if order.state != "paid":
        return []
    if order.platform == "shopee":
        if shopee.status(order) != "READY_TO_SHIP":
            return []
        r = order.receiver
        clear = {"name": r.name, "phone": r.phone, "address": r.street, "zip": r.zipcode}
        seen.receivers += 1
        wrong = [name for name, value in clear.items() if private.get(name) != value]
        return [f"receiver's {', '.join(wrong)}"] if wrong or not row["plain"] else []
    if order.platform == "pinduoduo" and order.risk:
        return []
    seen.receivers += 1
    r, masked, token = order.receiver, json.loads(row["masked"]), json.loads(row["token"])
    province = r.province.removesuffix("省") if order.platform == "jd" else r.province
    place = [province, r.city or r.district, *([r.district] if r.city or order.platform == "pinduoduo" else [])]
    wrong = []
    if json.loads(row["region"]) != place:
        wrong.append(f"region is {row['region']}, wanted {place}")
    name, phone = str(masked.get("name", "")), str(masked.get("phone", ""))
    if not name.startswith(r.name[:1]) or not phone.endswith(r.phone[-4:]):
        wrong.append(f"masks are {name} {phone}, another's")
    if order.platform == "pinduoduo":
        theirs = pinduoduo.wire(order)
        wanted = {"name": theirs["receiver_name"], "full_address": theirs["address"]}
    elif order.platform == "jd":
        wanted = {"oaid": jd.oaid(order)}
    else:
        wanted = {"oaid": taobao.oaid(order, order.modified)}
    if any(token.get(name) != value for name, value in wanted.items()):
        wrong.append(f"token of v{order.address_version} is another's or none: {', '.join(token) or '-'}")
    return wrong


QUERIES = {
    "raw": "select state, count(*)::int as n from raw_order group by 1",
    "jobs": """select kind, last_error, count(*)::int as n from job where state = 'parked' and last_error <> 'silent'
               group by 1, 2""",
    "tasks": "select kind, reason, count(*)::int as n from task where closed_at is null group by 1, 2",
    "taken": """select count(*)::int as n, count(distinct subject_id)::int as subjects from event
                where kind = 'order_taken'""",
    "hints": "select count(*)::int as n from hint where looked_at is null",
    "kept": "select s.platform, count(*)::int as n from event e join shop s on s.id = e.subject_id "
    "where e.kind = 'shop_authorised' group by 1",
    "versions": "select count(*)::int as n from raw_order",
    "heard": "select source, kind, count(*)::int as n from hint group by 1, 2",
}
WAITING_IS_FINE = frozenset({"hold", "shortage"})
"""What a person has to see to because the order itself is so: a note, an unknown article, a refund."""


async def look_around(dsn: str, tokens: Path, seen: Seen) -> dict[str, list[dict[str, Any]]]:
    """What else must be true when all is over. Returns what was read."""
    connection = await asyncpg.connect(dsn)
    try:
        found = {name: [dict(r) for r in await connection.fetch(sql)] for name, sql in QUERIES.items()}
    finally:
        await connection.close()
    for r in found["raw"]:
        if r["state"] != "mapped":
            seen.bad("left", f"{r['n']} raw orders are {r['state']}")
    for r in found["jobs"]:
        seen.bad("left", f"{r['n']} jobs {r['kind']} are parked: {r['last_error']}")
    for r in found["tasks"]:
        if r["kind"] not in WAITING_IS_FINE:
            seen.bad("left", f"{r['n']} tasks wait: {r['kind']} {r['reason']}")
    taken = found["taken"][0]
    if taken["n"] != taken["subjects"] or taken["n"] != seen.in_hub:
        seen.bad("twice", f"{taken['n']} takings of {taken['subjects']} orders, {seen.in_hub} in the hub")
    _tokens(tokens, {r["platform"]: r["n"] for r in found["kept"]}, seen)
    return found


def _tokens(path: Path, kept: dict[str, int], seen: Seen) -> None:
    """A refresh token may be shown twice only where the answer to the first time was lost: so often at most."""
    notes = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    given: Counter[str] = Counter(n["platform"] for n in notes if n["said"] == "given")
    again: dict[str, set[str]] = defaultdict(set)
    for n in notes:
        if n["said"] == "spent":
            again[n["platform"]].add(n["token"])
    for platform, tokens in again.items():
        lost = given[platform] - kept.get(platform, 0)
        if len(tokens) > max(0, lost):
            seen.bad("token", f"{platform}: {len(tokens)} refresh tokens were used twice, {lost} answers were lost")
