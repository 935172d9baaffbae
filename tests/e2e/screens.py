"""The handbook's pictures, taken from the running product: `python -m tests.e2e.screens` writes docs/handbook/screens.

Everything in them is invented: the demo's people, the sandbox's buyers.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Playwright, expect, sync_playwright

from tests.e2e import floor
from tests.e2e.browser import PARCEL, Browser, Desk, Phone, browsing
from tests.e2e.house import ROOT, House, Line, until
from tests.support import sheets

FOLDER = ROOT / "docs" / "handbook" / "screens"
LARGE, SMALL, WIDE = (390, 844), (360, 640), (1440, 900)
MOST_BYTES = 200_000
CAP_BLK = "2000000000053"


class Album:
    """Takes pictures, small on disk, and notes which were taken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()

    def take(self, browser: Browser, name: str, *, small: bool = False, dark: bool = False) -> None:
        """One picture at the browser's own size; if wanted also at 360 × 640, and one in the dark."""
        width, height = browser.size
        self._one(browser, f"{name}-{width}")
        if small:
            browser.shape(*SMALL)
            self._one(browser, f"{name}-{SMALL[0]}")
        if dark:
            browser.shape(width, height, dark=True)
            self._one(browser, f"{name}-{width}-dark")
        if small or dark:
            browser.shape(width, height)

    def _one(self, browser: Browser, name: str) -> None:
        browser.page.evaluate("document.fonts.ready.then(() => new Promise(r => requestAnimationFrame(() => r())))")
        shot = browser.picture()
        path = self.folder / f"{name}.png"
        with Image.open(BytesIO(shot)) as image:
            image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
        size = path.stat().st_size
        assert size < MOST_BYTES, f"{path.name}: {size} bytes"
        sys.stdout.write(f"{path.name} {size // 1024} kB\n")


