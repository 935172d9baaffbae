"""What the shop lists on TOP, and the numbers that its buyers see: three calls that set or add, each in its own way."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from server.sandbox import clock
from server.sandbox.catalogue import SKUS, Sku
from server.sandbox.model import yuan
from server.sandbox.taobao.rules import Params, objects, paged, picked, refuse, when
from server.sandbox.world import World

CREATED: Final = 1_767_225_600
BANNERS: Final = frozenset(
    {"regular_shelved", "never_on_shelf", "off_shelf", "for_shelved", "sold_out", "violation_off_shelf"}
)
_MOST_ITEMS: Final = 40
_MOST_SKUS: Final = 20
_INVENTORY_PAGES: Final = 101


def item_id(sku: Sku) -> int:
    return 700_000_000_000 + sku.item


def sku_id(sku: Sku) -> int:
    """0 where the goods have no variants."""
    return 5_000_000_000_000 + sku.model if sku.model else 0


def onsale(world: World, p: Params) -> dict[str, Any]:
    return _items(world, p, {item_id(sku): None for sku in SKUS})


def inventory(world: World, p: Params) -> dict[str, Any]:
    """What is off the shelf: nothing, in this shop."""
    if p.get("banner", "for_shelved") not in BANNERS:
        raise refuse(world, "banner_unknown")
    if re.fullmatch(r"[0-9]{1,9}", p.get("page_no", "1")) and int(p.get("page_no", "1")) > _INVENTORY_PAGES:
        raise refuse(world, "page_wrong")
    return _items(world, p, {})


def _items(world: World, p: Params, ids: dict[int, None]) -> dict[str, Any]:
    since, until = when(world, p, "start_modified"), when(world, p, "end_modified", world.now())
    if until <= since:
        raise refuse(world, "window_backwards")
    chosen, answer = paged(world, p, list(ids) if since <= CREATED <= until else [], 200)
    if chosen:
        answer["items"] = {"item": [picked(_item(world, id), p["fields"]) for id in chosen]}
    return answer


def skus(world: World, p: Params) -> dict[str, Any]:
    """item.skus.get: of goods without variants, and of goods that are not the shop's, nothing is said."""
    ids = p["num_iids"].split(",")
    if len(ids) > _MOST_ITEMS:
        raise refuse(world, "items_too_many")
    wanted = {_id(world, id) for id in ids}
    rows = [picked(_sku(world, sku), p["fields"]) for sku in SKUS if sku.model and item_id(sku) in wanted]
    return {"skus": {"sku": rows}} if rows else {}


def one(world: World, p: Params) -> dict[str, Any]:
    """item.quantity.update. An increment that would leave less than nothing is an error."""
    adding, value = _adding(world, p.get("type", "1")), _quantity(world, p["quantity"])
    found = _named(world, _id(world, p["num_iid"]), p.get("sku_id", ""), p.get("outer_id", ""))
    shelf = world.shelf("taobao")
    then = [(sku, shelf.number(sku) + value if adding else value) for sku in found]
    if any(number < 0 for _, number in then):
        raise refuse(world, "stock_below_zero")
    return _put(world, then)


def many(world: World, p: Params) -> dict[str, Any]:
    """skus.quantity.update. An increment that would leave less than nothing leaves nothing."""
    adding, item = _adding(world, p.get("type", "1")), _id(world, p["num_iid"])
    by_outer = not p.get("skuid_quantities")
    asked = [pair.split(":") for pair in p.get("skuid_quantities", p.get("outerid_quantities", "")).split(";") if pair]
    if not asked or any(len(pair) != 2 for pair in asked):
        raise refuse(world, "quantity_wrong")
    if len(asked) > _MOST_SKUS:
        raise refuse(world, "skus_too_many")
    shelf, then = world.shelf("taobao"), []
    for name, text in asked:
        value = _quantity(world, text)
        if value < 0 and not adding:
            raise refuse(world, "stock_below_zero")
        for sku in _named(world, item, "" if by_outer else name, name if by_outer else ""):
            then.append((sku, max(0, shelf.number(sku) + value) if adding else value))
    return _put(world, then)


