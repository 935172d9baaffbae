"""What must be true at the end, read from four books: the shops', the carrier's, the hub's, and the hall's own.

Each check names the promise it is about. A violation is one line of text; none means that the promises held.
"""

from collections import Counter, defaultdict
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct

from tests.prove.people import Hall, stand_in
from tests.prove.phone import Phone

HEARD_S = 90.0
"""A change in a shop is in the hub by then, outages of a proof included. (Once shipped, shops tell no address.)"""


class Books(Struct):
    """shops: the sandbox's orders; carrier: waybill → (shipment id, handed over?); sent: 发货 that the shops took.

    moved: when an order's address was changed for the last time, epoch seconds.
    """

    shops: list[dict[str, Any]]
    carrier: dict[str, tuple[str, bool]]
    sent: list[dict[str, str]]
    hub: dict[str, list[dict[str, Any]]]
    hall: Hall
    phones: list[Phone]
    moved: dict[tuple[str, str], float]


QUERIES = {
    "orders": """select o.id::text, o.no, o.platform, o.external_id, o.cancelled_at is not null as cancelled, o.refund,
        o.platform_state, o.handed_over_at is not null as out, o.written_back_at is not null as written_back,
        o.receiver_version, o.picked_at, o.packed_at, o.reviewed_at, o.reserved_at from sales_order o""",
    "lines": "select order_id::text, coalesce(k.code, '') as sku, qty, l.refund, l.gone from order_line l "
    "left join sku k on k.id = l.sku",
    "parcels": """select id::text, no, order_id::text, state, waybill_no, order_version, label_version, old_waybills,
        manifested_at is not null as manifested from parcel""",
    "events": """select seq, kind, subject_id::text as subject, person::text, device::text, cause::text, reason,
        "to"::text as "to", extract(epoch from recorded_at)::float8 as at from event order by seq""",
    "scans": "select id, dev, n, code from sync_event",
    "jobs": "select kind, state, count(*)::int as n from job group by 1, 2",
    "shops": "select name, extract(epoch from watermark)::float8 as watermark from shop",
    "tasks": "select kind, reason, detail::text as detail from task where closed_at is null",
    "raw": "select state, count(*)::int as n from raw_order group by 1",
    "stock": """select k.code, s.on_hand, s.reserved,
        coalesce((select sum(l.on_hand) from stock_ledger l where l.sku = s.sku), 0)::int as ledger_on_hand,
        coalesce((select sum(l.reserved) from stock_ledger l where l.sku = s.sku), 0)::int as ledger_reserved,
        coalesce((select sum(r.qty) from reservation r where r.sku = s.sku and r.state = 'granted'), 0)::int as granted,
        coalesce((select sum(l.on_hand) from stock_ledger l where l.sku = s.sku and l.kind = 'receive'), 0)::int
          as received from stock s join sku k on k.id = s.sku""",
    "rows": """select (select count(*) from sync_outbox)::int as outbox, (select off from sync_meta) as off,
        (select count(*) from sync_log)::int as logged""",
}


async def read_hub(dsn: str) -> dict[str, list[dict[str, Any]]]:
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return {name: [dict(r) for r in await connection.fetch(sql)] for name, sql in QUERIES.items()}
    finally:
        await connection.close()


def unsettled(b: dict[str, list[dict[str, Any]]], hall: Hall, phones: list[Phone], last_act: float) -> list[str]:
    """Why the house is not at rest yet. A proof waits for an empty list, and judges what stands then."""
    behind = [f"{r['name']} is pulled" for r in b["shops"] if r["watermark"] < last_act]
    left = [f"{r['n']} {r['kind']} {r['state']}" for r in b["jobs"]
            if r["state"] in ("ready", "leased") and r["kind"] not in ("platforms.pull", "shipping.track")]  # fmt: skip
    left += [f"task {r['kind']} {r['reason']}" for r in b["tasks"]]
    left += [f"{len(p.queue)} scans on {p.name}" for p in phones if p.queue]
    left += [f"{r['n']} raw {r['state']}" for r in b["raw"] if r["state"] == "new"]
    left += [f"box of {x.order_no}" for x in hall.boxes.values() if not (x.out or x.emptied)]
    due = [o["no"] for o in b["orders"] if not (o["out"] or o["cancelled"])]
    return behind + left + ([f"{len(due)} orders, as {due[0]}"] if due else [])


