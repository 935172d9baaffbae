"""Pinduoduo's orders: by day, pages that move while they are read, the note; what a receiver is kept as."""

import json
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from server.errors import Rejected, Unavailable
from server.platforms.pinduoduo.body import BODY
from server.platforms.port import RawOrder, Window
from tests.contract.adapters.pinduoduo.house import OURS, House
from tests.contract.adapters.support import sample

INCREMENT = "pdd.order.number.list.increment.get"
LIST = "pdd.order.list.get"
NOTE = "pdd.order.note.update"


async def test_placed_goes_by_the_day(pdd: House) -> None:
    moment = datetime.now(UTC) - timedelta(days=40)
    then = int(moment.timestamp())
    inside, late = await pdd.place(120, at=then), await pdd.place(at=then + 7200)
    await pdd.control("cancel", platform="pinduoduo", external_id=inside[0])  # changed today
    window = Window(moment - timedelta(hours=1), moment + timedelta(hours=1))
    found = [o.external_id async for page in pdd.adapter.placed(pdd.shop, window) for o in page]
    assert sorted(set(found)) == sorted(inside) and late[0] not in found


async def test_a_day_that_is_not_over_is_read_up_to_now(pdd: House) -> None:
    await pdd.place(3)
    asked: list[str] = []

    async def keep(request: httpx.Request) -> None:
        asked.append(request.content.decode())

    pdd.web.event_hooks["request"] = [keep]
    now = datetime.now(UTC)
    day = Window(now - timedelta(hours=12), now + timedelta(hours=11, minutes=59))
    assert len([o async for page in pdd.adapter.placed(pdd.shop, day) for o in page]) == 3
    [sent] = [one for one in asked if LIST in one]
    end = int(sent.split("end_confirm_at=")[1].split("&")[0])
    assert end <= time.time()
    tomorrow = Window(now + timedelta(hours=12), now + timedelta(hours=13))
    assert [page async for page in pdd.adapter.placed(pdd.shop, tomorrow)] == []
    assert pdd.calls(LIST) == 1


@pytest.mark.parametrize("method", [INCREMENT, LIST])
async def test_pages_that_move_lose_nothing(pdd: House, method: str) -> None:
    """Before each answer some order changes: it leaves the closed window, and those after it move up."""
    start = int(time.time())
    ids = []
    for n in range(230):
        ids += await pdd.place(at=start - 400 - n)
    await pdd.control("faults", kind="shift_pages", platform="pinduoduo", method=method, times=0)
    read = pdd.adapter.changed if method == INCREMENT else pdd.adapter.placed
    found = {o.external_id async for page in read(pdd.shop, pdd.window()) for o in page}
    moved = {id for id in ids if pdd.world.find("pinduoduo", id).modified >= start}
    assert pdd.world.faults.fired["shift_pages"] >= 3
    assert set(ids) - moved <= found
    if method == LIST:
        assert found == set(ids)  # a change does not move the time at which the group was full


@pytest.mark.parametrize("method", [INCREMENT, LIST])
async def test_an_empty_page_where_rows_should_be_is_not_taken_for_the_end(pdd: House, method: str) -> None:
    await pdd.place()

    async def empty(response: httpx.Response) -> None:
        body = json.loads(await response.aread())
        for root in body.values():
            root["order_list"] = root["order_sn_list"] = []
        response._content = json.dumps(body).encode()

    pdd.web.event_hooks["response"] = [empty]
    with pytest.raises(Unavailable):
        read = pdd.adapter.changed if method == INCREMENT else pdd.adapter.placed
        async for _ in read(pdd.shop, pdd.window()):
            pass


async def test_a_note_is_written_in_place_of_the_old_one_and_the_flag_stays(pdd: House) -> None:
    [id] = await pdd.place()
    await pdd.control("note", platform="pinduoduo", external_id=id, seller="旧", flag=3)
    await pdd.adapter.remark(pdd.shop, id, "新备注 A&B=1 易碎")
    order = pdd.world.find("pinduoduo", id)
    assert (order.seller_note, order.flag) == ("新备注 A&B=1 易碎", 3)
    pdd.own(remark_tag="5")
    await pdd.adapter.remark(pdd.shop, id, "紫")
    assert (order.seller_note, order.flag) == ("紫", 5)


async def test_a_note_that_cannot_be_written_changes_nothing(pdd: House) -> None:
    [id] = await pdd.place()
    await pdd.control("note", platform="pinduoduo", external_id=id, seller="旧")
    with pytest.raises(Rejected):
        await pdd.adapter.remark(pdd.shop, "260101-000000000009999", "x")
    calls = pdd.calls(NOTE)
    for empty in ("", "  "):  # whether an empty value is signed is not known: it is not even sent
        with pytest.raises(Rejected) as caught:
            await pdd.adapter.remark(pdd.shop, id, empty)
        assert caught.value.code == "platform_cannot"
    assert pdd.calls(NOTE) == calls and pdd.world.find("pinduoduo", id).seller_note == "旧"


async def test_an_order_that_is_not_there_yet_comes_later(pdd: House) -> None:
    with pytest.raises(Unavailable) as caught:
        await pdd.adapter.order(pdd.shop, "260101-000000000009999")
    assert caught.value.code == "platform_no_order_yet"


async def test_only_ciphertext_is_a_token(pdd: House) -> None:
    """Before it is shipped the order has ciphertext; after that masks, which stand for nobody."""
    [id] = await pdd.place()
    before = BODY.receiver(json.loads((await pdd.adapter.order(pdd.shop, id)).body))
    assert set(before.token) == {"name", "phone", "address", "full_address"}
    pdd.world.find("pinduoduo", id).state = "completed"
    after = BODY.receiver(json.loads((await pdd.adapter.order(pdd.shop, id)).body))
    assert after.token == {} and after.masked == before.masked and "*" in after.masked["name"]


@pytest.mark.parametrize("value", ["测**", "138****0001", "", "~~", "~AgAA~", "$1380000$#0001#", "测试甲", "~*~*~0~~"])
def test_what_is_no_ciphertext_is_no_token(value: str) -> None:
    order = json.loads(sample("pinduoduo/order_information_normal.json"))["order_info_get_response"]["order_info"]
    fields = dict.fromkeys(("receiver_name", "receiver_phone", "receiver_address", "address"), value)
    assert BODY.receiver(order).token and BODY.receiver({**order, **fields}).token == {}


async def test_what_is_shipped_is_in_the_next_pull(pdd: House) -> None:
    [id] = await pdd.place()
    sent = {"order_sn": id, "logistics_id": "900001", "tracking_number": OURS}
    await pdd.adapter._client.call(pdd.shop, "pdd.logistics.online.send", **sent)  # type: ignore[attr-defined]
    found: RawOrder = await pdd.adapter.order(pdd.shop, id)
    row = json.loads(found.body)
    assert (row["order_status"], row["tracking_number"], row["receiver_name"]) == (2, OURS, "")
