"""Structs of the floor: rows as the rules see them, what events carry, what a decision is, what the API shows."""

from datetime import datetime
from enum import IntEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec

Count = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
Code = Annotated[str, msgspec.Meta(max_length=200)]


class Kind(IntEnum):
    """Kinds of uplink events."""

    PICK = 1
    UNPICK = 2
    SHORT = 3
    PACK = 4
    HAND_OVER = 5
    TASK_DONE = 6
    FOREIGN_SCAN = 7


# -- bodies: MessagePack arrays, fields append-only ------------------------------------------------------------------
class PickBody(msgspec.Struct, array_like=True, frozen=True):
    pick: UUID
    code: Code
    qty: Count


class UnpickBody(msgspec.Struct, array_like=True, frozen=True):
    pick: UUID
    code: Code
    qty: Count
    of_event: Any = None
    """The scan that is taken back, 32 hex digits."""

    def event(self) -> UUID | None:
        """Its id; None where the device does not say it, or says nonsense."""
        text = self.of_event
        if not isinstance(text, str) or len(text) != 32:
            return None
        try:
            return UUID(text)
        except ValueError:
            return None


class ShortBody(msgspec.Struct, array_like=True, frozen=True):
    pick: UUID
    missing: Count


class PackBody(msgspec.Struct, array_like=True, frozen=True):
    parcel: UUID
    items: list[tuple[Code, Count]]


class HandOverBody(msgspec.Struct, array_like=True, frozen=True):
    waybill: Code
    parcel: str = ""
    seen: Annotated[int, msgspec.Meta(ge=0, lt=2**31)] = 0


class TaskDoneBody(msgspec.Struct, array_like=True, frozen=True):
    task: UUID
    outcome: Code = "done"


class ForeignBody(msgspec.Struct, array_like=True, frozen=True):
    context: Code = ""
    code: Code = ""


BODIES: dict[int, type[msgspec.Struct]] = {
    Kind.PICK: PickBody,
    Kind.UNPICK: UnpickBody,
    Kind.SHORT: ShortBody,
    Kind.PACK: PackBody,
    Kind.HAND_OVER: HandOverBody,
    Kind.TASK_DONE: TaskDoneBody,
    Kind.FOREIGN_SCAN: ForeignBody,
}


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One event, understood. body: one of BODIES, or None with `error` when it could not be understood.

    named: whom it names, when that is nobody who worked on the device; `who` is then the session's person.
    """

    id: UUID
    n: int
    kind: int
    at: datetime
    who: UUID
    body: Any
    error: str = ""
    named: str = ""


# -- rows as they are locked; rules change them in place ---------------------------------------------------------------
class Order(msgspec.Struct, kw_only=True):
    """reserved: it still has its stock set aside (or has taken it out)."""

    id: UUID
    no: str
    wave: UUID | None
    cancelled: bool
    refund: str
    receiver_version: int
    reserved: bool


class Pick(msgspec.Struct, kw_only=True):
    id: UUID
    wave: UUID
    order_id: UUID
    line: UUID
    slot: str
    sku: UUID
    sku_code: str
    bin: str
    barcodes: list[str]
    qty: int
    picked: int
    state: str


class Parcel(msgspec.Struct, kw_only=True):
    id: UUID
    no: str
    order_id: UUID
    order_no: str
    wave: UUID | None
    warehouse: UUID
    slot: str
    state: str
    waybill_no: str
    order_version: int
    label_version: int
    label_state: str
    stop: str
    items: list[list[Any]]
    old_waybills: list[str]
    made_at: datetime | None = None
    packed_at: datetime | None = None


class Task(msgspec.Struct, kw_only=True):
    id: UUID
    kind: str
    subject_kind: str
    subject_id: UUID
    order_id: UUID | None
    warehouse: UUID | None
    reason: str
    detail: dict[str, Any]
    open: bool = True


# -- decisions ---------------------------------------------------------------------------------------------------------
class Decision(msgspec.Struct, frozen=True):
    """code as in sync.messages; message for the person; task: what it led to; reason: why it is held."""

    code: int = 0
    message: str = ""
    task: UUID | None = None
    reason: str = ""

    def info(self) -> dict[str, str] | None:
        """What travels in the verdict."""
        if not self.message and self.task is None:
            return None
        return {"message_zh": self.message} | ({"task_id": str(self.task)} if self.task else {})


# -- API ---------------------------------------------------------------------------------------------------------------
class Enrol(msgspec.Struct, frozen=True):
    """dev, prev: 32 hex digits. prev: the earlier life of the same device."""

    dev: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
    name: Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*\Z", max_length=60)]
    prev: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")] | None = None


class DeviceRef(msgspec.Struct, frozen=True):
    id: UUID
    name: str


class Enrolled(msgspec.Struct, frozen=True):
    device: DeviceRef
    lease_until_ms: int


class DeviceView(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    person: str
    last_seen_at: datetime | None
    unsent: int


class DevicePage(msgspec.Struct, frozen=True):
    rows: list[DeviceView]
