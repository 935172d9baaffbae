"""A manager changes how raw orders become ours: a rule changed by a click on the raw order, tried, put in force, seen
in an order, and taken back. What a person matched outlives all of it."""

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Playwright, expect

from tests.e2e import floor
from tests.e2e.browser import Desk, browsing
from tests.e2e.house import Api, House, until


def test_a_rule_is_changed_tried_applied_and_taken_back(product: House, playwright: Playwright, tmp_path: Path) -> None:
    control = product.control
    plain = control.place("taobao", "TEE-WHT-M")
    strange = control.place("taobao", "OLD-777")
    with (
        browsing(playwright, Desk, floor.profile(tmp_path, "desk"), product.url) as desk,
        product.api("kefu") as kefu,
    ):
        page = desk.page
        order = until("it came in", partial(_settled, kefu, plain, []), 90)
        held = until("the strange one is held", partial(_settled, kefu, strange, ["sku_unmatched"]), 90)
        sku = kefu.get("skus", q="CAP-NVY")["rows"][0]
        line = kefu.order(held["id"])["lines"][0]
        kefu.post(f"orders/{held['id']}/lines/{line['id']}/match", {"sku_id": sku["id"]})
        title = kefu.order(order["id"])["lines"][0]["title"]

        # Only managers: the way there and the screen.
        desk.log_in("manager", product.logins["manager"])
        page.goto(f"{product.url}/#/shops")
        page.get_by_role("link", name="映射规则").click()
        desk.sees("新来的订单按它映射")
        page.get_by_role("link", name="修改规则").click()

        # The raw order is found by its number; its field is put into the rule by a click.
        page.get_by_label("贴一个订单号").fill(plain)
        becomes = page.locator(".ofbecomes")
        expect(becomes).to_contain_text(title)
        page.get_by_label("找规则：名字、字段").fill("line title")
        page.locator(".rulehead").click()
        page.get_by_label("来源字段 1", exact=True).focus()
        spec = page.get_by_role("button", name=re.compile("^sku_properties_name，值"))
        value = spec.locator("span").inner_text()
        assert value and value != title
        spec.click()
        expect(page.get_by_label("来源字段 1", exact=True)).to_have_value("sku_properties_name")
        expect(becomes).to_contain_text("1 个字段不同")
        expect(becomes.locator(".differs")).to_contain_text(value)
        expect(becomes.locator(".differs")).to_contain_text("草稿")

        # What may not be is said beside the field, and not saved.
        path = page.get_by_label("来源字段 1", exact=True)
        path.fill("receiver_name")
        expect(page.locator(".rulebody")).to_contain_text("receiver_name 是买家隐私，规则不能读")
        expect(path).to_have_attribute("aria-invalid", "true")
        page.get_by_role("button", name="保存草稿（1 处要改）").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        path.fill("sku_properties_name")

        # Leaving loses nothing.
        page.get_by_role("link", name="回到规则").click()
        desk.sees("有没保存的修改")
        page.get_by_role("link", name="接着改").click()
        desk.sees("1 处改动还没保存")
        page.get_by_role("button", name="保存草稿", exact=True).click()
        asked = page.get_by_role("dialog")
        asked.get_by_label("为什么改").fill("规格更好认")
        asked.get_by_role("button", name="保存草稿", exact=True).click()

        # A draft: nothing has happened yet. It cannot be put in force untried.
        desk.sees("取自 title → sku_properties_name")
        enact = page.get_by_role("button", name="启用", exact=True)
        expect(enact).to_have_attribute("aria-disabled", "true")
        page.get_by_role("button", name="试算", exact=True).click()
        desk.sees(re.compile("看过 [0-9,]+ 张原始订单"))
        expect(page.get_by_label("按字段")).to_contain_text("商品名")
        expect(page.get_by_label("会变的订单")).to_contain_text(order["no"])
        expect(page.get_by_label("会变的订单")).to_contain_text("人工匹配过货品，保留")
        assert kefu.order(order["id"])["lines"][0]["title"] == title, "a trial changes nothing"

        enact.click()
        expect(asked).to_contain_text(
            re.compile(r"原因：规格更好认。试算过最近 [0-9,]+ 张原始订单：[1-9][0-9,]* 张会变")
        )
        asked.get_by_role("button", name="启用", exact=True).click()
        until("the order is mapped anew", lambda: kefu.order(order["id"])["lines"][0]["title"] == value, 90)
        desk.sees(re.compile("未出库的订单都已按第 1 版重新映射"))
        assert kefu.order(held["id"])["lines"][0]["sku"]["code"] == "CAP-NVY", "what a person matched stays"

        # Back, which is another version.
        page.get_by_role("link", name="回到规则").click()
        page.get_by_role("button", name="撤回到上一版").click()
        asked.get_by_role("button", name="改错了").click()
        asked.get_by_role("button", name="撤回", exact=True).click()
        desk.sees("与出厂规则相同")
        until("it is as it was", lambda: kefu.order(order["id"])["lines"][0]["title"] == title, 90)
        assert kefu.order(held["id"])["lines"][0]["sku"]["code"] == "CAP-NVY"
        with product.api("manager") as manager:
            told = manager.get("rules/taobao")
        assert told["in_force"] == 2 and [v["version"] for v in told["versions"]] == [2, 1, 0]
        assert told["versions"][0]["same_as"] == 0 and told["versions"][1]["reason"] == "规格更好认"
        assert not desk.errors, desk.errors


