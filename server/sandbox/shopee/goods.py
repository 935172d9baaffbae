"""What the shop lists on Shopee, and its stock: full numbers, by warehouse where the shop has several, never below what
a promotion holds."""

from typing import Any, Final

from server.sandbox.catalogue import SKUS, Sku
from server.sandbox.http import Refused, Reply
from server.sandbox.shopee.rules import Params, number, objects, refuse, request_id
from server.sandbox.world import World

CREATED: Final = 1_767_225_600
_STATES: Final = frozenset({"NORMAL", "BANNED", "UNLIST", "REVIEWING", "SELLER_DELETE", "SHOPEE_DELETE"})
_MOST: Final = 50
_BY_ITEM: Final = {n: [sku for sku in SKUS if sku.item == n] for n in sorted({sku.item for sku in SKUS})}
_TOO_LOW: Final = "Total stock must be more than reserved stock."


def item_id(sku: Sku) -> int:
    return 23_000_000_000 + sku.item


def model_id(sku: Sku) -> int:
    """0: an item without variations."""
    return 22_100_000_000 + sku.model if sku.model else 0


def listed(world: World, p: Params) -> dict[str, Any]:
    """get_item_list. Several states are asked for by repeating the name; all goods here are NORMAL."""
    wanted = p.get("item_status", [])
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if not wanted or not set(wanted) <= _STATES:
        raise refuse(world, "item_status_wrong")
    offset = number(world, p, "offset", 0, 10**9, "offset_wrong")
    size = number(world, p, "page_size", 1, 100, "page_size_wrong")
    ids = [item_id(of[0]) for of in _BY_ITEM.values()] if "NORMAL" in wanted else []
    chosen, following = ids[offset : offset + size], offset + size
    more = following < len(ids)
    rows = [{"item_id": id, "item_status": "NORMAL", "update_time": CREATED} for id in chosen]
    answer: dict[str, Any] = {"item": rows, "total_count": len(ids), "has_next_page": more}
    return answer | ({"next_offset": following} if more else {})


def base(world: World, p: Params) -> dict[str, Any]:
    """get_item_base_info: an item with models shows neither price nor stock; one that is not the shop's is left out."""
    ids = [id for id in str(p.get("item_id_list", "")).split(",") if id]
    if not 1 <= len(ids) <= _MOST or not all(id.isascii() and id.isdigit() for id in ids):
        raise refuse(world, "items_wrong")
    found = [of for id in ids if (of := _of(int(id)))]
    if not found:
        raise refuse(world, "item_unknown")
    return {"item_list": [_item(world, of) for of in found]}


def models(world: World, p: Params) -> dict[str, Any]:
    of = _of(number(world, p, "item_id", 0, 2**63, "items_wrong"))
    if not of:
        raise refuse(world, "item_unknown")
    with_models = [sku for sku in of if sku.model]
    tiers = [part for sku in with_models[:1] for part in sku.variant_en.split(",")]
    options = [list(dict.fromkeys(sku.variant_en.split(",")[n] for sku in with_models)) for n in range(len(tiers))]
    return {
        "tier_variation": [
            {"name": f"Option {n}", "option_list": [{"option": one} for one in of_tier]}
            for n, of_tier in enumerate(options, start=1)
        ],
        "model": [
            {
                "model_id": model_id(sku),
                "model_sku": sku.code,
                "model_status": "MODEL_NORMAL",
                "tier_index": [options[n].index(name) for n, name in enumerate(sku.variant_en.split(","))],
                "has_promotion": bool(world.shelf("shopee").reserved.get(sku.code)),
                "promotion_id": 0,
                "price_info": _price(sku),
                "stock_info_v2": _stock(world, sku),
                "gtin_code": sku.barcode,
            }
            for sku in with_models
        ],
    }


