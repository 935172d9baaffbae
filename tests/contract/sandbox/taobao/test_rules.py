"""Each rule of TOP that the sandbox knows refuses a deliberately wrong client, in TOP's own error body, by its name."""

import json
from typing import Any

import pytest

from server.sandbox.accounts import TAOBAO
from server.sandbox.knobs import Knobs
from server.sandbox.taobao.rules import PAGE, RULES
from tests.contract.sandbox.callers import Sandbox, sample
from tests.contract.sandbox.taobao import wrong
from tests.contract.sandbox.taobao.wrong import (
    OURS,
    SOCK,
    TEE,
    TEE_SKU,
    Wrong,
    asking,
    call,
    decrypting,
    faulty,
    heard,
    kept,
    merging,
    of_trade,
    parcels,
    refreshing,
    sending,
    sending_after,
    sending_used,
    sending_while,
    tmall,
    with_code,
    with_session,
)

DAY = 86_400
MANY_SKUS = ";".join(f"{TEE_SKU}:1" for _ in range(21))
ONE_SKU = {"sku_id": TEE_SKU, "quantity": 1}
OF_TEE: dict[str, Any] = {"num_iid": TEE}

WRONGS: list[tuple[str, Wrong]] = [
    # the gateway
    ("quota", faulty("rate_limit")),
    ("backend_timeout", faulty("busy")),
    ("method_missing", call("method")),
    ("method_unknown", asking("taobao.no.such")),
    ("method_unknown", asking("taobao.items.sku.quantity.update")),
    ("format_unknown", call("format")),
    ("format_unknown", call(format="xml")),
    ("sign_missing", call("sign")),
    ("sign_wrong", call(secret="another")),
    ("sign_method_unknown", call("sign_method")),
    ("sign_method_unknown", call(sign_method="sha1")),
    ("session_missing", call("session")),
    ("session_unknown", call(session="stranger")),
    ("session_unknown", with_session(renewed=True)),
    ("session_expired", with_session(wait=DAY + 1)),
    ("session_expired", faulty("token_death", wrong.INCREMENT)),
    ("app_key_missing", call("app_key")),
    ("app_key_unknown", call(app_key="1")),
    ("timestamp_missing", call("timestamp")),
    ("timestamp_unreadable", call(timestamp="yesterday")),
    ("timestamp_unreadable", call(timestamp="2026/11/22 10:00:00")),
    ("timestamp_unreadable", call(timestamp="1795312800")),
    ("timestamp_old", call(timestamp="2026-11-22 09:49:59")),
    ("timestamp_old", call(timestamp="2026-11-22 10:10:01")),
    ("timestamp_old", call(timestamp="1795312199999")),
    ("version_missing", call("v")),
    ("version_unknown", call(v="1.0")),
    ("parameter_missing", call("fields")),
    ("parameter_missing", call("end_modified")),
    ("parameter_missing", asking(wrong.FULL, fields="tid")),
    ("parameter_missing", asking(wrong.CREATE)),
    ("parameter_missing", asking(wrong.CONSUME)),
    ("parameter_missing", asking(wrong.SKUS)),
    ("parameter_missing", sending(out_sid=None)),
    # authorisation
    ("code_invalid", asking(wrong.CREATE, code="x")),
    ("code_invalid", with_code(used=True)),
    ("code_invalid", with_code(wait=601)),
    ("refresh_unknown", asking(wrong.REFRESH, refresh_token="x")),
    ("refresh_spent", refreshing(used=True)),
    ("refresh_expired", refreshing(wait=30 * DAY + 1)),
    # arguments of lists
    ("time_unreadable", asking(start_modified="yesterday")),
    ("time_unreadable", asking(end_modified="2026-11-22T10:00:00")),
    ("time_unreadable", asking(wrong.SOLD, start_created="2026-11-22")),
    ("time_unreadable", asking(wrong.REFUNDS, start_modified="1795312800000")),
    ("time_unreadable", asking(wrong.ONSALE, end_modified="now")),
    ("window_backwards", asking(end_modified="2026-11-22 09:00:00")),
    ("window_backwards", asking(end_modified="2026-11-22 08:59:59")),
    ("window_backwards", asking(wrong.REFUNDS, start_modified="2026-11-22 10:00:01")),
    ("window_backwards", asking(wrong.ONSALE, start_modified="2026-11-22 10:00:01")),
    ("window_too_long", asking(start_modified="2026-11-21 09:59:59")),
    ("created_backwards", asking(wrong.SOLD, start_created="2026-11-22 10:00:01")),
    ("status_unknown", asking(status="SHIPPED")),
    ("status_unknown", asking(status="WAIT_SELLER_SEND_GOODS,TRADE_FINISHED")),
    ("status_unknown", asking(wrong.SOLD, status="ALL")),
    ("status_unknown", asking(wrong.REFUNDS, status="WAIT_SELLER_SEND_GOODS")),
    ("page_wrong", asking(page_no="0")),
    ("page_wrong", asking(wrong.REFUNDS, page_no="1.0")),
    ("page_wrong", asking(wrong.ONSALE, page_no="-1")),
    ("page_wrong", asking(wrong.INVENTORY, page_no="102")),
    ("page_size_wrong", asking(page_size="0")),
    ("page_size_wrong", asking(page_size="101")),
    ("page_size_wrong", asking(wrong.SOLD, page_size="101")),
    ("page_size_wrong", asking(wrong.REFUNDS, page_size="101")),
    ("page_size_wrong", asking(wrong.ONSALE, page_size="201")),
    # a trade's note, what travels together, who gets it
    ("memo_too_long", of_trade(wrong.MEMO, memo="长" * 334)),
    ("flag_unknown", of_trade(wrong.MEMO, flag="6")),
    ("flag_unknown", of_trade(wrong.MEMO, memo="x", flag="red")),
    ("json_wrong", asking(wrong.MERGE, merge_list="x")),
    ("json_wrong", asking(wrong.MERGE, merge_list="[]")),
    ("json_wrong", asking(wrong.DECRYPT, query_list='{"oaid":"x"}')),
    ("json_wrong", sending(method=wrong.ASCP)),
    ("json_wrong", sending(method=wrong.ASCP, consign_pkgs='[{"goods":"1"}]')),
    ("json_wrong", asking(wrong.TMALL, item_id=TEE, item_quantity=1, options="x")),
    ("json_wrong", asking(wrong.TMALL, item_id=TEE, sku_quantities="[1]")),
    ("merge_too_many", merging(101)),
    ("merge_stranger", merging(oaid="1of another week")),
    ("merge_stranger", merging(tid="41")),
    ("decrypt_too_many", decrypting(21)),
    ("scene_unknown", decrypting(scene="9999")),
    ("scene_unknown", decrypting(scene="")),
    ("trade_unknown", asking(wrong.FULL, fields="tid", tid=41)),
    ("trade_unknown", asking(wrong.MEMO, tid=41, memo="x")),
    ("trade_unknown", decrypting(tid="41")),
    ("order_closed", decrypting(state="cancelled")),
    ("refund_unknown", asking(wrong.REFUND, fields="refund_id", refund_id=1)),
    # shipping
    ("consign_type_unknown", sending(method=wrong.ASCP, consign_type="4", consign_pkgs="[]")),
    ("split_unknown", sending(is_split="2")),
    ("split_unknown", sending("shipped", wrong.RESEND, is_split="yes")),
    ("sub_tids_too_many", sending(sub_tid=",".join(["{line}"] * 51))),
    ("sub_tids_too_many", sending(method=wrong.ASCP, sub_tid=",".join(["{line}"] * 51), consign_pkgs="[{}]")),
    ("parcels_too_many", sending(method=wrong.ASCP, consign_pkgs=json.dumps([{}] * 1000))),
    ("send_trade_unknown", sending(tid="41")),
    ("send_trade_unknown", sending(method=wrong.ASCP, tid="41", consign_pkgs="[{}]")),
    ("send_trade_unknown", sending(method=wrong.RESEND, tid="41")),
    ("send_state", sending("unpaid")),
    ("send_state", sending_while("risk")),
    ("send_state", wrong.sending_from_their_warehouse),
    ("send_state", sending(method=wrong.RESEND)),
    ("send_state", sending_after({"sub_tid": "{line}"}, method=wrong.RESEND)),
    ("send_again", sending("cancelled")),
    ("send_again", sending("completed")),
    ("send_again", sending_after({})),
    ("send_again", sending_after({}, out_sid="SLX000010000002")),
    ("send_again", sending_after({"sub_tid": "{line}"}, sub_tid="{line}")),
    ("send_again", sending_while("refund", to="done", lines=[1])),
    ("carrier_unknown", sending(company_code="NONE")),
    ("carrier_unknown", parcels(company_code="顺路速运")),
    ("carrier_off", sending(company_code="TTKDEX")),
    ("waybill_empty", parcels(out_sid="")),
    ("sender_unknown", sending(sender_id="1")),
    ("sender_unknown", sending(method=wrong.ASCP, cancel_id="1", consign_pkgs=f"[{wrong.PARCEL}]")),
    ("line_unknown", sending(sub_tid="{line},41")),
    ("line_unknown", sending("shipped", wrong.RESEND, sub_tid="41")),
    ("line_unknown", sending(method=wrong.ASCP, sub_tid="41", consign_pkgs="[{}]")),
    ("line_unknown", parcels({"sub_tid": "41"})),
    ("line_twice", sending(sub_tid="{line},{line}")),
    ("line_twice", parcels({"sub_tid": "{line}"}, twice=True)),
    ("line_part", parcels({"sub_tid": "{line}", "num": 99})),
    ("resend_late", sending_after({}, method=wrong.RESEND, wait=50 * DAY + 1)),
    # goods and stock
    ("items_too_many", asking(wrong.SKUS, num_iids=",".join(["1"] * 41))),
    ("item_id_wrong", asking(wrong.SKUS, num_iids="TEE")),
    ("item_id_wrong", asking(wrong.ONE, num_iid="-1", quantity=1)),
    ("banner_unknown", asking(wrong.INVENTORY, banner="onsale")),
    ("quantity_wrong", asking(wrong.ONE, **SOCK, quantity="1.5")),
    ("quantity_wrong", asking(wrong.MANY, **OF_TEE)),
    ("quantity_wrong", asking(wrong.MANY, **OF_TEE, skuid_quantities=f"{TEE_SKU}")),
    ("quantity_wrong", asking(wrong.TMALL, item_id=TEE)),
    ("stock_type_unknown", asking(wrong.ONE, **SOCK, quantity=1, type=3)),
    ("stock_type_unknown", tmall(ONE_SKU, type_=0)),
    ("skus_too_many", asking(wrong.MANY, **OF_TEE, skuid_quantities=MANY_SKUS)),
    ("skus_too_many", tmall(*[ONE_SKU] * 21)),
    ("skus_mixed", tmall(ONE_SKU, {"outer_id": "TEE-WHT-L", "quantity": 1})),
    ("skus_mixed", tmall(ONE_SKU | {"outer_id": "TEE-WHT-M"})),
    ("skus_mixed", tmall({"quantity": 1})),
    ("key_no_hex", tmall(ONE_SKU, key="order-1")),
    ("item_unknown", asking(wrong.ONE, num_iid=1, quantity=1)),
    ("item_unknown", asking(wrong.MANY, num_iid=1, skuid_quantities="1:1")),
    ("item_unknown", tmall(ONE_SKU, item_id=1)),
    ("sku_unknown", asking(wrong.ONE, **OF_TEE, sku_id=1, quantity=1)),
    ("sku_unknown", asking(wrong.MANY, **OF_TEE, skuid_quantities=f"{TEE_SKU}:1;1:1")),
    ("sku_unknown", asking(wrong.MANY, **OF_TEE, outerid_quantities="NONE:1")),
    ("stock_below_zero", asking(wrong.ONE, **SOCK, quantity=-1)),
    ("stock_below_zero", asking(wrong.ONE, **SOCK, quantity=-101, type=2)),
    ("stock_below_zero", asking(wrong.MANY, **OF_TEE, skuid_quantities=f"{TEE_SKU}:-1")),
    ("stock_below_zero", tmall(ONE_SKU | {"quantity": -101}, key="a1")),
    # messages
    ("group_unknown", asking(wrong.CONSUME, group_name="nobody")),
    ("group_unknown", asking(wrong.CONFIRM, group_name="nobody", s_message_ids="1")),
    ("messages_quantity", asking(wrong.CONSUME, group_name="default", quantity=9)),
    ("messages_quantity", asking(wrong.CONSUME, group_name="default", quantity=201)),
    ("messages_too_many", asking(wrong.CONFIRM, s_message_ids=",".join(["1"] * 201))),
    ("messages_too_many", asking(wrong.CONFIRM, s_message_ids="one")),
]

