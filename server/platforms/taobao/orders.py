"""Taobao's orders: which changed or were placed, newest first, each one whole; and the seller's note beside one."""

from collections.abc import AsyncIterator
from typing import Final

from server.errors import Rejected
from server.platforms import adapter, http, paging
from server.platforms.body import text_id
from server.platforms.port import RawOrder, Shop, Window
from server.platforms.taobao.body import BODY
from server.platforms.taobao.client import NAME, Client, answer, listed, page, when
from server.platforms.taobao.own import own

PAGE: Final = 50
MEMO_BYTES: Final = 1000

TYPES: Final = (
    "fixed,auction,guarantee_trade,auto_delivery,independent_simple_trade,independent_shop_trade,ec,cod,"
    "game_equipment,shopex_trade,netcn_trade,external_trade,step,nopaid,tmall_i18n,o2o_offlinetrade,pre_auth_type"
)
"""The default hides orders: a type that is not named is not returned. More of them: own.more_types."""

FIELDS: Final = (
    "tid,tid_str,seller_nick,buyer_nick,buyer_open_uid,title,type,status,created,pay_time,consign_time,end_time,"
    "modified,timeout_action_time,payment,total_fee,discount_fee,adjust_fee,post_fee,received_payment,cod_fee,"
    "cod_status,num,shipping_type,buyer_message,buyer_memo,seller_memo,seller_flag,has_buyer_message,receiver_name,"
    "receiver_country,receiver_state,receiver_city,receiver_district,receiver_town,receiver_address,receiver_zip,"
    "receiver_mobile,receiver_phone,oaid,trade_from,step_trade_status,step_paid_fee,is_part_consign,new_presell,"
    "top_hold,team_buy_hold,share_group_hold,ofp_hold,est_con_time,delivery_time,collect_time,delivery_cps,lm,"
    "is_force_wlb,orders,promotion_details,service_tags,logistics_infos"
)
"""All that a hub needs. oaid comes only beside the fields it is made of."""


def changed(client: Client, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
    """By time of change."""
    names = ("start_modified", "end_modified")
    return _listed(client, shop, window, "taobao.trades.sold.increment.get", names)


def placed(client: Client, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
    """By time of placing, the last three months."""
    return _listed(client, shop, window, "taobao.trades.sold.get", ("start_created", "end_created"))


async def _listed(
    client: Client, shop: Shop, window: Window, method: str, names: tuple[str, str]
) -> AsyncIterator[list[RawOrder]]:
    """Lists lack the buyer's words and more, so each order is asked for by itself. Read from the last page to the
    first: what leaves the window meanwhile takes no neighbour with it."""

    async def fetch(window: Window, number: int) -> paging.Page:
        ends = dict(zip(names, (when(window.since), when(window.until)), strict=True))
        data = await client.call(
            shop,
            method,
            fields="tid,modified",
            type=types(shop),
            page_no=str(number),
            page_size=str(PAGE),
            use_has_next="false",
            **ends,
        )
        root = answer(data)
        tids = [text_id(row.get("tid")) for row in listed(root, "trades", "trade")]
        if not all(tids):
            raise http.unreadable(NAME)
        return page(tids, root, number, PAGE)

    async def whole(tid: str) -> RawOrder:
        return await order(client, shop, tid)

    async for tids in paging.backwards(window, fetch, PAGE):
        if tids:
            yield await paging.each(tids, whole)


def types(shop: Shop) -> str:
    return ",".join(name for name in (TYPES, own(shop).more_types) if name)


async def order(client: Client, shop: Shop, tid: str) -> RawOrder:
    data = await client.call(shop, "taobao.trade.fullinfo.get", fields=FIELDS, tid=tid, include_oaid="true")
    return adapter.single(BODY, data, tid)


async def remark(client: Client, shop: Shop, tid: str, words: str) -> None:
    """trade.memo.update, in place of the old one; the flag stays. Empty values are not sent, so an empty note is said
    in another way."""
    if len(words.encode()) > MEMO_BYTES:
        raise Rejected("platform_too_long", f"淘宝的备注最多 {MEMO_BYTES} 个字节，约 {MEMO_BYTES // 3} 个汉字")
    text = {"memo": words} if words else {"reset": "true"}
    root = answer(await client.call(shop, "taobao.trade.memo.update", tid=tid, **text))
    if not isinstance(root.get("trade"), dict):
        raise Rejected("platform_rejected", "淘宝没有确认备注已修改，请在卖家后台核对", external_id=tid)
