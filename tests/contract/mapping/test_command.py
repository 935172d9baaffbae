"""`zhongshu map`: JSON alone on stdout, equal to the reviewed expectation of every sample; clear words on stderr."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from server.__main__ import main

CONTRACT = Path(__file__).resolve().parents[1]
EXPECTED = sorted((CONTRACT / "expected").glob("*/*.json"))


def run(platform: str, file: Path) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["map", platform, str(file)])
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_every_sample_becomes_what_was_reviewed(expected: Path) -> None:
    platform = expected.parent.name
    code, out, err = run(platform, CONTRACT / "samples" / platform / expected.name)
    assert (code, err) == (0, "")
    assert json.loads(out) == json.loads(expected.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("platform", "name", "code", "words"),
    [
        ("taobao", "taobao/error_25_invalid_signature.json", 1, "签名错误"),
        ("shopee", "shopee/error_sign.json", 1, "error"),
        ("jd", "taobao/sign_vectors.json", 2, "京东"),
        ("pinduoduo", "README.md", 2, "拼多多"),
    ],
)
def test_what_is_no_order_is_said_clearly(platform: str, name: str, code: int, words: str, tmp_path: Path) -> None:
    file = CONTRACT / "samples" / name
    if not file.exists():
        file = tmp_path / "broken.json"
        file.write_bytes(b"# not json")
    got, out, err = run(platform, file)
    assert got == code and "✗" in err and words in out + err


def test_an_id_only_list_says_that_details_are_to_be_fetched() -> None:
    code, out, _ = run("shopee", CONTRACT / "samples" / "shopee" / "order_list_page1.json")
    said = json.loads(out)
    assert code == 0 and len(said["ids"]) > 1 and "详情" in said["note"]
