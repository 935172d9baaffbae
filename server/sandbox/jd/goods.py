"""The shop's SKUs on JOS, and the numbers that its buyers see."""

from typing import Any, Final

from server.sandbox.accounts import JD
from server.sandbox.catalogue import SKUS, Sku
from server.sandbox.jd import order as jd_order
from server.sandbox.jd.rules import METHOD, No, number, refuse
from server.sandbox.world import World

SET: Final = "1"
ADD: Final = "2"
"""updateModel of ware.stock.sku.set: the real values are not published, these are the sandbox's."""
CREATED: Final = 1_767_225_600
_STATES: Final = frozenset({1, 2, 4})
_BY_ID: Final = {jd_order.sku_id(sku.item, sku.model): sku for sku in SKUS}


def skus(world: World, q: dict[str, Any]) -> dict[str, Any]:
    """sku.read.searchSkuList."""
    wanted = q.get("skuStatuValue") or [1]  # their spelling
    if not isinstance(wanted, list) or not set(map(str, wanted)) <= {str(state) for state in _STATES}:
        raise refuse("status_unknown")
    page, size = number(q.get("pageNo"), 10**6, "page_wrong"), number(q.get("page_size"), 100, "page_size_wrong")
    found = list(world.shelf("jd").listed()) if "1" in map(str, wanted) else []
    ids = {str(id) for id in q.get("skuId") or []}
    rows = [_row(sku, qty) for sku, qty in found if not ids or jd_order.sku_id(sku.item, sku.model) in ids]
    chosen = rows[(page - 1) * size : page * size]
    return {"page": {"data": chosen, "pageNo": page, "pageSize": size, "totalItem": len(rows)}}


def set_one(world: World, q: dict[str, Any]) -> dict[str, Any]:
    """stock.write.updateSkuStock: done or not, no more is said."""
    sku_id, stock = _sku_id(q), _stock(q.get("stockNum"), least=0)
    sku = _BY_ID.get(sku_id)
    if sku is None:
        raise No("sku_unknown", {"success": False})
    world.shelf("jd").put(sku, stock)
    world.touch()
    return {"success": True}


def add_one(world: World, q: dict[str, Any]) -> dict[str, Any]:
    """stock.write.increaseSkuStock. stockRfId: whether a repeat counts once is not published; here it does not."""
    sku_id, more = _sku_id(q), _stock(q.get("stockNum"))
    sku = _BY_ID.get(sku_id)
    if sku is None:
        raise No("sku_unknown", {"result": _detail("sku_unknown", sku_id)})
    shelf = world.shelf("jd")
    if shelf.number(sku) + more < 0:
        raise No("stock_below_zero", {"result": _detail("stock_below_zero", sku_id)})
    shelf.put(sku, shelf.number(sku) + more)
    world.touch()
    stock = {"stockRfId": q.get("stockRfId")}
    return {"result": {"skuId": int(sku_id), "stockRf": stock, "detailCode": "", "detailMsg": ""}}


def read_one(world: World, q: dict[str, Any]) -> dict[str, Any]:
    """stock.read.findSkuStock."""
    sku = _BY_ID.get(_sku_id(q))
    if sku is None:
        raise No("sku_unknown", {"skuStocks": []})
    row = {"skuId": int(q["skuId"]), "stockNum": world.shelf("jd").number(sku), "storeId": 0, "detailStock": []}
    return {"skuStocks": [row]}


def set_many(world: World, q: dict[str, Any]) -> dict[str, Any]:
    """ware.stock.sku.set: as a whole well, and each row well or not."""
    req = q.get("req")
    if not isinstance(req, dict) or req.get("updateModel") not in (SET, ADD):
        raise refuse("update_model_unknown")
    rows = [(_sku_id(row), row) for row in req.get("skuStocks") or []]
    if not rows:
        raise refuse("sku_id_wrong")
    adding = req["updateModel"] == ADD
    asked = [(id, _stock(row.get("incrStockNum" if adding else "stockNum"), least=None if adding else 0))
             for id, row in rows]  # fmt: skip
    shelf, answers, broken = world.shelf("jd"), [], ""
    for id, value in asked:
        sku = _BY_ID.get(id)
        rule = "" if sku else "sku_unknown"
        if sku:
            then = shelf.number(sku) + value if adding else value
            rule = "stock_below_zero" if then < 0 else ""
            if not rule:
                shelf.put(sku, then)
        answers.append({"data": id, "success": not rule, "storeId": 0, "message": METHOD[rule].zh if rule else ""})
        broken = broken or rule
    world.touch()
    body = {"returnType": {"success": True, "code": "0", "obj": {"updateStockResult": answers}}}
    if broken:
        raise No(broken, body)
    return body


def _row(sku: Sku, qty: int) -> dict[str, Any]:
    return {
        "skuId": int(jd_order.sku_id(sku.item, sku.model)),
        "wareId": 10_000_000_000 + sku.item,
        "outerId": sku.code,
        "skuName": f"{sku.name} {sku.variant}".strip(),
        "jdPrice": sku.price_fen / 100,
        "stockNum": qty,
        "status": 1,
        "saleAttrs": [],
        "modified": CREATED * 1000,
        "created": CREATED * 1000,
        "venderId": int(JD["external_id"]),
    }


def _detail(rule: str, sku_id: str) -> dict[str, Any]:
    return {"skuId": int(sku_id), "stockRf": None, "detailCode": METHOD[rule].code, "detailMsg": METHOD[rule].zh}


def _sku_id(row: Any) -> str:
    value = row.get("skuId") if isinstance(row, dict) else None
    return str(number(value, 2**63 - 1, "sku_id_wrong"))


def _stock(value: Any, least: int | None = None) -> int:
    text = "" if isinstance(value, bool) else str(value)
    if not text.lstrip("-").isascii() or not text.lstrip("-").isdigit() or len(text) > 9:
        raise refuse("stock_number_wrong")
    if least is not None and int(text) < least:
        raise refuse("stock_number_wrong")
    return int(text)
