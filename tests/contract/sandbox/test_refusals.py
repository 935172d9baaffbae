"""Wrong calls get the platform's own error body, and change nothing."""

import json
from typing import Any

import pytest

from server.sandbox.accounts import SHOPEE
from tests.contract.sandbox.callers import TRADE_FIELDS, Sandbox, beijing, sample, wrapped_md5


async def taobao_code(box: Sandbox, drop: str = "", **change: Any) -> tuple[int, str]:
    secret = change.pop("secret", "sandbox-taobao-secret-0001")
    params = box.taobao_params("taobao.trades.sold.increment.get", fields=TRADE_FIELDS)
    params |= {"start_modified": beijing(box.now - 600), "end_modified": beijing(box.now)} | change
    params.pop(drop, None)
    if drop != "sign":
        params["sign"] = wrapped_md5(params, secret)
    error = (await box.http.post("/taobao/router/rest", data=params)).json()["error_response"]
    return error["code"], error.get("sub_code", "")


@pytest.mark.parametrize(
    ("drop", "change", "code"),
    [
        ("method", {}, 21),
        ("", {"method": "taobao.no.such"}, 22),
        ("format", {}, 23),
        ("sign", {}, 24),
        ("", {"secret": "another"}, 25),
        ("", {"sign_method": "sha1"}, 25),
        ("session", {}, 26),
        ("", {"session": "stranger"}, 27),
        ("app_key", {}, 28),
        ("", {"app_key": "1"}, 29),
        ("timestamp", {}, 30),
        ("", {"timestamp": "2026-11-22 09:49:59"}, 31),
        ("", {"timestamp": "yesterday"}, 31),
        ("v", {}, 32),
        ("fields", {}, 40),
        ("end_modified", {}, 40),
        ("", {"start_modified": "2026-11-21 09:59:59"}, 41),
        ("", {"end_modified": "2026-11-22 09:50:00"}, 41),
        ("", {"page_size": "101"}, 41),
        ("", {"page_no": "0"}, 41),
    ],
)
async def test_taobao(sandbox: Sandbox, drop: str, change: dict[str, str], code: int) -> None:
    assert (await taobao_code(sandbox, drop, **change))[0] == code


async def test_taobao_accepts_what_it_says(sandbox: Sandbox) -> None:
    """Ten minutes of skew, epoch milliseconds, a window of exactly one day."""
    for change in (
        {"timestamp": beijing(sandbox.now - 600)},
        {"timestamp": str(int(sandbox.now) * 1000)},
        {"start_modified": beijing(sandbox.now - 86_400)},
    ):
        assert "trades_sold_increment_get_response" in await sandbox.taobao_page(1, **change)


async def test_taobao_errors_look_like_the_samples(sandbox: Sandbox) -> None:
    await sandbox.control("faults", kind="rate_limit", platform="taobao")
    limited = (await sandbox.taobao("taobao.time.get"))["error_response"]
    model = sample("taobao/error_7_call_limited_api.json")["error_response"]
    assert limited | {"request_id": ""} == model | {"request_id": ""}
    await sandbox.control("faults", kind="token_death", platform="taobao")
    dead = (await sandbox.taobao_page(1))["error_response"]
    assert dead | {"request_id": ""} == sample("taobao/error_27_invalid_session.json")["error_response"] | {
        "request_id": ""
    }


async def test_busy_is_said_in_each_platforms_words(sandbox: Sandbox) -> None:
    await sandbox.control("faults", kind="busy", times=0)
    assert (await sandbox.taobao_page(1))["error_response"]["sub_code"].startswith("isp.")
    assert (await sandbox.jd_page(1))["error_response"]["code"] == "66"
    shipment = await sandbox.jd("jingdong.pop.order.shipment", {})
    result = shipment["jingdong_pop_order_shipment_responce"]["sopjosshipment_result"]
    assert (
        set(result)
        == set(
            sample("jd/pop_order_shipment.fail_retryable.json")["jingdong_pop_order_shipment_responce"][
                "sopjosshipment_result"
            ]
        )
        and result["errorCode"] == "999999"
    )
    assert (await sandbox.pdd_page(1))["error_response"]["error_code"] == 52102
    assert (await sandbox.shopee_page())["error"] == "error_server"
    assert (await sandbox.waybill()).status_code == 503


