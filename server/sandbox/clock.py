"""Time as the platforms write it: Beijing, to the second."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

BEIJING: Final = timezone(timedelta(hours=8))


def text(at: int) -> str:
    """Epoch seconds -> "2026-11-22 10:00:00", GMT+8."""
    return datetime.fromtimestamp(at, BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def read(value: str) -> int | None:
    """The other way; None when it is no such time."""
    try:
        return int(datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING).timestamp())
    except ValueError:
        return None


def iso(at: float) -> str:
    """Epoch seconds -> "2026-11-22T02:00:00.000Z" (the carrier's form)."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
