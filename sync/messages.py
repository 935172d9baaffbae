"""What travels: array-like MessagePack structs. Fields are append-only with defaults; no renaming, no
reordering.

Every int is below 2^53 (JavaScript has no int64), times are epoch milliseconds, ids are bytes. SPEC.md gives
the meaning.
"""

from typing import Annotated

from msgspec import Meta, Raw, Struct

VERSION = 1
LIMIT = 2**53

Int = Annotated[int, Meta(ge=0, lt=LIMIT)]
# -1: I hold nothing; -2: my digest did not match, send all again
Offset = Annotated[int, Meta(ge=-2, lt=LIMIT)]
Id = Annotated[bytes, Meta(min_length=16, max_length=16)]

# Reset.why
FIRST, GEN, FLOOR, SCHEMA, RIGHTS, DIGEST, TEMPLATE, LARGE = range(8)
# Fork.why
WENT_BACK, OTHER_ID, GAP = 1, 2, 3
# Verdict.code
ACCEPTED, DUPLICATE, ADJUSTED, WITH_TASK, HELD = range(5)

# -- down -----------------------------------------------------------------------------------------


class Row(Struct, array_like=True, tag=1, frozen=True):
    """A part of a snapshot. Each of rows is one MessagePack array in column order; column 0 is the primary
    key as text."""

    tbl: int
    rows: list[bytes]


class Put(Struct, array_like=True, tag=2, frozen=True):
    """The row as it is now, whole."""

    tbl: int
    row: bytes
    cause: bytes | None = None


class Del(Struct, array_like=True, tag=3, frozen=True):
    """The row is gone: out=0 deleted, out=1 it lives on, but not in this shape."""

    tbl: int
    pk: str
    out: int = 0
    cause: bytes | None = None


class Mark(Struct, array_like=True, tag=4, frozen=True):
    """The end of a consistent cut: apply what came before it in one local transaction.

    n rows, two sums of their bytes.
    """

    off: int
    live: int
    n: int
    d1: int
    d2: int


class Reset(Struct, array_like=True, tag=5, frozen=True):
    """What follows up to the Mark replaces the whole shape."""

    why: int


class Part(Struct, array_like=True, tag=6, frozen=True):
    """Reserved for snapshots in several answers. Not sent in version 1."""

    i: int
    of: int
    off: int


Down = Row | Put | Del | Mark | Reset | Part


class Frame(Struct, array_like=True, frozen=True):
    """What one shape gets in one answer. A device drops it unless (was, frm) is the (h, off) it has now."""

    shape: int
    h: int
    frm: int
    msgs: list[Raw]
    was: int = 0


class Pulled(Struct, array_like=True, frozen=True):
    """The answer to a Pull. at: the server's clock.

    lease: until when the floor may work offline; 0 = not said.
    """

    v: int
    frames: list[Frame]
    at: int
    lease: int = 0


class Bad(Struct, array_like=True, frozen=True):
    """A device's report of a digest that did not match: its own sums, those of the Mark, the last offsets it
    applied.
    """

    shape: Int
    h: Int
    off: Offset
    n: Int = 0
    d1: Int = 0
    d2: Int = 0
    want_n: Int = 0
    want_d1: Int = 0
    want_d2: Int = 0
    offs: list[int] = []


class Pull(Struct, array_like=True, frozen=True):
    """subs: (shape, h, off). wait: milliseconds to hold the answer.

    cols: the newest column set the client knows.
    """

    v: int
    dev: Id
    subs: list[tuple[Int, Int, Offset]]
    wait: Int = 0
    cols: Int = 0
    top: Int = 0
    unsent: Int = 0
    at: Int = 0
    bad: list[Bad] = []


# -- up -------------------------------------------------------------------------------------------


class Ev(Struct, array_like=True, frozen=True):
    """One intent of a person. n: 1, 2, 3 … of this device life.

    base: the offset the person was looking at.
    """

    n: Annotated[int, Meta(ge=1, lt=LIMIT)]
    id: Id
    kind: Annotated[int, Meta(ge=0, lt=2**15)]
    at: Int
    mono: Int
    base: Offset
    body: Raw
    who: Annotated[bytes, Meta(max_length=16)] = b""
    boot: Int = 0


class Up(Struct, array_like=True, frozen=True):
    """A batch, first in first out. Each of evs is an Ev, decoded one by one.

    at, mono, boot: the moment of sending.
    """

    v: int
    dev: Id
    top: Int
    seen: Int
    evs: list[Raw]
    at: Int = 0
    mono: Int = 0
    boot: Int = 0


class Verdict(Struct, array_like=True, frozen=True):
    """What became of an event, when that is not plainly "accepted".

    n=0: of an earlier life of this device.
    """

    n: int
    id: bytes
    code: int
    info: Raw = Raw(b"\xc0")


class Ack(Struct, array_like=True, tag=1, frozen=True):
    """upto: the last number whose id was compared in this request.

    off: the effects are in the log up to here.
    """

    upto: int
    off: int
    verdicts: list[Verdict]
    at: int


class Fork(Struct, array_like=True, tag=2, frozen=True):
    """Your numbers and ours have parted: take a new device id, number the queue from 1, send it again."""

    known: int
    why: int = WENT_BACK


Answer = Ack | Fork
