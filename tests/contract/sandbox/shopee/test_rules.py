"""Each rule of Shopee that the sandbox knows refuses a deliberately wrong client, in Shopee's own error body, by its
name."""

from typing import Any

import pytest

from server.sandbox.accounts import SHOPEE
from server.sandbox.knobs import Knobs
from server.sandbox.shopee.auth import MAIN_ACCOUNT
from server.sandbox.shopee.rules import RULES
from tests.contract.sandbox.callers import Sandbox, sample
from tests.contract.sandbox.shopee import wrong
from tests.contract.sandbox.shopee.wrong import (
    BASE,
    BLACK,
    DETAIL,
    HOW,
    ITEMS,
    LAMP,
    LEGACY,
    MODELS,
    NOTE,
    NUMBER,
    OURS,
    RENEW,
    SHIP,
    SHOPS,
    SOCK,
    STOCK,
    TEE,
    TOKEN,
    UNSPLIT,
    WHITE,
    Wrong,
    asking,
    call,
    fetching,
    how,
    item,
    opening,
    put,
    refreshing,
    returns,
    row,
    shipping,
    splitting,
    writing,
)

DAY = 86_400

GATEWAY: list[tuple[str, Wrong]] = [
    ("quota", wrong.faulty("rate_limit")),
    ("backend_busy", wrong.faulty("busy")),
    ("path_unknown", call(path="order/no_such")),
    ("path_unknown", writing(wrong.LIST)),  # with POST
    ("partner_missing", call("partner_id")),
    ("partner_unknown", call(partner_id="2001888")),
    ("timestamp_missing", call("timestamp")),
    ("timestamp_wrong", call(timestamp="2026-11-22 10:00:00")),
    ("timestamp_old", wrong.stamped(-301)),
    ("timestamp_old", wrong.stamped(301)),
    ("sign_missing", call("sign")),
    ("sign_wrong", call(key=bytes.fromhex(SHOPEE["app_secret"]).decode())),
    ("sign_wrong", call(sign="0" * 64)),
    ("token_missing", call("access_token")),
    ("shop_missing", call("shop_id")),
    ("shop_wrong", call(shop_id="abc")),
    ("shop_wrong", call(shop_id="4294967296")),
    ("token_unknown", call(access_token="stranger")),
    ("token_expired", wrong.ended_token),
    ("token_expired", wrong.calling(14_401)),
    ("shop_stranger", call(shop_id="5")),
    ("json_wrong", wrong.no_json),
]

PAGES: list[tuple[str, Wrong]] = [
    ("page_partner_unknown", opening(partner_id="1")),
    ("page_partner_unknown", opening(LEGACY, partner_id="1")),
    ("page_type_unknown", opening(auth_type="buyer")),
    ("page_type_unknown", opening(response_type="token")),
    ("page_no_redirect", opening(drop="redirect_uri")),
    ("page_no_redirect", opening(LEGACY, drop="redirect")),
    ("page_timestamp_old", opening(LEGACY, timestamp="1795312499")),
    ("page_timestamp_old", opening(LEGACY, drop="timestamp")),
    ("page_sign_wrong", opening(LEGACY, sign="0" * 64)),
    ("page_sign_wrong", opening(LEGACY, drop="sign")),
]

TOKENS: list[tuple[str, Wrong]] = [
    ("partner_differs", fetching(TOKEN, partner_id=5)),
    ("partner_differs", fetching(RENEW, refresh_token="x", partner_id=None)),
    ("owner_missing", fetching(TOKEN, shop_id=None)),
    ("code_other_shop", fetching(TOKEN, shop_id=5)),
    ("code_other_account", fetching(TOKEN, shop_id=None, main_account_id=5)),
    ("code_unknown", fetching(TOKEN, code="x")),
    ("code_spent", wrong.code_twice),
    ("code_spent", wrong.code_late),
    ("refresh_unknown", fetching(RENEW, refresh_token="x")),
    ("refresh_other_shop", refreshing(0, shop_id=5)),
    ("refresh_spent", refreshing(0, times=2)),
    ("refresh_expired", refreshing(30 * DAY + 1)),
    ("page_size_wrong", lambda box: wrong.public(box, SHOPS, page_size=101)),
    ("page_no_wrong", lambda box: wrong.public(box, SHOPS, page_no=0)),
]

