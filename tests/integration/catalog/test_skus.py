"""SKUs: who may write them, codes and barcodes of one SKU only, retiring; bundles: reserved whole, picked by parts."""

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest

from server.catalog import actions as catalog
from server.catalog import queries
from server.catalog.schemas import NewSku, Part, SkuEdit
from server.errors import Conflict, Invalid, NotFound
from server.kit.ids import uuid7
from server.orders import matching
from server.orders import queries as orders
from server.picking import actions as picking
from server.stock import actions as stock
from server.stock import goods
from server.stock import queries as shelves
from server.stock.schemas import Receipt
from tests.integration.catalog.house import body, listing, of, settle, take
from tests.support.snapshot import moved, snapshot
from tests.support.world import World


async def test_a_sku_is_made_edited_found(as_role: Any, web: Any, world: World, db: Any) -> None:
    await as_role("stock")
    made = await web.post(
        "/api/skus", json={"code": " MUG-1 ", "name": "杯子", "bin": "B-01", "barcodes": ["6901", "6902", "6901", " "]}
    )
    assert made.status_code == 201
    sku = made.json()["id"]
    assert (
        await web.patch(f"/api/skus/{sku}", json={"variant": "白", "barcodes": ["6902", "6903"]})
    ).status_code == 204
    told = (await web.get(f"/api/skus/{sku}")).json()
    assert (told["code"], told["name"], told["variant"], told["bin"]) == ("MUG-1", "杯子", "白", "B-01")
    assert told["barcodes"] == ["6902", "6903"] and told["on_hand"] == 0 and told["parts"] == []
    for q in ("6903", "mug", "B-01", "白"):
        assert [r["code"] for r in (await web.get("/api/skus", params={"q": q})).json()["rows"]][:1] != [], q
    assert ("B-01", 1) in {(r["bin"], r["skus"]) for r in (await web.get("/api/bins")).json()["rows"]}
    change = await db.row("select frm::text f, \"to\"::text t from event where kind = 'sku_changed'")
    assert msgspec.json.decode(change["f"]) == {"variant": "", "barcodes": ["6901", "6902"]}
    before = await snapshot(db, "event", "sku", "barcode")
    same = {"variant": " 白 ", "barcodes": ["6903", "6902"]}
    assert (await web.patch(f"/api/skus/{sku}", json=same)).status_code == 204
    assert moved(before, await snapshot(db, "event", "sku", "barcode")) == set()


async def test_pages_of_skus(as_role: Any, web: Any, world: World) -> None:
    await as_role("finance")
    seen, after = [], ""
    while True:
        page = (await web.get("/api/skus", params={"limit": 7, "after": after})).json()
        seen += [r["code"] for r in page["rows"]]
        assert page["total"] == len(world.skus)
        if page["next"] is None:
            break
        after = page["next"]
    assert sorted(seen) == sorted(world.skus) and len(set(seen)) == len(seen)


async def test_what_is_refused_changes_nothing(db: Any, world: World) -> None:
    cap, ean = world.skus["CAP-BLK"], world.barcodes["SOCK"]
    before = await snapshot(db)
    for act, error in (
        (catalog.add(NewSku(code="CAP-BLK", name="x")), Conflict),
        (catalog.add(NewSku(code="cap-blk", name="x")), Conflict),
        (catalog.add(NewSku(code="a b", name="x")), Invalid),
        (catalog.add(NewSku(code="N", name=" ")), Invalid),
        (catalog.add(NewSku(code="N", name="x", barcodes=["1", ean])), Conflict),
        (catalog.add(NewSku(code="N", name="x", barcodes=["一"])), Invalid),
        (catalog.edit(cap, SkuEdit(barcodes=[ean])), Conflict),
        (catalog.edit(cap, SkuEdit(name="新", barcodes=["a b"])), Invalid),
        (catalog.edit(cap, SkuEdit(name=" ")), Invalid),
        (catalog.edit(uuid7(), SkuEdit(name="x")), NotFound),
        (goods.retire(cap), Conflict),  # 500 lie there
        (goods.retire(uuid7()), NotFound),
        (goods.restore(uuid7()), NotFound),
        (goods.set_parts(cap, [Part(world.skus["SOCK"], 1)]), Conflict),  # it has stock of its own
    ):
        with pytest.raises(error):
            await act
    assert moved(before, await snapshot(db)) == set()


