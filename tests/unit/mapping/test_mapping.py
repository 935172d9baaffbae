"""What orders become: states, facts, money, times and receivers of the four platforms, and how bad content is held."""

import json
from typing import Any

import pytest

from server import rulebook
from server.orders.mapping import MappedOrder, Receiver, has_receiver, map_order, merge_receiver, personal

TAOBAO: dict[str, Any] = {
    "tid": 4100000000000000001, "status": "WAIT_SELLER_SEND_GOODS", "type": "fixed", "created": "2026-11-22 09:21:07",
    "pay_time": "2026-11-22 09:21:40", "modified": "2026-11-22 09:24:10", "payment": "30.00", "total_fee": "30.00",
    "post_fee": "0.00", "receiver_state": "浙江省", "receiver_city": "杭州市", "receiver_district": "西湖区",
    "receiver_name": "测**", "receiver_mobile": "*******0000", "receiver_address": "测**路", "oaid": "OAID1",
    "orders": {"order": [
        {"oid": 1, "num_iid": 7, "sku_id": "8", "outer_sku_id": "A", "title": "甲", "price": "10.00", "num": 2,
         "divide_order_fee": "20.00", "status": "WAIT_SELLER_SEND_GOODS", "refund_status": "NO_REFUND"},
        {"oid": 2, "num_iid": 9, "outer_iid": "B", "title": "乙", "price": "10.00", "num": 1,
         "divide_order_fee": "10.00", "status": "WAIT_SELLER_SEND_GOODS", "refund_status": "NO_REFUND"},
    ]},
}  # fmt: skip
JD: dict[str, Any] = {
    "orderId": "300", "orderType": "22", "payType": "4-在线支付", "orderTotalPrice": "20.00",
    "orderSellerPrice": "18.00", "orderPayment": "15.00", "balanceUsed": "3.00", "freightPrice": "0.00",
    "sellerDiscount": "2.00", "orderState": "WAIT_SELLER_STOCK_OUT", "orderStartTime": "2026-11-22 09:20:00",
    "paymentConfirmTime": "2026-11-22 09:20:31", "orderEndTime": "0001-01-01 00:00:00",
    "modified": "2026-11-22 09:20:35",
    "consigneeInfo": {
        "fullname": "测*", "mobile": "130****0000", "fullAddress": "浙江****", "oaid": "O", "province": "浙江",
    },
    "itemInfoList": [
        {"skuId": "1", "outerSkuId": "A", "skuName": "甲", "jdPrice": "10.00", "itemTotal": "2"},
        {"skuId": "1", "outerSkuId": "A", "skuName": "甲 赠", "jdPrice": "0.00", "itemTotal": "1"},
    ],
}  # fmt: skip
PDD: dict[str, Any] = {
    "order_sn": "260101-1", "order_status": 1, "refund_status": 1, "confirm_status": 1, "group_status": 1,
    "risk_control_status": 0, "created_time": "2026-01-01 07:20:11", "pay_time": "2026-01-01 07:20:31",
    "updated_at": "2026-01-01 07:21:05", "goods_amount": 39.8, "discount_amount": 5, "postage": "1.00",
    "pay_amount": 35.8, "order_change_amount": "0.00", "province": "测试省", "city": "测试市", "town": "测试区",
    "receiver_name": "~AgAA~aWR4~0~~", "receiver_name_mask": "测**", "receiver_phone": "$aWR4$AgAA$0$$",
    "receiver_phone_mask": "138****0001", "receiver_address": "~AgAA~aWR4~0~~", "receiver_address_mask": "测试路***号",
    "item_list": [
        {"goods_id": 1, "goods_name": "杯", "goods_count": 2, "goods_price": 19.9, "sku_id": 11, "outer_id": "A"},
    ],
}  # fmt: skip
SHOPEE: dict[str, Any] = {
    "order_sn": "S1", "region": "SG", "currency": "SGD", "cod": False, "order_status": "READY_TO_SHIP",
    "create_time": 1767225000, "update_time": 1767225590, "pay_time": 1767225120, "total_amount": 44.3,
    "estimated_shipping_fee": 1.99, "fulfillment_flag": "fulfilled_by_local_seller",
    "recipient_address": {"name": "Demo Buyer", "phone": "6500000001", "region": "SG", "full_address": "1 Example St"},
    "item_list": [{"item_id": 1, "model_id": 0, "item_name": "cup", "item_sku": "CUP", "model_sku": "",
                   "model_quantity_purchased": 3, "model_original_price": 19.9, "model_discounted_price": 14.1}],
}  # fmt: skip
ALL = {"taobao": TAOBAO, "jd": JD, "pinduoduo": PDD, "shopee": SHOPEE}


