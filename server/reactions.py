"""event → jobs: the whole reaction map on one page. Jobs find their work by state; a key keeps one at a time."""

from collections.abc import Callable, Iterable, Sequence

from server import events as e
from server.events import Event
from server.kit.jobs import NewJob

DAY = 86_400.0

Reaction = Callable[[Event], NewJob]


def _once(kind: str) -> Reaction:
    """One job for all subjects: the handler asks the tables what is to do."""
    return lambda _: NewJob(kind=kind)


def _each(kind: str, arg: str, give_up_s: float = DAY) -> Reaction:
    """One job for each subject, keyed by it."""
    return lambda event: NewJob(kind=kind, key=str(event.subject), args={arg: str(event.subject)}, give_up_s=give_up_s)


REACTIONS: dict[type[Event], tuple[Reaction, ...]] = {
    e.RawStored: (_each("orders.map", "shop_id"),),
    e.RulesTried: (_each("rules.preview", "run"),),
    e.OrderTaken: (_once("orders.review"),),
    e.OrderChanged: (_once("orders.review"),),
    e.OrderReleased: (_once("orders.review"),),
    e.LineMatched: (_once("orders.review"),),
    e.SkuAdded: (_once("catalog.match"), _once("orders.match")),
    e.SkuChanged: (_once("catalog.match"), _once("orders.match")),
    e.SkuRestored: (_once("catalog.match"), _once("orders.match")),
    e.ListingMatched: (_once("orders.match"),),
    e.BundleChanged: (_once("orders.reserve"),),
    e.OrderReviewed: (_once("orders.reserve"),),
    e.StockReceived: (_once("orders.reserve"),),
    e.StockReleased: (_once("orders.reserve"),),
    e.OrderCancelled: (_each("picking.withdraw", "order_id"),),
    e.RefundAsked: (_each("picking.withdraw", "order_id"),),
    e.OrderWithdrawn: (_each("picking.withdraw", "order_id"), _once("orders.review")),
    e.OrderHeld: (_each("picking.withdraw", "order_id"),),
    e.ReceiverChanged: (_each("shipping.relabel", "order_id"),),
    e.WaveMade: (_once("shipping.waybills"), _each("printing.pick_list", "wave_id")),
    e.WaybillMade: (_once("printing.labels"),),
    e.ParcelHandedOver: (_once("shipping.manifest"), _each("shipping.write_back", "parcel_id", give_up_s=DAY)),
    e.ParcelCleared: (_once("shipping.waybills"),),
}


def react(events: Sequence[Event]) -> Iterable[NewJob]:
    """The jobs that follow; duplicates are merged when they enter the job table."""
    for event in events:
        for reaction in REACTIONS.get(type(event), ()):
            yield reaction(event)
