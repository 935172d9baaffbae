"""Shipment write-back: done once; a repeat, another number or a wrong state gets the platform's own refusal."""

from typing import Any

import pytest

from server.sandbox.knobs import Knobs
from tests.contract.sandbox.callers import Sandbox, sample, wrapped_md5

OURS, OTHER = "SLX000070000001", "SLX000070000002"


async def send(box: Sandbox, platform: str, one: str, number: str = OURS, **more: Any) -> Any:
    if platform == "taobao":
        sent = {"tid": one, "out_sid": number, "company_code": "SLX"} | more
        return await box.taobao("taobao.logistics.offline.send", **sent)
    if platform == "jd":
        return await box.jd(
            "jingdong.pop.order.shipment", {"orderId": int(one), "logiCoprId": "900001", "logiNo": number} | more
        )
    if platform == "pinduoduo":
        sent = {"order_sn": one, "logistics_id": "900001", "tracking_number": number} | more
        return await box.pdd("pdd.logistics.online.send", **sent)
    body = {"order_sn": one, "non_integrated": {"tracking_number": number}} | more
    return await box.shopee("logistics/ship_order", body=body)


def refusal(platform: str, answer: Any) -> str:
    """ "" when it was accepted."""
    if platform == "taobao":
        return str(answer.get("error_response", {}).get("sub_code", "")).rpartition(":")[2]
    if platform == "jd":
        return str(answer["jingdong_pop_order_shipment_responce"]["sopjosshipment_result"]["errorCode"])
    if platform == "pinduoduo":
        return str(answer.get("error_response", {}).get("sub_msg", ""))
    return str(answer["error"])


ALREADY = {
    "taobao": "B04",
    "jd": "10100021",
    "pinduoduo": "订单状态不是待发货，不允许发货",
    "shopee": " logistics.package_already_shipped",
}
NOT_READY = {
    "taobao": "B02",
    "jd": "10100021",
    "pinduoduo": "订单审核中，不允许发货",
    "shopee": "logistics.ship_order_not_ready_to_ship",
}
GONE = ALREADY | {
    "pinduoduo": "订单已退款，不允许发货",
    "shopee": "logistics.ship_order_not_ready_to_ship",
}
UNKNOWN = {
    "taobao": ("41", "B01"),
    "jd": ("30", "10500001"),
    "pinduoduo": ("x", "订单不属于当前店铺或订单不存在"),
    "shopee": ("x", "error_not_found"),
}
OK = {
    "taobao": "taobao/logistics_offline_send.ok.json",
    "jd": "jd/pop_order_shipment.ok.json",
    "pinduoduo": "pinduoduo/ship_ok.json",
    "shopee": "shopee/ship_order_ok.json",
}


def unnumbered(body: Any) -> Any:
    """Without request ids."""
    if not isinstance(body, dict):
        return body
    return {k: unnumbered(v) for k, v in body.items() if k != "request_id"}


@pytest.mark.parametrize("platform", list(ALREADY))
async def test_once(sandbox: Sandbox, platform: str) -> None:
    [one] = await sandbox.place(platform)
    sandbox.now += 30
    assert unnumbered(await send(sandbox, platform, one)) == unnumbered(sample(OK[platform]))
    after = await sandbox.look(platform, one)
    assert (after["state"], after["shipped"]["waybill_no"]) == ("shipped", OURS)
    assert after["modified"] == int(sandbox.now)  # so that the next pull shows it
    sandbox.now += 30
    for number in (OURS, OTHER):
        assert refusal(platform, await send(sandbox, platform, one, number)) == ALREADY[platform]
    assert await sandbox.look(platform, one) == after


@pytest.mark.parametrize("platform", list(ALREADY))
async def test_what_must_not_be_shipped(sandbox: Sandbox, platform: str) -> None:
    held, gone = await sandbox.place(platform, 2)
    await sandbox.control("risk", platform=platform, external_id=held)
    await sandbox.control("cancel", platform=platform, external_id=gone)
    assert refusal(platform, await send(sandbox, platform, held)) == NOT_READY[platform]
    assert refusal(platform, await send(sandbox, platform, gone)) == GONE[platform]
    id, code = UNKNOWN[platform]
    assert refusal(platform, await send(sandbox, platform, id)) == code
    assert (await sandbox.look(platform, held))["shipped"] is None
    assert (await sandbox.look(platform, gone))["state"] == "cancelled"


@pytest.mark.parametrize(
    ("platform", "refused"), [("jd", True), ("pinduoduo", True), ("shopee", True), ("taobao", False)]
)
async def test_a_refund_that_is_asked_for(sandbox: Sandbox, platform: str, refused: bool) -> None:
    [one] = await sandbox.place(platform)
    await sandbox.control("refund", platform=platform, external_id=one)
    assert bool(refusal(platform, await send(sandbox, platform, one))) == refused


async def test_a_lost_answer_was_done_all_the_same(sandbox: Sandbox) -> None:
    """The platform shipped, the caller saw a gateway error: reading the order tells."""
    [one] = await sandbox.place("taobao")
    await sandbox.control("faults", kind="fail_after", platform="taobao", method="taobao.logistics.offline.send")
    params = sandbox.taobao_params("taobao.logistics.offline.send", tid=one, out_sid=OURS, company_code="SLX")
    params["sign"] = wrapped_md5(params, "sandbox-taobao-secret-0001")
    assert (await sandbox.http.post("/taobao/router/rest", data=params)).status_code == 502
    assert (await sandbox.look("taobao", one))["shipped"]["waybill_no"] == OURS
    assert refusal("taobao", await send(sandbox, "taobao", one)) == "B04"


