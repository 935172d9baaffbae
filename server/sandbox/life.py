"""What buyers, sellers and platforms do to an order after it was placed; each moves `modified` as the shop would."""

import random
from typing import Any

import msgspec

from server.sandbox import cases, people, tracking
from server.sandbox.demand import refund_id
from server.sandbox.model import Line, Order, Receiver, Sent
from server.sandbox.world import World


def pay(world: World, order: Order, at: int) -> None:
    """An unpaid order is paid."""
    if order.state == "unpaid":
        order.state, order.paid_at = "paid", at
        world.changed(order, at)


def cancel(world: World, order: Order, at: int) -> None:
    """The buyer cancels. A paid order is refunded whole; a shipped one stays shipped, with its refund done."""
    if order.paid_at:
        for line in order.lines:
            line.refund, line.refunded_at = "done", at
            line.refund_id = line.refund_id or refund_id(order, line)
            _case(world, order, line, "done", at)
    if order.state in ("unpaid", "paid"):
        order.state, order.closed_at = "cancelled", at
    world.changed(order, at)


def refund(world: World, order: Order, at: int, *, to: str, lines: list[int]) -> None:
    """`to`: asked, done or none (withdrawn), of the given line numbers or of all."""
    for line in order.lines:
        if lines and line.n not in lines:
            continue
        line.refund = "asked" if to == "asked" else "done" if to == "done" else "none"
        if to != "none":
            line.refund_id = line.refund_id or refund_id(order, line)
            _case(world, order, line, line.refund, at)
        elif line.refund_id:
            _case(world, order, line, "closed", at)
            line.refund_id = ""
        line.refunded_at = at if to == "done" else 0
    if order.refund == "done" and order.state in ("unpaid", "paid"):
        order.state, order.closed_at = "cancelled", at
    world.changed(order, at)


def _case(world: World, order: Order, line: Line, state: Any, at: int) -> None:
    case = cases.note(world.cases(order.platform), order, line, line.refund_id, state, at)
    world.pushes.tell(order.platform, "refund", case.id, case.state, world.time())


def move(world: World, order: Order, at: int, *, parts: dict[str, Any]) -> None:
    """Another address: the given parts, or an invented one."""
    if parts:
        known = {name: str(parts[name]) for name in Receiver.__struct_fields__ if name in parts and name != "area"}
        order.receiver = msgspec.structs.replace(order.receiver, **known)
    else:
        rng = random.Random(f"{order.external_id}:{order.address_version}")
        order.receiver = people.singaporean(rng) if order.platform == "shopee" else people.chinese(rng)
    order.address_version += 1
    world.changed(order, at)


def note(world: World, order: Order, at: int, *, buyer: str | None, seller: str | None, flag: int | None) -> None:
    """A remark changes. JD's `modified` covers states and waybills only, not remarks (JD guide, J9)."""
    if buyer is not None:
        order.buyer_note = buyer
    if seller is not None:
        order.seller_note = seller
    if flag is not None:
        order.flag = flag
    order.noted_at = at
    if order.platform == "jd":
        world.touch()
    else:
        world.changed(order, at)


def risk(world: World, order: Order, at: int, *, on: bool) -> None:
    """The platform's own review starts or ends."""
    order.risk = on
    world.changed(order, at)


def ship(world: World, order: Order, sent: Sent, lines: list[int] | None = None) -> None:
    """The shop was told a number, for all lines or for some; the order is shipped when every live line is."""
    for line in order.lines:
        if (lines is None or line.n in lines) and line.refund != "done":
            line.sent = sent
    world.send(order, sent)
    order.sent = sent
    if all(line.sent or line.refund == "done" for line in order.lines):
        order.state = "shipped"
    world.changed(order, sent.at)
    parcel = world.saved.parcels.get(sent.waybill_no)
    if parcel:  # the write-back may come after the carrier's scan
        tracking.settle(world, parcel)


def complete(world: World, order: Order, at: int) -> None:
    """The buyer confirms, or time does."""
    if order.state == "shipped":
        order.state, order.completed_at = "completed", at
        world.changed(order, at)
