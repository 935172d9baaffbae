"""Trades on TOP: lists by time of change or of placing, one whole, the seller's note, what may travel together."""

from typing import Any, Final

from server.sandbox import clock, life
from server.sandbox.model import Order
from server.sandbox.taobao import trade
from server.sandbox.taobao.rules import Params, objects, paged, refuse, when
from server.sandbox.world import World

MEMO_BYTES: Final = 1000
_HISTORY_S: Final = 90 * 86_400
"""Lists know the last three months only."""
STATUSES: Final = {
    one: frozenset({one})
    for one in (
        "TRADE_NO_CREATE_PAY",
        "WAIT_BUYER_PAY",
        "PAY_PENDING",
        "WAIT_PRE_AUTH_CONFIRM",
        "PAID_FORBID_CONSIGN",
        "WAIT_SELLER_SEND_GOODS",
        "SELLER_CONSIGNED_PART",
        "WAIT_BUYER_CONFIRM_GOODS",
        "TRADE_BUYER_SIGNED",
        "TRADE_FINISHED",
        "TRADE_CLOSED",
        "TRADE_CLOSED_BY_TAOBAO",
    )
} | {
    "ALL_WAIT_PAY": frozenset({"WAIT_BUYER_PAY", "TRADE_NO_CREATE_PAY"}),
    "ALL_CLOSED": frozenset({"TRADE_CLOSED", "TRADE_CLOSED_BY_TAOBAO"}),
}
"""What may be asked for, one at a time, and which trades it means."""
_DEFAULT_TYPES: Final = "guarantee_trade,auto_delivery,ec,cod,step"


def increment(world: World, p: Params) -> dict[str, Any]:
    """Changed trades, newest change first; the window is inclusive at both ends."""
    since, until = when(world, p, "start_modified"), when(world, p, "end_modified")
    if until <= since:
        raise refuse(world, "window_backwards")
    if until - since > world.knobs.taobao_window_s:
        raise refuse(world, "window_too_long")
    rows = [o for o in world.all("taobao") if max(since, world.now() - _HISTORY_S) <= o.modified <= until]
    return _page(world, p, sorted(rows, key=lambda o: (o.modified, int(o.external_id)), reverse=True))


def sold(world: World, p: Params) -> dict[str, Any]:
    """Trades by creation, newest first."""
    now = world.now()
    since, until = when(world, p, "start_created", now - _HISTORY_S), when(world, p, "end_created", now)
    if until < since:
        raise refuse(world, "created_backwards")
    rows = [o for o in world.all("taobao") if max(since, now - _HISTORY_S) <= o.created <= until]
    return _page(world, p, sorted(rows, key=lambda o: (o.created, int(o.external_id)), reverse=True))


def wanted_types(p: Params, default: str) -> bool:
    """guarantee_trade is a query group, of which fixed is one; the sandbox's trades are all fixed."""
    return bool(set(p.get("type", default).split(",")) & {"fixed", "guarantee_trade"})


def _page(world: World, p: Params, rows: list[Order]) -> dict[str, Any]:
    if not wanted_types(p, _DEFAULT_TYPES):
        rows = []
    if "status" in p:
        if p["status"] not in STATUSES:
            raise refuse(world, "status_unknown")
        named = STATUSES[p["status"]]
        rows = [o for o in rows if trade.status(o) in named]
    chosen, answer = paged(world, p, rows, 100)
    if chosen:
        now = world.now()
        trades = [trade.pick(trade.wire(o, now, full=False), p["fields"]) for o in chosen]
        answer["trades"] = {"trade": trades}
    return answer


def fullinfo(world: World, p: Params) -> dict[str, Any]:
    body = trade.pick(trade.wire(found(world, p["tid"]), world.now(), full=True), p["fields"])
    if world.knobs.taobao_oaid_strict and p.get("include_oaid", "false") == "false":
        body.pop("oaid", None)
    return {"trade": body}


def memo(world: World, p: Params) -> dict[str, Any]:
    """trade.memo.update. reset: the memo is emptied, whatever is sent as memo."""
    order = found(world, p["tid"])
    text, flag = p.get("memo"), p.get("flag")
    if p.get("reset") == "true":
        text = ""
    if text is not None and len(text.encode()) > MEMO_BYTES:
        raise refuse(world, "memo_too_long")
    if flag is not None and flag not in ("0", "1", "2", "3", "4", "5"):
        raise refuse(world, "flag_unknown")
    life.note(world, order, world.now(), buyer=None, seller=text, flag=int(flag) if flag else None)
    return {"trade": {"tid": int(order.external_id), "modified": clock.text(order.modified)}}


def merge(world: World, p: Params) -> dict[str, Any]:
    """Which trades may travel together: same receiver, asked with their present OAIDs."""
    wants = objects(world, p, "merge_list")
    if len(wants) > 100:
        raise refuse(world, "merge_too_many")
    groups: dict[object, list[str]] = {}
    for want in wants:
        order = world.find("taobao", str(want.get("tid", "")))
        if order is None or want.get("oaid") != trade.oaid(order, world.now()):
            raise refuse(world, "merge_stranger")
        groups.setdefault((order.buyer, order.receiver), []).append(order.external_id)
    return {"tid_list": {"string": [",".join(tids) for tids in groups.values()]}}


def found(world: World, tid: str) -> Order:
    order = world.find("taobao", tid)
    if order is None:
        raise refuse(world, "trade_unknown")
    return order
