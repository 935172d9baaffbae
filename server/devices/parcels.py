"""What becomes of parcels: packed, handed over, their tasks done. Pure, like rules.py, which calls it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from server.devices.board import OPEN_PARCEL, Board
from server.devices.schemas import Act, Decision, HandOverBody, PackBody, Parcel, Task
from server.events import HandOverRefused
from server.packing import rules as packing
from server.shipping import rules as shipping
from sync.messages import ADJUSTED, DUPLICATE, HELD, WITH_TASK

AGREE = timedelta(minutes=1)
"""Two devices' clocks are known no better than their requests are quick: what is closer than that may be later.

So goods that do not fit, seen about when the parcel was packed, are news; at worst it is checked once too often.
"""


def by(act: Act) -> dict[str, Any]:
    """Who, when and by which scan: the fields that every event of an act carries."""
    return {"person": act.who, "happened_at": act.at, "cause": act.id}


def _blocked(board: Board, parcel: Parcel) -> str:
    return board.blocked(parcel.order_id, parcel.wave)


def _not_before(act: Act, moment: datetime | None) -> Act:
    """A phone whose clock was behind, and is right when it sends, cannot be corrected: at least nothing was done to a
    parcel before there was one."""
    return act if moment is None or act.at >= moment else msgspec.structs.replace(act, at=moment)


def pack(board: Board, act: Act, body: PackBody) -> Decision:
    """A parcel is closed. It counts as packed when all of its goods, and nothing else, were scanned into it.

    One that goods were taken out of after packing is checked like this once more.
    """
    parcel = board.parcels.get(body.parcel)
    if parcel is None:
        return Decision(HELD, "服务器上没有这个包裹，已交由负责人处理", reason="unknown_parcel")
    act = _not_before(act, parcel.made_at)
    again = parcel.state == "stopped" and parcel.stop == "unpicked"
    stopped = "held" if parcel.state in ("cancelled", "stopped") else ""
    reason = _blocked(board, parcel) or ("" if again else parcel.stop or stopped)
    if parcel.state == "handed_over":
        return Decision(DUPLICATE, f"{parcel.no} 已出库")
    if reason:
        task = board.put_back(act, parcel, parcel.stop or reason)
        return Decision(WITH_TASK, f"{shipping.STOPPED.get(reason, '该包裹已停止')}：不要发出，请把货放回", task)
    wrong = packing.compare(parcel.items, body.items)
    if parcel.state == "packed" and (not wrong or (parcel.packed_at is not None and act.at < parcel.packed_at - AGREE)):
        return Decision(DUPLICATE, f"{parcel.no} 已打包")
    if wrong:
        said = packing.difference_said(wrong)
        if parcel.state == "packed":  # opened and scanned once more: what is in it now is not what was packed
            parcel.state, parcel.stop = "stopped", "unpicked"
            board.acts[parcel.id] = act
        task = board.task(act, "repick", parcel, "pack_mismatch", {"text": said})
        return Decision(WITH_TASK, f"打包核对不符：{said}；请拆开重核", task)
    for task_row in _waiting(board, parcel, "repick", "shortage"):
        board.close(act, task_row, "packed")
    for task_row in board.waiting(parcel.id, "put_back", "intercept"):
        if task_row.reason == "unpicked":
            board.close(act, task_row, "packed")
    # Scanned whole into the parcel means picked, even while the picker's own events are still on the way.
    board.picked.setdefault(parcel.order_id, act)
    parcel.state, parcel.stop, parcel.packed_at = "packed", "", act.at
    board.packed[parcel.id] = board.acts[parcel.id] = act
    board.acts.setdefault(parcel.order_id, act)
    return Decision()


def _waiting(board: Board, parcel: Parcel, *kinds: str) -> list[Task]:
    """Open tasks of these kinds about a parcel or about one of its picks."""
    about = (parcel.id, *(p.id for p in board.picks_of(parcel.order_id, parcel.wave)))
    return [t for subject in about for t in board.waiting(subject, *kinds)]


def hand_over(board: Board, act: Act, body: HandOverBody) -> Decision:
    """A parcel goes out of the door, if it may."""
    parcel, old = board.parcel_by_waybill(body.waybill)
    if parcel is None:
        return _unknown_waybill(board, act, body)
    if parcel.state == "handed_over" and not old:
        return Decision(DUPLICATE, f"{parcel.no} 已出库，没有重复计数")
    order = board.orders.get(parcel.order_id)
    refusal = shipping.refuse(
        shipping.Facts(
            state=parcel.state,
            stop=parcel.stop,
            blocked=_blocked(board, parcel),
            order_version=max(parcel.order_version, order.receiver_version if order else 0),
            label_version=parcel.label_version,
            label_state=parcel.label_state,
            old_label=old,
        ),
        body.seen,
    )
    if refusal is not None:
        return _refused(board, act, parcel, refusal)
    act = _not_before(act, parcel.packed_at or parcel.made_at)
    parcel.state = "handed_over"
    board.handed[parcel.id] = board.acts[parcel.id] = act
    board.acts[parcel.order_id] = act
    for task in board.waiting(parcel.id, "intercept", "reprint"):
        board.close(act, task, "handed_over")
    return Decision()


def _refused(board: Board, act: Act, parcel: Parcel, refusal: shipping.Refusal) -> Decision:
    task = board.task(act, refusal.kind, parcel, refusal.reason, {"text": refusal.message})
    board.emit(
        act,
        HandOverRefused(
            subject=parcel.id,
            reason=refusal.reason,
            to={"label_version": parcel.label_version, "order_version": parcel.order_version, "task": str(task)},
            **by(act),
        ),
    )
    return Decision(WITH_TASK, f"{parcel.no} {refusal.message}", task)


def _unknown_waybill(board: Board, act: Act, body: HandOverBody) -> Decision:
    """No parcel has this number. If the device says which parcel it is, that one wears a label that is not its own."""
    try:
        parcel = board.parcels.get(UUID(body.parcel)) if body.parcel else None
    except ValueError:
        parcel = None
    if parcel is None:
        return Decision(HELD, "没有包裹用这个面单号，已交由负责人处理", reason="unknown_waybill")
    if parcel.state == "handed_over":
        return Decision(DUPLICATE, f"{parcel.no} 已出库，没有重复计数")
    wrong = shipping.Refusal("wrong_label", "intercept", "面单号不属于该包裹：拦下，核对面单")
    return _refused(board, act, parcel, wrong)


def settle(board: Board, act: Act, task: Task, parcel: Parcel) -> Decision:
    """A task about a parcel is done: what that means for the parcel."""
    blocked = _blocked(board, parcel)
    if task.kind == "put_back":
        _put_back(board, act, parcel, blocked)
    elif task.kind == "repick" and parcel.state == "stopped" and parcel.stop == "unpicked" and not blocked:
        # It may have been packed while its picker's own scans were still on the way: they are not there yet.
        open_picks = any(p.state not in ("done", "cancelled") for p in board.picks_of(parcel.order_id, parcel.wave))
        parcel.state, parcel.stop = "picking" if open_picks else "ready", ""
        board.acts[parcel.id] = act
        return Decision(ADJUSTED, f"{parcel.no} 请重新扫描货品打包后再出库")
    elif task.kind == "intercept" and parcel.state in ("packed", "stopped") and (blocked or parcel.stop):
        return Decision(WITH_TASK, "已拦下，请把货放回货位", board.put_back(act, parcel, blocked or parcel.stop))
    return Decision()


def _put_back(board: Board, act: Act, parcel: Parcel, blocked: str) -> None:
    """The goods are on the shelf again. An order that could still go on must then be picked anew: it is taken back."""
    take_back = not blocked and parcel.state in OPEN_PARCEL
    if take_back:
        for task in _waiting(board, parcel, "repick", "shortage", "intercept", "reprint", "put_back"):
            board.close(act, task, "withdrawn")
    for pick in board.picks_of(parcel.order_id, parcel.wave):
        if blocked or take_back or pick.state == "cancelled":
            pick.state = "cancelled"
            board.count(act, pick, -pick.picked)
            for task in board.waiting(pick.id, "repick", "shortage"):
                board.close(act, task, "cancelled")
    if parcel.state in OPEN_PARCEL:
        parcel.state = "cancelled"
        board.acts[parcel.id] = act
        for task in board.waiting(parcel.id, "intercept", "reprint"):
            board.close(act, task, "withdrawn")
    if take_back:
        board.take_back(act, parcel)
