"""What the shop lists on Pinduoduo, and the numbers that its buyers see."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, Literal

import msgspec
import structlog

from server.errors import Rejected
from server.kit import clock
from server.platforms import paging
from server.platforms.body import first_id, or_none, pieces, rows, text, text_id
from server.platforms.pinduoduo.client import Client, answer, listed, page
from server.platforms.pinduoduo.own import own
from server.platforms.port import Listing, Shop, StockAnswer, StockOrder, Window

log = structlog.get_logger(__name__)


PAGE: Final = 100


async def listings(client: Client, shop: Shop) -> AsyncIterator[list[Listing]]:
    """goods.list.get, on sale and off, from the last page to the first."""
    seen: set[str] = set()
    for onsale in ("1", "0"):
        async for found in _goods(client, shop, onsale):
            named = {first_id(row, "goods_id"): row for row in found}
            if named.pop("", None) is not None:
                log.warning("listing_without_item", shop=shop.id)
            fresh = {id: row for id, row in named.items() if id not in seen}
            seen.update(fresh)
            shown = [one for row in fresh.values() for one in variants(row, inside=own(shop).reserved_inside)]
            if own(shop).listing_prices:
                shown = await paging.each(shown, lambda one: _priced(client, shop, one))
            if shown:
                yield shown


def _goods(client: Client, shop: Shop, onsale: str) -> AsyncIterator[list[dict[str, Any]]]:
    async def fetch(window: Window, number: int) -> paging.Page:
        data = await client.call(
            shop, "pdd.goods.list.get", is_onsale=onsale, page=str(number), page_size=str(PAGE)
        )  # fmt: skip
        root = answer(data, "goods_list_get_response")
        return page(listed(root, "goods_list"), root, number, PAGE)

    now = clock.now()
    return paging.backwards(Window(now, now), fetch, PAGE)


def variants(goods: dict[str, Any], *, inside: bool = False) -> list[Listing]:
    """The SKUs of one row; goods without variants have one, too. A number that cannot be read is none.

    `inside`: the quantity still holds what is reserved.
    """
    item, title = first_id(goods, "goods_id"), text(goods.get("goods_name"))
    on = _onsale(goods.get("is_onsale"))
    found = [row for row in rows(goods.get("sku_list")) or [] if first_id(row, "sku_id")]
    if not found:
        qty = _left(goods.get("goods_quantity"), goods.get("goods_reserve_quantity"), inside)
        return [Listing(item, "", title, qty=qty, state=on)]
    return [
        Listing(
            item=item,
            platform_sku=first_id(row, "sku_id"),
            title=title,
            variant=text(row.get("spec")).replace(",", " "),
            outer_code=text_id(row.get("outer_id")),
            qty=_left(row.get("sku_quantity"), row.get("reserve_quantity"), inside),
            state=on if on == "off" else _onsale(row.get("is_sku_onsale")),
        )
        for row in found
    ]


async def _priced(client: Client, shop: Shop, one: Listing) -> Listing:
    """With what a buyer pays in a group: goods.skus.get, in fen."""
    if not one.platform_sku:
        return one
    found = await _sku(client, shop, one.item, one.platform_sku)
    return msgspec.structs.replace(one, price_minor=or_none(pieces, found.get("multi_price")))


async def _sku(client: Client, shop: Shop, item: str, sku: str) -> dict[str, Any]:
    return answer(await client.call(shop, "pdd.goods.skus.get", goods_id=item, sku_id=sku), "goods_sku_get_response")


async def set_stock(client: Client, shop: Shop, wanted: Sequence[StockOrder]) -> list[StockAnswer]:
    """goods.quantity.update with full numbers, so that the same call again is safe."""
    if any(one.qty < 0 for one in wanted):
        raise Rejected("platform_bad_stock", "库存不能设为负数")

    async def put(one: StockOrder) -> StockAnswer:
        return await _update(client, shop, one, "1")

    if len({(one.item, one.platform_sku) for one in wanted}) < len(wanted):  # twice the same: the last must win
        return [await put(one) for one in wanted]
    return await paging.each(wanted, put)


async def add_stock(client: Client, shop: Shop, wanted: Sequence[StockOrder]) -> list[StockAnswer]:
    """In turn: after a failure the rest is known not to have been tried. What would leave less than nothing is refused,
    not cut; a repeat counts again."""
    return [await _update(client, shop, one, "2") for one in wanted]


async def _update(client: Client, shop: Shop, one: StockOrder, type_: str) -> StockAnswer:
    if not one.platform_sku:
        return _said(one, "拼多多的库存按规格设置，这个商品没有规格编号")
    try:
        qty = one.qty
        if type_ == "1" and own(shop).reserved_inside:
            sku = await _sku(client, shop, one.item, one.platform_sku)
            qty += or_none(pieces, sku.get("reserve_quantity")) or 0
        data = await client.call(
            shop,
            "pdd.goods.quantity.update",
            goods_id=one.item,
            sku_id=one.platform_sku,
            quantity=str(qty),
            update_type=type_,
        )
    except Rejected as e:
        return _said(one, e.message)
    done = answer(data, "goods_quantity_update_response").get("is_success") is True
    return _said(one, "" if done else "拼多多没有确认这个库存，请核对商品编号")


def _said(one: StockOrder, no: str) -> StockAnswer:
    """The answer does not tell the number."""
    return StockAnswer(one.item, one.platform_sku, "refused" if no else "done", message=no)


def _onsale(value: Any) -> Literal["on", "off"]:
    """A state that is not known is not on sale."""
    return "on" if text_id(value) == "1" else "off"


def _left(quantity: Any, reserved: Any, inside: bool) -> int | None:
    qty = or_none(pieces, quantity)
    return or_none(pieces, qty - (or_none(pieces, reserved) or 0)) if qty is not None and inside else qty
