"""The content of the database, to say of a refusal that it changed nothing."""

from typing import Any

MOVES = frozenset({"login_try", "installed", "sync_device"})
"""Tables that may move though nothing happened: tries are counted, a device that spoke was heard."""
GOODS = (
    "sales_order",
    "order_line",
    "reservation",
    "stock",
    "stock_ledger",
    "wave",
    "pick",
    "parcel",
    "receiver_version",
)
"""What an order, its goods and its parcel are, without the tasks and notes about them."""


async def snapshot(db: Any, *only: str) -> dict[str, str]:
    """table → digest of its rows. All tables but MOVES, or `only` these. When somebody was last seen does not count."""
    tables = only or [
        r["name"]
        for r in await db.rows("select tablename as name from pg_tables where schemaname = 'public' order by 1")
        if r["name"] not in MOVES
    ]
    return {
        t: await db.value(
            f"select md5(coalesce(string_agg(r, '|' order by r), '')) from (select (to_jsonb(t) - 'seen_at')::text r "
            f"from {t} t) x"
        )
        for t in tables
    }
