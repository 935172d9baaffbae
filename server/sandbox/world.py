"""The simulated world: orders, parcels, counters and time. One per sandbox; only the event loop touches it."""

import random
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from msgspec import Struct, field

from server.sandbox import cases, demand, tracking
from server.sandbox.cases import Case
from server.sandbox.faults import Faults
from server.sandbox.grants import Book, Grants
from server.sandbox.knobs import Knobs
from server.sandbox.model import Order, Platform, Sent
from server.sandbox.pushes import Box, Pushes
from server.sandbox.shelf import Shelf
from server.sandbox.tracking import Parcel, Track

Clock = Callable[[], float]
FORMAT: Final = 1
_CATCH_UP_S: Final = 600
"""Demand that nobody looked at for longer (a machine that slept) is left out."""


class Saved(Struct, kw_only=True):
    """What outlives a restart: the content of the state file."""

    seed: int
    format: int = FORMAT
    orders: dict[Platform, dict[str, Order]] = field(
        default_factory=lambda: {"taobao": {}, "jd": {}, "pinduoduo": {}, "shopee": {}}
    )
    serial: dict[Platform, int] = field(default_factory=dict)
    drawn: int = 0
    """Orders of the steady rate and of bursts so far; chooses the next shop."""
    rate_per_min: float = 0.0
    parcels: dict[str, Parcel] = field(default_factory=dict)
    shipments: dict[str, str] = field(default_factory=dict)
    """Carrier: shipment_id -> waybill number."""
    tracks: list[Track] = field(default_factory=list)
    requests: int = 0
    grants: dict[Platform, Book] = field(default_factory=dict)
    shelves: dict[Platform, Shelf] = field(default_factory=dict)
    cases: dict[Platform, dict[str, Case]] = field(default_factory=dict)
    pushes: dict[Platform, Box] = field(default_factory=dict)


