"""Shopee's write-back: arranging the shipment in the one way that takes our own waybill number, whole or parcel by
parcel; and the channels by which a shop ships."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec import structs

from server.errors import Rejected, Unavailable
from server.platforms import adapter, http, raw
from server.platforms.body import decimal, first_id, part, rows, text
from server.platforms.port import CarrierName, Part, Shipment, Shipped, Shop
from server.platforms.shopee import orders
from server.platforms.shopee.body import BODY, line_key
from server.platforms.shopee.client import NAME, Client, response
from server.platforms.shopee.errors import ALREADY_SHIPPED, ALREADY_SPLIT, NOT_READY
from server.platforms.shopee.own import own

Content = dict[str, int]
"""Line key -> units."""

_MODES: Final = ("non_integrated", "dropoff", "pickup")


async def ship(client: Client, shop: Shop, shipment: Shipment) -> Shipped:
    """get_shipping_parameter, then ship_order with exactly one mode. No carrier is named: the channel is the order's.

    "Shipped already", and a state that may mean it, are judged by the number that Shopee then holds.
    """
    if shipment.parts and not shipment.package_number:
        shipment = await _packed(client, shop, shipment)
    try:
        needed = await _needed(client, shop, shipment)
        await client.post(shop, "logistics/ship_order", {**_order(shipment), **_mode(needed, shipment)})
    except Rejected as refusal:
        if refusal.detail.get("platform_code") not in (ALREADY_SHIPPED, NOT_READY):
            raise
        return await _held(client, shop, shipment, refusal)
    return Shipped()


def plan(shop: Shop, shipments: Sequence[Shipment]) -> None:
    """Beyond whole lines: into how many parcels one order goes. Raises Rejected."""
    most = own(shop).most_parcels
    if len(shipments) > most:
        raise Rejected("platform_bad_plan", f"Shopee 一笔订单最多拆成 {most} 个包裹")


async def tracking_number(client: Client, shop: Shop, shipment: Shipment) -> str:
    """What Shopee holds; "" for none yet."""
    data = await client.get(shop, "logistics/get_tracking_number", **_order(shipment))
    return text(response(data).get("tracking_number"))


async def carriers(client: Client, shop: Shop) -> list[CarrierName]:
    """get_channel_list: the channels that are switched on. An order has its own; none is named when it is shipped."""
    found = rows(response(await client.get(shop, "logistics/get_channel_list")).get("logistics_channel_list"))
    if found is None:
        raise http.unreadable(NAME)
    named = [
        CarrierName(first_id(row, "logistics_channel_id"), text(row.get("logistics_channel_name")))
        for row in found
        if row.get("enabled") is not False
    ]
    return [one for one in named if one.code]


# -- parcels


async def _packed(client: Client, shop: Shop, shipment: Shipment) -> Shipment:
    """The shipment as Shopee knows it: its package, for which the order is split first where it is still one.

    An order is split in one call for all its parcels, and once; what is planned otherwise than it was split is refused.
    """
    lines, packages = await _now(client, shop, shipment.external_id)
    whole = {key: _number(row.get("model_quantity_purchased")) for key, row in lines.items()}
    plan = _plan(shipment, whole)
    if len(packages) <= 1 and plan == [whole]:
        return structs.replace(shipment, parts=())
    if len(packages) <= 1:
        try:
            packages = await _split(client, shop, shipment.external_id, plan, lines)
        except Rejected as refusal:
            if refusal.detail.get("platform_code") != ALREADY_SPLIT:
                raise
            _, packages = await _now(client, shop, shipment.external_id)
    number = next((first_id(one, "package_number") for one in packages if _content(one) == plan[0]), "")
    if not number:
        message = "这笔订单在 Shopee 上是按别的方式拆包的，和这次的包裹对不上，请在卖家后台核对"
        raise Rejected("platform_bad_plan", message, external_id=shipment.external_id)
    return structs.replace(shipment, package_number=number, parts=())


async def _now(client: Client, shop: Shop, external_id: str) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """The order's lines by their keys, and its packages."""
    try:
        opened = BODY.open((await orders.order(client, shop, external_id)).body)
    except raw.Unreadable:
        raise http.unreadable(NAME) from None
    if not opened.lines:
        raise http.unreadable(NAME)
    return dict(opened.lines), rows(opened.order.get("package_list")) or []


def _plan(shipment: Shipment, whole: Content) -> list[Content]:
    """All parcels of the order, this one first; what nobody named is one more. Raises Rejected."""
    parcels = [_units(shipment.parts), *(_units(parts) for parts in shipment.others)]
    left = Counter(whole)
    for parcel in parcels:
        for key, qty in parcel.items():
            if key not in whole:
                raise Rejected("platform_bad_plan", "包裹里有 Shopee 这笔订单没有的商品行，请核对拆单", line=key)
            if qty != whole[key]:  # by pieces only shops on Shopee's own list may
                message = "Shopee 只能按商品行拆单，同一行要整行放进同一个包裹"
                raise Rejected("platform_bad_plan", message, line=key)
            left[key] -= qty
    if min(left.values(), default=0) < 0:
        raise Rejected("platform_bad_plan", "各包裹加起来比订单还多，请核对拆单", external_id=shipment.external_id)
    rest = {key: qty for key, qty in left.items() if qty}
    if rest and shipment.others:
        message = "Shopee 要一次拆完：订单里还有商品没有分到包裹"
        raise Rejected("platform_bad_plan", message, external_id=shipment.external_id)
    return [*parcels, rest] if rest else parcels


async def _split(
    client: Client, shop: Shop, external_id: str, plan: list[Content], lines: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    """split_order. Its packages come with their numbers."""
    wanted = [{"item_list": [_item(lines[key]) for key in one]} for one in plan]
    found = response(await client.post(shop, "order/split_order", {"order_sn": external_id, "package_list": wanted}))
    packages = rows(found.get("package_list"))
    if not packages:
        raise Unavailable("platform_unreadable", "Shopee 没有说明拆出的包裹，稍后再试")
    return packages


def _item(line: dict[str, Any]) -> dict[str, int]:
    """A line as split_order names it. A quantity is named only by shops that may share lines."""
    names = ("item_id", "model_id", "order_item_id", "promotion_group_id")
    ids = {name: first_id(line, name) or "0" for name in names if name in line}
    if not all(id.isascii() and id.isdigit() for id in ids.values()):
        raise http.unreadable(NAME)
    return {name: int(id) for name, id in ids.items()}


def _content(package: dict[str, Any]) -> Content:
    found: Counter[str] = Counter()
    for row in rows(package.get("item_list")) or []:
        found[line_key(row)] += _number(row.get("model_quantity"))
    return dict(found)


def _units(parts: Iterable[Part]) -> Content:
    found: Counter[str] = Counter()
    for one in parts:
        found[one.line_key] += one.qty
    return dict(found)


def _number(value: Any) -> int:
    try:
        return int(decimal(value))
    except ValueError:
        return 0


# -- one parcel


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


async def _needed(client: Client, shop: Shop, shipment: Shipment) -> dict[str, Any]:
    data = await client.get(shop, "logistics/get_shipping_parameter", **_order(shipment))
    return part(response(data), "info_needed")


def _mode(needed: dict[str, Any], shipment: Shipment) -> dict[str, Any]:
    """The mode that asks for a tracking number. Others make Shopee's own, and our label would be void."""
    for name in _MODES:
        fields = needed.get(name)
        if isinstance(fields, list) and fields and all(field == "tracking_number" for field in fields):
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
