"""JD's orders by time of change, by their remarks, and by time of placing; the remark written; the shop's carriers."""

import json
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import httpx
import pytest

from server.errors import Rejected, Unavailable
from server.platforms.port import Part, Shipment, Shipped, Window
from server.sandbox.jd.orders import REMARKS_A_PAGE
from tests.contract.adapters.jd.house import OURS, House

SEARCH = "jingdong.pop.order.search"
GET = "jingdong.pop.order.get"


async def test_a_remark_brings_its_order_though_modified_stands_still(jd: House) -> None:
    old = int(time.time()) - 7200
    first, second = await jd.place(at=old), await jd.place(at=old)
    assert await jd.pull() == {}
    await jd.control("note", platform="jd", external_id=first[0], seller="今天必须发")
    found = await jd.pull()
    assert list(found) == first and second[0] not in found
    assert "今天必须发" in found[first[0]].body.decode()
    modified = found[first[0]].modified
    assert modified is not None and modified.timestamp() == old


async def test_remarks_on_many_pages_and_none_twice(jd: House) -> None:
    ids = await jd.place(REMARKS_A_PAGE * 2 + 3, at=int(time.time()) - 7200)
    for id in ids:
        await jd.control("note", platform="jd", external_id=id, seller="x")
    fresh = await jd.place()
    await jd.control("note", platform="jd", external_id=fresh[0], seller="y")
    pages = [page async for page in jd.adapter.changed(jd.shop, jd.window())]
    found = [order.external_id for page in pages for order in page]
    assert sorted(found) == sorted(ids + fresh)  # the fresh one is in the list already: not asked for again
    assert jd.calls(GET) == len(ids)


async def test_a_remark_of_an_order_that_is_gone_stops_nothing(jd: House) -> None:
    ids = await jd.place(2, at=int(time.time()) - 7200)
    for id in ids:
        await jd.control("note", platform="jd", external_id=id, seller="x")
    find = jd.world.find
    jd.world.find = lambda platform, one: None if one == ids[0] else find(platform, one)
    assert list(await jd.pull()) == [ids[1]]


async def test_remarks_can_be_left_out(jd: House) -> None:
    [id] = await jd.place(at=int(time.time()) - 7200)
    await jd.control("note", platform="jd", external_id=id, seller="x")
    jd.with_(settings={"own": {"pull_remarks": False}})
    assert await jd.pull() == {}


async def test_placed_goes_by_the_time_of_placing(jd: House) -> None:
    moment = datetime.now(UTC) - timedelta(days=40)
    then = int(moment.timestamp())
    inside, late = await jd.place(60, at=then), await jd.place(at=then + 7200)
    await jd.control("cancel", platform="jd", external_id=inside[0])  # changed today
    window = Window(moment - timedelta(hours=1), moment + timedelta(hours=1))
    found = [o.external_id async for page in jd.adapter.placed(jd.shop, window) for o in page]
    assert sorted(found) == sorted(inside) and late[0] not in found


async def test_a_remark_is_written_in_place_of_the_old_one(jd: House) -> None:
    [id] = await jd.place()
    await jd.control("note", platform="jd", external_id=id, seller="旧", flag=3)
    await jd.adapter.remark(jd.shop, id, "新备注 A&B=1")
    order = jd.world.find("jd", id)
    assert (order.seller_note, order.flag) == ("新备注 A&B=1", 3)
    jd.with_(settings={"own": {"remark_flag": "1"}})
    await jd.adapter.remark(jd.shop, id, "")
    assert (order.seller_note, order.flag) == ("", 1)
    with pytest.raises(Rejected):
        await jd.adapter.remark(jd.shop, id, "长" * 501)
    with pytest.raises(Rejected):
        await jd.adapter.remark(jd.shop, "300000009999", "x")
    assert order.seller_note == ""


async def test_the_shops_carriers(jd: House) -> None:
    found = {one.code: one.name for one in await jd.adapter.carriers(jd.shop)}
    assert found["900001"] == "顺路速运" and found["467"].startswith("顺丰")


async def test_an_order_leaves_whole_with_its_numbers_joined(jd: House) -> None:
    [id] = await jd.place()
    several = Shipment(id, f"{OURS},SLX000010000002|540000000000", "SLX|ZTO")
    jd.adapter.plan(jd.shop, [several])
    assert await jd.adapter.ship(jd.shop, several) == Shipped()
    sent = (await jd.look(id))["shipped"]
    assert (sent["waybill_no"], sent["carrier"]) == (several.waybill_no, "900001|1499")
    assert await jd.adapter.ship(jd.shop, several) == Shipped(already=True)
    with pytest.raises(Rejected) as caught:
        await jd.adapter.ship(jd.shop, Shipment(id, f"{OURS},SLX000010000009", "SLX"))
    assert caught.value.code == "platform_other_waybill"


@pytest.mark.parametrize(
    "shipments",
    [
        [Shipment("1", "A1", "SLX"), Shipment("1", "A2", "SLX")],
        [Shipment("1", "A1", "SLX", parts=(Part("k", 1),))],
        [Shipment("1", "A1|A2", "SLX")],
        [Shipment("1", "A1", "SLX|ZTO")],
    ],
)
def test_parts_are_refused_before_anything_is_called(jd: House, shipments: list[Shipment]) -> None:
    assert jd.adapter.powers.parts == "none"
    with pytest.raises(Rejected):
        jd.adapter.plan(jd.shop, shipments)
    assert not jd.world.calls


async def test_settings_of_the_wrong_form_are_told(jd: House) -> None:
    jd.with_(settings={"own": {"pull_remarks": {}}})
    with pytest.raises(Rejected) as caught:
        await jd.pull()
    assert caught.value.code == "platform_bad_settings" and "pull_remarks" in caught.value.message


@pytest.mark.parametrize("method", [SEARCH, "jingdong.pop.order.getRemarkByModifyTime"])
async def test_an_empty_page_where_rows_should_be_is_not_taken_for_the_end(jd: House, method: str) -> None:
    [id] = await jd.place()
    await jd.control("note", platform="jd", external_id=id, seller="x")

    async def empty(response: httpx.Response) -> None:
        body = json.loads(await response.aread())
        for root in body.values():
            for result in root.values():
                if isinstance(result, dict) and method in str(parse_qs(response.request.content.decode())):
                    result |= {name: None for name in ("orderInfoList", "remarkList") if name in result}
        response._content = json.dumps(body).encode()

    jd.web.event_hooks["response"] = [empty]
    with pytest.raises(Unavailable):
        await jd.pull()