def mapped(platform: str, **changes: Any) -> MappedOrder:
    body = json.dumps(ALL[platform] | changes).encode()
    return map_order(platform, body, rulebook.current(platform))


def line(platform: str, **changes: Any) -> MappedOrder:
    """The order with its first line changed."""
    order = json.loads(json.dumps(ALL[platform]))
    rows = {"taobao": lambda: order["orders"]["order"], "jd": lambda: order["itemInfoList"]}
    rows.get(platform, lambda: order["item_list"])()[0].update(changes)
    return map_order(platform, json.dumps(order).encode(), rulebook.current(platform))


def codes(order: MappedOrder) -> set[tuple[str, str]]:
    return {(h.code, h.field) for h in order.holds}


@pytest.mark.parametrize("platform", ALL)
def test_a_good_order_has_no_hold(platform: str) -> None:
    order = mapped(platform)
    assert order.holds == [] and order.state == "paid" and order.facts.paid and order.facts.refund == "none"
    assert all(h["version"] == f"{platform}-1" and h["rule"] and h["path"] for h in order.provenance.values())
    assert {"state", "paid_at", "total_minor", "lines.qty", "region"} <= order.provenance.keys()


@pytest.mark.parametrize(
    ("platform", "changes", "state", "facts"),
    [
        ("taobao", {"status": "WAIT_BUYER_PAY"}, "unpaid", set()),
        ("taobao", {"status": "WAIT_BUYER_PAY", "step_trade_status": "FRONT_PAID_FINAL_NOPAID"}, "unpaid", {"locked"}),
        ("taobao", {"status": "PAID_FORBID_CONSIGN"}, "paid", {"paid", "locked"}),
        ("taobao", {"status": "SELLER_CONSIGNED_PART"}, "paid", {"paid", "locked"}),
        ("taobao", {"top_hold": 1}, "paid", {"paid", "locked"}),
        ("taobao", {"team_buy_hold": "1"}, "paid", {"paid", "locked"}),
        ("taobao", {"step_trade_status": "FRONT_PAID_FINAL_PAID"}, "paid", {"paid"}),
        ("taobao", {"shipping_type": "virtual"}, "paid", {"paid", "locked"}),
        ("taobao", {"is_force_wlb": True}, "paid", {"paid", "self_fulfilled"}),
        ("taobao", {"status": "TRADE_FINISHED"}, "completed", {"paid", "shipped", "completed"}),
        ("taobao", {"status": "TRADE_CLOSED"}, "cancelled", {"paid", "cancelled"}),
        ("taobao", {"status": "TRADE_CLOSED_BY_TAOBAO", "pay_time": None}, "cancelled", {"cancelled"}),
        ("jd", {"orderState": "LOCKED"}, "paid", {"paid", "locked"}),
        ("jd", {"orderState": "POP_ORDER_PAUSE"}, "paid", {"paid", "locked"}),
        ("jd", {"orderState": "ZanTing"}, "paid", {"paid", "locked"}),
        ("jd", {"orderState": "NOT_PAY", "paymentConfirmTime": "0001-01-01 00:00:00"}, "unpaid", set()),
        ("jd", {"orderState": "FINISHED_L"}, "completed", {"paid", "shipped", "completed"}),
        ("jd", {"orderState": "PARENT_TRADE_CANCELED"}, "cancelled", {"paid", "cancelled"}),
        ("jd", {"storeOrder": "京仓订单"}, "paid", {"paid", "self_fulfilled"}),
        ("jd", {"orderType": "21"}, "paid", {"paid", "self_fulfilled"}),
        ("pinduoduo", {"risk_control_status": 1}, "paid", {"paid", "risk"}),
        ("pinduoduo", {"group_status": 0}, "paid", {"paid", "locked"}),
        ("pinduoduo", {"group_status": 2}, "cancelled", {"paid", "cancelled"}),
        ("pinduoduo", {"confirm_status": 0}, "paid", {"paid", "locked"}),
        ("pinduoduo", {"confirm_status": 2}, "cancelled", {"paid", "cancelled"}),
        ("pinduoduo", {"order_status": "3"}, "completed", {"paid", "shipped", "completed"}),
        ("pinduoduo", {"ship_additional_origin_order": "260101-0"}, "paid", {"paid", "locked"}),
        ("shopee", {"order_status": "PENDING"}, "paid", {"paid", "locked"}),
        ("shopee", {"order_status": "RETRY_SHIP"}, "paid", {"paid"}),
        ("shopee", {"order_status": "PROCESSED"}, "shipped", {"paid", "shipped"}),
        ("shopee", {"order_status": "UNPAID", "pay_time": 0}, "unpaid", set()),
        ("shopee", {"advance_package": True}, "paid", {"paid", "locked"}),
        ("shopee", {"package_list": [{"logistics_status": "LOGISTICS_PENDING_ARRANGE"}]}, "paid", {"paid", "locked"}),
        ("shopee", {"fulfillment_flag": "fulfilled_by_shopee"}, "paid", {"paid", "self_fulfilled"}),
    ],
)
def test_states_and_facts(platform: str, changes: dict[str, Any], state: str, facts: set[str]) -> None:
    order = mapped(platform, **changes)
    names = ("paid", "cancelled", "shipped", "completed", "risk", "locked", "self_fulfilled")
    assert order.state == state and {n for n in names if getattr(order.facts, n)} == facts
    assert order.holds == []


