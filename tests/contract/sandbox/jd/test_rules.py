"""Each rule of JOS that the sandbox knows refuses a deliberately wrong client, in JD's own error body, by its name."""

from typing import Any

import pytest

from server.sandbox.accounts import JD
from server.sandbox.jd.rules import GATEWAY, METHOD, OAUTH
from server.sandbox.knobs import Knobs
from tests.contract.sandbox.callers import Sandbox, beijing, sample
from tests.contract.sandbox.jd import wrong
from tests.contract.sandbox.jd.wrong import Wrong, asking, call, fetching, opening, shipping, within

GATEWAY_WRONGS: list[tuple[str, Wrong]] = [
    ("quota", wrong.faulty("rate_limit", wrong.SEARCH)),
    ("backend_timeout", wrong.faulty("busy", wrong.SEARCH)),
    ("method_missing", call("method")),
    ("method_unknown", call(method="jingdong.no.such")),
    ("app_key_unknown", call(app_key="x")),
    ("timestamp_missing", call("timestamp")),
    ("timestamp_unreadable", call(timestamp="yesterday")),
    ("timestamp_unreadable", call(timestamp="2026/11/22 10:00:00")),
    ("timestamp_old", call(timestamp="2026-11-22 09:49:59")),
    ("timestamp_old", call(timestamp="2026-11-22 10:10:01")),
    ("timestamp_old", call(timestamp="2026-11-22 10:00:00.000+0000")),
    ("version_missing", call("v")),
    ("version_unknown", call(v="1.0")),
    ("sign_missing", call(unsigned=True)),
    ("sign_wrong", call(secret="another")),
    ("sign_wrong", call(unsigned=True, sign="d" * 32)),
    ("sign_method_unknown", call(sign_method="sha1")),
    ("token_missing", call("access_token")),
    ("token_unknown", call(access_token="stranger")),
    ("token_expired", wrong.ended_token),
    ("json_unreadable", wrong.json_text("{")),
    ("json_no_object", wrong.json_text("[]")),
    ("fields_missing", asking(optional_fields="")),
    ("fields_missing", asking(wrong.GET, order_id=300000000001)),
    ("state_missing", asking(order_state=None)),
    ("state_unknown", asking(order_state="ALL,SHIPPED")),
    ("page_no_text", asking(page=1)),
    ("page_no_text", asking(page_size=50)),
    ("page_wrong", asking(page="0")),
    ("page_size_wrong", asking(page_size="101")),
    ("window_missing", asking(start_date=None)),
    ("window_missing", asking(wrong.REMARKS, page=1)),
    ("window_missing", asking(wrong.MONEY, pageNumber=1, pageSize=50)),
    ("window_backwards", asking(end_date="2026-11-22 08:59:59")),
    ("window_too_long", asking(start_date="2026-10-22 09:59:59")),
    ("window_too_long", within("applyTimeStart", "applyTimeEnd", 32 * 86_400, wrong.REFUNDS, pageIndex=1, pageSize=9)),
    ("window_too_long", within("applyTimeBegin", "applyTimeEnd", 8 * 86_400, wrong.MONEY, pageNumber=1, pageSize=50)),
    ("window_too_long", within("approveTimeBegin", "approveTimeEnd", 11 * 86_400, wrong.MONEY, pageNumber=1,
                               pageSize=50)),
    ("page_size_wrong", asking(wrong.MONEY, orderId=1, pageNumber=1, pageSize=51)),
    ("page_wrong", asking(wrong.SKUS, pageNo=0, page_size=50)),
    ("order_id_wrong", asking(wrong.GET, order_id="x", optional_fields="orderId")),
    ("order_id_wrong", asking(wrong.REMARK, remark="x")),
    ("remark_too_long", asking(wrong.REMARK, order_id=300000000001, remark="长" * 501)),
    ("who_is_missing", asking(wrong.SERVICES, buId=JD["external_id"], operatePin="pin", pageNumber=1, pageSize=50)),
    ("who_is_missing", asking(wrong.CHANGES, buId=JD["external_id"], operateNick="nick", pageNumber=1, pageSize=50)),
    ("who_is_stranger", asking(wrong.CHANGES, **wrong.WHO | {"buId": "1"}, pageNumber=1, pageSize=50)),
    ("window_missing", asking(wrong.CHANGES, **wrong.WHO, pageNumber=1, pageSize=50)),
    ("window_missing", asking(wrong.CHANGES, **wrong.WHO, updateTimeBegin="2026-11-22 09:00:00", pageNumber=1)),
    ("page_size_wrong", within("updateTimeBegin", "updateTimeEnd", 60, wrong.CHANGES, **wrong.WHO, pageNumber=1,
                               pageSize=51)),
    ("who_is_stranger", asking(wrong.SERVICES, **wrong.WHO | {"buId": "1"}, pageNumber=1, pageSize=50)),
    ("status_unknown", asking(wrong.SKUS, skuStatuValue=[3], pageNo=1, page_size=50)),
    ("sku_id_wrong", asking(wrong.PUT, skuId="LAMP", stockNum=1)),
    ("sku_id_wrong", wrong.ware("1")),
    ("stock_number_wrong", asking(wrong.PUT, skuId=wrong.LAMP, stockNum=-1)),
    ("stock_number_wrong", asking(wrong.ADD, skuId=wrong.LAMP, stockNum="1.5")),
    ("update_model_unknown", wrong.ware("full", {"skuId": wrong.LAMP, "stockNum": 1})),
    ("receivers_missing", asking(wrong.OAID, getReceiverInfoListReqVO={"orderInfos": []})),
    ("voucher_unknown", wrong.keys(tid="another")),
    ("voucher_sign_wrong", wrong.keys()),
]  # fmt: skip

