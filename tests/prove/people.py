"""Who works in the house during a proof: pickers, the one at the door, customer service, who makes waves; and buyers.

They know what a person there would know, and do with their hands what the phone cannot see: goods in totes, goods in
boxes, a sheet stuck on a box. That physical side is the proof's own book.
"""

import asyncio
import contextlib
import random
import time
from collections import Counter
from typing import Any

import httpx
import msgspec

from server.devices import shapes
from server.devices.schemas import Kind
from server.sandbox.catalogue import SKUS
from tests.prove.phone import LOST, Client, Phone, Refused

PICK_S = (0.01, 0.06)
"""Between two scans of a picker; a proof has no time for human hands."""
BUSY = ("500", "502", "503", "504")
HOLD_S = 6.0
"""So long customer service thinks about an order that it holds."""
OLD_LISTING = "OLD-7"
"""A listing that no catalogue knows; the same in all shops, so that matching it once serves the next."""


def is_busy(e: Refused) -> bool:
    """The server said: not now."""
    return any(f": {status} " in str(e) for status in BUSY)


class Box:
    """A parcel on the table. sheet: the waybill number that is stuck on it. out: it went through the door."""

    def __init__(self, parcel: str, order_no: str, items: Counter[str], sheet: str) -> None:
        self.parcel, self.order_no, self.items, self.sheet = parcel, order_no, items, sheet
        self.packed_by = b""
        self.scan: bytes = b""
        self.out = False
        self.emptied = False


class Hall:
    """What is physically there, shared by all who work in it."""

    def __init__(self) -> None:
        self.boxes: dict[str, Box] = {}
        self.totes: dict[tuple[str, str], Counter[str]] = {}
        self.done: dict[str, tuple[bytes, float]] = {}
        """Tasks somebody has seen to: by which scan, when."""
        self.over = self.closing = False
        """over: everybody goes home. closing: the last orders; nobody starts anything new."""


class Picker:
    """Walks the pick list of a phone, packs what is whole."""

    def __init__(self, hall: Hall, phone: Phone, rng: random.Random) -> None:
        self.hall, self.phone, self.rng = hall, phone, rng
        self._short: set[str] = set()

    async def work(self) -> None:
        while not self.hall.over:
            await self._weather()
            with contextlib.suppress(Refused):
                await self.phone.exchange(wait_ms=300)
            if self.phone.device is not None:
                await self._pick()
                self._pack()
            await asyncio.sleep(0.05)

    async def _weather(self) -> None:
        x = self.rng.random()
        if x < 0.01:
            self.phone.offline_until = time.monotonic() + self.rng.uniform(2, 8)
        elif x < 0.02:
            await self.phone.crash()

    async def _pick(self) -> None:
        """One stretch of the walk: some picks, unit by unit."""
        walked = 0
        for row in sorted(self.phone.table(shapes.PICK), key=lambda r: (r[1], r[7], r[0])):
            pick, wave, order_no, code, barcodes, qty, state = row[0], row[1], row[2], row[4], row[8], row[9], row[11]
            if state in ("cancelled", "done") or (order_no, wave) not in self._mine():
                continue
            tote = self.hall.totes.setdefault((order_no, wave), Counter())
            taken = tote[f"{pick}|{code}"]
            if taken == 0 and pick not in self._short and self.rng.random() < 0.02:
                self._short.add(pick)  # not found at first; the next look finds it
                self.phone.scan(Kind.SHORT, pick, qty)
                continue
            for _ in range(qty - taken):
                self.phone.scan(Kind.PICK, pick, barcodes[0] if barcodes else code, 1)
                tote[f"{pick}|{code}"] += 1
                await asyncio.sleep(self.rng.uniform(*PICK_S))
                walked += 1
            if walked > 12:
                return

    def _mine(self) -> set[tuple[str, str]]:
        """(order, wave) of parcels that may still be filled, as this phone knows it."""
        return {(r[2], r[3]) for r in self.phone.table(shapes.PARCEL) if r[5] in ("picking", "ready")}

    def _pack(self) -> None:
        """Scan what is in the tote into a box, stick the newest sheet on it."""
        picks: dict[tuple[str, str], list[list[Any]]] = {}
        for row in self.phone.table(shapes.PICK):
            picks.setdefault((row[2], row[1]), []).append(row)
        for row in self.phone.table(shapes.PARCEL):
            parcel, order_no, wave, state, waybill, version, label, label_state = (
                row[0], row[2], row[3], row[5], row[6], row[9], row[10], row[13],
            )  # fmt: skip
            at = (order_no, wave)
            if state not in ("picking", "ready") or parcel in self.hall.boxes or at not in picks or row[11]:
                continue
            tote = self.hall.totes.get(at, Counter())
            whole = all(tote[f"{r[0]}|{r[4]}"] == r[9] and r[11] != "cancelled" for r in picks[at])
            if not whole or not waybill or label_state != "ready" or label != version:
                continue
            goods: Counter[str] = Counter()
            for key, n in tote.items():
                goods[key.split("|", 1)[1]] += n
            box = Box(parcel, order_no, goods, waybill)
            box.packed_by = self.phone.scan(Kind.PACK, parcel, [[code, n] for code, n in sorted(goods.items())])
            self.hall.boxes[parcel] = box
            self.hall.totes.pop(at)


