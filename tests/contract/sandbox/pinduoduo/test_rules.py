"""Each rule of PDD that the sandbox knows refuses a deliberately wrong client, in PDD's own error body, by its name."""

import json
from typing import Any

import pytest

from server.sandbox.accounts import PINDUODUO
from server.sandbox.knobs import Knobs
from server.sandbox.pinduoduo.gateway import OFTEN
from server.sandbox.pinduoduo.rules import RULES
from tests.contract.sandbox.callers import Sandbox, sample, wrapped_md5
from tests.contract.sandbox.pinduoduo import wrong
from tests.contract.sandbox.pinduoduo.wrong import NOW, Wrong, asking, call, of_an_order, shipping

OLD = NOW - 91 * 86_400
SECRET = PINDUODUO["app_secret"]

WRONGS: list[tuple[str, Wrong]] = [
    ("limited", wrong.faulty("rate_limit")),
    ("busy", wrong.faulty("busy")),
    ("too_often", wrong.as_often(wrong.CASES, 101)),
    ("not_post", wrong.by_get),
    ("type_missing", call("type")),
    ("type_missing", wrong.in_the_query),
    ("type_missing", wrong.nested),
    ("type_unknown", call(type="pdd.no.such")),
    ("client_missing", call("client_id")),
    ("client_unknown", call(client_id="x")),
    ("timestamp_missing", call("timestamp")),
    ("timestamp_unreadable", call(timestamp="2026-11-22 10:00:00")),
    ("timestamp_unreadable", call(timestamp=f"{NOW}000")),
    ("timestamp_old", call(timestamp=str(NOW - 601))),
    ("timestamp_old", call(timestamp=str(NOW + 601))),
    ("data_type_unknown", call(data_type="XML")),
    ("data_type_unknown", call(data_type="json")),
    ("version_unknown", call(version="V2")),
    ("sign_missing", call(unsigned=True)),
    ("sign_wrong", call(secret="another")),
    ("sign_wrong", call(unsigned=True, sign="D" * 32)),
    ("sign_wrong", wrong.signed(lambda p: wrapped_md5(p, SECRET).lower())),
    ("sign_wrong", wrong.signed(lambda p: wrapped_md5({k: v for k, v in p.items() if k != "page"}, SECRET))),
    ("token_missing", call("access_token")),
    ("token_unknown", call(access_token="stranger")),
    ("token_expired", wrong.ended_token),
    ("token_revoked", wrong.with_an_older_consent),
    *[("parameter_missing", call(name)) for name in wrong.RIGHT[wrong.INCREMENT]],
    *[("parameter_missing", asking(wrong.LIST, **{name: None})) for name in wrong.RIGHT[wrong.LIST]],
    *[("parameter_missing", asking(wrong.CASES, **{name: None})) for name in wrong.RIGHT[wrong.CASES]],
    ("parameter_missing", asking(wrong.CASES, order_sn="x", after_sales_status=None)),
    ("parameter_missing", of_an_order(wrong.NOTE)),
    ("parameter_missing", of_an_order(wrong.NOTE, note="")),
    ("parameter_missing", shipping(tracking_number=None)),
    ("parameter_missing", asking(wrong.SKU, sku_id=None)),
    ("parameter_missing", asking(wrong.CASE, after_sales_id=1)),
    ("parameter_missing", asking(wrong.STOCK, quantity=None)),
    ("parameter_missing", asking(wrong.CREATE)),
    ("parameter_missing", asking(wrong.REFRESH)),
    ("code_invalid", asking(wrong.CREATE, code="x")),
    ("code_invalid", wrong.code_used(times=2)),
    ("code_invalid", wrong.code_used(after=601)),
    ("code_invalid", wrong.with_a_code_of_before),
    ("refresh_unknown", asking(wrong.REFRESH, refresh_token="x")),
    ("refresh_spent", wrong.refreshing(times=2)),
    ("refresh_expired", wrong.refreshing(after_days=30.1)),
    ("refresh_expired", wrong.refreshing_longer),
    ("page_wrong", asking(page=0)),
    ("page_wrong", asking(wrong.GOODS, page="x")),
    ("page_size_wrong", asking(page_size=101)),
    ("page_size_wrong", asking(wrong.CASES, page_size=101)),
    ("page_size_wrong", asking(wrong.GOODS, page_size=0)),
    ("time_wrong", asking(start_updated_at="2026-11-22 09:27:00")),
    ("time_wrong", asking(wrong.LIST, end_confirm_at="now")),
    ("order_status_unknown", asking(order_status=4)),
    ("order_status_unknown", asking(wrong.LIST, order_status=6)),
    ("refund_status_unknown", asking(refund_status=6)),
    ("lucky_flag_unknown", asking(is_lucky_flag=3)),
    ("tag_unknown", of_an_order(wrong.NOTE, note="x", tag=6)),
    ("redelivery_unknown", shipping(redelivery_type=3)),
    ("case_status_unknown", asking(wrong.CASES, after_sales_status=19)),
    ("case_status_unknown", asking(wrong.CASES, after_sales_status=0)),
    ("case_type_unknown", asking(wrong.CASES, after_sales_type=7)),
    ("onsale_unknown", asking(wrong.GOODS, is_onsale=2)),
    ("quantity_wrong", asking(wrong.STOCK, quantity="1.5")),
    ("update_type_unknown", asking(wrong.STOCK, update_type=3)),
    ("json_wrong", asking(wrong.DECRYPT, data_list="[")),
    ("json_wrong", asking(wrong.DECRYPT, data_list="{}")),
    ("json_wrong", asking(wrong.DECRYPT, data_list='["x"]')),
    ("json_wrong", asking(wrong.REPORT, waybill_type=1, order_sn_list="x")),
    ("decrypt_too_many", wrong.opening(101)),
    ("waybill_type_unknown", asking(wrong.REPORT, waybill_type="YTO", order_sn_list='["x"]')),
    ("sku_missing", asking(wrong.STOCK, sku_id=None)),
    ("end_too_late", asking(start_updated_at=NOW - 1979, end_updated_at=NOW - 179)),
    ("window_backwards", asking(end_updated_at=NOW - 1981)),
    ("window_backwards", asking(wrong.CASES, end_updated_at=NOW - 1801)),
    ("window_too_long", asking(start_updated_at=NOW - 1981)),
    ("window_too_long", asking(wrong.CASES, start_updated_at=NOW - 1801)),
    ("day_too_long", asking(wrong.LIST, start_confirm_at=NOW - 86_401)),
    ("order_unknown", asking(wrong.INFORMATION, order_sn="x")),
    ("order_unknown", asking(wrong.NOTE, order_sn="x", note="x")),
    ("order_unknown", shipping(order_sn="260101-000000000009999")),
    ("order_unknown", of_an_order(wrong.INFORMATION, "unpaid")),
    ("order_unknown", of_an_order(wrong.INFORMATION, at=OLD)),
    ("carrier_unknown", shipping(logistics_id=1499)),
    ("carrier_unknown", shipping(logistics_id=119)),  # known, but not to be used now
    ("send_refunded", shipping("cancelled")),
    ("send_state", wrong.shipping_twice),
    ("send_state", shipping("completed")),
    ("send_risk", wrong.shipping_while("risk")),
    ("send_refunding", wrong.shipping_while("refund", to="asked")),
    ("resend_state", shipping(redelivery_type=2)),
    ("case_unknown", of_an_order(wrong.CASE)),
    ("goods_unknown", asking(wrong.STOCK, goods_id=1)),
    ("goods_unknown", asking(wrong.SKU, goods_id="LAMP")),
    ("sku_unknown", asking(wrong.STOCK, sku_id=wrong.WHITE)),  # of other goods
    ("sku_unknown", asking(wrong.STOCK, sku_id=None, outer_id="TEE-WHT-M")),
    ("stock_below_zero", asking(wrong.STOCK, quantity=-1)),
    ("stock_below_zero", asking(wrong.STOCK, quantity=-101, update_type=2)),
]
KNOBBED = {"no_right", "stock_on_slot"}
"""Rules that depend on what the app or the shop is: their wrong clients are below."""


