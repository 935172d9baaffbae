"""Parcels of an order on Shopee: one, until it is split; then each goes by its own number."""

from typing import Any

from server.sandbox.model import Line, Order
from server.sandbox.shopee import order as shopee_order
from server.sandbox.shopee.orders import find
from server.sandbox.shopee.rules import Params, objects, refuse
from server.sandbox.world import World


def split(world: World, p: Params) -> dict[str, Any]:
    """split_order: all items in one call, whole lines (by pieces only shops on Shopee's list may)."""
    order = find(world, p)
    if shopee_order.status(order) != "READY_TO_SHIP":
        raise refuse(world, "split_state")
    if order.packages:
        raise refuse(world, "split_again")
    wanted = objects(world, p.get("package_list"), "split_empty")
    if len(wanted) > world.knobs.shopee_most_parcels:
        raise refuse(world, "split_size")
    parcels = [_lines(world, order, objects(world, one.get("item_list"), "split_empty")) for one in wanted]
    named = [n for parcel in parcels for n in parcel]
    if len(set(named)) < len(named):
        raise refuse(world, "split_twice")
    if len(named) < len(order.lines):
        raise refuse(world, "split_rest")
    order.packages = parcels
    world.changed(order)
    listed = shopee_order.packages(order)
    return {
        "order_sn": order.external_id,
        "package_list": [
            {
                "package_number": number,
                "item_list": [
                    {name: value for name, value in item.items() if name != "product_location_id"}
                    for item in shopee_order.content(lines)
                ],
            }
            for number, lines in listed
        ],
    }


def unsplit(world: World, p: Params) -> None:
    order = find(world, p)
    if not order.packages or any(line.sent for line in order.lines) or order.state != "paid":
        raise refuse(world, "unsplit_state")
    order.packages = []
    world.changed(order)


def _lines(world: World, order: Order, items: list[dict[str, Any]]) -> list[int]:
    found = []
    for item in items:
        line = next((one for one in order.lines if _is(one, item)), None)
        if line is None:
            raise refuse(world, "split_stranger")
        if item.get("model_quantity", line.qty) != line.qty:
            raise refuse(world, "split_quantity")
        found.append(line.n)
    return found


def _is(line: Line, item: dict[str, Any]) -> bool:
    known = shopee_order.content([line])[0]
    return all(item.get(name, known[name]) == known[name] for name in ("order_item_id", "promotion_group_id")) and all(
        item.get(name) == known[name] for name in ("item_id", "model_id")
    )