class Tour:
    """One installation, one phone, one desk, and what is shown of them."""

    def __init__(self, house: House, phone: Phone, desk: Desk, line: Line, album: Album) -> None:
        self.house, self.phone, self.desk, self.line, self.album = house, phone, desk, line, album

    def orders_come_in(self) -> None:
        """A morning's orders in all four shops, some of them with trouble; five that the pictures need."""
        control = self.house.control
        for platform in floor.PLATFORMS:
            control.post("orders", platform=platform, count=5, seed=7)
        noted = control.place("taobao", "NTB-B5", "LAMP")
        control.post("note", platform="taobao", external_id=noted, buyer="请放门口,谢谢")
        strange = control.place("jd", "OLD-777", "SOCK")
        self.noted, self.strange = noted, strange
        self.mine = [
            control.place("taobao", "TEE-WHT-M", "TEE-WHT-M", "CUP-RED"),
            control.place("jd", "CAP-BLK"),
            control.place("shopee", "CASE-P15", "CUP-RED"),
            control.place("taobao", "BAG-NAT"),
        ]
        self.cancelled = control.place("taobao", "UMB-BLK", "TWL-GRY")
        floor.ready(self.house, [*self.mine, self.cancelled])

    def logging_in(self) -> None:
        self.album.take(self.phone, "login", small=True)
        self.phone.log_in("picker", self.house.logins["picker"], "1 号枪")
        self.phone.on_floor()
        self.phone.sees("在线")
        self.album.take(self.phone, "floor-home-empty")
        self.phone.installed()

    def picking(self) -> None:
        phone, album = self.phone, self.album
        device = str(until("a device", lambda: self.house.value("select id from device where name = '1 号枪'")))
        orders = floor.ready(self.house, [*self.mine, self.cancelled])
        self.wave = floor.wave_for(self.house, device, orders)
        self.parcels = floor.arrived(phone, self.wave["no"])
        phone.home()
        album.take(phone, "floor-home", small=True, dark=True)
        phone.go("pick")
        phone.sees("请扫货品条码")
        album.take(phone, "floor-pick", small=True, dark=True)
        codes = floor.to_scan(phone, self.parcels[0][floor.C_WAVE])
        phone.scan_for(codes[0], "right", "还差 1 件")
        album.take(phone, "floor-pick-right", small=True)
        phone.scan_for(CAP_BLK, "right", "跳到 棒球帽 黑色")
        album.take(phone, "floor-pick-jumped")
        phone.scan_for("6900000000012", "wrong", "不是这件")
        album.take(phone, "floor-pick-wrong", small=True, dark=True)
        phone.scan_for(codes[1], "right", "这项齐了")
        phone.scan_for(codes[1], "twice", "这件已经够了")
        album.take(phone, "floor-pick-twice")
        phone.page.locator("#short").click()
        album.take(phone, "floor-short")
        phone.page.keyboard.press("Escape")
        phone.page.locator("#hand").click()
        album.take(phone, "floor-hand")
        phone.page.keyboard.press("Escape")
        expect(phone.page.get_by_role("dialog")).to_have_count(0)
        self.line.cut()
        left = [c for c in codes[2:] if c != CAP_BLK]
        for code in left[:-1]:
            phone.scan_for(code, "right", "对")
        until("离线", lambda: "离线" in phone.page.locator(".f-link").inner_text())
        album.take(phone, "floor-offline", small=True)
        self.line.mend()
        phone.scan_for(left[-1], "done", "波次拣完")
        album.take(phone, "floor-pick-done")
        floor.all_sent(phone)

    def packing(self) -> None:
        phone, album, wave = self.phone, self.album, self.wave["no"]
        self.house.control.post("cancel", platform="taobao", external_id=self.cancelled)
        phone.go("pack")
        phone.sees("扫格口、包裹号或订单号")
        album.take(phone, "floor-pack")
        first = next(p for p in self.parcels if len(p[floor.C_ITEMS]) == 2 and p[floor.C_ITEMS][0][3] == 2)
        phone.scan(f"ZSLOT-{wave}-{first[floor.C_SLOT]}")
        phone.sees("逐件扫货品")
        album.take(phone, "floor-pack-verify", small=True)
        units = [codes[0] for _, _, _, qty, codes in first[floor.C_ITEMS] for _ in range(qty)]
        phone.scan_for(units[0], "right", "对")
        phone.scan_for(CAP_BLK, "wrong", "不是这一单的")
        album.take(phone, "floor-pack-wrong")
        for code in units[1:-1]:
            phone.scan_for(code, "right", "对")
        phone.scan_for(units[-1], "done", "全部核对")
        album.take(phone, "floor-pack-checked", small=True)
        phone.scan_for(first[floor.C_WAYBILL], "done", "打包完成")
        album.take(phone, "floor-pack-done")
        stopped = self._number(self.cancelled)
        for parcel in self.parcels:
            if parcel[floor.C_ID] != first[floor.C_ID] and parcel[floor.C_ORDER] != stopped:
                floor.pack(phone, wave, parcel)

    def leaving(self) -> None:
        phone, album, control = self.phone, self.album, self.house.control
        moved = self._number(self.mine[0])
        parcel = next(p for p in self.parcels if p[floor.C_ORDER] == moved)
        control.post("address", platform="taobao", external_id=self.mine[0])
        stopped = self._number(self.cancelled)
        phone.go("out")
        phone.sees("扫面单出库")
        for other in self.parcels:
            if other[floor.C_ORDER] not in (moved, stopped):
                phone.scan_for(other[floor.C_WAYBILL], "right", "可以走")
        album.take(phone, "floor-out", small=True)
        old = parcel[floor.C_WAYBILL]
        until("旧面单", lambda: any(old in p[floor.C_OLD] for p in phone.rows(PARCEL)), 90)
        phone.scan_for(old, "stop", "旧面单")
        album.take(phone, "floor-out-old-label", small=True, dark=True)
        phone.home()
        phone.sees("先处理这些")
        album.take(phone, "floor-home-tasks", small=True)
        phone.page.locator(".f-tasks button").filter(has_text="放回").first.click()
        phone.sees("把下面的货放回货位")
        album.take(phone, "floor-task", small=True)
        phone.page.locator("#task-done").click()
        album.take(phone, "floor-task-ask")
        phone.page.keyboard.press("Escape")
        phone.home()
        phone.page.locator("#go-results").click()
        album.take(phone, "floor-results")
        phone.home()
        phone.page.locator("#go-me").click()
        album.take(phone, "floor-me", small=True)

    def at_the_desk(self) -> None:
        desk, album = self.desk, self.album
        album.take(desk, "desk-login")
        desk.log_in("manager", self.house.logins["manager"])
        expect(desk.page.get_by_role("navigation", name="主菜单")).to_be_visible()
        for place, text in (
            ("board", "今日接单"),
            ("orders", "付款"),
            ("tasks", "买家留言"),
            ("waves", "已拣"),
            ("print", "打开 PDF"),
            ("shops", "上次拉取"),
            ("inbox", "收件箱"),
        ):
            desk.page.goto(f"{desk.url}/#/{place}")
            expect(desk.page.locator("#content")).to_contain_text(text if place != "waves" else "W1001")
            until("no skeleton", lambda: desk.page.locator("#content .bone").count() == 0)
            album.take(desk, f"desk-{place}", dark=place in ("board", "orders"))
        self.connecting()
        desk.open_order(self._number(self.noted))
        album.take(desk, "desk-order-held")
        desk.page.get_by_role("article").get_by_role("button", name="放行：买家留言").click()
        expect(desk.page.get_by_role("dialog")).to_be_visible()
        album.take(desk, "desk-release")
        desk.page.keyboard.press("Escape")
        desk.open_order(self._number(self.strange))
        desk.page.get_by_role("button", name="匹配货品").click()
        desk.page.get_by_label("搜货品编码、名称、条码").fill("CAP")
        desk.sees("CAP-NVY")
        album.take(desk, "desk-match")
        desk.open_order(self._number(self.mine[1]))
        desk.sees("出库")
        album.take(desk, "desk-order", dark=True)

    def changing_rules(self) -> None:
        """A draft in the editor, what it would do, and the versions."""
        desk, album, page = self.desk, self.album, self.desk.page
        page.goto(f"{desk.url}/#/rules/taobao/edit")
        page.get_by_label("贴一个订单号").fill(self.mine[0])
        page.get_by_label("找规则：名字、字段").fill("line t")
        page.locator(".rulehead").click()
        page.get_by_label("来源字段 1", exact=True).focus()
        page.get_by_role("button", name=re.compile("^sku_properties_name，值")).first.click()
        desk.sees(re.compile("和现在相比，[0-9]+ 个字段不同"))
        until("no toast", lambda: page.locator(".toast").count() == 0)
        album.take(desk, "desk-rules-edit", dark=True)
        page.get_by_role("button", name="保存草稿", exact=True).click()
        asked = page.get_by_role("dialog")
        asked.get_by_label("为什么改").fill("规格更好认")
        asked.get_by_role("button", name="保存草稿", exact=True).click()
        page.get_by_role("button", name="试算", exact=True).click()
        desk.sees(re.compile("看过 [0-9]+ 张原始订单"))
        until("no toast", lambda: page.locator(".toast").count() == 0)
        album.take(desk, "desk-rules-version")
        page.get_by_role("button", name="启用", exact=True).click()
        asked.get_by_role("button", name="启用", exact=True).click()
        desk.sees("都已按第 1 版重新映射")
        page.goto(f"{desk.url}/#/rules/taobao")
        desk.sees("用过的版本")
        until("no toast", lambda: page.locator(".toast").count() == 0)
        album.take(desk, "desk-rules")

    def connecting(self) -> None:
        """The checklist of a platform, and one shop that was tried out."""
        desk, album = self.desk, self.album
        desk.page.goto(f"{desk.url}/#/shops/new?platform=taobao")
        desk.page.get_by_role("checkbox").first.check()
        desk.sees("平台不许做的")
        album.take(desk, "desk-shop-new")
        shop = self.house.value("select id from shop where platform = 'taobao'")
        desk.page.goto(f"{desk.url}/#/shops/{shop}")
        desk.page.get_by_role("button", name="测试连接").click()
        desk.sees("平台认得这家店")
        album.take(desk, "desk-shop", dark=True)

    def goods_and_files(self) -> None:
        """Goods, a listing that orders wait for, and a file of orders that was tried."""
        desk, album, page = self.desk, self.album, self.desk.page
        control = self.house.control
        waits = [control.place("pinduoduo", "OLD-2024") for _ in range(3)]
        for external_id in waits:
            self._number(external_id)
        page.goto(f"{desk.url}/#/goods")
        expect(page.locator("#content")).to_contain_text("TEE-WHT-M")
        until("no skeleton", lambda: page.locator("#content .bone").count() == 0)
        album.take(desk, "desk-goods")
        page.goto(f"{desk.url}/#/listings?q=OLD-2024")
        row = page.get_by_role("link").filter(has_text="OLD-2024").first
        expect(row).to_contain_text("3 单在等")
        row.click()
        expect(page.get_by_role("article")).to_contain_text("未匹配")
        album.take(desk, "desk-listings")
        rows = [
            sheets.TAOBAO,
            *(sheets.taobao(80_000 + n) for n in range(6)),
            sheets.taobao(80_009, 主订单编号="4.1E+18"),
        ]
        shop = self.house.value("select id::text from shop where platform = 'taobao' order by created_at limit 1")
        page.goto(f"{desk.url}/#/import")
        page.get_by_label("哪家店铺的文件").select_option(shop)
        page.locator("#import-file").set_input_files(
            {"name": "ExportOrderList.csv", "mimeType": "text/csv", "buffer": sheets.as_csv(rows, "gbk")}
        )
        page.get_by_role("button", name="试一遍").click()
        expect(page.get_by_role("region", name="每行的结果")).to_contain_text("科学计数法")
        album.take(desk, "desk-import")

    def in_the_lift(self) -> None:
        """The manager's phone."""
        desk, album = self.desk, self.album
        desk.size, desk.scale = LARGE, 2.0
        desk.mobile = True
        desk.shape(*LARGE)
        for place, text in (("board", "今日接单"), ("orders", "付款"), ("tasks", "挂起"), ("waves", "W1001")):
            desk.page.goto(f"{desk.url}/#/{place}")
            expect(desk.page.locator("#content")).to_contain_text(text)
            until("no skeleton", lambda: desk.page.locator("#content .bone").count() == 0)
            album.take(desk, f"phone-{place}", small=place == "board", dark=place == "board")
        desk.open_order(self._number(self.mine[1]))
        album.take(desk, "phone-order")

    def _number(self, external_id: str) -> str:
        found = until(
            "its number", lambda: self.house.value("select no from sales_order where external_id = $1", external_id)
        )
        return str(found)


def take(playwright: Playwright, house: House, folder: Path, album: Album) -> None:
    line = Line(house.port)
    try:
        with (
            browsing(playwright, Phone, folder / "phone", line.url) as phone,
            browsing(playwright, Desk, folder / "desk", house.url) as desk,
        ):
            tour = Tour(house, phone, desk, line, album)
            steps: list[Callable[[], None]] = [
                tour.orders_come_in,
                tour.logging_in,
                tour.picking,
                tour.packing,
                tour.leaving,
                tour.at_the_desk,
                tour.changing_rules,
                tour.goods_and_files,
                tour.in_the_lift,
            ]
            for step in steps:
                step()
            assert not phone.errors + desk.errors, phone.errors + desk.errors
    finally:
        line.close()


def main(out: Path = FOLDER) -> None:
    folder = Path(tempfile.mkdtemp(prefix="zs-screens-"))
    try:
        house = House(folder)
        try:
            with sync_playwright() as playwright:
                take(playwright, house, folder, Album(out))
        finally:
            house.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*(Path(a) for a in sys.argv[1:2]))
