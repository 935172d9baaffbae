"""Damaged answers of JD, old and new API: an error of ours or a sane result, never anything else."""

import asyncio
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.platforms.port import Listing, Shipment, StockOrder
from tests.contract.adapters.damage import Day, Step, all_of, record, reveal, thorough
from tests.contract.adapters.jd.house import OURS, House
from tests.contract.adapters.support import form

OWN = {"own": {"stock_add": True, "shipment_type": 1, "merge_shipment_flag": 0, "company_scope": 1,
               "stock_model": "SIM_SET", "stock_operation": 1, "placed_query": {"a": "b"}}}  # fmt: skip


def steps(house: House, code: str) -> dict[str, Step]:
    """All that the port asks of JD, by name."""
    window = house.window()
    wanted = [StockOrder("10000000007", "100000000507", 5, "k")]
    return {
        "account": lambda a, shop, one: a.account(shop),
        "changed": lambda a, shop, one: all_of(a.changed(shop, window)),
        "placed": lambda a, shop, one: all_of(a.placed(shop, window)),
        "order": lambda a, shop, one: a.order(shop, one),
        "refunds": lambda a, shop, one: all_of(a.refunds(shop, window)),
        "remark": lambda a, shop, one: a.remark(shop, one, "x"),
        "carriers": lambda a, shop, one: a.carriers(shop),
        "listings": lambda a, shop, one: all_of(a.listings(shop)),
        "set_stock": lambda a, shop, one: a.set_stock(shop, wanted),
        "add_stock": lambda a, shop, one: a.add_stock(shop, wanted),
        "reveal": reveal,
        "exchange": lambda a, shop, one: a.exchange(shop, code, ""),
        "ship": lambda a, shop, one: a.ship(shop, Shipment(one, OURS, "SLX")),
    }


def _name(request: httpx.Request) -> str:
    return form(request).get("method") or f"{request.method} {request.url.path}"


def _also(one: Any) -> bool:
    return bool(one.platform_sku) if isinstance(one, Listing) else True


async def _day(code: str) -> Day:
    """A day of a small shop."""
    house = House(code)
    house.with_(settings={"own": house.shop.settings["own"] | OWN["own"]})
    [id] = await house.place(skus=["LAMP"])
    [sold] = await house.place(skus=["SOCK"], state="completed")
    [old] = await house.place(at=int(house.window(120).since.timestamp()))
    await house.control("note", platform="jd", external_id=old, seller="x")
    for one in (sold, (await house.place())[0]):
        await house.refund(one, "done")
    able = {"add_stock": house.adapter.powers.stock_add, "reveal": house.adapter.powers.reveal}
    known = {name: step for name, step in steps(house, await house.code()).items() if able.get(name, True)}
    return await record(house, id, known, _name, _also)


DAYS = {code: asyncio.run(_day(code)) for code in ("jd", "jdsp")}


@pytest.mark.parametrize("code", DAYS)
def test_the_days_were_full(code: str) -> None:
    DAYS[code].again()


@pytest.mark.parametrize("code", DAYS)
@thorough
@given(data=st.data())
def test_an_error_of_ours_or_a_sane_result(code: str, data: st.DataObject) -> None:
    DAYS[code].damaged(data)