async def test_taobao_refusals_by_their_letters(sandbox: Sandbox) -> None:
    [one] = await sandbox.place("taobao")
    for change, code in (
        ({"company_code": "NONE"}, "B56"),
        ({"company_code": "TTKDEX"}, "B57"),
        ({"sub_tid": "1"}, "P38"),
    ):
        assert refusal("taobao", await send(sandbox, "taobao", one, **change)) == code
    odd = await send(sandbox, "taobao", one, "with blanks")
    assert refusal("taobao", odd) == ""  # its rules are old: a mismatch is noted, not refused
    assert "with blanks" in str((await sandbox.http.get("/control/stats")).json()["warnings"])
    strict = Sandbox(knobs=Knobs(waybill_rules="refuse"))
    [two] = await strict.place("taobao")
    assert refusal("taobao", await send(strict, "taobao", two, "with blanks")) == "B60"


async def test_taobao_in_parts(sandbox: Sandbox) -> None:
    [one] = await sandbox.place("taobao", skus=["LAMP", "SOCK", "SOCK"])
    assert refusal("taobao", await send(sandbox, "taobao", one, sub_tid=int(one) + 1)) == ""
    half = await sandbox.look("taobao", one)
    assert (half["state"], half["platform_state"]) == ("paid", "SELLER_CONSIGNED_PART")
    assert refusal("taobao", await send(sandbox, "taobao", one, sub_tid=int(one) + 1)) == "B04"
    pkgs = f'[{{"out_sid":"{OTHER}","company_code":"SLX","goods":[{{"sub_tid":"{int(one) + 2}","num":2}}]}}]'
    done = await sandbox.taobao("alibaba.ascp.logistics.offline.send", tid=one, consign_type=1, consign_pkgs=pkgs)
    assert unnumbered(done) == unnumbered(sample("taobao/alibaba_ascp_logistics_offline_send.ok.json"))
    whole = await sandbox.look("taobao", one)
    assert [line["waybill_no"] for line in whole["lines"]] == [OURS, OTHER] and whole["state"] == "shipped"


async def test_numbers_can_be_changed_where_the_platform_has_a_way(sandbox: Sandbox) -> None:
    [t], [p] = await sandbox.place("taobao"), await sandbox.place("pinduoduo")
    again = {"tid": t, "out_sid": OTHER, "company_code": "SLX"}
    early = await sandbox.taobao("taobao.logistics.consign.resend", **again)
    assert refusal("taobao", early) == "B02"
    assert (
        refusal("pinduoduo", await send(sandbox, "pinduoduo", p, redelivery_type=2))
        == "订单状态不是已发货，不允许修改运单"
    )
    for platform, one in (("taobao", t), ("pinduoduo", p)):
        assert refusal(platform, await send(sandbox, platform, one)) == ""
    await sandbox.taobao("taobao.logistics.consign.resend", **again)
    assert refusal("pinduoduo", await send(sandbox, "pinduoduo", p, OTHER, redelivery_type=2)) == ""
    for platform, one in (("taobao", t), ("pinduoduo", p)):
        assert (await sandbox.look(platform, one))["shipped"]["waybill_no"] == OTHER


async def test_jd_carrier_and_pdd_carrier_must_be_known(sandbox: Sandbox) -> None:
    [j], [p] = await sandbox.place("jd"), await sandbox.place("pinduoduo")
    assert refusal("jd", await send(sandbox, "jd", j, logiCoprId="1")) == "10100031"
    assert refusal("pinduoduo", await send(sandbox, "pinduoduo", p, logistics_id="119")) == "物流公司不存在或不可用"
    listed = await sandbox.jd("jingdong.fce.alpha.getVenderCarrier", {})
    rows = listed["jingdong_fce_alpha_getVenderCarrier_responce"]["StandardGenericResponse"]["result"]["carrierList"]
    assert {"id": 900001, "name": "顺路速运"} in rows


async def test_shopee_ways(sandbox: Sandbox) -> None:
    [one] = await sandbox.place("shopee")
    how = await sandbox.shopee("logistics/get_shipping_parameter", order_sn=one)
    assert unnumbered(how) == unnumbered(sample("shopee/shipping_parameter_non_integrated.json"))
    for body, error in (
        ({"pickup": {}}, "logistics.ship_order_only_support_one_type"),  # with non_integrated
        ({"non_integrated": {}}, "logistics.ship_order_need_tracking_number"),
        ({"package_number": ""}, "logistics.ship_order_not_need_pacakge_number"),
    ):
        assert refusal("shopee", await send(sandbox, "shopee", one, **body)) == error
    early = await sandbox.shopee("logistics/get_tracking_number", order_sn=one)
    assert early["response"]["tracking_number"] == "" and early["response"]["hint"]
    assert refusal("shopee", await send(sandbox, "shopee", one)) == ""
    late = await sandbox.shopee("logistics/get_tracking_number", order_sn=one)
    model = sample("shopee/tracking_number.json")
    model["response"]["tracking_number"] = OURS
    assert unnumbered(late) == unnumbered(model)


async def test_shopee_makes_the_number_itself_when_it_collects() -> None:
    box = Sandbox(knobs=Knobs(shopee_ship_mode="dropoff"))
    [one] = await box.place("shopee")
    how = await box.shopee("logistics/get_shipping_parameter", order_sn=one)
    assert how["response"]["info_needed"] == {"dropoff": []}
    answer = await box.shopee("logistics/ship_order", body={"order_sn": one, "dropoff": {}})  # empty, but sent
    assert answer["error"] == ""
    assert (await box.look("shopee", one))["shipped"]["waybill_no"].startswith("SPXSG")
