"""The main chain, once through: an order of each platform from its shop to the carrier, picked on a phone that has no
network and whose browser is killed twice on the way."""

import re
from pathlib import Path

from playwright.sync_api import Playwright, expect

from tests.e2e import floor
from tests.e2e.browser import PICK, Desk, Phone, browsing
from tests.e2e.floor import PLATFORMS
from tests.e2e.house import House, Line, until

GOODS = {
    "taobao": ["TEE-WHT-M", "TEE-WHT-M", "CUP-RED"],
    "jd": ["CUP-RED", "SOCK"],
    "pinduoduo": ["BAG-NAT"],
    "shopee": ["CASE-P15", "CASE-P15", "NTB-A5"],
}


def test_an_order_of_each_platform_goes_from_its_shop_to_the_carrier(
    product: House, playwright: Playwright, line: Line, tmp_path: Path
) -> None:
    """接单 → 审单 → 波次 → 拣货 → 打包 → 出库 → 回传 → 揽收; offline from pick to hand-over, two kills, none twice."""
    placed = {p: product.control.place(p, *GOODS[p]) for p in PLATFORMS}
    with (
        browsing(playwright, Phone, floor.profile(tmp_path, "phone"), line.url) as phone,
        browsing(playwright, Desk, floor.profile(tmp_path, "desk"), product.url) as desk,
    ):
        device = floor.at_work(product, phone, "1 号枪")
        desk.log_in("kefu", product.logins["kefu"])
        orders = floor.ready(product, list(placed.values()))

        # The desk sees all four, one of them in full.
        desk.page.goto(f"{product.url}/#/orders")
        for order in orders:
            expect(desk.page.locator("[data-row]").filter(has_text=order["no"])).to_contain_text("已付款")
        desk.open_order(orders[0]["no"])
        expect(desk.page.get_by_role("article")).to_contain_text("已付款")

        wave_no = _make_wave_at_the_desk(desk, "1 号枪", device)
        parcels = floor.arrived(phone, wave_no)
        wave_id = parcels[0][floor.C_WAVE]
        assert {o["no"] for o in orders} <= {p[floor.C_ORDER] for p in parcels}

        line.cut()
        events = _pick_pack_hand_over(phone, wave_no, wave_id, parcels)

        # The network comes back badly: the server hears everything, the phone hears no answer and sends it all again.
        line.swallow("/api/sync/v1/push")
        heard = "select count(*) from sync_event e join device d on d.dev = e.dev where d.id = $1::uuid"
        until("the server has heard it", lambda: product.value(heard, device) == len(events), 90)
        assert phone.outbox() == events, "what was not acknowledged stays"
        line.mend()
        floor.all_sent(phone)

        # Each scan once.
        floor.counted_once(product, events)
        picks = product.sql("select qty, picked, state from pick where wave = $1", wave_id)
        assert picks and all(p["picked"] == p["qty"] and p["state"] == "done" for p in picks), picks
        assert {e["n"] for e in events} == set(range(1, len(events) + 1)), "numbers of this device: no gap, none twice"
        for p in product.sql("select state, waybill_no from parcel where wave = $1", wave_id):
            assert p["state"] == "handed_over", p

        # The shops know, with our numbers; the carrier came.
        waybills = {p[floor.C_ORDER]: p[floor.C_WAYBILL] for p in parcels}
        for order in orders:
            ref = (order["platform"], order["external_id"])
            assert floor.shipped(product, *ref)["waybill_no"] == waybills[order["no"]]
            floor.collected(product, *ref)
        mine = "from sales_order where no = any($1::text[])"
        late = f"select 1 {mine} and (collected_at is null or written_back_at is null)"
        until("回传 and 揽收 are known", lambda: not product.sql(late, list(waybills)), 90)

        # What the shops then say of their own orders (masked receivers, a new state) stirs nobody. PDD is 3 min late.
        unheard = f"select 1 {mine} and platform_state = 'paid' and platform <> 'pinduoduo'"
        until("the shops' word that it is shipped", lambda: not product.sql(unheard, list(waybills)), 90)
        assert not product.sql(f"select no {mine} and receiver_version <> 1", list(waybills)), "no address was changed"
        waiting = f"select kind, reason from task where order_id in (select id {mine}) and kind <> 'hold'"
        assert not product.sql(waiting, list(waybills)), "nothing went wrong, so nothing waits for a person"

        desk.open_order(orders[0]["no"])
        expect(desk.page.locator("ol.ladder .now")).to_contain_text(re.compile("已发货|已完成"))
        for fact in ("拣货", "打包", "出库", "发货回传", "揽收"):
            chip = desk.page.get_by_role("group", name="事实，点开看依据").get_by_role("button", name=fact, exact=False)
            expect(chip.first).to_have_attribute("data-on", "true")
        floor.books_balance(product)
        assert not phone.errors, phone.errors
        assert not desk.errors, desk.errors


def _make_wave_at_the_desk(desk: Desk, device_name: str, device_id: str) -> str:
    """The desk sends what is ready to the phone; the wave's number."""
    desk.page.goto(f"{desk.url}/#/waves")
    choice = desk.page.get_by_label("派给")
    expect(choice).to_contain_text(device_name)
    choice.select_option(device_id)
    desk.page.get_by_role("button", name="建波次").click()
    said = desk.sees(re.compile(r"波次 W\d+ 已派给")).inner_text()
    found = re.search(r"W\d+", said)
    assert found is not None
    return found.group()


def _pick_pack_hand_over(
    phone: Phone, wave_no: str, wave_id: str, parcels: list[list[object]]
) -> list[dict[str, object]]:
    """The whole wave without network, with two sudden deaths; the events that then wait on the device."""
    phone.go("pick")
    codes = floor.to_scan(phone, wave_id)
    half = len(codes) // 2
    floor.pick(phone, codes[:half], last=False)

    before = phone.outbox()
    phone.kill()
    phone.start()  # cold, and there is no network
    phone.on_floor()
    until("the scans are there", lambda: floor.stored(phone, half))
    assert phone.outbox() == before
    expect(phone.page.locator(".f-link")).to_contain_text("离线")

    phone.go("pick")
    floor.pick(phone, codes[half:], before=half)
    assert all(p[floor.P_PICKED] == 0 for p in phone.rows(PICK)), "the server cannot have heard of it"

    phone.go("pack")
    for parcel in parcels[:1]:
        floor.pack(phone, wave_no, parcel)
    before = phone.outbox()
    phone.kill()
    phone.start()
    phone.on_floor()
    assert phone.outbox() == before
    phone.go("pack")
    for parcel in parcels[1:]:
        floor.pack(phone, wave_no, parcel)

    phone.go("out")
    for parcel in parcels:
        phone.scan_for(str(parcel[floor.C_WAYBILL]), "right", "可以走")
    expected = len(codes) + 2 * len(parcels)
    until("all of it is stored", lambda: floor.stored(phone, expected))
    return phone.outbox()
