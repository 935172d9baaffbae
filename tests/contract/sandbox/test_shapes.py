"""Answers use the samples' field names and nothing else; receivers are masked; sums add up."""

from decimal import Decimal
from typing import Any

from server.sandbox.catalogue import SKUS, ean13
from tests.contract.sandbox.callers import JD_FIELDS, SHOPEE_FIELDS, TRADE_FIELDS, Sandbox, sample


def names(value: Any, at: str = "") -> set[str]:
    """Every path of field names in a body; list rows count together."""
    if isinstance(value, list):
        return set().union(*(names(row, at) for row in value)) if value else set()
    if not isinstance(value, dict):
        return set()
    return {f"{at}.{k}" for k in value} | set().union(*(names(v, f"{at}.{k}") for k, v in value.items()))


def kinds(value: Any, at: str = "") -> dict[str, set[str]]:
    """The JSON kinds seen at every path: ids that are text in the sample must be text here."""
    found: dict[str, set[str]] = {}
    if isinstance(value, list):
        inner = [kinds(row, at) for row in value]
    elif isinstance(value, dict):
        inner = [kinds(v, f"{at}.{k}") for k, v in value.items()]
    else:
        kind = {bool: "bool", int: "number", float: "number", str: "text", type(None): "null"}[type(value)]
        return {at: {kind}}
    for part in inner:
        for path, seen in part.items():
            found.setdefault(path, set()).update(seen)
    return found


def assert_kinds(answer: Any, *models: str) -> None:
    """null and a value may stand for each other, other kinds may not."""
    allowed = kinds([sample(model) for model in models])
    for path, seen in kinds(answer).items():
        wanted = allowed.get(path, seen) | {"null"}
        assert seen <= wanted or wanted == {"null"}, (path, seen, wanted)


async def stir(box: Sandbox, platform: str) -> list[str]:
    """Orders in every state, so that every optional field is met."""
    ids = await box.place(platform, 12)
    ids += (await box.control("orders", platform=platform, count=60, odd=True))["ids"]
    for state in ("unpaid", "shipped", "completed", "cancelled"):
        ids += await box.place(platform, state=state)
    await box.control("cancel", platform=platform, external_id=ids[0])
    await box.control("note", platform=platform, external_id=ids[1], buyer="请放门口", seller="备注", flag=3)
    await box.control("refund", platform=platform, external_id=ids[2], to="asked", lines=[1])
    await box.control("risk", platform=platform, external_id=ids[3])
    box.now += 200
    return ids


async def test_taobao(sandbox: Sandbox) -> None:
    ids = await stir(sandbox, "taobao")
    page = await sandbox.taobao_page(1, 100)
    assert names(page) <= names(sample("taobao/trades_sold_increment_get.page.json")) | {
        ".trades_sold_increment_get_response.total_results"
    }
    assert_kinds(page, "taobao/trades_sold_increment_get.page.json")
    allowed = set().union(
        *(names(sample(f"taobao/trade_fullinfo_get.{kind}.json")) for kind in ("normal", "single_line", "refund"))
    ) | {".trade_fullinfo_get_response.trade.end_time"}  # listed by the fact sheet, in no sample
    for tid in ids:
        wanted = {"fields": TRADE_FIELDS + ",tid_str", "tid": tid, "include_oaid": "true"}
        answer = await sandbox.taobao("taobao.trade.fullinfo.get", **wanted)
        assert names(answer) <= allowed, names(answer) - allowed
        assert_kinds(
            answer, *(f"taobao/trade_fullinfo_get.{kind}.json" for kind in ("normal", "single_line", "refund"))
        )
        trade = answer["trade_fullinfo_get_response"]["trade"]
        lines = trade["orders"]["order"]
        postage = Decimal(trade["post_fee"]) if len(lines) > 1 else 0
        assert sum(Decimal(line["divide_order_fee"]) for line in lines) + postage == Decimal(trade["payment"])
        assert (trade["num"] == 0) == (len(lines) > 1)


async def test_taobao_masks_and_oaid(sandbox: Sandbox) -> None:
    [tid] = await sandbox.place("taobao")
    order = sandbox.world.find("taobao", tid)
    [row] = (await sandbox.taobao_page(1))["trades_sold_increment_get_response"]["trades"]["trade"]
    text = str(row)
    assert not any(part in text for part in (order.receiver.name, order.receiver.phone, order.receiver.street))
    assert row["receiver_mobile"] == "*******" + order.receiver.phone[-4:]

    async def oaid(**more: Any) -> str | None:
        wanted = {"fields": TRADE_FIELDS, "tid": tid, "include_oaid": "true"} | more
        answer = await sandbox.taobao("taobao.trade.fullinfo.get", **wanted)
        found: str | None = answer["trade_fullinfo_get_response"]["trade"].get("oaid")
        return found

    first = await oaid()
    assert first and len(first) <= 128 and first == row["oaid"]
    assert await oaid(fields=TRADE_FIELDS.replace("receiver_phone,", "")) is None  # one of its sources is missing
    assert await oaid(include_oaid="false") is None
    merged = await sandbox.taobao("taobao.top.oaid.merge", merge_list=f'[{{"tid":"{tid}","oaid":"{first}"}}]')
    assert merged["top_oaid_merge_response"]["tid_list"] == {"string": [tid]}
    sandbox.now += 7 * 86_400
    assert await oaid() not in (None, first)  # another natural week
    week_later = await oaid()
    await sandbox.control("address", platform="taobao", external_id=tid)
    assert await oaid() != week_later


