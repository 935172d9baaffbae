"""Stock on real PostgreSQL: never more promised than there is; ledger = balance = reservations."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.kit import db as database
from server.stock import moves, queries, rules
from server.stock.schemas import Want
from tests.support.world import World

SKUS = [UUID(int=i) for i in range(1, 5)]
orders_of_lines = st.lists(
    st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 4)), min_size=1, max_size=4), max_size=12
)


@settings(max_examples=300, deadline=None)
@given(orders_of_lines, st.dictionaries(st.sampled_from(SKUS), st.integers(0, 10)))
def test_grant_never_promises_more_than_there_is(orders: list[list[tuple[UUID, int]]], free: dict[UUID, int]) -> None:
    wants = [
        Want(UUID(int=1000 + n), UUID(int=2000 + 10 * n + i), sku, qty)
        for n, lines in enumerate(orders)
        for i, (sku, qty) in enumerate(lines)
    ]
    granted, short = rules.grant(wants, free)
    for sku in SKUS:
        assert sum(w.qty for w in granted if w.sku == sku) <= free.get(sku, 0)
    served, refused = {w.order_id for w in granted}, {s.order_id for s in short}
    assert not served & refused and served | refused == {w.order_id for w in wants}
    for order in served:
        assert [w for w in wants if w.order_id == order] == [w for w in granted if w.order_id == order]


async def reserve(world: World, sku: str, qty: int) -> bool:
    async with database.transaction() as tx:
        granted, _ = await moves.reserve(tx, [Want(uuid4(), uuid4(), world.skus[sku], qty)], world.warehouse)
    return bool(granted)


async def test_a_race_for_the_last_units(db: Any, world: World) -> None:
    """40 buyers at once for 7 units of one SKU: seven get one, and the ledger adds up."""
    await db.run("update stock set on_hand = 7 where sku = $1", world.skus["CAP-BLK"])
    got = await asyncio.gather(*(reserve(world, "CAP-BLK", 1) for _ in range(40)))
    assert sum(got) == 7
    row = await db.row("select on_hand, reserved from stock where sku = $1", world.skus["CAP-BLK"])
    assert (row["on_hand"], row["reserved"]) == (7, 7)
    found = [d for d in await queries.differences() if d["reserved"] != d["ledger_reserved"]]
    assert found == []


async def test_the_check_is_the_last_word(db: Any, world: World) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await db.run("update stock set reserved = on_hand + 1 where sku = $1", world.skus["CAP-BLK"])


async def test_differences_are_seen(db: Any, world: World) -> None:
    """The plant: somebody changes a balance behind the ledger's back."""
    assert await queries.differences() == []
    await db.run("update stock set on_hand = on_hand - 1 where sku = $1", world.skus["CAP-BLK"])
    assert [d["sku"] for d in await queries.differences()] == [world.skus["CAP-BLK"]]


async def test_the_same_line_is_reserved_once(db: Any, world: World) -> None:
    want = Want(uuid4(), uuid4(), world.skus["CAP-BLK"], 2)
    for _ in range(2):
        async with database.transaction() as tx:
            await moves.reserve(tx, [want], world.warehouse)
    assert await db.value("select reserved from stock where sku = $1", world.skus["CAP-BLK"]) == 2
    async with database.transaction() as tx:
        await moves.release(tx, [want.order_id], "cancelled")
        await moves.release(tx, [want.order_id], "cancelled")
    assert await db.value("select reserved from stock where sku = $1", world.skus["CAP-BLK"]) == 0
    assert await queries.differences() == []
