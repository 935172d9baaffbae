"""SP-API's write-back. Its enums are not published: nothing is sent until settings name them."""

from typing import Any

from server.errors import Rejected
from server.platforms import adapter, http, raw
from server.platforms.body import first_id, part, rows, text
from server.platforms.jd.client import number
from server.platforms.jd.shipping import CARRIERS, split
from server.platforms.jdsp.body import BODY, answer
from server.platforms.jdsp.client import NAME, Client
from server.platforms.jdsp.orders import ORDER, order, safe, vender
from server.platforms.jdsp.own import own
from server.platforms.port import CarrierName, Shipment, Shipped, Shop


async def ship(client: Client, shop: Shop, shipment: Shipment) -> Shipped:
    """The whole order as one package, with all its lines. Only where the shop's settings name the enums."""
    named = own(shop)
    if None in (named.shipment_type, named.merge_shipment_flag, named.company_scope):
        raise Rejected(
            "platform_cannot", "京东新接口的发货参数还没有公布，请先在店铺设置里填写试单得到的值", platform="jdsp"
        )
    company = adapter.carrier(NAME, shop, shipment.carrier_code, CARRIERS)
    there = adapter.opened(BODY, await order(client, shop, shipment.external_id))
    known = numbers(there)
    if shipment.waybill_no in known:
        return Shipped(already=True)
    if known:
        raise adapter.sent_otherwise(NAME, shipment.external_id, known)
    goods = [
        {"skuId": row.get("skuId"), "skuUuid": text(row.get("skuUuid")), "skuNum": row.get("num")}
        for row in rows(there.get("skuItemInfoList")) or []
    ]
    package = {
        "companyId": company,
        "companyScope": named.company_scope,
        "waybillCode": shipment.waybill_no,
        "outboundGoodsFacetDTOList": goods,
    }
    body = {
        "orderShipmentDTO": {
            "orderId": number(shipment.external_id),
            "venderId": vender(shop),
            "shipmentType": named.shipment_type,
            "mergeShipmentFlag": named.merge_shipment_flag,
            "packageInfoList": [package],
        }
    }
    await client.call(shop, "POST", f"{ORDER}/shipments", body=body, orderId=safe(shipment.external_id))
    return Shipped()


def numbers(there: dict[str, Any]) -> list[str]:
    """All waybill numbers that the order has."""
    transport = part(there, "transportInfo")
    found = split(text(transport.get("waybillCode")))
    for row in rows(transport.get("partialShipmentList")) or []:
        found += split(text(row.get("waybillCode")))
    return list(dict.fromkeys(found))


async def carriers(client: Client, shop: Shop) -> list[CarrierName]:
    data = await client.call(shop, "GET", "/sp-order/v0/carriers")
    try:
        found = rows(raw.load_object(answer(data)).get("data"))
    except raw.Unreadable:
        found = None
    if found is None:
        raise http.unreadable(NAME)
    return [CarrierName(first_id(row, "id"), text(row.get("providerName"))) for row in found if first_id(row, "id")]
