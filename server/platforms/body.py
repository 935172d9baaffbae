"""What all platforms' bodies share: ids as text, money, time, masks, redaction. The rest is in <platform>/body.py."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from hashlib import sha256
from typing import Any, ClassVar, Final, TypeVar

from msgspec import Struct

from server.platforms import raw
from server.platforms.port import Envelope, RawOrder

T = TypeVar("T")

BEIJING: Final = timezone(timedelta(hours=8))
"""All times of Taobao, JD and PDD are written in GMT+8 without a zone."""

EXPONENTS: Final = {
    "BHD": 3, "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JOD": 3, "JPY": 0, "KMF": 0, "KRW": 0, "KWD": 3,
    "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}  # fmt: skip
"""ISO 4217: currencies whose minor unit is not a hundredth. IDR and TWD have two digits there, used or not."""

MAX_ID: Final = 64
_MAX_MINOR: Final = 10**15
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)


class Receiver(Struct, frozen=True):
    """Who gets the parcel, as far as it may be kept in clear: masks, the platform's token, the region."""

    masked: dict[str, str] = {}
    token: dict[str, str] = {}
    region: list[str] = []
    """From large to small. Empty: unknown."""
    plain: bool = False
    """The body holds the receiver in clear; it is in `personal`, never here."""


class Opened(Struct, frozen=True):
    """One order, opened. `lines`: (key, row); None where the body has no readable list of them."""

    external_id: str
    order: dict[str, Any]
    lines: list[tuple[str, dict[str, Any]]] | None


class Body:
    """How one platform writes its bodies. Pure; knows envelopes, units, sentinels and personal fields."""

    code: ClassVar[str] = ""
    name: ClassVar[str] = ""
    currency: ClassVar[str] = ""
    """"" where each order says its own."""
    hides_when: ClassVar[frozenset[str]] = frozenset()
    """Of an order to be shipped: which facts (risk, locked, refund) make its answers name no receiver."""
    personal_fields: ClassVar[frozenset[str]] = frozenset()
    """Names of fields, at any depth, whose values are personal."""

    def split(self, data: bytes) -> Envelope:
        """Raises Unreadable."""
        raise NotImplementedError

    def open(self, body: bytes) -> Opened:
        """Raises Unreadable."""
        raise NotImplementedError

    def receiver(self, order: dict[str, Any]) -> Receiver:
        raise NotImplementedError

    def same_place(self, old: dict[str, str], new: dict[str, str], then: datetime, now: datetime) -> bool:
        """Do two tokens beneath the same masks, read at these times, stand for the same receiver?"""
        return True

    def note(self, order: dict[str, Any]) -> str:
        """The buyer's words to the seller."""
        raise NotImplementedError

    def note_present(self, order: dict[str, Any]) -> bool:
        return bool(self.note(order))

    def plaintext(self, order: dict[str, Any]) -> dict[str, str]:
        """Receiver parts in clear, where the platform sends them so: name, phone, address, zip."""
        return {}

    def modified(self, order: dict[str, Any]) -> datetime | None:
        raise NotImplementedError

    def personal(self, body: bytes) -> dict[str, str]:
        """What is to be sealed: the buyer's note and the receiver in clear, non-empty parts only."""
        order = self.open(body).order
        found = {"note": self.note(order), **self.plaintext(order)}
        return {name: value for name, value in found.items() if value}

    def identity(self, body: bytes) -> bytes:
        """One order's content in canonical form. Request ids and request times are in the envelope, not in here."""
        return raw.canonical({k: v for k, v in raw.load_object(body).items() if k != "request_id"})

    def redact(self, body: bytes) -> dict[str, Any]:
        view = raw.plain(self._hide(raw.load_object(body), hidden=False))
        return view if isinstance(view, dict) else {}

    def raw_order(self, body: bytes) -> RawOrder:
        """One order's bytes, labelled. One that cannot be read gets an id made of its bytes: nothing is dropped."""
        try:
            opened = self.open(body)
        except raw.Unreadable:
            return RawOrder(f"?{sha256(body).hexdigest()[:32]}", body, None)
        try:
            moment = self.modified(opened.order)
        except ValueError:
            moment = None
        return RawOrder(opened.external_id or f"?{sha256(body).hexdigest()[:32]}", body, moment)

    def money(self, value: Any, currency: str) -> int:
        """Major units (yuan, dollars; text or JSON number) to minor units. Raises ValueError."""
        number = decimal(value)
        minor = number.scaleb(EXPONENTS.get(currency, 2))
        if minor.copy_abs() >= _MAX_MINOR:
            raise ValueError("too large")
        whole = minor.quantize(Decimal(1), ROUND_HALF_EVEN)
        if abs(minor - whole) > Decimal("0.01"):  # a platform's float noise is far smaller
            raise ValueError("finer than the currency")
        return int(whole)

    def time(self, value: Any) -> datetime | None:
        """ "2026-11-22 10:00:00" (GMT+8), epoch seconds or milliseconds, as text or number. None: not set.

        Sentinels for "not set": null, "", 0, and (JD) years 1 and 1970. Raises ValueError.
        """
        if value is None or isinstance(value, bool):
            if value is None:
                return None
            raise ValueError("not a time")
        if isinstance(value, int | Decimal):
            return _epoch(value)
        if not isinstance(value, str):
            raise ValueError("not a time")
        text = value.strip()
        if not text or text.startswith(("0001-01-01", "1970-01-01")):
            return None
        if text.isascii() and text.isdigit():
            return _epoch(int(text[:20]))
        moment = datetime.fromisoformat(text[:40])
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=BEIJING)
        return _sane(moment)

    def _hide(self, value: Any, *, hidden: bool) -> Any:
        if isinstance(value, dict):
            return {k: self._hide(v, hidden=hidden or k in self.personal_fields) for k, v in value.items()}
        if isinstance(value, list):
            return [self._hide(item, hidden=hidden) for item in value]
        if not hidden or value is None or value == "" or isinstance(value, bool):
            return value
        return "***"


