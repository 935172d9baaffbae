"""Who acts, on what device, in which trace: set once at the edge (request, job, uplink), read by the trail."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

import msgspec

from server.kit.ids import uuid7


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """person and device are None for the system itself."""

    person: UUID | None = None
    device: UUID | None = None
    trace: str = ""
    cause: UUID | None = None
    """The scan event that led to this, where one did."""


_SYSTEM = Actor()
_current: ContextVar[Actor] = ContextVar("actor", default=_SYSTEM)


def actor() -> Actor:
    return _current.get()


def new_trace() -> str:
    return uuid7().hex[-12:]


@contextmanager
def acting(who: Actor) -> Iterator[Actor]:
    """Run the block as `who`."""
    token = _current.set(who)
    try:
        yield who
    finally:
        _current.reset(token)
