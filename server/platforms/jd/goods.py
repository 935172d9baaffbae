"""What the shop lists on JD, and the numbers that its buyers see."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, Literal

import structlog

from server.errors import Rejected
from server.kit import clock
from server.platforms import http, paging
from server.platforms.body import first_id, or_none, part, pieces, rows, text, text_id
from server.platforms.jd.body import BODY
from server.platforms.jd.client import NAME, Client, answer, number, page, total
from server.platforms.jd.errors import succeeded
from server.platforms.jd.own import own
from server.platforms.port import Listing, Shop, StockAnswer, StockOrder, Window

log = structlog.get_logger(__name__)


PAGE: Final = 50
AT_ONCE: Final = 50
"""Rows of one ware.stock.sku.set: JD's own limit is not known."""
_FIELDS: Final = "skuId,wareId,outerId,skuName,jdPrice,stockNum,status,saleAttrs,modified,created"
_STATES: Final[dict[str, Literal["on", "off", "deleted"]]] = {"1": "on", "2": "off", "4": "deleted"}


async def listings(client: Client, shop: Shop) -> AsyncIterator[list[Listing]]:
    """sku.read.searchSkuList, from the last page to the first: what is deleted meanwhile takes no neighbour with it."""

    async def fetch(window: Window, number: int) -> paging.Page:
        data = await client.call(
            shop,
            "jingdong.sku.read.searchSkuList",
            skuStatuValue=[1, 2, 4],  # their spelling
            pageNo=number,
            page_size=PAGE,
            field=_FIELDS,
        )
        found = part(answer(data), "page")
        count = total(found.get("totalItem"))
        listed = rows(found.get("data")) or []
        return page(listed, count, number, PAGE)

    now = clock.now()
    async for found in paging.backwards(Window(now, now), fetch, PAGE):
        if listings := shown(found):
            yield listings


def shown(rows: Sequence[dict[str, Any]]) -> list[Listing]:
    """The rows of a page; one that does not say which SKU it is cannot be used."""
    found = [listing(row) for row in rows]
    if not all(one.platform_sku for one in found):
        log.warning("listing_without_sku", count=sum(not one.platform_sku for one in found))
    return [one for one in found if one.platform_sku]


def listing(row: dict[str, Any]) -> Listing:
    """One row. A price or number that cannot be read is none. A state that is not known is not on sale."""
    return Listing(
        item=first_id(row, "wareId"),
        platform_sku=first_id(row, "skuId"),
        title=text(row.get("skuName")),
        outer_code=text_id(row.get("outerId")),
        qty=or_none(pieces, row.get("stockNum")),
        price_minor=or_none(lambda value: BODY.money(value, BODY.currency), row.get("jdPrice")),
        currency=BODY.currency,
        state=_STATES.get(text_id(row.get("status")), "off"),
        modified=or_none(BODY.time, row.get("modified")),
    )


def model(shop: Shop, what: Literal["set", "add"]) -> str:
    """updateModel of ware.stock.sku.set, as the shop's settings name it. "": the older calls are used."""
    return own(shop).stock_model_set if what == "set" else own(shop).stock_model_add


async def set_stock(client: Client, shop: Shop, wanted: Sequence[StockOrder]) -> list[StockAnswer]:
    """stock.write.updateSkuStock, one call for each; or ware.stock.sku.set, where its model is known."""
    if any(one.qty < 0 for one in wanted):
        raise Rejected("platform_bad_stock", "库存不能设为负数")
    if model(shop, "set"):
        return await _ware(client, shop, wanted, model(shop, "set"), "stockNum")

    async def put(one: StockOrder) -> StockAnswer:
        try:
            data = await client.call(shop, "jingdong.stock.write.updateSkuStock", **_row(shop, one), stockNum=one.qty)
        except Rejected as e:
            return _said(one, e.message)
        return _said(one, "" if succeeded(answer(data).get("success")) else "京东没有接受这个库存，请核对商品编号")

    return await paging.each(wanted, put)


async def add_stock(client: Client, shop: Shop, wanted: Sequence[StockOrder]) -> list[StockAnswer]:
    """Off unless the shop's settings allow ware.stock.sku.set or increaseSkuStock: neither is known to count a repeat
    once."""
    if model(shop, "add"):
        return await _ware(client, shop, wanted, model(shop, "add"), "incrStockNum")
    if not own(shop).stock_add:
        raise Rejected(
            "platform_cannot", "京东的库存增减没有开启：先用一个试验商品确认规则，再在店铺设置里打开", platform="jd"
        )
    answers = []
    for one in wanted:  # in turn: after a failure the rest is known not to have been tried
        try:
            data = await client.call(
                shop, "jingdong.stock.write.increaseSkuStock", **_row(shop, one), stockNum=one.qty, stockRfId=one.key
            )
        except Rejected as e:
            answers.append(_said(one, e.message))
            continue
        found = part(answer(data), "result")
        wrong = text_id(found.get("detailCode")) not in ("", "0")
        answers.append(_said(one, text(found.get("detailMsg")) or "京东没有接受这次增减" if wrong else ""))
    return answers


async def _ware(client: Client, shop: Shop, wanted: Sequence[StockOrder], model: str, name: str) -> list[StockAnswer]:
    """As a whole well, and each row well or not. A row that is not answered for was not done."""
    answers: list[StockAnswer] = []
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        asked = [{**_row(shop, one), name: one.qty} for one in some]
        req = {"updateModel": model, "stockRfId": some[0].key or str(int(clock.now().timestamp() * 1000)),
               "skuStocks": asked}  # fmt: skip
        found = part(answer(await client.call(shop, "jingdong.ware.stock.sku.set", req=req)), "returnType")
        listed = rows(part(found, "obj").get("updateStockResult"))
        if listed is None:
            raise http.unreadable(NAME)
        said = {text_id(row.get("data")): row for row in listed}
        for one in some:
            row = said.get(_id(one), {})
            done = succeeded(row.get("success"))
            answers.append(_said(one, "" if done else text(row.get("message")) or "京东没有接受这个库存"))
    return answers


def _row(shop: Shop, one: StockOrder) -> dict[str, Any]:
    """Which SKU, in which of the shop's stores."""
    return {"skuId": number(_id(one)), "storeId": own(shop).store_id}


def _id(one: StockOrder) -> str:
    return one.platform_sku or one.item


def _said(one: StockOrder, no: str) -> StockAnswer:
    return StockAnswer(one.item, one.platform_sku, "refused" if no else "done", message=no)
