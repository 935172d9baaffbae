"""Connecting a shop in the browser, from the choice of its platform to its first order. Its owner says yes on the
sandbox's page."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright, expect

from server.sandbox.accounts import JD
from tests.e2e import floor
from tests.e2e.browser import Desk, browsing
from tests.e2e.house import Api, House, until

DAY = 86_400


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house of its own. The demo's JD shop makes room in it: a shop can be connected once."""
    house = House(tmp_path_factory.mktemp("shops"))
    try:
        house.sql("update shop set external_id = 'elsewhere', state = 'off' where platform = 'jd' returning id")
        yield house
    finally:
        house.stop()


def test_a_shop_is_connected_and_its_first_order_comes_in(house: House, playwright: Playwright, tmp_path: Path) -> None:
    old = house.control.post("orders", platform="jd", count=1, odd=False, at=int(time.time()) - 3 * DAY)["ids"][0]
    with browsing(playwright, Desk, floor.profile(tmp_path, "desk"), house.url) as desk, house.api("kefu") as kefu:
        page = desk.page
        desk.log_in("manager", house.logins["manager"])
        page.goto(f"{house.url}/#/shops")
        page.get_by_role("link", name="接入店铺").click()
        page.get_by_role("link", name="京东（JOS）").click()
        expect(page.get_by_text(f"{house.url}/hooks/consent")).to_be_visible()
        page.get_by_role("checkbox").first.check()

        # Leaving and coming back.
        page.goto(f"{house.url}/#/shops")
        page.get_by_role("link", name="继续接入").click()
        expect(page.get_by_role("checkbox").first).to_be_checked()
        page.get_by_role("link", name="下一步：填密钥").click()

        # A real shop would end the demo, and nobody of the demo's may do that to himself.
        desk.sees("接入真实店铺会结束演示")
        desk.sees("现在只有演示账号是管理")
        expect(page.get_by_role("button", name="保存并结束演示…")).to_have_attribute("aria-disabled", "true")

        page.get_by_text("更多：店铺号、接口地址").click()
        page.get_by_label("接口地址").fill(f"http://127.0.0.1:{house.sandbox_port}/jd")
        expect(page.get_by_text("接入真实店铺会结束演示")).to_have_count(0)
        page.get_by_role("button", name="保存，去授权").click()
        expect(page.get_by_label("店铺名称")).to_be_focused()
        desk.sees("请填写 App Secret")
        page.get_by_label("店铺名称").fill("京东 新接的店")
        page.get_by_label("App Key").fill(JD["app_key"])
        page.get_by_label("App Secret").fill(JD["app_secret"])
        page.get_by_role("button", name="保存，去授权").click()
        expect(page.get_by_role("heading", name="请店主同意授权")).to_be_visible()
        shop = house.sql("select id, state from shop where name = '京东 新接的店'")[0]
        assert shop["state"] == "new"

        # A code that the platform never gave.
        page.get_by_text("平台没有跳回来？粘贴授权码").click()
        page.get_by_label("授权码，或跳转后的整个地址").fill("https://hub.example/hooks/consent?code=guessed&state=x")
        page.get_by_role("button", name="用这个授权码").click()
        expect(page.get_by_role("alert").filter(has_text="京东")).to_be_visible()
        assert house.value("select state from shop where id = $1", shop["id"]) == "new"

        page.get_by_role("button", name="生成授权链接").click()
        desk.installed()  # its pages come from the service worker, the way back from a platform must not
        with page.expect_popup() as opened:
            page.get_by_role("link", name="去平台授权").click()
        expect(opened.value.get_by_role("heading", name="试几次不改数据的调用")).to_be_visible()
        opened.value.close()
        page.bring_to_front()
        expect(page.get_by_role("heading", name="试几次不改数据的调用")).to_be_visible()  # it went on by itself

        page.get_by_role("button", name="开始测试").click()
        desk.sees("全部通过")
        expect(page.get_by_text("平台认得这家店")).to_be_visible()
        page.get_by_role("button", name="下一步", exact=True).click()
        every = page.get_by_label("每隔多久拉一次订单")
        every.fill("1")
        desk.sees("请填 5 到 3600")
        every.fill("5")
        page.get_by_role("button", name="保存，下一步").click()
        expect(page.get_by_role("heading", name="补拉过去的订单")).to_be_visible()
        assert house.value("select settings ->> 'pull_every_s' from shop where id = $1", shop["id"]) == "5"

        assert kefu.find(old) is None, "it came in without a back-fill: the rest of this test proves nothing"
        page.get_by_role("button", name="开始补拉").click()
        desk.sees("补拉完成")
        desk.sees("读到 1 单，其中 1 单是新的或有变化")
        page.get_by_role("button", name="完成接入").click()
        desk.sees("京东 新接的店 接好了")
        order = until("its first order", partial(_of_shop, kefu, old, "京东 新接的店"), 90)
        page.get_by_role("link", name="看这家店的订单").click()
        expect(page.locator("[data-row]").filter(has_text=order["no"])).to_be_visible()

        kept = page.evaluate("JSON.stringify(localStorage)") + kefu.http.get("/api/shops").text
        assert JD["app_secret"] not in kept and "sandboxjdaccess" not in kept
        assert not desk.errors, desk.errors


