"""Files by way of the API: dry run, all or nothing, by row, the same again, and what the hub knows better."""

import os

import msgspec
import pytest

from server.imports import actions
from server.orders import intake
from server.orders.mapping import bodies
from tests.support import sheets
from tests.support.sheets import as_csv, as_xlsx
from tests.support.snapshot import moved, snapshot

GOOD = {"taobao": sheets.taobao, "pinduoduo": sheets.pdd, "jd": sheets.jd, "shopee": sheets.shopee}
HEADS = {"taobao": sheets.TAOBAO, "pinduoduo": sheets.PDD, "jd": sheets.JD, "shopee": sheets.SHOPEE}


@pytest.fixture
def bring(as_role, web, world):
    async def run(data, mode="row", platform="taobao", again=False, role="service", want=200):
        await as_role(role)
        params = {"shop": str(world.shops[platform]), "mode": mode, "name": "订单 11月.xlsx", "again": again}
        answer = await web.post("/api/imports", params=params, content=data)
        assert answer.status_code == want, answer.text
        return answer.json()

    return run


async def mapped(world, platform):
    return await intake.map_pending(world.shops[platform], platform)


@pytest.mark.parametrize("platform", list(GOOD))
@pytest.mark.parametrize("form", ["xlsx", "gbk", "tabs"])
async def test_every_platforms_file_becomes_its_orders(platform, form, bring, world, db) -> None:
    rows = [HEADS[platform], *[GOOD[platform](i) for i in range(1, 4)]]
    data = {"xlsx": lambda: as_xlsx(rows), "gbk": lambda: as_csv(rows, "gbk"),
            "tabs": lambda: as_csv(rows, "utf-16", "\t")}[form]()  # fmt: skip
    report = await bring(data, platform=platform)
    assert report["stored"]
    assert report["counts"] == {"new": 3, "held": 0, "known": 0, "older": 0, "bad": 0}, report["list"]
    assert await mapped(world, platform) == 3
    orders = await db.rows("select * from sales_order where shop = $1", world.shops[platform])
    assert [(o["platform_state"], o["paid_at"] is not None) for o in orders] == [("paid", True)] * 3
    totals = {"taobao": 2000, "pinduoduo": 3480, "jd": 20500, "shopee": 3019}
    assert {o["total_minor"] for o in orders} == {totals[platform]}
    lines = await db.rows("select outer_code, qty from order_line")
    assert {r["outer_code"] for r in lines} == {"TEE-BLK-M"}


async def test_a_dry_run_changes_nothing(bring, db, tmp_path) -> None:
    data = as_xlsx([sheets.TAOBAO, sheets.taobao(1), sheets.taobao(2, 购买数量="x")])
    await bring(data, "dry")  # the login's own traces
    before = await snapshot(db)
    report = await bring(data, "dry")
    assert report["counts"]["new"] == 1 and report["counts"]["bad"] == 1 and not report["stored"]
    changed = set(moved(before, await snapshot(db)))
    assert changed <= {"session", "event"}, changed
    assert await db.value("select count(*) from raw_order") == 0
    assert list((tmp_path / "imports").iterdir()) == []


async def test_all_or_nothing_by_a_fault_in_the_last_row(bring, db) -> None:
    rows = [sheets.TAOBAO, *[sheets.taobao(i) for i in range(1, 40)], sheets.taobao(40, 订单付款时间="昨天")]
    report = await bring(as_csv(rows), "file")
    assert not report["stored"] and report["counts"] == {"new": 39, "held": 0, "known": 0, "older": 0, "bad": 1}
    assert report["list"][0]["no"] == 41 and "订单付款时间" in report["list"][0]["message"]
    assert await db.value("select count(*) from raw_order") == 0
    assert await db.value("select count(*) from import_file") == 0
    report = await bring(as_csv(rows), "row")
    assert report["stored"] and await db.value("select count(*) from raw_order") == 39


async def test_all_or_nothing_by_a_fault_while_storing(bring, db, monkeypatch) -> None:
    async def broken(*_):
        raise RuntimeError("planted")

    monkeypatch.setattr(actions, "_record", broken)
    await bring(as_csv([sheets.TAOBAO, sheets.taobao(1)]), "file", want=500)
    assert await db.value("select count(*) from raw_order") == 0
    assert await db.value("select count(*) from job where kind = 'orders.map'") == 0


