"""What the shop lists on PDD, and the numbers that its buyers see: one call for each, full or by so much."""

import re
from collections.abc import Iterator
from typing import Any

from server.sandbox.catalogue import SKUS, Sku
from server.sandbox.pinduoduo.rules import Params, cut, number, refuse
from server.sandbox.world import World


def goods_id(sku: Sku) -> int:
    return 100_000_000_000 + sku.item


def sku_id(sku: Sku) -> int:
    """Goods without variants have one, too."""
    return 200_000_000_000 + (sku.model or 500 + sku.item)


def listed(world: World, p: Params) -> dict[str, Any]:
    """goods.list.get. Of is_onsale, outer_id and goods_name only the first that is given counts. All is on sale."""
    found = list(SKUS)
    if "is_onsale" in p:
        found = found if number(world, p, "is_onsale", 0, 1, "onsale_unknown") else []
    elif p.get("outer_id"):
        found = [sku for sku in found if sku.code == p["outer_id"]]
    elif p.get("goods_name"):
        found = [sku for sku in found if p["goods_name"] in sku.name]
    ids = list(dict.fromkeys(goods_id(sku) for sku in found))
    chosen, total, _ = cut(world, p, ids)
    return {"goods_list_get_response": {"total_count": total, "goods_list": [_goods(world, id) for id in chosen]}}


def one(world: World, p: Params) -> dict[str, Any]:
    """goods.skus.get: by both ids. Prices are fen."""
    sku = _named(world, p["goods_id"], p["sku_id"], "")
    row = {
        "goods_id": goods_id(sku),
        "sku_id": sku_id(sku),
        "is_onsale": 1,
        "multi_price": sku.price_fen,
        "single_price": sku.price_fen + 500,
        "out_sku_sn": sku.code,
        "quantity": world.shelf("pinduoduo").number(sku),
        "reserve_quantity": _reserved(world, sku),
        "spec": [
            {"parent_spec_id": 1215, "parent_spec_name": "规格", "spec_id": n, "spec_name": name}
            for n, name in enumerate(sku.variant.split(";"), start=11)
            if name
        ],
    }
    return {"goods_sku_get_response": row}


def update(world: World, p: Params) -> dict[str, Any]:
    """goods.quantity.update. A sum below zero is refused, not cut; a repeat counts again. What stands on a resource
    slot cannot be lowered."""
    if not p.get("sku_id") and not p.get("outer_id"):
        raise refuse(world, "sku_missing")
    adding = number(world, p, "update_type", 1, 2, "update_type_unknown", 1) == 2
    if not re.fullmatch(r"-?[0-9]{1,9}", p["quantity"]):
        raise refuse(world, "quantity_wrong")
    sku = _named(world, p["goods_id"], p.get("sku_id", ""), p.get("outer_id", ""))
    shelf = world.shelf("pinduoduo")
    before = shelf.number(sku)
    after = before + int(p["quantity"]) if adding else int(p["quantity"])
    if after < 0:
        raise refuse(world, "stock_below_zero")
    if after < before and sku.product in world.knobs.pdd_on_slot:
        raise refuse(world, "stock_on_slot")
    shelf.put(sku, after)
    world.touch()
    return {"goods_quantity_update_response": {"is_success": True}}


def _named(world: World, goods: str, sku: str, outer: str) -> Sku:
    """sku_id wins."""
    of = [one for one in SKUS if str(goods_id(one)) == goods]
    if not of:
        raise refuse(world, "goods_unknown")
    found = [one for one in of if (str(sku_id(one)) == sku if sku else one.code == outer)]
    if not found:
        raise refuse(world, "sku_unknown")
    return found[0]


def _goods(world: World, id: int) -> dict[str, Any]:
    of = list(_of(id))
    rows = [_sku(world, sku) for sku in of]
    return {
        "goods_id": id,
        "goods_name": of[0].name,
        "thumb_url": f"https://img.example.test/{of[0].item}.jpg",
        "image_url": f"https://img.example.test/{of[0].item}.jpg",
        "is_onsale": 1,
        "is_more_sku": int(len(of) > 1),
        "goods_quantity": sum(row["sku_quantity"] for row in rows),
        "goods_reserve_quantity": sum(row["reserve_quantity"] for row in rows),
        "sku_list": rows,
    }


def _of(id: int) -> Iterator[Sku]:
    return (sku for sku in SKUS if goods_id(sku) == id)


def _sku(world: World, sku: Sku) -> dict[str, Any]:
    return {
        "sku_id": sku_id(sku),
        "outer_id": sku.code,
        "outer_goods_id": sku.product,
        "spec": sku.variant.replace(";", ","),
        "sku_quantity": world.shelf("pinduoduo").number(sku),
        "reserve_quantity": _reserved(world, sku),
        "is_sku_onsale": 1,
    }


def _reserved(world: World, sku: Sku) -> int:
    """Held for orders that are not paid yet."""
    unpaid = (o for o in world.all("pinduoduo") if o.state == "unpaid")
    return sum(line.qty for o in unpaid for line in o.lines if line.code == sku.code)
