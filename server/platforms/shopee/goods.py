"""What the shop lists on Shopee, and its stock there: full numbers, by warehouse, never less than promotions hold."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from server.errors import Rejected, Unavailable
from server.platforms import http, paging
from server.platforms.body import first_id, or_none, part, pieces, rows, text, text_id
from server.platforms.port import Listing, Shop, StockAnswer, StockOrder
from server.platforms.shopee.body import BODY
from server.platforms.shopee.client import NAME, Client, response
from server.platforms.shopee.own import own

Row = dict[str, Any]

PAGE: Final = 100
BATCH: Final = 50
"""Items of one get_item_base_info, and models of one update_stock."""
DEEPEST: Final = 1000
_NO_GTIN: Final = frozenset({"", "0", "00", "-"})


async def listings(client: Client, shop: Shop) -> AsyncIterator[list[Listing]]:
    """get_item_list until a pass brings nothing new, then the items fifty at a time, with the models of each that has
    some."""

    async def read() -> tuple[list[str], bool]:
        return await _ids(client, shop)

    ids = await paging.settled(read)
    for start in range(0, len(ids), BATCH):
        items = await _items(client, shop, ids[start : start + BATCH])

        async def whole(item: Row) -> list[Listing]:
            if item.get("has_model") is not True:
                return [plain(item)]
            return _models(item, await _model_list(client, shop, first_id(item, "item_id")))

        yield [one for found in await paging.each(items, whole) for one in found]


async def _ids(client: Client, shop: Shop) -> tuple[list[str], bool]:
    """One pass over the list. An offset moves with what is before it, so passes are compared."""
    found: dict[str, None] = {}
    offset = 0
    states = [one.strip() for one in own(shop).item_states.split(",") if one.strip()]
    for _ in range(DEEPEST):
        data = await client.get(
            shop, "product/get_item_list", item_status=states, offset=str(offset), page_size=str(PAGE)
        )
        answer = response(data)
        listed, more, following = rows(answer.get("item", [])), answer.get("has_next_page"), answer.get("next_offset")
        ids = [first_id(row, "item_id") for row in listed or []]
        if listed is None or not isinstance(more, bool) or not all(ids):
            raise http.unreadable(NAME)
        found.update(dict.fromkeys(ids))
        if not more:
            return list(found), offset == 0
        if not isinstance(following, int) or isinstance(following, bool) or following <= offset or not ids:
            raise http.unreadable(NAME)  # a list without an end
        offset = following
    raise paging.restless()


async def _items(client: Client, shop: Shop, ids: list[str]) -> list[Row]:
    """All of them, or Unavailable: one that was deleted just now is missing from the next list, too."""
    data = await client.get(shop, "product/get_item_base_info", item_id_list=",".join(ids))
    found = {first_id(row, "item_id"): row for row in rows(response(data).get("item_list")) or []}
    missing = [id for id in ids if id not in found]
    if missing:
        raise Unavailable(
            "platform_incomplete", f"Shopee 没有返回全部商品，缺 {len(missing)} 个，稍后再试", missing=missing
        )
    return [found[id] for id in ids]


async def _model_list(client: Client, shop: Shop, item: str) -> Row:
    return response(await client.get(shop, "product/get_model_list", item_id=item))


def plain(item: Row) -> Listing:
    """An item without variants."""
    price, currency = _price(item)
    return Listing(
        item=first_id(item, "item_id"),
        platform_sku="",
        title=text(item.get("item_name")),
        outer_code=text_id(item.get("item_sku")),
        barcode=_barcode(item),
        qty=_shown(item),
        price_minor=price,
        currency=currency,
        state=_state(item),
        modified=or_none(BODY.time, item.get("update_time")),
    )


def _models(item: Row, found: Row) -> list[Listing]:
    """Raises Unavailable: an item that has models shows some."""
    listed, tiers = rows(found.get("model")), rows(found.get("tier_variation")) or []
    if not listed or not all(first_id(model, "model_id") for model in listed):
        raise http.unreadable(NAME)
    return [model(item, tiers, one) for one in listed]


def model(item: Row, tiers: Sequence[Row], one: Row) -> Listing:
    """One variant. Without a code of its own it goes by the item's, as in an order."""
    price, currency = _price(one)
    sold = _state(item) == "on" and text(one.get("model_status")) in ("", "MODEL_NORMAL", "NORMAL")
    return Listing(
        item=first_id(item, "item_id"),
        platform_sku=first_id(one, "model_id"),
        title=text(item.get("item_name")),
        variant=names(tiers, one.get("tier_index")),
        outer_code=text_id(one.get("model_sku")) or text_id(item.get("item_sku")),
        barcode=_barcode(one),
        qty=_shown(one),
        price_minor=price,
        currency=currency,
        state="on" if sold else "deleted" if _state(item) == "deleted" else "off",
        modified=or_none(BODY.time, item.get("update_time")),
    )


