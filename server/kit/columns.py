"""Piccolo columns with our defaults: not null, RESTRICT, UTC. (Piccolo's own: NULL and CASCADE.)"""

from typing import Any

from piccolo.columns import JSONB, UUID, ForeignKey, OnDelete, OnUpdate, Text, Timestamptz
from piccolo.table import Table

from server.kit.ids import uuid7


def key() -> UUID:
    """Primary key, UUIDv7 made by us."""
    return UUID(primary_key=True, default=uuid7)


def ref(to: "type[Table] | str", *, null: bool = False, index: bool = True) -> ForeignKey[Any]:
    return ForeignKey(
        references=to,
        null=null,
        default=None,
        required=not null,
        index=index,
        on_delete=OnDelete.restrict,
        on_update=OnUpdate.restrict,
    )


def text(default: str = "", *, null: bool = False, unique: bool = False, index: bool = False) -> Text:
    return Text(default=None if null else default, null=null, unique=unique, index=index)


def at(*, null: bool = False, now: bool = False, index: bool = False) -> Timestamptz:
    from piccolo.columns.defaults.timestamptz import TimestamptzNow

    return Timestamptz(default=TimestamptzNow() if now else None, null=null, index=index)


def obj(*, null: bool = False) -> JSONB:
    return JSONB(default=None if null else "{}", null=null)