async def test_the_same_barcode_at_once_is_one_skus(db: Any, world: World) -> None:
    acts = [catalog.add(NewSku(code=f"N{i}", name="x", barcodes=["777", f"{i}"])) for i in range(4)]
    done = await asyncio.gather(*acts, return_exceptions=True)
    assert sorted(type(d).__name__ for d in done) == ["Conflict"] * 3 + ["UUID"]
    assert await db.value("select count(*) from sku where code like 'N_'") == 1
    assert await db.value("select count(*) from barcode where length(code) = 1") == 1


async def test_retired_it_is_matched_no_more_and_its_listings_wait(db: Any, world: World) -> None:
    await take(world, body(1, "NEW-1"))
    new = await catalog.add(NewSku(code="NEW-1", name="新", barcodes=["777"]))
    await settle()
    assert (await of(1))["sku"] == new
    with pytest.raises(Conflict, match="sku_wanted"):
        await goods.retire(new)
    await db.run("update sales_order set cancelled_at = now()")
    await goods.retire(new)
    assert tuple(await db.row("select sku, how from listing")) == (None, "")
    await take(world, body(2, "NEW-1"), body(3, "777", item=600002))
    await settle()
    assert [(await of(n))["holds"] for n in (2, 3)] == [["sku_unmatched"]] * 2
    assert [s.code for s in (await queries.search("NEW")).rows] == []
    assert [s.code for s in (await queries.search("NEW", retired=True)).rows] == ["NEW-1"]
    with pytest.raises(NotFound):
        await matching.match_listing(await listing(), new)
    await goods.restore(new)
    await settle()
    assert [(await of(n))["sku"] for n in (2, 3)] == [new, new]


# -- bundles --------------------------------------------------------------------------------------------------------
async def bundle(world: World, **parts: int) -> UUID:
    """GIFT, of these ("CAP_BLK" for CAP-BLK)."""
    gift = await catalog.add(NewSku(code="GIFT", name="礼盒"))
    await goods.set_parts(gift, [Part(world.skus[code.replace("_", "-")], n) for code, n in parts.items()])
    return gift


async def reserved(db: Any, n: int) -> dict[str, int]:
    found = await db.rows(
        """select k.code, r.qty from reservation r join sku k on k.id = r.sku
           where r.order_id = $1 and r.state = 'granted' order by 1""",
        (await of(n))["id"],
    )
    return {r["code"]: r["qty"] for r in found}


async def test_a_bundle_is_reserved_picked_and_packed_in_its_parts(db: Any, world: World) -> None:
    gift = await bundle(world, CAP_BLK=1, SOCK=2)
    await take(world, body(1, "GIFT", qty=3))
    await settle()
    o = await of(1)
    assert o["sku"] == gift and o["holds"] == [] and await reserved(db, 1) == {"CAP-BLK": 3, "SOCK": 6}
    assert await shelves.differences() == []
    device = uuid7()
    await db.run(
        "insert into device(id, dev, name, warehouse) values($1, $2, 'PDA', $3)", device, device.bytes, world.warehouse
    )
    await picking.make_wave(device, None, 10)
    picks = {r["sku_code"]: r["qty"] for r in await db.rows("select sku_code, qty from pick")}
    assert picks == {"CAP-BLK": 3, "SOCK": 6}
    items = msgspec.json.decode(await db.value("select items::text from parcel"))
    assert {(i[0], i[3]) for i in items} == {("CAP-BLK", 3), ("SOCK", 6)}
    (line,) = await orders.lines_of(o["id"], await shelves.reserved_lines(o["id"]))
    assert (line.qty, line.reserved, line.picked) == (3, 3, 0)
    assert [(p.code, p.qty) for p in line.parts] == [("CAP-BLK", 3), ("SOCK", 6)]


async def test_all_parts_or_none(db: Any, world: World) -> None:
    await bundle(world, CAP_BLK=1, SOCK=2)
    await db.run("update stock set on_hand = 5 where sku = $1", world.skus["SOCK"])
    await db.run(
        "insert into stock_ledger(sku, warehouse, kind, on_hand) values($1, $2, 'adjust', -495)",
        world.skus["SOCK"],
        world.warehouse,
    )
    await take(world, body(1, "GIFT", qty=3), body(2, "GIFT", qty=2, item=600002))
    await settle()
    assert (await of(1))["holds"] == ["stock_short"] and await reserved(db, 1) == {}
    assert await reserved(db, 2) == {"CAP-BLK": 2, "SOCK": 4}
    (row,) = (await queries.search("GIFT")).rows
    assert row.on_hand == 0 and [(p.code, p.qty) for p in row.parts] == [("CAP-BLK", 1), ("SOCK", 2)]
    await stock.receive_goods([Receipt(world.skus["SOCK"], 5)], world.warehouse, "到货")
    assert (await queries.search("GIFT")).rows[0].on_hand == 3
    await settle()
    assert await reserved(db, 1) == {"CAP-BLK": 3, "SOCK": 6} and await shelves.differences() == []


