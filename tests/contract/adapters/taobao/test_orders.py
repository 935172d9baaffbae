"""Taobao's orders by time of placing, pages that move while they are read, the note written, the carriers."""

import json
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import httpx
import pytest

from server.errors import Rejected, Unavailable
from server.platforms.port import Shipment, Window
from server.platforms.taobao.body import BODY
from tests.contract.adapters.taobao.house import OURS, House

INCREMENT = "taobao.trades.sold.increment.get"
SOLD = "taobao.trades.sold.get"


async def test_placed_goes_by_the_time_of_placing(taobao: House) -> None:
    moment = datetime.now(UTC) - timedelta(days=40)
    then = int(moment.timestamp())
    inside, late = await taobao.place(60, at=then), await taobao.place(at=then + 7200)
    await taobao.control("cancel", platform="taobao", external_id=inside[0])  # changed today
    window = Window(moment - timedelta(hours=1), moment + timedelta(hours=1))
    found = [o.external_id async for page in taobao.adapter.placed(taobao.shop, window) for o in page]
    assert sorted(found) == sorted(inside) and late[0] not in found


@pytest.mark.parametrize("method", [INCREMENT, SOLD])
async def test_pages_that_move_lose_nothing(taobao: House, method: str) -> None:
    """Before each answer some order changes: it leaves the closed window, and those after it move up."""
    start = int(time.time())
    ids = []
    for n in range(130):
        ids += await taobao.place(at=start - 400 - n)
    await taobao.control("faults", kind="shift_pages", platform="taobao", method=method, times=0)
    now = datetime.now(UTC)
    window = Window(now - timedelta(minutes=30), now - timedelta(seconds=60))
    read = taobao.adapter.changed if method == INCREMENT else taobao.adapter.placed
    found = {o.external_id async for page in read(taobao.shop, window) for o in page}
    moved = {id for id in ids if taobao.world.find("taobao", id).modified >= start}
    assert taobao.world.faults.fired["shift_pages"] >= 3
    assert set(ids) - moved <= found
    if method == SOLD:
        assert found == set(ids)  # a change does not move the time of placing


@pytest.mark.parametrize("method", [INCREMENT, SOLD])
async def test_an_empty_page_where_rows_should_be_is_not_taken_for_the_end(taobao: House, method: str) -> None:
    await taobao.place()

    async def empty(response: httpx.Response) -> None:
        body = json.loads(await response.aread())
        for root in body.values():
            root.pop("trades", None)
        response._content = json.dumps(body).encode()

    taobao.web.event_hooks["response"] = [empty]
    with pytest.raises(Unavailable):
        read = taobao.adapter.changed if method == INCREMENT else taobao.adapter.placed
        async for _ in read(taobao.shop, taobao.window()):
            pass


async def test_kinds_of_trades_that_settings_add_are_asked_for(taobao: House) -> None:
    asked: list[str] = []

    async def keep(request: httpx.Request) -> None:
        asked.extend(parse_qs(request.content.decode()).get("type", []))

    taobao.web.event_hooks["request"] = [keep]
    await taobao.pull()
    taobao.own(more_types="fenxiao,hotel_trade")
    await taobao.pull()
    async for _ in taobao.adapter.refunds(taobao.shop, taobao.window()):
        pass
    plain, more, refunds = (one.split(",") for one in asked)
    assert len(plain) == len(set(plain)) and {"fixed", "cod", "step", "nopaid", "o2o_offlinetrade"} <= set(plain)
    assert more == [*plain, "fenxiao", "hotel_trade"] == refunds


async def test_what_lies_in_taobaos_own_warehouse_says_so(taobao: House) -> None:
    [ours], [theirs] = await taobao.place(), await taobao.place(by_platform=True)
    said = {id: json.loads((await taobao.adapter.order(taobao.shop, id)).body) for id in (ours, theirs)}
    assert said[theirs]["is_force_wlb"] is True and "is_force_wlb" not in said[ours]
    with pytest.raises(Rejected):
        await taobao.adapter.ship(taobao.shop, Shipment(theirs, OURS, "SLX"))


async def test_a_note_is_written_in_place_of_the_old_one_and_the_flag_stays(taobao: House) -> None:
    [id] = await taobao.place()
    await taobao.control("note", platform="taobao", external_id=id, seller="旧", flag=3)
    await taobao.adapter.remark(taobao.shop, id, "新备注 A&B=1")
    order = taobao.world.find("taobao", id)
    assert (order.seller_note, order.flag) == ("新备注 A&B=1", 3)
    with pytest.raises(Rejected):
        await taobao.adapter.remark(taobao.shop, id, "长" * 334)
    with pytest.raises(Rejected):
        await taobao.adapter.remark(taobao.shop, "4100000000009999999", "x")
    assert order.seller_note == "新备注 A&B=1"
    await taobao.adapter.remark(taobao.shop, id, "长" * 333)
    await taobao.adapter.remark(taobao.shop, id, "")
    assert (order.seller_note, order.flag) == ("", 3)


async def test_carriers_with_their_rules(taobao: House) -> None:
    found = {one.code: one for one in await taobao.adapter.carriers(taobao.shop)}
    assert found["SLX"].name == "顺路速运" and found["SLX"].rule == r"^SLX[0-9]{12}$" and found["ZTO"].rule == ""


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        ("2026-11-23 10:00", "2026-11-29 23:00", False),  # Monday to Sunday
        ("2026-11-29 23:00", "2026-11-30 01:00", True),
        ("2026-11-30 00:05", "2026-11-30 01:00", True),  # by whose clock?
        ("2026-11-29 23:00", "2026-11-29 23:55", True),
        ("2026-12-30 10:00", "2027-01-03 10:00", False),
        ("2025-11-26 10:00", "2026-11-25 10:00", True),
    ],
)
def test_two_oaids_of_one_week_are_two_addresses(then: str, now: str, same: bool) -> None:
    first, last = (datetime.fromisoformat(f"{text}:00+08:00") for text in (then, now))
    assert BODY.same_place({"oaid": "1a"}, {"oaid": "1b"}, first, last) is same
    assert BODY.same_place({"oaid": "1a"}, {"oaid": "1a"}, first, last)
    assert BODY.same_place({"oaid": "1a"}, {}, first, last) and BODY.same_place({}, {"oaid": "1b"}, first, last)
