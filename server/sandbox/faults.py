"""Faults that can be switched on: what a real platform does on a bad day, on demand and countable."""

import random
from collections import Counter
from typing import Any, Literal

from msgspec import Struct

Kind = Literal[
    "fail_before", "fail_after", "lost_answer", "rate_limit", "busy", "token_death", "latency",
    "late_apply", "shift_pages", "token_end", "clock_skew", "late_visibility",
    "empty_fields", "malformed_fields", "receiver_gone",
]  # fmt: skip


class Fault(Struct, kw_only=True, forbid_unknown_fields=True):
    """One order to misbehave.

    fail_before: 5xx, nothing was done · fail_after: done, then 5xx · lost_answer: done, the answer comes after
    delay_ms (longer than the caller waits) · rate_limit, busy (a time-out behind the gateway, try again): in the
    platform's own words, nothing was done · token_death: the token is refused from then on · latency: delay_ms, then
    as usual · late_apply: the caller gets a 504 at once, it is done delay_ms later · shift_pages: before the answer
    some order changes, so that pages move · token_end: all access tokens end (refresh tokens stay) · clock_skew: the
    platform's clock is delay_ms off (also negative) for this call · late_visibility: this share of the changes is
    kept from lists for up to delay_ms (not tied to calls; stays until cleared) · empty_fields, malformed_fields,
    receiver_gone: an answer with orders has fields that are empty, of another type, or without a receiver.
    """

    kind: Kind
    platform: str = "*"
    """A platform's code, "carrier", or "*"."""
    method: str = "*"
    """The method as the platform names it (Shopee: the path), or "*"."""
    after_calls: int = 0
    """Let this many matching calls through first."""
    times: int = 1
    """How often; 0 = until cleared. token_death stays until cleared."""
    share: float = 1.0
    """Which part of the matching calls, drawn from the seed."""
    status: int = 502
    delay_ms: int = 0
    seen: int = 0
    used: int = 0


class Hit(Struct):
    """What one call must suffer."""

    before: int = 0
    after: int = 0
    limited: bool = False
    busy: bool = False
    token_dead: bool = False
    delay_s: float = 0.0
    late_s: float = 0.0
    apply_after_s: float = 0.0
    shift: bool = False
    token_end: bool = False
    skew_s: float = 0.0
    spoil: list[str] = []
    """Which of empty_fields, malformed_fields, receiver_gone."""


class Faults:
    """The switched-on faults, in the order they were added."""

    def __init__(self, seed: int) -> None:
        self.active: list[Fault] = []
        self.fired: Counter[str] = Counter()
        """How often each kind did something."""
        self.late_share = 0.0
        self.late_s = 0.0
        self._rng = random.Random(f"{seed}:faults")

    def add(self, fault: Fault) -> None:
        self.active.append(fault)
        if fault.kind == "late_visibility":
            self.late_share, self.late_s = fault.share, fault.delay_ms / 1000

    def clear(self) -> None:
        self.active.clear()
        self.late_share = 0.0

    def draw(self, choices: list[Any]) -> Any:
        """One of them, from the seed."""
        return self._rng.choice(choices)

    def next(self, platform: str, method: str) -> Hit:
        """Count one call and say what happens to it."""
        hit = Hit()
        for fault in self.active:
            if fault.platform not in ("*", platform) or fault.method not in ("*", method):
                continue
            if fault.kind == "late_visibility":
                continue
            fault.seen += 1
            if fault.seen <= fault.after_calls:
                continue
            if fault.kind == "token_death":
                fault.used += 1
                hit.token_dead = True
                self.fired[fault.kind] += 1
                continue
            if fault.times and fault.used >= fault.times:
                continue
            if fault.share < 1.0 and self._rng.random() >= fault.share:
                continue
            fault.used += 1
            self.fired[fault.kind] += 1
            self._apply(hit, fault)
        return hit

    @staticmethod
    def _apply(hit: Hit, fault: Fault) -> None:
        delay = fault.delay_ms / 1000
        if fault.kind == "fail_before":
            hit.before = fault.status
        elif fault.kind == "fail_after":
            hit.after = fault.status
        elif fault.kind == "rate_limit":
            hit.limited = True
        elif fault.kind == "busy":
            hit.busy = True
        elif fault.kind == "lost_answer":
            hit.late_s += delay
        elif fault.kind == "late_apply":
            hit.apply_after_s = max(0.1, delay)
        elif fault.kind == "shift_pages":
            hit.shift = True
        elif fault.kind == "token_end":
            hit.token_end = True
        elif fault.kind == "clock_skew":
            hit.skew_s += delay
        elif fault.kind in ("empty_fields", "malformed_fields", "receiver_gone"):
            hit.spoil = [*hit.spoil, fault.kind]
        else:
            hit.delay_s += delay
