"""Pinduoduo's write-back: the first shipment of an order."""

from typing import Final

from server.errors import Rejected
from server.platforms import adapter, http, raw
from server.platforms.body import part, text
from server.platforms.pinduoduo import orders
from server.platforms.pinduoduo.body import BODY
from server.platforms.pinduoduo.client import NAME, Client
from server.platforms.port import Shipment, Shipped, Shop

CARRIERS: Final = {
    "SLX": "900001",
    "SF": "44",
    "ZTO": "115",
    "YTO": "85",
    "STO": "1",
    "YUNDA": "121",
    "EMS": "118",
    "DBKD": "131",
}


async def ship(client: Client, shop: Shop, shipment: Shipment) -> Shipped:
    """logistics.online.send, first shipment only. Codes of its refusals are unknown, so the order itself is read."""
    company = adapter.carrier(NAME, shop, shipment.carrier_code, CARRIERS)
    try:
        data = await client.call(
            shop,
            "pdd.logistics.online.send",
            order_sn=shipment.external_id,
            logistics_id=company,
            tracking_number=shipment.waybill_no,
            redelivery_type="1",
        )
        _confirmed(data, shipment.external_id)
    except Rejected:
        number = await sent_number(client, shop, shipment.external_id)
        if number == shipment.waybill_no:
            return Shipped(already=True)
        if number:
            raise adapter.sent_otherwise(NAME, shipment.external_id, [number]) from None
        raise
    return Shipped()


async def sent_number(client: Client, shop: Shop, external_id: str) -> str:
    order = adapter.opened(BODY, await orders.read(client, shop, external_id))
    return text(order.get("tracking_number"))


def _confirmed(data: bytes, external_id: str) -> None:
    try:
        answer = part(raw.load_object(data), "logistics_online_send_response")
    except raw.Unreadable:
        raise http.unreadable(NAME) from None
    if answer.get("is_success") is not True:
        raise Rejected("platform_rejected", "拼多多没有确认发货，请在卖家后台核对", external_id=external_id)
