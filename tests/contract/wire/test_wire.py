"""The wire format as golden files, and what old and new decoders make of each other."""

import json
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec
import pytest
from msgspec import Struct

from sync import codec, fixtures, messages
from sync.codec import Poison, Refused

HERE = Path(__file__).parent
NAMES = sorted(fixtures.golden())


@pytest.mark.parametrize("name", NAMES)
def test_golden(name: str) -> None:
    """The files are what the code writes today: a change of a byte is a change of the protocol."""
    data = (HERE / f"{name}.bin").read_bytes()
    told = json.loads((HERE / f"{name}.json").read_text())
    message = fixtures.golden()[name]
    assert codec.encode(message) == data
    assert fixtures.describe(message) == told
    assert fixtures.plain(msgspec.msgpack.decode(data)) == told["wire"]
    assert msgspec.msgpack.decode(data, type=type(message)) == message


def test_golden_digest_and_handle() -> None:
    told = json.loads((HERE / "digest.json").read_text())
    assert told == json.loads(json.dumps(fixtures.digests()))
    assert json.loads((HERE / "handle.json").read_text()) == fixtures.handles()
    rows = [bytes.fromhex(r["hex"]) for r in told["rows"]]
    assert told["all"]["d1"] == sum(crc32(r) for r in rows) % 2**32
    assert told["all"]["d2"] == sum(crc32(r, 0x9E3779B9) for r in rows) % 2**32


def test_every_struct_has_a_golden_message() -> None:
    of = {type(m) for m in fixtures.golden().values()}
    structs = {v for v in vars(messages).values() if isinstance(v, type) and issubclass(v, Struct) and v is not Struct}
    assert structs - of <= {messages.Bad}  # inside pull


@pytest.mark.parametrize("name", NAMES)
def test_fields_append(name: str) -> None:
    """A newer sender's extra fields are ignored; an older sender's missing ones take their defaults."""
    message = fixtures.golden()[name]
    wire = msgspec.msgpack.decode(codec.encode(message))
    assert msgspec.msgpack.decode(codec.encode([*wire, "later", 7]), type=type(message)) == message
    fields = msgspec.structs.fields(message)
    optional = len([f for f in fields if not f.required])
    for cut in range(1, optional + 1):
        short = msgspec.msgpack.decode(codec.encode(wire[: len(wire) - cut]), type=type(message))
        for field in fields[len(fields) - cut :]:
            default = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
            assert getattr(short, field.name) == default


def ints(value: Any) -> list[int]:
    if isinstance(value, bool):
        return []
    if isinstance(value, int):
        return [value]
    if isinstance(value, list):
        return [i for v in value for i in ints(v)]
    if isinstance(value, dict):
        return [i for v in value.values() for i in ints(v)]
    return []


def test_ints_fit_javascript() -> None:
    for message in fixtures.golden().values():
        assert all(abs(i) < 2**53 for i in ints(msgspec.msgpack.decode(codec.encode(message))))
    for row in fixtures.rows():
        assert all(abs(i) < 2**53 for i in ints(msgspec.msgpack.decode(row)))
    assert msgspec.msgpack.decode(codec.encode_row("[9007199254740992,-9007199254740992,1.0,[9e99]]")) == [
        "9007199254740992",
        "-9007199254740992",
        "1.0",
        ["9e99"],
    ]
    ev = msgspec.msgpack.decode(codec.encode(fixtures.golden()["ev"]))
    for field in (0, 3, 4):
        assert isinstance(codec.events(up([[*ev[:field], 2**53, *ev[field + 1 :]]]))[0], Poison)


def up(evs: list[Any]) -> messages.Up:
    return messages.Up(1, fixtures.DEV, len(evs), 0, [codec.raw(e) for e in evs])


def test_poison_decodes_alone() -> None:
    good, bad, odd = codec.events(codec.decode_up((HERE / "up_poison.bin").read_bytes()))
    assert isinstance(good, messages.Ev)
    assert isinstance(bad, Poison) and (bad.n, bad.id) == (2, fixtures.ID2)
    assert isinstance(odd, Poison) and odd.n == 3 and len(odd.id) == 16


def test_limits() -> None:
    ev = fixtures.golden()["ev"]
    codec.decode_up(codec.encode(up([ev] * 500)))
    for data, code in (
        (codec.encode(up([ev] * 501)), "too_many"),
        (codec.encode(up([["x" * 300_000]])), "too_big"),
        (b"", "malformed"),
        (b"\xc1", "malformed"),
        (codec.encode([1, fixtures.DEV[:15], 0, 0, []]), "malformed"),
        (codec.encode([1, fixtures.DEV, -1, 0, []]), "malformed"),
        (codec.encode([2, fixtures.DEV, 0, 0, []]), "version"),
        (codec.encode([1, fixtures.DEV, 0, 0])[:-1] + b"\x91" * 100_000, "malformed"),
    ):
        with pytest.raises(Refused) as refused:
            codec.decode_up(data)
        assert refused.value.code == code
    with pytest.raises(Refused):
        codec.decode_pull(codec.encode(messages.Pull(1, fixtures.DEV, [(1, 0, -1)] * 33)))


def test_unknown_tag_is_told() -> None:
    frame = msgspec.msgpack.decode((HERE / "frame_unknown_tag.bin").read_bytes(), type=messages.Frame)
    with pytest.raises(msgspec.ValidationError):
        codec.messages(frame)
