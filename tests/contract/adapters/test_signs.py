"""Every published or computed signature of the samples."""

import hashlib
from typing import Any

import pytest

from server.platforms.jd.sign import sign as jd
from server.platforms.pinduoduo.sign import sign as pinduoduo
from server.platforms.shopee.sign import sign as shopee
from server.platforms.taobao.sign import sign as taobao
from tests.contract.adapters.support import vectors

MORE = vectors("test_vectors_pdd_shopee_wechat_carriers.json")


def named(found: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(one, id=one.get("name") or one.get("path")) for one in found]


@pytest.mark.parametrize("vector", named(vectors("taobao/sign_vectors.json")["vectors"]))
def test_taobao(vector: dict[str, Any]) -> None:
    # The method travels as a parameter, but for the message channel, which is MD5 and does not name it.
    assert taobao(vector["params"], vector["app_secret"]) == vector["sign"]


@pytest.mark.parametrize("vector", named(vectors("jd/sign_vectors.json")["vectors"]))
def test_jd(vector: dict[str, Any]) -> None:
    assert jd(vector["params"], vector["app_secret"]) == vector["sign"]


@pytest.mark.parametrize("vector", named(MORE["pinduoduo"]))
def test_pinduoduo(vector: dict[str, Any]) -> None:
    assert pinduoduo(vector["params"], vector["secret"]) == vector["sign"]


@pytest.mark.parametrize("vector", named(MORE["shopee"]))
def test_shopee(vector: dict[str, Any]) -> None:
    made = shopee(
        vector["partner_key"],
        vector["partner_id"],
        vector["path"],
        vector["timestamp"],
        vector["access_token"],
        vector["owner_id"],
    )
    assert made == vector["sign"]


def test_an_empty_value_is_never_signed_by_taobao() -> None:
    full = {"method": "taobao.time.get", "v": "2.0"}
    assert taobao({**full, "session": ""}, "s") == taobao(full, "s")
    assert taobao(full, "s") == hashlib.md5(b"smethodtaobao.time.getv2.0s").hexdigest().upper()
