"""Pinduoduo's orders: lists as rich as the detail, newest first, three minutes late; and the seller's note."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

import msgspec

from server.errors import Rejected, Unavailable
from server.kit import clock
from server.platforms import adapter, paging
from server.platforms.pinduoduo.body import BODY
from server.platforms.pinduoduo.client import Client, answer, page, when
from server.platforms.pinduoduo.own import own
from server.platforms.port import RawOrder, Shop, Window

PAGE: Final = 100
TAGS: Final = {"1": "红色", "2": "黄色", "3": "绿色", "4": "蓝色", "5": "紫色"}


def changed(client: Client, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
    """By time of change."""
    names = ("start_updated_at", "end_updated_at")
    more = {"is_lucky_flag": "0"}
    return _listed(client, shop, window, "pdd.order.number.list.increment.get", names, more)


async def placed(client: Client, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
    """By the time at which the group was full: orders are in no list before it. What is still to come is not asked
    for, else the list of today never comes to rest."""
    until = min(window.until, clock.now() - client.ahead - timedelta(seconds=1))
    if until < window.since:
        return
    names = ("start_confirm_at", "end_confirm_at")
    short = msgspec.structs.replace(window, until=until)
    async for found in _listed(client, shop, short, "pdd.order.list.get", names, {}):
        yield found


async def _listed(
    client: Client, shop: Shop, window: Window, method: str, names: tuple[str, str], more: dict[str, str]
) -> AsyncIterator[list[RawOrder]]:
    """All states, all refunds: an order that left a filter would be lost. From the last page to the first."""
    key = "order_list_get_response" if method == "pdd.order.list.get" else "order_sn_increment_get_response"

    async def fetch(window: Window, number: int) -> paging.Page:
        data = await client.call(
            shop,
            method,
            order_status="5",
            refund_status="5",
            page=str(number),
            page_size=str(PAGE),
            use_has_next="false",
            **dict(zip(names, (when(window.since), when(window.until)), strict=True)),
            **more,
        )
        return page(adapter.orders(BODY, data), answer(data, key), number, PAGE)

    async for found in paging.backwards(window, fetch, PAGE):
        if found:
            yield found


async def order(client: Client, shop: Shop, external_id: str) -> RawOrder:
    """An order that was announced may be unreadable for up to ten minutes: that is Unavailable, not Rejected."""
    try:
        return await read(client, shop, external_id)
    except Rejected as refusal:
        if "订单不存在" in str(refusal.detail.get("text", "")):
            raise Unavailable(
                "platform_no_order_yet", "拼多多还查不到这笔订单，稍后再试", retry_after=60, **refusal.detail
            ) from None
        raise


async def read(client: Client, shop: Shop, external_id: str) -> RawOrder:
    """One order; one that cannot be found is Rejected."""
    data = await client.call(shop, "pdd.order.information.get", order_sn=external_id)
    return adapter.single(BODY, data, external_id)


async def remark(client: Client, shop: Shop, external_id: str, words: str) -> None:
    """order.note.update, in place of the old one. Whether an empty value is signed is not known, so none is sent."""
    if not words.strip():
        raise Rejected("platform_cannot", "拼多多的备注不能清空，只能改成别的内容", platform=BODY.code)
    tag = own(shop).remark_tag
    more = {"tag": tag, "tag_name": TAGS[tag]} if tag else {}
    data = await client.call(shop, "pdd.order.note.update", order_sn=external_id, note=words, **more)
    if answer(data, "response").get("success") is not True:
        raise Rejected("platform_rejected", "拼多多没有确认备注已修改，请在卖家后台核对", external_id=external_id)
