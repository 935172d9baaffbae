"""Taobao's orders: which changed, newest first, and each one whole."""

from collections.abc import AsyncIterator
from typing import Any, Final

from server.platforms import adapter, http, paging, raw
from server.platforms.body import part, rows, text_id
from server.platforms.port import RawOrder, Shop, Window
from server.platforms.taobao.body import BODY
from server.platforms.taobao.client import NAME, Client, when

PAGE: Final = 50

TYPES: Final = (
    "fixed,auction,guarantee_trade,auto_delivery,independent_simple_trade,independent_shop_trade,ec,cod,"
    "game_equipment,shopex_trade,netcn_trade,external_trade,step,nopaid,tmall_i18n,o2o_offlinetrade,pre_auth_type"
)
"""The default hides orders: a type that is not named is not returned."""

FIELDS: Final = (
    "tid,tid_str,seller_nick,buyer_nick,buyer_open_uid,title,type,status,created,pay_time,consign_time,end_time,"
    "modified,timeout_action_time,payment,total_fee,discount_fee,adjust_fee,post_fee,received_payment,cod_fee,"
    "cod_status,num,shipping_type,buyer_message,buyer_memo,seller_memo,seller_flag,has_buyer_message,receiver_name,"
    "receiver_country,receiver_state,receiver_city,receiver_district,receiver_town,receiver_address,receiver_zip,"
    "receiver_mobile,receiver_phone,oaid,trade_from,step_trade_status,step_paid_fee,is_part_consign,new_presell,"
    "top_hold,team_buy_hold,share_group_hold,ofp_hold,est_con_time,delivery_time,collect_time,delivery_cps,lm,"
    "orders,promotion_details,service_tags,logistics_infos"
)
"""All that a hub needs. oaid comes only beside the fields it is made of."""


async def changed(client: Client, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
    """Lists lack the buyer's words and more, so each order is asked for by itself."""

    async def page(window: Window, number: int) -> paging.Page:
        data = await client.call(
            shop,
            "taobao.trades.sold.increment.get",
            fields="tid,modified",
            start_modified=when(window.since),
            end_modified=when(window.until),
            type=TYPES,
            page_no=str(number),
            page_size=str(PAGE),
            use_has_next="false",
        )
        return _page(data)

    async def whole(tid: str) -> RawOrder:
        return await order(client, shop, tid)

    async for tids in paging.backwards(window, page, PAGE):
        if tids:
            yield await paging.each(tids, whole)


async def order(client: Client, shop: Shop, tid: str) -> RawOrder:
    data = await client.call(shop, "taobao.trade.fullinfo.get", fields=FIELDS, tid=tid, include_oaid="true")
    return adapter.single(BODY, data, tid)


def _page(data: bytes) -> paging.Page:
    """tids of one list answer; an empty list comes as {}, as nothing, or as an empty array."""
    try:
        root = part(raw.load_object(data), "trades_sold_increment_get_response")
    except raw.Unreadable:
        raise http.unreadable(NAME) from None
    listed: Any = part(root, "trades").get("trade", [])
    total = root.get("total_results")
    found = rows(listed)
    if found is None or not isinstance(total, int):
        raise http.unreadable(NAME)
    tids = [text_id(row.get("tid")) for row in found]
    if not all(tids):
        raise http.unreadable(NAME)
    return paging.Page(tids, total)
