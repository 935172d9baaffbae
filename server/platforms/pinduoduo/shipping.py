"""Pinduoduo's write-back: the first shipment of a whole order; and the carriers there.

More parcels of one order can only be told for the buyer to read (order.upload.extra.logistics): that ships nothing, so
a plan in parts is refused before it starts.
"""

from typing import Final

from server.errors import Rejected
from server.platforms import adapter, http
from server.platforms.body import first_id, text, text_id
from server.platforms.pinduoduo import orders
from server.platforms.pinduoduo.body import BODY
from server.platforms.pinduoduo.client import NAME, Client, answer, listed
from server.platforms.pinduoduo.own import own
from server.platforms.port import CarrierName, Shipment, Shipped, Shop

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
    company, careful = adapter.carrier(NAME, shop, shipment.carrier_code, CARRIERS), own(shop).refund_check
    try:
        if careful:
            await _no_refund(client, shop, shipment.external_id)
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


async def _no_refund(client: Client, shop: Shop, external_id: str) -> None:
    """refund.status.check, right before: PDD may take a shipment whose buyer asks for the money. Raises Rejected."""
    data = await client.call(shop, "pdd.refund.status.check", order_sns=external_id)
    root = answer(data, "refund_status_check_response")
    if any(first_id(row, "order_sn") == external_id for row in listed(root, "order_sns_exists_refund")):
        message = "拼多多这笔订单有售后，没有发货：请先在卖家后台处理售后"
        raise Rejected("platform_refund", message, external_id=external_id)


def _confirmed(data: bytes, external_id: str) -> None:
    if answer(data, "logistics_online_send_response").get("is_success") is not True:
        raise Rejected("platform_rejected", "拼多多没有确认发货，请在卖家后台核对", external_id=external_id)


async def carriers(client: Client, shop: Shop) -> list[CarrierName]:
    """logistics.companies.get: only those that may be used now."""
    data = await client.open(shop, "pdd.logistics.companies.get")
    found = listed(answer(data, "logistics_companies_get_response"), "logistics_companies")
    if not found:
        raise http.unreadable(NAME)
    usable = [row for row in found if text_id(row.get("available")) == "1" and first_id(row, "id")]
    return [CarrierName(first_id(row, "id"), text(row.get("logistics_company"))) for row in usable]
