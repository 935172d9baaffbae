"""Shopee's pushes: their signature over the raw bytes, what they point at, and how the sandbox sends them."""

import json
import time
from typing import Any

import httpx
import pytest

from server.errors import Unauthenticated
from server.platforms import registry
from server.platforms.port import Hint
from server.platforms.shopee.sign import push_sign
from server.sandbox import pushes
from server.sandbox.accounts import SHOPEE
from server.sandbox.shopee import hooks as theirs
from tests.contract.adapters.shopee.house import House
from tests.contract.adapters.support import sample, shop

KEY = "7368706b64656d6f6b65793031323334353637383961626364656630313233"
URL = "https://hub.example.test/webhooks/shopee"
ORDER = (
    b'{"msg_id":"0f0e0d0c0b0a09080706050403020100","data":{"completed_scenario":"","items":[],'
    b'"ordersn":"260101DEMO0001","status":"READY_TO_SHIP","update_time":1767225590},"shop_id":322300222,"code":3,'
    b'"timestamp":1767225600}'
)
TRACKING = (
    b'{"data":{"ordersn":"260101DEMO0001","forder_id":"OFG000000000000001","package_number":"OFG000000000000001",'
    b'"tracking_no":"SPXDEMO000000001"},"shop_id":322300222,"code":4,"timestamp":1767225660}'
)
MARKS = {
    (URL, ORDER): "05636f2c2c9c00ad0bd50885f041054e24de21ec2786ab2388c44665e5b85d17",
    (URL + "/", ORDER): "0db67c2291261b7f7209faed67c1322ae7d3e7bb255dcff9344ee891b66bce0d",
    (URL, TRACKING): "20c0ecb3c9ccfb75433afadbd8928324016b6fc8b772b1151f5377be8604b6e4",
}


def heard(body: bytes, mark: str, url: str = URL, **own: Any) -> list[Hint]:
    there = shop("shopee", app_secret=KEY, settings={"own": own})
    return registry.get("shopee").heard(there, url, {"authorization": mark}, body)


def told(found: Any) -> list[Hint]:
    body = json.dumps(found).encode()
    return heard(body, push_sign(KEY, URL, body))


@pytest.mark.parametrize(("url", "body"), MARKS)
def test_known_signatures(url: str, body: bytes) -> None:
    assert push_sign(KEY, url, body) == MARKS[url, body] == theirs.sign(KEY, url, body)
    [hint] = heard(body, MARKS[url, body], url)
    assert (hint.kind, hint.external_id, hint.shop) == ("order", "260101DEMO0001", "322300222")
    assert hint.id == ("0f0e0d0c0b0a09080706050403020100" if body is ORDER else "")


@pytest.mark.parametrize("how", ["another url", "another body", "another key", "prefixed", "none", "not ascii"])
def test_what_is_not_shopees(how: str) -> None:
    mark, body = MARKS[URL, ORDER], ORDER
    if how == "another url":
        mark = MARKS[URL + "/", ORDER]
    if how == "another body":  # the same content, written otherwise
        body = json.dumps(json.loads(ORDER)).encode()
    if how == "another key":
        mark = push_sign(bytes.fromhex(KEY).decode(), URL, ORDER)
    mark = {"prefixed": f"SHA256 {mark}", "none": "", "not ascii": "é" * 64}.get(how, mark)
    with pytest.raises(Unauthenticated):
        heard(body, mark)


def test_a_console_that_was_told_another_address() -> None:
    assert heard(ORDER, MARKS[URL + "/", ORDER], push_url=URL + "/")
    with pytest.raises(Unauthenticated):
        heard(ORDER, MARKS[URL, ORDER], push_url=URL + "/")
    assert heard(ORDER, MARKS[URL, ORDER], auth_page=7)  # settings of the wrong form keep no push out


@pytest.mark.parametrize(
    ("name", "hints"),
    [
        ("push_code3_order_status", [("order", "260101DEMO0001")]),
        ("push_code4_tracking", [("order", "260101DEMO0001")]),
        ("push_code15_document", [("order", "260101DEMO0001")]),
        ("push_code29_return", [("order", "260101DEMO0003")]),
        ("push_code12_expiry", [("shop", "322300222")]),
    ],
)
def test_the_samples(name: str, hints: list[tuple[str, str]]) -> None:
    found = told(json.loads(sample(f"shopee/{name}.json")))
    assert [(one.kind, one.external_id) for one in found] == hints
    assert all(one.shop == "322300222" for one in found)