def test_every_rule_has_a_wrong_client() -> None:
    assert {rule for rule, _ in WRONGS} | KNOBBED == set(RULES)


def refused(box: Sandbox, answer: Any, rule: str) -> None:
    """In PDD's own body, with its code, counted by name and no other."""
    assert set(answer) == {"error_response"}, answer
    error = answer["error_response"]
    assert set(error) == set(sample("pinduoduo/error_sign.json")["error_response"])
    assert error["error_code"] == RULES[rule].code
    if RULES[rule].said:
        assert error["sub_msg"] == RULES[rule].said
    assert {key.rsplit(" ", 1)[1] for key in box.world.refusals} == {rule}
    assert all(key.startswith("pinduoduo ") for key in box.world.refusals)


@pytest.mark.parametrize(("rule", "client"), WRONGS)
async def test_refused(sandbox: Sandbox, rule: str, client: Wrong) -> None:
    answer = await client(sandbox)
    refused(sandbox, answer, rule)
    orders = sandbox.world.all("pinduoduo")
    if client is not wrong.shipping_twice:
        assert all(o.sent is None for o in orders if o.state == "paid") and not any(o.seller_note for o in orders)
    assert sandbox.world.shelf("pinduoduo").writes == 0


async def test_a_refusal_leaves_the_shop_as_it_was(sandbox: Sandbox) -> None:
    [one] = await sandbox.place("pinduoduo")
    await asking(wrong.SEND, order_sn=one)(sandbox)
    before = await wrong.kept(sandbox)
    for change in ({"tracking_number": "SLX000010000002"}, {"redelivery_type": 3}, {"logistics_id": 119}):
        assert "error_response" in await asking(wrong.SEND, order_sn=one, **change)(sandbox)
    for note in ({"note": ""}, {"note": "x", "tag": 9}):
        assert "error_response" in await asking(wrong.NOTE, order_sn=one, **note)(sandbox)
    assert await wrong.kept(sandbox) == before