async def test_editing_a_bundle_leaves_what_is_reserved(db: Any, world: World) -> None:
    gift = await bundle(world, CAP_BLK=1, SOCK=2)
    await take(world, body(1, "GIFT"))
    await settle()
    before = await snapshot(db, "reservation", "stock", "order_line", "sales_order")
    await goods.set_parts(gift, [Part(world.skus["BAG-NAT"], 1)])
    await settle()
    assert moved(before, await snapshot(db, "reservation", "stock", "order_line", "sales_order")) == set()
    o = await of(1)
    (line,) = await orders.lines_of(o["id"], await shelves.reserved_lines(o["id"]))
    assert {p.code for p in line.parts} == {"CAP-BLK", "SOCK"}
    await take(world, body(2, "GIFT"))
    await settle()
    assert await reserved(db, 2) == {"BAG-NAT": 1}


async def test_a_short_bundle_that_is_edited_is_looked_at_again(db: Any, world: World) -> None:
    none = await catalog.add(NewSku(code="NONE", name="没有货"))
    gift = await bundle(world, CAP_BLK=1)
    await goods.set_parts(gift, [Part(none, 1)])
    await take(world, body(1, "GIFT"))
    await settle()
    assert (await of(1))["holds"] == ["stock_short"]
    await db.run("delete from job")
    await goods.set_parts(gift, [Part(world.skus["CAP-BLK"], 1)])
    assert await db.value("select count(*) from job where kind = 'orders.reserve'") == 1
    await settle()
    assert await reserved(db, 1) == {"CAP-BLK": 1} and (await of(1))["holds"] == []


async def test_bundles_that_are_none(db: Any, world: World) -> None:
    gift = await bundle(world, CAP_BLK=1)
    box = await catalog.add(NewSku(code="BOX", name="大礼盒"))
    retired = await catalog.add(NewSku(code="RET", name="停用"))
    await goods.retire(retired)
    cap = world.skus["CAP-BLK"]
    before = await snapshot(db)
    for sku, parts, error in (
        (gift, [Part(gift, 1)], Invalid),
        (gift, [Part(cap, 1), Part(cap, 2)], Invalid),
        (gift, [Part(uuid7(), 1)], NotFound),
        (uuid7(), [Part(cap, 1)], NotFound),
        (box, [Part(gift, 1)], Conflict),
        (box, [Part(retired, 1)], Conflict),
        (retired, [Part(cap, 1)], Conflict),
        (cap, [Part(box, 1)], Conflict),
    ):
        with pytest.raises(error):
            await goods.set_parts(sku, parts)
    with pytest.raises(Conflict):
        await stock.receive_goods([Receipt(gift, 1)], world.warehouse, "到货")
    with pytest.raises(Conflict, match="in_a_bundle"):
        await db.run("update stock set on_hand = 0 where sku = $1", cap)
        await goods.retire(cap)
    await db.run("update stock set on_hand = 500 where sku = $1", cap)
    assert moved(before, await snapshot(db)) == set()
    await goods.set_parts(gift, [])
    assert await db.value("select count(*) from bundle_part") == 0


async def test_two_bundles_of_each_other_at_once(db: Any, world: World) -> None:
    one, two = [await catalog.add(NewSku(code=c, name=c)) for c in ("ONE", "TWO")]
    done = await asyncio.gather(
        goods.set_parts(one, [Part(two, 1)]), goods.set_parts(two, [Part(one, 1)]), return_exceptions=True
    )
    assert sorted(type(d).__name__ for d in done) == ["Conflict", "NoneType"]


@pytest.mark.parametrize("again", range(3))
async def test_goods_arrive_while_it_becomes_a_bundle(db: Any, world: World, again: int) -> None:
    """Whoever is first: a bundle never has stock of its own."""
    new = await catalog.add(NewSku(code="NEW", name="新"))
    done = await asyncio.gather(
        stock.receive_goods([Receipt(new, 5)], world.warehouse, "到货"),
        goods.set_parts(new, [Part(world.skus["CAP-BLK"], 1)]),
        return_exceptions=True,
    )
    assert sorted(type(d).__name__ for d in done) == ["Conflict", "NoneType"]
    has = await db.value("select coalesce(sum(on_hand), 0) from stock where sku = $1", new)
    assert (has > 0) != await db.value("select exists (select 1 from bundle_part where bundle = $1)", new)
