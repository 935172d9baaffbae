"""JD's write-back (出库): the whole order in one call, with one waybill number or several joined; and its carriers."""

import re
from collections.abc import Sequence
from typing import Final

from server.errors import Rejected
from server.platforms import adapter
from server.platforms.body import first_id, part, rows, text
from server.platforms.jd import orders
from server.platforms.jd.body import BODY
from server.platforms.jd.client import NAME, Client, answer
from server.platforms.port import CarrierName, Shipment, Shipped, Shop

CARRIERS: Final = {
    "SLX": "900001",
    "SF": "467",
    "ZTO": "1499",
    "YTO": "463",
    "STO": "470",
    "YUNDA": "1327",
    "EMS": "465",
    "DBKD": "3046",
}
"""Ids of JD's list. Each shop has its own choice of it: set in settings["carriers"] where they differ."""


async def ship(client: Client, shop: Shop, shipment: Shipment) -> Shipped:
    """pop.order.shipment. A shipped order answers with a state error, so on a refusal the order itself is read."""
    company, ours = companies(shop, shipment), split(shipment.waybill_no)
    try:
        await client.call(
            shop,
            "jingdong.pop.order.shipment",
            orderId=shipment.external_id,
            logiCoprId=company,  # their spelling
            logiNo=shipment.waybill_no,
        )
    except Rejected:
        numbers = await sent_numbers(client, shop, shipment.external_id)
        if ours and set(ours) <= set(numbers):
            return Shipped(already=True)
        if numbers:
            raise adapter.sent_otherwise(NAME, shipment.external_id, numbers) from None
        raise
    return Shipped()


def plan(shipments: Sequence[Shipment]) -> None:
    """JD takes an order whole, in one call: several parcels are several numbers in it. Raises Rejected."""
    if len(shipments) > 1 or any(s.parts for s in shipments):
        message = "京东的订单只能整单一次发货，不能拆单；有几个包裹时，把运单号用逗号连在一起一次回传"
        raise Rejected("platform_cannot", message, platform="jd")
    for one in shipments:
        if len(one.waybill_no.split("|")) != len(one.carrier_code.split("|")):
            raise Rejected("platform_bad_plan", "几家快递公司和运单号的个数对不上，要用竖线一一对应")


def companies(shop: Shop, shipment: Shipment) -> str:
    """JD's ids of the carriers, "|" between them as in the number. Raises Rejected."""
    return "|".join(adapter.carrier(NAME, shop, code, CARRIERS) for code in shipment.carrier_code.split("|"))


def split(waybill: str) -> list[str]:
    """Numbers as JD joins them: "|" between carriers, "," between the numbers of one."""
    return [number for number in re.split(r"[|,\s]+", waybill) if number]


async def sent_numbers(client: Client, shop: Shop, external_id: str) -> list[str]:
    order = adapter.opened(BODY, await orders.order(client, shop, external_id))
    return split(text(order.get("waybill")))


async def carriers(client: Client, shop: Shop) -> list[CarrierName]:
    """getVenderCarrier: the shop's own choice of JD's list."""
    found = part(answer(await client.call(shop, "jingdong.fce.alpha.getVenderCarrier")), "StandardGenericResponse")
    listed = rows(part(found, "result").get("carrierList"))
    if listed is None:
        words = text(found.get("resultMsg"))[:200]
        raise Rejected(
            "platform_rejected", f"京东没有给出快递公司的列表（{words}）" if words else "京东没有给出快递公司的列表"
        )
    return [CarrierName(first_id(row, "id"), text(row.get("name"))) for row in listed if first_id(row, "id")]
