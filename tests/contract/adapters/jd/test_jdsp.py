"""JD's newer API: signed headers, the same port, every order held, nothing sent whose enums nobody named."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from server import rulebook
from server.errors import Rejected, Unauthenticated, Unavailable
from server.orders.mapping import map_order
from server.orders.preview import preview
from server.platforms import registry
from server.platforms.jdsp import aftersales, orders
from server.platforms.jdsp.errors import trouble
from server.platforms.jdsp.sign import sign
from server.platforms.port import Account, Part, Shipment, Shipped, StockOrder
from server.sandbox.catalogue import SKUS
from tests.contract.adapters.jd.house import OURS, House
from tests.contract.adapters.support import client, reply, sample, shop, vectors

SHIPMENT = {"own": {"shipment_type": 1, "merge_shipment_flag": 0, "company_scope": 1}}
STOCK = {"own": {"stock_model": "SIM_SET", "stock_operation": 1}}
SP = [v for v in vectors("jd/sign_vectors.json")["vectors"] if v["name"].startswith("spapi")]
LIST = {
    "page": "1",
    "pageSize": "20",
    "startTime": "1795309200000",
    "endTime": "1795312800000",
    "scopeSet": "skuItemInfoList,consigneeInfo",
}


@pytest.mark.parametrize("vector", SP, ids=lambda v: v["name"])
def test_signs(vector: dict[str, Any]) -> None:
    params = dict(vector["params"])
    body = params.pop("body", "")
    headers = {name: value for name, value in params.items() if name.startswith("X-")}
    parts = {name: value for name, value in params.items() if name not in headers}
    assert sign(headers, parts, body, vector["app_secret"]) == vector["sign"]


def test_the_sign_of_a_list_and_an_empty_body_is_none() -> None:
    known = next(v for v in SP if v["name"] == "spapi_shipment_with_body")
    headers = {name: value for name, value in known["params"].items() if name.startswith("X-")}
    assert sign(headers, LIST, "", known["app_secret"]) == "866F4F201ECD2EC7A6911D8E93340CB7"
    assert sign(headers, LIST, "{}", known["app_secret"]) == "866F4F201ECD2EC7A6911D8E93340CB7"


async def test_the_call_is_signed_as_it_is_sent() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=sample("jd/sp_orders_list.json").replace(b'"data": [', b'"data": ', 1))

    async with client(handler) as web:
        adapter = registry.connect("jdsp", web)
        with pytest.raises(Unavailable):
            await adapter.order(shop("jdsp"), "300000000001")
    sent = seen[0]
    assert sent.url.path == "/rest/sp-order/v0/orders/300000000001"
    headers = {name: sent.headers[name] for name in ("X-JOS-App-Key", "X-JOS-Access-Token", "X-JOS-Timestamp")}
    made = sign(headers, {**dict(sent.url.params), "orderId": "300000000001"}, "", shop("jdsp").app_secret)
    assert sent.headers["X-JOS-Sign"] == made and len(headers["X-JOS-Timestamp"]) == 13


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_sample_is_held_for_its_state_and_for_nothing_else(wrapped: bool) -> None:
    data = sample("jd/sp_orders_list.json")
    [order] = preview("jdsp", b'{"Response": ' + data + b"}" if wrapped else data)
    assert order["state"] == "unknown" and [hold["field"] for hold in order["holds"]] == ["state"]
    assert order["amounts"]["total_minor"] == 29480 and [line["qty"] for line in order["lines"]] == [1, 2]
    assert [line["key"] for line in order["lines"]] == ["FAKE-UUID-1", "FAKE-UUID-2"]


@pytest.mark.parametrize("status", ["WAIT_SELLER_STOCK_OUT", "FINISHED_L", 1, "", None, "SIM_X"])
def test_no_state_at_all_is_mapped(status: Any) -> None:
    order = vectors("jd/sp_orders_list.json")["data"][0] | {"orderStatus": status}
    found = map_order("jdsp", json.dumps(order).encode(), rulebook.current("jdsp"))
    assert found.state == "unknown" and found.holds
    assert not (found.facts.shipped or found.facts.completed or found.facts.cancelled)


@pytest.mark.parametrize(
    ("code", "message", "kind", "clock"),
    [
        ("99904030005", "", "rejected", False),
        ("1", "access token is expired", "unauthenticated", False),
        ("1", "X-JOS-Timestamp 无效", "rejected", True),
        ("1", "调用频繁", "unavailable", False),
        ("1", "系统繁忙", "unavailable", False),
        ("1", "invalid sign", "rejected", False),
        ("1", "别的", "rejected", False),
    ],
)
def test_its_words_say_what_kind_of_no(code: str, message: str, kind: str, clock: bool) -> None:
    body = {"success": False, "data": None, "errorList": [{"code": code, "message": message, "details": ""}]}
    for whole in (body, {"Response": body}):
        found = trouble(json.dumps(whole).encode())
        assert found is not None and (found.kind, found.clock) == (kind, clock) and found.message
    assert trouble(b'{"success": true, "data": [], "errorList": []}') is None
    assert trouble(b'{"success": false}') is not None


def test_an_after_sales_order() -> None:
    body = json.dumps(vectors("jd/sp_afs_orders_list.json")["data"][0]).encode()
    found = aftersales.refund(body)
    assert (found.external_id, found.order_id, found.kind) == ("700000001", "300000000005", "return")
    assert (found.state, found.amount_minor, found.waybill_no) == ("done", 18400, "YT0000000000")
    assert found.modified == datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
    other = json.dumps(json.loads(body) | {"refundInfo": {"refundStatus": 10, "applyRefundAmount": 1.5}}).encode()
    assert (aftersales.refund(other).state, aftersales.refund(other).amount_minor) == ("unknown", 150)


async def test_all_of_a_window_and_one_order(jdsp: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "PAGE", 5)
    ids = await jdsp.place(13)
    found = await jdsp.pull()
    assert set(found) == set(ids)
    for id, listed in found.items():
        fresh = await jdsp.adapter.order(jdsp.shop, id)
        assert jdsp.adapter.identity(fresh.body) == jdsp.adapter.identity(listed.body)
        assert fresh.modified == listed.modified is not None
        order = map_order("jdsp", fresh.body, rulebook.current("jdsp"))
        assert [hold.field for hold in order.holds] == ["state"]
    receiver = jdsp.world.find("jd", ids[0]).receiver
    assert receiver.phone not in found[ids[0]].body.decode()


@pytest.mark.parametrize("id", ["../carriers", "1/shipments", "x", "", "１"])
async def test_a_number_that_would_be_a_path_is_not_sent(jdsp: House, id: str) -> None:
    with pytest.raises(Rejected):
        await jdsp.adapter.order(jdsp.shop, id)
    assert not jdsp.world.calls


async def test_the_bad_days(jdsp: House) -> None:
    [id] = await jdsp.place()
    for kind in ("rate_limit", "busy", "fail_before"):
        await jdsp.control("faults", kind=kind, platform="jdsp")
        with pytest.raises(Unavailable):
            await jdsp.pull()
    assert list(await jdsp.pull()) == [id]
    good = jdsp.shop
    jdsp.with_(app_secret="wrong")
    with pytest.raises(Rejected) as caught:
        await jdsp.pull()
    assert "签名" in caught.value.message
    jdsp.shop = good
    with pytest.raises(Rejected):
        await jdsp.adapter.order(jdsp.shop, "300000009999")
    await jdsp.control("faults", kind="token_death", platform="jdsp")
    with pytest.raises(Unauthenticated):
        await jdsp.pull()


@pytest.mark.parametrize("kind", ["empty_fields", "malformed_fields", "receiver_gone"])
async def test_spoiled_orders_are_all_there(jdsp: House, kind: str) -> None:
    ids = await jdsp.place(12)
    await jdsp.control("faults", kind=kind, platform="jdsp", times=0)
    found = await jdsp.pull()
    assert set(found) == set(ids)
    assert jdsp.world.faults.fired[kind]
    for order in found.values():
        mapped = map_order("jdsp", order.body, rulebook.current("jdsp"))
        assert mapped.state == "unknown" and mapped.holds


async def test_a_wrong_clock_is_corrected_once(jdsp: House) -> None:
    await jdsp.place()
    await jdsp.control("faults", kind="clock_skew", platform="jdsp", delay_ms=3_600_000, times=2)
    found = await jdsp.pull()
    assert jdsp.calls("GET /sp-order/v0/orders") == 2 and len(found) == 1


async def test_authorised_by_the_same_pages(jdsp: House) -> None:
    jdsp.take(await jdsp.adapter.exchange(jdsp.shop, await jdsp.code(), ""))
    assert await jdsp.adapter.account(jdsp.shop) == Account(external_id="")
    with pytest.raises(Unavailable):  # too early
        await jdsp.adapter.refresh(jdsp.shop)
    jdsp.age(29.5)
    jdsp.take(await jdsp.adapter.refresh(jdsp.shop))
    assert await jdsp.pull() == {}


async def test_placed_waits_for_its_parameter(jdsp: House) -> None:
    [id] = await jdsp.place()
    with pytest.raises(Rejected):
        _ = [page async for page in jdsp.adapter.placed(jdsp.shop, jdsp.window())]
    jdsp.with_(settings={"own": {"placed_query": {"sortBy": "createdTime"}}})
    [[order]] = [page async for page in jdsp.adapter.placed(jdsp.shop, jdsp.window())]
    assert order.external_id == id


async def test_nothing_is_shipped_until_the_enums_are_named(jdsp: House) -> None:
    assert jdsp.adapter.powers.parts == "none"
    [id] = await jdsp.place(skus=["LAMP", "LAMP", "SOCK"])
    shipment = Shipment(id, OURS, "SLX")
    with pytest.raises(Rejected):
        await jdsp.adapter.ship(jdsp.shop, shipment)
    assert (await jdsp.look(id))["shipped"] is None
    jdsp.with_(settings=SHIPMENT)
    assert await jdsp.adapter.ship(jdsp.shop, shipment) == Shipped()
    sent = (await jdsp.look(id))["shipped"]
    assert (sent["waybill_no"], sent["carrier"]) == (OURS, "900001")
    assert await jdsp.adapter.ship(jdsp.shop, shipment) == Shipped(already=True)
    with pytest.raises(Rejected) as caught:
        await jdsp.adapter.ship(jdsp.shop, Shipment(id, "SLX999990000009", "SLX"))
    assert caught.value.code == "platform_other_waybill"
    with pytest.raises(Rejected):
        jdsp.adapter.plan(jdsp.shop, [Shipment(id, OURS, "SLX", parts=(Part("k", 1),))])


async def test_a_locked_order_is_refused(jdsp: House) -> None:
    [id] = await jdsp.place()
    await jdsp.control("refund", platform="jd", external_id=id, to="asked")
    jdsp.with_(settings=SHIPMENT)
    with pytest.raises(Rejected):
        await jdsp.adapter.ship(jdsp.shop, Shipment(id, OURS, "SLX"))
    assert (await jdsp.look(id))["shipped"] is None


async def test_refunds_remarks_carriers_listings(jdsp: House) -> None:
    [id] = await jdsp.place(skus=["LAMP"], state="completed")
    await jdsp.control("refund", platform="jd", external_id=id, to="asked")
    await jdsp.adapter.remark(jdsp.shop, id, "新备注")
    assert jdsp.world.find("jd", id).seller_note == "新备注"
    [[case]] = [page async for page in jdsp.adapter.refunds(jdsp.shop, jdsp.window())]
    assert (case.order_id, case.state, case.kind, case.amount_minor) == (id, "unknown", "return", 1990)
    assert any(one.code == "900001" for one in await jdsp.adapter.carriers(jdsp.shop))
    listed = [one async for page in jdsp.adapter.listings(jdsp.shop) for one in page]
    assert {one.outer_code for one in listed} == {sku.code for sku in SKUS}
    lamp = next(one for one in listed if one.outer_code == "LAMP")
    assert (lamp.price_minor, lamp.qty, lamp.state) == (1990, 99, "on")


async def test_stock_waits_for_its_enums(jdsp: House) -> None:
    assert not jdsp.adapter.powers.stock_set
    [lamp] = [one async for page in jdsp.adapter.listings(jdsp.shop) for one in page if one.outer_code == "LAMP"]
    wanted = [StockOrder(lamp.item, lamp.platform_sku, 7), StockOrder("1", "999", 5)]
    with pytest.raises(Rejected):
        await jdsp.adapter.set_stock(jdsp.shop, wanted)
    assert jdsp.world.shelf("jd").numbers == {}
    jdsp.with_(settings=STOCK)
    answers = await jdsp.adapter.set_stock(jdsp.shop, wanted)
    assert [(a.outcome, bool(a.message)) for a in answers] == [("done", False), ("refused", True)]
    assert jdsp.world.shelf("jd").numbers == {"LAMP": 7}


async def test_an_answer_that_is_no_list_is_unreadable() -> None:
    async with client(lambda request: reply({"success": True, "data": "x"})) as web:
        with pytest.raises(Unavailable):
            await registry.connect("jdsp", web).account(shop("jdsp"))
        adapter = registry.connect("jdsp", web)
        with pytest.raises(Unavailable):
            _ = [page async for page in adapter.listings(shop("jdsp"))]


def test_it_is_known_but_not_among_those_that_are_understood() -> None:
    assert registry.known("jdsp") and "jdsp" not in registry.CODES and not registry.known("jd2")
    windows = registry.get("jdsp").windows(datetime.fromtimestamp(time.time() - 7200, UTC), datetime.now(UTC))
    assert len(windows) >= 2
