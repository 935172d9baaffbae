"""Taobao's refunds that changed, by the same closed windows and backward pages as its trades."""

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any, Final

from server.platforms import http, paging, raw
from server.platforms.body import first_id, part, text
from server.platforms.port import RawRefund, RefundState, Shop, Window
from server.platforms.taobao.body import BODY
from server.platforms.taobao.client import NAME, Client, answer, page, when
from server.platforms.taobao.orders import types

PAGE: Final = 100
FIELDS: Final = (
    "refund_id,tid,oid,seller_nick,buyer_nick,buyer_open_uid,ouid,created,modified,order_status,status,good_status,"
    "has_good_return,total_fee,refund_fee,payment,reason,desc,title,num,refund_phase,refund_version,sku,outer_id,"
    "dispute_type,operation_contraint,company_name,sid,good_return_time,end_time"
)
"""operation_contraint: their spelling."""

STATES: Final[dict[str, RefundState]] = {
    "WAIT_SELLER_AGREE": "asked",
    "WAIT_SELLER_CONFIRM_RETURN_ADDRESS": "asked",
    "WAIT_BUYER_RETURN_GOODS": "agreed",
    "EXCHANGE_TRANSFORM_TO_REFUND": "agreed",
    "WAIT_SELLER_CONFIRM_GOODS": "returning",  # sent by the buyer; that they have arrived nobody has said yet
    "WAIT_SELLER_CONSIGN_GOODS": "received",  # now the seller sends the other goods
    "WAIT_SELLER_CONSIGN_GOOGDS": "received",  # their spelling
    "SELLER_REFUSE_BUYER": "disputed",
    "POST_FEE_DISPUTE_WAIT_ACTIVATE": "disputed",
    "WAIT_BUYER_CONFIRM_EXCHANGE_SELLER_SEND_GOODS": "done",
    "WAIT_BUYER_CONFIRM_REDO_SEND_GOODS": "done",
    "EXCHANGE_WAIT_BUYER_CONFIRM_GOODS": "done",
    "SUCCESS": "done",
    "CLOSED": "closed",
}
_KINDS: Final[dict[str, Any]] = {
    "REFUND": "money",
    "REFUND_AND_RETURN": "return",
    "TMALL_EXCHANGE": "exchange",
    "TAOBAO_EXCHANGE": "exchange",
}
"""dispute_type; repairs, missing pieces sent later and the like are "other"."""


async def refunds(client: Client, shop: Shop, window: Window) -> AsyncIterator[list[RawRefund]]:
    """refunds.receive.get. Its default type hides cases as the trades' does, so all are named."""

    async def fetch(window: Window, number: int) -> paging.Page:
        data = await client.call(
            shop,
            "taobao.refunds.receive.get",
            fields=FIELDS,
            type=types(shop),
            start_modified=when(window.since),
            end_modified=when(window.until),
            page_no=str(number),
            page_size=str(PAGE),
            use_has_next="false",
        )
        try:
            found = [refund(row) for row in _rows(data)]
        except raw.Unreadable:
            raise http.unreadable(NAME) from None
        return page(found, answer(data), number, PAGE)

    async for found in paging.backwards(window, fetch, PAGE):
        if found:
            yield found


def refund(body: bytes) -> RawRefund:
    """One case. A trade of one line has its own number for the line. Raises Unreadable."""
    row = raw.load_object(body)
    line = first_id(row, "oid")
    try:
        modified = BODY.time(row.get("modified"))
    except ValueError:
        modified = None
    return RawRefund(
        external_id=first_id(row, "refund_id") or f"?{sha256(body).hexdigest()[:32]}",  # nothing is dropped
        order_id=first_id(row, "tid"),
        body=body,
        modified=modified,
        state=STATES.get(text(row.get("status")), "unknown"),
        kind=_kind(row),
        amount_minor=_money(row.get("refund_fee")),
        line_keys=(line,) if line else (),
        waybill_no=text(row.get("sid"))[:64],
    )


def _kind(row: dict[str, Any]) -> Any:
    named = text(row.get("dispute_type"))
    if named:
        return _KINDS.get(named, "other")
    return "return" if row.get("has_good_return") is True else "money"


def _money(value: Any) -> int | None:
    try:
        amount = BODY.money(value, BODY.currency)
    except ValueError:
        return None
    return amount if amount >= 0 else None


def _rows(data: bytes) -> list[bytes]:
    """The very bytes of each case; an empty list comes as {}, as nothing, or as an empty array. Raises Unreadable."""
    root = raw.fields(raw.fields(data).get("refunds_receive_get_response", b"{}"))
    if not part(answer(data), "refunds"):
        return []
    return raw.elements(raw.fields(root["refunds"]).get("refund", b"[]"))
