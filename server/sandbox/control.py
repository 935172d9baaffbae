"""The hand on the simulated world: place and change orders, demand, faults, counters. Loopback only, no signature."""

from typing import Annotated, Any, Final, Literal

from litestar import Controller, Request, delete, get, post
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import NotAuthorizedException, NotFoundException
from litestar.handlers import BaseRouteHandler
from msgspec import Meta, Struct

from server.sandbox import life
from server.sandbox.faults import Fault
from server.sandbox.jd import order as jd_order
from server.sandbox.model import Order, Platform, Sent
from server.sandbox.model import State as OrderState
from server.sandbox.pinduoduo import order as pdd_order
from server.sandbox.pushes import Weather
from server.sandbox.shopee import order as shopee_order
from server.sandbox.taobao import trade
from server.sandbox.world import World

Count = Annotated[int, Meta(ge=0, le=20_000)]


class NewOrders(Struct, kw_only=True, forbid_unknown_fields=True):
    """`platform` left out: shared out among the shops. `odd`: a few have trouble (refund, unmatched code, review);
    unless said otherwise only of paid ones with no SKUs named. `seed` varies what is ordered."""

    platform: Platform | None = None
    count: Count = 1
    seed: int | None = None
    skus: list[str] | None = None
    state: OrderState = "paid"
    odd: bool | None = None
    at: int | None = None
    """Epoch seconds; left out: now."""
    by_platform: bool = False
    """Goods that lie in the platform's own warehouse (JD, Taobao): it ships them itself."""


_SLX: Final[dict[Platform, str]] = {"taobao": "SLX", "jd": "900001", "pinduoduo": "900001", "shopee": ""}
"""The carrier in each shop's words, for orders that are shipped from the start."""


class Subject(Struct, kw_only=True, forbid_unknown_fields=True):
    platform: Platform
    external_id: str


class Readdress(Subject, kw_only=True):
    """Parts of the new receiver (name, phone, province, city, district, street, zipcode); none: an invented one."""

    parts: dict[str, str] = {}


class Refunding(Subject, kw_only=True):
    to: Literal["asked", "done", "none"] = "asked"
    lines: list[int] = []
    """Line numbers from 1; none: all."""


class Remark(Subject, kw_only=True):
    buyer: str | None = None
    seller: str | None = None
    flag: Literal[0, 1, 2, 3, 4, 5] | None = None


class Review(Subject, kw_only=True):
    on: bool = True


class Demand(Struct, kw_only=True, forbid_unknown_fields=True):
    rate_per_min: float | None = None
    burst: Count = 0


class Consent(Struct, kw_only=True, forbid_unknown_fields=True):
    platform: Platform


class Listening(Struct, kw_only=True, forbid_unknown_fields=True):
    """Whether pushes are made for a platform, and where they are sent ("": they wait to be fetched)."""

    platform: Platform
    on: bool = True
    url: str = ""


class Pace(Struct, kw_only=True, forbid_unknown_fields=True):
    collect_after_s: float | None = None
    deliver_after_s: float | None = None