@pytest.mark.parametrize("name", ["error_sign", "error_public_param", "error_token_expired", "error_rate_limit"])
async def test_errors_look_like_the_samples(sandbox: Sandbox, name: str) -> None:
    clients: dict[str, Wrong] = {
        "error_sign": call(secret="x"),
        "error_public_param": call("type"),
        "error_token_expired": wrong.ended_token,
        "error_rate_limit": wrong.faulty("rate_limit"),
    }
    same = {"request_id": ""}
    answer = (await clients[name](sandbox))["error_response"]
    assert answer | same == sample(f"pinduoduo/{name}.json")["error_response"] | same


@pytest.mark.parametrize("change", [{"client_id": "x"}, {"response_type": "token"}, {"redirect_uri": ""}])
async def test_the_page_tells_what_is_wrong(sandbox: Sandbox, change: dict[str, str]) -> None:
    query = {"client_id": PINDUODUO["app_key"], "response_type": "code", "redirect_uri": "https://hub.test/"}
    good = await sandbox.http.get("/pinduoduo/service-market/auth", params=query)
    assert good.status_code == 302 and "code=" in good.headers["location"]
    codes = dict(sandbox.world.grants("pinduoduo").book.codes)
    bad = await sandbox.http.get("/pinduoduo/service-market/auth", params=query | change)
    assert bad.status_code == 400 and next(iter(change)) in bad.json()["error_description"]
    assert sandbox.world.grants("pinduoduo").book.codes == codes


async def test_a_method_that_the_app_may_not_call() -> None:
    box = Sandbox(knobs=Knobs(pdd_no_right=frozenset({wrong.SEND})))
    refused(box, await shipping()(box), "no_right")
    assert all(o.sent is None for o in box.world.all("pinduoduo"))
    given = await wrong.granted(box)
    assert wrong.SEND not in given["scope"] and wrong.INFORMATION in given["scope"]
    await box.http.aclose()


async def test_goods_on_a_slot_cannot_be_lowered() -> None:
    box = Sandbox(knobs=Knobs(pdd_on_slot=frozenset({"LAMP"})))
    refused(box, await asking(wrong.STOCK, quantity=99)(box), "stock_on_slot")
    refused(box, await asking(wrong.STOCK, quantity=-1, update_type=2)(box), "stock_on_slot")
    assert box.world.shelf("pinduoduo").writes == 0
    assert "error_response" not in await asking(wrong.STOCK, quantity=100)(box)
    await box.http.aclose()


@pytest.mark.parametrize("type_", [wrong.CASES, wrong.GOODS])
async def test_published_limits_end_with_their_time(sandbox: Sandbox, type_: str) -> None:
    most, within = OFTEN[type_]
    assert "error_response" in await wrong.as_often(type_, most + 1)(sandbox)
    sandbox.now += within
    query = wrong.RIGHT.get(type_, {})
    assert "error_response" not in await asking(type_, **query)(sandbox)


