"""Taobao's write-back: the waybill number of an order that the seller's own carrier takes."""

from typing import Any, Final

from server.errors import Rejected
from server.platforms import adapter, http, raw
from server.platforms.body import part, rows, text
from server.platforms.port import Shipment, Shipped, Shop
from server.platforms.taobao import orders
from server.platforms.taobao.body import BODY
from server.platforms.taobao.client import NAME, Client
from server.platforms.taobao.errors import SEND_CODE

CARRIERS: Final = {code: code for code in ("SLX", "SF", "ZTO", "YTO", "STO", "YUNDA", "EMS", "DBKD")}
"""Ours are TOP's own codes."""


async def ship(client: Client, shop: Shop, shipment: Shipment) -> Shipped:
    """offline.send. A refusal of the shipment itself (B04 and its like) is judged by what the order then says."""
    company = adapter.carrier(NAME, shop, shipment.carrier_code, CARRIERS)
    try:
        data = await client.call(
            shop,
            "taobao.logistics.offline.send",
            tid=shipment.external_id,
            out_sid=shipment.waybill_no,
            company_code=company,
        )
    except Rejected as refusal:
        if not SEND_CODE.match(str(refusal.detail.get("sub_code", ""))):
            raise
        numbers = await sent_numbers(client, shop, shipment.external_id)
        if shipment.waybill_no in numbers:
            return Shipped(already=True)
        if numbers:
            raise adapter.sent_otherwise(NAME, shipment.external_id, numbers) from None
        raise
    try:
        root = part(raw.load_object(data), "logistics_offline_send_response")
    except raw.Unreadable:
        raise http.unreadable(NAME) from None
    if part(root, "shipping").get("is_success") is not True:
        raise Rejected("platform_rejected", "淘宝没有确认发货，请在卖家后台核对", external_id=shipment.external_id)
    return Shipped()


async def sent_numbers(client: Client, shop: Shop, tid: str) -> list[str]:
    """The waybill numbers that the order carries, on its lines or as a list of its own."""
    order = adapter.opened(BODY, await orders.order(client, shop, tid))
    lines: list[dict[str, Any]] = rows(part(order, "orders").get("order")) or []
    lines += rows(part(order, "logistics_infos").get("logistics_info")) or []
    found = (text(line.get("invoice_no")) or text(line.get("out_sid")) for line in lines)
    return list(dict.fromkeys(number for number in found if number))
