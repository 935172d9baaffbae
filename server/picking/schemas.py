"""Structs of picking."""

from datetime import datetime
from uuid import UUID

import msgspec


class WaveView(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    no: str
    state: str
    device_id: UUID
    device: str
    person: str
    on_floor: bool
    """Its device still shows it."""
    orders: int
    units: int
    picked_units: int
    created_at: datetime


class WavePage(msgspec.Struct, frozen=True, kw_only=True):
    rows: list[WaveView]
    ready_orders: int


class NewWave(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    device_id: UUID
    order_ids: list[UUID] | None = None
    max_orders: int = 20


class MoveWave(msgspec.Struct, frozen=True):
    device_id: UUID