async def test_a_county_without_a_city(sandbox: Sandbox) -> None:
    [tid] = await sandbox.place("taobao")
    parts = {"province": "河南省", "city": "", "district": "济源市"}
    await sandbox.control("address", platform="taobao", external_id=tid, parts=parts)
    [row] = (await sandbox.taobao_page(1))["trades_sold_increment_get_response"]["trades"]["trade"]
    assert "receiver_city" not in row and row["receiver_district"] == "济源市"


async def test_jd(sandbox: Sandbox) -> None:
    ids = await stir(sandbox, "jd")
    fields = JD_FIELDS + ",pin,open_id_buyer,invoiceEasyInfo,vatInfo,storeOrder,orderSource,popSignMap"
    page = await sandbox.jd_page(1, 100, optional_fields=fields)
    assert names(page) <= names(sample("jd/pop_order_search.masked.json"))
    assert_kinds(page, "jd/pop_order_search.masked.json")
    for row in page["jingdong_pop_order_search_responce"]["searchorderinfo_result"]["orderInfoList"]:
        seller = Decimal(row["orderTotalPrice"]) - Decimal(row["sellerDiscount"])
        assert Decimal(row["orderSellerPrice"]) == seller
        assert Decimal(row["orderPayment"]) == seller + Decimal(row["freightPrice"])
        assert set(row["consigneeInfo"]["mobile"][3:7]) == {"*"} and row["consigneeInfo"]["oaid"]
        receiver = sandbox.world.find("jd", row["orderId"]).receiver
        assert receiver.street not in str(row) and receiver.phone not in str(row) and receiver.name not in str(row)
    sealed = await sandbox.jd("jingdong.pop.order.enGet", {"order_id": ids[5], "optional_fields": fields})
    assert names(sealed) <= names(sample("jd/pop_order_enGet.normal.json"))
    consignee = sealed["jingdong_pop_order_enGet_responce"]["orderDetailInfo"]["orderInfo"]["consigneeInfo"]
    assert consignee["fullname"].startswith("AAQ") and "oaid" not in consignee
    none = await sandbox.jd("jingdong.pop.order.enGet", {"order_id": 1, "optional_fields": "orderId"})
    assert names(none) == names(sample("jd/pop_order_enGet.api_failure.json"))


async def test_pinduoduo(sandbox: Sandbox) -> None:
    ids = await stir(sandbox, "pinduoduo")
    page = await sandbox.pdd_page(1, 100)
    whole = names(sample("pinduoduo/order_increment_page1_total.json"))
    assert names(page) == whole
    assert_kinds(page, "pinduoduo/order_increment_page1_total.json", "pinduoduo/order_increment_has_next.json")
    for sn in ids:
        answer = await sandbox.pdd("pdd.order.information.get", order_sn=sn)
        if "error_response" in answer:  # never paid
            assert answer["error_response"]["sub_msg"] == "订单不属于当前店铺或订单不存在"
            continue
        row = answer["order_info_get_response"]["order_info"]
        assert names(answer) <= names(sample("pinduoduo/order_information_normal.json"))
        sums = [Decimal(str(row[k])) for k in ("goods_amount", "discount_amount", "postage", "pay_amount")]
        assert sums[0] - sums[1] + sums[2] == sums[3]
        waiting = row["order_status"] == 1 and not row["risk_control_status"]
        for name, mark in (("receiver_name", "~"), ("receiver_phone", "$"), ("address", "~")):
            assert row[name].startswith(mark) and row[name].endswith(mark * 2) if waiting else row[name] == ""
        assert bool(row["receiver_name_mask"]) != bool(row["risk_control_status"])
        assert sandbox.world.find("pinduoduo", sn).receiver.phone not in str(row)


async def test_shopee(sandbox: Sandbox) -> None:
    ids = await stir(sandbox, "shopee")
    listed = await sandbox.shopee_page(response_optional_fields="order_status", size=2)
    assert names(listed) <= names(sample("shopee/order_list_page1.json"))
    for at in range(0, len(ids), 50):
        answer = await sandbox.shopee(
            "order/get_order_detail",
            order_sn_list=",".join(ids[at : at + 50]),
            response_optional_fields=SHOPEE_FIELDS,
            request_order_status_pending="true",
        )
        assert names(answer) <= names(sample("shopee/order_detail_normal.json"))
        assert_kinds(answer, "shopee/order_detail_normal.json", "shopee/order_detail_mixed.json")
        for row in answer["response"]["order_list"]:
            clear = row["order_status"] in ("READY_TO_SHIP", "TO_RETURN")
            receiver = sandbox.world.find("shopee", row["order_sn"]).receiver
            assert (receiver.phone in str(row)) == (receiver.street in str(row)) == clear
            goods = sum(
                Decimal(str(i["model_discounted_price"])) * i["model_quantity_purchased"] for i in row["item_list"]
            )
            assert goods + Decimal("1.99") == Decimal(str(row["total_amount"]))
    bare = await sandbox.shopee("order/get_order_detail", order_sn_list=ids[5], request_order_status_pending="true")
    assert names(bare) == names(sample("shopee/order_detail_without_optional_fields.json"))


def test_the_catalogue() -> None:
    assert len(SKUS) == 24
    for what in ("code", "barcode", "bin"):
        assert len({getattr(sku, what) for sku in SKUS}) == 24
    assert ean13("400638133393") == "4006381333931"  # the example everybody prints
    assert all(sku.barcode == ean13(sku.barcode[:12]) for sku in SKUS)
