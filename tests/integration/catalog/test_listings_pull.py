"""A shop's list, read into the catalogue: matched where it can be, gone only at its true end, orders released."""

import itertools
from typing import Any

import pytest

from server.catalog import actions as catalog
from server.catalog.schemas import NewSku
from server.errors import Conflict, NotFound, Rejected, Unauthenticated, Unavailable
from server.kit.ids import uuid7
from server.orders import matching
from server.platforms import listings
from tests.integration.catalog.house import Shelf, body, listed, listing, of, settle, take
from tests.support.snapshot import moved, snapshot
from tests.support.world import World


async def told(db: Any) -> dict[str, tuple[Any, str, str]]:
    """item → (SKU, how, state)."""
    return {r["item"]: (r["sku"], r["how"], r["state"]) for r in await db.rows("select * from listing")}


async def test_a_list_is_kept_and_matched_and_a_second_time_changes_nothing(db: Any, world: World) -> None:
    shop, cap = world.shops["taobao"], world.skus["CAP-BLK"]
    shelf = Shelf().lists(
        listed(1, "CAP-BLK", qty=7),
        listed(2, "no-such", barcode=world.barcodes["SOCK"]),
        listed(3, "no-such"),
        listed(4, "cap-blk", state="off"),
        listed(5, world.barcodes["CAP-BLK"]),
    )
    assert await listings.pull(shop, shelf) == 5
    assert await told(db) == {
        "1": (cap, "code", "on"),
        "2": (world.skus["SOCK"], "barcode", "on"),
        "3": (None, "", "on"),
        "4": (cap, "code", "off"),
        "5": (cap, "barcode", "on"),
    }
    row = await db.row("select listings_at, listings_said::text as said from shop where id = $1", shop)
    assert row["listings_at"] is not None and row["said"] == "{}"
    events = await db.rows("select kind, \"to\"::text as t from event where kind like 'listing%' order by seq")
    assert [e["kind"] for e in events] == ["listing_matched"] * 4 + ["listings_pulled"]
    assert events[-1]["t"] == '{"gone": 0, "seen": 5, "matched": 4}'
    before = await snapshot(db, "listing", "sku", "order_line", "sales_order")
    await listings.pull(shop, shelf)
    assert moved(before, await snapshot(db, "listing", "sku", "order_line", "sales_order")) == set()


async def test_a_pull_releases_the_orders_that_waited(db: Any, world: World) -> None:
    await take(world, body(1, "OLD-1"), body(2, "OLD-1"))
    await settle()
    assert (await of(1))["holds"] == ["sku_unmatched"]
    shelf = Shelf().lists(listed(600001, "OLD-1", barcode=world.barcodes["CAP-BLK"]))
    await listings.pull(world.shops["taobao"], shelf)
    assert await db.value("select count(*) from job where kind = 'orders.match' and state = 'ready'") == 1
    await settle()
    for n in (1, 2):
        o = await of(n)
        assert o["sku"] == world.skus["CAP-BLK"] and o["holds"] == [] and o["reserved_at"] is not None


async def test_another_code_of_the_shop_is_another_sku_but_not_over_a_person(db: Any, world: World) -> None:
    shop, shelf = world.shops["taobao"], Shelf()
    await listings.pull(shop, shelf.lists(listed(1, "CAP-BLK"), listed(2, "CAP-BLK"), listed(3, "CAP-BLK")))
    await matching.match_listing(await listing(2), world.skus["SOCK"])
    await listings.pull(shop, shelf.lists(listed(1, "SOCK"), listed(2, "CAP-NVY"), listed(3, "gone-code")))
    assert await told(db) == {
        "1": (world.skus["SOCK"], "code", "on"),
        "2": (world.skus["SOCK"], "hand", "on"),
        "3": (None, "", "on"),
    }
    newest = "select kind, reason from event where subject_id = $1 order by seq desc limit 1"
    last = await db.row(newest, await listing(3))
    assert tuple(last) == ("listing_unmatched", "told_otherwise")


async def test_what_is_not_in_the_list_any_more_is_gone_only_at_its_end(db: Any, world: World) -> None:
    shop = world.shops["taobao"]
    shelf = Shelf().lists(*(listed(i, "CAP-BLK") for i in range(1, 6)))
    await listings.pull(shop, shelf)
    await take(world, body(1, "OLD-1", item=77))  # known from an order only
    await settle()
    shelf.lists(*(listed(i, "CAP-BLK") for i in (1, 2, 3)))
    shelf.error_after = 1
    for error in (Unavailable("down", "平台没有响应"), Rejected("no", "不行"), Unauthenticated("dead", "授权已失效")):
        shelf.error = error
        if isinstance(error, Unavailable):
            with pytest.raises(Unavailable):
                await listings.pull(shop, shelf)
        else:
            await listings.pull(shop, shelf)
        assert {state for _, _, state in (await told(db)).values()} == {"on"}
        assert error.message in str(await db.value("select listings_said::text from shop where id = $1", shop))
        await db.run("update shop set state = 'on', open_until = null, failures = 0 where id = $1", shop)
    shelf.error_after = None
    await listings.pull(shop, shelf)
    state = {item: s for item, (_, _, s) in (await told(db)).items()}
    assert state == {"1": "on", "2": "on", "3": "on", "4": "gone", "5": "gone", "77": "on"}
    await listings.pull(shop, shelf.lists(*(listed(i, "CAP-BLK") for i in range(1, 6))))
    assert {s for _, _, s in (await told(db)).values()} == {"on"}