@pytest.mark.parametrize(
    ("body", "kind", "external_id", "whose"),
    [
        ({"code": 1, "data": {"shop_id": 7, "success": 1}, "partner_id": 5}, "shop", "7", "7"),
        ({"code": 2, "data": {"shop_id": 7}, "timestamp": 1}, "shop", "7", "7"),
        ({"code": 29, "data": {"return_sn": "9"}, "shop_id": 7}, "refund", "9", "7"),
        ({"code": 30, "data": {"order_sn": "A1"}, "shop_id": 7}, "order", "A1", "7"),
        ({"code": 0, "data": {"verify_info": "x"}}, "other", "", ""),
        ({"code": 5, "data": [], "shop_id": 7}, "other", "", "7"),
        ({"code": "x", "data": {"ordersn": {"a": 1}}, "shop_id": [], "msg_id": 9}, "other", "", ""),
    ],
)
def test_where_else_they_point(body: Any, kind: str, external_id: str, whose: str) -> None:
    [hint] = told(body)
    assert (hint.kind, hint.external_id, hint.shop) == (kind, external_id, whose)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_signed_and_senseless_is_no_hint(body: bytes) -> None:
    assert heard(body, push_sign(KEY, URL, body)) == []


# -- the sandbox sends them


class Ear:
    """A hub that listens: what it was told, and how it answers."""

    def __init__(self, house: House) -> None:
        self.house, self.status = house, 204
        self.heard: list[Hint] = []
        self.strangers = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        headers = dict(request.headers.items())
        try:
            found = self.house.adapter.heard(self.house.shop, str(request.url), headers, request.content)
        except Unauthenticated:
            self.strangers += 1
            return httpx.Response(401)
        if self.status < 300:
            self.heard += found
        return httpx.Response(self.status)

    async def send(self, *, until: float = 0.0) -> None:
        """All that is due, as if it were so much later."""
        world, now = self.house.world, lambda: time.time() + until
        async with httpx.AsyncClient(transport=httpx.MockTransport(self)) as web:
            while await pushes.send_due(world.pushes, "shopee", theirs.write(world), now, web):
                pass


async def listening(shopee: House, **weather: float) -> Ear:
    await shopee.control("pushes", platform="shopee", on=True, url="https://hub.test/hooks/shopee")
    if weather:
        await shopee.control("weather", **weather)
    return Ear(shopee)


async def test_an_order_and_its_changes(shopee: House) -> None:
    ear = await listening(shopee)
    [id] = await shopee.place()
    await shopee.control("risk", platform="shopee", external_id=id)
    await ear.send()
    assert [(one.kind, one.external_id, one.shop) for one in ear.heard] == [("order", id, SHOPEE["external_id"])] * 2
    assert len({one.id for one in ear.heard}) == 2
    assert shopee.world.pushes.box("shopee").seen["taken"] == 2 and ear.strangers == 0


async def test_a_return_names_its_order(shopee: House) -> None:
    ear = await listening(shopee)
    [id] = await shopee.place(state="completed")
    await ear.send()
    ear.heard.clear()
    await shopee.control("refund", platform="shopee", external_id=id, to="asked")
    codes = {theirs.body(shopee.world, push)["code"] for push in shopee.world.pushes.box("shopee").waiting}
    await ear.send()
    assert codes == {3, 29}
    assert {one.external_id for one in ear.heard} == {id} and len(ear.heard) >= 2


async def test_called_off_before_shipping_is_a_state(shopee: House) -> None:
    await listening(shopee)
    [id] = await shopee.place()
    await shopee.control("refund", platform="shopee", external_id=id, to="asked")
    found = [theirs.body(shopee.world, push) for push in shopee.world.pushes.box("shopee").waiting]
    assert [body["code"] for body in found] == [3] * len(found)
    assert "IN_CANCEL" in {body["data"]["status"] for body in found}


async def test_twice_late_lost_and_forged(shopee: House) -> None:
    ear = await listening(shopee, lost=0.2, twice=0.3, late=0.5, late_s=30, forged=0.3)
    await shopee.place(60)
    await ear.send()
    await ear.send(until=60)
    seen = shopee.world.pushes.box("shopee").seen
    assert seen["lost"] and seen["twice"] and seen["late"] and seen["forged"]
    assert ear.strangers == seen["forged"] and "fooled" not in seen
    assert len(ear.heard) == 60 - seen["lost"] + seen["twice"]
    assert len({one.id for one in ear.heard}) == 60 - seen["lost"]  # the same push has the same id
    numbers = [one.external_id for one in ear.heard]
    assert numbers != sorted(numbers)


async def test_what_is_not_taken_comes_again_three_times(shopee: House) -> None:
    ear = await listening(shopee)
    ear.status = 500
    await shopee.place()
    for later, tries in ((0, 1), (6, 2), (40, 3), (300, 4), (9999, 4)):
        await ear.send(until=later)
        assert shopee.world.pushes.box("shopee").seen["refused"] == tries
    [lost] = shopee.world.pushes.box("shopee").lost
    assert lost.tries == 4 and not shopee.world.pushes.box("shopee").waiting
