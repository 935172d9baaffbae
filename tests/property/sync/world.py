"""A small world for the protocol: one server in memory, devices that follow SPEC.md, a network that lies.

No I/O, no clock. `plant` names a bug put in on purpose: the tests must notice each. Rows are
pick -> (warehouse, need, done); a shape is the picks of one warehouse.
"""

import random
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sync import codec, digest
from sync.messages import VERSION, Del, Ev, Fork, Frame, Mark, Pull, Put, Reset, Row, Up
from tests.property.sync.hub import SHAPE, Server

PICKS = 12

PLANTS = ["nofrom", "splitapply", "noglobalid", "cumack", "noid", "nomoveout", "nostoredverdict", "noreset"]


class Wire:
    """A message under way: of which device's page, in which direction."""

    def __init__(self, phone: "Phone", kind: str, data: bytes, session: int) -> None:
        self.phone, self.kind, self.data, self.session = phone, kind, data, session

    def copy(self) -> "Wire":
        return Wire(self.phone, self.kind, self.data, self.session)


@dataclass
class Storage:
    """What survives a crash."""

    dev: bytes
    h: int = 0
    off: int = -1
    rows: dict[str, bytes] = field(default_factory=dict)
    queue: list[Ev] = field(default_factory=list)
    n: int = 0
    seen: int = 0
    verdicts: dict[bytes, int] = field(default_factory=dict)

    def copy(self) -> "Storage":
        return Storage(
            self.dev,
            self.h,
            self.off,
            dict(self.rows),
            list(self.queue),
            self.n,
            self.seen,
            dict(self.verdicts),
        )


class Phone:
    def __init__(self, world: "World", wh: int) -> None:
        self.world, self.wh = world, wh
        self.session = 0
        self.recorded: set[bytes] = set()  # every event that beeped
        self.forgotten: set[bytes] = set()  # those whose storage was lost before they were sent
        self.mine: set[bytes] = set()  # those of this phone since its storage was last wiped
        self.mismatches = 0
        self.checkpoint: Storage | None = None
        self.life()

    def life(self) -> None:
        self.s = Storage(self.world.new_id())
        self.world.server.enrol(self.s.dev, None)

    # -- what a person does and what befalls the page

    def scan(self, k: int) -> None:
        picks = sorted(self.s.rows)
        if picks:
            pk = picks[k % len(picks)]
            self.s.n += 1
            ev = Ev(self.s.n, self.world.new_id(), 1, 0, 0, self.s.off, codec.raw([int(pk), 1]))
            self.s.queue.append(ev)
            self.recorded.add(ev.id)
            self.mine.add(ev.id)

    def crash(self) -> None:
        self.session += 1

    def wipe(self) -> None:
        self.forgotten |= {e.id for e in self.s.queue}
        self.mine = set()
        self.checkpoint = None
        self.life()
        self.crash()

    def remember(self) -> None:
        self.checkpoint = self.s.copy()

    def rollback(self) -> None:
        """The storage of an earlier day comes back (a backup, a broken flash)."""
        if self.checkpoint is not None and self.checkpoint.dev == self.s.dev:
            kept = {e.id for e in self.checkpoint.queue}
            self.forgotten |= {e.id for e in self.s.queue if e.id not in kept}
            self.s = self.checkpoint.copy()
            self.crash()

    # -- asking

    def ask(self) -> None:
        sub = (SHAPE.id, self.s.h, self.s.off)
        self._send("pull", codec.encode(Pull(VERSION, self.s.dev, [sub], cols=self.wh)))

    def push(self, most: int) -> None:
        evs = [codec.raw(e) for e in self.s.queue[:most]]
        self._send("push", codec.encode(Up(VERSION, self.s.dev, self.s.n, self.s.seen, evs)))

    def _send(self, kind: str, data: bytes) -> None:
        self.world.net.append(Wire(self, kind, data, self.session))

    # -- being answered

    def receive(self, wire: Wire) -> None:
        if wire.session != self.session:
            return  # an answer reaches only the page that asked
        if wire.kind == "pulled":
            for frame in codec.decode_pulled(wire.data).frames:
                self.apply(frame)
            return
        dev, answer = wire.data[:16], codec.decode_answer(wire.data[16:])
        if dev != self.s.dev:
            return
        if isinstance(answer, Fork):
            self.fork()
            return
        for v in answer.verdicts:
            self.s.verdicts[v.id] = v.code
            self.s.seen = max(self.s.seen, v.n)
        self.s.queue = [e for e in self.s.queue if e.n > answer.upto]

    def fork(self) -> None:
        old = self.s.dev
        self.s.dev = self.world.new_id()
        self.s.queue = [msgspec.structs.replace(e, n=i + 1) for i, e in enumerate(self.s.queue)]
        self.s.n, self.s.seen = len(self.s.queue), 0
        self.world.server.enrol(self.s.dev, old)

    def apply(self, frame: Frame) -> None:
        if self.world.plant != "nofrom" and (frame.was, frame.frm) != (self.s.h, self.s.off):
            return
        msgs = codec.messages(frame)
        whole = isinstance(msgs[0], Reset)
        if not whole and frame.h != frame.was:
            return
        rows = {} if whole else dict(self.s.rows)
        for m in msgs:
            if isinstance(m, Row):
                rows |= {msgspec.msgpack.decode(r)[0]: r for r in m.rows}
            elif isinstance(m, Put):
                rows[msgspec.msgpack.decode(m.row)[0]] = m.row
            elif isinstance(m, Del):
                rows.pop(m.pk, None)
            elif isinstance(m, Mark):
                if self.world.plant == "splitapply" and self.world.rng.random() < 0.05:
                    self.s.h, self.s.off = (
                        frame.h,
                        m.off,
                    )  # the offset saved in another transaction than the rows, then a crash
                    return
                self.s.rows, self.s.h, self.s.off = rows, frame.h, m.off
                if digest.of(rows.values()) != (m.n, m.d1, m.d2):
                    self.mismatches += 1
                    self.s.h, self.s.off = 0, -2


