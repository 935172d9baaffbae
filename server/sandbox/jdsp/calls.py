"""What SP-API's calls do, once their headers were right."""

from typing import Any, Final

from msgspec import Struct

from server.sandbox import life
from server.sandbox.accounts import JD
from server.sandbox.carriers import BY_JD, CARRIERS
from server.sandbox.catalogue import SKUS
from server.sandbox.jd import order as classic
from server.sandbox.jdsp import wire
from server.sandbox.jdsp.rules import RULES, Some, number, refuse, window
from server.sandbox.model import Order, Sent
from server.sandbox.world import World

SHIPMENT: Final = {"shipmentType": 1, "mergeShipmentFlag": 0}
SCOPE: Final = 1
MODEL: Final = "SIM_SET"
OPERATION: Final = 1
"""Enums that are not published: these are the sandbox's."""
_BY_ID: Final = {int(classic.sku_id(sku.item, sku.model)): sku for sku in SKUS}


class Call(Struct):
    query: dict[str, str]
    named: dict[str, str]
    """From the path."""
    body: dict[str, Any]


class Page(Struct):
    rows: list[Any]
    total: int
    page: int
    size: int
    whole: bool = False
    """Only the list of orders says whether more follows."""

    def pagination(self) -> dict[str, Any]:
        pages = -(-self.total // self.size)
        more = {"hasNextPage": self.page < pages, "totalPages": pages} if self.whole else {}
        return {"totalItems": self.total, **more, "pageSize": self.size, "currentPage": self.page}


def orders(world: World, call: Call) -> Page:
    """By time of change, newest first. What startTime means on the real one is not published."""
    since, until = window(call.query, "startTime", "endTime")
    rows = [o for o in world.all("jd") if o.state != "unpaid" and since <= o.modified <= until]
    rows.sort(key=lambda o: (o.modified, int(o.external_id)), reverse=True)
    return _page(call, [wire.order(o, _scopes(call)) for o in rows], whole=True)


def order(world: World, call: Call) -> dict[str, Any]:
    return wire.order(_order(world, call), _scopes(call))


def shipment(world: World, call: Call) -> dict[str, Any]:
    """The whole order, in one package or more; each line's units must be in them exactly once."""
    o = _order(world, call)
    told = call.body.get("orderShipmentDTO")
    if not isinstance(told, dict) or str(told.get("venderId")) != JD["external_id"]:
        raise refuse("vender_wrong")
    packages = [p for p in told.get("packageInfoList") or [] if isinstance(p, dict)]
    if {name: told.get(name) for name in SHIPMENT} != SHIPMENT or any(p.get("companyScope") != SCOPE for p in packages):
        raise refuse("shipment_enums")
    if any(str(p.get("companyId")) not in BY_JD for p in packages):
        raise refuse("carrier_unknown")
    codes = [str(p.get("waybillCode") or "") for p in packages]
    if not codes or not all(code.replace("-", "").isalnum() for code in codes):
        raise refuse("waybill_wrong")
    units: dict[Any, int] = {}
    for row in (row for p in packages for row in p.get("outboundGoodsFacetDTOList") or []):
        units[row.get("skuUuid")] = units.get(row.get("skuUuid"), 0) + int(row.get("skuNum") or 0)
    if units != {wire.uuid(o.external_id, line): line.qty for line in o.lines}:
        raise refuse("goods_wrong")
    if classic.state(o) != "WAIT_SELLER_STOCK_OUT":
        raise refuse("order_state")
    companies = "|".join(str(p["companyId"]) for p in packages)
    life.ship(world, o, Sent(waybill_no="|".join(codes), carrier=companies, at=world.now()))
    return {"orderId": int(o.external_id)}


def remark(world: World, call: Call) -> bool:
    o = _order(world, call)
    if str(call.body.get("venderId")) != JD["external_id"]:
        raise refuse("vender_wrong")
    text = str(call.body.get("remark") or "")
    if len(text) > 500:
        raise refuse("remark_too_long")
    flag = call.body.get("flag")
    life.note(world, o, world.now(), buyer=None, seller=text, flag=flag if flag in (0, 1, 2, 3, 4, 5) else None)
    return True


def carriers(world: World, call: Call) -> list[dict[str, Any]]:
    return [
        {"id": c.jd_id, "providerCode": c.code, "providerName": c.name, "providerType": 1, "operationType": 2}
        for c in CARRIERS
    ]


def afs(world: World, call: Call) -> Page:
    since, until = window(call.query, "updateStartTime", "updateEndTime")
    found = [case for case in world.cases("jd").values() if since <= case.modified <= until]
    found.sort(key=lambda case: (-case.modified, case.id))
    return _page(call, [wire.afs(world.saved.orders["jd"][case.order_id], case) for case in found])


def skus(world: World, call: Call) -> Page:
    return _page(call, [wire.sku(sku, qty) for sku, qty in world.shelf("jd").listed()])


def stocks(world: World, call: Call) -> list[dict[str, Any]]:
    """Row by row. The real answer's shape is not published."""
    if call.body.get("updateModel") != MODEL or call.body.get("stockOperationType") != OPERATION:
        raise refuse("stock_enums")
    asked = [row for row in call.body.get("putSkuStockList") or [] if isinstance(row, dict)]
    if any(not isinstance(row.get("stockNum"), int) or row["stockNum"] < 0 for row in asked):
        raise refuse("stock_number_wrong")
    rows, broken = [], ""
    for row in asked:
        sku = _BY_ID.get(row.get("skuId", 0))
        rule = "" if sku else "sku_unknown"
        if sku:
            world.shelf("jd").put(sku, row["stockNum"])
        rows.append({"skuId": row.get("skuId"), "success": not rule, "message": RULES[rule].message if rule else ""})
        broken = broken or rule
    world.touch()
    if broken:
        raise Some(broken, rows)
    return rows


def _order(world: World, call: Call) -> Order:
    found = world.find("jd", call.named["orderId"])
    if found is None:
        raise refuse("order_unknown")
    return found


def _scopes(call: Call) -> set[str]:
    return set(call.query.get("scopeSet", "").split(","))


def _page(call: Call, rows: list[Any], *, whole: bool = False) -> Page:
    page = number(call.query.get("page"), 10**6, "page_wrong")
    size = number(call.query.get("pageSize"), 100, "page_size_wrong")
    return Page(rows[(page - 1) * size : page * size], len(rows), page, size, whole)
