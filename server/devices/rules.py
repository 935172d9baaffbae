"""What becomes of each event of a batch: pure, in order, on the rows of a Board.

A physical act is never rejected: what cannot stand as it was meant leads to a task. Held is only what cannot be
understood.
"""

import re
from collections.abc import Callable, Sequence
from uuid import UUID

from server.devices import parcels
from server.devices.board import Board
from server.devices.schemas import (
    Act,
    Decision,
    ForeignBody,
    HandOverBody,
    Kind,
    PackBody,
    Parcel,
    Pick,
    PickBody,
    ShortBody,
    Task,
    TaskDoneBody,
    UnpickBody,
)
from server.events import ForeignScanned, PickConfirmed, PickShort, PickUndone
from server.shipping.rules import STOPPED
from sync.messages import ADJUSTED, DUPLICATE, HELD, WITH_TASK

_GTIN = re.compile(r"\d{12,14}")
_PLAIN_CODE = re.compile(r"[A-Za-z0-9._/-]{1,40}")
_PHONE = re.compile(r"1[3-9]\d{9}")


def decide(board: Board, acts: Sequence[Act], device: UUID) -> list[Decision]:
    """A decision for each act; the board then says what has to be written."""
    decided = []
    for act in acts:
        decided.append(_one(board, act, device))
        board.seen.add(act.id)
    return decided


def _one(board: Board, act: Act, device: UUID) -> Decision:
    if act.error:
        return held(act.error, "这次操作的内容无法识别，已交由负责人处理")
    match act.body:
        case ForeignBody():
            return _foreign(board, act, act.body, device)
        case PackBody() | HandOverBody() | TaskDoneBody():
            return _BODIES[type(act.body)](board, act, act.body)
        case PickBody() | UnpickBody() | ShortBody():
            pick = board.picks.get(act.body.pick)
            if pick is None:
                return held("unknown_pick", "服务器上没有这条拣货任务，已交由负责人处理")
            return _BODIES[type(act.body)](board, act, act.body, pick)
        case _:
            return held("unknown_kind", "服务器不认识这种操作，已交由负责人处理")


def held(reason: str, message: str) -> Decision:
    return Decision(HELD, message, reason=reason)


def same_code(a: str, b: str) -> bool:
    """GTINs of 12, 13 and 14 digits are one number with leading zeros (GS1 General Specifications 3.3)."""
    if a == b:
        return a != ""
    return bool(_GTIN.fullmatch(a) and _GTIN.fullmatch(b)) and a.rjust(14, "0") == b.rjust(14, "0")


def _room(pick: Pick) -> int:
    return max(0, pick.qty - pick.picked)


# -- pick ------------------------------------------------------------------------------------------------------------
def _pick(board: Board, act: Act, body: PickBody, pick: Pick) -> Decision:
    codes = (pick.sku_code, *pick.barcodes)
    if body.code not in codes and not any(same_code(body.code, c) for c in codes):
        return held("wrong_goods", f"扫到的条码不是 {pick.sku_code}，未计入，已交由负责人处理")
    reason = board.blocked(pick.order_id, pick.wave) or ("held" if pick.state == "cancelled" else "")
    if reason:
        return _picked_in_vain(board, act, body, pick, reason)
    took = _take(board, act, pick, body.qty)
    left, moved = body.qty - took, []
    for other in board.alike(pick):
        if left and _room(other) and not board.blocked(other.order_id, other.wave) and other.state != "cancelled":
            n = _take(board, act, other, left)
            left -= n
            moved.append(f"{other.slot} 号格口 ×{n}")
    if not left and not moved:
        return Decision()
    over = f"多出 {left} 件请放回货位 {pick.bin}" if left else ""
    if moved:
        return Decision(ADJUSTED, "本行已拣满，改放到 " + "、".join(moved) + ("；" + over if over else ""))
    if took:
        return Decision(ADJUSTED, f"只需 {took} 件；{over}")
    return Decision(DUPLICATE, f"{pick.sku_code} 已拣满，没有重复计数")


def _take(board: Board, act: Act, pick: Pick, wanted: int) -> int:
    """Count up to so many units into a pick; when it is full, what that completes follows."""
    n = min(wanted, _room(pick))
    if n == 0:
        return 0
    board.count(act, pick, n)
    board.emit(
        act, PickConfirmed(subject=pick.order_id, to={"sku": pick.sku_code, "qty": n, "slot": pick.slot}, **_by(act))
    )
    if not _room(pick):
        pick.state = "done"
        for task in board.waiting(pick.id, "repick", "shortage"):
            board.close(act, task, "found")
        if all(p.state in ("done", "cancelled") for p in board.picks_of(pick.order_id, pick.wave)):
            board.picked[pick.order_id] = act
            parcel = board.parcel_for(pick)
            if parcel is not None and parcel.state == "picking":
                parcel.state = "ready"
            board.acts[pick.order_id] = act
    return n


