"""A file of goods by way of the API: the trial, whole or by row, the same again, opening stock through the ledger."""

from typing import Any

import pytest

from server.catalog import actions as catalog
from server.catalog import queries
from server.catalog.schemas import NewSku, Part
from server.stock import goods
from server.stock import queries as shelves
from tests.integration.catalog.house import body, of, settle, take
from tests.support.sheets import as_csv, as_xlsx
from tests.support.snapshot import moved, snapshot
from tests.support.world import World

HEAD = ["货品编码", "名称", "规格", "条码", "货位", "期初库存"]
TABLES = ("sku", "barcode", "stock", "stock_ledger", "import_file", "import_row", "job", "event")


@pytest.fixture
def bring(as_role: Any, web: Any, world: World) -> Any:
    async def run(data: bytes, mode: str = "row", again: bool = False, role: str = "stock", want: int = 200) -> Any:
        await as_role(role)
        params = {"mode": mode, "name": "货品.xlsx", "again": again}
        answer = await web.post("/api/imports/goods", params=params, content=data)
        assert answer.status_code == want, answer.text
        return answer.json()

    return run


GOOD = [
    ["MUG-W", "马克杯", "白", "6931", "C-01", 30],
    ["MUG-B", "马克杯", "黑", "6932;6933", "C-02", 0],
    ["CAP-BLK", "", "", "", "C-03", 9],
]


@pytest.mark.parametrize("form", [as_xlsx, as_csv])
async def test_skus_barcodes_bins_and_opening_stock(form: Any, bring: Any, db: Any, world: World) -> None:
    report = await bring(form([HEAD, *GOOD]), "file")
    assert report["stored"] and report["counts"] == {"new": 2, "changed": 1, "known": 0, "bad": 0}
    assert report["units"] == 30  # CAP-BLK's stock has a ledger: its opening is past
    assert next(x for x in report["list"] if x["code"] == "CAP-BLK")["message"]
    mug = await queries.get_stock(await db.value("select id from sku where code = 'MUG-W'"))
    assert (mug.name, mug.variant, mug.bin, mug.barcodes, mug.on_hand) == ("马克杯", "白", "C-01", ["6931"], 30)
    ledger = await db.rows("select kind, on_hand, reason, person from stock_ledger where sku = $1", mug.id)
    assert [tuple(r) for r in ledger] == [("opening", 30, "期初导入 货品.xlsx", world.people["stock"])]
    cap = await queries.get_stock(world.skus["CAP-BLK"])
    assert cap.bin == "C-03" and cap.on_hand == 500 and cap.name == "棒球帽"
    assert await shelves.differences() == []


async def test_a_trial_changes_nothing(bring: Any, db: Any) -> None:
    before = await snapshot(db, *TABLES[:-1])
    report = await bring(as_xlsx([HEAD, *GOOD]), "dry")
    assert report["counts"]["new"] == 2 and not report["stored"] and report["id"] is None
    assert moved(before, await snapshot(db, *TABLES[:-1])) == set()


async def test_whole_or_by_row(bring: Any, db: Any) -> None:
    rows = [HEAD, *GOOD, ["BAD 1", "有空格"]]
    before = await snapshot(db, *TABLES[:-1])
    report = await bring(as_xlsx(rows), "file")
    assert report["counts"]["bad"] == 1 and not report["stored"] and report["list"][0]["no"] == 5
    assert moved(before, await snapshot(db, *TABLES[:-1])) == set()
    report = await bring(as_xlsx(rows), "row")
    assert report["stored"] and await db.value("select count(*) from sku where code like 'MUG%'") == 2
    assert await db.value("select bad from import_file") == 1


async def test_the_same_file_again_is_asked_about_and_changes_no_stock(bring: Any, db: Any) -> None:
    data = as_xlsx([HEAD, *GOOD])
    await bring(data, "file")
    before = await snapshot(db, *TABLES[:-1])
    refused = await bring(data, "file", want=409)
    assert refused["code"] == "import_again"
    report = await bring(data, "file", again=True)
    assert report["counts"] == {"new": 0, "changed": 0, "known": 3, "bad": 0} and not report["stored"]
    assert moved(before, await snapshot(db, *TABLES[:-1])) == set()


async def test_opening_stock_of_a_bundle_is_refused(bring: Any, db: Any, world: World) -> None:
    gift = await catalog.add(NewSku(code="GIFT", name="礼盒"))
    await goods.set_parts(gift, [Part(world.skus["SOCK"], 1)])
    report = await bring(as_xlsx([HEAD, ["GIFT", "", "", "", "", 5], ["OK-1", "好", "", "", "", 5]]), "row")
    assert report["counts"]["bad"] == 1 and report["units"] == 5
    assert await db.value("select count(*) from stock where sku = $1", gift) == 0


async def test_orders_that_waited_for_the_goods_go_on(bring: Any, db: Any, world: World) -> None:
    await take(world, body(1, "MUG-W"))
    await settle()
    assert (await of(1))["holds"] == ["sku_unmatched"]
    await bring(as_xlsx([HEAD, *GOOD]), "file")
    await settle()
    assert (await of(1))["reserved_at"] is not None


async def test_who_may_and_the_last_files(bring: Any, as_role: Any, web: Any) -> None:
    await bring(as_xlsx([HEAD, *GOOD]), "file", role="service", want=403)
    await bring(as_xlsx([HEAD, *GOOD]), "file", role="manager")
    (row,) = (await web.get("/api/imports/goods")).json()["rows"]
    assert (row["name"], row["good"], row["bad"], row["mode"]) == ("货品.xlsx", 3, 0, "file")
    await as_role("service")
    assert (await web.get("/api/imports")).json()["rows"] == []  # orders' files are another page


@pytest.mark.parametrize("data", [b"", b"<html>", as_csv([["a", "b"], ["c", "d"]]), as_xlsx([HEAD])])
async def test_files_that_are_none(data: bytes, bring: Any, db: Any) -> None:
    before = await snapshot(db, *TABLES[:-1])
    assert (await bring(data, want=422))["message"]
    assert moved(before, await snapshot(db, *TABLES[:-1])) == set()


async def test_thousands_of_skus_in_one_file(bring: Any, db: Any) -> None:
    rows = [[f"S{i:05d}", f"货品 {i}", "", f"69{i:011d}", f"D-{i % 90}", i % 7] for i in range(5000)]
    report = await bring(as_csv([HEAD, *rows]), "file")
    assert report["counts"]["new"] == 5000 and await db.value("select count(*) from sku where code like 'S0%'") == 5000
    assert await shelves.differences() == []