METHOD_WRONGS: list[tuple[str, Wrong]] = [
    ("order_unknown", asking(wrong.GET, order_id=1, optional_fields="orderId")),
    ("order_unknown", asking(wrong.REMARK, order_id=1, remark="x")),
    ("order_unknown", shipping(orderId="300000009999")),
    ("carrier_unknown", shipping(logiCoprId="1")),
    ("carrier_unknown", shipping(logiCoprId="900001|1", logiNo="SLX000010000001|A123")),
    ("waybill_wrong", shipping(logiNo="")),
    ("waybill_wrong", shipping(logiNo="SLX000010000001|A123")),
    ("waybill_wrong", shipping(logiNo="SLX000010000001,")),
    ("order_state", shipping("unpaid")),
    ("order_state", shipping("cancelled")),
    ("order_state", wrong.shipping_twice),
    ("order_state", wrong.shipping_while("refund", to="asked")),
    ("order_state", wrong.shipping_while("risk")),
    ("order_state", wrong.shipping_from_their_warehouse),
    ("backend_busy", wrong.faulty("busy", wrong.SHIPMENT)),
    ("sku_unknown", asking(wrong.PUT, skuId=1, stockNum=1)),
    ("sku_unknown", asking(wrong.STOCK, skuId=1)),
    ("sku_unknown", wrong.ware("1", {"skuId": 1, "stockNum": 1})),
    ("stock_below_zero", asking(wrong.ADD, skuId=wrong.LAMP, stockNum=-101)),
    ("stock_below_zero", wrong.ware("2", {"skuId": wrong.LAMP, "incrStockNum": -101})),
    ("oaid_unknown", wrong.oaid_of_another_order),
]

OAUTH_WRONGS: list[tuple[str, Wrong]] = [
    ("oauth_app_unknown", opening(app_key="x")),
    ("oauth_app_unknown", fetching("access_token", app_secret="x")),
    ("oauth_app_unknown", fetching("refresh_token", app_secret="x")),
    ("oauth_type_unknown", opening(response_type="token")),
    ("oauth_type_unknown", fetching("access_token", grant_type="refresh_token")),
    ("oauth_no_redirect", opening(redirect_uri="")),
    ("oauth_code_invalid", fetching("access_token", code="x")),
    ("oauth_code_invalid", wrong.code_twice),
    ("oauth_code_invalid", wrong.code_late),
    ("oauth_refresh_unknown", fetching("refresh_token", refresh_token="x")),
    ("oauth_refresh_early", wrong.refreshing(28.9)),
    ("oauth_refresh_expired", wrong.refreshing(30.1)),
    ("oauth_refresh_spent", wrong.refreshing(29.5, times=2)),
]


def test_every_rule_has_a_wrong_client() -> None:
    assert {rule for rule, _ in GATEWAY_WRONGS} | {"source_id_missing"} == set(GATEWAY)
    assert {rule for rule, _ in METHOD_WRONGS} == set(METHOD)
    assert {rule for rule, _ in OAUTH_WRONGS} == set(OAUTH)


def counted(box: Sandbox, rule: str) -> bool:
    """The refusal was counted by its name, and no other was."""
    names = {key.rsplit(" ", 1)[1] for key in box.world.refusals}
    return names == {rule}


@pytest.mark.parametrize(("rule", "client"), GATEWAY_WRONGS)
async def test_the_gateway_refuses(sandbox: Sandbox, rule: str, client: Wrong) -> None:
    before = await wrong.json_kept(sandbox)
    answer = await client(sandbox)
    assert set(answer) == {"error_response"}
    assert set(answer["error_response"]) == set(sample("jd/error_12_invalid_sign.json")["error_response"])
    assert answer["error_response"]["code"] == GATEWAY[rule].code
    assert counted(sandbox, rule)
    assert await wrong.json_kept(sandbox) == before and sandbox.world.shelf("jd").writes == 0


