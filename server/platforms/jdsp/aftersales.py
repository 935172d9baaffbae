"""SP-API's after-sales orders. Only one of their states is known (money went back), the others are for a person."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final

from server.platforms import http, paging, raw
from server.platforms.body import first_id, part, rows, text, text_id
from server.platforms.jd.aftersales import nameless
from server.platforms.jd.client import page
from server.platforms.jdsp.body import BODY
from server.platforms.jdsp.client import NAME, Client, listed, millis
from server.platforms.port import RawRefund, Shop, Window

AFS: Final = "/sp-aftercare/v0/afs-orders"
PAGE: Final = 20
_REFUNDED: Final = "20"
_BUYER_RETURN: Final = "2"
_EXPECT: Final[dict[str, Any]] = {"10": "return", "11": "money", "20": "exchange", "80": "exchange"}


async def refunds(client: Client, shop: Shop, window: Window) -> AsyncIterator[list[RawRefund]]:
    async def fetch(window: Window, number: int) -> paging.Page:
        query: dict[str, str | int] = {
            "updateStartTime": millis(window.since),
            "updateEndTime": millis(window.until),
            "page": number,
            "pageSize": PAGE,
        }
        found, total = listed(await client.call(shop, "GET", AFS, query))
        try:
            return page([refund(row) for row in found], total, number, PAGE)
        except raw.Unreadable:
            raise http.unreadable(NAME) from None

    async for found in paging.backwards(window, fetch, PAGE):
        if found:
            yield found


def refund(body: bytes) -> RawRefund:
    """Amounts are yuan. Its SKUs have no key of their lines. Raises Unreadable."""
    row = raw.load_object(body)
    money, waybills = part(row, "refundInfo"), rows(row.get("waybillInfoList")) or []
    back = [w for w in waybills if text_id(w.get("waybillType")) == _BUYER_RETURN]
    done = text_id(money.get("refundStatus")) == _REFUNDED
    return RawRefund(
        external_id=first_id(row, "afsOrderId") or nameless(body),
        order_id=first_id(row, "orderId"),
        body=body,
        modified=_time(part(row, "afsOrderBaseInfo").get("modifiedTime")),
        state="done" if done else "unknown",
        kind=_EXPECT.get(text_id(part(row, "customerApplyInfo").get("customerExpect")), "other"),
        amount_minor=_fen(money.get("actualRefundAmount") if done else money.get("applyRefundAmount")),
        waybill_no=text(back[0].get("waybillCode")) if back else "",
    )


def _fen(value: Any) -> int | None:
    try:
        amount = BODY.money(value, BODY.currency)
    except ValueError:
        return None
    return amount if amount >= 0 else None


def _time(value: Any) -> datetime | None:
    try:
        return BODY.time(value)
    except ValueError:
        return None
