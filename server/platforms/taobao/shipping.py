"""Taobao's write-back: the waybill number of an order, or of some of its lines; and the carriers there."""

import json
from collections.abc import Sequence
from typing import Any, Final

from server.errors import Rejected
from server.platforms import adapter, http, raw
from server.platforms.body import decimal, first_id, part, rows, text
from server.platforms.port import CarrierName, Shipment, Shipped, Shop
from server.platforms.taobao import orders
from server.platforms.taobao.body import BODY
from server.platforms.taobao.client import NAME, Client, answer, listed
from server.platforms.taobao.own import own

CARRIERS: Final = {code: code for code in ("SLX", "SF", "ZTO", "YTO", "STO", "YUNDA", "EMS", "DBKD")}
"""Ours are TOP's own codes."""

MOST_LINES: Final = 50


async def ship(client: Client, shop: Shop, shipment: Shipment) -> Shipped:
    """offline.send, the old or the newer one. A refusal of the shipment itself (B04 and its like; the newer call's
    codes are not published) is judged by what the order then says."""
    company = adapter.carrier(NAME, shop, shipment.carrier_code, CARRIERS)
    if shipment.parts and await _held(client, shop, shipment):
        return Shipped(already=True)
    refusal = Rejected("platform_rejected", "淘宝没有确认发货，请在卖家后台核对", external_id=shipment.external_id)
    try:
        if await _send(client, shop, shipment, company):
            return Shipped()
    except Rejected as e:
        if e.detail.get("platform_code") not in ("15", "50"):  # the gateway's, not the shipment's
            raise
        refusal = e
    numbers = await sent_numbers(client, shop, shipment)
    if shipment.waybill_no in numbers:
        return Shipped(already=True)
    if numbers:
        raise adapter.sent_otherwise(NAME, shipment.external_id, numbers) from None
    raise refusal


def plan(shipments: Sequence[Shipment]) -> None:
    """Beyond whole lines: how many one call may name. Raises Rejected."""
    if any(len(one.parts) > MOST_LINES for one in shipments):
        raise Rejected("platform_bad_plan", f"淘宝一个包裹最多 {MOST_LINES} 行商品")


async def _send(client: Client, shop: Shop, shipment: Shipment, company: str) -> bool:
    keys, chosen = [one.line_key for one in shipment.parts], own(shop)
    addresses = {"sender_id": chosen.sender_id, "cancel_id": chosen.cancel_id}  # empty ones are not sent
    if chosen.ship_api == "ascp":
        parcel: dict[str, Any] = {"out_sid": shipment.waybill_no, "company_code": company}
        if keys:
            parcel["goods"] = [{"sub_tid": one.line_key, "num": one.qty} for one in shipment.parts]
        more = {"sub_tid": ",".join(keys)} if keys else {}
        data = await client.call(
            shop,
            "alibaba.ascp.logistics.offline.send",
            tid=shipment.external_id,
            consign_type="1" if keys else "0",
            consign_pkgs=json.dumps([parcel]),
            **addresses,
            **more,
        )
        return part(answer(data), "result").get("success") is True
    more = {"sub_tid": ",".join(keys), "is_split": "1"} if keys else {}
    data = await client.call(
        shop,
        "taobao.logistics.offline.send",
        tid=shipment.external_id,
        out_sid=shipment.waybill_no,
        company_code=company,
        **addresses,
        **more,
    )
    return part(answer(data), "shipping").get("is_success") is True


async def _held(client: Client, shop: Shop, shipment: Shipment) -> bool:
    """Do the lines of a parcel that is not the whole order carry its number already? Taobao ships whole lines, so one
    of which only some units are in the parcel is refused before it starts. Raises Rejected."""
    lines = {first_id(line, "oid", "oid_str"): line for line in await _lines(client, shop, shipment.external_id)}
    for one in shipment.parts:
        line = lines.get(one.line_key)
        if line is None:
            raise Rejected("platform_bad_plan", "包裹里有淘宝这笔订单没有的商品行，请核对拆单", line=one.line_key)
        if _number(line.get("num")) != one.qty:
            message = f"淘宝只能按商品行发货：「{text(line.get('title'))[:40]}」要整行放进同一个包裹"
            raise Rejected("platform_bad_plan", message, line=one.line_key)
    return all(shipment.waybill_no in _numbers([lines[one.line_key]]) for one in shipment.parts)


async def sent_numbers(client: Client, shop: Shop, shipment: Shipment) -> list[str]:
    """The waybill numbers that the order carries, on its lines or as a list of its own; of a part, on its lines."""
    order = adapter.opened(BODY, await orders.order(client, shop, shipment.external_id))
    lines = rows(part(order, "orders").get("order")) or []
    if shipment.parts:
        keys = {one.line_key for one in shipment.parts}
        return _numbers([line for line in lines if first_id(line, "oid", "oid_str") in keys])
    return _numbers(lines + (rows(part(order, "logistics_infos").get("logistics_info")) or []))


async def carriers(client: Client, shop: Shop) -> list[CarrierName]:
    """logistics.companies.get. Its rules of numbers are often out of date: hints, no more."""
    data = await client.call(shop, "taobao.logistics.companies.get", fields="id,code,name,reg_mail_no")
    found = listed(answer(data), "logistics_companies", "logistics_company")
    if not found:
        raise http.unreadable(NAME)
    named = [CarrierName(text(row.get("code")), text(row.get("name")), text(row.get("reg_mail_no"))) for row in found]
    return [one for one in named if one.code]


async def _lines(client: Client, shop: Shop, tid: str) -> list[dict[str, Any]]:
    order = adapter.opened(BODY, await orders.order(client, shop, tid))
    return rows(part(order, "orders").get("order")) or []


def _numbers(found: list[dict[str, Any]]) -> list[str]:
    numbers = (text(line.get("invoice_no")) or text(line.get("out_sid")) for line in found)
    return list(dict.fromkeys(number for number in numbers if number))


def _number(value: Any) -> int:
    try:
        return int(decimal(value))
    except (ValueError, raw.Unreadable):
        return 0
