"""What the mover does, without a database: changes in commit order in, log entries, new images and digest
moves out. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from msgspec import Struct

from sync.digest import EMPTY, MASK, Digest
from sync.shapes import Keys

PUT, DELETED, LEFT, TRUNCATED = "p", "d", "o", "t"


class Change(Struct, frozen=True):
    """What a trigger saw.

    op p: the row as it is now; d: deleted; o: no longer in any shape; t: the table was emptied.
    """

    tpl: int
    op: str
    pk: str = ""
    keys: Keys | None = None
    row: bytes | None = None
    cause: bytes | None = None


class Image(Struct, frozen=True):
    """A row as it was last logged."""

    keys: Keys
    row: bytes


class Entry(Struct, frozen=True):
    """One line of the log: the row left old and is now in new."""

    off: int
    tpl: int
    op: str
    pk: str
    old: Keys | None
    new: Keys | None
    row: bytes | None = None
    cause: bytes | None = None


@dataclass
class Folded:
    """images: what changed, None for a row that is gone. digests: by how much each moved.

    wiped: templates whose table was emptied.
    """

    head: int
    entries: list[Entry] = field(default_factory=list)
    images: dict[tuple[int, str], Image | None] = field(default_factory=dict)
    digests: dict[tuple[int, Keys], Digest] = field(default_factory=dict)
    wiped: set[int] = field(default_factory=set)

    def move(self, tpl: int, old: Image | None, new: Image | None) -> None:
        if old is not None:
            self.digests[tpl, old.keys] = self.digests.get((tpl, old.keys), EMPTY).minus(old.row)
        if new is not None:
            self.digests[tpl, new.keys] = self.digests.get((tpl, new.keys), EMPTY).plus(new.row)


def fold(changes: Iterable[Change], images: dict[tuple[int, str], Image], head: int) -> Folded:
    """images: of every row named in changes, as last logged.

    Each change that changes anything gets the next offset.
    """
    out = Folded(head)
    for c in changes:
        if c.op == TRUNCATED:
            out.wiped.add(c.tpl)
            for at in [at for at in out.images if at[0] == c.tpl]:
                del out.images[at]
            for of in [of for of in out.digests if of[0] == c.tpl]:
                del out.digests[of]
            continue
        at = (c.tpl, c.pk)
        old = out.images[at] if at in out.images else (None if c.tpl in out.wiped else images.get(at))
        new = Image(c.keys, c.row) if c.op == PUT and c.keys is not None and c.row is not None else None
        if old == new:
            continue
        out.head += 1
        out.images[at] = new
        out.move(c.tpl, old, new)
        out.entries.append(
            Entry(
                out.head,
                c.tpl,
                c.op if new is None else PUT,
                c.pk,
                None if old is None else old.keys,
                None if new is None else new.keys,
                None if new is None else new.row,
                c.cause,
            )
        )
    return out


def add(a: Digest, b: Digest) -> Digest:
    return Digest(a.n + b.n, (a.d1 + b.d1) & MASK, (a.d2 + b.d2) & MASK)