def _picked_in_vain(board: Board, act: Act, body: PickBody, pick: Pick, reason: str) -> Decision:
    """The order must not go on: the goods are out of the shelf all the same, so they are counted and go back."""
    parcel = board.parcel_for(pick)
    if parcel is not None and parcel.state in ("handed_over", "cancelled") and packed_since(parcel, act):
        return Decision()  # these goods were in the parcel, which is gone or put back
    n = min(body.qty, _room(pick))
    if n == 0:
        return Decision(ADJUSTED, f"这件不需要：请把 {pick.sku_code} ×{body.qty} 放回货位 {pick.bin}")
    board.count(act, pick, n)
    board.emit(
        act,
        PickConfirmed(
            subject=pick.order_id,
            reason=reason,
            to={"sku": pick.sku_code, "qty": n, "slot": pick.slot},
            **_by(act),
        ),
    )
    why = (parcel.stop if parcel else "") or reason
    if parcel is None:
        task = board.task(act, "put_back", None, why, {"items": [[pick.sku_code, pick.picked, pick.bin]]}, pick)
    else:
        task = board.put_back(act, parcel, why)
    return Decision(WITH_TASK, f"{STOPPED.get(why, '订单已停止')}：请把 {pick.sku_code} 放回 {pick.bin}", task)


# -- unpick ----------------------------------------------------------------------------------------------------------
def _unpick(board: Board, act: Act, body: UnpickBody, pick: Pick) -> Decision:
    """A scan is taken back: what it counted, wherever that was. A device that does not say which: from this pick."""
    named = body.event()
    did = None if named is None else board.did(named)
    if did is None:
        return _uncount(board, act, body.qty, pick)
    left, said = body.qty, Decision(DUPLICATE, f"{pick.sku_code} 那次扫描没有计入，无需撤销")
    for (order, sku_code), qty in did.items():
        its = pick if order == pick.order_id else board.pick_for(order, pick.wave, sku_code)
        if its is not None and left:
            said = _uncount(board, act, min(left, qty), its)
            left -= min(left, qty)
    return said


def _uncount(board: Board, act: Act, wanted: int, pick: Pick) -> Decision:
    n = min(wanted, pick.picked)
    if n == 0:
        return Decision(DUPLICATE, f"{pick.sku_code} 本来就没有计入，无需撤销")
    parcel = board.parcel_for(pick)
    if parcel is not None and packed_since(parcel, act):
        # The parcel was then scanned whole: this is about the tote, long before.
        board.count(act, pick, -n)
        _undone(board, act, pick, n, "before_packing")
        return Decision()
    opened = parcel is not None and parcel.state == "stopped" and parcel.stop == "unpicked"
    again = opened and not board.blocked(pick.order_id, pick.wave)
    if parcel is not None and (again or parcel.state in ("packed", "handed_over")):
        return _taken_out(board, act, pick, parcel, n)
    board.count(act, pick, -n)
    _undone(board, act, pick, n, "")
    if pick.state == "done":
        pick.state = "open"
        board.reopened.add(pick.wave)
    board.picked.pop(pick.order_id, None)
    if parcel is not None and parcel.state == "ready":
        parcel.state = "picking"
        board.acts[pick.order_id] = act
    if pick.state == "cancelled" or board.blocked(pick.order_id, pick.wave):
        if parcel is not None:
            _less_to_put_back(board, act, parcel)
        return Decision()
    return Decision() if n == wanted else Decision(ADJUSTED, f"只撤销了已计入的 {n} 件")


def _undone(board: Board, act: Act, pick: Pick, n: int, reason: str) -> None:
    told = {"sku": pick.sku_code, "qty": n, "slot": pick.slot}
    board.emit(act, PickUndone(subject=pick.order_id, reason=reason, to=told, **_by(act)))


def packed_since(parcel: Parcel, act: Act) -> bool:
    """Was the parcel scanned whole after this act? The act then tells nothing new, however late it arrives."""
    since = max(act.at, parcel.made_at or act.at)  # a clock that was behind says nothing about before and after
    return parcel.packed_at is not None and since < parcel.packed_at


def _less_to_put_back(board: Board, act: Act, parcel: Parcel) -> None:
    """Goods of a stopped order are back on the shelf already: the task that waits for them shrinks, or is done."""
    for task in board.waiting(parcel.id, "put_back"):
        if any(p.picked for p in board.picks_of(parcel.order_id, parcel.wave)):
            board.put_back(act, parcel, task.reason)
        else:
            board.close(act, task, "undone")


def _taken_out(board: Board, act: Act, pick: Pick, parcel: Parcel, n: int) -> Decision:
    """Out of a parcel that is closed: it must be checked again before it leaves, or be caught."""
    known = [i for t in board.waiting(parcel.id, "repick", "intercept") if t.reason == "unpicked"
             for i in t.detail.get("items", []) if i[0] != pick.sku_code]  # fmt: skip
    detail = {"items": [*known, [pick.sku_code, n, pick.bin]]}
    _undone(board, act, pick, n, "unpicked")
    if parcel.state == "handed_over":
        task = board.task(act, "intercept", parcel, "unpicked", detail)
        return Decision(WITH_TASK, "该包裹已出库，请联系快递拦截核对", task)
    parcel.state, parcel.stop = "stopped", "unpicked"
    board.acts[parcel.id] = act
    return Decision(
        WITH_TASK, "该包裹已打包，请重新核对后再出库", board.task(act, "repick", parcel, "unpicked", detail)
    )