async def test_without_limits() -> None:
    box = Sandbox(knobs=Knobs(pdd_limits=False))
    assert "error_response" not in await wrong.as_often(wrong.CASES, 102)(box)
    await box.http.aclose()


# -- what is answered


def one(answer: dict[str, Any]) -> Any:
    [value] = answer.values()
    return value


async def test_tokens_look_like_the_samples_and_what_was_before_is_dead(sandbox: Sandbox) -> None:
    first = await wrong.granted(sandbox)
    model = sample("pinduoduo/token_create.json")["pop_auth_token_create_response"]
    assert set(first) == set(model) and {k: type(v) for k, v in first.items()} == {k: type(v) for k, v in model.items()}
    assert first["owner_id"] == PINDUODUO["external_id"] and first["expires_at"] == NOW + first["expires_in"]
    static = await sandbox.pdd(wrong.MALL)  # the demo's own token was of an earlier consent
    assert static["error_response"]["error_code"] == 10014
    sandbox.now += 3600
    second = one(await sandbox.pdd(wrong.REFRESH, refresh_token=first["refresh_token"]))
    assert set(second) == set(sample("pinduoduo/token_refresh.json")["pop_auth_token_refresh_response"])
    assert second["refresh_token_expires_at"] == first["refresh_token_expires_at"]
    assert all(second[name] != first[name] for name in ("access_token", "refresh_token"))
    old = await sandbox.pdd(wrong.MALL, access_token=first["access_token"])
    assert old["error_response"]["error_code"] == 20032
    assert one(await sandbox.pdd(wrong.MALL, access_token=second["access_token"]))["mall_id"] == 900000001


async def test_cases_look_like_the_sample(sandbox: Sandbox) -> None:
    money, back = await sandbox.place("pinduoduo"), await sandbox.place("pinduoduo", state="completed")
    for id, to in ((money[0], "done"), (back[0], "asked")):
        await sandbox.control("refund", platform="pinduoduo", external_id=id, to=to)
    model = sample("pinduoduo/refund_list.json")["refund_increment_get_response"]
    seen = {}
    for status in (2, 3, 10, 11):
        found = one(await asking(wrong.CASES, after_sales_status=status)(sandbox))
        assert set(found) == set(model)
        for row in found["refund_list"]:
            seen[row["order_sn"]] = row["after_sales_status"], row["after_sales_type"]
            assert {k: type(v) for k, v in row.items()} == {k: type(v) for k, v in model["refund_list"][0].items()}
            detail = await asking(wrong.CASE, order_sn=row["order_sn"], after_sales_id=row["id"])(sandbox)
            assert (detail["id"], detail["after_sales_type"]) == (row["id"], row["after_sales_type"] - 1)
            assert detail["refund_amount"] == round(float(row["refund_amount"]) * 100)  # fen, and no envelope
    assert seen == {money[0]: (10, 2), back[0]: (3, 3)}
    every = one(await asking(wrong.CASES, after_sales_status=1)(sandbox))
    assert every["total_count"] == 0  # that 1 means "all" is not published
    named = one(await asking(wrong.CASES, order_sn=back[0], after_sales_status=2, end_updated_at=NOW - 1000)(sandbox))
    assert {row["order_sn"] for row in named["refund_list"]} == {back[0]}  # other filters are ignored


async def test_which_orders_are_refunded_looks_like_the_sample(sandbox: Sandbox) -> None:
    one_, other = await sandbox.place("pinduoduo", 2)
    await sandbox.control("refund", platform="pinduoduo", external_id=one_)
    answer = await sandbox.pdd("pdd.refund.status.check", order_sns=f"{one_},{other},x")
    assert answer == {"refund_status_check_response": {"order_sns_exists_refund": [{"order_sn": one_}]}}


