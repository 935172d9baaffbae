"""Structs of tasks and notices."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

Said = Annotated[str, msgspec.Meta(max_length=500)]
"""What a person wrote as a reason: a sentence or two."""


class TaskView(msgspec.Struct, frozen=True, kw_only=True):
    """action: what the one button does (release, match, retry, done, or nothing)."""

    id: UUID
    kind: str
    subject_kind: str
    subject_id: UUID
    order_id: UUID | None
    order_no: str
    reason: str
    title: str
    action: str
    detail: dict[str, Any]
    owner: str
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    closed_by: str
    outcome: str


class TaskPage(msgspec.Struct, frozen=True, kw_only=True):
    rows: list[TaskView]
    counts: dict[str, int]


class NoticeView(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    kind: str
    title: str
    text: str
    at: datetime
    read: bool
    link: str
