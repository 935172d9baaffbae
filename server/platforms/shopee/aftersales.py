"""Shopee's returns that changed. What is called off before shipping is no return: the order itself says so."""

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Any, Final

from server.platforms import http, paging, raw
from server.platforms.body import first_id, rows, text
from server.platforms.port import RawRefund, RefundState, Shop, Window
from server.platforms.shopee.body import BODY, line_key
from server.platforms.shopee.client import NAME, Client, response

PAGE: Final = 100
DEEPEST: Final = 200

STATES: Final[dict[str, RefundState]] = {
    "REQUESTED": "asked",
    "PROCESSING": "agreed",  # "returning" once the buyer's parcel has a number
    "ACCEPTED": "agreed",
    "JUDGING": "disputed",
    "SELLER_DISPUTE": "disputed",
    "CANCELLED": "closed",
    "CLOSED": "closed",
}
"""ReturnStatus. That money is back none of them says."""
_KINDS: Final[dict[str, Any]] = {"0": "return", "1": "money", "RETURN_REFUND": "return", "REFUND": "money"}
"""return_solution: numbers in lists, words while it is negotiated."""


async def refunds(client: Client, shop: Shop, window: Window) -> AsyncIterator[list[RawRefund]]:
    """returns/get_return_list by time of change. In which order its rows come is not published, so it is read until a
    pass brings nothing new."""
    found: dict[str, RawRefund] = {}

    async def read() -> tuple[list[str], bool]:
        ids: list[str] = []
        for number in range(DEEPEST):
            cases, more = await _page(client, shop, window, number)
            found.update({case.external_id: case for case in cases})
            ids += [case.external_id for case in cases]
            if not more:
                return ids, number == 0
            if not cases:
                raise http.unreadable(NAME)
        raise paging.restless()

    await paging.settled(read)
    cases = list(found.values())
    for start in range(0, len(cases), PAGE):
        yield cases[start : start + PAGE]


async def _page(client: Client, shop: Shop, window: Window, number: int) -> tuple[list[RawRefund], bool]:
    data = await client.get(
        shop,
        "returns/get_return_list",
        page_no=str(number),
        page_size=str(PAGE),
        update_time_from=str(int(window.since.timestamp())),
        update_time_to=str(int(window.until.timestamp())),
    )
    answer = response(data)
    more = answer.get("more")
    if not isinstance(more, bool) or rows(answer.get("return")) is None:
        raise http.unreadable(NAME)
    try:
        listed = raw.elements(raw.fields(raw.fields(data)["response"])["return"])
        return [refund(body) for body in listed], more
    except raw.Unreadable:
        raise http.unreadable(NAME) from None


def refund(body: bytes) -> RawRefund:
    """One case. Its lines are named by item and model; a bundle's place is not told. Raises Unreadable."""
    row = raw.load_object(body)
    try:
        modified = BODY.time(row.get("update_time"))
    except ValueError:
        modified = None
    state, waybill = STATES.get(text(row.get("status")), "unknown"), text(row.get("tracking_number"))[:64]
    if state == "agreed" and text(row.get("status")) == "PROCESSING" and waybill:
        state = "returning"
    currency = text(row.get("currency")).upper()[:3]
    keys = (line_key(one) for one in rows(row.get("item")) or [])
    return RawRefund(
        external_id=first_id(row, "return_sn") or f"?{sha256(body).hexdigest()[:32]}",  # nothing is dropped
        order_id=first_id(row, "order_sn"),
        body=body,
        modified=modified,
        state=state,
        kind=_kind(row),
        amount_minor=_money(row.get("refund_amount"), currency),
        currency=currency,
        line_keys=tuple(dict.fromkeys(key for key in keys if key)),
        waybill_no=waybill,
    )


def _kind(row: dict[str, Any]) -> Any:
    solution = row.get("return_solution")
    if isinstance(solution, int | str) and not isinstance(solution, bool):
        return _KINDS.get(str(solution).strip(), "other")
    needs = row.get("needs_logistics")
    return {True: "return", False: "money"}[needs] if isinstance(needs, bool) else "other"


def _money(value: Any, currency: str) -> int | None:
    try:
        amount = BODY.money(value, currency)
    except ValueError:
        return None
    return amount if amount >= 0 and currency else None
