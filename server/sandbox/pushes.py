"""Pushes: what a platform tells by itself. Late, twice, out of order, or not at all, as faults say; sent or fetched."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from typing import Final, Literal

import httpx
import structlog
from msgspec import Struct, field

from server.sandbox.model import Platform

Kind = Literal["order", "refund", "shop"]
AGAIN_S: Final = (5.0, 30.0, 180.0)
"""After a push that was not taken. The real ones wait 300, 1,800 and 10,800 seconds; here a sixtieth of it."""
ANSWER_S: Final = 3.0
MOST: Final = 5000

_log = structlog.get_logger("sandbox")


class Push(Struct, kw_only=True):
    """One message. Times are epoch seconds."""

    id: int
    platform: Platform
    kind: Kind
    external_id: str
    state: str
    """The order's or case's state at that moment, in the world's words."""
    made: float
    due: float
    """Not before this moment; later than `made`: it arrives out of order."""
    handed: float = 0.0
    """When it was last given out."""
    tries: int = 0
    forged: bool = False
    """Somebody else's, who does not know the key."""


class Box(Struct):
    """One platform's pushes. Part of the state file."""

    url: str = ""
    """Where they are sent; "": they wait to be fetched, or nobody asked for them."""
    on: bool = False
    waiting: list[Push] = field(default_factory=list)
    lost: list[Push] = field(default_factory=list)
    """Given up on; some platforms let them be fetched later."""
    serial: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    """Counts: made, lost, twice, late, taken, refused, forged, fooled (a forged one was taken)."""


class Weather(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which part of the pushes suffers. late_s: how late at most. forged: beside so many of them comes a false one."""

    lost: float = 0.0
    twice: float = 0.0
    late: float = 0.0
    late_s: float = 10.0
    forged: float = 0.0


class Pushes:
    """All platforms' boxes."""

    def __init__(self, boxes: dict[Platform, Box], seed: int) -> None:
        self.boxes = boxes
        self.weather = Weather()
        self._rng = random.Random(f"{seed}:pushes")

    def box(self, platform: Platform) -> Box:
        return self.boxes.setdefault(platform, Box())

    def tell(self, platform: Platform, kind: Kind, external_id: str, state: str, now: float) -> None:
        """Something happened: a message is made, if anybody wants it."""
        box = self.box(platform)
        if not box.on:
            return
        seen = Counter(box.seen)
        seen["made"] += 1
        copies = 1
        if self._rng.random() < self.weather.lost:
            copies, seen["lost"] = 0, seen["lost"] + 1
        elif self._rng.random() < self.weather.twice:
            copies, seen["twice"] = 2, seen["twice"] + 1
        box.serial += 1
        for _ in range(copies):
            due = now
            if self._rng.random() < self.weather.late:
                due, seen["late"] = now + self._rng.uniform(0.0, self.weather.late_s), seen["late"] + 1
            push = Push(id=box.serial, platform=platform, kind=kind, external_id=external_id, state=state, made=now,
                        due=due)  # fmt: skip
            box.waiting.append(push)
        if self.weather.forged and self._rng.random() < self.weather.forged:
            box.waiting.append(Push(id=box.serial, platform=platform, kind=kind, external_id=external_id, state=state,
                                    made=now, due=now, forged=True))  # fmt: skip
        del box.waiting[: max(0, len(box.waiting) - MOST)]
        box.seen = dict(seen)

    def fetch(self, platform: Platform, most: int, now: float, again_s: float) -> list[Push]:
        """Those that are due and were not given out within `again_s`. They stay until confirmed."""
        waiting = [p for p in self.box(platform).waiting if p.due <= now and not p.forged]
        found = [p for p in waiting if not p.handed or now - p.handed >= again_s]
        found.sort(key=lambda p: p.due)
        for push in found[:most]:
            push.handed, push.tries = now, push.tries + 1
        return found[:most]

    def confirm(self, platform: Platform, ids: set[int]) -> int:
        """Returns how many were known."""
        box = self.box(platform)
        gone = [p for p in box.waiting if p.id in ids and p.handed]
        box.waiting = [p for p in box.waiting if not (p.id in ids and p.handed)]
        box.seen["taken"] = box.seen.get("taken", 0) + len(gone)
        return len(gone)


Write = Callable[[Push, str], httpx.Request]
"""A platform's way to write one push to an address, signed."""


async def deliver(pushes: Pushes, platform: Platform, write: Write, now: Callable[[], float]) -> None:
    """Send what is due to the address that was given, for ever."""
    async with httpx.AsyncClient(timeout=ANSWER_S, mounts={"all://127.0.0.1": None}) as client:
        while True:
            if not await send_due(pushes, platform, write, now, client):
                await asyncio.sleep(0.1)


async def send_due(
    pushes: Pushes, platform: Platform, write: Write, now: Callable[[], float], client: httpx.AsyncClient
) -> int:
    """Send some of what is due: 2xx within three seconds, or it comes again. Returns how many were sent."""
    box = pushes.box(platform)
    due = [p for p in box.waiting if p.due <= now()][:20] if box.url else []
    for push in due:
        push.tries += 1
        taken = False
        try:
            async with asyncio.timeout(ANSWER_S):
                taken = (await client.send(write(push, box.url))).is_success
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as e:
            _log.info("push not taken", platform=platform, error=type(e).__name__)
        _settle(box, push, taken, now())
    return len(due)


def _settle(box: Box, push: Push, taken: bool, now: float) -> None:
    if push.forged:  # whoever forges does not wait for an answer
        names = ["forged", "fooled"] if taken else ["forged"]
    else:
        names = ["taken" if taken else "refused"]
    for name in names:
        box.seen[name] = box.seen.get(name, 0) + 1
    if taken or push.forged or push.tries > len(AGAIN_S):
        box.waiting = [p for p in box.waiting if p is not push]
        if not taken and not push.forged:
            box.lost.append(push)
    else:
        push.due = now + AGAIN_S[push.tries - 1]