def names(tiers: Sequence[Row], places: Any) -> str:
    """tier_index [0, 1] -> "White M": which option of each tier it is."""
    found = []
    for tier, place in zip(tiers, places if isinstance(places, list) else [], strict=False):
        options = rows(tier.get("option_list")) or []
        if isinstance(place, int) and not isinstance(place, bool) and 0 <= place < len(options):
            found.append(text(options[place].get("option")))
    return " ".join(one for one in found if one)


def _state(item: Row) -> Any:
    """A state that is not known is not on sale."""
    state = text(item.get("item_status"))
    if state in ("SELLER_DELETE", "SHOPEE_DELETE"):
        return "deleted"
    return "on" if state == "NORMAL" else "off"


def _barcode(row: Row) -> str:
    code = text_id(row.get("gtin_code"))
    return "" if code in _NO_GTIN else code


def _shown(row: Row) -> int | None:
    """What buyers can buy now."""
    return or_none(pieces, part(part(row, "stock_info_v2"), "summary_info").get("total_available_stock"))


def _price(row: Row) -> tuple[int | None, str]:
    first: Row = next(iter(rows(row.get("price_info")) or []), {})
    currency = text(first.get("currency")).upper()[:3]
    if not currency:
        return None, currency
    return or_none(lambda value: BODY.money(value, currency), first.get("current_price")), currency


# -- stock


async def set_stock(client: Client, shop: Shop, wanted: Sequence[StockOrder]) -> list[StockAnswer]:
    """update_stock, an item at a time. Full numbers, so that the same call again is safe.

    Below what a promotion holds Shopee lets nothing be set: then it is set to that, and the answer says "clamped".
    """
    if any(one.qty < 0 for one in wanted):
        raise Rejected("platform_bad_stock", "库存不能设为负数")
    said: dict[int, StockAnswer] = {}
    of: dict[str, list[int]] = {}
    for place, one in enumerate(wanted):
        if _id(one.item) is None or _id(one.platform_sku or "0") is None:
            said[place] = _answer(one, no="商品编号不是 Shopee 的编号")
        else:
            of.setdefault(one.item, []).append(place)
    for item, places in of.items():
        for some in _portions(wanted, places):
            said |= await _several(client, shop, item, wanted, some)
    return [said[place] for place in range(len(wanted))]


def _portions(wanted: Sequence[StockOrder], places: list[int]) -> list[list[int]]:
    """Fifty models a call, none of them twice ("Repeat model_id."): a later wish for the same goes by itself, after."""
    found: list[list[int]] = []
    for place in places:
        known = {wanted[other].platform_sku for other in found[-1]} if found else set()
        if not found or len(found[-1]) >= BATCH or wanted[place].platform_sku in known:
            found.append([])
        found[-1].append(place)
    return found