CALLS: list[tuple[str, Wrong]] = [
    ("time_field_unknown", asking(time_range_field="pay_time")),
    ("time_field_unknown", asking(time_range_field=None)),
    ("time_wrong", asking(time_from="yesterday")),
    ("time_wrong", asking(time_to=None)),
    ("window_wrong", wrong.listing(-15 * DAY - 1, 0)),
    ("window_wrong", wrong.listing(-60, -60)),
    ("page_size_wrong", asking(page_size=101)),
    ("page_size_wrong", asking(page_size=0)),
    ("page_size_wrong", asking(page_size=None)),
    ("status_unknown", asking(order_status="TO_RETURN")),
    ("cursor_wrong", asking(cursor="nonsense")),
    ("orders_wrong", asking(DETAIL)),
    ("orders_wrong", asking(DETAIL, order_sn_list=",".join(["A"] * 51))),
    ("order_unknown", asking(DETAIL, order_sn_list="260101NOTHERE")),
    ("order_unknown", writing(NOTE, order_sn="260101NOTHERE", note="x")),
    ("order_unknown", writing(SHIP, order_sn="260101NOTHERE", non_integrated={"tracking_number": OURS})),
    ("order_unknown", asking(NUMBER, order_sn="260101NOTHERE")),
    ("order_unknown", writing(UNSPLIT, order_sn="260101NOTHERE")),
    ("note_missing", wrong.noting()),
    ("note_missing", wrong.noting(note=7)),
    ("note_archived", wrong.noting(90 * DAY + 60, note="x")),
    ("not_ready", how(state="unpaid")),
    ("not_ready", shipping("unpaid")),
    ("not_ready", shipping("cancelled")),
    ("not_ready", wrong.shipping_while("refund", to="asked")),
    ("not_ready", wrong.shipping_while("risk")),
    ("shipped_before", shipping("shipped")),
    ("shipped_before", shipping("completed")),
    ("shipped_before", wrong.shipping_twice),
    ("shipped_before", wrong.parcel_twice),
    ("ways_not_one", shipping(non_integrated=None)),
    ("ways_not_one", shipping(dropoff={})),
    ("ways_not_one", shipping(non_integrated=[])),
    ("way_not_pickup", shipping(non_integrated=None, pickup={"address_id": 234, "pickup_time_id": "x"})),
    ("way_not_dropoff", shipping(non_integrated=None, dropoff={})),
    ("waybill_missing", shipping(non_integrated={})),
    ("waybill_missing", shipping(non_integrated={"tracking_number": ""})),
    ("waybill_long", shipping(non_integrated={"tracking_number": "A" * 65})),
    ("package_not_needed", shipping(package_number="")),
    ("package_not_needed", shipping(package_number="OFG1")),
    ("package_not_needed", how(package_number="OFG1")),
    ("package_missing", shipping(split=True)),
    ("package_missing", shipping(split=True, package_number="")),
    ("package_unnamed", how(split=True)),
    ("package_unnamed", wrong.asking_number(split=True)),
    ("package_unknown", shipping(split=True, package_number="OFG000000000000001")),
    ("package_unknown", how(split=True, package_number="OFG1")),
    ("split_state", splitting(*wrong.PARTED, state="unpaid")),
    ("split_state", splitting(*wrong.PARTED, state="shipped")),
    ("split_again", wrong.splitting_twice),
    ("split_size", splitting(*[(item(TEE, WHITE),)] * 6)),
    ("split_empty", splitting()),
    ("split_empty", splitting((), (item(LAMP),))),
    ("split_stranger", splitting((item(TEE, BLACK),), (item(LAMP),))),
    ("split_stranger", splitting((item(TEE, WHITE, promotion_group_id=5),), (item(LAMP),))),
    ("split_twice", splitting((item(TEE, WHITE),), (item(TEE, WHITE), item(LAMP)))),
    ("split_rest", splitting((item(TEE, WHITE),))),
    ("split_quantity", splitting((item(TEE, WHITE, model_quantity=2),), (item(LAMP),))),
    ("unsplit_state", wrong.joining(split=False)),
    ("unsplit_state", wrong.joining(split=True, shipped=True)),
    ("page_no_wrong", returns(page_no=-1)),
    ("page_size_wrong", returns(page_size=101)),
    ("time_wrong", returns(update_time_from="x")),
    ("return_status_unknown", returns(status="RETURNED")),
    ("returns_backwards", returns(until=-3600)),
    ("returns_too_long", returns(since=-15 * DAY - 1)),
    ("returns_before_created", returns(created=-3000)),
    ("item_status_wrong", asking(ITEMS, offset=0, page_size=50)),
    ("item_status_wrong", asking(ITEMS, offset=0, page_size=50, item_status="NORMAL,BANNED")),
    ("offset_wrong", asking(ITEMS, offset=-1, page_size=50, item_status="NORMAL")),
    ("page_size_wrong", asking(ITEMS, offset=0, page_size=101, item_status="NORMAL")),
    ("items_wrong", asking(BASE)),
    ("items_wrong", asking(BASE, item_id_list=",".join(["1"] * 51))),
    ("items_wrong", asking(BASE, item_id_list="[1]")),
    ("item_unknown", asking(BASE, item_id_list="1")),
    ("item_unknown", asking(MODELS, item_id=1)),
    ("item_unknown", put(row(0, 1), item_id=1)),
    ("items_wrong", writing(STOCK, stock_list=[row(0, 1)])),
    ("stock_list_wrong", put()),
    ("stock_list_wrong", put(*[row(n, 1) for n in range(51)])),
    ("stock_list_wrong", put({"model_id": WHITE, "normal_stock": 5})),
    ("stock_number_wrong", put(row(WHITE, -1))),
    ("stock_number_wrong", put(row(WHITE, 1.5))),
    ("model_twice", put(row(WHITE, 1), row(WHITE, 2))),
    ("model_unknown", put(row(5, 1))),
    ("model_unknown", put(row(WHITE, 1), item_id=SOCK)),
    ("model_missing", put(row(0, 1))),
    ("location_not_needed", put(row(WHITE, 1, location_id="SG1"))),
    ("stock_below_reserved", wrong.below(row(WHITE, 11))),
]

