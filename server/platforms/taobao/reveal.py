"""Who gets the parcel, in clear: asked for with the trade's present OAID and a reason that Taobao logs."""

import json
from typing import Any, Final

from server.errors import Rejected
from server.platforms import adapter
from server.platforms.body import first_id, text
from server.platforms.port import RawOrder, Shop
from server.platforms.taobao import orders
from server.platforms.taobao.body import BODY
from server.platforms.taobao.client import Client, answer, listed
from server.platforms.taobao.own import own

SCENES: Final = {"ship": "1006", "contact": "2002", "aftersales": "2001"}
"""1006: a waybill written by hand · 2001: after-sales · 2002: care for the buyer."""


async def reveal(client: Client, shop: Shop, order: RawOrder, scene: str) -> dict[str, str]:
    """name, phone (perhaps a protecting one, "number-extension"), address. An OAID changes every week and with the
    address, so it is read from the trade first; when the address changed in between, once more."""
    code = own(shop).oaid_scenes.get(scene) or SCENES.get(scene, "")
    if not code:
        raise Rejected("platform_bad_scene", "没有说明为什么要看收件人明文，淘宝不会给出")
    for _ in range(2):
        fresh = adapter.opened(BODY, await orders.order(client, shop, order.external_id))
        oaid = text(fresh.get("oaid"))
        if not oaid:
            raise Rejected(
                "platform_no_receiver", "这笔淘宝订单没有收件人凭证，不能查看明文", external_id=order.external_id
            )
        wanted = json.dumps([{"oaid": oaid, "tid": order.external_id, "scene": code}])
        data = await client.call(shop, "taobao.top.oaid.decrypt", query_list=wanted)
        found = listed(answer(data), "receiver_list", "receiver")
        row = next((row for row in found if first_id(row, "tid") in ("", order.external_id)), {})
        if row.get("matched") is True:
            return _shown(row)
    raise Rejected("platform_no_receiver", "淘宝没有给出收件人，收件信息可能刚刚变更", external_id=order.external_id)


def _shown(row: dict[str, Any]) -> dict[str, str]:
    names = ("state", "city", "district", "town", "address_detail")
    given = {
        "name": text(row.get("name")),
        "phone": text(row.get("mobile")) or text(row.get("phone")),
        "address": "".join(text(row.get(name)) for name in names),
    }
    return {name: value for name, value in given.items() if value}
