"""SP-API's orders: lists by time, one order, the seller's remark."""

from collections.abc import AsyncIterator
from typing import Any, Final

from server.errors import Rejected
from server.platforms import adapter, paging
from server.platforms.body import first_id
from server.platforms.jd.client import page
from server.platforms.jdsp.body import BODY
from server.platforms.jdsp.client import Client, listed, millis
from server.platforms.jdsp.own import own
from server.platforms.port import RawOrder, Shop, Window

ORDERS: Final = "/sp-order/v0/orders"
ORDER: Final = "/sp-order/v0/orders/{orderId}"
PAGE: Final = 20
SCOPES: Final = (
    "skuItemInfoList,consigneeInfo,paymentInfo,sellerTradePriceInfo,transportInfo,buyerRemark,venderRemarkInfo,"
    "specialStatusReasonInfo"
)
"""The first two were seen; a shop's settings may name others."""
REMARK_LENGTH: Final = 500


async def changed(client: Client, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
    """By whatever startTime means where settings say nothing else."""
    async for rows in _listed(client, shop, window, own(shop).changed_query):
        yield rows


async def placed(client: Client, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
    """Only where settings say how the time of placing is asked for."""
    more = own(shop).placed_query
    if not more:
        raise Rejected("platform_cannot", "京东新接口按下单时间查询的参数还没有公布，暂不能补拉", platform="jdsp")
    async for rows in _listed(client, shop, window, more):
        yield rows


async def _listed(client: Client, shop: Shop, window: Window, more: dict[str, str]) -> AsyncIterator[list[RawOrder]]:
    async def fetch(window: Window, number: int) -> paging.Page:
        query: dict[str, str | int] = {
            "startTime": millis(window.since),
            "endTime": millis(window.until),
            "page": number,
            "pageSize": PAGE,
            "scopeSet": own(shop).scopes or SCOPES,
            **more,
        }
        rows, total = listed(await client.call(shop, "GET", ORDERS, query))
        return page([BODY.raw_order(row) for row in rows], total, number, PAGE)

    async for found in paging.backwards(window, fetch, PAGE):
        if found:
            yield found


async def order(client: Client, shop: Shop, external_id: str) -> RawOrder:
    query = {"scopeSet": own(shop).scopes or SCOPES}
    return adapter.single(BODY, await client.call(shop, "GET", ORDER, query, orderId=safe(external_id)), external_id)


async def remark(client: Client, shop: Shop, external_id: str, words: str) -> None:
    if len(words) > REMARK_LENGTH:
        raise Rejected("platform_too_long", f"京东的备注最多 {REMARK_LENGTH} 个字")
    flag = own(shop).remark_flag
    body: dict[str, Any] = {"orderId": int(safe(external_id)), "venderId": vender(shop), "remark": words}
    if flag is not None:
        body["flag"] = flag
    await client.call(shop, "PUT", f"{ORDER}/vender-remarks", body=body, orderId=external_id)


def safe(external_id: str) -> str:
    """An order's number goes into the path: digits and nothing else. Raises Rejected."""
    if not (external_id.isascii() and external_id.isdigit() and len(external_id) < 20):
        raise Rejected("platform_no_order", "这不是京东的订单号", external_id=external_id)
    return external_id


def vender(shop: Shop) -> int | str:
    return int(shop.external_id) if first_id({"id": shop.external_id}, "id").isdigit() else shop.external_id
