"""Each rule of SP-API that the sandbox knows refuses a deliberately wrong client, by its name."""

import hashlib
import json
from typing import Any

import pytest

from server.sandbox.accounts import JD
from server.sandbox.jdsp.gateway import sign
from server.sandbox.jdsp.rules import RULES
from server.sandbox.knobs import Knobs
from tests.contract.sandbox.callers import Sandbox, sample

ORDERS, ORDER = "/sp-order/v0/orders", "/sp-order/v0/orders/{orderId}"
SHIPMENTS, REMARKS = f"{ORDER}/shipments", f"{ORDER}/vender-remarks"
STOCKS = "/sp-product/v0/sku-stocks/batch"
SECRET = str(JD["app_secret"])
LAMP = 100_000_000_507


async def send(
    box: Sandbox,
    verb: str = "GET",
    path: str = ORDERS,
    *,
    body: Any = None,
    named: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    drop: str = "",
    secret: str = SECRET,
    unsigned: bool = False,
    text: str = "",
    **query: str,
) -> Any:
    """One call, signed by hand; what is said otherwise is wrong with it."""
    stamp = str(int(box.now * 1000))
    said = {
        "X-JOS-App-Key": JD["app_key"],
        "X-JOS-Access-Token": JD["access_token"],
        "X-JOS-Timestamp": stamp,
    } | (headers or {})
    said.pop(drop, None)
    if path in (ORDERS, ORDER) and verb == "GET" and not query:
        query = {"page": "1", "pageSize": "20", "startTime": str(int(stamp) - 3_600_000), "endTime": stamp}
    content = text or ("" if body is None else json.dumps(body))
    parts = {**query, **(named or {}), **said} | ({"body": content} if content else {})
    joined = "".join(name + parts[name] for name in sorted(parts))
    mark = {} if unsigned else {"X-JOS-Sign": hashlib.md5(f"{secret}{joined}{secret}".encode()).hexdigest().upper()}
    url = f"/jdsp/rest{path.format(**named or {})}"
    return (await box.http.request(verb, url, params=query, headers=said | mark, content=content.encode())).json()


def call(*args: str, **more: Any) -> Any:
    return lambda box: send(box, *args, **more)


def listing(**change: str) -> Any:
    async def go(box: Sandbox) -> Any:
        stamp = int(box.now * 1000)
        query = {"page": "1", "pageSize": "20", "startTime": str(stamp - 1000), "endTime": str(stamp)} | change
        return await send(box, **query)

    return go


async def fault(box: Sandbox, kind: str) -> Any:
    await box.control("faults", kind=kind, platform="jdsp")
    return await send(box)


async def ended(box: Sandbox) -> Any:
    await box.control("faults", kind="token_end", platform="jd")
    await box.jd_page(1)
    box.world.refusals.clear()
    return await send(box)


def dto(id: str, **change: Any) -> dict[str, Any]:
    package = {
        "companyId": "900001",
        "companyScope": 1,
        "waybillCode": "SLX000010000001",
        "outboundGoodsFacetDTOList": [{"skuId": LAMP, "skuUuid": f"{id}-1", "skuNum": 2}],
    }
    package |= {name: change.pop(name) for name in list(change) if name in package}
    told = {"orderId": int(id), "venderId": int(JD["external_id"]), "shipmentType": 1, "mergeShipmentFlag": 0}
    return {"orderShipmentDTO": told | {"packageInfoList": [package]} | change}


def shipping(state: str = "paid", **change: Any) -> Any:
    async def go(box: Sandbox) -> Any:
        [id] = await box.place("jd", skus=["LAMP", "LAMP"], state=state)
        return await send(box, "POST", SHIPMENTS, named={"orderId": id}, body=dto(id, **change))

    return go


def remark(**change: Any) -> Any:
    async def go(box: Sandbox) -> Any:
        [id] = await box.place("jd")
        body = {"orderId": int(id), "venderId": int(JD["external_id"]), "remark": "x"} | change
        return await send(box, "PUT", REMARKS, named={"orderId": id}, body=body)

    return go


def stock(**change: Any) -> Any:
    row = {"skuId": LAMP, "stockNum": 5, "storeId": 0}
    body = {"updateModel": "SIM_SET", "stockRfID": "r", "stockOperationType": 1, "putSkuStockList": [row]} | change
    return call("PUT", STOCKS, body=body)