CHOSEN: list[tuple[str, dict[str, Any], Wrong]] = [
    ("waybill_wrong", {"waybill_rules": "refuse"}, sending(out_sid="with blanks")),
    ("waybill_wrong", {"waybill_rules": "refuse"}, parcels(out_sid="SLX1")),
    ("waybill_used", {"waybill_rules": "refuse"}, sending_used()),
    ("level_ended", {"taobao_level_s": 600}, with_session(wait=601, method=wrong.FULL, fields="tid", tid=41)),
    ("level_ended", {"taobao_level_s": 600}, with_session(wait=601, method=wrong.SEND, tid=41, **OURS)),
]
"""Rules that are there only where a knob says so."""


def test_every_rule_has_a_wrong_client() -> None:
    assert {rule for rule, _ in WRONGS} | {rule for rule, _, _ in CHOSEN} | {"quota_day"} == set(RULES)


def counted(box: Sandbox, rule: str) -> bool:
    """The refusal was counted by its name, and no other was."""
    return {key.rsplit(" ", 1)[1] for key in box.world.refusals} == {rule}


def as_top_says(answer: Any, rule: str) -> bool:
    [(root, error)] = answer.items()
    model = sample(f"taobao/error_{'27_invalid_session' if RULES[rule].sub else '31_invalid_timestamp'}.json")
    known = (error.get("code"), error.get("sub_code", "")) == (RULES[rule].code, RULES[rule].sub)
    return root == "error_response" and set(error) == set(model["error_response"]) and known


