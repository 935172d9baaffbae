"""Pinduoduo's after-sales cases that changed: listed state by state, each then read by itself for what it is."""

from collections.abc import AsyncIterator
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Literal

from server.errors import Rejected
from server.platforms import http, paging, raw
from server.platforms.body import decimal, first_id, text, text_id
from server.platforms.pinduoduo.body import BODY
from server.platforms.pinduoduo.client import NAME, Client, answer, page, when
from server.platforms.pinduoduo.own import own
from server.platforms.port import RawRefund, RefundState, Shop, Window

PAGE: Final = 100
_MOST_FEN: Final = 10**15

STATES: Final[dict[str, RefundState]] = {
    "2": "asked",
    "3": "asked",
    "4": "agreed",
    "5": "agreed",
    "6": "disputed",  # refused, now the buyer's turn
    "7": "agreed",  # the buyer is to send the goods
    "8": "disputed",  # the platform decides
    "9": "closed",
    "10": "done",
    "11": "closed",  # taken back by the buyer
    "12": "closed",
    "13": "closed",
    "14": "asked",
    "15": "agreed",
    "16": "done",
    "17": "closed",
    "18": "done",  # the other goods are sent, the buyer has yet to confirm
    "21": "asked",
    "22": "agreed",
    "24": "closed",
    "25": "done",
    "27": "done",
    "31": "agreed",  # to be refused at the door
    "32": "agreed",  # what was missing is to be sent
    "33": "agreed",  # to be called back on its way
}
"""after_sales_status."""

_RETURNS: Final = ("3", "7")
_KINDS: Final[dict[str, Literal["money", "return", "exchange", "other"]]] = {
    "1": "money",
    "2": "return",
    "3": "exchange",
    "4": "other",
    "5": "other",
}
"""after_sales_type as the detail numbers it; the list's filter begins with "all" and is one higher."""


async def refunds(client: Client, shop: Shop, window: Window) -> AsyncIterator[list[RawRefund]]:
    """refund.list.increment.get. A case that moves from state to state meanwhile leaves the closed window, and comes
    with the next one."""
    for status in ["1"] if own(shop).refund_all else list(STATES):
        async for found in _in_state(client, shop, window, status):
            yield await paging.each(found, lambda row: _whole(client, shop, row))


async def _in_state(client: Client, shop: Shop, window: Window, status: str) -> AsyncIterator[list[bytes]]:
    async def fetch(window: Window, number: int) -> paging.Page:
        data = await client.call(
            shop,
            "pdd.refund.list.increment.get",
            after_sales_status=status,
            after_sales_type="1",
            start_updated_at=when(window.since),
            end_updated_at=when(window.until),
            page=str(number),
            page_size=str(PAGE),
        )
        root = answer(data, "refund_increment_get_response")
        try:
            return page(_rows(data), root, number, PAGE)
        except raw.Unreadable:
            raise http.unreadable(NAME) from None

    async for found in paging.backwards(window, fetch, PAGE):
        if found:
            yield found


async def _whole(client: Client, shop: Shop, row: bytes) -> RawRefund:
    """The case with what only the detail says. One that cannot be read by itself is kept as the list has it."""
    chosen = own(shop)
    try:
        listed = raw.load_object(row)
        id, order_sn = first_id(listed, "id"), first_id(listed, "order_sn")
        detail: dict[str, Any] = {}
        if chosen.refund_details and id and order_sn:
            detail = await _detail(client, shop, order_sn, id)
        return refund(row, detail, shift=1 if chosen.refund_types == "request" else 0)
    except raw.Unreadable:
        raise http.unreadable(NAME) from None


async def _detail(client: Client, shop: Shop, order_sn: str, id: str) -> dict[str, Any]:
    """refund.information.get: no envelope. Empty: it was refused, or is of another case. Raises Unreadable."""
    try:
        data = await client.call(shop, "pdd.refund.information.get", order_sn=order_sn, after_sales_id=id)
    except Rejected:
        return {}
    found = raw.load_object(data)
    return found if first_id(found, "id") == id else {}


def refund(body: bytes, detail: dict[str, Any] | None = None, *, shift: int = 1) -> RawRefund:
    """One case. `body`: its row in the list, sums in yuan; `detail`: the case by itself, sums in fen.

    `shift`: by how much the list numbers its kinds higher. Raises Unreadable.
    """
    row, detail = raw.load_object(body), detail or {}
    status = text_id(row.get("after_sales_status"))
    state = STATES.get(status, "unknown")
    waybill_no = text(detail.get("express_no"))[:64]
    if waybill_no and status in _RETURNS:
        state = "returning"
    sku = first_id(row, "sku_id") or first_id(detail, "sku_id")
    kind = text_id(detail.get("after_sales_type")) or _lower(row.get("after_sales_type"), shift)
    amount = _yuan(row.get("refund_amount"))
    return RawRefund(
        external_id=first_id(row, "id") or f"?{sha256(body).hexdigest()[:32]}",  # nothing is dropped
        order_id=first_id(row, "order_sn"),
        body=body,
        modified=_time(row.get("updated_time")),
        state=state,
        kind=_KINDS.get(kind, "other"),
        amount_minor=amount if amount is not None else _fen(detail.get("refund_amount")),
        line_keys=(sku,) if sku else (),
        waybill_no=waybill_no,
    )


def _lower(value: Any, shift: int) -> str:
    named = text_id(value)
    return str(int(named) - shift) if named.isascii() and named.isdigit() else ""


def _rows(data: bytes) -> list[bytes]:
    """The very bytes of each case. Raises Unreadable."""
    found = raw.fields(raw.fields(data)["refund_increment_get_response"]).get("refund_list", b"[]")
    return [] if found.strip() == b"null" else raw.elements(found)


def _yuan(value: Any) -> int | None:
    try:
        amount = BODY.money(value, BODY.currency)
    except ValueError:
        return None
    return amount if amount >= 0 else None


def _fen(value: Any) -> int | None:
    try:
        amount = decimal(value)
    except ValueError:
        return None
    return int(amount) if 0 <= amount < _MOST_FEN and amount == amount.to_integral_value() else None


def _time(value: Any) -> datetime | None:
    """Date text or epoch seconds: both are seen."""
    try:
        return BODY.time(value)
    except ValueError:
        return None