def judge(b: Books) -> list[str]:
    """Every violation found, each a line that starts with its promise."""
    return [
        *_no_order_lost(b),
        *_no_oversell(b),
        *_no_scan_lost(b),
        *_no_wrong_parcel(b),
        *_told_once(b),
        *_traceable(b),
    ]


def _hub_orders(b: Books) -> dict[tuple[str, str], list[dict[str, Any]]]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for o in b.hub["orders"]:
        found[o["platform"], o["external_id"]].append(o)
    return found


def _wanted(order: dict[str, Any]) -> Counter[str]:
    """What the buyer is to get, by SKU."""
    goods: Counter[str] = Counter()
    for line in order["lines"]:
        if line["refund"] != "done":
            goods[line["sku"] or stand_in(line["outer_code"])] += line["qty"]
    return goods


def _no_order_lost(b: Books) -> list[str]:
    bad: list[str] = []
    ours = _hub_orders(b)
    theirs = {(o["platform"], o["external_id"]): o for o in b.shops}
    for at, o in theirs.items():
        rows = ours.get(at, [])
        if len(rows) != 1:
            bad.append(f"不漏单: {at} is in the hub {len(rows)} times")
            continue
        row = rows[0]
        if (o["state"] == "cancelled") != row["cancelled"] and not row["out"]:
            bad.append(f"不漏单: {at} is {o['state']} in the shop, cancelled={row['cancelled']} in the hub")
        if o["state"] != "cancelled" and o["refund"] == "none" and not row["out"]:
            bad.append(f"不漏单: {at} {row['no']} was never shipped")
    bad += [f"不漏单: {at} is in the hub, no shop knows it" for at in set(ours) - set(theirs)]
    bad += [f"不漏单: {r['n']} raw orders are {r['state']}" for r in b.hub["raw"] if r["state"] != "mapped"]
    bad += [f"不漏单: {r['n']} jobs {r['kind']} are parked" for r in b.hub["jobs"] if r["state"] == "parked"]
    # Whatever waits for a person here waits because of a fault: people saw to all that they could.
    bad += [f"不漏单: a task waits: {r['kind']} {r['reason']} {r['detail'][:160]}" for r in b.hub["tasks"]]
    return bad


def _no_oversell(b: Books) -> list[str]:
    bad: list[str] = []
    left: Counter[str] = Counter()
    for box in b.hall.boxes.values():
        if box.out:
            left += box.items
    for s in b.hub["stock"]:
        if (s["on_hand"], s["reserved"]) != (s["ledger_on_hand"], s["ledger_reserved"]):
            balance, ledger = (s["on_hand"], s["reserved"]), (s["ledger_on_hand"], s["ledger_reserved"])
            bad.append(f"不超卖: {s['code']}: balance {balance}, ledger {ledger}")
        if s["reserved"] != s["granted"]:
            bad.append(f"不超卖: {s['code']}: reserved {s['reserved']}, reservations {s['granted']}")
        if s["granted"]:
            bad.append(
                f"不超卖: {s['code']}: {s['granted']} still set aside, though every order is shipped or cancelled"
            )
        if s["received"] - left[s["code"]] != s["on_hand"]:
            bad.append(f"不超卖: {s['code']}: {s['received']} came, {left[s['code']]} left, {s['on_hand']} on hand")
    return bad