ELSEWHERE = {"authorisation_over", "refresh_over", "way_not_non_integrated", "pickup_wrong", "waybill_used",
             "location_missing", "location_wrong"}  # fmt: skip
"""Rules of shops that are set up otherwise; tested below."""


def test_every_rule_has_a_wrong_client() -> None:
    known = {rule for rule, _ in [*GATEWAY, *PAGES, *TOKENS, *CALLS]}
    assert known | ELSEWHERE == set(RULES) and not known & ELSEWHERE


def counted(box: Sandbox, rule: str) -> bool:
    """The refusal was counted by its name, and no other was."""
    return {key.rsplit(" ", 1)[1] for key in box.world.refusals} == {rule}


def said(answer: Any, rule: str) -> bool:
    return bool(answer["request_id"]) and (answer["error"], answer["message"]) == (RULES[rule].error, RULES[rule].text)


@pytest.mark.parametrize(("rule", "client"), GATEWAY)
async def test_the_gateway_refuses(sandbox: Sandbox, rule: str, client: Wrong) -> None:
    before = await wrong.kept(sandbox)
    answer = await client(sandbox)
    assert set(answer) == set(sample("shopee/error_sign.json")) and said(answer, rule)
    assert counted(sandbox, rule) and await wrong.kept(sandbox) == before


@pytest.mark.parametrize(("rule", "client"), PAGES)
async def test_the_owners_page_refuses(sandbox: Sandbox, rule: str, client: Wrong) -> None:
    assert said(await client(sandbox), rule) and counted(sandbox, rule)
    assert sandbox.world.grants("shopee").book.codes == {}


