"""Structs of mapping rules and their runs, as the API shows them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from server.tasks.schemas import Said

Body = Annotated[str, msgspec.Meta(max_length=262_144)]
"""The rules of a platform as a JSON list (docs: server/rulebook/forms.py)."""


class VersionView(msgspec.Struct, frozen=True, kw_only=True):
    """version 0 is the file that comes with the house. same_as: an undo, equal to that one."""

    version: int
    base: int
    same_as: int | None
    author: str
    reason: str
    created_at: datetime | None
    applied_at: datetime | None
    applied_by: str


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """kind: preview, replay. seen of total raw orders were read; changed of them differ; counts: by field."""

    id: UUID
    kind: str
    version: int
    state: str
    total: int
    seen: int
    changed: int
    counts: dict[str, int]
    person: str
    made_at: datetime
    ended_at: datetime | None


class RulesPage(msgspec.Struct, frozen=True, kw_only=True):
    """in_force: the number of the version by which orders are mapped. Newest first."""

    platform: str
    in_force: int
    versions: list[VersionView]
    runs: list[RunView]


class Rules(msgspec.Struct, frozen=True):
    version: int
    rules: list[dict[str, Any]]


class ChangeView(msgspec.Struct, frozen=True):
    """fields: name -> [was, becomes, {path, rule, version}]. order_id: of the order that stands on this raw order."""

    raw: UUID
    external_id: str
    order_id: UUID | None
    order_no: str
    fields: dict[str, Any]


class RunPage(msgspec.Struct, frozen=True, kw_only=True):
    """after: where the next page begins; "" at the end of what is known so far."""

    run: RunView
    rows: list[ChangeView]
    after: str


class NewRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rules: Body
    reason: Said
    base: Annotated[int, msgspec.Meta(ge=0, le=2_000_000_000)]


class Drafted(msgspec.Struct, frozen=True):
    version: int


class Trial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    last: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1_000


class Begun(msgspec.Struct, frozen=True):
    run: UUID


class Undo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: Said
    back_to: Annotated[int, msgspec.Meta(ge=0, le=2_000_000_000)] = 0
