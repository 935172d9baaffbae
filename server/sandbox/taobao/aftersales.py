"""Refunds on TOP: those that changed, newest change first, and one by its number."""

from typing import Any, Final

from server.sandbox import clock
from server.sandbox.accounts import TAOBAO
from server.sandbox.cases import Case
from server.sandbox.model import yuan
from server.sandbox.taobao import trade
from server.sandbox.taobao.rules import Params, paged, picked, refuse, when
from server.sandbox.taobao.trades import wanted_types
from server.sandbox.world import World

_STATUS: Final = {"asked": "WAIT_SELLER_AGREE", "done": "SUCCESS", "closed": "CLOSED"}
STATUSES: Final = frozenset(
    [
        *_STATUS.values(),
        "WAIT_BUYER_RETURN_GOODS",
        "WAIT_SELLER_CONFIRM_GOODS",
        "SELLER_REFUSE_BUYER",
        "WAIT_BUYER_CONFIRM_EXCHANGE_SELLER_SEND_GOODS",
        "EXCHANGE_TRANSFORM_TO_REFUND",
        "WAIT_SELLER_CONSIGN_GOODS",
    ]
)
"""What may be asked for, one at a time."""
_FULL_ONLY: Final = frozenset({"num_iid", "price", "company_name", "sid", "good_return_time"})


def received(world: World, p: Params) -> dict[str, Any]:
    """refunds.receive.get; the window is inclusive at both ends."""
    now = world.now()
    since, until = when(world, p, "start_modified"), when(world, p, "end_modified", now)
    if until <= since:
        raise refuse(world, "window_backwards")
    rows = [c for c in world.cases("taobao").values() if since <= c.modified <= until]
    if not wanted_types(p, "guarantee_trade,auto_delivery"):
        rows = []
    if "status" in p:
        if p["status"] not in STATUSES:
            raise refuse(world, "status_unknown")
        rows = [c for c in rows if _STATUS[c.state] == p["status"]]
    rows.sort(key=lambda c: (c.modified, c.id), reverse=True)
    chosen, answer = paged(world, p, rows, 100)
    if chosen:
        found = [picked(_wire(world, c), p["fields"]) for c in chosen]
        answer["refunds"] = {"refund": [{k: v for k, v in row.items() if k not in _FULL_ONLY} for row in found]}
    return answer


def one(world: World, p: Params) -> dict[str, Any]:
    case = world.cases("taobao").get(p["refund_id"])
    if case is None:
        raise refuse(world, "refund_unknown")
    return {"refund": picked(_wire(world, case), p["fields"])}


def _wire(world: World, case: Case) -> dict[str, Any]:
    order = world.saved.orders["taobao"][case.order_id]
    line = order.lines[case.line - 1]
    back = case.kind == "return"
    row: dict[str, Any] = {
        "refund_id": case.id,
        "tid": int(case.order_id),
        "oid": trade.oid(order, line),
        "seller_nick": TAOBAO["external_id"],
        "buyer_nick": f"{order.buyer[0]}**{order.buyer[-1]}",
        "created": clock.text(case.created),
        "modified": clock.text(case.modified),
        "order_status": trade.status(order),
        "status": _STATUS[case.state],
        "good_status": "BUYER_RECEIVED" if back else "BUYER_NOT_RECEIVED",
        "has_good_return": back,
        "total_fee": yuan(line.deal * line.qty),
        "refund_fee": yuan(case.amount),
        "payment": "0.00",
        "reason": case.reason,
        "desc": "",
        "title": line.title,
        "num": line.qty,
        "refund_phase": "aftersale" if order.state == "completed" else "onsale",
        "refund_version": case.modified * 1000,
        "dispute_type": "REFUND_AND_RETURN" if back else "REFUND",
        "num_iid": 700_000_000_000 + line.item,
        "price": yuan(line.unit),
    }
    if line.outer_code or line.outer_product:
        row["outer_id"] = line.outer_code or line.outer_product
    if line.model:
        row["sku"] = f"{5_000_000_000_000 + line.model}|规格:{line.variant}"
    if case.waybill_no:
        row |= {"company_name": "顺路速运", "sid": case.waybill_no}
    return row
