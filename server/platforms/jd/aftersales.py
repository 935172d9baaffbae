"""JD's after-sales: refunds asked for before shipping, and service orders after it. Two lists, two kinds of numbers."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

import msgspec

from server.errors import Rejected
from server.platforms import http, paging, raw
from server.platforms.body import decimal, first_id, part, text, text_id
from server.platforms.jd.body import BODY
from server.platforms.jd.client import NAME, Client, number, page, total, when
from server.platforms.jd.own import own
from server.platforms.port import RawRefund, RefundState, Shop, Window

PAGE: Final = 50
_MOST: Final = 10**15

REFUND: Final[dict[int, RefundState]] = {
    0: "asked",
    1: "agreed",
    2: "disputed",
    3: "done",  # JD's own finance has passed it
    4: "disputed",
    5: "agreed",
    6: "agreed",  # to be intercepted on its way
    7: "returning",
    8: "disputed",  # the parcel could not be stopped
    9: "done",
    10: "agreed",
    11: "closed",  # taken back by the buyer
    16: "returning",  # refused at the door
    17: "returning",
    18: "closed",
    19: "disputed",
    27: "agreed",
}
"""refundapply's status."""

SERVICE: Final[dict[int, RefundState]] = {
    10000: "asked",
    10001: "asked",
    10002: "asked",  # the buyer was asked back
    10012: "asked",
    10013: "asked",
    10004: "closed",
    10005: "returning",
    10006: "received",
    10007: "received",
    10009: "received",
    10041: "received",  # the refund was handed in
    10010: "done",
    10011: "closed",
    12000: "agreed",
    13000: "agreed",
    14000: "agreed",
}
"""serviceStatus of a service order."""

_EXPECT: Final[dict[str, Any]] = {"10": "return", "11": "money", "20": "exchange", "80": "exchange"}
"""customerExpect; repairs and the like are "other"."""

_LISTS: Final = {
    "sync": ("jingdong.asc.sync.list", ("updateTime", "freightUpdateDate")),
    "query": ("jingdong.asc.query.list", ("applyTime", "approveTime", "finishTime")),
}
"""Lists of service orders, and the times by which each is asked: a parcel on its way back has one of its own."""


async def refunds(client: Client, shop: Shop, window: Window) -> AsyncIterator[list[RawRefund]]:
    """What was asked for or decided in the window."""
    for name in ("applyTime", "checkTime"):
        async for cases in _applied(client, shop, window, name):
            yield cases
    if not own(shop).service_orders:
        return
    method, names = _LISTS[own(shop).service_list]
    for name in names:
        async for cases in _services(client, shop, window, method, name):
            yield await _with_money(client, shop, cases)


async def _applied(client: Client, shop: Shop, window: Window, name: str) -> AsyncIterator[list[RawRefund]]:
    async def fetch(window: Window, number: int) -> paging.Page:
        data = await client.call(
            shop,
            "jingdong.pop.afs.soa.refundapply.queryPageList",
            **{f"{name}Start": when(window.since), f"{name}End": when(window.until)},
            pageIndex=number,
            pageSize=PAGE,
        )
        return _page(data, number, "queryResult", "result", refund)

    async for found in paging.backwards(window, fetch, PAGE):
        if found:
            yield found


async def _services(
    client: Client, shop: Shop, window: Window, method: str, name: str
) -> AsyncIterator[list[RawRefund]]:
    async def fetch(window: Window, number: int) -> paging.Page:
        data = await client.call(
            shop,
            method,
            **who(shop),
            **{f"{name}Begin": when(window.since), f"{name}End": when(window.until)},
            pageNumber=number,
            pageSize=PAGE,
        )
        return _page(data, number, "pageResult", "data", service)

    async for found in paging.backwards(window, fetch, PAGE):
        if found:
            yield found


def who(shop: Shop) -> dict[str, str]:
    """Who asks: the shop's number, and its operator as settings name it."""
    named = own(shop)
    return {
        "buId": shop.external_id,
        "operatePin": named.operate_pin or shop.external_id,
        "operateNick": named.operate_nick or shop.external_id,
    }


def refund(body: bytes) -> RawRefund:
    """A refund asked for before shipping. Its numbers are of another kind than the service orders': "R" tells them
    apart. Sums are fen. Raises Unreadable."""
    row = raw.load_object(body)
    return RawRefund(
        external_id=f"R{number}" if (number := first_id(row, "id")) else nameless(body),
        order_id=first_id(row, "orderId"),
        body=body,
        modified=_latest(row.get("applyTime"), row.get("checkTime")),
        state=_state(REFUND, row.get("status")),
        kind="money",
        amount_minor=fen(row.get("applyRefundSum")),
    )


