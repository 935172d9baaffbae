"""Shopee's orders: lists of ids by cursor, then the orders themselves, fifty at a time; and the seller's note beside
one."""

from collections.abc import AsyncIterator
from typing import Any, Final

from server.errors import Unavailable
from server.platforms import adapter, http, paging, raw
from server.platforms.body import part, rows, text, text_id
from server.platforms.port import RawOrder, Shop, Window
from server.platforms.shopee.body import BODY
from server.platforms.shopee.client import NAME, Client

PAGE: Final = 100
BATCH: Final = 50
DEEPEST: Final = 500
"""Pages of one pass; a list that is longer grows faster than it is read."""

FIELDS: Final = (
    "buyer_user_id,buyer_username,estimated_shipping_fee,recipient_address,actual_shipping_fee,goods_to_declare,note,"
    "note_update_time,item_list,pay_time,dropshipper,dropshipper_phone,split_up,buyer_cancel_reason,cancel_by,"
    "cancel_reason,actual_shipping_fee_confirmed,buyer_cpf_id,fulfillment_flag,pickup_done_time,package_list,"
    "shipping_carrier,payment_method,total_amount,invoice_data,order_chargeable_weight_gram,return_request_due_date,"
    "edt,payment_info"
)
"""Without them a detail holds next to nothing."""

_PENDING: Final = "true"


def changed(client: Client, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
    """By time of change."""
    return _listed(client, shop, window, "update_time")


def placed(client: Client, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
    """By time of placing."""
    return _listed(client, shop, window, "create_time")


async def _listed(client: Client, shop: Shop, window: Window, by: str) -> AsyncIterator[list[RawOrder]]:
    """Without a filter of states: some states cannot be named in one."""

    async def read() -> tuple[list[str], bool]:
        return await _ids(client, shop, window, by)

    ids = await paging.settled(read)
    for start in range(0, len(ids), BATCH):
        yield await details(client, shop, ids[start : start + BATCH])


async def order(client: Client, shop: Shop, external_id: str) -> RawOrder:
    data = await _detail(client, shop, [external_id])
    return adapter.single(BODY, data, external_id)


async def remark(client: Client, shop: Shop, external_id: str, words: str) -> None:
    """set_note, in place of the old one."""
    await client.post(shop, "order/set_note", {"order_sn": external_id, "note": words})


async def details(client: Client, shop: Shop, ids: list[str]) -> list[RawOrder]:
    """All of them, or Unavailable: an unknown id is left out of the answer without a word."""
    found = adapter.orders(BODY, await _detail(client, shop, ids))
    missing = set(ids) - {order.external_id for order in found}
    if missing:
        raise Unavailable(
            "platform_incomplete",
            f"Shopee 没有返回全部订单，缺 {len(missing)} 笔，稍后再试",
            missing=sorted(missing)[:BATCH],
        )
    return found


async def _detail(client: Client, shop: Shop, ids: list[str]) -> bytes:
    return await client.get(
        shop,
        "order/get_order_detail",
        order_sn_list=",".join(ids),
        request_order_status_pending=_PENDING,
        response_optional_fields=FIELDS,
    )


async def _ids(client: Client, shop: Shop, window: Window, by: str) -> tuple[list[str], bool]:
    """One pass over the list, to its last page. Whether it was the only one."""
    found: dict[str, None] = {}
    cursor = ""
    seen: set[str] = set()
    while True:
        data = await client.get(
            shop,
            "order/get_order_list",
            time_range_field=by,
            time_from=str(int(window.since.timestamp())),
            time_to=str(int(window.until.timestamp())),
            page_size=str(PAGE),
            cursor=cursor,
            request_order_status_pending=_PENDING,
            response_optional_fields="order_status",
        )
        ids, more, following = _page(data)
        found.update(dict.fromkeys(ids))
        if not more:
            return list(found), not seen
        if not following or following in seen:  # a list without an end
            raise http.unreadable(NAME)
        seen.add(following)
        if len(seen) >= DEEPEST:
            raise paging.restless()
        cursor = following


def _page(data: bytes) -> tuple[list[str], bool, str]:
    try:
        answer: dict[str, Any] = part(raw.load_object(data), "response")
    except raw.Unreadable:
        raise http.unreadable(NAME) from None
    listed = rows(answer.get("order_list"))
    more = answer.get("more")
    if listed is None or not isinstance(more, bool):
        raise http.unreadable(NAME)
    ids = [text_id(row.get("order_sn")) for row in listed]
    if not all(ids):
        raise http.unreadable(NAME)
    return ids, more, text(answer.get("next_cursor"))
