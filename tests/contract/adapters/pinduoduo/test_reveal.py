"""Receivers in clear: by the order's ciphertext, after the kind of waybill was told, as far as the quota reaches."""

import json
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from server.errors import Rejected
from server.platforms import registry
from server.platforms.port import RawOrder
from tests.contract.adapters.pinduoduo.house import OURS, House
from tests.contract.adapters.support import client, form, reply, sample, shop

DECRYPT = "pdd.open.decrypt.batch"
REPORT = "pdd.open.waybill.type.report"


def sent(pdd: House, method: str) -> list[dict[str, str]]:
    """What is asked of this method, from now on."""
    asked: list[dict[str, str]] = []

    async def keep(request: httpx.Request) -> None:
        found = {k: v[0] for k, v in parse_qs(request.content.decode()).items()}
        if found.get("type") == method:
            asked.append(found)

    pdd.web.event_hooks["request"] = [keep]
    return asked


@pytest.mark.parametrize("scene", ["ship", "contact", "aftersales"])
async def test_by_the_orders_own_ciphertext(pdd: House, scene: str) -> None:
    [id] = await pdd.place()
    order, asked = await pdd.adapter.order(pdd.shop, id), sent(pdd, REPORT)
    found = await pdd.adapter.reveal(pdd.shop, order, scene)
    r = pdd.world.find("pinduoduo", id).receiver
    assert found == {"name": r.name, "phone": r.phone, "address": f"{r.province}{r.city}{r.district}{r.street}"}
    assert r.name not in order.body.decode() and r.phone not in order.body.decode()
    assert [(one["waybill_type"], json.loads(one["order_sn_list"])) for one in asked] == [("1", [id])]


async def test_a_shop_may_name_another_kind_for_a_scene_or_none(pdd: House) -> None:
    [id] = await pdd.place()
    order, asked = await pdd.adapter.order(pdd.shop, id), sent(pdd, REPORT)
    pdd.own(waybill_types={"ship": "7", "contact": ""})
    await pdd.adapter.reveal(pdd.shop, order, "ship")
    await pdd.adapter.reveal(pdd.shop, order, "contact")
    assert [one["waybill_type"] for one in asked] == ["7"]


async def test_no_reason_no_call(pdd: House) -> None:
    [id] = await pdd.place()
    order = await pdd.adapter.order(pdd.shop, id)
    before = dict(pdd.world.calls)
    with pytest.raises(Rejected) as caught:
        await pdd.adapter.reveal(pdd.shop, order, "curiosity")
    assert caught.value.code == "platform_bad_scene" and dict(pdd.world.calls) == before


async def test_what_was_kept_opens_after_it_was_shipped(pdd: House) -> None:
    """From then on the platform gives out masks only."""
    [id] = await pdd.place()
    kept = await pdd.adapter.order(pdd.shop, id)
    shipped = {"order_sn": id, "logistics_id": "900001", "tracking_number": OURS}
    await pdd.adapter._client.call(pdd.shop, "pdd.logistics.online.send", **shipped)  # type: ignore[attr-defined]
    later = await pdd.adapter.order(pdd.shop, id)
    r = pdd.world.find("pinduoduo", id).receiver
    assert (await pdd.adapter.reveal(pdd.shop, kept, "contact"))["phone"] == r.phone
    calls = pdd.calls(DECRYPT)
    with pytest.raises(Rejected) as caught:
        await pdd.adapter.reveal(pdd.shop, later, "contact")
    assert caught.value.code == "platform_no_receiver" and pdd.calls(DECRYPT) == calls


async def test_the_present_address_counts(pdd: House) -> None:
    [id] = await pdd.place()
    old = await pdd.adapter.order(pdd.shop, id)
    await pdd.control("address", platform="pinduoduo", external_id=id, parts={"street": "新路 8 号"})
    assert (await pdd.adapter.reveal(pdd.shop, old, "ship"))["address"].endswith("新路 8 号")


async def test_without_the_kind_of_waybill_nothing_is_opened(pdd: House) -> None:
    [id] = await pdd.place()
    order = await pdd.adapter.order(pdd.shop, id)
    pdd.own(waybill_types={"ship": ""})
    with pytest.raises(Rejected) as caught:
        await pdd.adapter.reveal(pdd.shop, order, "ship")
    assert "面单类型" in caught.value.message


async def test_as_far_as_the_quota_reaches() -> None:
    async with House.opened(pdd_decrypts_day=4) as house:
        ids = await house.place(3)
        orders = [await house.adapter.order(house.shop, id) for id in ids]
        assert set(await house.adapter.reveal(house.shop, orders[0], "ship")) == {"name", "phone", "address"}
        assert len(await house.adapter.reveal(house.shop, orders[1], "ship")) == 1
        with pytest.raises(Rejected) as caught:
            await house.adapter.reveal(house.shop, orders[2], "ship")
        assert "额度不足" in caught.value.message


async def reveal(rows: list[dict[str, Any]], **change: str) -> dict[str, str]:
    """The sample order, and these answers about it."""
    info = json.loads(sample("pinduoduo/order_information_normal.json"))
    order = info["order_info_get_response"]["order_info"] | change

    def handler(request: httpx.Request) -> httpx.Response:
        answers = {
            "pdd.order.information.get": {"order_info_get_response": {"order_info": order}},
            REPORT: {"open_waybill_type_report_response": {"result_list": []}},
            DECRYPT: {"open_decrypt_batch_response": {"data_decrypt_list": rows}},
        }
        return reply(answers[form(request)["type"]])

    async with client(handler) as web:
        kept = RawOrder(order["order_sn"], json.dumps(order).encode(), None)
        return await registry.connect("pinduoduo", web).reveal(shop("pinduoduo"), kept, "ship")


async def test_the_sample_answer_part_by_part_with_a_protecting_number() -> None:
    rows = json.loads(sample("pinduoduo/decrypt_batch_partial.json"))["open_decrypt_batch_response"][
        "data_decrypt_list"]  # fmt: skip
    assert await reveal(rows, address="") == {"name": "测试甲", "phone": "13800000001-0001"}
    rows[2] |= {"error_code": 0, "decrypted_data": "测试路 1 号"}
    assert (await reveal(rows, address=""))["address"] == "测试省测试市测试区测试路 1 号"
    full = {**rows[2], "encrypted_data": "~AgAAZGVtby1jaXBoZXItZnVsbC0x~aWR4LWZ1~0~~", "decrypted_data": "全"}
    assert (await reveal([full])) == {"address": "全"}


@pytest.mark.parametrize("value", ["138****0001", "", None, 5])
async def test_a_mask_is_not_clear(value: Any) -> None:
    row = {"encrypted_data": "$aWR4LXBob25l$AgAAZGVtby1jaXBoZXItcGhvbmUx$0$$", "decrypted_data": value, "error_code": 0}
    with pytest.raises(Rejected):
        await reveal([row])


async def test_an_answer_about_another_ciphertext_is_not_taken() -> None:
    with pytest.raises(Rejected):
        await reveal([{"encrypted_data": "~x~y~0~~", "decrypted_data": "别人", "error_code": 0}])