def _no_scan_lost(b: Books) -> list[str]:
    bad: list[str] = []
    beeped: dict[bytes, int] = {}
    for phone in b.phones:
        beeped |= phone.beeped
    stored = Counter(bytes(r["id"]) for r in b.hub["scans"])
    codes = {bytes(r["id"]): r["code"] for r in b.hub["scans"]}
    lost, strange = set(beeped) - set(stored), set(stored) - set(beeped)
    if lost:
        bad.append(f"不丢扫: {len(lost)} of {len(beeped)} scans never arrived")
    if strange:
        bad.append(f"不丢扫: {len(strange)} scans are stored that nobody made")
    for phone in b.phones:
        told = {i: phone.verdicts.get(i, 0) for i in phone.beeped}
        wrong = [i for i, code in told.items() if i in codes and codes[i] != code]
        if wrong:
            bad.append(f"不丢扫: {phone.name} learnt another verdict for {len(wrong)} scans")
        if phone.mismatches:
            bad.append(f"不丢扫: {phone.name} met {phone.mismatches} digests that did not match")
    counted: Counter[str] = Counter()
    for e in b.hub["events"]:
        if e["kind"] == "pick_confirmed" and e["cause"]:
            counted[e["cause"]] += msgspec.json.decode(e["to"])["qty"]
    twice = [c for c, n in counted.items() if n > 1]  # every pick of a proof is of one unit
    if twice:
        bad.append(f"不丢扫: {len(twice)} scans of one unit were counted more than once")
    if b.hub["rows"][0]["outbox"]:
        bad.append("不丢扫: changes wait in the outbox")
    return bad


def _no_wrong_parcel(b: Books) -> list[str]:
    bad: list[str] = []
    by_id = {o["id"]: o for o in b.hub["orders"]}
    theirs = {(o["platform"], o["external_id"]): o for o in b.shops}
    of_parcel = {p["id"]: p for p in b.hub["parcels"]}
    known = _what_was_known(b.hub["events"], {p["id"]: p["order_id"] for p in b.hub["parcels"]})
    out_at = {e["subject"]: e["at"] for e in b.hub["events"] if e["kind"] == "parcel_handed_over"}
    gone: Counter[str] = Counter()
    for box in b.hall.boxes.values():
        parcel = of_parcel.get(box.parcel)
        if parcel is None or not box.out:
            if parcel is not None and parcel["state"] == "handed_over":
                bad.append(f"不错发: {parcel['no']} is out in the hub, the box is still here")
            continue
        order = by_id[parcel["order_id"]]
        gone[order["id"]] += 1
        shop = theirs[order["platform"], order["external_id"]]
        wanted = Counter({k: n for k, n in _all_goods(shop).items() if n})
        if box.items != wanted:
            bad.append(f"不错发: {order['no']} got {dict(box.items)}, wanted {dict(wanted)}")
        shipment, handed = b.carrier.get(box.sheet, ("", False))
        if not handed:
            bad.append(f"不错发: {order['no']}: the carrier was not told of {box.sheet}")
        version, blocked = known.get(parcel["id"], (0, ""))
        if shipment.split(".")[:2] != [parcel["id"], f"v{version}"]:
            bad.append(
                f"不错发: {order['no']} left with {shipment or box.sheet}, the newest address known was v{version}"
            )
        if blocked:
            bad.append(f"不错发: {order['no']} left after {blocked}")
        moved = b.moved.get((order["platform"], order["external_id"]), 0.0)
        if moved and out_at[parcel["id"]] - moved > HEARD_S and order["receiver_version"] < 2:
            bad.append(f"不错发: {order['no']}: the hub never heard of another address")
    bad += [f"不错发: {by_id[i]['no']} has {n} parcels" for i, n in gone.items() if n > 1]
    out = {p["order_id"] for p in b.hub["parcels"] if p["state"] == "handed_over"}
    bad += [f"不错发: {by_id[i]['no']} is out in the hub only" for i in out - set(gone)]
    # One number for each version of a parcel. (One whose answer was lost while the parcel ended never leaves.)
    asked = Counter(".".join(shipment.split(".")[:2]) for shipment, _ in b.carrier.values())
    bad += [f"不错发: the carrier gave {n} numbers for {s}" for s, n in asked.items() if n > 1]
    return bad


