"""Pinduoduo's orders: lists as rich as the detail, newest first, three minutes late."""

from collections.abc import AsyncIterator
from typing import Final

from server.errors import Rejected, Unavailable
from server.platforms import adapter, http, paging, raw
from server.platforms.body import part
from server.platforms.pinduoduo.body import BODY
from server.platforms.pinduoduo.client import NAME, Client, when
from server.platforms.port import RawOrder, Shop, Window

PAGE: Final = 100


async def changed(client: Client, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
    """All states, all refunds: an order that left a filter would be lost."""

    async def page(window: Window, number: int) -> paging.Page:
        data = await client.call(
            shop,
            "pdd.order.number.list.increment.get",
            start_updated_at=when(window.since),
            end_updated_at=when(window.until),
            order_status="5",
            refund_status="5",
            is_lucky_flag="0",
            page=str(number),
            page_size=str(PAGE),
            use_has_next="false",
        )
        return paging.Page(adapter.orders(BODY, data), _total(data))

    async for rows in paging.backwards(window, page, PAGE):
        if rows:
            yield rows


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


def _total(data: bytes) -> int:
    try:
        total = part(raw.load_object(data), "order_sn_increment_get_response").get("total_count")
    except raw.Unreadable:
        raise http.unreadable(NAME) from None
    if not isinstance(total, int):
        raise http.unreadable(NAME)
    return total
