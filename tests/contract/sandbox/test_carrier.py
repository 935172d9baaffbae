"""The carrier: numbers once per shipment, hand-over, tracks, and what they do to the shops' orders."""

from typing import Any

from tests.contract.sandbox.callers import Sandbox


async def tracks(box: Sandbox, after: str = "0", limit: int = 100) -> Any:
    return (await box.carrier("GET", f"tracks?after={after}&limit={limit}")).json()


async def test_a_number_once_per_shipment(sandbox: Sandbox) -> None:
    first = (await sandbox.waybill()).json()
    assert first["waybill_no"] == "SLX000070000001" and first["route_code"]
    assert (await sandbox.waybill()).json() == first
    fresh = {"region": ["浙江省", "杭州市", "西湖区"], "token": {"oaid": "next week's"}, "masked": {"name": "王**"}}
    assert (await sandbox.waybill(receiver=fresh)).json() == first  # a token is no content
    other = await sandbox.waybill(weight_g=301)
    assert other.status_code == 409 and other.json()["code"] == "shipment_conflict"
    assert first["waybill_no"] in other.json()["message"]
    second = (await sandbox.waybill("ZP1.v2", weight_g=301)).json()  # another version of the order
    assert second["waybill_no"] == "SLX000070000002"
    assert len(sandbox.world.saved.parcels) == 2


async def test_refusals(sandbox: Sandbox) -> None:
    assert (await sandbox.carrier("POST", "waybills", {}, secret="x")).json()["code"] == "bad_sign"
    unknown = await sandbox.http.get("/carrier/tracks", headers={"X-Carrier-Key": "x"})
    assert (unknown.status_code, unknown.json()["code"]) == (401, "unknown_key")
    assert (await sandbox.carrier("POST", "waybills", {"weight_g": 1})).status_code == 400
    assert (await sandbox.waybill("")).status_code == 422
    assert (await sandbox.waybill(weight_g=0)).status_code == 422
    assert (await sandbox.carrier("GET", "tracks?after=x")).status_code == 422
    await sandbox.control("faults", kind="rate_limit", platform="carrier", method="waybills")
    assert (await sandbox.waybill()).status_code == 429
    assert sandbox.world.saved.parcels == {}


async def test_the_way_of_a_parcel(sandbox: Sandbox) -> None:
    number = (await sandbox.waybill()).json()["waybill_no"]
    ids = {}
    for platform in ("taobao", "jd", "pinduoduo", "shopee"):
        [ids[platform]] = await sandbox.place(platform)
    await sandbox.taobao("taobao.logistics.offline.send", tid=ids["taobao"], out_sid=number, company_code="SLX")
    await sandbox.jd("jingdong.pop.order.shipment", {"orderId": ids["jd"], "logiCoprId": "900001", "logiNo": number})
    sent = {"order_sn": ids["pinduoduo"], "logistics_id": "900001", "tracking_number": number}
    await sandbox.pdd("pdd.logistics.online.send", **sent)

    assert (await tracks(sandbox)) == {"events": [], "next": "0"}
    handed = await sandbox.carrier("POST", "handovers", {"waybill_nos": [number, "SLX9", number]})
    assert handed.json() == {"accepted": [number], "unknown": ["SLX9"]}
    sandbox.now += 4
    await sandbox.carrier("POST", "handovers", {"waybill_nos": [number]})  # again: no new start
    assert (await tracks(sandbox))["events"] == []
    sandbox.now += 1
    [event] = (await tracks(sandbox))["events"]
    assert event == {"cursor": "1", "waybill_no": number, "kind": "collected", "at": "2026-11-22T02:00:05.000Z"}
    # a write-back that comes after the carrier's scan is collected at once
    body = {"order_sn": ids["shopee"], "non_integrated": {"tracking_number": number}}
    await sandbox.shopee("logistics/ship_order", body=body)
    assert (await sandbox.look("shopee", ids["shopee"]))["platform_state"] == "SHIPPED"
    sandbox.now += 30
    more = await tracks(sandbox, "1")
    assert [e["kind"] for e in more["events"]] == ["delivered"] and more["next"] == "2"
    for platform, one in ids.items():
        assert (await sandbox.look(platform, one))["state"] == "completed"


async def test_cursors_page_through_all_events_once(sandbox: Sandbox) -> None:
    numbers = [(await sandbox.waybill(f"ZP{n}.v1")).json()["waybill_no"] for n in range(7)]
    for number in numbers:
        await sandbox.carrier("POST", "handovers", {"waybill_nos": [number]})
        sandbox.now += 0.5
    await sandbox.control("carrier", collect_after_s=1, deliver_after_s=1)
    sandbox.now += 10
    seen, after = [], "0"
    while page := (await tracks(sandbox, after, 3))["events"]:
        seen += page
        after = page[-1]["cursor"]
    assert sorted((e["waybill_no"], e["kind"]) for e in seen) == sorted(
        (number, kind) for number in numbers for kind in ("collected", "delivered")
    )
    assert [e["at"] for e in seen] == sorted(e["at"] for e in seen)


async def test_an_order_in_two_parcels_is_completed_by_the_last(sandbox: Sandbox) -> None:
    first, second = [(await sandbox.waybill(f"ZP{n}.v1")).json()["waybill_no"] for n in (1, 2)]
    [one] = await sandbox.place("taobao", skus=["LAMP", "SOCK"])
    for n, number in ((1, first), (2, second)):
        sent = {"tid": one, "out_sid": number, "company_code": "SLX", "sub_tid": int(one) + n}
        await sandbox.taobao("taobao.logistics.offline.send", **sent)
    await sandbox.carrier("POST", "handovers", {"waybill_nos": [first]})
    sandbox.now += 60
    half = await sandbox.look("taobao", one)
    assert (half["state"], half["collected"]) == ("shipped", True)
    await sandbox.carrier("POST", "handovers", {"waybill_nos": [second]})
    sandbox.now += 60
    assert (await sandbox.look("taobao", one))["state"] == "completed"


async def test_a_number_that_was_replaced_moves_the_order_no_more(sandbox: Sandbox) -> None:
    old, new = [(await sandbox.waybill(f"ZP1.v{n}")).json()["waybill_no"] for n in (1, 2)]
    [one] = await sandbox.place("pinduoduo")
    for number, kind in ((old, 1), (new, 2)):
        sent = {"order_sn": one, "logistics_id": "900001", "tracking_number": number, "redelivery_type": kind}
        await sandbox.pdd("pdd.logistics.online.send", **sent)
    await sandbox.carrier("POST", "handovers", {"waybill_nos": [old]})
    sandbox.now += 60
    assert (await sandbox.look("pinduoduo", one))["state"] == "shipped"
    await sandbox.carrier("POST", "handovers", {"waybill_nos": [new]})
    sandbox.now += 60
    assert (await sandbox.look("pinduoduo", one))["state"] == "completed"
