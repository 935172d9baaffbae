"""What goes down to the floor: six shapes, no buyer data in any. The column order is the wire order.

Finished work leaves by `only`; what ended a while ago leaves by on_floor, which actions.sweep() clears.
"""

from uuid import UUID

from sync.shapes import Column, Template, column, columns, ms

WAVE, PICK, PARCEL, TASK, VERDICT, ME = 1, 2, 3, 4, 5, 6
FLOOR_TASKS = ("put_back", "repick", "intercept", "reprint")
_FLOOR_KINDS = ", ".join(f"'{k}'" for k in FLOOR_TASKS)

TEMPLATES = [
    Template(
        WAVE,
        "wave",
        "wave",
        columns("id", "no", "state", "orders", "units", "created_ms"),
        ("device",),
        only="{r}.on_floor",
    ),
    Template(
        PICK,
        "pick",
        "pick",
        columns(
            "id",
            column("wave_id", "wave"),
            "order_no",
            "slot",
            "sku_code",
            "name",
            "variant",
            "bin",
            "barcodes",
            "qty",
            "picked",
            "state",
            "photo",
        ),
        ("device",),
        only="{r}.on_floor",
    ),
    Template(
        PARCEL,
        "parcel",
        "parcel",
        columns(
            "id",
            "no",
            "order_no",
            column("wave_id", "wave"),
            "slot",
            "state",
            "waybill_no",
            "carrier",
            "route_code",
            "order_version",
            "label_version",
            "stop",
            "items",
            "label_state",
            "old_waybills",
            "wave_no",
        ),
        ("warehouse",),
        only="{r}.on_floor",
    ),
    Template(
        TASK,
        "floor_task",
        "task",
        columns(
            "id",
            "kind",
            Column("order_no", "coalesce({r}.detail ->> 'order_no', '')"),
            Column("parcel_no", "coalesce({r}.detail ->> 'parcel_no', '')"),
            "reason",
            Column("detail", "{r}.detail::text"),  # JSON: items [[sku_code, qty, bin]], waybill_no, slot, text
            Column("state", "case when {r}.closed_at is null then 'open' else 'done' end"),
            ms("created_ms", "opened_at"),
        ),
        ("warehouse",),
        only="{r}.closed_at is null and {r}.kind in (" + _FLOOR_KINDS + ")",
    ),
    Template(
        VERDICT,
        "verdict",
        "floor_verdict",
        columns(
            Column("id", "replace({r}.id::text, '-', '')"),
            "n",
            "code",
            "message",
            Column("task_id", "coalesce({r}.task::text, '')"),
        ),
        ("device",),
    ),
    Template(
        ME,
        "me",
        "person",
        columns("id", "name", "role"),
        ("id",),
        only="{r}.active",
    ),
]

BY_ID = {t.id: t for t in TEMPLATES}


def keys(shape: int, *, device: UUID, warehouse: UUID, person: UUID) -> tuple[str, ...]:
    """The key of a shape for this session. Never from the client: this is what a device may see."""
    if shape in (WAVE, PICK, VERDICT):
        return (str(device),)
    return (str(person),) if shape == ME else (str(warehouse),)