@pytest.mark.parametrize(
    ("platform", "changes", "state", "refund"),
    [
        ("pinduoduo", {"refund_status": 2}, "paid", "asked"),
        ("pinduoduo", {"refund_status": "3"}, "paid", "asked"),
        ("pinduoduo", {"refund_status": 4}, "cancelled", "done"),
        ("pinduoduo", {"refund_status": 4, "order_status": 2}, "shipped", "done"),
        ("taobao", {"status": "TRADE_CLOSED"}, "cancelled", "done"),
        ("taobao", {"status": "TRADE_CLOSED_BY_TAOBAO"}, "cancelled", "none"),
        ("shopee", {"order_status": "IN_CANCEL"}, "paid", "asked"),
        ("shopee", {"order_status": "TO_RETURN"}, "shipped", "asked"),
    ],
)
def test_refunds(platform: str, changes: dict[str, Any], state: str, refund: str) -> None:
    order = mapped(platform, **changes)
    assert (order.state, order.facts.refund, order.holds) == (state, refund, [])


def test_refunds_of_taobao_are_by_line() -> None:
    one = line("taobao", refund_status="SUCCESS", status="TRADE_CLOSED")
    assert [x.refund for x in one.lines] == ["done", "none"] and one.facts.refund == "none"
    asked = line("taobao", refund_status="WAIT_SELLER_AGREE")
    assert [x.refund for x in asked.lines] == ["asked", "none"] and asked.facts.refund == "asked"
    assert codes(line("taobao", refund_status="NEW_WORD")) == {("unknown_value", "lines.1.refund")}


@pytest.mark.parametrize(
    ("platform", "field"),
    [("taobao", "status"), ("jd", "orderState"), ("pinduoduo", "order_status"), ("shopee", "order_status")],
)
def test_an_unknown_state_is_held_never_cancelled(platform: str, field: str) -> None:
    order = mapped(platform, **{field: "SOMETHING_NEW"})
    assert order.state == "unknown" and not order.facts.cancelled
    assert codes(order) == {("unknown_value", "state")} and "SOMETHING_NEW" in order.holds[0].message_zh
    missing = mapped(platform, **{field: None})
    assert missing.state == "unknown" and codes(missing) == {("missing", "state")}


def test_money_of_each_platform() -> None:
    a = mapped("jd").amounts
    assert (a.goods_minor, a.discount_minor, a.total_minor) == (2000, 200, 1800), "the balance is money, no discount"
    b = mapped("shopee").amounts
    assert (b.currency, b.goods_minor, b.freight_minor, b.total_minor) == ("SGD", 5970, 199, 4430)
    c = mapped("pinduoduo").amounts
    assert (c.goods_minor, c.discount_minor, c.freight_minor, c.total_minor) == (3980, 500, 100, 3580)


@pytest.mark.parametrize(
    ("currency", "total", "minor"),
    [("VND", 120000.0, 120000), ("JPY", 500, 500), ("IDR", 15000.0, 1500000), ("TWD", 299.0, 29900), ("MYR", 1.1, 110)],
)
def test_exponents_of_currencies(currency: str, total: float, minor: int) -> None:
    order = mapped("shopee", currency=currency, total_amount=total, estimated_shipping_fee=0)
    assert order.amounts.total_minor == minor


def test_vnd_has_no_decimals() -> None:
    assert ("bad_value", "total_minor") in codes(mapped("shopee", currency="VND", total_amount=12.34))


