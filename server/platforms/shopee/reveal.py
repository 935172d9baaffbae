"""Who gets the parcel, in clear: Shopee has no call for it, but shows it in an order that waits to be shipped."""

from typing import Final

from server.errors import Rejected
from server.platforms import adapter
from server.platforms.body import text
from server.platforms.port import RawOrder, Shop
from server.platforms.shopee import orders
from server.platforms.shopee.body import BODY
from server.platforms.shopee.client import Client

OPEN: Final = frozenset({"READY_TO_SHIP", "TO_RETURN"})
"""States in which receivers come in clear, where the market and the app allow it at all."""


async def reveal(client: Client, shop: Shop, order: RawOrder) -> dict[str, str]:
    """name, phone, address, zip, as far as they come in clear: the order is read once more, since its window may have
    opened or closed. Raises Rejected where stars are all that comes."""
    fresh = adapter.opened(BODY, await orders.order(client, shop, order.external_id))
    found = BODY.plaintext(fresh)
    if found:
        return found
    late = text(fresh.get("order_status")) not in OPEN
    message = (
        "Shopee 只在待发货和退货期间给出收件人明文，这笔订单现在只有掩码"
        if late
        else "Shopee 没有给出收件人明文：应用可能没有登记服务器地址，或这个市场只给掩码，请用 Shopee 的面单"
    )
    raise Rejected("platform_no_receiver", message, external_id=order.external_id)
