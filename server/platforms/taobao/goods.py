"""What the shop lists on Taobao, and the numbers that its buyers see."""

import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import structlog

from server.errors import Rejected
from server.kit import clock
from server.platforms import paging
from server.platforms.body import first_id, or_none, part, pieces, rows, text, text_id
from server.platforms.port import Listing, Shop, StockAnswer, StockOrder, Window
from server.platforms.taobao.body import BODY
from server.platforms.taobao.client import Client, answer, listed, page, when
from server.platforms.taobao.own import own

log = structlog.get_logger(__name__)


PAGE: Final = 200
ITEMS_AT_ONCE: Final = 40
SKUS_AT_ONCE: Final = 20
BANNERS: Final = ("for_shelved", "never_on_shelf", "off_shelf", "regular_shelved", "sold_out", "violation_off_shelf")
"""What is off the shelf, by why; some say the same of one item."""
_BEGAN: Final = datetime(2003, 5, 10, tzinfo=UTC)
_ITEM: Final = "num_iid,title,outer_id,num,price,approve_status,modified"
_SKU: Final = "sku_id,num_iid,properties_name,quantity,price,outer_id,barcode,status,modified"


async def listings(client: Client, shop: Shop) -> AsyncIterator[list[Listing]]:
    """items.onsale.get and items.inventory.get, from the last page to the first, with the SKUs of each page's items."""
    seen: set[str] = set()
    lists = [("taobao.items.onsale.get", ""), *(("taobao.items.inventory.get", banner) for banner in BANNERS)]
    for method, banner in lists:
        async for found in _items(client, shop, method, {"banner": banner} if banner else {}):
            named = {first_id(row, "num_iid"): row for row in found}
            if named.pop("", None) is not None:
                log.warning("listing_without_item", shop=shop.id)
            fresh = {id: row for id, row in named.items() if id not in seen}
            seen.update(fresh)
            if fresh:
                yield await _with_skus(client, shop, fresh)


def _items(client: Client, shop: Shop, method: str, more: dict[str, str]) -> AsyncIterator[list[dict[str, Any]]]:
    async def fetch(window: Window, number: int) -> paging.Page:
        data = await client.call(
            shop,
            method,
            fields=_ITEM,
            start_modified=when(window.since),
            end_modified=when(window.until),
            page_no=str(number),
            page_size=str(PAGE),
            **more,
        )
        root = answer(data)
        return page(listed(root, "items", "item"), root, number, PAGE)

    # Beyond 20,000 rows a list is not to be trusted: then it is cut by the time of change.
    return paging.backwards(Window(_BEGAN, clock.now() + timedelta(days=1)), fetch, PAGE)


async def _with_skus(client: Client, shop: Shop, items: dict[str, dict[str, Any]]) -> list[Listing]:
    """item.skus.get. An item of which it says nothing has no variants."""
    ids = list(items)
    of: dict[str, list[dict[str, Any]]] = {}
    for start in range(0, len(ids), ITEMS_AT_ONCE):
        asked = ",".join(ids[start : start + ITEMS_AT_ONCE])
        data = await client.call(shop, "taobao.item.skus.get", fields=_SKU, num_iids=asked)
        for row in listed(answer(data), "skus", "sku"):
            of.setdefault(first_id(row, "num_iid"), []).append(row)
    found: list[Listing] = []
    for id, item in items.items():
        found += [variant(item, row) for row in of[id] if first_id(row, "sku_id")] if id in of else [plain(item)]
    return found


def plain(item: dict[str, Any]) -> Listing:
    """An item without variants."""
    return Listing(
        item=first_id(item, "num_iid"),
        platform_sku="",
        title=text(item.get("title")),
        outer_code=text_id(item.get("outer_id")),
        qty=or_none(pieces, item.get("num")),
        price_minor=or_none(_yuan, item.get("price")),
        state=_state(item),
        modified=or_none(BODY.time, item.get("modified")),
    )


def variant(item: dict[str, Any], sku: dict[str, Any]) -> Listing:
    return Listing(
        item=first_id(item, "num_iid"),
        platform_sku=first_id(sku, "sku_id"),
        title=text(item.get("title")),
        variant=names(text(sku.get("properties_name"))),
        outer_code=text_id(sku.get("outer_id")),
        barcode=text_id(sku.get("barcode")),
        qty=or_none(pieces, sku.get("quantity")),
        price_minor=or_none(_yuan, sku.get("price")),
        state="deleted" if text(sku.get("status")) == "delete" else _state(item),
        modified=or_none(BODY.time, sku.get("modified")),
    )


def names(properties: str) -> str:
    """ "pid:vid:颜色:白色;pid:vid:尺码:M" -> "白色 M"."""
    parts = (one.split(":", 3) for one in properties.split(";"))
    return " ".join(one[3] for one in parts if len(one) == 4)


