"""Bytes to messages and back.

Encoders and decoders are built once; sizes are refused here; events are decoded one by one.
"""

from hashlib import blake2b
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from sync.messages import LIMIT, VERSION, Answer, Down, Ev, Frame, Pull, Pulled, Up

MAX_EVENTS = 500
MAX_BYTES = 256 * 1024
MAX_SUBS = 32
NIL = Raw(b"\xc0")

_encoder = msgspec.msgpack.Encoder()
_up = msgspec.msgpack.Decoder(Up)
_pull = msgspec.msgpack.Decoder(Pull)
_ev = msgspec.msgpack.Decoder(Ev)
_any = msgspec.msgpack.Decoder()
_down: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(Down)
_answer: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(Answer)
_pulled = msgspec.msgpack.Decoder(Pulled)
# A number that is not an integer stays the text it was written as: money must never become a float.
_json = msgspec.json.Decoder(float_hook=str)

T = TypeVar("T")


class Refused(Exception):
    """A request that cannot be worked on at all.

    code: too_big, too_many, malformed, version, unknown_device.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Poison(Struct, frozen=True):
    """An event that does not decode.

    Its number and id as far as they can be read, else made from its place.
    """

    n: int
    id: bytes
    raw: bytes
    error: str


def encode(message: Any) -> bytes:
    return _encoder.encode(message)


def raw(value: Any) -> Raw:
    """A value as a ready piece of a larger message."""
    return Raw(_encoder.encode(value))


def decode_pull(data: bytes) -> Pull:
    """Raises Refused."""
    pull: Pull = _decode(_pull, data)
    if len(pull.subs) > MAX_SUBS:
        raise Refused("too_many", f"more than {MAX_SUBS} shapes")
    return pull


def decode_up(data: bytes) -> Up:
    """The batch; its events are still packed: see events(). Raises Refused."""
    up: Up = _decode(_up, data)
    if len(up.evs) > MAX_EVENTS:
        raise Refused("too_many", f"more than {MAX_EVENTS} events")
    return up


def decode_pulled(data: bytes) -> Pulled:
    return _pulled.decode(data)


def decode_answer(data: bytes) -> Answer:
    answer: Answer = _answer.decode(data)
    return answer


def messages(frame: Frame) -> list[Down]:
    """What a frame carries; raises on an unknown tag, as a device must (it then looks for an update)."""
    return [_down.decode(m) for m in frame.msgs]


def events(up: Up) -> list[Ev | Poison]:
    """Each event by itself, so that one that does not decode stops no other."""
    out: list[Ev | Poison] = []
    before = 0
    for packed in up.evs:
        event = _event(up.dev, before + 1, bytes(packed))
        before = event.n
        out.append(event)
    return out


def decode_any(data: bytes) -> Any:
    """A row, or anything else, as plain lists and values."""
    return _any.decode(data)


def body(event: Ev, as_type: type[T]) -> T:
    """The body of an event as the struct its kind asks for. Raises msgspec.ValidationError."""
    return msgspec.msgpack.decode(event.body, type=as_type)


def encode_row(text: str) -> bytes:
    """A row as JSON array text, in column order, to the bytes that are stored, hashed and sent."""
    return _encoder.encode(_safe(_json.decode(text)))


def _decode(decoder: "msgspec.msgpack.Decoder[Any]", data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        raise Refused("too_big", f"more than {MAX_BYTES} bytes")
    try:
        message = decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as e:
        raise Refused("malformed", f"does not decode: {e}") from e
    if message.v != VERSION:
        raise Refused("version", f"protocol {message.v}, this server speaks {VERSION}")
    return message


def _event(dev: bytes, expected: int, packed: bytes) -> Ev | Poison:
    try:
        return _ev.decode(packed)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as e:
        error = str(e)
    n, id = expected, blake2b(dev + expected.to_bytes(8, "big") + packed, digest_size=16).digest()
    try:
        parts = _any.decode(packed)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        parts = None
    if isinstance(parts, list):
        if parts and type(parts[0]) is int and 0 < parts[0] < LIMIT:
            n = parts[0]
        if len(parts) > 1 and isinstance(parts[1], bytes) and len(parts[1]) == 16:
            id = parts[1]
    return Poison(n, id, packed, error)


def _safe(value: Any) -> Any:
    """Ints that JavaScript cannot hold travel as text. Never raises: one odd row must not stop the log."""
    if type(value) is int:
        return value if -LIMIT < value < LIMIT else str(value)
    if type(value) is list:
        return [_safe(item) for item in value]
    if type(value) is dict:
        return {key: _safe(item) for key, item in value.items()}
    return value
