"""The uplink's rule: what of a batch is new, what is done already, what must be answered with Fork. Pure."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from sync.codec import Poison
from sync.messages import GAP, OTHER_ID, WENT_BACK, Ev, Up

Place = tuple[bytes, int]  # device id and number under which an event is stored


class Plan(Struct, frozen=True):
    """What to do with a batch.

    fork: 0, or the reason; then nothing else is to be done. fresh: to be decided and stored, in order.
    rehomed: stored under another life of the device: (id, the number it has in this one). upto: the last
    number whose id was compared here, 0 when none was. last: the device's last number afterwards. stopped: at
    this number the batch no longer ran on; 0 when all of it was used.
    """

    fork: int = 0
    fresh: tuple[Ev | Poison, ...] = ()
    rehomed: tuple[tuple[bytes, int], ...] = ()
    upto: int = 0
    last: int = 0
    stopped: int = 0


def decide(dev: bytes, last: int, top: int, events: Sequence[Ev | Poison], known: Mapping[bytes, Place]) -> Plan:
    """last: of the locked device row. known: where each id of the batch is stored, for those that are, under
    whatever device.
    """
    if top < last:
        return Plan(fork=WENT_BACK, last=last)
    fresh: list[Ev | Poison] = []
    rehomed: list[tuple[bytes, int]] = []
    seen: set[bytes] = set()
    upto, now, stopped = 0, last, 0
    for i, event in enumerate(events):
        if i and event.n != events[i - 1].n + 1:
            stopped = event.n
            break
        if event.n <= last:
            # The id decides, not its place: what is stored under another life of the device is stored
            # all the same.
            if event.id not in known:
                return Plan(fork=OTHER_ID, last=last)
            upto = event.n
            continue
        if event.n != now + 1:
            # A device numbers without gaps and drops only what was acked: so this database went back, or its
            # queue was lost.
            return Plan(fork=GAP, last=last)
        place = known.get(event.id)
        if place is not None and event.id not in seen:
            rehomed.append((event.id, event.n))
        elif event.id not in seen:
            fresh.append(event)
        seen.add(event.id)
        now = upto = event.n
    return Plan(0, tuple(fresh), tuple(rehomed), upto, now, stopped)


def happened_ms(event: Ev, up: Up, received_ms: int) -> int:
    """When the person did it, by the server's clock: from the monotonic clock within one boot, else from the
    clocks' difference.

    Never after it was received. The time is for showing and for KPIs: the order of events is their numbers.
    """
    if event.boot and event.boot == up.boot and event.mono <= up.mono:
        return max(0, received_ms - (up.mono - event.mono))
    if not up.at:
        return min(event.at, received_ms)
    return max(0, min(event.at + received_ms - up.at, received_ms))
