"""The legal transitions of an order's facts, and the ladder that people see. Later facts are set by nothing else;
those that an order brings along when it is first taken come in with its row (intake).

待确认 → 已付款 → 拣货中 → 已发货 → 已完成 (plus 已取消) is computed from the facts, never stored.
"""

from datetime import datetime

import msgspec

LADDER = ("pending", "paid", "picking", "shipped", "completed", "cancelled")


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the ladder is computed from."""

    paid_at: datetime | None = None
    cancelled_at: datetime | None = None
    wave: object | None = None
    handed_over_at: datetime | None = None
    completed_at: datetime | None = None
    platform_state: str = "unknown"


def ladder(f: Facts) -> str:
    """The one state that a person says."""
    if f.cancelled_at is not None:
        return "cancelled"
    if f.completed_at is not None or f.platform_state == "completed":
        return "completed"
    if f.handed_over_at is not None or f.platform_state == "shipped":
        return "shipped"
    if f.wave is not None:
        return "picking"
    return "paid" if f.paid_at is not None else "pending"


LADDER_SQL = """case when o.cancelled_at is not null then 'cancelled'
     when o.completed_at is not null or o.platform_state = 'completed' then 'completed'
     when o.handed_over_at is not null or o.platform_state = 'shipped' then 'shipped'
     when o.wave is not null then 'picking'
     when o.paid_at is not null then 'paid' else 'pending' end"""
"""The same as ladder(), for lists. A property test holds the two together."""


class Transition(msgspec.Struct, frozen=True):
    """A fact may be set once, when `needs` are set and `forbids` are not."""

    column: str
    needs: tuple[str, ...] = ()
    forbids: tuple[str, ...] = ()


TRANSITIONS = {
    "reviewed": Transition("reviewed_at", ("paid_at",), ("cancelled_at",)),
    "reserved": Transition("reserved_at", ("reviewed_at",), ("cancelled_at",)),
    "picked": Transition("picked_at", ("reserved_at", "wave"), ()),
    "packed": Transition("packed_at", ("picked_at",), ()),
    "handed_over": Transition("handed_over_at", ("packed_at",), ("cancelled_at",)),
    "written_back": Transition("written_back_at", ("handed_over_at",), ()),
    "collected": Transition("collected_at", ("handed_over_at",), ()),
    "completed": Transition("completed_at", (), ("cancelled_at",)),
    "cancelled": Transition("cancelled_at", (), ()),
}


def _legal(t: Transition) -> str:
    needs = "".join(f" and {c} is not null" for c in t.needs)
    return f"{t.column} is null{needs}" + "".join(f" and {c} is null" for c in t.forbids)


def set_each_sql(fact: str) -> str:
    """As set_sql, with a moment for each order ($1 ids, $2 moments)."""
    t = TRANSITIONS[fact]
    return (
        f"update sales_order o set {t.column} = u.at from unnest($1::uuid[], $2::timestamptz[]) u(uid, at) "
        f"where o.id = u.uid and {_legal(t)} returning o.id"
    )


def set_sql(fact: str) -> str:
    """The statement that sets a fact on a set of orders ($1 ids, $2 moment) where that is legal."""
    t = TRANSITIONS[fact]
    return f"update sales_order set {t.column} = $2 where id = any($1::uuid[]) and {_legal(t)} returning id"


REVIVE_SQL = "update sales_order set cancelled_at = null where id = $1 returning handed_over_at is not null"
"""The one way back: the platform itself says that the order is alive after all."""

WITHDRAW_SQL = """update sales_order set reviewed_at = null, reserved_at = null, short_at = null, wave = null,
       picked_at = null, packed_at = null, review_due = true
where id = any($1::uuid[]) and handed_over_at is null returning id"""
"""Back to before review: nothing of it may go on. What has left the house stays as it is."""
