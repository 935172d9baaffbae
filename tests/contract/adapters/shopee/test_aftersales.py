"""Shopee's returns: the table of states, the sample, pages that change while they are read."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from server.errors import Unavailable
from server.platforms import registry
from server.platforms.port import RawRefund, Window
from server.platforms.shopee.aftersales import PAGE, STATES, refund
from server.platforms.shopee.body import BODY
from tests.contract.adapters.shopee.house import House
from tests.contract.adapters.support import client, form, reply, sample, shop

PUBLISHED = "REQUESTED,ACCEPTED,CANCELLED,JUDGING,CLOSED,PROCESSING,SELLER_DISPUTE"
WINDOW = Window(datetime(2026, 11, 22, 1, tzinfo=UTC), datetime(2026, 11, 22, 2, tzinfo=UTC))
ROW = json.loads(sample("shopee/return_list.json"))["response"]["return"][0]


def read(**change: Any) -> RawRefund:
    return refund(json.dumps(ROW | change).encode())


async def pull(house: House) -> dict[str, RawRefund]:
    found: dict[str, RawRefund] = {}
    async for page in house.adapter.refunds(house.shop, house.window()):
        found |= {case.external_id: case for case in page}
    return found


def test_every_published_state_has_its_meaning() -> None:
    assert set(STATES) == set(PUBLISHED.split(","))
    for status, state in STATES.items():
        assert read(status=status).state == state
    assert read(status="SOMETHING_NEW").state == "unknown"
    assert read(status="PROCESSING", tracking_number="RN1").state == "returning"
    assert read(status="CLOSED", tracking_number="RN1").state == "closed"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"return_solution": 0}, "return"),
        ({"return_solution": 1}, "money"),
        ({"return_solution": "REFUND"}, "money"),
        ({"return_solution": 7}, "other"),
        ({"return_solution": None, "needs_logistics": False}, "money"),
        ({"return_solution": None, "needs_logistics": True}, "return"),
        ({"return_solution": None, "needs_logistics": None}, "other"),
    ],
)
def test_what_goes_back(change: dict[str, Any], kind: str) -> None:
    assert read(**change).kind == kind


@pytest.mark.parametrize(
    ("change", "amount"),
    [
        ({"refund_amount": 28.2}, 2820),
        ({"refund_amount": 150000, "currency": "VND"}, 150000),
        ({"refund_amount": -1}, None),
        ({"refund_amount": None}, None),
        ({"currency": ""}, None),
    ],
)
def test_how_much(change: dict[str, Any], amount: int | None) -> None:
    assert read(**change).amount_minor == amount


async def test_the_sample_with_its_own_bytes() -> None:
    async with client(lambda request: httpx.Response(200, content=sample("shopee/return_list.json"))) as web:
        adapter = registry.connect("shopee", web)
        [page] = [page async for page in adapter.refunds(shop("shopee"), WINDOW)]
    [case] = page
    assert case.body in sample("shopee/return_list.json")
    assert (case.external_id, case.order_id, case.currency) == ("2601020000000001", "260101DEMO0003", "SGD")
    assert case.line_keys == ("23000000001-22100000001",)
    assert case.modified == datetime.fromtimestamp(1767312000, UTC)


async def test_its_lines_are_the_orders_lines(shopee: House) -> None:
    [id] = await shopee.place(state="completed", skus=["TEE-WHT-M", "LAMP"])
    await shopee.control("refund", platform="shopee", external_id=id, to="asked", lines=[2])
    [case] = (await pull(shopee)).values()
    lines = BODY.open((await shopee.adapter.order(shopee.shop, id)).body).lines or []
    assert case.line_keys == (lines[1][0],) and case.order_id == id
    lamp = shopee.world.find("shopee", id).lines[1]
    assert (case.state, case.kind, case.amount_minor) == ("asked", "return", lamp.deal)


async def test_called_off_before_shipping_is_no_return(shopee: House) -> None:
    [id] = await shopee.place()
    await shopee.control("refund", platform="shopee", external_id=id, to="asked")
    assert await pull(shopee) == {}
    assert b"IN_CANCEL" in (await shopee.adapter.order(shopee.shop, id)).body


async def test_more_than_a_page(shopee: House) -> None:
    ids = await shopee.place(PAGE + 30, state="completed")
    for id in ids:
        await shopee.control("refund", platform="shopee", external_id=id, to="asked", lines=[1])
    assert {case.order_id for case in (await pull(shopee)).values()} == set(ids)
    assert shopee.calls("returns/get_return_list") == 4  # two pages, and once more to be sure


class Moving:
    """A list by time of change, newest last; before the second page the first of all cases changes."""

    def __init__(self, count: int) -> None:
        self.rows = [ROW | {"return_sn": str(n + 1), "update_time": 1767312000 + n} for n in range(count)]
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        sent = form(request)
        page, size = int(sent["page_no"]), int(sent["page_size"])
        self.asked += 1
        if self.asked == 2:
            moved = self.rows.pop(0)
            self.rows.append(moved | {"update_time": 1767400000, "status": "ACCEPTED"})
        some = self.rows[page * size : (page + 1) * size]
        return reply({"error": "", "response": {"more": (page + 1) * size < len(self.rows), "return": some}})


async def test_pages_that_move_lose_nothing_and_the_newest_counts() -> None:
    far = Moving(2 * PAGE + 10)
    found: dict[str, RawRefund] = {}
    async with client(far) as web:
        async for page in registry.connect("shopee", web).refunds(shop("shopee"), WINDOW):
            found |= {case.external_id: case for case in page}
    assert len(found) == 2 * PAGE + 10
    assert found["1"].state == "agreed"


@pytest.mark.parametrize(
    "answer",
    [{}, {"more": False}, {"more": "no", "return": []}, {"more": True, "return": []}, {"more": False, "return": [1]}],
)
async def test_an_answer_that_is_no_list_is_not_an_empty_one(answer: dict[str, Any]) -> None:
    async with client(lambda request: reply({"error": "", "response": answer})) as web:
        with pytest.raises(Unavailable):
            async for _ in registry.connect("shopee", web).refunds(shop("shopee"), WINDOW):
                pass