async def test_too_often_is_said_in_each_platforms_words(sandbox: Sandbox) -> None:
    await sandbox.control("faults", kind="rate_limit", times=0)
    assert (await sandbox.taobao_page(1))["error_response"]["code"] == 7
    assert (await sandbox.jd_page(1))["error_response"]["code"] == "2"
    assert (await sandbox.pdd_page(1))["error_response"]["error_code"] == 52101
    assert (await sandbox.shopee_page())["error"] == "error_rate_limit"


@pytest.mark.parametrize(
    ("drop", "change", "code"),
    [
        ("method", {}, "14"),
        ("", {"method": "jingdong.no.such"}, "15"),
        ("", {"app_key": "x"}, "13"),
        ("timestamp", {}, "7"),
        ("", {"timestamp": "2026-11-22 09:49:59"}, "8"),
        ("v", {}, "4"),
        ("", {"v": "1.0"}, "5"),
        ("sign", {}, "11"),
        ("", {"sign": "00"}, "12"),
        ("access_token", {}, "19"),
        ("", {"access_token": "x"}, "19"),
        ("", {"360buy_param_json": "[1"}, "43"),
    ],
)
async def test_jd(sandbox: Sandbox, drop: str, change: dict[str, str], code: str) -> None:
    params = sandbox.jd_params("jingdong.pop.order.search", {}) | change
    params.pop(drop, None)
    if drop != "sign" and "sign" not in change:
        params["sign"] = wrapped_md5(params, "sandbox-jd-secret-0001")
    answer = (await sandbox.http.get("/jd/routerjson", params=params)).json()
    assert answer["error_response"]["code"] == code
    assert set(answer["error_response"]) == set(sample("jd/error_12_invalid_sign.json")["error_response"])


@pytest.mark.parametrize(
    "change",
    [
        {"optional_fields": ""},
        {"order_state": ""},
        {"order_state": "NO_SUCH"},
        {"page_size": "101"},
        {"page": "0"},
        {"start_date": "2026-10-01 00:00:00"},
        {"start_date": ""},
        {"end_date": "2026-11-22 08:00:00"},
    ],
)
async def test_jd_parameters(sandbox: Sandbox, change: dict[str, str]) -> None:
    assert (await sandbox.jd_page(**({"page": 1} | change)))["error_response"]["code"] == "43"


async def test_jd_accepts_both_time_forms_and_no_window_for_what_is_to_ship(sandbox: Sandbox) -> None:
    await sandbox.place("jd")
    query = {"order_state": "WAIT_SELLER_STOCK_OUT", "optional_fields": "orderId", "page": "1", "page_size": "10"}
    answer = await sandbox.jd("jingdong.pop.order.search", query, timestamp="2026-11-22 10:00:00.683+0800")
    assert answer["jingdong_pop_order_search_responce"]["searchorderinfo_result"]["orderTotal"] == 1


@pytest.mark.parametrize(
    ("drop", "change", "code"),
    [
        ("type", {}, 10001),
        ("", {"type": "pdd.no.such"}, 10017),
        ("", {"client_id": "x"}, 10016),
        ("timestamp", {}, 10001),
        ("", {"timestamp": "1795312199"}, 10001),
        ("", {"sign": "00"}, 20004),
        ("access_token", {}, 10001),
        ("", {"access_token": "x"}, 20032),
        ("order_status", {}, 20007),
        ("", {"order_status": "4"}, 21001),
        ("", {"page_size": "101"}, 21001),
        ("", {"start_updated_at": "1795310821", "end_updated_at": "1795312621"}, 50001),  # 179 s behind
        ("", {"start_updated_at": "1795310819"}, 50001),
    ],
)
async def test_pinduoduo(sandbox: Sandbox, drop: str, change: dict[str, str], code: int) -> None:
    params = sandbox.pdd_params(
        "pdd.order.number.list.increment.get",
        start_updated_at=1795310820, end_updated_at=1795312620,
        order_status=5, refund_status=5, is_lucky_flag=0, page=1,
    ) | change  # fmt: skip
    params.pop(drop, None)
    if "sign" not in change:
        params["sign"] = wrapped_md5(params, "sandboxpinduoduosecret000000000000000001")
    error = (await sandbox.http.post("/pinduoduo/api/router", data=params)).json()["error_response"]
    assert error["error_code"] == code
    assert set(error) == set(sample("pinduoduo/error_sign.json")["error_response"])


