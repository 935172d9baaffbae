"""The migrations and the Piccolo tables say the same; foreign keys restrict; buyer text has no plain column."""

from pathlib import Path
from typing import Any

from server.piccolo_app import APP_CONFIG

MIGRATIONS = Path(__file__).resolve().parents[2] / "server" / "migrations"

TYPES = {"bigserial": "bigint", "serial": "integer", "timestamp with time zone": "timestamptz"}


async def columns_of(db: Any, table: str) -> dict[str, tuple[str, bool]]:
    found = await db.rows(
        """select a.attname as name, format_type(a.atttypid, null) as type, a.attnotnull as required
           from pg_attribute a where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped""",
        table,
    )
    return {r["name"]: (TYPES.get(r["type"], r["type"]), r["required"]) for r in found}


async def test_tables_match_the_schema(db: Any) -> None:
    wrong = []
    for table in APP_CONFIG.table_classes:
        real = await columns_of(db, table._meta.tablename)
        said = {}
        for c in table._meta.columns:
            kind = c.column_type.lower()
            said[c._meta.db_column_name] = (
                TYPES.get(kind, "text[]" if kind in ("array", "text[]") else kind),
                not c._meta.null,
            )
        if real != said:
            wrong.append((table._meta.tablename, set(real.items()) ^ set(said.items())))
    assert wrong == []


async def test_foreign_keys_restrict(db: Any) -> None:
    loose = await db.rows(
        """select conrelid::regclass::text as tbl, conname from pg_constraint
           where contype = 'f' and confdeltype <> 'r' and confdeltype <> 'a'"""
    )
    assert [dict(r) for r in loose] == []


async def test_append_only(db: Any) -> None:
    import asyncpg
    import pytest

    for table in ("event", "stock_ledger"):
        for statement in (f"delete from {table}", f"update {table} set reason = ''", f"truncate {table}"):
            with pytest.raises(asyncpg.RestrictViolationError):
                await db.run(statement)


async def test_no_column_for_buyer_text(db: Any) -> None:
    """A name, phone or address in clear would need a column; there is none but the sealed ones."""
    found = await db.rows(
        """select table_name || '.' || column_name as c from information_schema.columns
           where table_schema = 'public' and column_name ~ '(phone|mobile|address|receiver_name|buyer)'"""
    )
    assert [r["c"] for r in found] == []


async def test_an_installation_of_the_first_release_keeps_its_sheets(house: Any) -> None:
    """The second migration on a database that holds labels already."""
    import asyncpg

    url = house.servers.create_database("of_the_first_release")
    c = await asyncpg.connect(url)
    try:
        await c.execute((MIGRATIONS / "first.sql").read_text(encoding="utf-8"))
        await c.execute(
            """insert into print_job(id, kind, subject_id, state, pages, pdf)
               select gen_random_uuid(), 'label', gen_random_uuid(), 'ready', 1, case when i < 3 then '%PDF'::bytea end
               from generate_series(1, 3) i"""
        )
        async with c.transaction():
            await c.execute((MIGRATIONS / "second.sql").read_text(encoding="utf-8"))
        rows = await c.fetch(
            "select j.first_page, j.pages, s.pdf from print_job j join print_sheet s on s.id = j.sheet"
        )
        assert [tuple(r) for r in rows] == [(0, 1, b"%PDF")] * 2
        assert await c.fetchval("select count(*) from print_job where sheet is null") == 1
    finally:
        await c.close()
        house.drop(url)
