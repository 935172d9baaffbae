"""What becomes of single events: the rules on a small board, without a database."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from server.devices import rules
from server.devices.board import Board
from server.devices.schemas import (
    Act,
    Decision,
    ForeignBody,
    HandOverBody,
    Kind,
    Order,
    PackBody,
    Parcel,
    Pick,
    PickBody,
    ShortBody,
    TaskDoneBody,
    UnpickBody,
)
from sync.messages import ACCEPTED, ADJUSTED, DUPLICATE, HELD, WITH_TASK

DEVICE, WHO, WAVE, HOUSE, TEE, MUG = (UUID(int=n) for n in range(1, 7))
AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
EAN = "6901234567892"


def order(n: int, **more: Any) -> Order:
    facts: dict[str, Any] = {"wave": WAVE, "cancelled": False, "refund": "none", "receiver_version": 1}
    return Order(**({"id": UUID(int=100 + n), "no": f"ZS-26-00000{n}", "reserved": True} | facts | more))


def pick(n: int, o: Order, qty: int = 2, sku: UUID = TEE, **more: Any) -> Pick:
    code = "TEE" if sku == TEE else "MUG"
    return Pick(
        **(
            {
                "id": UUID(int=200 + n),
                "wave": WAVE,
                "order_id": o.id,
                "line": UUID(int=300 + n),
                "slot": str(n),
                "sku": sku,
                "sku_code": code,
                "bin": "A-01-01",
                "barcodes": [EAN] if sku == TEE else [],
                "qty": qty,
                "picked": 0,
                "state": "open",
            }
            | more
        )
    )


def parcel(n: int, o: Order, items: list[list[Any]], **more: Any) -> Parcel:
    label = {"waybill_no": f"SLX{n}", "order_version": 1, "label_version": 1, "label_state": "ready", "stop": ""}
    where = {"wave": WAVE, "warehouse": HOUSE, "slot": str(n), "state": "picking", "old_waybills": []}
    who = {"id": UUID(int=400 + n), "no": f"ZP2600000{n}", "order_id": o.id, "order_no": o.no, "items": items}
    return Parcel(**(who | where | label | more))


class Hall:
    """Two orders of one wave: 2 TEE + 1 MUG in slot 1, 1 TEE in slot 2."""

    def __init__(self, **first: Any) -> None:
        self.a, self.b = order(1, **first), order(2)
        self.tee, self.mug = pick(1, self.a), pick(2, self.a, 1, MUG, slot="1")
        self.other = pick(3, self.b, 1, slot="2")
        self.pa = parcel(1, self.a, [["TEE", "T恤", "M", 2, [EAN]], ["MUG", "杯", "", 1, []]])
        self.pb = parcel(2, self.b, [["TEE", "T恤", "M", 1, [EAN]]])
        self.board = Board([self.a, self.b], [self.tee, self.mug, self.other], [self.pa, self.pb])
        self.n = 0

    def do(self, kind: Kind, body: Any, error: str = "") -> Decision:
        self.n += 1
        act = Act(id=UUID(int=900 + self.n), n=self.n, kind=kind, at=AT, who=WHO, body=body, error=error)
        return rules.decide(self.board, [act], DEVICE)[0]

    def pick(self, p: Pick, qty: int = 1, code: str = "") -> Decision:
        return self.do(Kind.PICK, PickBody(p.id, code or p.sku_code, qty))

    def pack(self, p: Parcel, *items: tuple[str, int]) -> Decision:
        return self.do(Kind.PACK, PackBody(p.id, list(items)))

    def out(self, waybill: str, seen: int = 1, of: str = "") -> Decision:
        return self.do(Kind.HAND_OVER, HandOverBody(waybill, of, seen))

    def packed(self) -> None:
        self.pick(self.tee, 2)
        self.pick(self.mug)
        assert self.pack(self.pa, ("TEE", 2), ("MUG", 1)).code == ACCEPTED

    def kinds(self) -> list[tuple[str, str]]:
        return [(t.kind, t.reason) for t in self.board.opened.values()]


def test_the_whole_walk_is_accepted() -> None:
    h = Hall()
    assert [h.pick(h.tee, code=EAN).code, h.pick(h.tee, code="0" + EAN).code, h.pick(h.mug).code] == [ACCEPTED] * 3
    assert (h.tee.state, h.pa.state, list(h.board.picked)) == ("done", "ready", [h.a.id])
    assert h.pack(h.pa, ("TEE", 1), ("MUG", 1), ("TEE", 1)).code == ACCEPTED
    assert h.out("SLX1").code == ACCEPTED
    assert (h.pa.state, list(h.board.handed), h.kinds()) == ("handed_over", [h.pa.id], [])
    assert all(e.person == WHO and e.cause and e.happened_at == AT for e in h.board.events)


def test_an_over_scan_moves_to_another_order_of_the_wave_then_is_a_duplicate() -> None:
    h = Hall()
    moved = h.pick(h.tee, 3)
    assert (moved.code, h.tee.picked, h.other.picked) == (ADJUSTED, 2, 1) and "2 号格口" in moved.message
    assert h.pick(h.tee).code == DUPLICATE
    assert (h.tee.picked, h.other.picked, h.pb.state) == (2, 1, "ready")


def test_a_quantity_over_what_is_wanted_is_capped() -> None:
    h = Hall()
    assert (h.pick(h.mug, 5).code, h.mug.picked) == (ADJUSTED, 1)


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        ({"cancelled": True}, "cancelled"),
        ({"refund": "asked", "reserved": False}, "refund_asked"),
        ({"wave": None}, "held"),
    ],
)
def test_goods_picked_for_an_order_that_stopped_go_back(first: dict[str, Any], reason: str) -> None:
    h = Hall(**first)
    d = h.pick(h.tee)
    assert (d.code, h.tee.picked, h.kinds()) == (WITH_TASK, 1, [("put_back", reason)])
    again = h.pick(h.tee)
    assert again.task == d.task and d.task is not None
    assert h.board.opened[d.task].detail["items"] == [["TEE", 2, "A-01-01"]]
    assert h.do(Kind.TASK_DONE, TaskDoneBody(d.task)).code == ACCEPTED
    assert (h.tee.picked, h.board.lines[h.tee.line], h.board.picked) == (0, 0, {})


def test_unpick_opens_the_pick_again() -> None:
    h = Hall()
    h.pick(h.tee, 2)
    h.pick(h.mug)
    assert h.do(Kind.UNPICK, UnpickBody(h.tee.id, "TEE", 1)).code == ACCEPTED
    assert (h.tee.state, h.tee.picked, h.pa.state, h.board.picked) == ("open", 1, "picking", {})
    assert h.do(Kind.UNPICK, UnpickBody(h.tee.id, "TEE", 5)).code == ADJUSTED
    assert h.do(Kind.UNPICK, UnpickBody(h.tee.id, "TEE", 1)).code == DUPLICATE


def test_taken_out_of_a_packed_parcel_must_be_checked_before_it_leaves() -> None:
    h = Hall()
    h.packed()
    d = h.do(Kind.UNPICK, UnpickBody(h.tee.id, "TEE", 1))
    assert (d.code, h.pa.state, h.kinds()) == (WITH_TASK, "stopped", [("repick", "unpicked")])
    assert h.out("SLX1").code == WITH_TASK and h.pa.state == "stopped"
    assert h.pack(h.pa, ("TEE", 1), ("MUG", 1)).code == WITH_TASK and h.pa.state == "stopped"
    assert h.pack(h.pa, ("TEE", 2), ("MUG", 1)).code == ACCEPTED
    assert (h.pa.state, h.pa.stop, [t for t in h.board.tasks.values() if t.open and t.kind == "repick"]) == (
        "packed",
        "",
        [],
    )
    assert (h.out("SLX1").code, h.pa.state) == (ACCEPTED, "handed_over")


def test_more_taken_out_of_an_opened_parcel_leaves_no_pick_open() -> None:
    h = Hall()
    h.packed()
    first = h.do(Kind.UNPICK, UnpickBody(h.tee.id, "TEE", 1))
    assert h.do(Kind.UNPICK, UnpickBody(h.mug.id, "MUG", 1)).task == first.task
    assert h.pack(h.pa, ("TEE", 2), ("MUG", 1)).code == ACCEPTED
    assert (h.mug.state, h.mug.picked, h.pa.state) == ("done", 1, "packed")


def test_a_tap_checks_nothing_the_parcel_must_be_scanned_again() -> None:
    h = Hall()
    h.packed()
    d = h.do(Kind.UNPICK, UnpickBody(h.tee.id, "TEE", 1))
    assert d.task and h.do(Kind.TASK_DONE, TaskDoneBody(d.task)).code == ADJUSTED
    assert (h.pa.state, h.pa.stop, h.out("SLX1").code, h.board.handed) == ("ready", "", WITH_TASK, {})
    assert h.pack(h.pa, ("TEE", 2), ("MUG", 1)).code == ACCEPTED
    assert h.out("SLX1").code == ACCEPTED


def test_a_task_that_ends_and_comes_back_in_one_batch_is_one_open_task() -> None:
    h = Hall()
    h.packed()
    first = h.do(Kind.UNPICK, UnpickBody(h.tee.id, "TEE", 1))
    h.pack(h.pa, ("TEE", 2), ("MUG", 1))
    again = h.do(Kind.UNPICK, UnpickBody(h.mug.id, "MUG", 1))
    assert again.task == first.task and first.task in h.board.opened and first.task not in h.board.closed


def test_an_unpicked_parcel_of_a_stopped_order_is_put_back_even_when_it_is_whole() -> None:
    h = Hall()
    h.packed()
    h.do(Kind.UNPICK, UnpickBody(h.tee.id, "TEE", 1))
    h.a.cancelled = True
    d = h.pack(h.pa, ("TEE", 2), ("MUG", 1))
    assert (d.code, h.pa.state) == (WITH_TASK, "stopped")
    assert d.task and h.do(Kind.TASK_DONE, TaskDoneBody(d.task)).code == ACCEPTED
    assert (h.pa.state, h.board.taken_back) == ("cancelled", {})


def test_goods_put_back_take_an_order_back_that_could_go_on() -> None:
    h = Hall()
    h.packed()
    h.do(Kind.UNPICK, UnpickBody(h.tee.id, "TEE", 1))
    caught = h.out("SLX1").task
    assert caught is not None
    back = h.do(Kind.TASK_DONE, TaskDoneBody(caught)).task
    assert back and h.do(Kind.TASK_DONE, TaskDoneBody(back)).code == ACCEPTED
    assert (h.pa.state, h.board.taken_back) == ("cancelled", {h.a.id: "unpicked"})
    assert (h.tee.picked, h.tee.state, h.board.packed, list(h.board.picked)) == (0, "cancelled", {}, [])
    assert [t for t in h.board.tasks.values() if t.open] == []
    assert h.pick(h.tee).code == WITH_TASK


def test_short_asks_for_a_second_pick_which_ends_when_it_is_found() -> None:
    h = Hall()
    h.pick(h.tee)
    d = h.do(Kind.SHORT, ShortBody(h.tee.id, 1))
    assert (d.code, h.tee.state, h.kinds()) == (WITH_TASK, "short", [("repick", "pick_short")])
    assert h.do(Kind.SHORT, ShortBody(h.tee.id, 1)).code == DUPLICATE
    assert (h.pick(h.tee).code, h.tee.state) == (ACCEPTED, "done")
    assert d.task in h.board.closed


def test_goods_that_stay_missing_go_to_the_desk() -> None:
    h = Hall()
    d = h.do(Kind.SHORT, ShortBody(h.mug.id, 9))
    assert d.task and h.do(Kind.TASK_DONE, TaskDoneBody(d.task)).code == WITH_TASK
    assert h.kinds() == [("repick", "pick_short"), ("shortage", "pick_short")]


@pytest.mark.parametrize("found", ["picked", "packed", "cancelled"])
def test_what_the_desk_was_told_is_missing_ends_by_itself(found: str) -> None:
    h = Hall()
    h.pick(h.tee, 2)
    d = h.do(Kind.SHORT, ShortBody(h.mug.id, 1))
    assert d.task
    desk = h.do(Kind.TASK_DONE, TaskDoneBody(d.task)).task
    if found == "picked":
        h.pick(h.mug)
    elif found == "packed":
        h.pack(h.pa, ("TEE", 2), ("MUG", 1))
    else:
        h.a.cancelled = True
        back = h.pick(h.mug).task
        assert back and h.do(Kind.TASK_DONE, TaskDoneBody(back)).code == ACCEPTED
    assert desk in h.board.closed and [t for t in h.board.tasks.values() if t.open] == []


def test_a_parcel_with_wrong_goods_is_not_packed() -> None:
    h = Hall()
    d = h.pack(h.pa, ("TEE", 1), ("MUG", 2))
    assert (d.code, h.pa.state) == (WITH_TASK, "picking") and "少 TEE ×1;多 MUG ×1" in d.message
    assert h.out("SLX1").code == WITH_TASK and h.board.handed == {}
    assert (h.pack(h.pa, ("TEE", 2), ("MUG", 1)).code, d.task in h.board.closed) == (ACCEPTED, True)
    assert h.pack(h.pa, ("TEE", 2), ("MUG", 1)).code == DUPLICATE


@pytest.mark.parametrize(
    ("change", "seen", "kind", "reason"),
    [
        ({"order_version": 2}, 1, "reprint", "stale_label"),
        ({"label_state": "stale"}, 1, "reprint", "stale_label"),
        ({"order_version": 2, "label_version": 2}, 1, "reprint", "stale_label"),
        ({"stop": "refund_asked", "state": "stopped"}, 1, "intercept", "refund_asked"),
        ({"state": "cancelled"}, 1, "intercept", "cancelled"),
    ],
)
def test_what_may_not_leave_stays_where_it_is(change: dict[str, Any], seen: int, kind: str, reason: str) -> None:
    h = Hall()
    h.packed()
    for name, value in change.items():
        setattr(h.pa, name, value)
    state = h.pa.state
    d = h.out("SLX1", seen)
    assert (d.code, h.kinds(), h.pa.state, h.board.handed) == (WITH_TASK, [(kind, reason)], state, {})
    assert h.out("SLX1", seen).task == d.task


def test_a_newer_address_counts_before_the_parcel_knows_of_it() -> None:
    h = Hall()
    h.packed()
    h.a.receiver_version = 2
    assert (h.out("SLX1").code, h.kinds()) == (WITH_TASK, [("reprint", "stale_label")])


def test_an_old_label_is_refused_and_the_new_one_leaves() -> None:
    h = Hall()
    h.pa.old_waybills, h.pa.waybill_no = ["OLD1"], "SLX9"
    h.board = Board([h.a, h.b], [h.tee, h.mug, h.other], [h.pa, h.pb])
    h.packed()
    assert h.out("OLD1").code == WITH_TASK and h.kinds() == [("reprint", "old_label")]
    assert h.out("SLX9").code == ACCEPTED
    assert len(h.board.closed) == 1
    assert h.out("SLX9").code == DUPLICATE


def test_what_cannot_be_understood_is_held_and_stops_nothing() -> None:
    h = Hall()
    acts = [
        Act(id=UUID(int=1), n=1, kind=Kind.PICK, at=AT, who=WHO, body=PickBody(UUID(int=9999), "TEE", 1)),
        Act(id=UUID(int=2), n=2, kind=77, at=AT, who=WHO, body=None, error="unknown_kind"),
        Act(id=UUID(int=3), n=3, kind=Kind.PICK, at=AT, who=WHO, body=PickBody(h.tee.id, "6900000000000", 1)),
        Act(id=UUID(int=4), n=4, kind=Kind.HAND_OVER, at=AT, who=WHO, body=HandOverBody("NOBODY", "not-an-id")),
        Act(id=UUID(int=5), n=5, kind=Kind.TASK_DONE, at=AT, who=WHO, body=TaskDoneBody(UUID(int=8))),
        Act(id=UUID(int=6), n=6, kind=Kind.PICK, at=AT, who=WHO, body=PickBody(h.tee.id, "TEE", 1)),
    ]
    decided = rules.decide(h.board, acts, DEVICE)
    assert [d.code for d in decided] == [HELD] * 5 + [ACCEPTED]
    assert all(d.reason and d.message for d in decided[:5])


def test_a_label_that_belongs_to_no_parcel_is_caught() -> None:
    h = Hall()
    h.packed()
    assert (h.out("XX1", of=str(h.pa.id)).code, h.kinds()) == (WITH_TASK, [("intercept", "wrong_label")])


def test_foreign_codes_are_noted_but_nothing_personal() -> None:
    h = Hall()
    for code in ("SF1234567890", "13800138000", "张三 上海市 1 号"):
        assert h.do(Kind.FOREIGN_SCAN, ForeignBody("pack", code)).code == ACCEPTED
    assert [e.to["code"] for e in h.board.events] == ["SF1234567890", "(11)", "(10)"]