async def test_pinduoduo_takes_json_and_only_post(sandbox: Sandbox) -> None:
    params: dict[str, Any] = sandbox.pdd_params("pdd.time.get")
    params["sign"] = wrapped_md5(params, "sandboxpinduoduosecret000000000000000001")
    params["timestamp"] = int(params["timestamp"])
    assert (await sandbox.http.post("/pinduoduo/api/router", json=params)).json() == {
        "time_get_response": {"time": "2026-11-22 10:00:00"}
    }
    got = (await sandbox.http.get("/pinduoduo/api/router", params=params)).json()
    assert got["error_response"]["error_code"] == 10002


async def test_pinduoduo_errors_look_like_the_samples(sandbox: Sandbox) -> None:
    await sandbox.control("faults", kind="token_death", platform="pinduoduo")
    for answer, name in (
        (await sandbox.pdd("pdd.time.get", secret="x"), "error_sign"),
        (await sandbox.pdd_page(1), "error_token_expired"),
    ):
        same = {"request_id": ""}
        assert answer["error_response"] | same == sample(f"pinduoduo/{name}.json")["error_response"] | same


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"partner_id": ""}, "error_param", "There is no partner_id in query."),
        ({"timestamp": ""}, "error_param", "no timestamp"),
        ({"timestamp": "1795312499"}, "error_param", "Timestamp is expired."),
        ({"sign": ""}, "error_param", "There is no sign in query."),
        ({"access_token": ""}, "error_param", "There is no access_token in query."),
        ({"shop_id": ""}, "error_param", "There is no shop_id in query."),
        ({"sign": "0" * 64}, "error_sign", "Wrong sign."),
    ],
)
async def test_shopee(sandbox: Sandbox, change: dict[str, str], error: str, message: str) -> None:
    answer = await sandbox.shopee("order/get_order_list", system=change)
    assert (answer["error"], answer["message"]) == (error, message)


async def test_shopee_dead_token_and_window(sandbox: Sandbox) -> None:
    late = await sandbox.shopee_page(time_from=int(sandbox.now) - 15 * 86_400 - 1)
    assert late | {"request_id": ""} == sample("shopee/error_order_list_invalid_time.json") | {"request_id": ""}
    assert (await sandbox.shopee_page(time_from=int(sandbox.now) - 15 * 86_400))["error"] == ""
    assert (await sandbox.shopee_page(size=101))["error"] == "error_param"
    assert (await sandbox.shopee_page(cursor="nonsense"))["error"] == "error_param"
    await sandbox.control("faults", kind="token_death", platform="shopee")
    dead = await sandbox.shopee_page()
    assert dead | {"request_id": ""} == sample("shopee/error_access_token.json") | {"request_id": ""}


async def test_shopee_key_is_text_not_hex(sandbox: Sandbox) -> None:
    path = "/api/v2/order/get_order_list"
    wrong = sandbox.shopee_query(path, key=bytes.fromhex(SHOPEE["app_secret"]).decode())
    answer = (await sandbox.http.get("/shopee" + path, params=wrong)).json()
    assert answer["error"] == "error_sign"


async def test_a_refused_write_changes_nothing(sandbox: Sandbox) -> None:
    for platform in ("taobao", "jd", "pinduoduo", "shopee"):
        [one] = await sandbox.place(platform)
        before = await sandbox.look(platform, one)
        if platform == "taobao":
            sent = {"tid": one, "out_sid": "SLX000070000001", "company_code": "SLX"}
            answer = await sandbox.taobao("taobao.logistics.offline.send", secret="wrong", **sent)
        elif platform == "jd":
            query = {"orderId": one, "logiCoprId": "900001", "logiNo": "SLX000070000001"}
            answer = await sandbox.jd("jingdong.pop.order.shipment", query, secret="wrong")
        elif platform == "pinduoduo":
            sent = {"order_sn": one, "logistics_id": "900001", "tracking_number": "SLX000070000001"}
            answer = await sandbox.pdd("pdd.logistics.online.send", secret="wrong", **sent)
        else:
            body = {"order_sn": one, "non_integrated": {"tracking_number": "SLX000070000001"}}
            answer = await sandbox.shopee("logistics/ship_order", body=body, system={"sign": "0" * 64})
        assert "error_response" in answer or answer["error"] == "error_sign", json.dumps(answer)
        assert await sandbox.look(platform, one) == before