@pytest.mark.parametrize(
    ("platform", "changes"),
    [
        ("taobao", {"payment": "29.00"}),
        ("taobao", {"discount_fee": "1.00"}),
        ("jd", {"orderSellerPrice": "19.00"}),
        ("jd", {"orderTotalPrice": "21.00", "orderSellerPrice": "19.00"}),
        ("pinduoduo", {"pay_amount": 35.81}),
        ("pinduoduo", {"goods_amount": 40, "pay_amount": 36}),
    ],
)
def test_amounts_that_do_not_add_up_are_held(platform: str, changes: dict[str, Any]) -> None:
    assert codes(mapped(platform, **changes)) == {("mismatch", "amounts")}


@pytest.mark.parametrize("bad", [0, -1, "-2", 1.5, "x", None, True, 10**7, "", [], "1e999999", 2**70])
@pytest.mark.parametrize(
    ("platform", "field"),
    [("taobao", "num"), ("jd", "itemTotal"), ("pinduoduo", "goods_count"), ("shopee", "model_quantity_purchased")],
)
def test_bad_quantities_are_held(platform: str, field: str, bad: Any) -> None:
    order = line(platform, **{field: bad})
    assert {f for _, f in codes(order)} & {"lines.1.qty"} and order.lines[0].qty == 0


@pytest.mark.parametrize("bad", ["-1.00", "1.001", "abc", True, [], {}, "1e30", "NaN", 10**16, "\0"])
def test_bad_money_is_held(bad: Any) -> None:
    assert any(f == "total_minor" for _, f in codes(mapped("taobao", payment=bad)))
    assert any(f == "lines.1.unit_minor" for _, f in codes(line("taobao", price=bad)))


def test_what_is_missing_is_held() -> None:
    assert codes(mapped("taobao", orders={})) == {("missing", "lines")}
    assert codes(mapped("taobao", orders={"order": []})) == {("missing", "lines")}
    assert codes(mapped("taobao", orders={"order": ["x"]})) == {("missing", "lines")}
    assert ("missing", "external_id") in codes(mapped("taobao", tid=None))
    assert ("missing", "modified") in codes(mapped("taobao", modified=""))
    assert ("bad_value", "placed_at") in codes(mapped("taobao", created="2026-13-01 00:00:00"))


def test_an_order_to_ship_without_a_time_of_payment_stays_in_sight() -> None:
    order = mapped("taobao", pay_time=None)
    assert order.paid_at == order.placed_at and codes(order) == {("missing", "paid_at")}


@pytest.mark.parametrize(
    ("platform", "changes"),
    [
        ("taobao", {"type": "cod", "pay_time": None}),
        ("jd", {"payType": "1-货到付款", "paymentConfirmTime": ""}),
        ("jd", {"payType": "1", "paymentConfirmTime": "1970-01-01 00:00:00"}),
        ("shopee", {"cod": True, "pay_time": 0}),
    ],
)
def test_cash_on_delivery_is_to_be_shipped_from_the_start(platform: str, changes: dict[str, Any]) -> None:
    order = mapped(platform, **changes)
    assert order.paid_at == order.placed_at and order.holds == []


def test_lines_of_jd_without_ids_keep_apart_what_is_sold_and_what_is_given() -> None:
    rows = [(x.key, x.gift, x.unit_minor) for x in mapped("jd").lines]
    assert rows == [("1", False, 1000), ("1~0", True, 0)]


@pytest.mark.parametrize("said", [None, ""])
def test_a_refund_that_nobody_denies_is_no_no(said: str | None) -> None:
    """Where each order says whether money goes back, one that does not say it may not be shipped."""
    assert codes(mapped("pinduoduo", refund_status=said)) == {("missing", "refund")}


def test_gifts_of_pinduoduo_are_lines_too() -> None:
    order = mapped("pinduoduo", gift_list=[{"sku_id": 11, "goods_name": "赠", "goods_count": 1, "goods_price": 5}])
    assert [(x.key, x.gift, x.unit_minor, x.qty) for x in order.lines] == [
        ("11", False, 1990, 2),
        ("gift-11", True, 0, 1),
    ]
    assert order.holds == []


def test_shopee_says_nothing_by_a_price_of_zero_in_a_bundle() -> None:
    order = line("shopee", model_discounted_price=0)
    assert order.lines[0].paid_minor is None and mapped("shopee").lines[0].paid_minor == 4230
    assert order.lines[0].outer_code == "CUP" and order.lines[0].platform_sku == "0"


