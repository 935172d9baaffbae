"""A small warehouse in the database, and a device that speaks the sync protocol as a browser would."""

import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from server.accounts.queries import User
from server.devices import actions, shapes
from server.devices.actions import Floor
from server.kit import clock, crypto, db
from server.kit.ids import uuid7
from server.orders import moves as orders
from server.picking import actions as picking
from server.stock import moves as stock
from server.stock.schemas import Receipt, Want
from sync import codec, log
from sync.frames import Sub
from sync.messages import Ack, Del, Ev, Fork, Mark, Put, Row, Up

OFFLINE_MS = 2000
"""So long every batch waits on the device, by its own clock, whose zero is far from ours."""

GOODS = {"TEE": ("T恤", "红 M", "A-01-01", "6901234567892"), "MUG": ("杯子", "", "A-02-01", "6901234567885")}


class Warehouse:
    """Goods on the shelf and paid, reviewed, reserved orders."""

    def __init__(self) -> None:
        self.id, self.shop = uuid7(), uuid7()
        self.skus: dict[str, UUID] = {}
        self.n = 0

    async def stock_up(self, qty: int = 500) -> None:
        await db.run("insert into warehouse(id, code, name) values($1, 'W1', '主仓')", self.id)
        async with db.transaction():
            key_id, key = await crypto.lasting_key(self.shop)
            secret = crypto.seal(key_id, key, b'{"app_secret": "s", "access_token": "t"}', f"shop|secret|{self.shop}")
            await db.run(
                """insert into shop(id, platform, external_id, name, secret, secret_key)
                   values($1, 'taobao', 's1', '店', $2, $3)""",
                self.shop,
                secret,
                key_id,
            )
        for code, (name, variant, bin, ean) in GOODS.items():
            self.skus[code] = uuid7()
            await db.run(
                "insert into sku(id, code, name, variant, bin) values($1, $2, $3, $4, $5)",
                self.skus[code],
                code,
                name,
                variant,
                bin,
            )
            await db.run("insert into barcode(code, sku) values($1, $2)", ean, self.skus[code])
        async with db.transaction() as tx:
            await stock.receive(tx, [Receipt(i, qty) for i in self.skus.values()], self.id, None, "")

    async def orders(self, count: int, **lines: int) -> list[UUID]:
        """So many orders with these lines ({TEE: 2, MUG: 1} by default), ready for a wave."""
        lines = lines or {"TEE": 2, "MUG": 1}
        now, made, wants = clock.now(), [], []
        for _ in range(count):
            self.n += 1
            order_id = uuid7()
            made.append(order_id)
            await db.run(
                """insert into sales_order(id, no, shop, platform, external_id, raw, platform_state, placed_at, paid_at,
                     receiver_version, review_due, reviewed_at)
                   values($1, $2, $3, 'taobao', $4, $5, 'paid', $6, $6, 1, false, $6)""",
                order_id,
                f"ZS-26-{self.n:06d}",
                self.shop,
                f"E{self.n}",
                uuid7(),
                now - timedelta(hours=1) + timedelta(seconds=self.n),
            )
            for pos, (code, qty) in enumerate(lines.items()):
                line = uuid7()
                await db.run(
                    "insert into order_line(id, order_id, pos, line_key, title, qty, sku) values($1,$2,$3,$4,$5,$6,$7)",
                    line,
                    order_id,
                    pos,
                    code,
                    code,
                    qty,
                    self.skus[code],
                )
                wants.append(Want(order_id, line, self.skus[code], qty))
        async with db.transaction() as tx:
            granted, short = await stock.reserve(tx, wants, self.id)
            assert len(granted) == len(wants) and not short
            await orders.mark(tx, "reserved", made, now)
        return made

    async def person(self, name: str, role: str = "warehouse") -> User:
        person = uuid7()
        await db.run(
            "insert into person(id, login, name, role, password) values($1, $2, $2, $3, '')", person, name, role
        )
        return await self.again(User(person, name, role, person))

    async def again(self, user: User) -> User:
        """The same person logs in once more."""
        session = uuid7()
        await db.run(
            "insert into session(id, token_hash, person, face, ends_at) values($1, $2, $3, 'floor', $4)",
            session,
            session.bytes,
            user.id,
            clock.now() + timedelta(hours=14),
        )
        return User(user.id, user.name, user.role, session)