class World:
    def __init__(self, seed: int = 0, plant: str = "", server: Any = None) -> None:
        """server: one in memory unless given (sql_hub.SqlServer is the other)."""
        self.rng = random.Random(seed)
        self.plant = plant
        self.server = server or Server(plant)
        for k in range(PICKS):
            self.server.put(k, (1 + k % 2, 1 + k % 5, 0))
        self.net: list[Wire] = []
        self.phones = [Phone(self, 1), Phone(self, 2), Phone(self, 1)]

    def new_id(self) -> bytes:
        return self.rng.randbytes(16)

    def deliver(self, i: int) -> None:
        if not self.net:
            return
        wire = self.net.pop(i % len(self.net))
        if wire.kind == "pull":
            self.net.append(Wire(wire.phone, "pulled", self.server.pull(wire.data), wire.session))
        elif wire.kind == "push":
            answer = self.server.push(wire.data)
            if answer:  # else it died over it
                self.net.append(Wire(wire.phone, "answer", codec.decode_up(wire.data).dev + answer, wire.session))
        else:
            wire.phone.receive(wire)

    def move_row(self, k: int) -> None:
        """Insert a pick, or hand it to the other warehouse."""
        row = self.server.rows.get(k)
        self.server.put(k, (1 + k % 2, 1 + k % 5, 0) if row is None else (3 - row[0], row[1], row[2]))

    def settle(self) -> None:
        """The network heals: everything asks until nothing is left to say."""
        for _ in range(12):
            for phone in self.phones:
                phone.ask()
                phone.push(8)
            while self.net:
                self.deliver(0)
            self.server.move()
        for _ in range(40):
            if not any(p.s.queue for p in self.phones):
                break
            for phone in self.phones:
                phone.push(8)
                phone.ask()
            while self.net:
                self.deliver(0)

    def wrong(self) -> set[str]:
        """What is broken; to be asked after settle()."""
        bad: set[str] = set()
        for p in self.phones:
            want: dict[str, Any] = {
                str(k): codec.encode([str(k), *r]) for k, r in self.server.rows.items() if r[0] == p.wh
            }
            if p.s.queue:
                bad.add("queue not drained")
            if p.s.rows != want:
                bad.add("rows differ")
            if p.mismatches:
                bad.add("digest mismatch")
            for id in p.recorded:
                stored = self.server.events.get(id, [])
                if not stored and id not in p.forgotten:
                    bad.add("event lost")
                if len(stored) > 1:
                    bad.add("event decided twice")
                if self.server.applied[id] > 1:
                    bad.add("event applied twice")
                if stored and self.server.applied[id] < (stored[0].code == 0):
                    bad.add("effect lost")
                if stored and stored[0].code and self.server.applied[id]:
                    bad.add("effect of a refused event")
                # The device has forgotten a late one: its verdict is for a shape to show, not for this
                # protocol.
                told = id in p.mine and id not in self.server.late
                if told and stored and stored[0].code != p.s.verdicts.get(id, 0):
                    bad.add("verdict not learnt")
        return bad
