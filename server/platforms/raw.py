"""JSON as platforms write it, without losing a byte: numbers stay exact, an order keeps the bytes it came in."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec


class Unreadable(ValueError):
    """The bytes are not JSON, or not of the shape that the platform documents."""


def _exact(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # 1e99999999999999999999: JSON allows it, no shop means it
        raise Unreadable("a number beyond all bounds") from None


_ANY: Final = msgspec.json.Decoder(float_hook=_exact)
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ARRAY: Final = msgspec.json.Decoder(list[msgspec.Raw])

# An escaped backslash and a whole surrogate pair are passed over; half a pair is not text.
_HALF_PAIR: Final = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def load(data: bytes) -> Any:
    """The value: integers as int, other numbers as Decimal. Raises Unreadable."""
    return _decode(_ANY, data)


def load_object(data: bytes) -> dict[str, Any]:
    """As load, but only an object will do. Raises Unreadable."""
    value = load(data)
    if not isinstance(value, dict):
        raise Unreadable("not an object")
    return value


def fields(data: bytes) -> dict[str, bytes]:
    """One level of an object: name -> the bytes of its value. Raises Unreadable."""
    found: dict[str, msgspec.Raw] = _decode(_OBJECT, data)
    return {name: bytes(value) for name, value in found.items()}


def elements(data: bytes) -> list[bytes]:
    """One level of an array. Raises Unreadable."""
    found: list[msgspec.Raw] = _decode(_ARRAY, data)
    return [bytes(value) for value in found]


def canonical(value: Any) -> bytes:
    """The same bytes for the same content, whatever the order of its keys."""
    return msgspec.json.encode(plain(value), order="sorted")


def plain(value: Any) -> Any:
    """A copy that any JSON writer takes: exact numbers as text, integers beyond 64 bits as text."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return str(value)
    return value


def mend(data: bytes) -> bytes:
    """Broken characters replaced by U+FFFD, so that one of them does not cost a whole page."""
    text = data.decode("utf-8", "replace").encode()
    return _HALF_PAIR.sub(lambda m: b"\\ufffd" if m.group(1) else m.group(0), text)


def _decode(decoder: Any, data: bytes) -> Any:
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as e:
        raise Unreadable(str(e)) from None
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        mended = mend(data)
    try:
        return decoder.decode(mended)
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as e:
        raise Unreadable(str(e)) from None