async def test_goods_and_their_numbers(sandbox: Sandbox) -> None:
    every = one(await asking(wrong.GOODS)(sandbox))
    assert every["total_count"] == 11 == len(every["goods_list"])
    assert one(await asking(wrong.GOODS, is_onsale=0)(sandbox)) == {"total_count": 0, "goods_list": []}
    both = one(await asking(wrong.GOODS, is_onsale=1, outer_id="LAMP", page_size=100)(sandbox))
    assert both["total_count"] == 11  # only the first of the filters counts
    [lamp] = one(await asking(wrong.GOODS, outer_id="LAMP", goods_name="T恤")(sandbox))["goods_list"]
    assert (lamp["goods_id"], lamp["is_more_sku"], lamp["sku_list"][0]["sku_id"]) == (wrong.LAMPS, 0, wrong.LAMP)
    model = sample("pinduoduo/goods_skus_get.json")["goods_sku_get_response"]
    sku = one(await asking(wrong.SKU, goods_id=wrong.TEE, sku_id=wrong.WHITE)(sandbox))
    assert set(sku) == set(model) and sku["multi_price"] == 5900 and len(sku["spec"]) == 2
    done = await asking(wrong.STOCK, quantity=0)(sandbox)
    assert done == sample("pinduoduo/goods_quantity_update_ok.json")
    for n in (1, 2):  # a repeat counts again
        await asking(wrong.STOCK, quantity=3, update_type=2)(sandbox)
        assert one(await asking(wrong.SKU)(sandbox))["quantity"] == 3 * n
    await asking(wrong.STOCK, sku_id=wrong.LAMP, outer_id="TEE-WHT-M", quantity=8)(sandbox)  # sku_id wins
    assert one(await asking(wrong.SKU)(sandbox))["quantity"] == 8


async def decrypted(box: Sandbox, sn: str, *sealed: str) -> list[Any]:
    rows = [{"data_tag": sn, "encrypted_data": text} for text in sealed]
    found = one(await asking(wrong.DECRYPT, data_list=json.dumps(rows))(box))["data_decrypt_list"]
    assert all(set(row) == set(sample("pinduoduo/decrypt_batch_partial.json")["open_decrypt_batch_response"][
        "data_decrypt_list"][0]) for row in found)  # fmt: skip
    return list(found)


async def test_receivers_after_the_kind_of_waybill_was_told_within_the_quota() -> None:
    box = Sandbox(knobs=Knobs(pdd_decrypts_day=3))
    [sn, other] = await box.place("pinduoduo", 2)
    row = one(await asking(wrong.INFORMATION, order_sn=sn)(box))["order_info"]
    sealed = [row[name] for name in ("receiver_name", "receiver_phone", "address")]
    r = box.world.find("pinduoduo", sn).receiver
    assert {(d["error_code"], d["decrypted_data"]) for d in await decrypted(box, sn, *sealed)} == {(1, "")}
    told = one(await asking(wrong.REPORT, waybill_type=1, order_sn_list=json.dumps([sn, "x"]))(box))
    assert told["result_list"] == [{"order_sn": sn, "success": True}, {"order_sn": "x", "success": False}]
    [name, phone] = await decrypted(box, sn, *sealed[:2])
    assert (name["data_type"], name["decrypted_data"], phone["data_type"], phone["decrypted_data"]) == (
        5, r.name, 6, r.phone)  # fmt: skip
    [strange] = await decrypted(box, other, sealed[0])  # of another order
    assert strange["error_code"] == 1 and strange["decrypted_data"] == ""
    first, second = await decrypted(box, sn, sealed[2], sealed[0])
    assert (first["error_code"], second["error_code"]) == (0, 1) and "额度" in second["error_msg"]
    box.now += 86_400
    assert (await decrypted(box, sn, sealed[0]))[0]["error_code"] == 0
    await box.http.aclose()


async def test_what_the_rules_allow(sandbox: Sandbox) -> None:
    """The last of each that is still right: else a rule that refuses everything would pass."""
    [id] = await sandbox.place("pinduoduo")
    right: list[Wrong] = [
        call(),
        call("version", timestamp=str(NOW - 600)),
        call(timestamp=str(NOW + 600), data_type="JSON", version="V1"),
        asking(page_size=100, order_status=1, refund_status=4, is_lucky_flag=2),
        asking(wrong.LIST),
        asking(wrong.CASES, after_sales_status=33, after_sales_type=6, page_size=100),
        asking(wrong.INFORMATION, order_sn=id),
        of_an_order(wrong.INFORMATION, at=NOW - 89 * 86_400),
        asking(wrong.NOTE, order_sn=id, note="长" * 300, tag=5, tag_name="紫色"),
        asking(wrong.STOCK, quantity=-100, update_type=2),
        asking(wrong.STOCK, quantity=0),
        wrong.opening(100),
        shipping(redelivery_type=1, logistics_id=44),
        wrong.code_used(after=600),
    ]
    for client in right:
        answer = await client(sandbox)
        assert "error_response" not in answer, answer
        sandbox.now = NOW
    assert not sandbox.world.refusals
