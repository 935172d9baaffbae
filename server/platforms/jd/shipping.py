"""JD's write-back (出库): one waybill number for the whole order."""

import re
from typing import Final

from server.errors import Rejected
from server.platforms import adapter
from server.platforms.body import text
from server.platforms.jd import orders
from server.platforms.jd.body import BODY
from server.platforms.jd.client import NAME, Client
from server.platforms.port import Shipment, Shipped, Shop

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
    company = adapter.carrier(NAME, shop, shipment.carrier_code, CARRIERS)
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
        if shipment.waybill_no in numbers:
            return Shipped(already=True)
        if numbers:
            raise adapter.sent_otherwise(NAME, shipment.external_id, numbers) from None
        raise
    return Shipped()


async def sent_numbers(client: Client, shop: Shop, external_id: str) -> list[str]:
    """`waybill`: "|" between carriers, "," between the numbers of one."""
    order = adapter.opened(BODY, await orders.order(client, shop, external_id))
    return [number for number in re.split(r"[|,\s]+", text(order.get("waybill"))) if number]
