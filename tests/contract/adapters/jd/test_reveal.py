"""Receivers in clear: the published layout of ciphertexts, the OAID of an order, the shop's own keys."""

import base64
import hashlib
import json
from typing import Any

import msgspec
import pytest

from server.errors import Rejected
from server.platforms.jd import tde
from server.platforms.port import RawOrder
from tests.contract.adapters.jd.house import House
from tests.contract.adapters.support import vectors

VECTORS = vectors("jd/tde_vectors.json")
KEY_ID = base64.b64decode(VECTORS["key_id_base64"])
KEYS = {KEY_ID: base64.b64decode(VECTORS["key_string_base64"])}
OTHER = bytes(16)


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda v: v["field"])
def test_a_ciphertext_opens(vector: dict[str, str]) -> None:
    assert tde.open_field(vector["cipher_base64"], KEYS) == vector["plaintext"]


def test_the_longer_layout_opens_and_a_long_key_is_cut() -> None:
    data = base64.b64decode(VECTORS["vectors"][0]["cipher_base64"])
    longer = b"\1" + len(KEY_ID).to_bytes(2, "big") + data[2:]
    keys = {KEY_ID: KEYS[KEY_ID] + b"more of it"}
    assert tde.open_field(base64.b64encode(longer).decode(), keys) == VECTORS["vectors"][0]["plaintext"]


def test_what_cannot_be_opened_says_why() -> None:
    cipher = VECTORS["vectors"][0]["cipher_base64"]
    assert tde.open_field("", {}) == ""
    with pytest.raises(tde.Sealed) as caught:
        tde.open_field(cipher, {})
    assert caught.value.key_id == KEY_ID
    for bad in ("测*", "AAQA", base64.b64encode(b"\7" * 80).decode(), cipher[:60]):
        with pytest.raises(tde.Sealed):
            tde.open_field(bad, KEYS)
    with pytest.raises(tde.Sealed):
        tde.open_field(cipher, {KEY_ID: OTHER})


def test_the_proof_that_the_voucher_is_ours() -> None:
    known = VECTORS["master_key_get_sig"]
    sent = json.loads(known["message"])
    assert tde.request_sign(known["voucher_key_base64"], sent["ts"], sent["tid"]) == known["sig"]
    digest = base64.b64encode(hashlib.sha256(KEYS[KEY_ID]).digest()).decode()
    assert digest == VECTORS["key_digest"]


async def encrypted(jd: House, id: str) -> RawOrder:
    """As pop.order.enGet gives it."""
    client = jd.adapter._client  # type: ignore[attr-defined]
    data = await client.call(
        jd.shop, "jingdong.pop.order.enGet", order_id=int(id), optional_fields="orderId,consigneeInfo"
    )
    [order] = jd.adapter.split(data).orders
    return order


async def test_by_the_orders_oaid(jd: House) -> None:
    [id] = await jd.place()
    receiver = jd.world.find("jd", id).receiver
    order = await jd.adapter.order(jd.shop, id)
    assert receiver.phone not in order.body.decode()
    found = await jd.adapter.reveal(jd.shop, order, "ship")
    assert (found["name"], found["phone"]) == (receiver.name, receiver.phone)
    assert found["address"].endswith(receiver.street)


async def test_an_oaid_dies_with_the_address(jd: House) -> None:
    [id] = await jd.place()
    old = await jd.adapter.order(jd.shop, id)
    await jd.control("address", platform="jd", external_id=id)
    with pytest.raises(Rejected) as caught:
        await jd.adapter.reveal(jd.shop, old, "ship")
    assert "OAID" in caught.value.message
    assert await jd.adapter.reveal(jd.shop, await jd.adapter.order(jd.shop, id), "ship")


async def test_by_the_shops_keys(jd: House) -> None:
    [id] = await jd.place()
    receiver = jd.world.find("jd", id).receiver
    order = await encrypted(jd, id)
    assert receiver.phone not in order.body.decode()
    found = await jd.adapter.reveal(jd.shop, order, "contact")
    assert (found["name"], found["phone"]) == (receiver.name, receiver.phone)
    assert found["address"].endswith(receiver.street)


async def test_a_field_of_a_key_that_is_gone_is_told(jd: House) -> None:
    [id] = await jd.place()
    order: Any = msgspec.json.decode((await encrypted(jd, id)).body)
    order["consigneeInfo"]["mobile"] = VECTORS["vectors"][1]["cipher_base64"]
    with pytest.raises(Rejected) as caught:
        await jd.adapter.reveal(jd.shop, RawOrder(id, msgspec.json.encode(order), None), "ship")
    assert caught.value.code == "platform_no_key"


async def test_nothing_to_reveal_is_told(jd: House) -> None:
    body = json.dumps({"orderId": "1", "consigneeInfo": {"fullname": "测*"}, "itemInfoList": []}).encode()
    with pytest.raises(Rejected) as caught:
        await jd.adapter.reveal(jd.shop, RawOrder("1", body, None), "ship")
    assert caught.value.code == "platform_no_receiver" and not jd.world.calls