@pytest.mark.parametrize(("rule", "client"), TOKENS)
async def test_authorisation_is_refused(sandbox: Sandbox, rule: str, client: Wrong) -> None:
    answer = await client(sandbox)
    assert set(answer) == set(sample("shopee/token_refresh_error_spent.json")) and said(answer, rule)
    assert counted(sandbox, rule)
    book = sandbox.world.grants("shopee").book
    assert book.refreshed == (1 if rule == "refresh_spent" else 0)


@pytest.mark.parametrize(("rule", "client"), CALLS)
async def test_the_call_refuses(sandbox: Sandbox, rule: str, client: Wrong) -> None:
    answer = await client(sandbox)
    assert said(answer, rule) and counted(sandbox, rule)
    assert ("response" in answer) == (rule == "stock_below_reserved")
    orders = sandbox.world.saved.orders["shopee"].values()
    shipped_once = rule in ("shipped_before", "unsplit_state")  # rightly, before it was refused
    assert shipped_once or all(OURS not in o.numbers for o in orders)
    assert all(o.seller_note == "" for o in orders)
    parts = [o.packages for o in orders if o.packages]
    assert parts in ([], [[[1], [2]]]) and (
        not parts or rule.startswith(("package", "split_again", "unsplit", "shipp"))
    )
    assert sandbox.world.shelf("shopee").writes == 0


async def test_a_row_that_fails_among_others(sandbox: Sandbox) -> None:
    answer = await wrong.below(row(WHITE, 11), row(BLACK, 40))(sandbox)
    model = sample("shopee/update_stock_partial.json")
    assert set(answer) == set(model) and answer["error"] == ""
    assert set(answer["response"]) == set(model["response"])
    assert answer["response"]["success_list"] == [{"model_id": BLACK, "location_id": "", "stock": 40}]
    [failed] = answer["response"]["failure_list"]
    assert failed["failed_reason"] == model["response"]["failure_list"][0]["failed_reason"]
    assert counted(sandbox, "stock_below_reserved")
    assert sandbox.world.shelf("shopee").numbers == {"TEE-BLK-M": 40}


@pytest.mark.parametrize(
    ("rule", "client", "knobs"),
    [
        ("authorisation_over", wrong.calling(3601), Knobs(shopee_authorised_s=3600)),
        ("refresh_over", refreshing(3601), Knobs(shopee_authorised_s=3600)),
        ("way_not_non_integrated", shipping(), Knobs(shopee_ship_mode="dropoff")),
        ("pickup_wrong", shipping(non_integrated=None, pickup={"address_id": 234}), Knobs(shopee_ship_mode="pickup")),
        ("pickup_wrong", shipping(non_integrated=None, pickup={}), Knobs(shopee_ship_mode="pickup")),
        ("waybill_used", wrong.another_orders_number, Knobs(waybill_rules="refuse")),
        ("location_missing", put(row(WHITE, 1)), Knobs(shopee_locations=("SG1", "SG2"))),
        ("location_wrong", put(row(WHITE, 1, location_id="MY1")), Knobs(shopee_locations=("SG1", "SG2"))),
    ],
)
async def test_shops_that_are_set_up_otherwise(rule: str, client: Wrong, knobs: Knobs) -> None:
    box = Sandbox(knobs=knobs)
    assert said(await client(box), rule) and counted(box, rule)
    shipped = [o for o in box.world.saved.orders["shopee"].values() if o.sent]
    assert len(shipped) == (1 if rule == "waybill_used" else 0)
    assert box.world.shelf("shopee").writes == 0 and box.world.grants("shopee").book.refreshed == 0
    await box.http.aclose()


async def test_tokens_at_a_renewal(sandbox: Sandbox) -> None:
    """The old access token lives for five minutes more, the old refresh token not at all."""
    first = await wrong.granted(sandbox)
    assert set(first) == set(sample("shopee/token_get.json")) and first["expire_in"] == 14_400
    second = await fetching(RENEW, refresh_token=first["refresh_token"])(sandbox)
    assert set(second) == set(sample("shopee/token_refresh.json"))
    assert second["access_token"] != first["access_token"] and second["refresh_token"] != first["refresh_token"]
    sandbox.now += 300
    assert (await call(access_token=first["access_token"])(sandbox))["error"] == ""
    sandbox.now += 1
    assert (await call(access_token=first["access_token"])(sandbox))["error"] == "invalid_acceess_token"
    assert (await call(access_token=second["access_token"])(sandbox))["error"] == ""