WRONGS: list[tuple[str, Any]] = [
    ("quota", lambda box: fault(box, "rate_limit")),
    ("backend_busy", lambda box: fault(box, "busy")),
    ("path_unknown", call("GET", "/sp-order/v0/nothing")),
    ("path_unknown", call("POST", ORDERS, body={})),
    ("app_key_unknown", call(headers={"X-JOS-App-Key": "x"})),
    ("app_key_unknown", call(drop="X-JOS-App-Key")),
    ("timestamp_missing", call(drop="X-JOS-Timestamp")),
    ("timestamp_missing", call(headers={"X-JOS-Timestamp": "1795312800"})),
    ("timestamp_old", call(headers={"X-JOS-Timestamp": "1795312198000"})),
    ("sign_missing", call(unsigned=True)),
    ("sign_wrong", call(secret="another")),
    ("sign_wrong", call("GET", ORDER, named={"orderId": "1"}, headers={"X-JOS-Sign-Method": "sha"})),
    ("token_missing", call(drop="X-JOS-Access-Token")),
    ("token_unknown", call(headers={"X-JOS-Access-Token": "x"})),
    ("token_expired", ended),
    ("json_unreadable", call("PUT", STOCKS, text="{")),
    ("json_unreadable", call("PUT", STOCKS, text="[]")),
    ("page_wrong", listing(page="0")),
    ("page_size_wrong", listing(pageSize="101")),
    ("window_wrong", listing(endTime="2026-11-22 10:00:00")),
    ("window_wrong", listing(endTime="1795312798999")),
    ("order_unknown", call("GET", ORDER, named={"orderId": "1"})),
    ("vender_wrong", shipping(venderId=1)),
    ("vender_wrong", remark(venderId=1)),
    ("remark_too_long", remark(remark="长" * 501)),
    ("shipment_enums", shipping(shipmentType=9)),
    ("shipment_enums", shipping(companyScope=9)),
    ("carrier_unknown", shipping(companyId="1")),
    ("waybill_wrong", shipping(waybillCode="")),
    ("waybill_wrong", shipping(packageInfoList=[])),
    ("goods_wrong", shipping(outboundGoodsFacetDTOList=[])),
    ("order_state", shipping("cancelled")),
    ("stock_enums", stock(updateModel="1")),
    ("stock_number_wrong", stock(putSkuStockList=[{"skuId": LAMP, "stockNum": -1}])),
]


def counted(box: Sandbox, rule: str) -> bool:
    return {key.rsplit(" ", 1)[1] for key in box.world.refusals} == {rule}


def test_every_rule_has_a_wrong_client() -> None:
    assert {rule for rule, _ in WRONGS} | {"yunding_only", "sku_unknown"} == set(RULES)


@pytest.mark.parametrize(("rule", "client"), WRONGS)
async def test_refused(sandbox: Sandbox, rule: str, client: Any) -> None:
    answer = await client(sandbox)
    assert set(answer) == set(sample("jd/sp_error.json"))
    assert (answer["success"], answer["data"]) == (False, None)
    [error] = answer["errorList"]
    assert set(error) == set(sample("jd/sp_error.json")["errorList"][0]) and error["code"] == RULES[rule].code
    assert counted(sandbox, rule)
    placed = (await sandbox.http.get("/control/orders")).json()["orders"]
    assert all(o["shipped"] is None for o in placed) and sandbox.world.shelf("jd").writes == 0
    assert all(order.seller_note == "" for order in sandbox.world.all("jd"))


async def test_from_outside_their_cloud() -> None:
    box = Sandbox(knobs=Knobs(jdsp_yunding_only=True))
    answer = await send(box)
    known = sample("jd/sp_error.json")
    assert answer["errorList"][0]["code"] == known["errorList"][0]["code"] and counted(box, "yunding_only")
    assert (await send(box, "GET", "/sp-product/v0/skus", page="1", pageSize="20"))["success"]
    await box.http.aclose()


async def test_a_row_that_is_not_there_costs_no_other(sandbox: Sandbox) -> None:
    rows = [{"skuId": 1, "stockNum": 5}, {"skuId": LAMP, "stockNum": 6}]
    answer = await stock(putSkuStockList=rows)(sandbox)
    assert answer["success"] and [row["success"] for row in answer["data"]] == [False, True]
    assert sandbox.world.shelf("jd").numbers == {"LAMP": 6} and counted(sandbox, "sku_unknown")


async def test_what_the_rules_allow(sandbox: Sandbox) -> None:
    for client in (call(), listing(pageSize="100"), shipping(), remark(remark="长" * 500), stock()):
        assert (await client(sandbox))["success"]
    assert not sandbox.world.refusals


def test_the_published_way_to_sign() -> None:
    for vector in sample("jd/sign_vectors.json")["vectors"]:
        if vector["name"].startswith("spapi"):
            params = dict(vector["params"])
            assert sign(params, params.pop("body", ""), vector["app_secret"]) == vector["sign"]


async def test_an_order_looks_like_the_sample(sandbox: Sandbox) -> None:
    [id] = await sandbox.place("jd")
    stamp = int(sandbox.now * 1000)
    scopes = "skuItemInfoList,consigneeInfo,paymentInfo,sellerTradePriceInfo,transportInfo,buyerRemark"
    query = {"page": "1", "pageSize": "20", "startTime": str(stamp - 1000), "endTime": str(stamp), "scopeSet": scopes}
    answer = await send(sandbox, **query)
    model = sample("jd/sp_orders_list.json")
    assert set(answer) == set(model) and answer["paginationData"].keys() == model["paginationData"].keys()
    [row], known = answer["data"], model["data"][0]
    assert set(row) == set(known)
    for name in ("skuItemInfoList", "consigneeInfo", "paymentInfo", "sellerTradePriceInfo", "transportInfo"):
        mine, theirs = row[name], known[name]
        first = (mine[0], theirs[0]) if isinstance(mine, list) else (mine, theirs)
        assert set(first[0]) == set(first[1]), name
    assert row["orderId"] == int(id) and isinstance(row["paymentInfo"]["actualPayAmount"], float)
    bare = (await send(sandbox, **query | {"scopeSet": "consigneeInfo"}))["data"][0]
    assert "consigneeInfo" in bare and "skuItemInfoList" not in bare