def tmall(world: World, p: Params) -> dict[str, Any]:
    """tmall.item.quantity.update. A repeated increment with the same outer_biz_key counts once."""
    try:
        options = json.loads(p.get("options", "{}"))
    except ValueError:
        raise refuse(world, "json_wrong", "options") from None
    if not isinstance(options, dict):
        raise refuse(world, "json_wrong", "options")
    adding, item = _adding(world, str(options.get("type", "1"))), _id(world, p["item_id"])
    key = str(options.get("outer_biz_key", ""))
    if key and not re.fullmatch(r"[0-9A-Fa-f]+", key):
        raise refuse(world, "key_no_hex")
    rows: list[dict[str, Any]] = [{"quantity": p.get("item_quantity", "")}]
    if p.get("sku_quantities"):
        rows = objects(world, p, "sku_quantities")
        if len(rows) > _MOST_SKUS:
            raise refuse(world, "skus_too_many")
        ways = {way for row in rows for way in row.keys() & {"sku_id", "outer_id", "properties"}}
        if len(ways) != 1 or any(ways - row.keys() for row in rows):
            raise refuse(world, "skus_mixed")
    shelf, then = world.shelf("taobao"), []
    for row in rows:
        value = _quantity(world, str(row.get("quantity", "")))
        for sku in _named(world, item, str(row.get("sku_id", "")), str(row.get("outer_id", ""))):
            then.append((sku, shelf.number(sku) + value if adding else value))
    done = key in shelf.keys and adding and bool(key)
    if not done:
        if any(number < 0 for _, number in then):
            raise refuse(world, "stock_below_zero")
        shelf.once(key)
        _put(world, then)
    return {"quantity_update_result": "true"}


def _put(world: World, then: list[tuple[Sku, int]]) -> dict[str, Any]:
    for sku, number in then:
        world.shelf("taobao").put(sku, number)
    world.touch()
    id, now = item_id(then[0][0]), clock.text(world.now())
    rows = [{"sku_id": sku_id(sku), "quantity": number, "modified": now} for sku, number in then if sku.model]
    item: dict[str, Any] = {"iid": str(id), "num_iid": id, "num": _total(world, id), "modified": now}
    return {"item": item | ({"skus": {"sku": rows}} if rows else {})}


def _named(world: World, item: int, sku: str, outer: str) -> list[Sku]:
    """Which numbers are meant. sku_id wins; one outer id may name several."""
    of = list(_of(item))
    if not of:
        raise refuse(world, "item_unknown")
    if sku:
        found = [one for one in of if str(sku_id(one)) == sku and one.model]
    elif outer:
        found = [one for one in of if one.code == outer]
    else:
        found = [one for one in of if not one.model]
    if not found:
        raise refuse(world, "sku_unknown")
    return found


def _of(item: int) -> Iterator[Sku]:
    return (sku for sku in SKUS if item_id(sku) == item)


def _item(world: World, id: int) -> dict[str, Any]:
    first = next(_of(id))
    return {
        "num_iid": id,
        "title": first.name,
        "outer_id": first.product,
        "num": _total(world, id),
        "price": yuan(min(sku.price_fen for sku in _of(id))),
        "approve_status": "onsale",
        "modified": clock.text(CREATED),
        "pic_url": f"https://img.example.invalid/{id}.jpg",
        "cid": 50000001,
    }


def _total(world: World, id: int) -> int:
    return sum(world.shelf("taobao").number(sku) for sku in _of(id))


def _sku(world: World, sku: Sku) -> dict[str, Any]:
    return {
        "sku_id": sku_id(sku),
        "num_iid": item_id(sku),
        "properties": f"1627207:{sku.model}",
        "properties_name": f"1627207:{sku.model}:规格:{sku.variant.replace(';', ' ')}",
        "quantity": world.shelf("taobao").number(sku),
        "price": yuan(sku.price_fen),
        "outer_id": sku.code,
        "barcode": sku.barcode,
        "status": "normal",
        "modified": clock.text(CREATED),
    }


def _id(world: World, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,19}", text):
        raise refuse(world, "item_id_wrong")
    return int(text)


def _adding(world: World, type_: str) -> bool:
    if type_ not in ("1", "2"):
        raise refuse(world, "stock_type_unknown")
    return type_ == "2"


def _quantity(world: World, text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise refuse(world, "quantity_wrong")
    return int(text)
