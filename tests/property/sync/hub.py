"""The server of the small world: the engine's own pure half (codec, sequence, fold, frames) over dicts."""

from collections import Counter
from dataclasses import dataclass

from sync import codec, digest, frames, sequence
from sync.digest import EMPTY, Digest
from sync.fold import Change, Entry, Image, add, fold
from sync.frames import Meta, Sub
from sync.messages import ADJUSTED, VERSION, Ack, Ev, Fork, Frame, Pulled, Verdict
from sync.shapes import Template, columns

SHAPE = Template(2, "pick", "pick", columns("id", "wh", "need", "done"), ("wh",))
GONE, OVER = ADJUSTED, 3


@dataclass
class Device:
    last: int = 0
    seen: int = 0
    fork_seen: int | None = None
    prev: bytes | None = None

    @property
    def floor(self) -> int:
        return self.seen if self.fork_seen is None else min(self.seen, self.fork_seen)


@dataclass
class Stored:
    dev: bytes
    n: int
    code: int


class Server:
    def __init__(self, plant: str) -> None:
        self.plant = plant
        self.rows: dict[int, tuple[int, int, int]] = {}
        self.outbox: list[Change] = []
        self.log: list[Entry] = []
        self.images: dict[tuple[int, str], Image] = {}
        self.digests: dict[tuple[int, tuple[str, ...]], Digest] = {}
        self.meta = Meta("g1", 0, 0)
        self.epoch = {1: 1, 2: 1}
        self.devices: dict[bytes, Device] = {}
        self.events: dict[bytes, list[Stored]] = {}
        self.applied: Counter[bytes] = Counter()
        self.rehomed: dict[tuple[bytes, int], bytes] = {}
        self.late: set[bytes] = set()  # stored under a life that was over: a request from before the storage went back

    def doom(self, statements: int) -> None:
        """Death between two statements needs statements: see sql_hub."""

    # -- tables and mover

    def put(self, k: int, row: tuple[int, int, int] | None) -> None:
        if row is None:
            self.rows.pop(k, None)
            self.outbox.append(Change(SHAPE.id, "d", str(k)))
        else:
            self.rows[k] = row
            self.outbox.append(Change(SHAPE.id, "p", str(k), (str(row[0]),), codec.encode([str(k), *row])))

    def truncate(self) -> None:
        """TRUNCATE and a new load, in one transaction."""
        self.outbox.append(Change(SHAPE.id, "t"))
        for k, row in list(self.rows.items()):
            if k % 2:
                self.put(k, row)
            else:
                del self.rows[k]

    def move(self) -> None:
        folded = fold(self.outbox, self.images, self.meta.off)
        self.outbox = []
        gen, gens = self.meta.gen, self.meta.gens
        if folded.wiped:
            self.images, self.digests = {}, {}
            gen, gens = f"g{len(gens) + 2}", (gen, *gens)
        for at, image in folded.images.items():
            if image is None:
                self.images.pop(at, None)
            else:
                self.images[at] = image
        for of, moved in folded.digests.items():
            self.digests[of] = add(self.digests.get(of, EMPTY), moved)
        self.log += folded.entries
        self.meta = Meta(gen, folded.head, self.meta.floor, gens)

    def trim(self, keep: int) -> None:
        floor = max(self.meta.floor, self.meta.off - keep)
        self.meta = Meta(self.meta.gen, self.meta.off, floor, self.meta.gens)
        self.log = [e for e in self.log if e.off > floor]

    # -- down

    def pull(self, data: bytes) -> bytes:
        pull = codec.decode_pull(data)
        out = []
        for shape, h, off in pull.subs:
            assert shape == SHAPE.id
            wh = pull.cols  # the session's warehouse, in this world
            sub = Sub(SHAPE, (str(wh),), h, off, self.epoch[wh])
            out.append(self.frame(sub))
        return codec.encode(Pulled(VERSION, out, 0))

    def frame(self, sub: Sub) -> Frame:
        if sub.off < 0:
            self.move()
        why = frames.reset_why(sub, self.meta)
        if self.plant == "noreset" and sub.off >= self.meta.floor:
            why = None
        sums = self.digests.get(sub.at, EMPTY)
        if why is not None:
            rows = [i.row for (_, _), i in sorted(self.images.items()) if i.keys == sub.keys]
            assert digest.of(rows) == sums, "the mover's digest is not that of its rows"
            return frames.snapshot(sub, self.meta, rows, sums, why)
        entries = frames.newest(self.log, sub)
        if self.plant == "nomoveout":
            entries = [e for e in entries if e.new == sub.keys or e.op == "d"]
        return frames.delta(sub, self.meta, entries, sums)

    # -- up

    def enrol(self, dev: bytes, prev: bytes | None) -> None:
        self.devices.setdefault(dev, Device(prev=prev))

    def push(self, data: bytes) -> bytes:
        up = codec.decode_up(data)
        device = self.devices[up.dev]
        events = codec.events(up)
        known = {e.id: (self.events[e.id][0].dev, self.events[e.id][0].n) for e in events if e.id in self.events}
        if self.plant == "noglobalid":
            known = {id: place for id, place in known.items() if place[0] == up.dev}
        if self.plant == "noid":
            known |= {e.id: (up.dev, e.n) for e in events if e.n <= device.last}
        plan = sequence.decide(up.dev, device.last, up.top, events, known)
        if plan.fork:
            device.fork_seen = up.seen if device.fork_seen is None else min(device.fork_seen, up.seen)
            return codec.encode(Fork(device.last, plan.fork))
        for id, n in plan.rehomed:
            self.rehomed[up.dev, n] = id
        fresh = [e.id for e in plan.fresh]
        for e in plan.fresh:
            assert isinstance(e, Ev)
            if any(d.prev == up.dev for d in self.devices.values()):
                self.late.add(e.id)
            self.events.setdefault(e.id, []).append(Stored(up.dev, e.n, self.decide(e)))
        device.last, device.seen = plan.last, up.seen
        self.move()
        verdicts = self.verdicts(up.dev, up.seen)
        if self.plant == "nostoredverdict":
            verdicts = [v for v in verdicts if v.id in fresh]
        upto = plan.last if self.plant == "cumack" else plan.upto
        return codec.encode(Ack(upto, self.meta.off, verdicts, 0))

    def decide(self, e: Ev) -> int:
        k, qty = codec.body(e, tuple[int, int])
        row = self.rows.get(k)
        if row is None:
            return GONE
        wh, need, done = row
        if done + qty > need:
            return OVER
        self.put(k, (wh, need, done + qty))
        self.applied[e.id] += 1
        return 0

    def verdicts(self, dev: bytes, seen: int) -> list[Verdict]:
        of = [(s.n, id, s.code) for id, all_ in self.events.items() for s in all_ if s.dev == dev]
        of += [(n, id, self.events[id][0].code) for (d, n), id in self.rehomed.items() if d == dev]
        out = [Verdict(n, id, code) for n, id, code in sorted(of) if code and n > seen]
        life = self.devices[dev].prev if seen == 0 else None
        while life is not None:
            device = self.devices[life]
            out += [
                Verdict(0, id, s.code)
                for id, all_ in self.events.items()
                for s in all_
                if s.dev == life and s.code and s.n > device.floor
            ]
            life = device.prev if device.floor == 0 else None
        return out
