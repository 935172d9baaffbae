"""Write-back: told once, and judged by what the platform holds when it says no."""

import json
from typing import Any

import httpx
import pytest

from server.errors import Rejected, Unauthenticated, Unavailable
from server.platforms import registry
from server.platforms.port import Shipment, Shipped
from tests.contract.adapters.support import client, form, reply, sample, shop

OURS = "SLX000010000001"
READS = {
    "taobao": "taobao.trade.fullinfo.get",
    "jd": "jingdong.pop.order.get",
    "pinduoduo": "pdd.order.information.get",
    "shopee": "/api/v2/logistics/get_tracking_number",
}
SENDS = {
    "taobao": "taobao.logistics.offline.send",
    "jd": "jingdong.pop.order.shipment",
    "pinduoduo": "pdd.logistics.online.send",
    "shopee": "/api/v2/logistics/ship_order",
}
PARAMETER = "/api/v2/logistics/get_shipping_parameter"
IDS = {
    "taobao": "4100000000000000001",
    "jd": "300000000001",
    "pinduoduo": "260101-000000000000001",
    "shopee": "260101DEMO0001",
}
OK = {
    "taobao": "taobao/logistics_offline_send.ok.json",
    "jd": "jd/pop_order_shipment.ok.json",
    "pinduoduo": "pinduoduo/ship_ok.json",
    "shopee": "shopee/ship_order_ok.json",
}
B04 = {"error_response": {"code": 15, "msg": "x", "sub_code": "isv.logistics-offline-service-error:B04"}}
NO: dict[str, Any] = {
    "taobao": B04,
    "jd": json.loads(sample("jd/pop_order_shipment.fail_state.json")),
    "pinduoduo": json.loads(sample("pinduoduo/ship_error_business.json")),
    "shopee": json.loads(sample("shopee/ship_order_error_already.json")),
}


def holding(code: str, number: str) -> Any:
    """The answer that tells which number the platform holds."""
    if code == "taobao":
        lines = [{"oid": 1}, {"oid": 2, "invoice_no": number}] if number else [{"oid": 1}]
        trade = {"tid": int(IDS[code]), "status": "TRADE_CLOSED", "orders": {"order": lines}}
        return {"trade_fullinfo_get_response": {"trade": trade}}
    if code == "jd":
        waybill = f"SF1,SF2|{number}" if number else ""
        found = {"apiResult": {"success": True}, "orderInfo": {"orderId": IDS[code], "waybill": waybill}}
        return {"jingdong_pop_order_get_responce": {"code": "0", "orderDetailInfo": found}}
    if code == "pinduoduo":
        info = {"order_sn": IDS[code], "order_status": 2, "item_list": [], "tracking_number": number}
        return {"order_info_get_response": {"order_info": info}}
    return {"error": "", "message": "", "response": {"tracking_number": number, "hint": ""}}


