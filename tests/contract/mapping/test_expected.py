"""Every order sample becomes what was reviewed; every error sample is said clearly; anything else is refused."""

import json
from pathlib import Path

import pytest

from server.errors import Malformed
from server.orders.preview import preview
from tests.contract.mapping import samples

ORDERS, ERRORS = samples.found(samples.PATTERNS), samples.found(samples.ERRORS)
NO_ORDERS = {
    "taobao": ("time_get.json", "oauth_token.json", "item_quantity_update.ok.json", "refund_get.json"),
    "jd": ("oauth_token.json", "asc_query_list.json", "sp_afs_orders_list.json", "vender_carrier_list.json"),
    "pinduoduo": ("time_get.json", "refund_list.json", "ship_ok.json", "note_update_ok.json"),
    "shopee": ("token_get.json", "tracking_number.json", "return_list.json", "push_code3_order_status.json"),
}


@pytest.mark.parametrize(("platform", "sample"), ORDERS, ids=lambda v: v.stem if isinstance(v, Path) else v)
def test_it_becomes_what_was_reviewed(platform: str, sample: Path) -> None:
    file = samples.expected(platform, sample)
    assert file.is_file(), f"no expectation for {sample.name}: make it with samples.py, then review it line by line"
    found = json.loads(samples.text(preview(platform, sample.read_bytes())))
    assert found == json.loads(file.read_text())


def test_no_expectation_without_a_sample() -> None:
    known = {samples.expected(platform, sample) for platform, sample in ORDERS}
    assert set(samples.EXPECTED.glob("*/*.json")) == known


def test_the_samples_cover_all_platforms() -> None:
    assert {platform for platform, _ in ORDERS} == {"taobao", "jd", "pinduoduo", "shopee", "jdsp"}
    assert len(ORDERS) >= 24


@pytest.mark.parametrize(("platform", "sample"), ERRORS, ids=lambda v: v.stem if isinstance(v, Path) else v)
def test_an_error_body_is_said_clearly(platform: str, sample: Path) -> None:
    found = preview(platform, sample.read_bytes())
    assert isinstance(found, dict) and set(found) == {"error"}
    error = found["error"]
    assert error["kind"] in ("unavailable", "unauthenticated", "rejected")
    assert error["code"] and any("\u4e00" <= c <= "\u9fff" for c in error["message"])


@pytest.mark.parametrize(
    ("platform", "name"), [(p, n) for p, names in NO_ORDERS.items() for n in names], ids=lambda v: v
)
def test_a_body_without_orders_is_refused(platform: str, name: str) -> None:
    with pytest.raises(Malformed) as refused:
        preview(platform, (samples.SAMPLES / platform / name).read_bytes())
    assert refused.value.code in ("no_orders_here", "unreadable")


@pytest.mark.parametrize("data", [b"", b"<xml/>", b"[]", b"[1]", b"null", b'{"a":', b"\xff\xfe", b"{}", b'"text"'])
@pytest.mark.parametrize("platform", ["taobao", "jd", "pinduoduo", "shopee"])
def test_nonsense_is_refused(platform: str, data: bytes) -> None:
    with pytest.raises(Malformed):
        preview(platform, data)


def test_an_unknown_platform_is_refused() -> None:
    with pytest.raises(Malformed, match="没有平台"):
        preview("ebay", b"{}")


def test_an_order_as_it_is_stored_can_be_shown_too() -> None:
    whole = json.loads((samples.SAMPLES / "pinduoduo" / "order_information_normal.json").read_bytes())
    body = json.dumps(whole["order_info_get_response"]["order_info"]).encode()
    expectation = json.loads((samples.EXPECTED / "pinduoduo" / "order_information_normal.json").read_text())
    assert json.loads(json.dumps(preview("pinduoduo", body))) == expectation


def test_money_adds_up_in_every_expectation() -> None:
    """goods - discount + freight = total, wherever the platform told them."""
    for file in samples.EXPECTED.glob("*/*.json"):
        orders = json.loads(file.read_text())
        for order in orders if isinstance(orders, list) else []:
            a = order["amounts"]
            assert a["goods_minor"] - a["discount_minor"] + a["freight_minor"] == a["total_minor"], file.name
            if not order["holds"]:
                assert sum(x["unit_minor"] * x["qty"] for x in order["lines"]) == a["goods_minor"], file.name
