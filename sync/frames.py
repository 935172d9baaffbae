"""What a device gets for one shape: delta or snapshot, and why.

Pure: log lines, rows and digests in, a frame out.
"""

from collections.abc import Iterable, Sequence

from msgspec import Raw, Struct

from sync import codec, shapes
from sync.digest import Digest
from sync.fold import DELETED, Entry
from sync.messages import DIGEST, FIRST, FLOOR, GEN, Del, Frame, Mark, Put, Reset, Row
from sync.shapes import Keys, Template

ROW_BYTES = 64 * 1024
SMALL = 500  # a delta of so many rows is sent whatever the size of the shape


class Meta(Struct, frozen=True):
    """The log at one moment. gens: earlier generations, newest first."""

    gen: str
    off: int
    floor: int
    gens: tuple[str, ...] = ()


class Sub(Struct, frozen=True):
    """What a device asks for, with the key and the rights epoch that the server derived from its session."""

    template: Template
    keys: Keys
    h: int
    off: int
    epoch: int = 1

    @property
    def at(self) -> tuple[int, Keys]:
        return self.template.id, self.keys


def reset_why(sub: Sub, meta: Meta) -> int | None:
    """None: the log can continue from the device's offset; else why it must have all rows again."""
    if sub.off == -1:
        return FIRST
    if sub.off < -1:
        return DIGEST
    if sub.h != shapes.handle(sub.template, sub.keys, sub.epoch, meta.gen):
        return shapes.why(sub.template, sub.keys, sub.epoch, (meta.gen, *meta.gens), sub.h)
    if sub.off > meta.off:
        return GEN
    if sub.off < meta.floor:
        return FLOOR
    return None


def too_large(entries: int, digest: Digest) -> bool:
    """A difference larger than half the shape is better sent as a snapshot."""
    return entries > max(SMALL, digest.n // 2)


def newest(entries: Iterable[Entry], sub: Sub) -> list[Entry]:
    """The last line for each row that touches the shape, in log order. SQL does the same: see log.DELTAS."""
    last: dict[str, Entry] = {}
    for e in entries:
        if e.tpl == sub.template.id and e.off > sub.off and sub.keys in (e.old, e.new):
            last[e.pk] = e
    return sorted(last.values(), key=lambda e: e.off)


def delta(sub: Sub, meta: Meta, entries: Sequence[Entry], digest: Digest) -> Frame:
    """entries: as newest() gives them."""
    msgs = [_op(sub, e) for e in entries]
    return _frame(sub, meta, msgs, digest)


def snapshot(sub: Sub, meta: Meta, rows: Iterable[bytes], digest: Digest, why: int) -> Frame:
    msgs: list[Put | Del | Row | Reset] = [Reset(why)]
    part: list[bytes] = []
    size = 0
    for row in rows:
        if part and size + len(row) > ROW_BYTES:
            msgs.append(Row(sub.template.id, part))
            part, size = [], 0
        part.append(row)
        size += len(row)
    if part:
        msgs.append(Row(sub.template.id, part))
    return _frame(sub, meta, msgs, digest)


def _op(sub: Sub, e: Entry) -> Put | Del:
    if e.new == sub.keys and e.row is not None:
        return Put(sub.template.id, e.row, e.cause)
    return Del(sub.template.id, e.pk, 0 if e.op == DELETED else 1, e.cause)


def _frame(sub: Sub, meta: Meta, msgs: Sequence[Put | Del | Row | Reset], digest: Digest) -> Frame:
    packed: list[Raw] = [codec.raw(m) for m in msgs]
    packed.append(codec.raw(Mark(meta.off, 1, digest.n, digest.d1, digest.d2)))
    h = shapes.handle(sub.template, sub.keys, sub.epoch, meta.gen)
    return Frame(sub.template.id, h, sub.off, packed, sub.h)
