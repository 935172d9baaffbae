"""Order lists: complete under a stable set, in the platforms' order, inclusive windows, numbers beyond 2^53."""

from typing import Any

import pytest

from server.sandbox.knobs import Knobs
from tests.contract.sandbox.callers import TRADE_FIELDS, Sandbox, beijing

COUNT, SIZE = 23, 5


async def filled(box: Sandbox, platform: str) -> list[str]:
    """Orders with few different times, so that equal times cross the page borders."""
    ids = []
    for n in range(COUNT):
        ids += await box.place(platform, at=int(box.now) - 1000 + n // 4)
    return ids


async def taobao_pages(box: Sandbox, **more: Any) -> list[list[Any]]:
    total = (await box.taobao_page(1, SIZE, **more))["trades_sold_increment_get_response"]["total_results"]
    pages = []
    for page in range(-(-total // SIZE), 0, -1):
        answer = (await box.taobao_page(page, SIZE, use_has_next="true", **more))["trades_sold_increment_get_response"]
        assert "total_results" not in answer
        assert answer["has_next"] == (page < -(-total // SIZE))
        pages.insert(0, answer["trades"]["trade"])
    return pages


async def test_taobao(sandbox: Sandbox) -> None:
    ids = await filled(sandbox, "taobao")
    rows = [row for page in await taobao_pages(sandbox) for row in page]
    assert [row["tid"] for row in rows] == [int(id) for id in reversed(ids)]  # newest first, then tid descending
    assert min(row["tid"] for row in rows) > 2**53
    beyond = (await sandbox.taobao_page(99, SIZE))["trades_sold_increment_get_response"]
    assert beyond["total_results"] == COUNT and "trades" not in beyond


async def test_taobao_backward_walk_loses_nothing_when_a_row_leaves_the_window(sandbox: Sandbox) -> None:
    ids = await filled(sandbox, "taobao")
    window = {"start_modified": beijing(sandbox.now - 2000), "end_modified": beijing(sandbox.now - 60)}
    seen = set()
    for page in range(5, 0, -1):
        answer = (await sandbox.taobao_page(page, SIZE, **window))["trades_sold_increment_get_response"]
        seen |= {str(row["tid"]) for row in answer.get("trades", {"trade": []})["trade"]}
        await sandbox.control("note", platform="taobao", external_id=ids[page], seller="changed")
    after = {"start_modified": beijing(sandbox.now - 60), "end_modified": beijing(sandbox.now)}
    answer = (await sandbox.taobao_page(1, **after))["trades_sold_increment_get_response"]
    assert seen | {str(row["tid"]) for row in answer["trades"]["trade"]} == set(ids)


async def test_windows_are_inclusive_at_both_ends(sandbox: Sandbox) -> None:
    at = int(sandbox.now) - 900
    for platform in ("taobao", "jd", "pinduoduo", "shopee"):
        await sandbox.place(platform, at=at)
    for since, until, found in ((at, at + 60, 1), (at - 60, at, 1), (at + 1, at + 60, 0), (at - 60, at - 1, 0)):
        t = await sandbox.taobao_page(1, start_modified=beijing(since), end_modified=beijing(until))
        assert t["trades_sold_increment_get_response"]["total_results"] == found
        j = await sandbox.jd_page(1, start_date=beijing(since), end_date=beijing(until))
        assert j["jingdong_pop_order_search_responce"]["searchorderinfo_result"]["orderTotal"] == found
        p = await sandbox.pdd_page(1, start_updated_at=since, end_updated_at=until)
        assert p["order_sn_increment_get_response"]["total_count"] == found
        s = await sandbox.shopee_page(time_from=since, time_to=until)
        assert len(s["response"]["order_list"]) == found


async def test_taobao_fields_and_types(sandbox: Sandbox) -> None:
    [tid] = await sandbox.place("taobao", skus=["TEE-WHT-M", "LAMP"])
    page = await sandbox.taobao_page(1, fields="tid,orders.oid,no_such_field")
    [row] = page["trades_sold_increment_get_response"]["trades"]["trade"]
    assert row == {"tid": int(tid), "orders": {"order": [{"oid": int(tid) + 1}, {"oid": int(tid) + 2}]}}
    other = (await sandbox.taobao_page(1, type="cod,step"))["trades_sold_increment_get_response"]
    assert other["total_results"] == 0  # the query's types hide it
    simple = await sandbox.taobao_page(1, simplify="true", fields="tid,orders.oid")
    assert simple["trades"] == [{"tid": int(tid), "orders": [{"oid": int(tid) + 1}, {"oid": int(tid) + 2}]}]


async def test_taobao_one_order_whole(sandbox: Sandbox) -> None:
    [tid] = await sandbox.place("taobao")
    await sandbox.control("note", platform="taobao", external_id=tid, buyer="请放门口")
    [row] = (await sandbox.taobao_page(1))["trades_sold_increment_get_response"]["trades"]["trade"]
    assert row["has_buyer_message"] is True and "buyer_message" not in row  # a list does not show the note
    full = await sandbox.taobao("taobao.trade.fullinfo.get", fields=TRADE_FIELDS, tid=tid, include_oaid="true")
    assert full["trade_fullinfo_get_response"]["trade"]["buyer_message"] == "请放门口"
    none = await sandbox.taobao("taobao.trade.fullinfo.get", fields=TRADE_FIELDS, tid="41")
    assert none["error_response"]["code"] == 15


@pytest.mark.parametrize(("sort", "back"), [("0", False), ("1", True)])
async def test_jd(sandbox: Sandbox, sort: str, back: bool) -> None:
    ids = await filled(sandbox, "jd")
    rows: list[str] = []
    for page in range(1, 6):
        answer = (await sandbox.jd_page(page, SIZE, sortType=sort))["jingdong_pop_order_search_responce"]
        assert answer["searchorderinfo_result"]["orderTotal"] == COUNT
        rows += [row["orderId"] for row in answer["searchorderinfo_result"]["orderInfoList"]]
    assert rows == (ids[::-1] if back else ids)


async def test_jd_remarks_do_not_move_the_modify_time_and_unpaid_are_not_in_all(sandbox: Sandbox) -> None:
    [one] = await sandbox.place("jd")
    before = await sandbox.look("jd", one)
    sandbox.now += 60
    await sandbox.control("note", platform="jd", external_id=one, seller="急")
    assert (await sandbox.look("jd", one))["modified"] == before["modified"]
    await sandbox.place("jd", state="unpaid")
    page = (await sandbox.jd_page(1))["jingdong_pop_order_search_responce"]["searchorderinfo_result"]
    assert [row["orderId"] for row in page["orderInfoList"]] == [one]


async def test_jd_pages_beyond_the_limit_are_empty() -> None:
    box = Sandbox(knobs=Knobs(jd_max_pages=1))
    await box.place("jd", 3)
    for page, found in ((1, 2), (2, 0)):
        answer = (await box.jd_page(page, 2))["jingdong_pop_order_search_responce"]["searchorderinfo_result"]
        assert (answer["orderTotal"], len(answer["orderInfoList"])) == (3, found)


async def test_pinduoduo(sandbox: Sandbox) -> None:
    ids = await filled(sandbox, "pinduoduo")
    rows: list[str] = []
    for page in range(1, 6):
        answer = (await sandbox.pdd_page(page, SIZE))["order_sn_increment_get_response"]
        assert (answer["total_count"], answer["has_next"]) == (COUNT, page < 5)
        rows += [row["order_sn"] for row in answer["order_sn_list"]]
    assert rows == ids[::-1]
    assert "total_count" not in (await sandbox.pdd_page(1, use_has_next="true"))["order_sn_increment_get_response"]


async def test_pinduoduo_lists_a_change_after_its_lag_and_no_unpaid_order(sandbox: Sandbox) -> None:
    await sandbox.place("pinduoduo", state="unpaid")
    [one] = await sandbox.place("pinduoduo")
    await sandbox.control("cancel", platform="pinduoduo", external_id=one)
    assert (await sandbox.pdd_page(1))["order_sn_increment_get_response"]["total_count"] == 0
    sandbox.now += 180
    [row] = (await sandbox.pdd_page(1))["order_sn_increment_get_response"]["order_sn_list"]
    assert (row["order_sn"], row["order_status"], row["refund_status"]) == (one, 1, 4)
    state = await sandbox.pdd("pdd.order.status.get", order_sns=f"{one},000000-0")
    assert [r["order_status"] for r in state["order_status_get_response"]["order_status_list"]] == [1, 0]


async def test_shopee(sandbox: Sandbox) -> None:
    ids = await filled(sandbox, "shopee")
    rows, cursor, more = [], "", True
    while more:
        page = (await sandbox.shopee_page(cursor, SIZE))["response"]
        rows += [row["order_sn"] for row in page["order_list"]]
        more, cursor = page["more"], page["next_cursor"]
        assert set(page["order_list"][0]) == {"order_sn", "booking_sn"}
    assert rows == ids and cursor == ""


async def test_shopee_hides_pending_unless_asked(sandbox: Sandbox) -> None:
    [one] = await sandbox.place("shopee")
    await sandbox.control("risk", platform="shopee", external_id=one)
    assert (await sandbox.shopee_page())["response"]["order_list"] == []
    asked = {"request_order_status_pending": "true", "response_optional_fields": "order_status"}
    assert [row["order_status"] for row in (await sandbox.shopee_page(**asked))["response"]["order_list"]] == [
        "PENDING"
    ]


async def test_shopee_detail(sandbox: Sandbox) -> None:
    [one] = await sandbox.place("shopee")
    some = await sandbox.shopee("order/get_order_detail", order_sn_list=f"{one},260101NOTHERE")
    assert [row["order_sn"] for row in some["response"]["order_list"]] == [one]  # a foreign one is left out
    assert "item_list" not in some["response"]["order_list"][0]
    none = await sandbox.shopee("order/get_order_detail", order_sn_list="260101NOTHERE")
    assert none["error"] == "error_not_found"
    many = await sandbox.shopee("order/get_order_detail", order_sn_list=",".join([one] * 51))
    assert many["error"] == "error_param"
