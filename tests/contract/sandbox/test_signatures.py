"""The sandbox's own signatures against the published and the recomputed vectors."""

from typing import Any

import pytest

from server.sandbox.jd import gateway as jd
from server.sandbox.pinduoduo import gateway as pinduoduo
from server.sandbox.shopee import sign as shopee
from server.sandbox.taobao import gateway as taobao
from tests.contract.sandbox.callers import sample

SHARED = sample("test_vectors_pdd_shopee_wechat_carriers.json")


def named(rows: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("v", rows, ids=[row.get("name") or row["path"] for row in rows])


@named(sample("taobao/sign_vectors.json")["vectors"])
def test_taobao(v: dict[str, Any]) -> None:
    assert taobao.sign(v["params"], v["app_secret"], v["sign_method"]) == v["sign"]


@named(sample("jd/sign_vectors.json")["vectors"])
def test_jd(v: dict[str, Any]) -> None:
    assert jd.sign(v["params"], v["app_secret"]) == v["sign"]


@named(SHARED["pinduoduo"])
def test_pinduoduo(v: dict[str, Any]) -> None:
    assert pinduoduo.sign(v["params"], v["secret"]) == v["sign"]


@named(SHARED["shopee"])
def test_shopee(v: dict[str, Any]) -> None:
    made = shopee.sign(v["partner_key"], v["partner_id"], v["path"], v["timestamp"], v["access_token"], v["owner_id"])
    assert made == v["sign"]


def test_a_jd_shipment_and_a_pdd_window() -> None:
    """Two more, recomputed independently of the sample files."""
    shipment = {
        "method": "jingdong.pop.order.shipment",
        "app_key": "JDTESTAPPKEY0001",
        "access_token": "jdtesttoken0001",
        "timestamp": "2026-11-22 10:00:00",
        "v": "2.0",
        "360buy_param_json": '{"logiCoprId":"1499","logiNo":"540000000099","orderId":"300000000001"}',
    }
    assert jd.sign(shipment, "jdtestsecret0001") == "E8440370038B991615AD28A5427FE3EB"
    window = next(v for v in SHARED["pinduoduo"] if v["name"] == "increment_list")
    later = window["params"] | {
        "start_updated_at": "1767223620",
        "end_updated_at": "1767225420",
        "use_has_next": "false",
    }
    assert pinduoduo.sign(later, window["secret"]) == "1233222C6FD34AF40CEF5DE3246F81CD"


def test_a_json_body_is_signed_as_text() -> None:
    body = b'{"page":1,"timestamp":1480411125,"use_has_next":true,"x":1.50,"none":null,"t":"1"}'
    assert pinduoduo.texts(body) == {
        "page": "1", "timestamp": "1480411125", "use_has_next": "true", "x": "1.50", "t": "1",
    }  # fmt: skip
    with pytest.raises(ValueError):
        pinduoduo.texts(b'{"nested":{"a":1}}')
