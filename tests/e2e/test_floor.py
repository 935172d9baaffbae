"""What goes wrong on the floor: wrong goods, codes nobody knows, orders that end or move while the phone hears nothing,
a session that ended."""

from functools import partial
from pathlib import Path

from playwright.sync_api import Playwright, expect

from tests.e2e import floor
from tests.e2e.browser import PARCEL, TASK, Phone, browsing
from tests.e2e.house import House, Line, until

TEE_M, TEE_L, CAP, STRANGER = "2000000000039", "2000000000046", "2000000000053", "6900000000012"
"""Barcodes of TEE-BLK-M, TEE-BLK-L and CAP-BLK, and one that is on no shelf."""


def test_wrong_double_and_unknown_scans_are_told_apart_and_nothing_is_lost_when_the_session_ends(
    product: House, playwright: Playwright, line: Line, tmp_path: Path
) -> None:
    control = product.control
    mine = control.place("taobao", "TEE-BLK-M", "TEE-BLK-M", "CAP-BLK")
    other = control.place("taobao", "TEE-BLK-L")
    with browsing(playwright, Phone, floor.profile(tmp_path, "phone"), line.url) as phone:
        device = floor.at_work(product, phone, "2 号枪")
        orders = {o["external_id"]: o for o in floor.ready(product, [mine, other])}
        wave = floor.wave_for(product, device, [orders[mine]])
        elsewhere = floor.wave_for(product, device, [orders[other]])
        floor.arrived(phone, wave["no"])
        floor.arrived(phone, elsewhere["no"])
        phone.go("pick")
        phone.page.get_by_role("button", name=f"波次 {wave['no']}").click()
        expect(phone.page.locator(".f-bin")).to_be_visible()
        line.cut()

        phone.scan_for(TEE_L, "wrong", "不是这件", "黑色 / L", "黑色 / M")
        phone.scan_for(STRANGER, "wrong", "不是这件", STRANGER, "黑色 / M")
        phone.scan_for(TEE_M, "right", "对，还差 1 件")
        phone.scan_for(TEE_M, "right", "这项齐了")
        phone.scan_for(TEE_M, "twice", "这件已经够了", "已扫够 2 件")
        until("two picks are stored", lambda: floor.stored(phone, 2))
        phone.scan_for(CAP, "done", "波次拣完")
        until("the last pick is stored", lambda: floor.stored(phone, 3))
        events = phone.outbox()

        # The session is gone when the network comes back: work and scans stay, one logs in again, they go up.
        phone.page.context.clear_cookies()
        line.mend()
        phone.sees("登录已过期")
        assert phone.outbox() == events and phone.unsent() == len(events)
        phone.page.get_by_role("button", name="重新登录").first.click()
        phone.sees(f"{len(events)} 条扫描")
        phone.log_in("picker", product.logins["picker"])
        phone.on_floor()
        floor.all_sent(phone)
        floor.counted_once(product, events)
        picked = product.sql("select sku_code, qty, picked from pick where order_id = $1", orders[mine]["id"])
        assert {p["sku_code"]: (p["qty"], p["picked"]) for p in picked} == {"TEE-BLK-M": (2, 2), "CAP-BLK": (1, 1)}
        untouched = product.sql("select picked from pick where order_id = $1", orders[other]["id"])
        assert [p["picked"] for p in untouched] == [0]
        foreign = product.sql(
            """select "to" ->> 'code' as code from event where kind = 'foreign_scanned' and device = $1::uuid""", device
        )
        assert {TEE_L, STRANGER} <= {f["code"] for f in foreign}
        assert not phone.errors, phone.errors