class Device:
    """A browser: its queue, its rows."""

    def __init__(self, user: User, n: int) -> None:
        self.user, self.dev = user, n.to_bytes(16, "big")
        self.n = self.ids = 0
        self.at: dict[int, tuple[int, int]] = dict.fromkeys(shapes.BY_ID, (0, -1))
        self.rows: dict[int, dict[str, list[Any]]] = {s: {} for s in shapes.BY_ID}
        self.queue: list[Ev] = []
        self.seen = 0
        self.verdicts: dict[int, tuple[int, Any]] = {}

    @property
    def id(self) -> UUID:
        return self.device

    async def enrol(self, prev: bytes | None = None) -> "Device":
        self.device = await actions.enrol(self.user, self.dev, f"PDA {self.dev[-1]}", prev)
        return self

    async def floor(self) -> Floor:
        return await actions.floor_of(self.user, self.dev)

    def scan(self, kind: int, *body: Any, who: bytes | None = None) -> Ev:
        """Record an event, as the device does before it beeps."""
        self.n += 1
        id = self.dev[-2:] + b"event" + self.n.to_bytes(9, "big")
        mono = time.monotonic_ns() // 1_000_000
        ev = Ev(self.n, id, kind, mono, mono, 0, codec.raw(list(body)),
                self.user.id.bytes if who is None else who, 7)  # fmt: skip
        self.queue.append(ev)
        return ev

    def batch(self, evs: list[Any] | None = None) -> Up:
        evs = self.queue if evs is None else evs
        now = time.monotonic_ns() // 1_000_000 + OFFLINE_MS
        return codec.decode_up(
            codec.encode(Up(1, self.dev, self.n, self.seen, [codec.raw(e) for e in evs], now, now, 7))
        )

    async def push(self, lose: bool = False) -> Ack | Fork:
        """Send the queue; lose: the answer does not arrive."""
        answer = await actions.push(await self.floor(), self.batch())
        if isinstance(answer, Ack) and not lose:
            self.queue = [e for e in self.queue if e.n > answer.upto]
            for v in answer.verdicts:
                self.verdicts[v.n] = (v.code, msgspec.msgpack.decode(v.info))
                self.seen = max(self.seen, v.n)
        return answer

    async def pull(self) -> None:
        f = await self.floor()
        subs = [
            Sub(shapes.BY_ID[s], shapes.keys(s, device=f.device, warehouse=f.warehouse, person=f.person), *at, f.epoch)
            for s, at in self.at.items()
        ]
        async with db.connection() as c:
            await log.freshen(c)
            answer = await log.pull(c, subs)
        for frame in answer.frames:
            rows = self.rows[frame.shape]
            for m in codec.messages(frame):
                match m:
                    case Row():
                        rows |= {r[0]: r for r in map(msgspec.msgpack.decode, m.rows)}
                    case Put():
                        row = msgspec.msgpack.decode(m.row)
                        rows[row[0]] = row
                    case Del():
                        rows.pop(m.pk, None)
                    case Mark():
                        self.at[frame.shape] = (frame.h, m.off)
                    case _:
                        rows.clear()

    def picks(self) -> list[list[Any]]:
        return sorted(self.rows[shapes.PICK].values(), key=lambda r: r[0])

    def parcels(self) -> list[list[Any]]:
        return sorted(self.rows[shapes.PARCEL].values(), key=lambda r: r[1])

    def tasks(self) -> list[list[Any]]:
        return sorted(self.rows[shapes.TASK].values())

    def pick_all(self) -> None:
        for p in self.picks():
            self.scan(1, p[0], p[8][0], p[9])

    def pack_all(self) -> None:
        for p in self.parcels():
            self.scan(4, p[0], [[i[0], i[3]] for i in p[12]])


async def label(version: int = 1) -> None:
    """What carrier and printer do: each parcel that has none gets a waybill and a label of that version."""
    await db.run(
        """update parcel set waybill_no = 'SLX' || no, carrier = 'SLX', label_version = $1, label_state = 'ready'
           where waybill_no = ''""",
        version,
    )


async def wave(device: UUID, max_orders: int = 20) -> UUID:
    return await picking.make_wave(device, None, max_orders)
