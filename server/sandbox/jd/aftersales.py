"""After-sales on JOS: refunds asked for before shipping, service orders after it, and the money that went back."""

from collections.abc import Callable
from typing import Any, Final

from server.sandbox import clock
from server.sandbox.accounts import JD
from server.sandbox.cases import Case
from server.sandbox.jd import order as jd_order
from server.sandbox.jd.rules import number, refuse, window
from server.sandbox.model import Line, Order
from server.sandbox.world import World

APPLY_S: Final = 7 * 86_400
APPROVE_S: Final = 10 * 86_400
_REFUNDS: Final = {"asked": 0, "done": 3, "closed": 11}
_SERVICES: Final = {"asked": (10001, "待审核"), "done": (10010, "完成"), "closed": (10011, "取消")}

_CHANGED: Final = ("updateTimeBegin", "updateTimeEnd", "freightUpdateDateBegin", "freightUpdateDateEnd")


def refunds(world: World, q: dict[str, Any]) -> dict[str, Any]:
    """refundapply.queryPageList: paid orders whose buyer wants out. Sums are fen, written as floats."""
    found = [case for case in world.cases("jd").values() if case.kind == "money"]
    found = _within(q, "applyTimeStart", "applyTimeEnd", found, lambda case: case.created)
    found = _within(q, "checkTimeStart", "checkTimeEnd", found, _ended)
    if q.get("orderId"):
        found = [case for case in found if case.order_id == str(q["orderId"])]
    rows = [_refund(world, case) for case in _page(q, "pageIndex", found, 100)]
    return {"queryResult": {"success": True, "totalCount": len(found), "result": rows}}


def services(world: World, q: dict[str, Any]) -> dict[str, Any]:
    """asc.query.list: goods come back. Who asks is said with each call."""
    found = _returns(world, q)
    found = _within(q, "applyTimeBegin", "applyTimeEnd", found, lambda case: case.created)
    found = _within(q, "finishTimeBegin", "finishTimeEnd", found, _ended)
    found = _within(q, "approveTimeBegin", "approveTimeEnd", found, _ended)
    rows = [_service(world, case) for case in _page(q, "pageNumber", found, 100)]
    return _listed(q, found, rows)


def changes(world: World, q: dict[str, Any]) -> dict[str, Any]:
    """asc.sync.list: service orders that changed, or whose parcel back did; fewer on a page, other names in a row."""
    found = _returns(world, q)
    if not any(q.get(name) for name in (*_CHANGED, "orderId")):
        raise refuse("window_missing")
    found = _within(q, *_CHANGED[:2], found, lambda case: case.modified)
    found = _within(q, *_CHANGED[2:], found, lambda case: case.modified if case.waybill_no else 0)
    rows = [_changed(world, case) for case in _page(q, "pageNumber", found, 50)]
    return _listed(q, found, rows)


def _returns(world: World, q: dict[str, Any]) -> list[Case]:
    if not all(str(q.get(name) or "") for name in ("buId", "operatePin", "operateNick")):
        raise refuse("who_is_missing")
    if str(q["buId"]) != JD["external_id"]:
        raise refuse("who_is_stranger")
    order_id = str(q.get("orderId") or "")
    return [c for c in world.cases("jd").values() if c.kind == "return" and order_id in ("", c.order_id)]


def _listed(q: dict[str, Any], found: list[Case], rows: list[dict[str, Any]]) -> dict[str, Any]:
    page = {"pageNumber": int(q["pageNumber"]), "pageSize": int(q["pageSize"])}
    return {"pageResult": {"success": True, "totalCount": len(found), **page, "data": rows}}


def money(world: World, q: dict[str, Any]) -> dict[str, Any]:
    """asc.serviceAndRefund.view: by order, or by a short window."""
    found = [case for case in world.cases("jd").values() if case.kind == "return" and case.state == "done"]
    if q.get("orderId"):
        found = [case for case in found if case.order_id == str(q["orderId"])]
    elif q.get("applyTimeBegin"):
        found = _within(q, "applyTimeBegin", "applyTimeEnd", found, lambda case: case.created, APPLY_S)
    elif q.get("approveTimeBegin"):
        found = _within(q, "approveTimeBegin", "approveTimeEnd", found, _ended, APPROVE_S)
    else:
        raise refuse("window_missing")
    rows = [_money(world, case) for case in _page(q, "pageNumber", found, 50)]
    return {
        "pageResult": {
            "success": True,
            "code": "00000",
            "msg": "成功",
            "pageNumber": str(q["pageNumber"]),
            "pageSize": str(q["pageSize"]),
            "totalCount": str(len(found)),
            "data": rows,
        }
    }