class World:
    """Orders by shop, the carrier's parcels, and what has been asked of them."""

    def __init__(self, knobs: Knobs, saved: Saved, clock: Clock) -> None:
        self.knobs = knobs
        self.saved = saved
        self.faults = Faults(saved.seed)
        self.pushes = Pushes(saved.pushes, saved.seed)
        self.calls: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.warnings: deque[str] = deque(maxlen=200)
        self.collect_after_s = knobs.collect_after_s
        self.deliver_after_s = knobs.deliver_after_s
        self.on_change: Callable[[], None] = lambda: None
        self._clock = clock
        self._off_s = 0.0
        self._due = 0.0
        """When the steady rate owes its next order; 0 = it has not started."""
        self._waybills: dict[str, list[Order]] = {}
        self._rng = random.Random(f"{saved.seed}:world")
        for orders in saved.orders.values():
            for order in orders.values():
                self._remember(order)

    # -- time

    def time(self) -> float:
        return self._clock()

    def now(self) -> int:
        """Server time, epoch seconds."""
        return int(self._clock() + self._off_s)

    @contextmanager
    def clock_off(self, seconds: float) -> Iterator[None]:
        """Within it the platform's clock is wrong by so much."""
        self._off_s = seconds
        try:
            yield
        finally:
            self._off_s = 0.0

    def end_tokens(self, platform: str) -> None:
        """A shop's access tokens end now; the carrier has none."""
        if platform in self.saved.orders:
            self.grants(platform).end(self.now())
            self.touch()

    def tick(self) -> None:
        """Let happen what is due: orders of the steady rate, the carrier's events. Called before each answer."""
        now = self.time()
        if self.saved.rate_per_min > 0:
            gap = 60 / self.saved.rate_per_min
            self._due = max(self._due, now - _CATCH_UP_S) if self._due else now + gap
            while self._due <= now:
                self._draw_one(int(self._due))
                self._due += gap
        else:
            self._due = 0.0
        tracking.advance(self, now)

    def set_rate(self, per_min: float) -> None:
        """Orders a minute over all shops from now on; the first is due one gap later. 0 = none."""
        self.saved.rate_per_min = max(0.0, per_min)
        self._due = self.time() + 60 / per_min if per_min > 0 else 0.0
        self.touch()

    # -- orders

    def place(
        self,
        platform: Platform,
        *,
        at: int,
        draw_seed: int | None = None,
        odd: bool = True,
        skus: list[str] | None = None,
    ) -> Order:
        """A new paid order."""
        serial = self.saved.serial.get(platform, 0) + 1
        self.saved.serial[platform] = serial
        order = demand.draw(
            platform, seed=self.saved.seed, serial=serial, at=at, draw_seed=draw_seed, odd=odd, skus=skus
        )
        self.saved.orders[platform][order.external_id] = order
        for line in order.lines:
            self.shelf(platform).sold(line.code, line.qty)
            if line.refund_id:  # it was born with one
                cases.note(self.cases(platform), order, line, line.refund_id, "asked", order.modified)
        self.told(order)
        self.touch()
        return order

    def burst(self, count: int) -> list[Order]:
        """`count` orders now, shared out among the shops like the steady rate."""
        return [self._draw_one(self.now()) for _ in range(count)]

    def _draw_one(self, at: int) -> Order:
        rng = random.Random(f"{self.saved.seed}:shop:{self.saved.drawn}")
        self.saved.drawn += 1
        platform = rng.choices(list(demand.WEIGHTS), list(demand.WEIGHTS.values()))[0]
        return self.place(platform, at=at - self.backdate(platform))

    def backdate(self, platform: Platform) -> int:
        """PDD lists a change only after its lag; a new order is dated back by it, so that it is seen at once."""
        return self.knobs.pdd_lag_s if platform == "pinduoduo" else 0

    def find(self, platform: Platform, external_id: str) -> Order | None:
        return self.saved.orders[platform].get(external_id)

    def all(self, platform: Platform) -> list[Order]:
        """Those that lists show already: a change may be kept from them for a while."""
        now = self.time()
        return [o for o in self.saved.orders[platform].values() if o.hidden_until <= now]

    def changed(self, order: Order, at: int | None = None) -> None:
        """Move `modified` (never backwards), tell whoever listens, and note that there is something to save."""
        order.modified = max(order.modified, self.now() if at is None else at)
        self.told(order)
        self.touch()

    def told(self, order: Order) -> None:
        """An order is new or changed: lists may learn of it late, pushes are made."""
        if self.faults.late_share and self._rng.random() < self.faults.late_share:
            order.hidden_until = self.time() + self._rng.uniform(0.0, self.faults.late_s)
            self.faults.fired["late_visibility"] += 1
        self.pushes.tell(order.platform, "order", order.external_id, order.state, self.time())

    def shift(self, platform: str) -> None:
        """Some order changes just now, between two pages of whoever reads."""
        orders = self.all(platform) if platform in self.saved.orders else []
        if orders:
            self.changed(self._rng.choice(orders[-200:]))
            self.faults.fired["shift_pages"] += 1

    # -- what else a shop has

    def grants(self, platform: Platform) -> Grants:
        """Its tokens."""
        book = self.saved.grants.setdefault(platform, Book())
        access_s, refresh_s = self.knobs.token_life[platform]
        return Grants(platform, book, access_s=access_s, refresh_s=refresh_s)

    def shelf(self, platform: Platform) -> Shelf:
        """The numbers that its buyers see."""
        return self.saved.shelves.setdefault(platform, Shelf())

    def cases(self, platform: Platform) -> dict[str, Case]:
        """Its after-sales cases by their ids."""
        return self.saved.cases.setdefault(platform, {})

    def touch(self) -> None:
        self.on_change()

    # -- waybill numbers that the shops were told

    def send(self, order: Order, sent: Sent) -> None:
        """The shop was told a number: remember it, and warn where another order has it too."""
        for number in sent.numbers:
            if any(other is not order for other in self.sent_with(number)):
                self.warn(f"{order.platform} {order.external_id}: number {number} was used before")
            self._told(order, number)

    def sent_with(self, waybill_no: str) -> list[Order]:
        """Orders that carry this number now, not those whose number was changed since."""
        return [order for order in self._waybills.get(waybill_no, []) if waybill_no in order.numbers]

    def _told(self, order: Order, number: str) -> None:
        orders = self._waybills.setdefault(number, [])
        if not any(known is order for known in orders):
            orders.append(order)

    def _remember(self, order: Order) -> None:
        for number in order.numbers:
            self._told(order, number)

    # -- counters

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def request_no(self) -> int:
        """A running number for request ids."""
        self.saved.requests += 1
        return self.saved.requests