def test_a_shop_is_paused_and_disconnected(house: House, playwright: Playwright, tmp_path: Path) -> None:
    shop = house.sql("select id from shop where platform = 'taobao'")[0]["id"]
    with browsing(playwright, Desk, floor.profile(tmp_path, "desk"), house.url) as desk:
        page = desk.page
        page.goto(f"{house.url}/#/shops?consent=ok")
        desk.sees("授权成功。店主可以关掉这一页了。")  # who came back from the platform may have no account here
        desk.log_in("kefu", house.logins["kefu"])
        page.goto(f"{house.url}/#/shops/{shop}")
        expect(page.get_by_role("heading", name="淘宝 演示旗舰店")).to_be_visible()
        expect(page.get_by_role("button", name="断开", exact=True)).to_have_attribute("aria-disabled", "true")
        expect(page.get_by_label("每隔多久拉一次订单")).to_be_disabled()
        page.goto(f"{house.url}/#/shops/new")
        desk.sees("只有管理能接入和改动店铺")
        expect(page.get_by_role("link", name="京东（JOS）")).to_have_count(0)
    with browsing(playwright, Desk, floor.profile(tmp_path, "boss"), house.url) as desk:
        page, state = desk.page, partial(house.value, "select state from shop where id = $1", shop)
        desk.log_in("manager", house.logins["manager"])
        page.goto(f"{house.url}/#/shops/{shop}")
        asked = page.get_by_role("dialog")
        page.get_by_role("button", name="暂停", exact=True).click()
        asked.get_by_role("button", name="取消").click()
        assert state() == "on"
        page.get_by_role("button", name="暂停", exact=True).click()
        asked.get_by_role("button", name="暂停", exact=True).click()
        desk.sees("已暂停：不再拉单")
        assert state() == "off"
        page.get_by_role("button", name="恢复", exact=True).first.click()
        expect(page.get_by_text("已暂停：不再拉单")).to_have_count(0)
        assert state() == "on"
        page.get_by_role("button", name="断开", exact=True).click()
        asked.get_by_role("button", name="断开", exact=True).click()
        desk.sees("还没有授权，订单不会进来。")
        assert state() == "new"
        assert not desk.errors, desk.errors


def test_a_real_shop_ends_the_demo_after_asking(house: House, playwright: Playwright, tmp_path: Path) -> None:
    house.sql("update person set name = '店主' where login = 'manager' returning id")
    with browsing(playwright, Desk, floor.profile(tmp_path, "desk"), house.url) as desk, house.api("kefu") as kefu:
        page, asked = desk.page, desk.page.get_by_role("dialog")
        desk.log_in("manager", house.logins["manager"])
        page.goto(f"{house.url}/#/shops/new?platform=taobao&step=key")
        page.get_by_label("店铺名称").fill("一号店")
        page.get_by_label("AppKey").fill("12345678")
        page.get_by_label("AppSecret").fill("not-a-real-secret")
        page.get_by_role("button", name="保存并结束演示…").click()
        expect(asked).to_contain_text("演示账号、演示店铺和模拟平台会马上停用")
        asked.get_by_role("button", name="取消").click()
        assert not house.value("select count(*) from shop where name = '一号店'")
        assert kefu.http.get("/api/me").status_code == 200
        page.get_by_role("button", name="保存并结束演示…").click()
        asked.get_by_role("button", name="结束演示并接入").click()
        expect(page.get_by_role("heading", name="请店主同意授权")).to_be_visible()
        assert house.value("select state from shop where name = '一号店'") == "new"
        assert kefu.http.get("/api/me").status_code == 401
        page.goto(f"{house.url}/#/shops")
        page.get_by_role("link", name="接入店铺").click()
        page.goto(f"{house.url}/#/shops/new?platform=jd&step=key")
        expect(page.get_by_role("button", name="保存，去授权")).to_be_visible()  # it ended once
        assert not desk.errors, desk.errors


def _of_shop(kefu: Api, external_id: str, shop: str) -> dict[str, Any] | None:
    row = kefu.find(external_id)
    return row if row and row["shop_name"] == shop else None
