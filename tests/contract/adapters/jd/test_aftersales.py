"""JD's after-sales: two lists with numbers of their own, sums in fen, states by their numbers."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from server.errors import Rejected
from server.platforms import registry
from server.platforms.jd import aftersales
from server.platforms.port import RawRefund, Shop, Window
from server.sandbox.accounts import JD
from tests.contract.adapters.jd.house import House
from tests.contract.adapters.support import client, form, reply, sample, shop, vectors


async def cases(jd: House, window: Window | None = None) -> dict[str, RawRefund]:
    found: dict[str, RawRefund] = {}
    async for page in jd.adapter.refunds(jd.shop, window or jd.window()):
        found |= {case.external_id: case for case in page}
    return found


def row(name: str, place: str, listed: str, n: int = 0, **changes: Any) -> bytes:
    body = next(iter(vectors(f"jd/{name}.json").values()))
    return json.dumps(body[place][listed][n] | changes).encode()


def test_a_refund_asked_for_before_shipping() -> None:
    asked = aftersales.refund(row("refundapply_queryPageList", "queryResult", "result"))
    assert (asked.external_id, asked.order_id, asked.state, asked.kind) == (
        "R5000000001",
        "300000000003",
        "asked",
        "money",
    )
    assert asked.amount_minor == 29480 and asked.modified == datetime(2026, 11, 22, 1, 25, tzinfo=UTC)
    passed = aftersales.refund(row("refundapply_queryPageList", "queryResult", "result", 1))
    assert passed.state == "done" and passed.modified == datetime(2026, 11, 22, 1, 40, tzinfo=UTC)


def test_a_service_order() -> None:
    found = aftersales.service(row("asc_query_list", "pageResult", "data"))
    assert (found.external_id, found.order_id, found.state, found.kind) == (
        "700000001",
        "300000000005",
        "asked",
        "return",
    )
    assert found.line_keys == ("100000000001",) and found.amount_minor is None
    assert found.modified == datetime(2026, 11, 22, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "state"),
    [(0, "asked"), ("0", "asked"), (2, "disputed"), (3, "done"), (11, "closed"), (19, "disputed"), (27, "agreed"),
     (26, "unknown"), (None, "unknown"), ("x", "unknown"), (True, "unknown"), (-1, "unknown")],
)  # fmt: skip
def test_states_of_refunds(status: Any, state: str) -> None:
    body = row("refundapply_queryPageList", "queryResult", "result", status=status)
    assert aftersales.refund(body).state == state


@pytest.mark.parametrize(
    ("status", "state"),
    [(10000, "asked"), ("10005", "returning"), (10007, "received"), (10010, "done"), (10011, "closed"),
     (10004, "closed"), (10041, "received"), (12000, "agreed"), (99999, "unknown")],
)  # fmt: skip
def test_states_of_service_orders(status: Any, state: str) -> None:
    assert aftersales.service(row("asc_query_list", "pageResult", "data", serviceStatus=status)).state == state


@pytest.mark.parametrize(
    ("expect", "kind"),
    [(10, "return"), (11, "money"), ("20", "exchange"), (80, "exchange"), (30, "other"), (None, "other")],
)
def test_kinds_of_service_orders(expect: Any, kind: str) -> None:
    assert aftersales.service(row("asc_query_list", "pageResult", "data", customerExpect=expect)).kind == kind


@pytest.mark.parametrize(
    ("value", "fen"),
    [("29480.0", 29480), ("29480", 29480), (18400, 18400), ("294.8", None), (None, None), ("-1", None), ("x", None)],
)
def test_sums_are_fen_or_not_said(value: Any, fen: int | None) -> None:
    assert aftersales.fen(value) == fen


async def test_asked_then_decided(jd: House) -> None:
    [id] = await jd.place(skus=["LAMP", "LAMP"])
    await jd.control("refund", platform="jd", external_id=id, to="asked")
    [asked] = (await cases(jd)).values()
    assert (asked.order_id, asked.state, asked.kind) == (id, "asked", "money")
    assert asked.amount_minor == 2 * 1990 and asked.external_id.startswith("R")
    await jd.control("refund", platform="jd", external_id=id, to="done")
    [done] = (await cases(jd)).values()
    assert (done.external_id, done.state) == (asked.external_id, "done")


async def test_what_was_asked_long_ago_comes_again_when_it_is_decided(jd: House) -> None:
    [id] = await jd.place()
    [line] = jd.world.find("jd", id).lines[:1]
    await jd.control("refund", platform="jd", external_id=id, to="asked", lines=[1])
    case = jd.world.cases("jd")[line.refund_id]
    case.created = case.modified = int(time.time()) - 5 * 86_400
    assert await cases(jd) == {}
    await jd.control("refund", platform="jd", external_id=id, to="none", lines=[1])
    [closed] = (await cases(jd)).values()
    assert closed.state == "closed"


async def test_a_return_with_the_money_that_went_back(jd: House) -> None:
    [id] = await jd.place(skus=["LAMP"], state="completed")
    await jd.control("refund", platform="jd", external_id=id, to="asked")
    [asked] = (await cases(jd)).values()
    assert (asked.kind, asked.state, asked.amount_minor) == ("return", "asked", None)
    order = json.loads((await jd.adapter.order(jd.shop, id)).body)
    assert asked.line_keys == (order["itemInfoList"][0]["skuId"],)
    await jd.control("refund", platform="jd", external_id=id, to="done")
    [done] = (await cases(jd)).values()
    assert (done.state, done.amount_minor) == ("done", 1990)


async def test_more_than_a_page(jd: House) -> None:
    ids = await jd.place(aftersales.PAGE + 3, skus=["LAMP"])
    for id in ids:
        await jd.control("refund", platform="jd", external_id=id, to="asked")
    assert {case.order_id for case in (await cases(jd)).values()} == set(ids)


async def test_service_orders_can_be_left_out_and_a_stranger_is_refused(jd: House) -> None:
    jd.with_(external_id="1")
    with pytest.raises(Rejected):
        await cases(jd)
    jd.with_(settings={"own": {"service_orders": False}})
    assert await cases(jd) == {}


async def asked_with(shop_: Shop) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        sent = form(request)
        seen.append(json.loads(sent["360buy_param_json"]) | {"method": sent["method"]})
        if "refundapply" in sent["method"]:
            return reply({"x_responce": {"code": "0", "queryResult": {"totalCount": 0, "result": None}}})
        return reply({"x_responce": {"code": "0", "pageResult": {"totalCount": "0", "data": []}}})

    now = datetime(2026, 11, 22, 2, tzinfo=UTC)  # 10:00 in Beijing
    async with client(handler) as web:
        adapter = registry.connect("jd", web)
        assert [p async for p in adapter.refunds(shop_, Window(now - timedelta(hours=1), now))] == []
    return seen


async def test_who_asks_is_said_with_each_call() -> None:
    named = {"own": {"operate_pin": "pin1", "operate_nick": "nick1"}}
    calls = await asked_with(shop("jd", external_id=JD["external_id"], settings=named))
    for one in calls[2:]:
        assert (one["buId"], one["operatePin"], one["operateNick"]) == (JD["external_id"], "pin1", "nick1")
    assert calls[0]["applyTimeStart"] == "2026-11-22 09:00:00" and calls[1]["checkTimeEnd"] == "2026-11-22 10:00:00"


@pytest.mark.parametrize(
    ("chosen", "method", "names"),
    [
        ({}, "jingdong.asc.sync.list", ["updateTime", "freightUpdateDate"]),
        ({"service_list": "query"}, "jingdong.asc.query.list", ["applyTime", "approveTime", "finishTime"]),
    ],
)
async def test_by_which_times_service_orders_are_asked_for(
    chosen: dict[str, str], method: str, names: list[str]
) -> None:
    calls = (await asked_with(shop("jd", external_id=JD["external_id"], settings={"own": chosen})))[2:]
    assert [one["method"] for one in calls] == [method] * len(names)
    for one, name in zip(calls, names, strict=True):
        assert (one[f"{name}Begin"], one[f"{name}End"]) == ("2026-11-22 09:00:00", "2026-11-22 10:00:00")
        assert one["pageSize"] <= 50


async def test_any_change_of_a_service_order_brings_it_again(jd: House) -> None:
    """Goods that are on their way back, an application of long ago: no time of the older list moves."""
    [id] = await jd.place(skus=["LAMP"], state="completed")
    await jd.control("refund", platform="jd", external_id=id, to="asked")
    [case] = jd.world.cases("jd").values()
    case.created -= 5 * 86_400
    case.modified -= 60
    case.waybill_no = "YT0000000000"
    [found] = (await cases(jd)).values()
    assert (found.external_id, found.waybill_no, found.state) == (case.id, "YT0000000000", "asked")
    assert found.modified is not None and int(found.modified.timestamp()) == case.modified
    jd.with_(settings={"own": {"service_list": "query"}})
    assert await cases(jd) == {}


@pytest.mark.parametrize("chosen", ["sync", "query"])
async def test_both_lists_of_service_orders_say_the_same(jd: House, chosen: str) -> None:
    jd.with_(settings={"own": {"service_list": chosen}})
    ids = await jd.place(3, skus=["LAMP"], state="completed")
    for id, to in zip(ids, ("asked", "done", "none"), strict=True):
        await jd.control("refund", platform="jd", external_id=id, to="asked")
        await jd.control("refund", platform="jd", external_id=id, to=to)
    found = {case.order_id: case for case in (await cases(jd)).values()}
    assert [found[id].state for id in ids] == ["asked", "done", "closed"]
    assert [found[id].amount_minor for id in ids] == [None, 1990, None]


def test_samples_hold_no_order() -> None:
    assert not registry.get("jd").split(sample("jd/refundapply_queryPageList.json")).is_orders