class Door:
    """Scans boxes out, and does what comes back: reprints, interceptions, goods to the shelf, things to look for."""

    def __init__(self, hall: Hall, phone: Phone, rng: random.Random) -> None:
        self.hall, self.phone, self.rng = hall, phone, rng
        self._waits: dict[str, float] = {}

    async def work(self) -> None:
        while not self.hall.over:
            if self.rng.random() < 0.01:
                await self.phone.crash()
            with contextlib.suppress(Refused):
                await self.phone.exchange(wait_ms=200)
            if self.phone.device is not None:
                self._verdicts()
                self._tasks()
                self._out()
            await asyncio.sleep(0.05)

    def _out(self) -> None:
        rows = {r[0]: r for r in self.phone.table(shapes.PARCEL)}
        for box in list(self.hall.boxes.values()):
            if box.out or box.scan or box.emptied or box.parcel not in rows:
                continue
            # Boxes lie on the table for a while: what changes meanwhile is what the door must notice.
            due = self._waits.setdefault(box.parcel, time.monotonic() + self.rng.choice((0.0, 4.0, 10.0, 18.0)))
            if time.monotonic() < due:
                continue
            row = rows[box.parcel]
            seen = row[10] if row[6] == box.sheet else 0
            box.scan = self.phone.scan(Kind.HAND_OVER, box.sheet, box.parcel, seen)

    def _verdicts(self) -> None:
        for box in self.hall.boxes.values():
            if box.scan in self.phone.acked and not box.out:
                code = self.phone.verdicts.get(box.scan, 0)
                if code in (0, 1):  # accepted, or it had gone already
                    box.out = True
                else:
                    self._waits[box.parcel] = time.monotonic() + 1.0
                    self._again(box)

    def _again(self, box: Box) -> None:
        """Refused. What is to be done comes as a task; then it may be scanned again."""
        rows = {r[0]: r for r in self.phone.table(shapes.PARCEL)}
        row = rows.get(box.parcel)
        if row is not None and row[13] == "ready" and row[10] == row[9] and row[6] != box.sheet:
            box.sheet = row[6]
        if row is not None and row[5] in ("packed", "ready", "picking") and not row[11]:
            box.scan = b""

    def _tasks(self) -> None:
        rows = {r[0]: r for r in self.phone.table(shapes.PARCEL)}
        by_no = {r[1]: r for r in rows.values()}
        for task in self.phone.table(shapes.TASK):
            id, kind, order_no, parcel_no = task[:4]
            # Nobody reads a list of tasks the moment it changes: a box may be scanned before.
            due = self._waits.setdefault(id, time.monotonic() + self.rng.choice((0.0, 5.0, 12.0)))
            if time.monotonic() < due or not self._to_do(id):
                continue
            row = by_no.get(parcel_no)
            box = self.hall.boxes.get(row[0]) if row else None
            if kind == "reprint":
                if row is None or row[13] != "ready" or row[10] != row[9]:
                    continue  # the new sheet is not there yet
                if box is not None and not box.out:
                    box.sheet = row[6]
            elif kind == "put_back":
                if box is not None and not box.out:
                    box.emptied = True
                wave = row[3] if row else ""
                self.hall.totes.pop((order_no, wave), None)
            elif kind == "repick":
                continue  # the picker finds it, which ends the task
            self.hall.done[id] = (self.phone.scan(Kind.TASK_DONE, id, "done"), time.monotonic())

    def _to_do(self, task: str) -> bool:
        """Not seen to yet, or it is still there though the server has heard that it was done: then once more."""
        scan, at = self.hall.done.get(task, (b"", 0.0))
        return not scan or (scan in self.phone.acked and time.monotonic() - at > 5)


