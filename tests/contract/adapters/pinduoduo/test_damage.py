"""Damaged answers of Pinduoduo: an error of ours or a sane result, never anything else."""

import asyncio
from typing import Any

import httpx
from hypothesis import given
from hypothesis import strategies as st

from server.platforms.port import Account, Listing, Shipment, StockOrder
from tests.contract.adapters.damage import Day, Step, all_of, record, reveal, thorough
from tests.contract.adapters.pinduoduo.house import OURS, House
from tests.contract.adapters.support import form


def steps(house: House, code: str) -> dict[str, Step]:
    """All that the port asks of Pinduoduo, by name. What ends tokens comes last."""
    window, recent = house.window(), house.window(behind=-1)
    wanted = [StockOrder("100000000007", "200000000507", 5, "k")]
    return {
        "account": lambda a, shop, one: a.account(shop),
        "changed": lambda a, shop, one: all_of(a.changed(shop, window)),
        "placed": lambda a, shop, one: all_of(a.placed(shop, window)),
        "order": lambda a, shop, one: a.order(shop, one),
        "refunds": lambda a, shop, one: all_of(a.refunds(shop, recent)),
        "remark": lambda a, shop, one: a.remark(shop, one, "x"),
        "carriers": lambda a, shop, one: a.carriers(shop),
        "listings": lambda a, shop, one: all_of(a.listings(shop)),
        "set_stock": lambda a, shop, one: a.set_stock(shop, wanted),
        "add_stock": lambda a, shop, one: a.add_stock(shop, wanted),
        "reveal": reveal,
        "ship": lambda a, shop, one: a.ship(shop, Shipment(one, OURS, "SLX")),
        "refresh": lambda a, shop, one: a.refresh(shop),
        "exchange": lambda a, shop, one: a.exchange(shop, code, ""),
    }


def _name(request: httpx.Request) -> str:
    """The method; of the lists of cases each state by itself, of the goods each shelf."""
    asked = form(request)
    return f"{asked['type']} {asked.get('after_sales_status', '')}{asked.get('is_onsale', '')}".strip()


def _also(one: Any) -> bool:
    match one:
        case Listing():
            return bool(one.item)
        case Account():
            return bool(one.external_id)
    return True


async def _day() -> Day:
    """A day of a small shop."""
    house = House()
    await house.granted()
    house.own(listing_prices=True, reserved_inside=True)
    [id] = await house.place(skus=["LAMP"])
    for state in ("paid", "shipped", "completed"):
        [one] = await house.place(skus=["SOCK"], state=state)
        await house.refund(one, "done" if state == "shipped" else "asked")
    return await record(house, id, steps(house, await house.code()), _name, _also)


DAY = asyncio.run(_day())


def test_the_day_was_full() -> None:
    DAY.again()


@thorough
@given(data=st.data())
def test_an_error_of_ours_or_a_sane_result(data: st.DataObject) -> None:
    DAY.damaged(data)