# -- short -----------------------------------------------------------------------------------------------------------
def _short(board: Board, act: Act, body: ShortBody, pick: Pick) -> Decision:
    if pick.state == "cancelled" or board.blocked(pick.order_id, pick.wave):
        return Decision(ADJUSTED, "订单已停止，不再需要这件货")
    parcel = board.parcel_for(pick)
    if parcel is not None and packed_since(parcel, act):
        return Decision(ADJUSTED, f"{parcel.no} 之后已整单核对打包，不再缺 {pick.sku_code}")
    if parcel is not None and (parcel.state, parcel.stop) == ("stopped", "unpicked"):
        # Taken out of a closed parcel, and there is no other: what is missing was counted until now.
        gone = min(body.missing, pick.picked)
        board.count(act, pick, -gone)
        _undone(board, act, pick, gone, "unpicked")
        parcel.state, parcel.stop = "picking", ""
        board.acts[parcel.id] = act
    n = min(body.missing, _room(pick))
    if n == 0 or pick.state == "short":
        return Decision(DUPLICATE, f"{pick.sku_code} " + ("已拣满，不缺货" if n == 0 else "已登记缺货"))
    pick.state = "short"
    board.touch(act, pick)
    board.emit(
        act, PickShort(subject=pick.order_id, to={"sku": pick.sku_code, "missing": n, "bin": pick.bin}, **_by(act))
    )
    detail = {
        "items": [[pick.sku_code, n, pick.bin]],
        "slot": pick.slot,
        "text": f"缺 {pick.sku_code} ×{n}，货位 {pick.bin}，放 {pick.slot} 号格口",
    }
    task = board.task(act, "repick", parcel, "pick_short", detail, pick)
    return Decision(WITH_TASK, f"已登记缺货 {pick.sku_code} ×{n}，请补拣", task)


# -- tasks and foreign scans -------------------------------------------------------------------------------------------
def _task_done(board: Board, act: Act, body: TaskDoneBody) -> Decision:
    task = board.tasks.get(body.task)
    if task is None:
        return held("unknown_task", "服务器上没有这条任务，已交由负责人处理")
    if task.kind not in ("put_back", "repick", "intercept", "reprint"):
        return held("not_a_floor_task", "这条任务要在电脑上处理，已交由负责人处理")
    if not task.open:
        return Decision(DUPLICATE, "这条任务已经完成")
    outcome = body.outcome if _PLAIN_CODE.fullmatch(body.outcome) else "done"
    board.close(act, task, outcome)
    parcel = board.parcels.get(task.subject_id)
    if parcel is not None:
        return parcels.settle(board, act, task, parcel)
    return _repicked(board, act, task)


def _repicked(board: Board, act: Act, task: Task) -> Decision:
    """A task about a pick is done. If goods are still missing, people at the desk must decide."""
    pick = board.picks.get(task.subject_id)
    if pick is None:
        return Decision()
    if task.kind == "put_back":
        for waiting in board.waiting(pick.id, "repick", "shortage"):
            board.close(act, waiting, "cancelled")
        pick.state = "cancelled"
        board.count(act, pick, -pick.picked)
        return Decision()
    if pick.state != "short" or board.blocked(pick.order_id, pick.wave):
        return Decision()
    n = _room(pick)
    detail = {"sku": pick.sku_code, "missing": n, "text": f"{pick.sku_code} 补拣后仍缺 {n} 件"}
    desk = board.task(act, "shortage", board.parcel_for(pick), "pick_short", detail, pick)
    return Decision(WITH_TASK, f"{pick.sku_code} 仍缺 {n} 件，已交由客服处理", desk)


def _foreign(board: Board, act: Act, body: ForeignBody, device: UUID) -> Decision:
    """A code that fits nothing. What does not look like a code of goods or a waybill is not written down."""
    plain = _PLAIN_CODE.fullmatch(body.code) and not _PHONE.fullmatch(body.code)
    board.emit(
        act,
        ForeignScanned(
            subject=device,
            to={
                "context": body.context if _PLAIN_CODE.fullmatch(body.context) else "",
                "code": body.code if plain else f"({len(body.code)})",
            },
            **_by(act),
        ),
    )
    return Decision()


_by = parcels.by
_BODIES: dict[type, Callable[..., Decision]] = {
    PickBody: _pick,
    UnpickBody: _unpick,
    ShortBody: _short,
    PackBody: parcels.pack,
    HandOverBody: parcels.hand_over,
    TaskDoneBody: _task_done,
}
assert len(_BODIES) + 1 == len(Kind)
