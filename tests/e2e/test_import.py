"""An order file at the desk: tried first, its bad row told, the good orders brought in, none twice."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Playwright, expect

from tests.e2e import floor
from tests.e2e.browser import Desk, browsing
from tests.e2e.house import House, until
from tests.support import sheets

BAD = "4.1E+18"


def test_a_file_is_tried_then_imported_and_not_twice(product: House, playwright: Playwright, tmp_path: Path) -> None:
    rows = [sheets.TAOBAO, sheets.taobao(90_001), sheets.taobao(90_002), sheets.taobao(90_003, 主订单编号=BAD)]
    good = [str(row[1]) for row in rows[1:3]]
    shop = product.value("select id::text from shop where platform = 'taobao' order by created_at limit 1")
    file = tmp_path / "ExportOrderList.csv"
    file.write_bytes(sheets.as_csv(rows, "gbk"))
    with (
        browsing(playwright, Desk, floor.profile(tmp_path, "desk"), product.url) as desk,
        product.api("kefu") as kefu,
    ):
        desk.log_in("kefu", product.logins["kefu"])
        page = desk.page
        expect(page.get_by_role("navigation", name="主菜单")).to_be_visible()
        page.goto(f"{desk.url}/#/import")
        page.get_by_label("哪家店铺的文件").select_option(shop)
        page.locator("#import-file").set_input_files(file)
        page.get_by_role("button", name="试一遍").click()
        desk.sees("试过了：2 单可以导入")
        told = page.get_by_role("region", name="每行的结果")
        expect(told).to_contain_text("科学计数法")
        assert all(kefu.find(i) is None for i in good), "a trial changes nothing"
        expect(page.get_by_role("button", name="全部导入")).to_have_attribute("aria-disabled", "true")
        page.get_by_role("button", name="只导入没问题的 2 单").click()
        desk.sees("已导入 2 单")
        for external_id in good:
            found = until("it is in the hub", lambda i=external_id: kefu.find(i), 60)
            order = until("it was looked at", lambda at=found["id"]: _seen(kefu.order(at)), 60)
            assert order["lines"][0]["sku"]["code"] == "TEE-BLK-M" and order["holds"], "nobody can ship to a mask"
        page.locator("#import-file").set_input_files(file)
        page.get_by_role("button", name="试一遍").click()
        desk.sees("同一个文件在这个时间导入过")
        expect(told).to_contain_text("已经有了")
        [count] = product.sql("select count(*)::int as n from sales_order where external_id = any($1::text[])", good)
        assert count["n"] == 2
        floor.books_balance(product)
        assert not desk.errors, desk.errors


def _seen(order: dict[str, Any]) -> dict[str, Any] | None:
    return order if order["lines"][0]["sku"] else None