def test_the_only_line_of_taobao_is_paid_without_postage() -> None:
    only = {"orders": {"order": TAOBAO["orders"]["order"][1:]}, "payment": "20.00", "total_fee": "10.00"}
    only["orders"]["order"] = [only["orders"]["order"][0] | {"payment": "20.00", "divide_order_fee": "20.00"}]  # type: ignore[index]
    order = mapped("taobao", **only, post_fee="10.00")
    assert order.lines[0].paid_minor == 1000 and order.holds == []


def test_region_of_a_county_without_a_city() -> None:
    order = mapped(
        "taobao", receiver_state="河南省", receiver_city="", receiver_district="济源市", receiver_town="街道"
    )
    assert order.receiver.region == ["河南省", "济源市", "", "街道"]


def test_masked_parts_are_no_region() -> None:
    order = mapped("shopee", recipient_address={"region": "MY", "state": "Selangor", "city": "****", "town": "T***"})
    assert order.receiver.region == ["MY", "Selangor"]


def test_receivers_keep_masks_and_tokens_and_never_clear_text() -> None:
    assert mapped("taobao").receiver.token == {"oaid": "OAID1"}
    pdd = mapped("pinduoduo").receiver
    assert set(pdd.token) == {"name", "phone", "address"} and pdd.masked["phone"] == "138****0001"
    assert mapped("pinduoduo", receiver_name="张三", receiver_name_mask="张三丰").receiver.masked["name"] == "张**"
    assert "name" not in mapped("pinduoduo", receiver_name="张三").receiver.token
    shop = mapped("shopee").receiver
    assert shop.plain and shop.masked == {"name": "D**", "phone": "*******0001", "address": "****"}
    sealed = personal("shopee", json.dumps(SHOPEE).encode())
    assert sealed == {"name": "Demo Buyer", "phone": "6500000001", "address": "1 Example St"}
    hidden = {"name": "****", "phone": "****", "full_address": "****", "region": "SG", "zipcode": "000000"}
    assert not mapped("shopee", recipient_address=hidden).receiver.plain
    assert personal("shopee", json.dumps(SHOPEE | {"recipient_address": hidden}).encode()) == {}
    assert personal("taobao", json.dumps(TAOBAO | {"receiver_name": "张三"}).encode()) == {}, "may not be kept in clear"


def test_ciphertext_of_jd_is_a_token_and_not_a_mask() -> None:
    cipher = "AAQAESIzRFVmd4iZqrvM3e7/AQEBAQEBAQEBAQEBAQEBAb+6w+qUCTwW8M2aYuDq1vM="
    order = mapped("jd", consigneeInfo={"fullname": cipher, "mobile": cipher, "telephone": "", "fullAddress": cipher})
    assert order.receiver.token == {"name": cipher, "phone": cipher, "address": cipher}
    assert set(order.receiver.masked.values()) == {"***"}


def test_a_note_is_known_of_but_not_shown() -> None:
    for platform, field in (("taobao", "buyer_message"), ("jd", "orderRemark"), ("pinduoduo", "buyer_memo")):
        order = mapped(platform, **{field: "请放门口"})
        assert order.note_present and "请放门口" not in repr(order)
        assert personal(platform, json.dumps(ALL[platform] | {field: "请放门口"}).encode())["note"] == "请放门口"
    assert mapped("taobao", has_buyer_message=True).note_present and not mapped("taobao").note_present


def test_nothing_overwrites_what_is_known() -> None:
    old = Receiver({"name": "张**", "phone": "*******0000"}, {"oaid": "1", "name": "~c~"}, ["浙江省"], plain=False)
    assert merge_receiver(old, Receiver()) == old
    stars = merge_receiver(old, Receiver({"name": "****", "phone": ""}, {"oaid": "", "name": ""}, []))
    assert stars == old
    new = merge_receiver(old, Receiver({"name": "李**"}, {"oaid": "2"}, ["江苏省"], plain=True))
    assert new == Receiver({"name": "李**", "phone": "*******0000"}, {"oaid": "2", "name": "~c~"}, ["江苏省"], True)
    assert old.token == {"oaid": "1", "name": "~c~"}, "the old one is not changed"
    assert merge_receiver(Receiver(), Receiver({"name": "****"})).masked == {"name": "****"}


def test_an_answer_without_a_receiver_says_so() -> None:
    assert not has_receiver(Receiver()) and not has_receiver(Receiver({"name": "****", "phone": "****"}))
    assert has_receiver(Receiver({"name": "张**"})) and has_receiver(Receiver({}, {"oaid": "1"}))
