"""JD's orders: lists with masked receivers, whole as they are; and the seller's remarks."""

from collections.abc import AsyncIterator
from typing import Final

from server.errors import Rejected
from server.platforms import adapter, http, paging
from server.platforms.body import first_id, part, rows, text
from server.platforms.jd.body import BODY
from server.platforms.jd.client import NAME, Client, answer, number, page, total, when
from server.platforms.jd.own import own
from server.platforms.port import RawOrder, Shop, Window

PAGE: Final = 50
DEEPEST: Final = 50
"""Pages beyond 100 are said to come back empty."""

FIELDS: Final = (
    "orderId,venderId,orderType,payType,orderTotalPrice,orderSellerPrice,orderPayment,freightPrice,sellerDiscount,"
    "balanceUsed,taxFee,serviceFee,orderState,orderStateRemark,deliveryType,orderRemark,venderRemark,orderStartTime,"
    "paymentConfirmTime,orderEndTime,modified,waybill,logisticsId,pin,open_id_buyer,xid_buyer,returnOrder,"
    "directParentOrderId,parentOrderId,orderSource,storeOrder,idSopShipmenttype,scDT,storeId,popSignMap,invoiceInfo,"
    "invoiceCode,invoiceEasyInfo,itemInfoList,couponDetailList,consigneeInfo"
)
"""Only what is named is returned. Alike in list and detail, so that both give the same content."""

STATES: Final = "ALL"


REMARK_LENGTH: Final = 500
_UNKNOWN: Final = "10500001"


async def changed(client: Client, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
    """By time of change, newest first; then the orders whose remark changed, which does not move that time."""
    seen: set[str] = set()
    async for found in listed(client, shop, window, by=0):
        seen.update(one.external_id for one in found)
        yield found
    if not own(shop).pull_remarks:
        return
    async for ids in remarked(client, shop, window):
        fresh = [id for id in dict.fromkeys(ids) if id not in seen]
        seen.update(fresh)
        there = await paging.each(fresh, lambda one: _if_there(client, shop, one))
        if any(there):
            yield [order for order in there if order]


async def listed(client: Client, shop: Shop, window: Window, *, by: int) -> AsyncIterator[list[RawOrder]]:
    """`by`: 0 by time of change, 1 by time of placing."""

    async def fetch(window: Window, number: int) -> paging.Page:
        data = await client.call(
            shop,
            "jingdong.pop.order.search",
            start_date=when(window.since),
            end_date=when(window.until),
            order_state=STATES,
            optional_fields=FIELDS,
            page=str(number),
            page_size=str(PAGE),
            sortType=1,
            dateType=by,
            source_id="JOS",
        )
        found = part(answer(data), "searchorderinfo_result")
        return page(adapter.orders(BODY, data), total(found.get("orderTotal")), number, PAGE)

    async for found in paging.backwards(window, fetch, PAGE, deepest=DEEPEST):
        if found:
            yield found


async def remarked(client: Client, shop: Shop, window: Window) -> AsyncIterator[list[str]]:
    """Numbers of the orders whose remark changed in the window. How many are on a page only the first one tells."""

    async def fetch(window: Window, number: int) -> paging.Page:
        data = await client.call(
            shop,
            "jingdong.pop.order.getRemarkByModifyTime",
            startTime=when(window.since),
            endTime=when(window.until),
            page=number,
        )
        found = part(answer(data), "getremarkbymodifytime_result")
        if "totleNum" not in found and "remarkList" not in found:
            raise Rejected("platform_rejected", f"京东没有返回备注列表（{text(found.get('errorMsg'))[:200]}）")
        listed = rows(found.get("remarkList")) or []
        ids = [id for row in listed if (id := first_id(row, "orderId"))]
        count = total(found.get("totleNum", len(listed)))  # their spelling
        if number == 1 and count and not listed:
            raise http.unreadable(NAME)
        return paging.Page(ids, count)

    first = await fetch(window, 1)
    if len(first.rows) >= first.total:
        yield first.rows
        return
    async for ids in paging.backwards(window, fetch, max(1, len(first.rows)), deepest=DEEPEST):
        yield ids


async def order(client: Client, shop: Shop, external_id: str) -> RawOrder:
    data = await client.call(
        shop, "jingdong.pop.order.get", order_id=number(external_id), optional_fields=FIELDS, source_id="JOS"
    )
    return adapter.single(BODY, data, external_id)


async def remark(client: Client, shop: Shop, external_id: str, words: str) -> None:
    """modifyVenderRemark. The coloured flag is left out where settings name none."""
    if len(words) > REMARK_LENGTH:
        raise Rejected("platform_too_long", f"京东的备注最多 {REMARK_LENGTH} 个字")
    flag = own(shop).remark_flag
    more = {"flag": flag} if flag else {}
    await client.call(shop, "jingdong.pop.order.modifyVenderRemark", order_id=number(external_id), remark=words, **more)


async def _if_there(client: Client, shop: Shop, external_id: str) -> RawOrder | None:
    """A remark may outlive its order."""
    try:
        return await order(client, shop, external_id)
    except Rejected as e:
        if e.code == "platform_no_order" or e.detail.get("platform_code") == _UNKNOWN:
            return None
        raise
