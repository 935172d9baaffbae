"""What the shop lists on SP-API, and its stock, which is set only where settings name the unpublished enums."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgspec

from server.errors import Rejected
from server.kit import clock
from server.platforms import http, paging, raw
from server.platforms.body import first_id, rows, text
from server.platforms.jd import goods as classic
from server.platforms.jd.client import number, page
from server.platforms.jd.errors import succeeded
from server.platforms.jdsp.body import answer
from server.platforms.jdsp.client import NAME, Client, listed, millis
from server.platforms.jdsp.own import own
from server.platforms.port import Listing, Shop, StockAnswer, StockOrder, Window

SKUS: Final = "/sp-product/v0/skus"
STOCKS: Final = "/sp-product/v0/sku-stocks/batch"
PAGE: Final = 50


async def listings(client: Client, shop: Shop) -> AsyncIterator[list[Listing]]:
    async def fetch(window: Window, number: int) -> paging.Page:
        found, total = listed(await client.call(shop, "GET", SKUS, {"page": number, "pageSize": PAGE}))
        try:
            return page([fields(raw.load_object(row)) for row in found], total, number, PAGE)
        except raw.Unreadable:
            raise http.unreadable(NAME) from None

    now = clock.now()
    async for found in paging.backwards(Window(now, now), fetch, PAGE):
        if listings := classic.shown(found):
            yield listings


def fields(row: dict[str, Any]) -> dict[str, Any]:
    """By their classic names. skuStatus is read as the classic one, 1 on sale; whatever else is not on sale."""
    names = {"wareId": "productId", "status": "skuStatus", "modified": "modifiedTime"}
    return {**row, **{old: row.get(new) for old, new in names.items()}}


async def set_stock(client: Client, shop: Shop, wanted: Sequence[StockOrder]) -> list[StockAnswer]:
    """Only where the shop's settings name the enums."""
    named = own(shop)
    if not named.stock_model or named.stock_operation is None:
        raise Rejected(
            "platform_cannot", "京东新接口的库存参数还没有公布，请先在店铺设置里填写试出的值", platform="jdsp"
        )
    if any(one.qty < 0 for one in wanted):
        raise Rejected("platform_bad_stock", "库存不能设为负数")
    body = {
        "updateModel": named.stock_model,
        "stockRfID": next((one.key for one in wanted if one.key), str(millis(clock.now()))),
        "stockOperationType": named.stock_operation,
        "putSkuStockList": [
            {"skuId": number(one.platform_sku or one.item), "stockNum": one.qty, "storeId": named.store_id}
            for one in wanted
        ],
    }
    data = await client.call(shop, "PUT", STOCKS, body=body)
    try:
        said = rows(raw.load_object(answer(data)).get("data")) or []
    except raw.Unreadable:
        raise http.unreadable(NAME) from None
    no = {first_id(row, "skuId", "data"): row for row in said if "success" in row and not succeeded(row["success"])}
    return [_said(one, no.get(one.platform_sku or one.item)) for one in wanted]


def _said(one: StockOrder, no: dict[str, Any] | None) -> StockAnswer:
    done = StockAnswer(one.item, one.platform_sku, "done")
    if no is None:
        return done
    return msgspec.structs.replace(done, outcome="refused", message=text(no.get("message")) or "京东没有接受这个库存")