def _all_goods(shop: dict[str, Any]) -> Counter[str]:
    """The lines of an order that left, refunded since or not."""
    goods: Counter[str] = Counter()
    for line in shop["lines"]:
        goods[line["sku"] or stand_in(line["outer_code"])] += line["qty"]
    return goods


def _what_was_known(events: list[dict[str, Any]], order_of: dict[str, str]) -> dict[str, tuple[int, str]]:
    """For each parcel that left: the address version, and the refund, cancellation or hold, that the hub knew of then.

    By the order of the trail: each of these facts is written while the order's row is locked.
    """
    version: dict[str, int] = {}
    blocked: dict[str, set[str]] = {}
    out: dict[str, tuple[int, str]] = {}
    for e in events:
        to = msgspec.json.decode(e["to"])
        if e["kind"] == "receiver_changed":
            version[e["subject"]] = to["version"]
        elif e["kind"] in ("order_cancelled", "refund_asked", "order_held"):
            blocked.setdefault(e["subject"], set()).add(e["kind"])
        elif e["kind"] == "order_changed" and to.get("refund") == "none":
            blocked.get(e["subject"], set()).discard("refund_asked")
        elif e["kind"] == "order_reviewed":  # review passes when no hold is left
            blocked.get(e["subject"], set()).discard("order_held")
        elif e["kind"] == "parcel_handed_over":
            order = order_of[e["subject"]]
            out[e["subject"]] = (version.get(order, 1), ", ".join(sorted(blocked.get(order, ()))))
    return out


def _told_once(b: Books) -> list[str]:
    bad: list[str] = []
    sends = Counter((s["platform"], s["external_id"]) for s in b.sent)
    ours = _hub_orders(b)
    theirs = {(o["platform"], o["external_id"]): o for o in b.shops}
    sheets = {box.parcel: box.sheet for box in b.hall.boxes.values() if box.out}
    out = {p["order_id"]: sheets.get(p["id"], "") for p in b.hub["parcels"] if p["state"] == "handed_over"}
    for at, shop in theirs.items():
        if sends[at] > 1:
            bad.append(f"可追溯: {at} was written back {sends[at]} times")
        row = ours.get(at, [{}])[0]
        if not row.get("out"):
            if sends[at]:
                bad.append(f"可追溯: {at} is shipped in the shop, not in the hub")
            continue
        refunded = shop["refund"] != "none" or shop["state"] == "cancelled"
        if not sends[at] and not refunded:
            bad.append(f"可追溯: {at} {row['no']} was never written back")
        if sends[at] and not row["written_back"]:
            bad.append(f"可追溯: {at} {row['no']} is shipped in the shop, the hub does not know")
        shipped = shop["shipped"]
        if shipped and shipped["waybill_no"] != out.get(row["id"]):
            bad.append(f"可追溯: {at} the shop has {shipped['waybill_no']}, on the box is {out.get(row['id'])}")
    return bad


def _traceable(b: Books) -> list[str]:
    """Every parcel that left has its story: taken, reviewed, reserved, packed, out; the last two by a person's scan."""
    bad: list[str] = []
    kinds: dict[str, set[str]] = defaultdict(set)
    scans = {bytes(r["id"]).hex() for r in b.hub["scans"]}
    for e in b.hub["events"]:
        kinds[e["subject"]].add(e["kind"])
        if e["kind"] in ("parcel_packed", "parcel_handed_over"):
            cause = (e["cause"] or "").replace("-", "")
            if not (e["person"] and e["device"] and cause in scans):
                bad.append(f"可追溯: {e['kind']} of {e['subject']} says neither who nor by which scan")
    for p in b.hub["parcels"]:
        if p["state"] == "handed_over":
            missing = {"order_taken", "order_reviewed", "stock_reserved"} - kinds[p["order_id"]]
            missing |= {"parcel_packed", "parcel_handed_over"} - kinds[p["id"]]
            if missing:
                bad.append(f"可追溯: the story of {p['no']} lacks {', '.join(sorted(missing))}")
    return bad