def _within(
    q: dict[str, Any], first: str, last: str, found: list[Case], when: Callable[[Case], int], longest: int = 0
) -> list[Case]:
    """Both ends inclusive; neither given: all."""
    if not q.get(first) and not q.get(last):
        return found
    since, until = window(q.get(first), q.get(last))
    if longest and until - since > longest:
        raise refuse("window_too_long")
    return [case for case in found if since <= when(case) <= until]


def _page(q: dict[str, Any], name: str, found: list[Case], most: int) -> list[Case]:
    page, size = number(q.get(name), 10**6, "page_wrong"), number(q.get("pageSize"), most, "page_size_wrong")
    found.sort(key=lambda case: (-case.created, case.id))
    return found[(page - 1) * size : page * size]


def _ended(case: Case) -> int:
    return 0 if case.state == "asked" else case.modified


def _of(world: World, case: Case) -> tuple[Order, Line]:
    order = world.saved.orders["jd"][case.order_id]
    return order, order.lines[case.line - 1]


def _refund(world: World, case: Case) -> dict[str, Any]:
    order, _ = _of(world, case)
    over = case.state != "asked"
    return {
        "id": int(case.id),
        "orderId": case.order_id,
        "buyerId": f"{order.buyer[:4]}_mask",
        "buyerName": f"{order.receiver.name[:1]}*",
        "applyTime": clock.text(case.created),
        "applyRefundSum": float(case.amount),
        "status": _REFUNDS[case.state],
        "checkTime": clock.text(case.modified) if over else None,
        "checkUserName": "sandbox" if over else "",
        "checkRemark": "",
        "reason": case.reason,
        "systemId": 1,
        "partRefundType": 0,
    }


def _service(world: World, case: Case) -> dict[str, Any]:
    order, line = _of(world, case)
    status, name = _SERVICES[case.state]
    return {
        "serviceId": int(case.id),
        "applyId": int(case.id),
        "orderId": int(case.order_id),
        "orderType": 22,
        "orderTypeName": "SOP",
        "applyTime": clock.text(case.created),
        "updateDate": clock.text(case.modified),
        "customerExpect": 10,
        "customerExpectName": "退货",
        "serviceStatus": status,
        "serviceStatusName": name,
        "serviceCount": line.qty,
        "skuId": int(jd_order.sku_id(line.item, line.model)),
        "skuUuid": f"{case.order_id}-{line.n}",
        "skuType": 0,
        "skuTypeName": "主商品",
        "wareName": f"{line.title} {line.variant}".strip(),
        "wareType": 10,
        "wareTypeName": "主商品",
        "actualPayPrice": line.deal / 100,
        "customerPin": f"{order.buyer[:4]}_mask",
        "customerName": f"{order.receiver.name[:1]}*",
        "customerTel": f"{order.receiver.phone[:3]}****{order.receiver.phone[-4:]}",
        "customerGrade": 0,
        "pickwareType": 4,
        "pickwareAddress": "",
        "platformSrc": 1,
        "platformSrcName": "PC",
        "approveName": "",
        "approvePin": "",
        "approveResult": 0,
        "approveResultName": "",
    }


def _changed(world: World, case: Case) -> dict[str, Any]:
    row = _service(world, case)
    row["updateTime"] = row.pop("updateDate")
    if case.waybill_no:
        row |= {"expressCode": case.waybill_no, "freightUpdateDate": clock.text(case.modified)}
    return row


def _money(world: World, case: Case) -> dict[str, Any]:
    order, line = _of(world, case)
    return {
        "afsRefundId": int(case.id) + 1,
        "refoundAmount": case.amount,  # their spelling; fen
        "completeTime": case.modified * 1000,
        "status": 13,
        "sameOrderServiceBill": {
            "serviceId": int(case.id),
            "afsApplyId": int(case.id),
            "orderId": int(case.order_id),
            "wareId": int(jd_order.sku_id(line.item, line.model)),
            "wareName": line.title,
            "approveName": "sandbox",
            "afsApplyTime": case.created * 1000,
            "approveDate": case.modified * 1000,
            "questionDesc": case.reason,
            "customerPin": f"{order.buyer[:4]}_mask",
            "approveNotes": "",
            "applyReason": case.reason,
        },
    }
