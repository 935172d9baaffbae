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
    """fields: name -> [was, becomes, {path, rule, version}]. order_id: of the order that stands on this raw order.

    stays: why the order is left as it is (handed_over, completed, cancelled; newer: it stands on a newer raw one).
    deeds: what people said of it, as kinds of events; that stays in any case.
    """

    raw: UUID
    external_id: str
    order_id: UUID | None
    order_no: str
    stays: str
    deeds: list[str]
    fields: dict[str, Any]


class RunPage(msgspec.Struct, frozen=True, kw_only=True):
    """after: where the next page begins; "" at the end of what is known so far.

    kinds: of a run that has ended, field -> how often it was filled, emptied, changed. kept: of the changed ones, those
    that are left as they are.
    """

    run: RunView
    rows: list[ChangeView]
    after: str
    kinds: dict[str, dict[str, int]]
    kept: int


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


class PlatformRow(msgspec.Struct, frozen=True):
    platform: str
    name: str
    in_force: int


class PlatformsPage(msgspec.Struct, frozen=True):
    rows: list[PlatformRow]


class TargetView(msgspec.Struct, frozen=True):
    """field: its name in provenance and in what a run found, there with "lines." before a line's."""

    name: str
    zh: str
    kind: str
    line: bool
    required: bool
    choices: list[str]
    field: str


class RuleForm(msgspec.Struct, frozen=True):
    """The closed lists. personal: names of fields, at any depth, that no rule may read."""

    targets: list[TargetView]
    ops: list[str]
    with_values: list[str]
    steps: list[str]
    personal: list[str]


class RawRow(msgspec.Struct, frozen=True):
    """stays: as in ChangeView."""

    id: UUID
    external_id: str
    shop_name: str
    received_at: datetime
    order_id: UUID
    order_no: str
    stays: str


class RawsPage(msgspec.Struct, frozen=True):
    """open: how many orders are mapped anew when a version comes into force."""

    rows: list[RawRow]
    open: int


class LookAt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """rules: "": those in force."""

    raw: UUID
    rules: Body = ""


class Deed(msgspec.Struct, frozen=True):
    """What a person said of an order."""

    kind: str
    text: str
    who: str
    at: datetime


class FieldView(msgspec.Struct, frozen=True, kw_only=True):
    """was: by the rules in force. line: 1 for the first; 0: of the order. path, rule: "" where no rule gave it."""

    field: str
    line: int
    value: Any
    was: Any
    path: str
    rule: str
    version: str


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """order, lines: what rules see, without what is personal. stays: as in ChangeView."""

    raw: UUID
    external_id: str
    received_at: datetime
    order_id: UUID | None
    order_no: str
    stays: str
    order: dict[str, Any]
    lines: list[dict[str, Any]]
    currency: str
    fields: list[FieldView]
    holds: list[str]
    deeds: list[Deed]
