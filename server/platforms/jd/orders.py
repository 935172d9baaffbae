"""JD's orders: lists with masked receivers, whole as they are."""

from collections.abc import AsyncIterator
from typing import Any, Final

from server.platforms import adapter, http, paging, raw
from server.platforms.body import part
from server.platforms.jd.body import BODY
from server.platforms.jd.client import NAME, Client, when
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


async def changed(client: Client, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
    """By time of change, newest first."""

    async def page(window: Window, number: int) -> paging.Page:
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
            dateType=0,
            source_id="JOS",
        )
        return paging.Page(adapter.orders(BODY, data), _total(data))

    async for rows in paging.backwards(window, page, PAGE, deepest=DEEPEST):
        if rows:
            yield rows


async def order(client: Client, shop: Shop, external_id: str) -> RawOrder:
    number: Any = int(external_id) if external_id.isascii() and external_id.isdigit() else external_id
    data = await client.call(shop, "jingdong.pop.order.get", order_id=number, optional_fields=FIELDS, source_id="JOS")
    return adapter.single(BODY, data, external_id)


def _total(data: bytes) -> int:
    try:
        root = part(raw.load_object(data), "jingdong_pop_order_search_responce")
    except raw.Unreadable:
        raise http.unreadable(NAME) from None
    total = part(root, "searchorderinfo_result").get("orderTotal")
    if isinstance(total, str) and total.isascii() and total.isdigit():
        total = int(total)
    if not isinstance(total, int):
        raise http.unreadable(NAME)
    return total
