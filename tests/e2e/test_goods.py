"""Goods at the desk: one match releases all orders that wait; a SKU, a bundle, a file of goods."""

from functools import partial
from pathlib import Path

from playwright.sync_api import Playwright, expect

from tests.e2e import floor
from tests.e2e.browser import Desk, browsing
from tests.e2e.house import House, until


def test_one_match_at_the_desk_releases_all_that_wait(product: House, playwright: Playwright, tmp_path: Path) -> None:
    placed = [product.control.place("taobao", "OLD-909") for _ in range(3)]
    with (
        browsing(playwright, Desk, floor.profile(tmp_path, "desk"), product.url) as desk,
        product.api("kefu") as kefu,
    ):

        def all_of(what: str) -> bool:
            holds = [r["holds"] if (r := kefu.find(i)) else None for i in placed]
            return all(h is not None and ("sku_unmatched" in h if what == "held" else not h) for h in holds)

        until("all three wait", partial(all_of, "held"), 90)
        desk.log_in("kefu", product.logins["kefu"])
        desk.page.goto(f"{desk.url}/#/listings?q=OLD-909")
        row = desk.page.get_by_role("link").filter(has_text="OLD-909")
        expect(row.first).to_contain_text("单在等")
        row.first.click()
        pane = desk.page.get_by_role("article")
        expect(pane).to_contain_text("未匹配")
        pane.get_by_role("button", name="选别的货品").click()
        pane.get_by_label("搜货品编码、名称、条码").fill("CAP-NVY")
        pane.get_by_role("button", name="CAP-NVY").last.click()
        asked = desk.page.get_by_role("dialog")
        expect(asked).to_contain_text("会一起重新审单")
        asked.get_by_role("button", name="匹配", exact=True).click()
        desk.sees("已匹配为 CAP-NVY")
        until("none waits any more", partial(all_of, "free"), 60)
        for external_id in placed:
            found = kefu.find(external_id)
            assert found is not None
            until("it has its stock", lambda at=found["id"]: kefu.order(at)["facts"]["reserved"])
            order = kefu.order(found["id"])
            assert order["lines"][0]["sku"]["code"] == "CAP-NVY"
            assert sum(s["kind"] == "line_matched" for s in order["story"]) == 1
        floor.books_balance(product)
        assert not desk.errors, desk.errors


def test_a_sku_is_made_put_in_a_bundle_and_brought_by_a_file(
    product: House, playwright: Playwright, tmp_path: Path
) -> None:
    with browsing(playwright, Desk, floor.profile(tmp_path, "desk"), product.url) as desk:
        desk.log_in("kuguan", product.logins["kuguan"])
        page = desk.page
        expect(page.get_by_role("navigation", name="主菜单")).to_be_visible()
        page.goto(f"{desk.url}/#/goods")
        page.get_by_role("button", name="新建货品").click()
        page.get_by_label("货品编码", exact=True).fill("E2E-GIFT")
        page.get_by_label("名称", exact=True).fill("端到端礼盒")
        page.get_by_role("button", name="保存").click()
        desk.sees("已保存 E2E-GIFT")
        pane = page.get_by_role("article", name="E2E-GIFT")
        pane.get_by_role("button", name="加一种货品").click()
        pane.get_by_label("搜货品编码、名称、条码").fill("SOCK")
        pane.get_by_role("button", name="SOCK").first.click()
        pane.get_by_label("SOCK 数量").fill("2")
        pane.get_by_label("SOCK 数量").press("Tab")
        pane.get_by_role("button", name="保存组合").click()
        desk.sees("已保存组合")
        expect(pane).to_contain_text("可以组成")
        file = tmp_path / "goods.csv"
        file.write_text("货品编码,名称,条码,货位,期初库存\nE2E-MUG,杯子,690777,E-01,7\n坏 的,x,,,\n", encoding="utf-8")
        page.goto(f"{desk.url}/#/goods-import")
        page.locator("#import-file").set_input_files(file)
        page.get_by_role("button", name="试一遍").click()
        desk.sees("试过了：1 个货品可以导入")
        page.get_by_role("button", name="只导入没问题的 1 个").click()
        desk.sees("已导入 1 个货品")
        ledger = product.sql(
            "select l.kind, l.on_hand from stock_ledger l join sku k on k.id = l.sku where k.code = 'E2E-MUG'"
        )
        assert ledger == [{"kind": "opening", "on_hand": 7}]
        floor.books_balance(product)
        assert not desk.errors, desk.errors