@pytest.mark.parametrize(("rule", "client"), WRONGS)
async def test_refused(sandbox: Sandbox, rule: str, client: Wrong) -> None:
    sent = await client(sandbox)
    before = kept(sandbox)
    answer = await heard(sandbox, sent)
    assert as_top_says(answer, rule), answer
    assert counted(sandbox, rule)
    assert kept(sandbox) == before


@pytest.mark.parametrize(("rule", "knobs", "client"), CHOSEN)
async def test_refused_where_it_is_chosen(rule: str, knobs: dict[str, Any], client: Wrong) -> None:
    for box, refused in ((Sandbox(knobs=Knobs(**knobs)), True), (Sandbox(), False)):
        sent = await client(box)
        before = kept(box)
        answer = await heard(box, sent)
        assert (as_top_says(answer, rule) and counted(box, rule) and kept(box) == before) == refused, answer
        await box.http.aclose()


async def test_a_days_quota() -> None:
    box = Sandbox(knobs=Knobs(taobao_quota_day=2))
    for _ in range(2):
        assert "error_response" not in await heard(box, await call()(box))
    assert (await heard(box, await call(secret="another")(box)))["error_response"]["code"] == 25  # asked nothing
    box.world.refusals.clear()
    assert as_top_says(await heard(box, await call()(box)), "quota_day") and counted(box, "quota_day")
    box.now += DAY
    assert "error_response" not in await heard(box, await call()(box))
    await box.http.aclose()


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("page_app_unknown", {"client_id": "1"}),
        ("page_type_unknown", {"response_type": "token"}),
        ("page_no_redirect", {"redirect_uri": ""}),
    ],
)
async def test_the_page_refuses(sandbox: Sandbox, rule: str, change: dict[str, str]) -> None:
    right = {"response_type": "code", "client_id": TAOBAO["app_key"], "redirect_uri": "https://hub.test/back"}
    before = kept(sandbox)
    answer = await sandbox.http.get("/taobao/authorize", params=right | {"state": "s", "view": "web"} | change)
    assert answer.status_code == 400 and PAGE[rule] in answer.json()["error_description"]
    assert counted(sandbox, rule) and kept(sandbox) == before and not sandbox.world.grants("taobao").book.codes
    assert (await sandbox.http.get("/taobao/authorize", params=right)).status_code == 302


