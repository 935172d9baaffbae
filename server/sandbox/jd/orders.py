"""Orders and remarks on JOS: lists, one order, and the remarks that move no order's time of change."""

from typing import Any, Final

from server.sandbox import clock, life
from server.sandbox.jd import order as jd_order
from server.sandbox.jd.rules import No, number, outcome, refuse, result, window
from server.sandbox.model import Order
from server.sandbox.world import World

REMARKS_A_PAGE: Final = 20
"""Not published; small, so that callers meet a second page."""
REMARK_LENGTH: Final = 500
_HISTORY_S: Final = {"modified": 92 * 86_400, "created": 2 * 366 * 86_400}
"""By modify time the last three months are searched, by create time about two years."""
_STATES: Final = frozenset(
    {
        "NOT_PAY", "WAIT_SELLER_STOCK_OUT", "WAIT_GOODS_RECEIVE_CONFIRM", "WAIT_SELLER_DELIVERY", "POP_ORDER_PAUSE",
        "PAUSE", "LOCKED", "FINISHED_L", "TRADE_CANCELED", "PARENT_TRADE_CANCELED", "WAIT_SEND_CODE",
        "DELIVERY_RETURN",
    }
)  # fmt: skip


def search(world: World, q: dict[str, Any], *, encrypted: bool) -> dict[str, Any]:
    """A list by time of change, or (dateType 1) of placing; without a window only what is to be shipped."""
    states, fields = _states(q), _fields(q)
    if not isinstance(q.get("page"), str) or not isinstance(q.get("page_size"), str):
        raise refuse("page_no_text")
    page, size = number(q["page"], 10**9, "page_wrong"), number(q["page_size"], 100, "page_size_wrong")
    by = "created" if str(q.get("dateType", "")) == "1" else "modified"
    rows = [o for o in world.all("jd") if jd_order.state(o) in states]
    if q.get("start_date") or q.get("end_date") or states != {"WAIT_SELLER_STOCK_OUT"}:
        since, until = window(q.get("start_date"), q.get("end_date"))
        since = max(since, world.now() - _HISTORY_S[by])
        rows = [o for o in rows if since <= getattr(o, by) <= until]
    rows.sort(key=lambda o: (getattr(o, by), int(o.external_id)), reverse=str(q.get("sortType", "")) == "1")
    chosen = rows[(page - 1) * size : page * size] if page <= world.knobs.jd_max_pages else []
    listed = [_pick(o, fields, encrypted) for o in chosen]
    return {"searchorderinfo_result": {"apiResult": result(), "orderTotal": len(rows), "orderInfoList": listed}}


def get(world: World, q: dict[str, Any], *, encrypted: bool) -> dict[str, Any]:
    fields = _fields(q)
    states = _states(q) if q.get("order_state") else set(_STATES)
    order = find(world, q.get("order_id"))
    if order is None or jd_order.state(order) not in states:
        raise No("order_unknown", {"orderDetailInfo": {"apiResult": result("order_unknown")}})
    return {"orderDetailInfo": {"apiResult": result(), "orderInfo": _pick(order, fields, encrypted)}}


def remark(world: World, q: dict[str, Any]) -> dict[str, Any]:
    """modifyVenderRemark: in place of the one before; `modified` stays where it is."""
    text = str(q.get("remark") or "")
    if len(text) > REMARK_LENGTH:
        raise refuse("remark_too_long")
    order = find(world, q.get("order_id"))
    if order is None:
        raise No("order_unknown", {"modifyvenderremark_result": outcome("order_unknown")})
    flag = str(q.get("flag", ""))
    life.note(world, order, world.now(), buyer=None, seller=text, flag=int(flag) if flag in set("012345") else None)
    return {"modifyvenderremark_result": outcome()}


def remarks(world: World, q: dict[str, Any]) -> dict[str, Any]:
    """getRemarkByModifyTime."""
    since, until = window(q.get("startTime"), q.get("endTime"))
    page = number(q.get("page"), 10**6, "page_wrong")
    rows = [o for o in world.all("jd") if o.noted_at and since <= o.noted_at <= until]
    rows.sort(key=lambda o: (o.noted_at, int(o.external_id)), reverse=True)
    listed = [
        {
            "orderId": o.external_id,
            "remark": o.seller_note,
            "flag": str(o.flag),
            "created": clock.text(o.created),
            "modified": clock.text(o.noted_at),
        }
        for o in rows[(page - 1) * REMARKS_A_PAGE : page * REMARKS_A_PAGE]
    ]
    body = {"resultCode": "0", "errorMsg": "", "totleNum": len(rows), "remarkList": listed}  # their spelling
    return {"getremarkbymodifytime_result": body}


def find(world: World, value: Any) -> Order | None:
    """An order's number is an int64, as number or text."""
    number(value, 2**63 - 1, "order_id_wrong")
    return world.find("jd", str(value))


def _fields(q: dict[str, Any]) -> set[str]:
    names = {name.strip() for name in str(q.get("optional_fields") or "").split(",")} - {""}
    if not names:  # empty is refused
        raise refuse("fields_missing")
    return names


def _states(q: dict[str, Any]) -> set[str]:
    """ALL is all but the unpaid ones."""
    names = {name.strip() for name in str(q.get("order_state") or "").split(",")} - {""}
    if not names:
        raise refuse("state_missing")
    if not names <= _STATES | {"ALL"}:
        raise refuse("state_unknown")
    return set(_STATES) - {"NOT_PAY"} if "ALL" in names else names


def _pick(order: Order, fields: set[str], encrypted: bool) -> dict[str, Any]:
    return {name: value for name, value in jd_order.wire(order, encrypted=encrypted).items() if name in fields}