class Desk:
    """客服 and who makes the waves, by the API of the PWA's desk."""

    def __init__(
        self, hall: Hall, client: Client, pickers: list[Phone], control: "Shops", wave: int, rng: random.Random
    ) -> None:
        self.hall, self.client, self.pickers, self.shops, self.wave = hall, client, pickers, control, wave
        self.rng = rng
        self.released = self.matched = self.waves = self.retried = self.held = 0
        self._held_at: dict[str, float] = {}
        self.skus: dict[str, str] = {}

    async def work(self) -> None:
        turn = 0
        while not self.hall.over:
            turn += 1
            try:
                await self._waves(self.pickers[turn % len(self.pickers)])
                await self._inbox()
                await self._second_thoughts()
            except LOST:
                pass  # the wire; the next round sees the same inbox
            except Refused as e:
                # Not now, or somebody (a request of ours that arrived twice) was quicker.
                if not is_busy(e) and not any(f": {status} " in str(e) for status in (401, 404, 409)):
                    raise
            await asyncio.sleep(0.4)

    async def _waves(self, phone: Phone) -> None:
        if phone.device is None:
            return
        open_picks = sum(1 for r in phone.table(shapes.PICK) if r[11] == "open")
        ready = (await self.client.call("GET", "waves")).json()["ready_orders"]
        if ready and open_picks < 2 * self.wave:
            body = {"device_id": str(phone.device), "order_ids": None, "max_orders": self.wave}
            await self.client.call("POST", "waves", json=body)
            self.waves += 1

    async def _inbox(self) -> None:
        tasks = (await self.client.call("GET", "tasks")).json()["rows"]
        for task in tasks[:20]:
            first = self._held_at.setdefault(task["id"], time.monotonic())
            thought_over = task["reason"] == "manual" and time.monotonic() - first > HOLD_S
            if task["kind"] == "hold" and (task["reason"] in ("buyer_note", "duplicate") or thought_over):
                body = {"task_id": task["id"], "reason": "看过，可以发"}
                await self.client.call("POST", f"orders/{task['order_id']}/release", json=body)
                self.released += 1
            elif task["kind"] == "hold" and task["reason"] == "sku_unmatched":
                await self._match(task)
            elif task["kind"] == "write_back":
                await self._write_back(task)

    async def _second_thoughts(self) -> None:
        """Now and then an order that is being picked, or lies packed, is held; some seconds later it may go on."""
        if self.rng.random() > 0.04 or self.hall.closing:
            return
        rows = (await self.client.call("GET", "orders", params={"state": "picking", "limit": 50})).json()["rows"]
        if rows:
            order = self.rng.choice(rows)
            await self.client.call("POST", f"orders/{order['id']}/hold", json={"reason": "先等一下，客户在问"})
            self.held += 1

    async def _match(self, task: dict[str, Any]) -> None:
        order = (await self.client.call("GET", f"orders/{task['order_id']}")).json()
        for line in order["lines"]:
            if line["sku"] or not line["outer_code"]:
                continue
            code = stand_in(line["outer_code"])
            if not self.skus:
                rows = (await self.client.call("GET", "skus")).json()["rows"]
                self.skus = {r["code"]: r["id"] for r in rows}
            body = {"sku_id": self.skus[code]}
            await self.client.call("POST", f"orders/{task['order_id']}/lines/{line['id']}/match", json=body)
            self.matched += 1

    async def _write_back(self, task: dict[str, Any]) -> None:
        """The platform refused. A refund under way is waited for; what is cancelled there needs no number."""
        order = (await self.client.call("GET", f"orders/{task['order_id']}")).json()
        theirs = await self.shops.order(order["platform"], order["external_id"])
        if theirs["refund"] == "asked":
            return
        done = theirs["refund"] == "done" or theirs["state"] == "cancelled"
        body = {"outcome": "dropped", "reason": "平台已退款"} if done else {"outcome": "retry", "reason": ""}
        await self.client.call("POST", f"tasks/{task['id']}/close", json=body)
        self.retried += not done


def stand_in(outer_code: str) -> str:
    """The SKU that customer service takes an unknown listing for."""
    return SKUS[int(outer_code.rsplit("-", 1)[1]) % len(SKUS)].code