def _local(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Only programs on this machine, and no page of a browser: that would send an Origin."""
    client = connection.client
    if client is None or client.host not in ("127.0.0.1", "::1") or "origin" in connection.headers:
        raise NotAuthorizedException("control is for this machine only")


def _world(state: State) -> World:
    world: World = state.world
    world.tick()
    return world


def _find(world: World, platform: Platform, external_id: str) -> Order:
    order = world.find(platform, external_id)
    if order is None:
        raise NotFoundException(f"no order {external_id} on {platform}")
    return order


def view(order: Order) -> dict[str, Any]:
    """What the shop knows, without its disguise; for tests and for a person's eyes. The receiver is left out."""
    theirs = {
        "taobao": trade.status,
        "jd": jd_order.state,
        "pinduoduo": lambda o: f"{pdd_order.status(o)}/{pdd_order.refund_status(o)}",
        "shopee": shopee_order.status,
    }[order.platform](order)
    sent = order.sent
    return {
        "platform": order.platform,
        "external_id": order.external_id,
        "state": order.state,
        "platform_state": theirs,
        "shipped": {"waybill_no": sent.waybill_no, "carrier": sent.carrier, "at": sent.at} if sent else None,
        "collected": order.collected,
        "refund": order.refund,
        "risk": order.risk,
        "address_version": order.address_version,
        "total_minor": order.total,
        "currency": order.currency,
        "created": order.created,
        "paid_at": order.paid_at,
        "modified": order.modified,
        "lines": [
            {
                "n": line.n,
                "sku": line.code,
                "outer_code": line.outer_code,
                "qty": line.qty,
                "refund": line.refund,
                "waybill_no": line.sent.waybill_no if line.sent else "",
            }
            for line in order.lines
        ],
    }


def place(world: World, new: NewOrders) -> list[Order]:
    """New orders in the state that was asked for."""
    orders: list[Order] = []
    for _ in range(new.count):
        if new.platform is None:
            orders += world.burst(1)
            continue
        at = world.now() - world.backdate(new.platform) if new.at is None else new.at
        odd = (new.skus is None and new.state == "paid") if new.odd is None else new.odd
        order = world.place(new.platform, at=at, draw_seed=new.seed, odd=odd, skus=new.skus)
        order.by_platform = new.by_platform
        if new.state == "unpaid":
            order.state, order.paid_at = "unpaid", 0
        elif new.state == "cancelled":
            life.cancel(world, order, at)
        elif new.state != "paid":
            number = f"SLX99{list(_SLX).index(new.platform)}{order.serial:09d}"
            life.ship(world, order, Sent(waybill_no=number, carrier=_SLX[new.platform], at=at))
            if new.state == "completed":
                life.complete(world, order, at)
        orders.append(order)
    world.touch()
    return orders


class Control(Controller):
    path = "/control"
    guards = [_local]

    @post("/orders", status_code=200)
    async def place(self, data: NewOrders, state: State) -> dict[str, Any]:
        orders = place(_world(state), data)
        rows = [{"platform": o.platform, "external_id": o.external_id} for o in orders]
        return {"ids": [o.external_id for o in orders], "orders": rows}

    @get("/orders")
    async def list_orders(self, state: State, platform: Platform | None = None) -> dict[str, Any]:
        world = _world(state)
        return {
            "orders": [
                view(o) for p, all_ in world.saved.orders.items() if platform in (None, p) for o in all_.values()
            ]
        }

    @get("/orders/{platform:str}/{external_id:str}")
    async def order(self, state: State, platform: Platform, external_id: str) -> dict[str, Any]:
        return view(_find(_world(state), platform, external_id))

    @post("/pay", status_code=200)
    async def pay(self, data: Subject, state: State) -> dict[str, Any]:
        world = _world(state)
        order = _find(world, data.platform, data.external_id)
        life.pay(world, order, world.now())
        return view(order)

    @post("/cancel", status_code=200)
    async def cancel(self, data: Subject, state: State) -> dict[str, Any]:
        world = _world(state)
        order = _find(world, data.platform, data.external_id)
        life.cancel(world, order, world.now())
        return view(order)

    @post("/complete", status_code=200)
    async def complete(self, data: Subject, state: State) -> dict[str, Any]:
        world = _world(state)
        order = _find(world, data.platform, data.external_id)
        life.complete(world, order, world.now())
        return view(order)

    @post("/address", status_code=200)
    async def address(self, data: Readdress, state: State) -> dict[str, Any]:
        world = _world(state)
        order = _find(world, data.platform, data.external_id)
        life.move(world, order, world.now(), parts=dict(data.parts))
        return view(order)

    @post("/refund", status_code=200)
    async def refund(self, data: Refunding, state: State) -> dict[str, Any]:
        world = _world(state)
        order = _find(world, data.platform, data.external_id)
        life.refund(world, order, world.now(), to=data.to, lines=data.lines)
        return view(order)

    @post("/note", status_code=200)
    async def note(self, data: Remark, state: State) -> dict[str, Any]:
        world = _world(state)
        order = _find(world, data.platform, data.external_id)
        life.note(world, order, world.now(), buyer=data.buyer, seller=data.seller, flag=data.flag)
        return view(order)

    @post("/risk", status_code=200)
    async def risk(self, data: Review, state: State) -> dict[str, Any]:
        world = _world(state)
        order = _find(world, data.platform, data.external_id)
        life.risk(world, order, world.now(), on=data.on)
        return view(order)

    @post("/demand", status_code=200)
    async def demand(self, data: Demand, state: State) -> dict[str, Any]:
        """A steady rate (orders a minute over all shops) and a burst at once."""
        world = _world(state)
        if data.rate_per_min is not None:
            world.set_rate(data.rate_per_min)
        placed = world.burst(data.burst)
        world.touch()
        return {"rate_per_min": world.saved.rate_per_min, "ids": [o.external_id for o in placed]}

    @post("/consent", status_code=200)
    async def consent(self, data: Consent, state: State) -> dict[str, Any]:
        """The shop's owner says yes: the code that the callback would bring."""
        world = _world(state)
        code = world.grants(data.platform).code(world.now())
        world.touch()
        return {"code": code}

    @post("/pushes", status_code=200)
    async def listen(self, data: Listening, state: State) -> dict[str, Any]:
        world = _world(state)
        box = world.pushes.box(data.platform)
        box.on, box.url = data.on, data.url
        world.touch()
        return {"on": box.on, "url": box.url}

    @post("/weather", status_code=200)
    async def weather(self, data: Weather, state: State) -> Weather:
        """Which part of the pushes is lost, doubled or late from now on."""
        _world(state).pushes.weather = data
        return data

    @post("/carrier", status_code=200)
    async def pace(self, data: Pace, state: State) -> dict[str, Any]:
        """How fast the carrier is, from now on."""
        world = _world(state)
        if data.collect_after_s is not None:
            world.collect_after_s = data.collect_after_s
        if data.deliver_after_s is not None:
            world.deliver_after_s = data.deliver_after_s
        return {"collect_after_s": world.collect_after_s, "deliver_after_s": world.deliver_after_s}

    @post("/faults", status_code=200)
    async def add_faults(self, data: Fault | list[Fault], state: State) -> dict[str, Any]:
        world = _world(state)
        for fault in data if isinstance(data, list) else [data]:
            world.faults.add(fault)
        return {"faults": world.faults.active}

    @get("/faults")
    async def faults(self, state: State) -> dict[str, Any]:
        return {"faults": _world(state).faults.active}

    @delete("/faults", status_code=200)
    async def clear_faults(self, state: State) -> dict[str, Any]:
        world = _world(state)
        world.faults.clear()
        return {"faults": []}

    @get("/stats")
    async def stats(self, request: Request[Any, Any, Any], state: State) -> dict[str, Any]:
        world = _world(state)
        return {
            "now": world.now(),
            "seed": world.saved.seed,
            "rate_per_min": world.saved.rate_per_min,
            "orders": {p: len(orders) for p, orders in world.saved.orders.items()},
            "shipped": {p: sum(1 for o in orders.values() if o.sent) for p, orders in world.saved.orders.items()},
            "parcels": len(world.saved.parcels),
            "handed_over": sum(1 for p in world.saved.parcels.values() if p.handed_at),
            "tracks": len(world.saved.tracks),
            "calls": dict(world.calls),
            "faults": dict(world.faults.fired),
            "pushes": {p: box.seen | {"waiting": len(box.waiting)} for p, box in world.saved.pushes.items()},
            "tokens": {p: {"refreshed": b.refreshed, "spent": len(b.spent)} for p, b in world.saved.grants.items()},
            "refusals": dict(world.refusals),
            "warnings": list(world.warnings),
        }
