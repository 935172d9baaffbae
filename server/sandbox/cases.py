"""After-sales cases of the simulated world: one for each line whose refund was ever asked for."""

from typing import Literal

from msgspec import Struct

from server.sandbox.model import Line, Order, Platform


class Case(Struct, kw_only=True):
    """Times are epoch seconds; money in minor units of the order's currency."""

    id: str
    platform: Platform
    order_id: str
    line: int
    """Number of the line, from 1."""
    state: Literal["asked", "done", "closed"]
    kind: Literal["money", "return"] = "money"
    amount: int
    reason: str = "不想要了"
    created: int
    modified: int
    waybill_no: str = ""


def note(known: dict[str, Case], order: Order, line: Line, id: str, state: Literal["asked", "done", "closed"],
         at: int) -> Case:  # fmt: skip
    """The case of a line is now in this state; a new id is a new case."""
    case = known.get(id)
    if case is None:
        case = known[id] = Case(
            id=id,
            platform=order.platform,
            order_id=order.external_id,
            line=line.n,
            state=state,
            kind="return" if order.state in ("shipped", "completed") else "money",
            amount=line.deal * line.qty,
            created=at,
            modified=at,
        )
    case.state = state
    case.modified = max(case.modified, at)
    return case