class Shops:
    """The sandbox's /control API: the hand of buyers and platforms, on a wire that does not lie."""

    def __init__(self, port: int) -> None:
        # No connection is kept: one that the server closes just as we send would look like a lost order.
        kept = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/control", timeout=60, limits=kept)

    async def post(self, path: str, **body: Any) -> Any:
        answer = await self._http.post(f"/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def post_all(self, path: str, rows: list[dict[str, Any]]) -> None:
        (await self._http.post(f"/{path}", json=rows)).raise_for_status()

    async def order(self, platform: str, external_id: str) -> dict[str, Any]:
        answer = await self._http.get(f"/orders/{platform}/{external_id}")
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    async def orders(self) -> list[dict[str, Any]]:
        answer = await self._http.get("/orders")
        answer.raise_for_status()
        found: list[dict[str, Any]] = msgspec.json.decode(answer.content)["orders"]
        return found

    async def clear_faults(self) -> None:
        (await self._http.delete("/faults")).raise_for_status()

    async def stats(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self._http.get("/stats")).json()
        return found

    async def close(self) -> None:
        await self._http.aclose()


class Buyers:
    """Orders, and what becomes of them: cancelled, refunded, the refund taken back, another address. By the seed."""

    def __init__(self, shops: Shops, rng: random.Random, count: int, seconds: float) -> None:
        self.shops, self.rng, self.count, self.seconds = shops, rng, count, seconds
        self.acts: Counter[str] = Counter()
        self.moved: dict[tuple[str, str], float] = {}
        self.packed: set[tuple[str, str]] = set()
        """Orders that lie packed in the house, as the proof reads in the hub."""
        self._later: list[asyncio.Task[None]] = []

    async def work(self) -> None:
        """Place all orders; returns when the last act is over."""
        platforms = ("taobao", "jd", "pinduoduo", "shopee")
        for n in range(self.count):
            platform = platforms[n % 4]
            odd = self.rng.random()
            more: dict[str, Any] = {"odd": False}
            if odd < 0.03:
                more["skus"] = [OLD_LISTING, self.rng.choice(SKUS).code]
                self.acts["unmatched"] += 1
            placed = await self.shops.post("orders", platform=platform, count=1, seed=self.rng.randrange(10**6), **more)
            self._fate(platform, placed["ids"][0])
            await asyncio.sleep(self.rng.uniform(0, 2 * self.seconds / self.count))
        for task in self._later:
            await task

    def _fate(self, platform: str, id: str) -> None:
        """What the buyer will do, and when: at some time, or as soon as the goods lie packed on the table."""
        x, then = self.rng.random(), self.rng.uniform(1, 12)
        first = None if self.rng.random() < 0.5 else self.rng.uniform(0, 40)
        who = {"platform": platform, "external_id": id}
        acts: list[tuple[float, str, dict[str, str]]] = []
        if x < 0.10:
            acts = [(0, "cancel", {})]
        elif x < 0.15:
            acts = [(0, "refund", {"to": "asked"}), (then, "refund", {"to": "done"})]
        elif x < 0.21:
            acts = [(0, "refund", {"to": "asked"}), (then, "refund", {"to": "none"})]
        elif x < 0.25:
            acts = [(0, "address", {}), (then, "address", {})]
        elif x < 0.41:
            acts = [(0, "address", {})]
        if acts:
            self._later.append(asyncio.create_task(self._live(who, first, acts)))

    async def _live(
        self, who: dict[str, str], first: float | None, acts: list[tuple[float, str, dict[str, str]]]
    ) -> None:
        if first is None:
            await self._packed(who)
        else:
            await asyncio.sleep(first)
        for pause, act, more in acts:
            await asyncio.sleep(pause)
            await self._act(act, who | more)

    async def _packed(self, who: dict[str, str]) -> None:
        """Returns when the hub has it packed, or after a minute (held, short, never to be packed)."""
        deadline = time.monotonic() + 60
        while (who["platform"], who["external_id"]) not in self.packed and time.monotonic() < deadline:
            await asyncio.sleep(0.3)

    async def _act(self, act: str, body: dict[str, str]) -> None:
        order = await self.shops.order(body["platform"], body["external_id"])
        name = f"{act} {body.get('to', '')}".strip()
        if order["state"] == "paid":
            await self.shops.post(act, **body)
            self.acts[name] += 1
            if act == "address":
                self.moved[body["platform"], body["external_id"]] = time.time()
        elif body.get("to") in ("none", "done") and order["refund"] == "asked":
            # A platform lets a buyer do no more than that once the parcel is under way.
            await self.shops.post(act, **body)
            self.acts[f"{name} (shipped)"] += 1