class Far:
    """The platform: answers by method, and remembers what it was told."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.calls: list[str] = []
        self.sent: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        params = form(request)
        name = params.get("method") or params.get("type") or request.url.path
        self.calls.append(name)
        if name in SENDS.values():
            is_json = request.headers.get("content-type") == "application/json"
            self.sent.append(
                json.loads(request.content if is_json else params.get("360buy_param_json", "{}")) or params
            )
        found = self.answers[name]
        return httpx.Response(200, content=sample(found)) if isinstance(found, str) else reply(found)


def far(code: str, send: Any, held: str = "") -> Far:
    answers = {SENDS[code]: send, READS[code]: holding(code, held)}
    nobody = {"refund_status_check_response": {"order_sns_exists_refund": []}}
    return Far(
        {**answers, PARAMETER: "shopee/shipping_parameter_non_integrated.json", "pdd.refund.status.check": nobody}
    )


async def ship(code: str, other: Far, *, settings: dict[str, Any] | None = None, **changes: str) -> Shipped:
    shipment = Shipment(**{"external_id": IDS[code], "waybill_no": OURS, "carrier_code": "SLX", **changes})
    async with client(other) as web:
        return await registry.connect(code, web).ship(shop(code, settings=settings or {}), shipment)


@pytest.mark.parametrize("code", registry.CODES)
async def test_told(code: str) -> None:
    other = far(code, OK[code])
    assert await ship(code, other) == Shipped(already=False)
    assert OURS in json.dumps(other.sent[0])
    assert READS[code] not in other.calls


@pytest.mark.parametrize("code", registry.CODES)
async def test_told_before_with_our_number(code: str) -> None:
    assert await ship(code, far(code, NO[code], OURS)) == Shipped(already=True)


@pytest.mark.parametrize("code", registry.CODES)
async def test_another_number_is_a_task_for_a_person(code: str) -> None:
    with pytest.raises(Rejected) as caught:
        await ship(code, far(code, NO[code], "SF999"))
    assert caught.value.code == "platform_other_waybill"
    assert "另一个运单号" in caught.value.message and "SF999" in caught.value.message


@pytest.mark.parametrize("code", ["taobao", "jd", "pinduoduo"])
async def test_a_refusal_of_an_order_without_number_stays_one(code: str) -> None:
    with pytest.raises(Rejected) as caught:
        await ship(code, far(code, NO[code]))
    assert caught.value.code == "platform_rejected"


@pytest.mark.parametrize("code", ["taobao", "pinduoduo"])
async def test_an_answer_that_confirms_nothing_is_no_success(code: str) -> None:
    empty = {"logistics_offline_send_response": {}, "logistics_online_send_response": {"is_success": False}}
    with pytest.raises(Rejected):
        await ship(code, far(code, empty))


async def test_taobao_other_refusals_are_not_looked_into() -> None:
    other = far("taobao", "taobao/error_11_no_permission.json", OURS)
    with pytest.raises(Rejected):
        await ship("taobao", other)
    assert other.calls == [SENDS["taobao"]]


@pytest.mark.parametrize(
    ("code", "answer", "error"),
    [
        ("taobao", "taobao/error_15_isp_timeout.json", Unavailable),
        ("taobao", "taobao/error_27_invalid_session.json", Unauthenticated),
        ("jd", "jd/pop_order_shipment.fail_retryable.json", Unavailable),
        ("jd", "jd/error_19_invalid_token.json", Unauthenticated),
        ("pinduoduo", "pinduoduo/error_rate_limit.json", Unavailable),
        ("shopee", "shopee/error_access_token.json", Unauthenticated),
    ],
)
async def test_not_now_is_not_no(code: str, answer: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await ship(code, far(code, answer, OURS))


async def test_shopee_a_number_that_is_still_being_made() -> None:
    with pytest.raises(Unavailable) as caught:
        await ship("shopee", far("shopee", NO["shopee"], ""))
    assert caught.value.retry_after == 300


async def test_shopee_an_order_that_is_not_ready_stays_refused() -> None:
    with pytest.raises(Rejected) as caught:
        await ship("shopee", far("shopee", "shopee/ship_order_error_not_ready.json", ""))
    assert caught.value.detail["platform_code"] == "ship_order_not_ready_to_ship"


async def test_shopee_takes_exactly_one_way_and_no_empty_package() -> None:
    other = far("shopee", OK["shopee"])
    await ship("shopee", other)
    assert other.sent == [{"order_sn": IDS["shopee"], "non_integrated": {"tracking_number": OURS}}]
    await ship("shopee", other, package_number="OFG1")
    assert other.sent[1]["package_number"] == "OFG1"


@pytest.mark.parametrize("fields", [{"dropoff": []}, {"pickup": ["address_id"]}, {}])
async def test_shopee_a_channel_with_numbers_of_its_own_is_for_a_person(fields: dict[str, Any]) -> None:
    other = far("shopee", OK["shopee"])
    other.answers[PARAMETER] = {"error": "", "response": {"info_needed": fields}}
    with pytest.raises(Rejected) as caught:
        await ship("shopee", other)
    assert caught.value.code == "platform_own_number"
    assert other.sent == []  # nothing was arranged


async def test_shopee_drop_off_with_our_number() -> None:
    other = far("shopee", OK["shopee"])
    other.answers[PARAMETER] = {"error": "", "response": {"info_needed": {"dropoff": ["tracking_number"]}}}
    await ship("shopee", other)
    assert other.sent[0]["dropoff"] == {"tracking_number": OURS}


@pytest.mark.parametrize(
    ("code", "field", "ours", "theirs"),
    [
        ("taobao", "company_code", "SLX", "SLX"),
        ("taobao", "company_code", "DBKD", "DBKD"),
        ("jd", "logiCoprId", "SLX", "900001"),
        ("jd", "logiCoprId", "ZTO", "1499"),
        ("pinduoduo", "logistics_id", "SLX", "900001"),
        ("pinduoduo", "logistics_id", "YUNDA", "121"),
    ],
)
async def test_carriers_by_their_name_there(code: str, field: str, ours: str, theirs: str) -> None:
    other = far(code, OK[code])
    await ship(code, other, carrier_code=ours)
    assert other.sent[0][field] == theirs


@pytest.mark.parametrize("value", ["77", 77])
async def test_a_shop_may_name_its_own(value: object) -> None:
    other = far("jd", OK["jd"])
    await ship("jd", other, settings={"carriers": {"SLX": value}})
    assert other.sent[0]["logiCoprId"] == "77"


@pytest.mark.parametrize("code", ["taobao", "jd", "pinduoduo"])
async def test_a_carrier_without_a_name_there_is_refused_unsent(code: str) -> None:
    other = far(code, OK[code])
    with pytest.raises(Rejected) as caught:
        await ship(code, other, carrier_code="UPS")
    assert caught.value.code == "platform_no_carrier" and other.calls == []
