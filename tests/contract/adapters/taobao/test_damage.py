"""Damaged answers of Taobao: an error of ours or a sane result, never anything else."""

import asyncio
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.platforms.port import Account, Listing, Part, Shipment, StockOrder
from tests.contract.adapters.damage import Day, Step, all_of, record, reveal, thorough
from tests.contract.adapters.support import form
from tests.contract.adapters.taobao.house import OURS, House

SETTINGS = {"plain": {}, "other": {"ship_api": "ascp", "tmall": True}}


def steps(house: House, code: str) -> dict[str, Step]:
    """All that the port asks of Taobao, by name."""
    window = house.window()
    wanted = [StockOrder("700000000001", "5000000000001", 5, "k"), StockOrder("700000000003", "", 5, "l")]
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
        "refresh": lambda a, shop, one: a.refresh(shop),
        "messages": lambda a, shop, one: a.messages(shop),
        "confirm": lambda a, shop, one: a.confirm(shop, ["1100000000000000001"]),
        "part": lambda a, shop, one: a.ship(shop, Shipment(one, OURS, "SLX", parts=(Part(f"{int(one) + 1}", 1),))),
        "ship": lambda a, shop, one: a.ship(shop, Shipment(one, OURS, "SLX")),
    }


def _name(request: httpx.Request) -> str:
    return form(request).get("method") or f"{request.method} {request.url.path}"


def _also(one: Any) -> bool:
    match one:
        case Listing():
            return bool(one.item)
        case Account():
            return bool(one.external_id)
    return True


async def _day(code: str) -> Day:
    """A day of a small shop."""
    house = House()
    await house.granted()
    house.own(**SETTINGS[code])
    [id] = await house.place(skus=["LAMP", "SOCK"])
    house.world.find("taobao", id).lines[0].qty = 1
    [sold] = await house.place(skus=["SOCK"], state="completed")
    for one in (sold, (await house.place())[0]):
        await house.refund(one, "done")
    return await record(house, id, steps(house, await house.code()), _name, _also)


DAYS = {code: asyncio.run(_day(code)) for code in SETTINGS}


@pytest.mark.parametrize("code", DAYS)
def test_the_days_were_full(code: str) -> None:
    DAYS[code].again()


@pytest.mark.parametrize("code", DAYS)
@thorough
@given(data=st.data())
def test_an_error_of_ours_or_a_sane_result(code: str, data: st.DataObject) -> None:
    DAYS[code].damaged(data)
