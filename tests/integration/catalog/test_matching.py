"""An unmatched line holds its order; one match releases all that wait; what has a SKU keeps it."""

import asyncio
from typing import Any

import pytest

from server.catalog import actions as catalog
from server.catalog.schemas import NewSku, SkuEdit
from server.errors import NotFound
from server.kit import db as database
from server.kit.ids import uuid7
from server.orders import actions, matching
from tests.integration.catalog.house import body, listing, of, settle, take
from tests.support.snapshot import moved, snapshot
from tests.support.world import World


async def matched_events(db: Any) -> dict[Any, int]:
    found = await db.rows("select subject_id, count(*) n from event where kind = 'line_matched' group by 1")
    return {r["subject_id"]: r["n"] for r in found}


async def test_one_match_releases_all_orders_that_wait(db: Any, world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(matching, "PAGE", 3)  # so that most are left to the job
    await take(world, *(body(n, "OLD-1") for n in range(1, 9)))
    await take(world, body(20, "OLD-2", item=600009))
    await settle()
    assert (await of(1))["holds"] == ["sku_unmatched"] and (await of(20))["holds"] == ["sku_unmatched"]
    assert await matching.match_listing(await listing(), world.skus["CAP-BLK"]) == 8
    assert await db.value("select count(*) from job where kind = 'orders.match' and state = 'ready'") == 1
    assert await db.value("select count(*) from sales_order where review_due") == 3
    await settle()
    for n in range(1, 9):
        o = await of(n)
        assert o["sku"] == world.skus["CAP-BLK"] and o["holds"] == [] and o["reserved_at"] is not None, n
    other = await of(20)
    assert other["holds"] == ["sku_unmatched"] and other["sku"] is None and other["reserved_at"] is None
    assert sorted((await matched_events(db)).values()) == [1] * 8
    assert await db.value("select reserved from stock where sku = $1", world.skus["CAP-BLK"]) == 8


async def test_matching_twice_changes_nothing(db: Any, world: World) -> None:
    await take(world, body(1, "OLD-1"))
    await settle()
    await matching.match_listing(await listing(), world.skus["CAP-BLK"])
    await settle()
    before = await snapshot(db)
    assert await matching.match_listing(await listing(), world.skus["CAP-BLK"]) == 0
    await settle()
    assert moved(before, await snapshot(db)) == set()


async def test_another_match_is_for_later_orders_only(db: Any, world: World) -> None:
    await take(world, body(1, "OLD-1"), body(2, "OLD-1"))
    await settle()
    await matching.match_listing(await listing(), world.skus["CAP-BLK"])
    await settle()
    await db.run("update sales_order set handed_over_at = now() where id = $1", (await of(1))["id"])
    before = await snapshot(db, "order_line", "reservation", "stock", "sales_order")
    assert await matching.match_listing(await listing(), world.skus["SOCK"]) == 0
    await settle()
    assert moved(before, await snapshot(db, "order_line", "reservation", "stock", "sales_order")) == set()
    await take(world, body(3, "OLD-1"))
    await settle()
    assert (await of(3))["sku"] == world.skus["SOCK"] and (await of(2))["sku"] == world.skus["CAP-BLK"]
    kinds = [
        (r["kind"], r["reason"])
        for r in await db.rows("select kind, reason from event where subject_kind = 'listing' order by seq")
    ]
    assert kinds == [("listing_matched", "hand")] * 2


async def test_unmatched_by_hand_nothing_matches_it_by_itself(db: Any, world: World) -> None:
    await take(world, body(1, "CAP-BLK"))
    await settle()
    assert (await of(1))["sku"] == world.skus["CAP-BLK"]
    await matching.unmatch_listing(await listing())
    await take(world, body(2, "CAP-BLK"))
    await settle()
    assert (await of(2))["holds"] == ["sku_unmatched"] and (await of(1))["sku"] == world.skus["CAP-BLK"]
    await matching.match_listing(await listing(), world.skus["SOCK"])
    await settle()
    assert (await of(2))["sku"] == world.skus["SOCK"]


async def test_unknown_skus_and_listings(db: Any, world: World) -> None:
    await take(world, body(1, "OLD-1"))
    await settle()
    g, o = await listing(), await of(1)
    await db.run("update sku set retired_at = now() where code = 'SOCK'")
    before = await snapshot(db)
    for act in (
        matching.match_listing(g, uuid7()),
        matching.match_listing(uuid7(), world.skus["CAP-BLK"]),
        matching.match_listing(g, world.skus["SOCK"]),
        matching.unmatch_listing(uuid7()),
        matching.match_line(o["id"], uuid7(), world.skus["CAP-BLK"]),
        matching.match_line(uuid7(), o["line"], world.skus["CAP-BLK"]),
        matching.match_line(o["id"], o["line"], world.skus["SOCK"]),
    ):
        with pytest.raises(NotFound):
            await act
    assert moved(before, await snapshot(db)) == set()


async def test_lines_without_any_number_are_told_apart_by_their_words(db: Any, world: World) -> None:
    """As files of orders bring them: a match of one is no match of all."""
    await take(world, body(1, "OLD-1"), body(2, "OLD-2"), body(3, "OLD-1"))
    await db.run("update order_line set platform_item = '', platform_sku = ''")
    await settle()
    o = await of(1)
    assert await matching.match_line(o["id"], o["line"], world.skus["CAP-BLK"]) == 2
    await settle()
    assert [(await of(n))["sku"] for n in (1, 2, 3)] == [world.skus["CAP-BLK"], None, world.skus["CAP-BLK"]]
    assert (await of(2))["holds"] == ["sku_unmatched"]


async def test_a_new_sku_or_barcode_releases_what_waited_for_it(db: Any, world: World) -> None:
    await take(world, body(1, "NEW-1"), body(2, "6909999999999", item=600002))
    await settle()
    assert [(await of(n))["holds"] for n in (1, 2)] == [["sku_unmatched"]] * 2
    new = await catalog.add(NewSku(code="new-1", name="新品"))
    await catalog.edit(world.skus["SOCK"], SkuEdit(barcodes=["6909999999999"]))
    assert {r["kind"] for r in await db.rows("select kind from job where state = 'ready'")} >= {
        "catalog.match",
        "orders.match",
    }
    await settle()
    assert (await of(1))["sku"] == new and (await of(2))["sku"] == world.skus["SOCK"]
    assert {(r["sku"], r["how"]) for r in await db.rows("select sku, how from listing")} == {
        (new, "code"),
        (world.skus["SOCK"], "barcode"),
    }


async def test_a_match_while_review_looks_is_not_lost(db: Any, world: World) -> None:
    """Review has looked at the listing, the match commits before review does: the order must not stay held."""
    await take(world, body(1, "OLD-1"))
    await settle()
    await db.run("update sales_order set review_due = true")
    g = await listing()
    looked, go = asyncio.Event(), asyncio.Event()
    real = matching.match_lines

    async def slow(tx: Any, order_ids: Any) -> int:
        found = await real(tx, order_ids)
        looked.set()
        await go.wait()
        return found

    matching.match_lines = slow  # type: ignore[assignment]
    try:
        review = asyncio.create_task(actions.review_pending())
        await looked.wait()
        match = asyncio.create_task(matching.match_listing(g, world.skus["CAP-BLK"]))
        while not await database.value("select exists (select 1 from pg_stat_activity where wait_event_type = 'Lock')"):
            assert not match.done()
            await asyncio.sleep(0.01)
        go.set()
        await asyncio.gather(review, match)
    finally:
        matching.match_lines = real
    await settle()
    assert (await of(1))["holds"] == [] and (await of(1))["sku"] == world.skus["CAP-BLK"]


async def test_reviewed_twice_before_its_stock_it_is_reserved_all_the_same(db: Any, world: World) -> None:
    """Reserving passes over an order that review is to see again: whoever looks last sends it on."""
    await take(world, body(1, "CAP-BLK"))
    await actions.review_pending()
    await db.run("update sales_order set review_due = true")
    await actions.reserve_pending()
    assert (await of(1))["reserved_at"] is None
    await db.run("delete from job")
    await actions.review_pending()
    assert await db.value("select count(*) from job where kind = 'orders.reserve'") == 1
    await actions.reserve_pending()
    assert (await of(1))["reserved_at"] is not None


async def test_an_order_that_review_has_just_matched_is_not_woken_again(db: Any, world: World) -> None:
    await take(world, body(1, "OLD-1"))
    await settle()
    await matching.match_listing(await listing(), world.skus["CAP-BLK"])
    looked, go = asyncio.Event(), asyncio.Event()
    real = matching.listings.resolve_lines

    async def slow(tx: Any, lines: Any) -> Any:
        found = await real(tx, lines)
        looked.set()
        await go.wait()
        return found

    matching.listings.resolve_lines = slow
    try:
        waking = asyncio.create_task(matching.release_waiting())
        await looked.wait()
        matching.listings.resolve_lines = real
        await actions.review_pending()
        go.set()
        await waking
    finally:
        matching.listings.resolve_lines = real
    assert not await db.value("select bool_or(review_due) from sales_order")
    assert sorted((await matched_events(db)).values()) == [1]


async def test_shipped_and_cancelled_orders_are_not_woken(db: Any, world: World) -> None:
    await take(world, *(body(n, "OLD-1") for n in (1, 2, 3)))
    await settle()
    await db.run("update sales_order set handed_over_at = now() where id = $1", (await of(1))["id"])
    await db.run("update sales_order set cancelled_at = now() where id = $1", (await of(2))["id"])
    assert await matching.match_listing(await listing(), world.skus["CAP-BLK"]) == 1
    await settle()
    assert [(await of(n))["sku"] for n in (1, 2, 3)] == [None, None, world.skus["CAP-BLK"]]


async def test_the_page_of_listings(as_role: Any, web: Any, world: World) -> None:
    await take(world, *(body(n, "OLD-1") for n in (1, 2)), body(3, "T恤-白-M", item=600002))
    await take(world, body(4, "CAP-BLK", item=600003))
    await settle()
    await as_role("finance")
    told = (await web.get("/api/listings", params={"state": "unmatched"})).json()
    assert [(r["item"], r["waiting"]) for r in told["rows"]] == [("600001", 2), ("600002", 1)]
    assert told["counts"] == {"unmatched": 2, "matched": 1, "gone": 0}
    first = (await web.get("/api/listings", params={"limit": 1})).json()
    second = (await web.get("/api/listings", params={"limit": 5, "after": first["next"]})).json()
    assert [r["item"] for r in first["rows"] + second["rows"]] == ["600001", "600002", "600003"]
    assert (await web.get("/api/listings", params={"q": "CAP-BLK"})).json()["rows"][0]["sku"]["code"] == "CAP-BLK"
    asked = told["rows"][0]["id"]
    assert (await web.post(f"/api/listings/{asked}/match", json={"sku_id": str(world.skus["SOCK"])})).status_code == 403
    await as_role("stock")
    answer = await web.post(f"/api/listings/{asked}/match", json={"sku_id": str(world.skus["SOCK"])})
    assert answer.json() == {"orders": 2}
    assert (await web.post(f"/api/listings/{asked}/unmatch")).status_code == 204


async def test_an_order_for_a_listing_that_is_gone_is_still_offered(
    db: Any, world: World, as_role: Any, web: Any
) -> None:
    await take(world, body(1, "OLD-1"))
    await settle()
    await db.run("update listing set state = 'gone'")
    await as_role("service")
    told = (await web.get("/api/listings", params={"state": "unmatched"})).json()
    assert [r["waiting"] for r in told["rows"]] == [1]
    await db.run("update sales_order set cancelled_at = now()")
    assert (await web.get("/api/listings", params={"state": "unmatched"})).json()["rows"] == []


async def test_suggestions(as_role: Any, web: Any, world: World) -> None:
    await take(world, body(1, "CAP_BLK"))
    await settle()
    await as_role("service")
    told = (await web.get(f"/api/listings/{await listing()}/suggestions")).json()["rows"]
    assert told[0]["sku"]["code"] == "CAP-BLK" and told[0]["why"] == "code" and told[0]["on_hand"] == 500
    assert (await web.get(f"/api/listings/{uuid7()}/suggestions")).status_code == 404