async def test_source_id_where_it_is_required() -> None:
    box = Sandbox(knobs=Knobs(jd_source_id_required=True))
    answer = await asking()(box)
    assert answer["error_response"]["code"] == "43" and counted(box, "source_id_missing")
    assert "error_response" not in await asking(source_id="JOS")(box)
    await box.http.aclose()


async def test_a_days_quota() -> None:
    box = Sandbox(knobs=Knobs(jd_quota_day=2))
    assert "error_response" not in await call()(box) and "error_response" not in await call()(box)
    answer = await call()(box)
    assert answer["error_response"]["code"] == "2" and counted(box, "quota")
    box.now += 86_400
    assert "error_response" not in await call(timestamp=beijing(box.now))(box)
    await box.http.aclose()


def codes(value: Any) -> set[str]:
    """Every code and text in an answer, wherever the method says it."""
    if isinstance(value, dict):
        return {text for one in value.values() for text in codes(one)}
    if isinstance(value, list):
        return {text for one in value for text in codes(one)}
    return {str(value)}


@pytest.mark.parametrize(("rule", "client"), METHOD_WRONGS)
async def test_the_method_refuses(sandbox: Sandbox, rule: str, client: Wrong) -> None:
    answer = await client(sandbox)
    [(root, body)] = answer.items()
    assert root.endswith("_responce") and body["code"] == "0"
    said = codes(body)
    silent = root.startswith(("jingdong_stock_write_updateSkuStock", "jingdong_stock_read"))  # they say no more than no
    assert silent or METHOD[rule].code in said or METHOD[rule].zh in said
    assert counted(sandbox, rule)
    placed = (await sandbox.http.get("/control/orders?platform=jd")).json()["orders"]
    assert all(o["shipped"] is None for o in placed) or client is wrong.shipping_twice
    assert sandbox.world.shelf("jd").writes == 0


@pytest.mark.parametrize(("rule", "client"), OAUTH_WRONGS)
async def test_authorisation_is_refused(sandbox: Sandbox, rule: str, client: Wrong) -> None:
    answer = await client(sandbox)
    assert set(answer) == set(sample("jd/oauth_token.error.json"))
    assert answer["msg"] == OAUTH[rule].zh and answer["code"] == 400
    assert counted(sandbox, rule)


async def test_old_tokens_die_at_a_renewal(sandbox: Sandbox) -> None:
    first = await wrong.granted(sandbox)
    assert set(first) == set(sample("jd/oauth_token.json"))
    assert "error_response" not in await call(access_token=first["access_token"])(sandbox)
    sandbox.now += 29.5 * 86_400
    second = await wrong.tokens(sandbox, "refresh_token", refresh_token=first["refresh_token"])
    assert second["access_token"] != first["access_token"] and second["refresh_token"] != first["refresh_token"]
    stamp = beijing(sandbox.now)
    old = await call(access_token=first["access_token"], timestamp=stamp)(sandbox)
    assert old["error_response"] == sample_19()
    assert "error_response" not in await call(access_token=second["access_token"], timestamp=stamp)(sandbox)


def sample_19() -> Any:
    known = sample("jd/error_19_invalid_token.json")["error_response"]
    return known | {"zh_desc": GATEWAY["token_unknown"].zh}


async def test_what_the_rules_allow(sandbox: Sandbox) -> None:
    """The last of each that is still right: else a rule that refuses everything would pass."""
    [id] = await sandbox.place("jd")
    right: list[Wrong] = [
        call(),
        call(timestamp="2026-11-22 09:50:00"),
        call(timestamp="2026-11-22 10:00:00.000+0800"),
        call(sign_method="md5", format="json"),
        asking(start_date="2026-10-22 10:00:00"),
        asking(page_size="100", order_state="LOCKED,WAIT_SELLER_STOCK_OUT"),
        asking(wrong.REMARK, order_id=int(id), remark="长" * 500),
        asking(wrong.SERVICES, **wrong.WHO, pageNumber=1, pageSize=50),
        within(
            "freightUpdateDateBegin", "freightUpdateDateEnd", 60, wrong.CHANGES, **wrong.WHO, pageNumber=1, pageSize=50
        ),
        within("applyTimeBegin", "applyTimeEnd", 7 * 86_400, wrong.MONEY, pageNumber=1, pageSize=50),
        asking(wrong.SKUS, skuStatuValue=[1, 2, 4], pageNo=1, page_size=50),
        asking(wrong.PUT, skuId=wrong.LAMP, stockNum=0),
        asking(wrong.ADD, skuId=wrong.LAMP, stockNum=3),
        wrong.ware("2", {"skuId": wrong.LAMP, "incrStockNum": -3}),
        shipping(logiCoprId="1274", logiNo=""),
        shipping(logiCoprId="900001|467", logiNo="SLX000010000001,SLX000010000002|SF000001"),
    ]
    for client in right:
        answer = await client(sandbox)
        assert "error_response" not in answer, answer
    assert not sandbox.world.refusals
