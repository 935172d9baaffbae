"""What the engine is tried on: two tables of a small warehouse, and helpers around them."""

from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg

from sync import capture, codec
from sync.messages import Del, Frame, Mark, Put, Reset, Row
from sync.shapes import Template, column, columns

if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[Any]
else:
    Connection = Any

TABLES = """
drop table if exists pick, parcel cascade;
create table pick (
  id bigint primary key, device text, wave bigint not null default 1, sku text not null default '',
  qty int not null default 0, ver bigint not null default 0, barcodes text[] not null default '{}',
  items jsonb not null default '[]',
  note text);
create table parcel (
  id text primary key, warehouse text not null, state text not null default 'ready',
  no text not null default '');
drop table if exists sync_quarantine, sync_rehomed, sync_event, sync_device, sync_meta, sync_log, sync_digest,
  sync_row, sync_outbox cascade
"""

PICK = Template(
    2,
    "pick",
    "pick",
    columns(column("id"), column("wave_id", "wave"), "sku", "qty", "ver", "barcodes", "items"),
    ("device",),
)
PARCEL = Template(3, "parcel", "parcel", columns("id", "no", "state"), ("warehouse",), only="{r}.state <> 'gone'")
TEMPLATES = [PICK, PARCEL]

COUNTS = "select (select count(*) from sync_row), (select coalesce(sum(n), 0) from sync_digest)"


async def install(conn: Connection) -> None:
    await conn.execute(TABLES)
    async with conn.transaction():
        for sql in capture.install_sql(TEMPLATES):
            await conn.execute(sql)


def applied(rows: dict[str, bytes], frame: Frame) -> tuple[dict[str, bytes], Mark]:
    """A device's rows after a frame; the key is column 0."""
    msgs = codec.messages(frame)
    rows = {} if isinstance(msgs[0], Reset) else dict(rows)
    for m in msgs[:-1]:
        if isinstance(m, Row):
            rows |= {str(first(r)): r for r in m.rows}
        elif isinstance(m, Put):
            rows[str(first(m.row))] = m.row
        elif isinstance(m, Del):
            rows.pop(m.pk, None)
    mark = msgs[-1]
    assert isinstance(mark, Mark)
    return rows, mark


def first(row: bytes) -> Any:
    return values(row)[0]


def values(row: bytes) -> list[Any]:
    return list(codec.decode_any(row))