def update(world: World, p: Params) -> dict[str, Any]:
    """update_stock: of one item, up to fifty models. Rows may fail by themselves; when all do, so does the call."""
    of = _of(number(world, p, "item_id", 0, 2**63, "items_wrong"))
    if not of:
        raise refuse(world, "item_unknown")
    asked = objects(world, p.get("stock_list"), "stock_list_wrong")
    if len(asked) > _MOST:
        raise refuse(world, "stock_list_wrong")
    ids = [row.get("model_id", 0) for row in asked]
    if len(set(map(str, ids))) < len(ids):
        raise refuse(world, "model_twice")
    by_id = {model_id(sku): sku for sku in of}
    if 0 in ids and 0 not in by_id:
        raise refuse(world, "model_missing")
    if not all(isinstance(id, int) and id in by_id for id in ids):
        raise refuse(world, "model_unknown")
    wishes = [(by_id[row.get("model_id", 0)], _places(world, row)) for row in asked]
    done, failed = [], []
    for sku, places in wishes:
        if _total(world, sku, dict(places)) < world.shelf("shopee").reserved.get(sku.code, 0):
            failed.append({"model_id": model_id(sku), "failed_reason": _TOO_LOW})
            continue
        for location, stock in places:
            _put(world, sku, location, stock)
            done.append({"model_id": model_id(sku), "location_id": location, "stock": stock})
    world.touch()
    answer = {"success_list": done, "failure_list": failed}
    if failed and not done:
        raise refuse(world, "stock_below_reserved", response=answer)
    if failed:  # no error, but counted
        body = {"request_id": request_id(world), "error": "", "message": "", "warning": "", "response": answer}
        raise Refused(Reply(body, refusal="stock_below_reserved"))
    return answer


def _places(world: World, row: dict[str, Any]) -> list[tuple[str, int]]:
    """Which stock goes where. Shops with several warehouses must say, others must not."""
    known, found = world.knobs.shopee_locations, []
    for one in objects(world, row.get("seller_stock"), "stock_list_wrong"):
        location = str(one.get("location_id", ""))
        if known and not location:
            raise refuse(world, "location_missing")
        if known and location not in known:
            raise refuse(world, "location_wrong")
        if location and not known:
            raise refuse(world, "location_not_needed")
        found.append((location, number(world, one, "stock", 0, 10**7, "stock_number_wrong")))
    return found


def _total(world: World, sku: Sku, instead: dict[str, int]) -> int:
    """The stock of all warehouses, some of them as they would be."""
    return sum(
        instead.get(location, _number(world, sku, location)) for location in world.knobs.shopee_locations or ("",)
    )


def _number(world: World, sku: Sku, location: str) -> int:
    """The first warehouse holds what the catalogue began with, the others nothing at first."""
    shelf = world.shelf("shopee")
    if location in ("", *world.knobs.shopee_locations[:1]):
        return shelf.number(sku)
    return shelf.numbers.get(f"{sku.code}@{location}", 0)


def _put(world: World, sku: Sku, location: str, stock: int) -> None:
    shelf = world.shelf("shopee")
    if location in ("", *world.knobs.shopee_locations[:1]):
        shelf.put(sku, stock)
    else:
        shelf.numbers[f"{sku.code}@{location}"] = stock
        shelf.writes += 1


def _of(id: int) -> list[Sku]:
    return _BY_ITEM.get(id - 23_000_000_000, [])


def _item(world: World, of: list[Sku]) -> dict[str, Any]:
    first = of[0]
    row: dict[str, Any] = {
        "item_id": item_id(first),
        "category_id": 100_001,
        "item_name": first.name_en,
        "description": "",
        "item_sku": first.product,
        "create_time": CREATED,
        "update_time": CREATED,
        "weight": f"{max(sku.weight_g for sku in of) / 1000}",
        "condition": "NEW",
        "item_status": "NORMAL",
        "has_model": bool(first.model),
        "has_promotion": False,
        "item_dangerous": 0,
    }
    if not first.model:
        row |= {"price_info": _price(first), "stock_info_v2": _stock(world, first), "gtin_code": first.barcode}
    return row


def _price(sku: Sku) -> list[dict[str, Any]]:
    price = sku.price_sgd / 100
    return [{"currency": "SGD", "original_price": price, "current_price": price}]


def _stock(world: World, sku: Sku) -> dict[str, Any]:
    """What buyers can buy is taken to be the whole; how a promotion's part counts in it is not published."""
    places = world.knobs.shopee_locations or ("",)
    return {
        "summary_info": {
            "total_reserved_stock": world.shelf("shopee").reserved.get(sku.code, 0),
            "total_available_stock": _total(world, sku, {}),
        },
        "seller_stock": [
            {"location_id": one, "stock": _number(world, sku, one), "if_saleable": True} for one in places
        ],
    }