def test_an_order_cancelled_while_the_phone_is_offline_goes_back_to_its_shelf_and_does_not_leave(
    product: House, playwright: Playwright, line: Line, tmp_path: Path
) -> None:
    external_id = product.control.place("taobao", "UMB-BLK", "LAMP")
    with browsing(playwright, Phone, floor.profile(tmp_path, "phone"), line.url) as phone:
        device = floor.at_work(product, phone, "3 号枪")
        (order,) = floor.ready(product, [external_id])
        wave = floor.wave_for(product, device, [order])
        (parcel,) = floor.arrived(phone, wave["no"])
        before = product.sql("select sku, on_hand from stock order by sku")
        line.cut()
        phone.go("pick")
        floor.pick(phone, floor.to_scan(phone, parcel[floor.C_WAVE]))

        product.control.post("cancel", platform="taobao", external_id=external_id)
        known = "select 1 from sales_order where id = $1 and cancelled_at is not null"
        until("the hub knows of the cancellation", lambda: product.sql(known, order["id"]), 90)
        stopped = "select 1 from parcel where order_id = $1 and state in ('stopped', 'cancelled')"
        until("its parcel is stopped", lambda: product.sql(stopped, order["id"]), 60)

        # The phone does not know: it packs and sends out, and says how old its knowledge is.
        phone.go("pack")
        floor.pack(phone, wave["no"], parcel)
        phone.go("out")
        expect(phone.page.locator(".f-asof")).to_be_visible()
        phone.scan_for(parcel[floor.C_WAYBILL], "right", "可以走")
        events = phone.outbox()
        line.mend()
        floor.all_sent(phone)

        # Physical acts are accepted, with a task; nothing is counted as gone.
        codes = product.sql("select kind, code from sync_event where id = any($1::bytea[])", [_id(e) for e in events])
        assert {r["code"] for r in codes if r["kind"] in (4, 5)} == {3}, codes
        state = product.value("select state from parcel where order_id = $1", order["id"])
        assert state in ("stopped", "cancelled"), state
        phone.home()
        phone.sees("先处理这些")
        phone.go("out")
        phone.scan_for(parcel[floor.C_WAYBILL], "stop", "停", "订单已取消")
        assert phone.unsent() == 0, "a refused scan is no hand-over"

        # What came back is done: the tasks end, the goods are where they were.
        _do_tasks(phone, order["no"])
        floor.all_sent(phone)
        floor_tasks = """select kind from task where order_id = $1 and closed_at is null
                         and kind in ('put_back', 'repick', 'intercept', 'reprint')"""
        until("the tasks are closed", lambda: not product.sql(floor_tasks, order["id"]))
        picked = product.sql("select picked, state from pick where order_id = $1", order["id"])
        assert all(p["picked"] == 0 and p["state"] == "cancelled" for p in picked), picked
        assert product.sql("select sku, on_hand from stock order by sku") == before
        assert product.control.order("taobao", external_id)["shipped"] is None
        floor.books_balance(product)
        assert not phone.errors, phone.errors


def test_a_label_older_than_the_address_is_refused_at_the_door_and_the_new_one_leaves(
    product: House, playwright: Playwright, line: Line, tmp_path: Path
) -> None:
    external_id = product.control.place("taobao", "TWL-GRY")
    with browsing(playwright, Phone, floor.profile(tmp_path, "phone"), line.url) as phone:
        device = floor.at_work(product, phone, "4 号枪")
        (order,) = floor.ready(product, [external_id])
        wave = floor.wave_for(product, device, [order])
        (parcel,) = floor.arrived(phone, wave["no"])
        old = parcel[floor.C_WAYBILL]
        phone.go("pick")
        phone.scan_for(floor.to_scan(phone, parcel[floor.C_WAVE])[0], "done", "波次拣完")
        phone.go("pack")
        floor.pack(phone, wave["no"], parcel)
        floor.all_sent(phone)
        line.cut()

        product.control.post("address", platform="taobao", external_id=external_id)
        fresh = "select waybill_no from parcel where order_id = $1 and label_state = 'ready' and waybill_no <> $2"
        new = until("a new label", lambda: product.value(fresh, order["id"], old), 90)

        phone.go("out")
        phone.scan_for(old, "right", "可以走")  # it cannot know
        line.mend()
        floor.all_sent(phone)
        state = "select state from parcel where order_id = $1"
        refused = "select 1 from event where kind = 'hand_over_refused' and subject_id = $1::uuid"
        assert product.value(state, order["id"]) == "packed"
        assert len(product.sql(refused, parcel[floor.C_ID])) == 1
        until("the phone knows the new label", lambda: any(new in p for p in phone.rows(PARCEL)))
        phone.home()
        phone.sees("重打")

        phone.go("out")
        phone.scan_for(old, "stop", "旧面单", old)
        phone.scan_for(new, "right", "可以走")
        floor.all_sent(phone)
        assert product.value(state, order["id"]) == "handed_over"
        assert floor.shipped(product, "taobao", external_id)["waybill_no"] == new
        open_tasks = "select kind from task where order_id = $1 and closed_at is null and kind = 'reprint'"
        until("its tasks are closed", lambda: not product.sql(open_tasks, order["id"]))
        floor.books_balance(product)
        assert not phone.errors, phone.errors


def _id(event: dict[str, object]) -> bytes:
    return bytes.fromhex(str(event["id"]))


def _do_tasks(phone: Phone, order_no: str) -> None:
    """Do every task of this order that the floor shows, as one does: open, read, say it is done, confirm."""
    for _ in range(6):
        phone.home()
        todo = [t for t in phone.rows(TASK) if t[2] == order_no and t[6] == "open"]
        if not todo:
            return
        phone.page.goto(f"{phone.url}/#/floor/tasks/{todo[0][0]}")
        expect(phone.page.get_by_text(order_no).first).to_be_visible()
        phone.page.locator("#task-done").click()
        phone.page.get_by_role("dialog").get_by_role("button", name="做完了").click()
        floor.all_sent(phone)
        until("the phone has no such task", partial(_is_done, phone, todo[0][0]))
    raise AssertionError(f"tasks of {order_no} do not end: {phone.rows(TASK)}")


def _is_done(phone: Phone, task_id: str) -> bool:
    return not any(t[0] == task_id and t[6] == "open" for t in phone.rows(TASK))