async def test_what_the_rules_allow(sandbox: Sandbox) -> None:
    """The last of each that is still right: else a rule that refuses everything would pass."""
    sandbox.world.shelf("shopee").reserved["TEE-WHT-M"] = 12
    main = {"shop_id": None, "main_account_id": MAIN_ACCOUNT}
    right: list[Wrong] = [
        call(),
        wrong.stamped(-300),
        wrong.stamped(300),
        wrong.listing(-15 * DAY, 0),
        asking(page_size=100, order_status="IN_CANCEL"),
        asking(time_range_field="create_time"),
        wrong.noting(90 * DAY, note=""),
        shipping(package_number=None),
        shipping(non_integrated={"tracking_number": "A" * 64}),
        how(),
        splitting(*wrong.PARTED),
        splitting((item(LAMP, 0, order_item_id=LAMP, promotion_group_id=0, model_quantity=1), item(TEE, WHITE))),
        wrong.joining(split=True),
        returns(since=-15 * DAY),
        returns(created=-3600, status="JUDGING", page_no=3),
        asking(ITEMS, offset=0, page_size=100, item_status="SHOPEE_DELETE"),
        asking(BASE, item_id_list=f"{TEE},1"),
        asking(MODELS, item_id=TEE),
        put(row(WHITE, 12), row(BLACK, 0)),
        put({"seller_stock": [{"stock": 5}]}, item_id=SOCK),
        fetching(TOKEN),
        fetching(TOKEN, **main),
        refreshing(30 * DAY),
        lambda box: wrong.public(box, SHOPS, page_size=100, page_no=2),
    ]
    for client in right:
        answer = await client(sandbox)
        assert answer["error"] == "", answer
    assert not sandbox.world.refusals


async def test_a_parcel_at_a_time(sandbox: Sandbox) -> None:
    id = await wrong.order(sandbox)
    found = await wrong.parted(sandbox, id)
    first, second = (one["package_number"] for one in found["response"]["package_list"])
    ready = await sandbox.shopee(HOW, order_sn=id, package_number=first)
    assert ready["response"]["info_needed"] == {"non_integrated": ["tracking_number"]}
    body = {"order_sn": id, "package_number": first, "non_integrated": {"tracking_number": OURS}}
    assert (await sandbox.shopee(SHIP, body=body))["error"] == ""
    states = {}
    for number in (first, second):
        answer = await sandbox.shopee(NUMBER, order_sn=id, package_number=number)
        states[number] = answer["response"]["tracking_number"]
    assert states == {first: OURS, second: ""}
    look = await sandbox.look("shopee", id)
    assert look["platform_state"] == "READY_TO_SHIP" and look["state"] == "paid"
    whole = await sandbox.shopee(DETAIL, order_sn_list=id, response_optional_fields="package_list,split_up")
    [row_] = whole["response"]["order_list"]
    assert row_["split_up"] is True
    assert [one["logistics_status"] for one in row_["package_list"]] == [
        "LOGISTICS_REQUEST_CREATED",
        "LOGISTICS_READY",
    ]
    await sandbox.shopee(SHIP, body=body | {"package_number": second, "non_integrated": {"tracking_number": "B1"}})
    assert (await sandbox.look("shopee", id))["platform_state"] == "PROCESSED"


async def test_shapes_are_the_samples(sandbox: Sandbox) -> None:
    id = await wrong.order(sandbox, "completed")
    await sandbox.control("refund", platform="shopee", external_id=id, to="asked", lines=[1])
    answer = await returns()(sandbox)
    model = sample("shopee/return_list.json")
    assert set(answer) == set(model)
    assert set(answer["response"]["return"][0]) == set(model["response"]["return"][0])
    assert set(answer["response"]["return"][0]["item"][0]) == set(model["response"]["return"][0]["item"][0])
    assert answer["response"]["return"][0]["order_sn"] == id