def service(body: bytes) -> RawRefund:
    """A service order. What goes back is not in it. Raises Unreadable."""
    row = raw.load_object(body)
    sku = first_id(row, "skuId")
    return RawRefund(
        external_id=first_id(row, "serviceId") or nameless(body),
        order_id=first_id(row, "orderId"),
        body=body,
        modified=_latest(*(row.get(name) for name in ("updateDate", "updateTime", "freightUpdateDate", "applyTime"))),
        state=_state(SERVICE, row.get("serviceStatus")),
        kind=_EXPECT.get(text_id(row.get("customerExpect")), "other"),
        line_keys=(sku,) if sku else (),
        waybill_no=text(row.get("expressCode"))[:64],
    )


def nameless(body: bytes) -> str:
    """A case without a number gets one made of its bytes: nothing is dropped."""
    return f"?{sha256(body).hexdigest()[:32]}"


def fen(value: Any) -> int | None:
    """Refund sums come in fen, as a number with or without ".0", or as text."""
    try:
        amount = decimal(value)
    except ValueError:
        return None
    return int(amount) if amount == amount.to_integral_value() and 0 <= amount < _MOST else None


async def _with_money(client: Client, shop: Shop, cases: list[RawRefund]) -> list[RawRefund]:
    """What went back of those that are done, where JD tells: serviceAndRefund.view, once for each order."""
    over = sorted({c.order_id for c in cases if c.state == "done" and c.kind in ("return", "money") and c.order_id})
    sums: dict[str, int] = {}
    for found in await paging.each(over, lambda id_: _paid_back(client, shop, id_)):
        sums |= found
    return [
        msgspec.structs.replace(case, amount_minor=sums[case.external_id]) if case.external_id in sums else case
        for case in cases
    ]


async def _paid_back(client: Client, shop: Shop, order_id: str) -> dict[str, int]:
    """Service order -> fen. Empty when the app may not ask."""
    method = "jingdong.asc.serviceAndRefund.view"
    try:
        data = await client.call(shop, method, orderId=number(order_id), pageNumber=1, pageSize=PAGE)
    except Rejected:
        return {}
    try:
        listed = [raw.load_object(row) for row in _rows(data, "pageResult", "data")]
    except raw.Unreadable:
        raise http.unreadable(NAME) from None
    sums: dict[str, int] = {}
    for fields in listed:
        id, amount = first_id(part(fields, "sameOrderServiceBill"), "serviceId"), fen(fields.get("refoundAmount"))
        if id and amount is not None and text_id(fields.get("status")) == "13":  # their spelling; 14: failed
            sums[id] = sums.get(id, 0) + amount
    return sums


def _page(data: bytes, number: int, place: str, name: str, read: Callable[[bytes], RawRefund]) -> paging.Page:
    try:
        found = [read(row) for row in _rows(data, place, name)]
        return page(found, total(_inner(data, place, load=True).get("totalCount")), number, PAGE)
    except raw.Unreadable:
        raise http.unreadable(NAME) from None


def _rows(data: bytes, place: str, name: str) -> list[bytes]:
    listed = _inner(data, place).get(name, b"[]")
    return [] if listed.strip() == b"null" else raw.elements(listed)


def _inner(data: bytes, place: str, *, load: bool = False) -> dict[str, Any]:
    """The fields of a result, as bytes or loaded. Raises Unreadable."""
    root = raw.fields(data)
    name = next((name for name in root if name.endswith(("_responce", "_response"))), "")
    inner = raw.fields(root[name]) if name else {}
    if place not in inner:
        raise raw.Unreadable(f"no {place}")
    return raw.load_object(inner[place]) if load else raw.fields(inner[place])


def _state(known: dict[int, RefundState], value: Any) -> RefundState:
    text_ = text_id(value)
    return known.get(int(text_), "unknown") if text_.isascii() and text_.isdigit() else "unknown"


def _latest(*values: Any) -> datetime | None:
    found = [moment for moment in map(_time, values) if moment]
    return max(found) if found else None


def _time(value: Any) -> datetime | None:
    try:
        return BODY.time(value) if not isinstance(value, str) or text(value) else None
    except ValueError:
        return None