def test_whoever_is_no_manager_is_told_so(product: House, playwright: Playwright, tmp_path: Path) -> None:
    with browsing(playwright, Desk, floor.profile(tmp_path, "desk"), product.url) as desk:
        desk.log_in("kefu", product.logins["kefu"])
        desk.page.goto(f"{product.url}/#/shops")
        desk.sees("上次拉取")
        expect(desk.page.get_by_role("link", name="映射规则")).to_have_count(0)
        desk.page.goto(f"{product.url}/#/rules")
        desk.sees("只有管理能做")
        assert not desk.errors, desk.errors


def _settled(kefu: Api, external_id: str, holds: list[str]) -> dict[str, Any] | None:
    row = kefu.find(external_id)
    return row if row and row["holds"] == holds else None


def test_a_draft_of_an_old_version_is_carried_over(product: House, playwright: Playwright, tmp_path: Path) -> None:
    """Two managers change different rules of the same version; the second loses neither work."""
    with (
        browsing(playwright, Desk, floor.profile(tmp_path, "desk"), product.url) as desk,
        product.api("manager") as manager,
    ):
        page = desk.page
        base = manager.get("rules/jdsp/0")["rules"]

        def changed(name: str, path: str) -> str:
            return json.dumps([{**r, "from": [path]} if r["name"] == name else r for r in base])

        mine = manager.post("rules/jdsp", {"rules": changed("line spec", "mine"), "reason": "甲", "base": 0})["version"]
        theirs = manager.post("rules/jdsp", {"rules": changed("line title", "theirs"), "reason": "乙", "base": 0})
        manager.post(f"rules/jdsp/{theirs['version']}/apply")
        desk.log_in("manager", product.logins["manager"])
        page.goto(f"{product.url}/#/rules/jdsp/{mine}")
        desk.sees("不能直接启用")
        expect(page.get_by_role("button", name="启用", exact=True)).to_have_attribute("aria-disabled", "true")
        page.get_by_role("link", name="搬到第 2 版上再改").click()
        desk.sees("已搬到第 2 版上")
        page.get_by_role("button", name="保存草稿", exact=True).click()
        asked = page.get_by_role("dialog")
        asked.get_by_label("为什么改").fill("甲，搬过来")
        asked.get_by_role("button", name="保存草稿", exact=True).click()
        desk.sees("和第 2 版相比")
        desk.sees(re.compile("取自 .+ → mine"))
        rules = {r["name"]: r["from"] for r in manager.get("rules/jdsp/3")["rules"]}
        assert (rules["line spec"], rules["line title"]) == (["mine"], ["theirs"])
        told = manager.get("rules/jdsp")
        assert (told["in_force"], told["versions"][0]["base"]) == (2, 2)
        manager.post("rules/jdsp/undo", {"back_to": 0, "reason": "试完了"})
        assert not desk.errors, desk.errors
