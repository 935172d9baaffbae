"""Shopee's write-back: arranging the shipment in the one way that takes our own waybill number."""

from typing import Any, Final

from server.errors import Rejected, Unavailable
from server.platforms import adapter, http, raw
from server.platforms.body import part, text
from server.platforms.port import Shipment, Shipped, Shop
from server.platforms.shopee.client import NAME, Client
from server.platforms.shopee.errors import ALREADY_SHIPPED, NOT_READY

_MODES: Final = ("non_integrated", "dropoff", "pickup")


async def ship(client: Client, shop: Shop, shipment: Shipment) -> Shipped:
    """get_shipping_parameter, then ship_order with exactly one mode. No carrier is named: the channel is the order's.

    "Shipped already", and a state that may mean it, are judged by the number that Shopee then holds.
    """
    try:
        needed = await _needed(client, shop, shipment)
        await client.post(shop, "logistics/ship_order", {**_order(shipment), **_mode(needed, shipment)})
    except Rejected as refusal:
        if refusal.detail.get("platform_code") not in (ALREADY_SHIPPED, NOT_READY):
            raise
        return await _held(client, shop, shipment, refusal)
    return Shipped()


async def _held(client: Client, shop: Shop, shipment: Shipment, refusal: Rejected) -> Shipped:
    """Raises the refusal again when the order is not shipped at all, Unavailable while the number is being made."""
    number = await tracking_number(client, shop, shipment)
    if number == shipment.waybill_no:
        return Shipped(already=True)
    if number:
        raise adapter.sent_otherwise(NAME, shipment.external_id, [number]) from None
    if refusal.detail.get("platform_code") == ALREADY_SHIPPED:
        raise Unavailable(
            "platform_no_number_yet", "Shopee 已安排发货，运单号尚未生成，稍后再查", retry_after=300
        ) from None
    raise refusal


async def tracking_number(client: Client, shop: Shop, shipment: Shipment) -> str:
    """What Shopee holds; "" for none yet."""
    data = await client.get(shop, "logistics/get_tracking_number", **_order(shipment))
    return text(_response(data).get("tracking_number"))


async def _needed(client: Client, shop: Shop, shipment: Shipment) -> dict[str, Any]:
    data = await client.get(shop, "logistics/get_shipping_parameter", **_order(shipment))
    return part(_response(data), "info_needed")


def _mode(needed: dict[str, Any], shipment: Shipment) -> dict[str, Any]:
    """The mode that asks for a tracking number. Others make Shopee's own, and our label would be void."""
    for name in _MODES:
        fields = needed.get(name)
        if isinstance(fields, list) and "tracking_number" in fields and set(fields) <= {"tracking_number"}:
            return {name: {"tracking_number": shipment.waybill_no}}
    raise Rejected(
        "platform_own_number",
        "这笔订单的物流渠道由 Shopee 分配运单号，不能回写自己的运单号，请在 Shopee 后台安排发货",
        external_id=shipment.external_id,
        modes=sorted(needed),
    )


def _order(shipment: Shipment) -> dict[str, str]:
    """A package is named only where the order is split; an empty one is refused."""
    named = {"order_sn": shipment.external_id}
    return {**named, "package_number": shipment.package_number} if shipment.package_number else named


def _response(data: bytes) -> dict[str, Any]:
    try:
        return part(raw.load_object(data), "response")
    except raw.Unreadable:
        raise http.unreadable(NAME) from None