def _state(item: dict[str, Any]) -> Literal["on", "off"]:
    """A state that is not known is not on sale."""
    return "on" if text(item.get("approve_status")) == "onsale" else "off"


async def set_stock(client: Client, shop: Shop, wanted: Sequence[StockOrder]) -> list[StockAnswer]:
    """skus.quantity.update, an item at a time; item.quantity.update for goods without variants. Full numbers, so that
    the same call again is safe. Whether orders that are not paid have taken their pieces, each item's settings there
    decide (at order or at payment): no answer tells."""
    if any(one.qty < 0 for one in wanted):
        raise Rejected("platform_bad_stock", "库存不能设为负数")
    said: dict[int, StockAnswer] = {}
    of: dict[str, list[int]] = {}
    for place, one in enumerate(wanted):
        if one.platform_sku:
            of.setdefault(one.item, []).append(place)
        else:
            said[place] = await _one(client, shop, one, "1")
    for places in of.values():
        for start in range(0, len(places), SKUS_AT_ONCE):
            said |= await _several(client, shop, wanted, places[start : start + SKUS_AT_ONCE])
    return [said[place] for place in range(len(wanted))]


async def _several(
    client: Client, shop: Shop, wanted: Sequence[StockOrder], places: list[int]
) -> dict[int, StockAnswer]:
    """SKUs of one item in one call. When it is refused, each is asked for by itself: one stranger among them must not
    keep the others from their numbers."""
    some = [wanted[place] for place in places]
    if len({one.platform_sku for one in some}) < len(some):  # twice the same: the last must win
        return {place: await _one(client, shop, wanted[place], "1") for place in places}
    asked = ";".join(f"{one.platform_sku}:{one.qty}" for one in some)
    method = "taobao.skus.quantity.update"
    try:
        data = await client.call(shop, method, num_iid=some[0].item, skuid_quantities=asked, type="1")
    except Rejected as e:
        if len(places) > 1:
            return {place: await _one(client, shop, wanted[place], "1") for place in places}
        return {places[0]: _said(some[0], no=e.message)}
    return {place: _read(data, wanted[place]) for place in places}


async def add_stock(client: Client, shop: Shop, wanted: Sequence[StockOrder]) -> list[StockAnswer]:
    """In turn: after a failure the rest is known not to have been tried.

    item.quantity.update refuses what would leave less than nothing; skus.quantity.update, which would cut it to 0
    without a word, is not used. Neither counts a repeat once: only Tmall's own call does.
    """
    tmall = own(shop).tmall
    return [await (_tmall(client, shop, one) if tmall else _one(client, shop, one, "2")) for one in wanted]


async def _one(client: Client, shop: Shop, one: StockOrder, type_: str) -> StockAnswer:
    more = {"sku_id": one.platform_sku} if one.platform_sku else {}
    try:
        data = await client.call(
            shop, "taobao.item.quantity.update", num_iid=one.item, quantity=str(one.qty), type=type_, **more
        )
    except Rejected as e:
        return _said(one, no=e.message)
    return _read(data, one)


async def _tmall(client: Client, shop: Shop, one: StockOrder) -> StockAnswer:
    """tmall.item.quantity.update. Its key may be hexadecimal only."""
    options: dict[str, Any] = {"type": 2}
    if one.key:
        options |= {"outer_biz_key": hashlib.sha256(one.key.encode()).hexdigest()[:32]}
    more = {"item_quantity": str(one.qty)}
    if one.platform_sku:
        more = {"sku_quantities": json.dumps([{"sku_id": one.platform_sku, "quantity": one.qty}])}
    try:
        data = await client.call(
            shop, "tmall.item.quantity.update", item_id=one.item, options=json.dumps(options), **more
        )
    except Rejected as e:
        return _said(one, no=e.message)
    done = "quantity_update_result" in answer(data)
    return _said(one, no="" if done else "天猫没有确认这次增减，请核对库存")


def _read(data: bytes, one: StockOrder) -> StockAnswer:
    """What the answer says of this wish. One that does not show the item confirms nothing."""
    item = part(answer(data), "item")
    if first_id(item, "num_iid", "iid") != one.item:
        return _said(one, no="淘宝没有确认这个库存，请核对商品编号")
    shown = item.get("num")
    if one.platform_sku:
        of = {first_id(row, "sku_id"): row for row in rows(part(item, "skus").get("sku")) or []}
        shown = of.get(one.platform_sku, {}).get("quantity")
    return _said(one, qty=or_none(pieces, shown))


def _said(one: StockOrder, *, qty: int | None = None, no: str = "") -> StockAnswer:
    return StockAnswer(one.item, one.platform_sku, "refused" if no else "done", qty, no)


def _yuan(value: Any) -> int:
    return BODY.money(value, BODY.currency)