async def test_one_listing_twice_in_a_list_is_one_row(db: Any, world: World) -> None:
    shelf = Shelf().lists(listed(1, "OLD"), listed(1, "CAP-BLK"), page=2)
    shelf.pages.append([listed(1, "CAP-BLK")])
    await listings.pull(world.shops["taobao"], shelf)
    assert await told(db) == {"1": (world.skus["CAP-BLK"], "code", "on")}


async def test_a_long_list_is_a_few_statements_a_page(db: Any, world: World, monkeypatch: Any) -> None:
    shelf = Shelf().lists(*(listed(i, "CAP-BLK") for i in range(1, 1201)), page=1200)
    asked = []
    real = db.rows

    async def counted(sql: str, *args: Any) -> Any:
        asked.append(sql)
        return await real(sql, *args)

    monkeypatch.setattr(db, "rows", counted)
    assert await listings.pull(world.shops["taobao"], shelf) == 1200
    assert await db.value("select count(*) from listing where sku is not null") == 1200
    assert len(asked) <= 12


async def test_what_is_due_and_asking_by_hand(db: Any, world: World, as_role: Any, web: Any) -> None:
    shop, other = world.shops["taobao"], world.shops["shopee"]

    def can(code: str) -> bool:
        return code == "taobao"

    due = await listings.due(can)
    assert [j.args for j in due] == [{"shop_id": str(shop)}]
    await as_role("stock")
    assert (await web.post(f"/api/shops/{shop}/listings/pull")).status_code == 204
    said = next(r for r in (await web.get("/api/shops")).json()["rows"] if r["id"] == str(shop))["listings"]
    assert (said["state"], said["at"]) == ("running", None)
    assert await listings.due(can) == []  # it waits already
    await db.run("update job set state = 'done', created_at = now() - interval '2 days'")
    await listings.pull(shop, Shelf().lists())
    assert await listings.due(can) == []
    await db.run("update shop set listings_at = now() - interval '25 hours'")
    assert len(await listings.due(can)) == 1
    for shop_id, error in ((other, Conflict), (uuid7(), NotFound)):
        before = await snapshot(db)
        with pytest.raises(error):
            await listings.pull_soon(shop_id, can)
        assert moved(before, await snapshot(db)) == set()


@pytest.mark.parametrize("code", ["OLD-1", "", "LATE-1"])
async def test_the_order_of_pull_intake_and_catalogue_does_not_matter(db: Any, world: World, code: str) -> None:
    """Every order of: the list is read, the order is taken, the SKU is made, everything that follows has run."""
    shop = world.shops["taobao"]
    ends = []
    for turn, steps in enumerate(itertools.permutations(("pull", "intake", "sku", "jobs"))):
        item, n, made = 610_000 + turn, 100 + turn, f"LATE-{turn}"
        said = code.replace("LATE-1", made)
        for step in (*steps, "jobs"):
            match step:
                case "pull":
                    await listings.pull(shop, Shelf().lists(listed(item, made)))
                case "intake":
                    await take(world, body(n, said, item=item))
                case "sku":
                    sku = await catalog.add(NewSku(code=made, name="后到的货"))
                case _:
                    await settle()
        o = await of(n)
        g = await db.row("select sku, how, state from listing where item = $1", str(item))
        ends.append((o["sku"] == sku, tuple(o["holds"]), (g["sku"] == sku, g["how"], g["state"])))
        assert ends[-1] == (True, ("stock_short",), (True, "code", "on")), steps
    assert len(ends) == 24


async def test_the_true_list_of_the_simulated_shop(db: Any, world: World, config: Any) -> None:
    """The sandbox's own list, by the adapter that calls: every SKU of the catalogue is found in it."""
    import httpx

    from server.platforms import registry
    from server.sandbox.app import create_app

    app = create_app(1)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app, client=("127.0.0.1", 1))) as web:
        for platform in ("taobao", "jd"):
            shop = world.shops[platform]
            assert await listings.pull(shop, lambda code: registry.connect(code, web)) > 20
            matched = await db.value("select count(distinct sku) from listing where shop = $1 and how = 'code'", shop)
            assert matched == len(world.skus), platform
