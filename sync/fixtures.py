"""Golden messages for the contract tests: `python -m sync.fixtures FOLDER` writes *.bin and, beside each,
*.json.

The .json says what a plain MessagePack decoder must see (`wire`, bytes as {"hex": …}) and what the fields are
called.
"""

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from sync import codec, digest, shapes
from sync.messages import (
    ADJUSTED,
    HELD,
    LIMIT,
    OTHER_ID,
    VERSION,
    WITH_TASK,
    Ack,
    Bad,
    Del,
    Ev,
    Fork,
    Frame,
    Mark,
    Part,
    Pull,
    Pulled,
    Put,
    Reset,
    Row,
    Up,
    Verdict,
)

DEV = bytes(range(16))
ID1 = bytes.fromhex("019300000000700080000000000000a1")
ID2 = bytes.fromhex("019300000000700080000000000000a2")
WHO = bytes.fromhex("019300000000700080000000000000b1")
NOW = 1_764_000_000_000
H = 2**53 - 2
PICK = "0193aaaa-0000-7000-8000-000000000001"


def rows() -> list[bytes]:
    """Rows as the mover makes them: from JSON text in column order."""
    return [
        codec.encode_row(f'["{PICK}","wave",1,null,true,["6901234567892"],"红色 / XL"]'),
        codec.encode_row('["2",0,-1,127,128,-32,-33,65535,65536,4294967296]'),
        codec.encode_row('["3",12.50,9007199254740993,{"a":[1,{"b":false}]},"😀"]'),
        codec.encode_row('["4",""]'),
    ]


def golden() -> dict[str, Struct]:
    """One message for each struct, and the edges: defaults left out, the largest ints, Chinese text, nothing
    at all.
    """
    r = rows()
    d = digest.of(r)
    ev1 = Ev(1, ID1, 1, NOW, 123_456, -1, codec.raw([PICK, "6901234567892", 1]))
    ev2 = Ev(2, ID2, 3, NOW + 5, 123_461, 42, codec.raw([PICK, 2]), WHO, LIMIT - 1)
    mark = Mark(43, 1, d.n, d.d1, d.d2)
    put, gone, out = Put(2, r[0], ID1), Del(2, "2"), Del(2, "3", 1, ID2)
    return {
        "row": Row(2, r),
        "row_empty": Row(2, []),
        "put": put,
        "put_no_cause": Put(2, r[1]),
        "del": gone,
        "del_out": out,
        "mark": mark,
        "mark_empty": Mark(LIMIT - 1, 1, 0, 0, 0),
        "reset": Reset(4),
        "part": Part(0, 2, 43),
        "frame_snapshot": Frame(2, H, -1, [codec.raw(Reset(0)), codec.raw(Row(2, r)), codec.raw(mark)], 0),
        "frame_empty_snapshot": Frame(2, H, -2, [codec.raw(Reset(5)), codec.raw(Mark(43, 1, 0, 0, 0))], 7),
        "frame_delta": Frame(2, H, 40, [codec.raw(m) for m in (put, gone, out, mark)], H),
        "frame_unknown_tag": Frame(2, H, 40, [codec.raw([99, "later"]), codec.raw(mark)], H),
        "pulled": Pulled(VERSION, [Frame(6, 5, 40, [codec.raw(Mark(43, 1, 0, 0, 0))], 5)], NOW, NOW + 43_200_000),
        "pulled_nothing": Pulled(VERSION, [], NOW),
        "pull": Pull(
            VERSION,
            DEV,
            [(1, 0, -1), (2, H, 42), (3, H, -2)],
            20_000,
            1,
            7,
            2,
            NOW,
            [Bad(3, H, 42, 4, 1, 2, 4, 3, 4, [41, 42])],
        ),
        "pull_first": Pull(VERSION, DEV, [(1, 0, -1)]),
        "ev": ev1,
        "ev_full": ev2,
        "up": Up(VERSION, DEV, 2, 0, [codec.raw(ev1), codec.raw(ev2)], NOW + 9, 123_465, LIMIT - 1),
        "up_hello": Up(VERSION, DEV, 0, 0, []),
        "up_poison": Up(VERSION, DEV, 3, 0, [codec.raw(ev1), codec.raw([2, ID2, "no kind"]), codec.raw("?")]),
        "verdict": Verdict(1, ID1, WITH_TASK, codec.raw({"message_zh": "已放回", "task_id": "7"})),
        "verdict_no_info": Verdict(0, ID2, HELD),
        "ack": Ack(
            2,
            44,
            [Verdict(1, ID1, ADJUSTED, codec.raw({"message_zh": "改到另一行"})), Verdict(2, ID2, HELD)],
            NOW,
        ),
        "ack_nothing": Ack(0, 44, [], NOW),
        "fork": Fork(7, OTHER_ID),
    }


def plain(value: Any) -> Any:
    """What a plain decoder sees, with bytes as {"hex": …}."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return value


def describe(message: Struct) -> dict[str, Any]:
    """The .json of a message."""
    config = message.__struct_config__
    names = [f.name for f in msgspec.structs.fields(message)]
    wire = plain(msgspec.msgpack.decode(codec.encode(message)))
    return {
        "message": type(message).__name__,
        "tag": config.tag,
        "fields": ([] if config.tag is None else ["(tag)"]) + names,
        "wire": wire,
    }


def digests() -> dict[str, Any]:
    """Rows with their sums, each alone and all together; and what the bytes decode to."""
    r = rows()
    alone = [
        {"hex": row.hex(), "values": plain(msgspec.msgpack.decode(row)), **digest.of([row])._asdict()} for row in r
    ]
    return {"seed1": digest.SEED1, "seed2": digest.SEED2, "rows": alone, "all": digest.of(r)._asdict()}


def handles() -> list[dict[str, Any]]:
    template = shapes.Template(2, "pick", "pick", shapes.columns("id"), ("device",), version=3, schema=2)
    gen = "00000000-0000-0000-0000-000000000001"
    return [
        {
            "id": 2,
            "version": 3,
            "schema": 2,
            "gen": gen,
            "keys": keys,
            "epoch": e,
            "h": shapes.handle(template, tuple(keys), e, gen),
        }
        for keys, e in ((["a"], 1), (["a"], 2), (["b"], 1), (["a", "b"], 1))
    ]


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, message in golden().items():
        (folder / f"{name}.bin").write_bytes(codec.encode(message))
        _json(folder / f"{name}.json", describe(message))
    _json(folder / "digest.json", digests())
    _json(folder / "handle.json", handles())


def _json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
