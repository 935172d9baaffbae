"""Time. Everything stored is UTC; a shop's day begins in its own zone."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.now(UTC)


def ms(at: datetime | None) -> int | None:
    """Epoch milliseconds, the form of time on the sync wire."""
    return None if at is None else int(at.timestamp() * 1000)


def from_ms(value: int) -> datetime:
    return datetime.fromtimestamp(value / 1000, UTC)


def day_start(at: datetime, zone: ZoneInfo) -> datetime:
    """The moment at which the day of `at` began in `zone`, as UTC."""
    local = at.astimezone(zone)
    return datetime.combine(local.date(), time.min, zone).astimezone(UTC)
