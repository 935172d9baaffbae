"""Templates of shapes: which columns of which table, keyed by what, for whom.

Written in code, never taken from a client.
"""

import re
from collections.abc import Sequence
from hashlib import blake2b

import msgspec
from msgspec import Struct

from sync.messages import GEN, LIMIT, RIGHTS, SCHEMA, TEMPLATE

Keys = tuple[str, ...]
NAME = re.compile(r"[a-z_][a-z0-9_]{0,40}")


class Column(Struct, frozen=True):
    """name on the wire; sql with {r} for the row.

    The sql may use this one row only: no now(), no subquery, no zone.
    """

    name: str
    sql: str


def column(name: str, of: str = "") -> Column:
    """A table's column as it is: text, integer, boolean, uuid, text[] or jsonb.

    of: its name in the table, if another.
    """
    return Column(name, f'{{r}}."{of or name}"')


def ms(name: str, of: str = "") -> Column:
    """A timestamptz column as epoch milliseconds (as text it would depend on the session's time zone)."""
    return Column(name, f'(extract(epoch from {{r}}."{of or name}") * 1000)::bigint')


def hexed(name: str, of: str = "") -> Column:
    """A bytea column as hex text."""
    return Column(name, f"encode({{r}}.\"{of or name}\", 'hex')")


def columns(*names: str | Column) -> tuple[Column, ...]:
    return tuple(column(n) if isinstance(n, str) else n for n in names)


class Template(Struct, frozen=True):
    """One kind of shape.

    columns: in wire order, append-only within a version; the first is the primary key.
    key: the table's columns (or sql with {r}) whose values, as text, are the shape's key; a row with a null
    in it is in no shape. only: sql with {r}; rows where it is not true are in no shape (this is how finished
    work leaves the floor). schema: raise it when columns change meaning without a new version. roles: for the
    caller; the engine does not read it.
    """

    id: int
    name: str
    table: str
    columns: tuple[Column, ...]
    key: Keys
    roles: tuple[str, ...] = ()
    version: int = 1
    schema: int = 1
    only: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.id < 2**15:
            raise ValueError(f"template id {self.id}: a smallint above 0")
        if not NAME.fullmatch(self.name):
            raise ValueError(f"template name {self.name!r}")
        if not self.columns or not self.key:
            raise ValueError(f"{self.name}: columns and key must not be empty")
        if len({c.name for c in self.columns}) != len(self.columns):
            raise ValueError(f"{self.name}: a column is named twice")


def checked(templates: Sequence[Template]) -> dict[int, Template]:
    """By id. Raises ValueError when two share an id or a name."""
    by_id = {t.id: t for t in templates}
    if len(by_id) != len(templates) or len({t.name for t in templates}) != len(templates):
        raise ValueError("two templates share an id or a name")
    return by_id


def handle(template: Template, keys: Keys, epoch: int, gen: str) -> int:
    """53 bits that stand for what a device may see and in which form.

    Never 0, which a device sends when it has none.
    """
    return _handle(template.id, template.version, template.schema, gen, keys, epoch)


def why(template: Template, keys: Keys, epoch: int, gens: Sequence[str], h: int) -> int:
    """Why a device's handle is not ours: the code for Reset. gens: earlier generations.

    What cannot be explained counts as a change of rights, because that is the one reason to hide rows at
    once.
    """
    for gen in gens:
        if h == _handle(template.id, template.version, template.schema, gen, keys, epoch):
            return GEN
    for version in range(1, template.version + 1):
        for schema in range(1, template.schema + 1):
            for gen in gens:
                if h == _handle(template.id, version, schema, gen, keys, epoch):
                    return TEMPLATE if version != template.version else SCHEMA
    return RIGHTS


def _handle(id: int, version: int, schema: int, gen: str, keys: Keys, epoch: int) -> int:
    packed = msgspec.msgpack.encode([id, version, schema, gen, list(keys), epoch])
    return (int.from_bytes(blake2b(packed, digest_size=8).digest(), "big") % (LIMIT - 1)) + 1
