"""Receivers in clear on TOP, by the present OAID of a trade and a reason."""

from typing import Any, Final

from server.sandbox.taobao import trade
from server.sandbox.taobao.rules import Params, objects, refuse
from server.sandbox.world import World

SCENES: Final = frozenset({"1001", "1002", "1003", "1004", "1005", "1006", "1007", "2001", "2002"})
_MOST: Final = 20


def decrypt(world: World, p: Params) -> dict[str, Any]:
    """top.oaid.decrypt. An OAID of last week, or of an address that changed, matches nothing: no parts come."""
    wants = objects(world, p, "query_list")
    if len(wants) > _MOST:
        raise refuse(world, "decrypt_too_many")
    rows: list[dict[str, Any]] = []
    for want in wants:
        if str(want.get("scene", "")) not in SCENES:
            raise refuse(world, "scene_unknown")
        order = world.find("taobao", str(want.get("tid", "")))
        if order is None:
            raise refuse(world, "trade_unknown")
        if trade.status(order) in ("TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO"):
            raise refuse(world, "order_closed")
        row: dict[str, Any] = {"oaid": str(want.get("oaid", "")), "tid": order.external_id, "matched": False}
        if row["oaid"] == trade.oaid(order, world.now()):
            r = order.receiver
            row |= {
                "name": r.name,
                "mobile": r.phone,
                "phone": "",
                "country": "中国",
                "state": r.province,
                "city": r.city,
                "district": r.district,
                "town": "",
                "address_detail": r.street,
                "matched": True,
                "privacy_protection": False,
            }
        rows.append(row)
    return {"receiver_list": {"receiver": rows}}
