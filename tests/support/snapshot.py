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
    """table → count and digest of its rows. All tables but MOVES, or `only` these. When somebody was last seen does
    not count."""
    tables = only or [
        r["name"]
        for r in await db.rows("select tablename as name from pg_tables where schemaname = 'public' order by 1")
        if r["name"] not in MOVES
    ]
    return dict(
        await db.rows(
            " union all ".join(
                f"select '{t}', count(*) || ' ' || md5(coalesce(string_agg(r, '|' order by r), '')) "
                f"from (select (to_jsonb(t) - 'seen_at')::text r from {t} t) x"
                for t in tables
            )
        )
    )


def moved(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """The tables in which something is different."""
    return {t for t in before.keys() | after.keys() if before.get(t) != after.get(t)}