def _epoch(value: int | Decimal) -> datetime | None:
    if not value:
        return None
    if not 10**9 <= value < 10**14:
        raise ValueError("not a time")
    seconds = float(value) / (1000 if value >= 10**12 else 1)
    return _sane(datetime.fromtimestamp(seconds, UTC))


def _sane(moment: datetime) -> datetime:
    if not _EARLIEST <= moment <= _LATEST:
        raise ValueError("not in this century")
    return moment.astimezone(UTC)


def decimal(value: Any) -> Decimal:
    """An exact number from JSON, number or text. Raises ValueError; what no shop can mean is refused (1e999999)."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ValueError("not a number")
    if isinstance(value, str):
        if len(value) > 40:
            raise ValueError("not a number")
    elif isinstance(value, int) and abs(value) >= 10**20:
        raise ValueError("too large")
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not number.is_finite() or not -20 <= number.adjusted() <= 20 or len(number.as_tuple().digits) > 28:
        raise ValueError("not a number")
    return number


def text_id(value: Any) -> str:
    """An id as text, whether it came as text or as a number beyond 2^53; "" where there is none or it is not one."""
    if isinstance(value, bool):
        return ""
    text = str(value) if isinstance(value, int) else value.strip() if isinstance(value, str) else ""
    return text if len(text) <= MAX_ID and text.isprintable() else ""


def first_id(row: dict[str, Any], *names: str) -> str:
    """The first of these fields that holds an id; 0 is none."""
    found = (text_id(row.get(name)) for name in names)
    return next((value for value in found if value and value != "0"), "")


def text(value: Any) -> str:
    """A text field; anything else counts as none."""
    return value.strip().replace("\0", "") if isinstance(value, str) else ""


def pieces(value: Any) -> int:
    """A number of pieces. Raises ValueError."""
    number = decimal(value)
    if number != number.to_integral_value() or abs(number) >= 2**31:
        raise ValueError("not a number of pieces")
    return int(number)


def or_none(read: Callable[[Any], T], value: Any) -> T | None:
    """What a field says, where it makes sense: of a list of goods one odd field is not worth the list."""
    try:
        return read(value)
    except ValueError:
        return None


def part(order: dict[str, Any], name: str) -> dict[str, Any]:
    """An object inside; anything else counts as empty."""
    value = order.get(name)
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[dict[str, Any]] | None:
    """A list of objects, or None: not one."""
    if isinstance(value, list) and all(isinstance(row, dict) for row in value):
        return value
    return None


def keyed(found: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    """Line keys made unique: the second of a kind gets "#2". A line without any key is named by its place."""
    seen: dict[str, int] = {}
    result = []
    for place, (key, row) in enumerate(found, start=1):
        key = key[:100] or f"?{place}"
        seen[key] = seen.get(key, 0) + 1
        result.append((key if seen[key] == 1 else f"{key}#{seen[key]}", row))
    return result


def region(*parts: Any) -> list[str]:
    """Region parts from large to small; inner gaps stay, trailing ones go."""
    found = [text(value)[:80] for value in parts]
    while found and not found[-1]:
        found.pop()
    return found


def is_mask(value: str) -> bool:
    return "*" in value


def token(value: Any) -> str:
    """What stands for a receiver; stars stand for none."""
    found = text(value)[:500]
    return "" if is_mask(found) else found


def only_stars(value: str) -> bool:
    return bool(value) and not value.strip("* ")


def masked_name(value: str) -> str:
    """As it came when it is a mask; else all but the first character hidden."""
    return value[:80] if not value or is_mask(value) else value[0] + "**"


def masked_phone(value: str) -> str:
    return value[:40] if not value or is_mask(value) else "*******" + value[-4:]


def masked_address(value: str) -> str:
    return value[:200] if not value or is_mask(value) else "****"


def filled(**parts: str) -> dict[str, str]:
    """Only the parts that hold something."""
    return {name: value for name, value in parts.items() if value}