RIGHT: dict[str, Wrong] = {
    "call": call(),
    "skew": call(timestamp="2026-11-22 09:50:00"),
    "milliseconds": call(timestamp="1795313400000"),
    "one day": asking(start_modified="2026-11-21 10:00:00"),
    "all closed": asking(status="ALL_CLOSED", page_size="100"),
    "refunds": asking(wrong.REFUNDS, status="SELLER_REFUSE_BUYER", page_size="100"),
    "onsale": asking(wrong.ONSALE, page_size="200", start_modified="2003-05-10 00:00:00"),
    "inventory": asking(wrong.INVENTORY, banner="sold_out", page_no="101"),
    "skus": asking(wrong.SKUS, num_iids=",".join(["1"] * 40)),
    "memo": of_trade(wrong.MEMO, memo="长" * 333, flag="5"),
    "memo gone": of_trade(wrong.MEMO, reset="true"),
    "merge": merging(100),
    "decrypt": decrypting(20),
    "old oaid": decrypting(oaid="1of another week"),
    "from an address": sending(sender_id="800001", cancel_id="800002"),
    "asked back": sending_while("refund", to="asked", lines=[1]),
    "other line": sending_after({"sub_tid": "{line}"}),
    "number": sending_after({}, method=wrong.RESEND, wait=50 * DAY, out_sid="SLX000010000002"),
    "line's number": sending_after({"sub_tid": "{line}"}, method=wrong.RESEND, sub_tid="{line}"),
    "parcel": parcels({"sub_tid": "{line}"}),
    "parcels": sending(method=wrong.ASCP, consign_type="3", consign_pkgs=json.dumps([OURS] * 2)),
    "many": asking(wrong.MANY, **OF_TEE, skuid_quantities=f"{TEE_SKU}:0;{TEE_SKU + 1}:7"),
    "cut to zero": asking(wrong.MANY, **OF_TEE, skuid_quantities=f"{TEE_SKU}:-101", type=2),
    "down to zero": asking(wrong.ONE, **SOCK, quantity=-100, type=2),
    "tmall": tmall(*[ONE_SKU] * 20, key="0aF"),
    "messages": asking(wrong.CONSUME, group_name="default", quantity=10),
    "confirm": asking(wrong.CONFIRM, s_message_ids=",".join(["1"] * 200)),
    "session": with_session(wait=DAY),
    "refresh": refreshing(wait=30 * DAY),
    "code": with_code(wait=600),
}
"""The last of each that is still right: else a rule that refuses everything would pass."""


@pytest.mark.parametrize("client", RIGHT.values(), ids=RIGHT)
async def test_what_the_rules_allow(sandbox: Sandbox, client: Wrong) -> None:
    answer = await heard(sandbox, await client(sandbox))
    assert "error_response" not in answer, answer
    assert not sandbox.world.refusals


async def test_orders_that_travel_together_share_a_number() -> None:
    box = Sandbox(knobs=Knobs(waybill_rules="refuse"))
    answer = await heard(box, await sending_used(same_buyer=True)(box))
    assert answer["logistics_offline_send_response"]["shipping"]["is_success"]
    await box.http.aclose()
