"""Every published code of Pinduoduo has its meaning, in words of its own."""

import json

import pytest

from server.platforms.pinduoduo.errors import trouble

KINDS = {
    "rejected": "10000 10001 10002 10010 10011 10016 10017 10018 20004 20005 20007 20031 20034 20035 21001 21002 30000 "
    "30001 50012 52004 70032 70034 70035 70036",
    "unauthenticated": "10014 10019 10035 20032",
    "unavailable": "50000 50002 52001 52002 52101 52102 52103 70031 70033",
}
"""rejected: no retry helps · unauthenticated: another token does · unavailable: time does."""


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind, codes in KINDS.items() for code in codes.split()])
@pytest.mark.parametrize("sub", [None, "x", 7])
def test_codes(kind: str, code: str, sub: object) -> None:
    error = {"error_code": int(code), "error_msg": "theirs", "sub_msg": "", "sub_code": sub, "request_id": "1"}
    found = trouble(json.dumps({"error_response": error}).encode())
    assert found is not None and (found.kind, found.code, found.text) == (kind, code, "theirs")
    unknown = trouble(b'{"error_response":{"error_code":99999,"error_msg":"theirs"}}')
    assert unknown is not None and unknown.kind == "rejected" and found.message != unknown.message


@pytest.mark.parametrize(
    ("sub", "kind"), [("isv.order-service-error:100", "unavailable"), ("isv.invalid-parameter:x", "rejected"),
                      ("50001", "rejected"), (None, "rejected")],
)  # fmt: skip
def test_what_a_method_says_itself_is_told_by_its_sub_code(sub: str | None, kind: str) -> None:
    error = {"error_code": 50001, "error_msg": "业务服务错误", "sub_msg": "为什么", "sub_code": sub}
    found = trouble(json.dumps({"error_response": error}).encode())
    assert found is not None and (found.kind, found.text) == (kind, "为什么")


def test_a_detail_without_an_envelope_is_no_error() -> None:
    assert trouble(b'{"id":1,"order_sn":"x","after_sales_status":10}') is None
    flat = trouble(b'{"success":false,"error_code":50001,"error_msg":"x"}')
    assert flat is not None and flat.kind == "rejected"
