"""What people at a desk do: log in, read and release what is held, say what a line is; and what 仓储 may not."""

from functools import partial
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Playwright, expect

from tests.e2e import floor
from tests.e2e.browser import Desk, browsing
from tests.e2e.house import Api, House, until


def test_log_in_errors_are_said_in_words(product: House, playwright: Playwright, tmp_path: Path) -> None:
    with browsing(playwright, Desk, floor.profile(tmp_path, "desk"), product.url) as desk:
        desk.sees("演示账号见启动终端")
        desk.page.get_by_role("button", name="登录", exact=True).click()
        desk.sees("请填写账号和密码")
        desk.log_in("caiwu", "not-the-password")
        desk.sees("账号或密码不对")
        desk.log_in("nobody", product.logins["caiwu"])
        desk.sees("账号或密码不对")
        desk.log_in("caiwu", product.logins["caiwu"])
        expect(desk.page.get_by_role("navigation", name="主菜单")).to_be_visible()
        assert not desk.errors, desk.errors


def test_the_desk_releases_a_hold_and_matches_a_line(product: House, playwright: Playwright, tmp_path: Path) -> None:
    control = product.control
    noted = control.place("taobao", "NTB-B5")
    control.post("note", platform="taobao", external_id=noted, buyer="请放门口,谢谢")
    strange = control.place("jd", "OLD-777")
    with (
        browsing(playwright, Desk, floor.profile(tmp_path, "desk"), product.url) as desk,
        product.api("kefu") as kefu,
    ):
        desk.log_in("kefu", product.logins["kefu"])
        pane = desk.page.get_by_role("article")

        held = until("the noted order is held", partial(_held, kefu, noted), 90)
        assert held["holds"] == ["buyer_note"]
        desk.open_order(held["no"])
        expect(pane).to_contain_text("买家留言")
        pane.get_by_role("button", name="查看买家留言").click()
        expect(pane.get_by_text("请放门口,谢谢")).to_be_visible()
        pane.get_by_role("button", name="放行：买家留言").click()
        asked = desk.page.get_by_role("dialog")
        asked.get_by_role("button", name="备注不影响发货").click()
        asked.get_by_role("button", name="放行", exact=True).click()
        desk.sees(f"已放行 {held['no']}")
        until("it has its stock", lambda: kefu.order(held["id"])["facts"]["reserved"])
        story = kefu.order(held["id"])["story"]
        assert any(s["kind"] == "note_revealed" and s["who"] for s in story), story
        assert any(s["kind"] == "order_released" and s["reason"] == "备注不影响发货" and s["who"] for s in story), story
        expect(pane.get_by_role("button", name="放行：买家留言")).to_have_count(0)

        lost = until("the strange order is held", partial(_held, kefu, strange), 90)
        assert lost["holds"] == ["sku_unmatched"]
        desk.open_order(lost["no"])
        pane.get_by_role("button", name="匹配货品").click()
        pane.get_by_label("搜货品编码、名称、条码").fill("CAP-NVY")
        pane.get_by_role("button", name="CAP-NVY").click()
        asked.get_by_role("button", name="匹配", exact=True).click()
        desk.sees("已匹配为 CAP-NVY")
        until("it has its stock, too", lambda: kefu.order(lost["id"])["facts"]["reserved"])
        floor.books_balance(product)
        assert not desk.errors, desk.errors


def test_the_warehouse_may_do_its_three_actions_and_nothing_else(product: House) -> None:
    with product.api("picker") as picker:
        for method, path in (
            ("GET", "orders"),
            ("GET", "waves"),
            ("GET", "skus"),
            ("GET", "tasks"),
            ("GET", "counters"),
            ("POST", "waves"),
            ("POST", "demo/orders"),
        ):
            answer = picker.http.request(method, f"/api/{path}", json={} if method == "POST" else None)
            assert answer.status_code == 403, f"{method} {path}: {answer.status_code} {answer.text}"
            assert answer.json()["code"] == "not_your_role"
        before = product.value("select count(*) from wave")
        body = {"device_id": "00000000-0000-0000-0000-000000000000"}
        assert picker.http.post("/api/waves", json=body).status_code == 403
        assert product.value("select count(*) from wave") == before
        unmarked = httpx.post(f"{product.url}/api/logout", cookies=picker.http.cookies)
        assert unmarked.status_code == 403, "a form of another site must not act for a person"
        assert picker.get("me")["person"]["role"] == "warehouse"
    assert httpx.get(f"{product.url}/api/orders").status_code == 401


def _held(kefu: Api, external_id: str) -> dict[str, Any] | None:
    row = kefu.find(external_id)
    return row if row and row["holds"] else None
