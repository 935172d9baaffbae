"""The locked rows of a batch and what the rules did to them. No database: actions.py loads it and writes it back."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid5

import msgspec

from server.devices.schemas import Act, Order, Parcel, Pick, Task
from server.events import Event, PickConfirmed

OPEN_PARCEL = ("picking", "ready", "packed", "stopped")


def attributed(event: Event, act: Act) -> Event:
    """An event with the person, moment and scan it came from, where it does not say them itself.

    A name that counts for nothing on this device stays visible beside the session's person.
    """
    return msgspec.structs.replace(
        event,
        person=event.person or act.who,
        happened_at=event.happened_at or act.at,
        cause=event.cause or act.id,
        to=event.to | {"named": act.named} if act.named else event.to,
    )


class Board:
    """Rows by id, changed in place; the sets below say what has to be written.

    before: the state each parcel had. acts: for each subject (order, parcel, task, wave), the last event about it.
    """

    def __init__(
        self,
        orders: Iterable[Order] = (),
        picks: Iterable[Pick] = (),
        parcels: Iterable[Parcel] = (),
        tasks: Iterable[Task] = (),
    ) -> None:
        self.orders = {o.id: o for o in orders}
        self.picks = {p.id: p for p in picks}
        self.parcels = {p.id: p for p in parcels}
        self.tasks = {t.id: t for t in tasks}
        self.before = {p.id: p.state for p in self.parcels.values()}
        self._waiting = {(t.kind, t.subject_id, t.reason): t for t in self.tasks.values() if t.open}
        self._of_order: dict[tuple[UUID, UUID], list[Pick]] = {}
        self._of_sku: dict[tuple[UUID, UUID], list[Pick]] = {}
        for pick in self.picks.values():
            self._of_order.setdefault((pick.order_id, pick.wave), []).append(pick)
            self._of_sku.setdefault((pick.wave, pick.sku), []).append(pick)
        self._parcel_of = {(p.order_id, p.wave): p for p in self.parcels.values()}
        self._by_waybill = {p.waybill_no: p for p in self.parcels.values() if p.waybill_no}
        self._by_old = {w: p for p in self.parcels.values() for w in p.old_waybills}
        self.counted: dict[UUID, dict[tuple[UUID, str], int]] = {}
        """Scans that are taken back in this batch: what each counted, by order and SKU code. {}: nothing."""
        # what is to be written
        self.seen: set[UUID] = set()
        """Scans of this very batch that were decided already."""
        self.events: list[Event] = []
        self.acts: dict[UUID, Act] = {}
        self.changed_picks: set[UUID] = set()
        self.lines: dict[UUID, int] = {}
        self.waves: set[UUID] = set()
        self.reopened: set[UUID] = set()
        self.picked: dict[UUID, Act] = {}
        self.packed: dict[UUID, Act] = {}
        self.handed: dict[UUID, Act] = {}
        self.taken_back: dict[UUID, str] = {}
        """Orders to be reviewed, reserved and waved again, and why."""
        self.opened: dict[UUID, Task] = {}
        self.retold: set[UUID] = set()
        self.closed: dict[UUID, tuple[str, Act]] = {}

    # -- looking ---------------------------------------------------------------------------------------------------
    def picks_of(self, order: UUID, wave: UUID | None) -> list[Pick]:
        return [] if wave is None else self._of_order.get((order, wave), [])

    def alike(self, pick: Pick) -> list[Pick]:
        """Other picks of the same SKU in the same wave."""
        return [p for p in self._of_sku.get((pick.wave, pick.sku), []) if p is not pick]

    def parcel_for(self, pick: Pick) -> Parcel | None:
        return self._parcel_of.get((pick.order_id, pick.wave))

    def parcel_by_waybill(self, waybill: str) -> tuple[Parcel | None, bool]:
        """The parcel of a number, and whether that number is a superseded one."""
        parcel = self._by_waybill.get(waybill)
        if parcel is not None:
            return parcel, False
        return self._by_old.get(waybill), True

    def blocked(self, order_id: UUID, wave: UUID | None) -> str:
        """Why an order must not go on in this wave: cancelled, refund_asked, held; '' when it may."""
        order = self.orders.get(order_id)
        if order is None:
            return "held"
        if order.cancelled:
            return "cancelled"
        if order.reserved and order.wave == wave:
            return ""
        return "refund_asked" if order.refund == "asked" else "held"

    # -- changing --------------------------------------------------------------------------------------------------
    def count(self, act: Act, pick: Pick, qty: int) -> None:
        """Add units to a pick (or take them away)."""
        pick.picked += qty
        self.lines[pick.line] = self.lines.get(pick.line, 0) + qty
        self.touch(act, pick)

    def touch(self, act: Act, pick: Pick) -> None:
        self.changed_picks.add(pick.id)
        self.waves.add(pick.wave)
        self.acts[pick.wave] = act

    def emit(self, act: Act, event: Event) -> None:
        self.events.append(attributed(event, act))
        self.acts[event.subject] = act

    def task(
        self, act: Act, kind: str, parcel: Parcel | None, reason: str, detail: dict[str, Any], pick: Pick | None = None
    ) -> UUID:
        """Open a task about a parcel (or a pick of it); one that waits already is told the newest detail.

        One that ended earlier in the same batch simply stays open.
        """
        subject_kind, subject = ("pick", pick.id) if pick else ("parcel", parcel.id) if parcel else ("", act.id)
        known = self._waiting.get((kind, subject, reason)) or self._reopened((kind, subject, reason))
        if parcel is not None:
            detail = {"order_no": parcel.order_no, "parcel_no": parcel.no, "waybill_no": parcel.waybill_no} | detail
        if known is not None:
            known.detail = known.detail | detail
            if known.id not in self.opened:
                self.retold.add(known.id)
            return known.id
        new = Task(
            id=uuid5(act.id, f"{kind}|{subject}|{reason}"),  # from the event: deciding again gives the same
            kind=kind,
            subject_kind=subject_kind,
            subject_id=subject,
            order_id=parcel.order_id if parcel else pick.order_id if pick else None,
            warehouse=parcel.warehouse if parcel else None,
            reason=reason,
            detail=detail,
        )
        self.tasks[new.id] = self.opened[new.id] = new
        self._waiting[(kind, subject, reason)] = new
        self.acts[new.id] = act
        return new.id

    def _reopened(self, about: tuple[str, UUID, str]) -> Task | None:
        ended = (self.tasks[i] for i in self.closed)
        task = next((t for t in ended if (t.kind, t.subject_id, t.reason) == about), None)
        if task is not None:
            task.open = True
            del self.closed[task.id]
            self._waiting[about] = task
        return task

    def close(self, act: Act, task: Task, outcome: str) -> None:
        task.open = False
        self._waiting.pop((task.kind, task.subject_id, task.reason), None)
        self.closed[task.id] = (outcome, act)
        self.acts[task.id] = act

    def waiting(self, subject: UUID, *kinds: str) -> list[Task]:
        """Open tasks of these kinds about a subject."""
        return [t for (kind, about, _), t in self._waiting.items() if about == subject and kind in kinds]

    def pick_for(self, order: UUID, wave: UUID, sku_code: str) -> Pick | None:
        return next((p for p in self.picks_of(order, wave) if p.sku_code == sku_code), None)

    def did(self, event: UUID) -> dict[tuple[UUID, str], int] | None:
        """What a scan counted, by order and SKU code; None: no such scan is known."""
        now: dict[tuple[UUID, str], int] = {}
        for e in self.events:
            if e.cause == event and isinstance(e, PickConfirmed):
                at = (e.subject, e.to["sku"])
                now[at] = now.get(at, 0) + e.to["qty"]
        if now or event in self.seen:
            return now
        return self.counted.get(event)

    def put_back(self, act: Act, parcel: Parcel, reason: str) -> UUID:
        """What is out of the shelf for a parcel goes back: everything that its picks say was taken."""
        goods = [[p.sku_code, p.picked, p.bin] for p in self.picks_of(parcel.order_id, parcel.wave) if p.picked]
        goods = goods or [[sku, qty, ""] for sku, _, _, qty, *_ in parcel.items]
        known = next(iter(self.waiting(parcel.id, "put_back")), None)
        return self.task(act, "put_back", parcel, known.reason if known else reason, {"items": goods})

    def take_back(self, act: Act, parcel: Parcel) -> None:
        """The order leaves its wave; in what follows of this batch it is one that must not go on."""
        order = self.orders[parcel.order_id]
        order.wave, order.reserved = None, False
        self.picked.pop(order.id, None)
        self.packed.pop(parcel.id, None)
        self.taken_back[order.id] = parcel.stop or "put_back"
        self.acts[order.id] = act

    # -- what came of the parcels ------------------------------------------------------------------------------------
    def turned(self, was: Iterable[str], now: str) -> list[Parcel]:
        """Parcels that went from one of these states to that one."""
        states = set(was)
        return [p for p in self.parcels.values() if p.state == now and self.before[p.id] in states]
