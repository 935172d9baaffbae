"""Whatever is scanned, in whatever order: counts stay what was accepted, and nothing wrong leaves."""

from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from server.devices import rules
from server.devices.board import Board
from server.devices.schemas import (
    Act,
    Decision,
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
from server.events import PickConfirmed, PickUndone
from server.kit import clock
from sync.messages import ACCEPTED, DUPLICATE, HELD, WITH_TASK

DEVICE, WHO, WAVE, HOUSE = (UUID(int=n) for n in range(1, 5))
SKUS = ["TEE", "MUG", "CAP"]
ORDERS = 3
LINES = [(0, 0, 2), (0, 1, 1), (1, 0, 3), (2, 0, 1), (2, 2, 2)]
pick_no = st.integers(0, len(LINES) - 1)
order_no = st.integers(0, ORDERS - 1)


class FloorMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.orders = [
            Order(id=UUID(int=10 + i), no=f"O{i}", wave=WAVE, cancelled=False, refund="none", receiver_version=1,
                  reserved=True)
            for i in range(ORDERS)
        ]  # fmt: skip
        self.picks = [
            Pick(id=UUID(int=100 + i), wave=WAVE, order_id=self.orders[o].id, line=UUID(int=200 + i), slot=str(o + 1),
                 sku=UUID(int=50 + k), sku_code=SKUS[k], bin="A-1", barcodes=[], qty=qty, picked=0, state="open")
            for i, (o, k, qty) in enumerate(LINES)
        ]  # fmt: skip
        self.parcels = [
            Parcel(id=UUID(int=300 + i), no=f"P{i}", order_id=o.id, order_no=o.no, wave=WAVE, warehouse=HOUSE,
                   slot=str(i + 1), state="picking", waybill_no=f"W{i}", order_version=1, label_version=1,
                   label_state="ready", stop="", old_waybills=[],
                   items=[[p.sku_code, "", "", p.qty, []] for p in self.picks if p.order_id == o.id])
            for i, o in enumerate(self.orders)
        ]  # fmt: skip
        self.board = Board(self.orders, self.picks, self.parcels)
        self.n = 0
        self.left: dict[UUID, tuple[str, bool]] = {}
        """Parcels that left: the order's waybill state and whether it was fit to leave at that moment."""

    def send(self, kind: Kind, body: Any) -> Decision:
        self.n += 1
        act = Act(id=UUID(int=10_000 + self.n), n=self.n, kind=kind, at=clock.from_ms(self.n), who=WHO, body=body)
        before = {p.id: (p.state, p.picked) for p in self.picks}
        [decision] = rules.decide(self.board, [act], DEVICE)
        if decision.code in (DUPLICATE, HELD):
            assert {p.id: (p.state, p.picked) for p in self.picks} == before
        if decision.code == WITH_TASK:
            assert decision.task is not None
        return decision

    @rule(i=pick_no, qty=st.integers(1, 4))
    def pick(self, i: int, qty: int) -> None:
        self.send(Kind.PICK, PickBody(self.picks[i].id, self.picks[i].sku_code, qty))

    @rule(i=pick_no, qty=st.integers(1, 3))
    def unpick(self, i: int, qty: int) -> None:
        self.send(Kind.UNPICK, UnpickBody(self.picks[i].id, self.picks[i].sku_code, qty))

    @rule(i=pick_no)
    def short(self, i: int) -> None:
        self.send(Kind.SHORT, ShortBody(self.picks[i].id, 1))

    @rule(i=order_no, wrong=st.booleans())
    def pack(self, i: int, wrong: bool) -> None:
        items = [(sku, qty + wrong) for sku, _, _, qty, _ in self.parcels[i].items]
        self.send(Kind.PACK, PackBody(self.parcels[i].id, items))

    @rule(i=order_no, seen=st.integers(0, 2))
    def hand_over(self, i: int, seen: int) -> None:
        p, o = self.parcels[i], self.orders[i]
        was = p.state
        fit = was == "packed" and not p.stop and not o.cancelled and o.wave == WAVE and o.reserved
        right = p.label_version == o.receiver_version == p.order_version and (seen == 0 or seen >= p.order_version)
        decision = self.send(Kind.HAND_OVER, HandOverBody(p.waybill_no, str(p.id), seen))
        if decision.code == ACCEPTED:
            assert fit and right
            self.left[p.id] = (was, fit)
        elif was != "handed_over":
            assert p.state == was

    @rule(i=order_no)
    def tapped_repick_is_not_packed(self, i: int) -> None:
        """A parcel that goods were taken out of is packed again by scans only."""
        p = self.parcels[i]
        for task in self.board.waiting(p.id, "repick"):
            was = p.state
            self.send(Kind.TASK_DONE, TaskDoneBody(task.id))
            assert p.state == was or (was, p.state) in (("stopped", "ready"), ("stopped", "picking"))

    @rule(i=st.integers(0, 9))
    def task_done(self, i: int) -> None:
        if self.board.tasks:
            task = list(self.board.tasks)[i % len(self.board.tasks)]
            self.send(Kind.TASK_DONE, TaskDoneBody(task))

    @rule(i=order_no)
    def cancel(self, i: int) -> None:
        if self.parcels[i].state != "handed_over":
            self.orders[i].cancelled = True

    @rule(i=order_no)
    def refund_asked(self, i: int) -> None:
        if self.parcels[i].state != "handed_over":
            self.orders[i].refund, self.orders[i].reserved = "asked", False

    @rule(i=order_no)
    def address_changed(self, i: int) -> None:
        self.orders[i].receiver_version = 2

    @rule(i=order_no)
    def relabelled(self, i: int) -> None:
        p = self.parcels[i]
        p.order_version = p.label_version = self.orders[i].receiver_version

    @rule(i=order_no)
    def withdrawn(self, i: int) -> None:
        """What the job does some time after a cancellation."""
        o, p = self.orders[i], self.parcels[i]
        if (o.cancelled or not o.reserved) and p.state not in ("handed_over", "cancelled"):
            o.wave = None
            p.stop = "cancelled" if o.cancelled else "refund_asked"
            p.state = "stopped" if p.state in ("packed", "stopped") else "cancelled"
            for k in self.picks:
                if k.order_id == o.id:
                    k.state = "cancelled"

    @invariant()
    def counts_are_what_was_accepted(self) -> None:
        for p in self.picks:
            assert 0 <= p.picked <= p.qty
            assert self.board.lines.get(p.line, 0) == p.picked
            if p.state == "done":
                assert p.picked == p.qty
        # What the trail says was picked and taken back, less what tasks put back, is what is out of the shelf.
        confirmed = sum(e.to["qty"] for e in self.board.events if isinstance(e, PickConfirmed))
        undone = sum(e.to["qty"] for e in self.board.events if isinstance(e, PickUndone) and e.reason != "unpicked")
        assert sum(p.picked for p in self.picks) <= confirmed - undone

    @invariant()
    def picked_means_all_its_picks(self) -> None:
        for o, p in zip(self.orders, self.parcels, strict=True):
            if p.state == "ready":
                assert all(k.state in ("done", "cancelled") for k in self.picks if k.order_id == o.id)

    @invariant()
    def a_cancelled_parcel_leaves_no_order_behind(self) -> None:
        for o, p in zip(self.orders, self.parcels, strict=True):
            if p.state == "cancelled":
                assert self.board.blocked(o.id, WAVE)

    @invariant()
    def one_open_task_of_a_kind_and_reason(self) -> None:
        waiting = [(t.kind, t.subject_id, t.reason) for t in self.board.tasks.values() if t.open]
        assert len(waiting) == len(set(waiting))


TestFloor = FloorMachine.TestCase
TestFloor.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
