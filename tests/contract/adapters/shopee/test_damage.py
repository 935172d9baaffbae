"""Damaged answers of Shopee: an error of ours or a sane result, never anything else."""

import asyncio
from typing import Any

import httpx
from hypothesis import given
from hypothesis import strategies as st

from server.platforms.port import Grant, Listing, Part, Shipment, StockOrder
from tests.contract.adapters.damage import Day, Step, all_of, record, reveal, thorough
from tests.contract.adapters.shopee.house import OURS, House

TEE = "23000000001"


def steps(house: House, code: str) -> dict[str, Step]:
    """All that the port asks of Shopee, by name."""
    window = house.window()
    wanted = [StockOrder(TEE, "22100000001", 5), StockOrder(TEE, "22100000003", 500)]
    part = (Part("23000000007-0", 1),)
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
        "reveal": reveal,
        "exchange": lambda a, shop, one: a.exchange(shop, code, "", {"shop_id": shop.external_id}),
        "refresh": lambda a, shop, one: a.refresh(shop),
        "part": lambda a, shop, one: a.ship(shop, Shipment(one, OURS, "SLX", parts=part)),
        "again": lambda a, shop, one: a.ship(shop, Shipment(one, OURS, "SLX", parts=part)),
    }


def _name(request: httpx.Request) -> str:
    return request.url.path


def _also(one: Any) -> bool:
    match one:
        case Grant():
            ends = one.access_until is not None and one.refresh_until is not None
            return bool(one.refresh_token) and one.external_id == DAY.shop.external_id and ends
        case Listing():
            return bool(one.item)
    return True


async def _day() -> Day:
    """A day of a small shop."""
    house = House()
    house.world.shelf("shopee").reserved = {"TEE-WHT-M": 12}
    house.world.grants("shopee").book.refresh["r"] = 2**40
    house.with_(refresh_token="r")
    [id] = await house.place(skus=["LAMP", "TEE-WHT-M"])
    for one in await house.place(2, skus=["SOCK"], state="completed"):
        await house.refund(one, "done")
    return await record(house, id, steps(house, await house.code()), _name, _also, ("done", "clamped", "refused"))


DAY = asyncio.run(_day())


def test_the_day_was_full() -> None:
    DAY.again()


@thorough
@given(data=st.data())
def test_an_error_of_ours_or_a_sane_result(data: st.DataObject) -> None:
    DAY.damaged(data)