async def test_the_same_file_again_asks_and_changes_nothing(bring, world, db) -> None:
    data = as_xlsx([sheets.TAOBAO, sheets.taobao(1)])
    await bring(data)
    await mapped(world, "taobao")
    order = dict(await db.row("select * from sales_order"))
    refused = await bring(data, want=409)
    assert refused["code"] == "import_again"
    report = await bring(data, again=True)
    assert report["counts"]["known"] == 1 and not report["stored"]
    assert await mapped(world, "taobao") == 0
    assert dict(await db.row("select * from sales_order")) == order
    assert await db.value("select count(*) from import_file") == 1


async def test_what_the_api_brought_later_is_not_overwritten(bring, world, db) -> None:
    shop = world.shops["taobao"]
    from_api = msgspec.json.encode({
        "tid_str": "4100000000000000001", "status": "WAIT_BUYER_CONFIRM_GOODS", "created": "2026-11-22 09:10:00",
        "pay_time": "2026-11-22 09:10:20", "modified": "2026-11-22 09:10:20", "payment": "20.00", "total_fee": "20.00",
        "orders": {"order": [{"oid_str": "77", "title": "x", "num": 2, "price": "10.00", "outer_sku_id": "TEE-BLK-M"}]},
    })  # fmt: skip
    await intake.store_raw(shop, "taobao", [bodies["taobao"].raw_order(from_api)])
    await mapped(world, "taobao")
    before = dict(await db.row("select * from sales_order"))
    older = as_csv([sheets.TAOBAO, sheets.taobao(1)])
    assert (await bring(older))["counts"]["older"] == 1
    newer = as_csv([sheets.TAOBAO, sheets.taobao(1, 订单付款时间="2026-11-23 10:00:00")])
    assert (await bring(newer))["counts"]["known"] == 1  # its lines have other ids: they must not replace the API's
    assert await mapped(world, "taobao") == 0
    assert dict(await db.row("select * from sales_order")) == before


async def test_no_buyer_in_tables_reports_or_files(bring, world, db, tmp_path, capsys) -> None:
    rows = [sheets.TAOBAO, sheets.taobao(1, 买家留言="请打电话给王小明"), sheets.taobao(2, 主订单编号="13800001234"),
            sheets.taobao(3, 购买数量="王小明")]  # fmt: skip
    report = await bring(as_csv(rows))
    await mapped(world, "taobao")
    seen = str(report) + str(await db.rows("select redacted from raw_order"))
    for table in ("import_file", "import_row", "event", "receiver_version", "sales_order", "order_line"):
        seen += str([dict(r) for r in await db.rows(f"select * from {table}")])
    out = capsys.readouterr()
    for clear in ("王小明", "13800001234", "示例路"):
        assert clear not in seen + out.out + out.err, clear
    assert list((tmp_path / "imports").iterdir()) == []


async def test_progress_is_of_orders_that_are_in(bring, world, web) -> None:
    report = await bring(as_csv([sheets.TAOBAO, sheets.taobao(1), sheets.taobao(2)]))
    url = f"/api/imports/{report['id']}/progress"
    assert (await web.get(url)).json() == {"done": 0, "of": 2}
    await mapped(world, "taobao")
    assert (await web.get(url)).json() == {"done": 2, "of": 2}
    assert (await web.get("/api/imports")).json()["rows"][0]["good"] == 2


async def test_the_limits_hold_at_the_door(bring, db, tmp_path) -> None:
    assert (await bring(b"", want=422))["code"] == "empty_file"
    await bring(b"x" * (20 * 1024 * 1024 + 2), want=413)
    assert (await bring(b"PK\x03\x04 not a zip", want=422))["code"] == "broken_file"
    assert (await bring(b"<html>", want=422))["code"] == "web_page"
    assert await db.value("select count(*) from import_file") == 0
    assert list((tmp_path / "imports").iterdir()) == []


async def test_a_file_of_bad_rows_only_leaves_no_mark(bring, db) -> None:
    report = await bring(as_csv([sheets.TAOBAO, sheets.taobao(1, 购买数量="x")]), "row")
    assert not report["stored"] and report["counts"]["bad"] == 1
    assert await db.value("select count(*) from import_file") == 0


async def test_what_a_dead_process_left_is_swept(bring, tmp_path) -> None:
    old, fresh = tmp_path / "imports" / "old.part", tmp_path / "imports" / "fresh.part"
    old.parent.mkdir()
    old.write_text("x")
    fresh.write_text("x")
    os.utime(old, (0, 0))
    await bring(as_csv([sheets.TAOBAO, sheets.taobao(1)]), "dry")
    assert not old.exists() and fresh.exists()