async def _several(
    client: Client, shop: Shop, item: str, wanted: Sequence[StockOrder], places: list[int]
) -> dict[int, StockAnswer]:
    """Models of one item in one call. When it is refused as a whole, each is asked for by itself: one stranger among
    them must not keep the others from their numbers."""
    some = [wanted[place] for place in places]
    try:
        done, failed = await _put(client, shop, item, [(one, one.qty) for one in some])
    except Rejected as e:
        if len(places) > 1:
            said: dict[int, StockAnswer] = {}
            for place in places:
                said |= await _several(client, shop, item, wanted, [place])
            return said
        done, failed = {}, {some[0].platform_sku or "0": e.message}
    found: dict[int, StockAnswer] = {}
    for place, one in zip(places, some, strict=True):
        key = one.platform_sku or "0"
        if key in done and key not in failed:
            found[place] = _set(one, done[key])
        elif key in failed:
            found[place] = await _least(client, shop, one, failed[key])
        else:
            found[place] = _answer(one, no="Shopee 没有确认这个库存，请核对商品编号")
    return found


async def _put(
    client: Client, shop: Shop, item: str, rows_: Sequence[tuple[StockOrder, int]]
) -> tuple[dict[str, int | None], dict[str, str]]:
    """What was set, and what was not and why, by model. Raises Rejected: nothing was."""
    location = own(shop).location_id
    where = {"location_id": location} if location else {}
    listed = [
        {"model_id": _id(one.platform_sku or "0"), "seller_stock": [{**where, "stock": qty}]} for one, qty in rows_
    ]
    found = response(await client.post(shop, "product/update_stock", {"item_id": _id(item), "stock_list": listed}))
    done = {
        text_id(row.get("model_id")): or_none(pieces, row.get("stock"))
        for row in rows(found.get("success_list")) or []
        if text(row.get("location_id")) in ("", location)
    }
    failed = {
        text_id(row.get("model_id")): text(row.get("failed_reason"))[:200] or "Shopee 没有说明原因"
        for row in rows(found.get("failure_list")) or []
    }
    return done, failed


async def _least(client: Client, shop: Shop, one: StockOrder, why: str) -> StockAnswer:
    """Refused. Where a promotion holds more than was wished, the number goes down to that: the nearest that is
    allowed. The reason is free text, so the stock itself is read."""
    held = await _reserved(client, shop, one)
    if held is None or held <= one.qty:
        return _answer(one, no=why)
    try:
        done, failed = await _put(client, shop, one.item, [(one, held)])
    except Rejected as e:
        return _answer(one, no=e.message)
    key = one.platform_sku or "0"
    if key not in done or key in failed:
        return _answer(one, no=failed.get(key) or why)
    message = f"活动占用了 {held} 件，Shopee 不允许更低，已设为 {held}"
    return StockAnswer(one.item, one.platform_sku, "clamped", held if done[key] is None else done[key], message)


async def _reserved(client: Client, shop: Shop, one: StockOrder) -> int | None:
    """How much of it promotions hold; None: not to be learned."""
    try:
        if one.platform_sku:
            listed = rows((await _model_list(client, shop, one.item)).get("model")) or []
            row = next((m for m in listed if first_id(m, "model_id") == one.platform_sku), {})
        else:
            [row] = await _items(client, shop, [one.item])
    except (Rejected, Unavailable):
        return None
    return or_none(pieces, part(part(row, "stock_info_v2"), "summary_info").get("total_reserved_stock"))


def _set(one: StockOrder, shown: int | None) -> StockAnswer:
    """Set to what was wished, or to what Shopee says that it set instead."""
    if shown is None or shown == one.qty:
        return _answer(one, qty=shown)
    return StockAnswer(one.item, one.platform_sku, "clamped", shown, f"Shopee 把库存设成了 {shown}")


def _answer(one: StockOrder, *, qty: int | None = None, no: str = "") -> StockAnswer:
    return StockAnswer(one.item, one.platform_sku, "refused" if no else "done", qty, no)


def _id(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None
