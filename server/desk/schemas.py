"""Structs that put several features on one page."""

from datetime import datetime
from typing import Any

import msgspec

from server.orders.schemas import LineView, OrderRow, ReceiverView, StoryLine
from server.tasks.schemas import TaskView


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """When each fact became true; None: not (yet)."""

    paid: datetime | None
    reviewed: datetime | None
    reserved: datetime | None
    picked: datetime | None
    packed: datetime | None
    handed_over: datetime | None
    written_back: datetime | None
    collected: datetime | None
    completed: datetime | None
    cancelled: datetime | None
    refund: str


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """Minor units."""

    currency: str
    goods_minor: int
    discount_minor: int
    freight_minor: int
    total_minor: int


class OrderDetail(OrderRow, frozen=True, kw_only=True):
    """One order, whole. `version` counts what the platform changed."""

    version: int
    facts: Facts
    ladder_times: dict[str, datetime | None]
    lines: list[LineView]
    receiver: ReceiverView
    note_present: bool
    amounts: Amounts
    parcels: list[dict[str, Any]]
    tasks: list[TaskView]
    story: list[StoryLine]


class Lead(msgspec.Struct, frozen=True):
    """Median seconds over n orders; None when there are none."""

    p50: float | None
    n: int


class Counter(msgspec.Struct, frozen=True):
    count: int


class Counters(msgspec.Struct, frozen=True, kw_only=True):
    """Today in the shop's zone. lead: paid → handed over (处理时效), placed → collected (履约周期), of today's."""

    since: datetime
    intake: Counter
    waiting: Counter
    shipped: Counter
    lead: dict[str, Lead]
    rail: dict[str, int]
