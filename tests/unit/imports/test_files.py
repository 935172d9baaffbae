"""Files that should not be, each limit with its offender; and cells as exports write them."""

import io
import subprocess
import sys
import zipfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from server.errors import Invalid
from server.imports import files
from tests.support import sheets
from tests.support.sheets import TAOBAO, as_csv, as_xlsx, changed

SHEET = "xl/worksheets/sheet1.xml"


def rows(data: bytes) -> list[list[str]]:
    return list(files.rows(io.BytesIO(data)))


def refused(data: bytes) -> str:
    with pytest.raises(Invalid) as e:
        rows(data)
    assert e.value.message
    return e.value.code


@pytest.mark.parametrize("dimension", ["", "A1", "A1:B2", "A1:XFD1048576", "A5:A9"])
def test_whatever_a_sheet_says_of_its_size(dimension: str) -> None:
    found = rows(as_xlsx([TAOBAO, *[sheets.taobao(i) for i in range(30)]], dimension=dimension))
    assert len(found) == 31 and found[30][1] == "4100000000000000029"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_encodings_and_separators(encoding: str, mark: str) -> None:
    assert rows(as_csv([TAOBAO, sheets.taobao(1)], encoding, mark))[0] == TAOBAO


def test_an_encoding_that_is_none() -> None:
    assert refused(b"\xff\xff\x00\x81\x30\xff,1\n") == "unknown_encoding"


def test_a_bomb_is_refused_by_its_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    def inflated(*_: Any) -> Any:
        raise AssertionError("it was opened")

    bomb = changed(as_xlsx([TAOBAO]), SHEET, lambda xml: xml + b" " * 60_000_000)
    monkeypatch.setattr(zipfile.ZipFile, "open", inflated)
    assert len(bomb) < 200_000
    assert refused(bomb) == "zip_bomb"


def test_a_directory_that_lies_about_sizes() -> None:
    """It says 100 bytes and holds 60 MB: no more than it says is ever inflated."""
    bomb = bytearray(changed(as_xlsx([TAOBAO]), SHEET, lambda xml: xml + b" " * 60_000_000))
    at = bomb.rindex(b"PK\x01\x02", 0, bomb.rindex(SHEET.encode()))
    bomb[at + 24 : at + 28] = (100).to_bytes(4, "little")
    assert refused(bytes(bomb)) == "broken_file"


def test_too_much_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    many = as_xlsx([TAOBAO])
    out = io.BytesIO(many)
    with zipfile.ZipFile(out, "a") as z:
        for i in range(files.MAX_PARTS):
            z.writestr(f"xl/{i}", b"")
    assert refused(out.getvalue()) == "zip_bomb"
    monkeypatch.setattr(files, "MAX_UNPACKED", 1000)
    assert refused(many) == "zip_bomb"
    monkeypatch.undo()
    assert refused(as_xlsx([["x"] * (files.MAX_COLUMNS + 1)])) == "too_many_columns"
    assert refused(as_csv([["x"] * (files.MAX_COLUMNS + 1)])) == "too_many_columns"
    assert refused(as_csv([["x"]] * (files.MAX_ROWS + 1))) == "too_many_rows"
    monkeypatch.setattr(files, "MAX_ROWS", 10)
    assert refused(as_xlsx([["x"]] * 11)) == "too_many_rows"


def test_a_cell_far_away_costs_nothing() -> None:
    far = changed(as_xlsx([["a"]]), SHEET, lambda x: x.replace(b"</sheetData>", _ROW % (b"4000000000", b"4000000000")))
    assert refused(far) in ("broken_file", "too_many_rows")
    wide = changed(as_xlsx([["a"]]), SHEET, lambda x: x.replace(b"</sheetData>", _WIDE))
    assert refused(wide) in ("broken_file", "too_many_columns")


_ROW = b'<row r="%s"><c r="A%s"><v>1</v></c></row></sheetData>'
_WIDE = b'<row r="2"><c r="XFD2"><v>1</v></c></row></sheetData>'


def test_blank_painted_rows_are_no_rows() -> None:
    blank = b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (i, i) for i in range(2, 60_000)) + b"</sheetData>"
    assert rows(changed(as_xlsx([["a"]]), SHEET, lambda x: x.replace(b"</sheetData>", blank))) == [["a"]]


@pytest.mark.parametrize(
    "entities",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_no_entities(entities: bytes) -> None:
    def plant(xml: bytes) -> bytes:
        start = xml.index(b"?>") + 2 if xml.startswith(b"<?xml") else 0
        return xml[:start] + entities + xml[start:].replace(b"<v>", b"<v>&a;", 1)

    assert refused(changed(as_xlsx([[1, 2]]), SHEET, plant)) == "broken_file"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "old_excel"),
        (b"\xef\xbb\xbf<table><tr><td>1</td></tr></table>", "web_page"),
        (b"PK\x03\x04truncated", "broken_file"),
    ],
)
def test_what_is_no_order_file(data: bytes, code: str) -> None:
    assert refused(data) == code


def test_a_plain_zip_and_a_cut_one() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("orders.csv", "a,b")
    assert refused(out.getvalue()) == "not_a_table"
    whole = as_xlsx([TAOBAO, sheets.taobao(1)])
    assert refused(whole[: len(whole) // 2]) == "broken_file"


def test_formulas_are_text_or_refused_never_computed() -> None:
    found = rows(as_xlsx([["a", "=1+1", '="4100000000000000021"', "=cmd|' /C calc'!A0"]]))
    assert found == [["a", files.FORMULA, "4100000000000000021", files.FORMULA]]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('="410"', "410"), ("\t410\t", "410"), ("'410", "410"), ("null", ""), ("NULL", ""), ("--", ""), ("无", ""),
        ("None", ""), ("-", ""), ("无糖", "无糖"), ("a\0b", "ab"), ("　x\u00a0", "x"), ("=", "="), ("\x01", ""),
    ],
)  # fmt: skip
def test_cells(cell: str, text: str) -> None:
    assert files.clean(cell) == text


@pytest.mark.parametrize(
    "text", ["4.1E+18", "4.10000000000000E+18", "4e18", "4100000000000000000", "4.1000000000000002E+18"]
)
def test_ids_that_lost_digits_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="重新导出"):
        files.order_id(text)


def test_ids_as_numbers() -> None:
    book = changed(as_xlsx([[7, 300000000001, 4.1e18]]), SHEET, lambda x: x.replace(b">7<", b">4100000000000000021<"))
    long, short, lost = rows(book)[0]
    assert (long, short) == ("4100000000000000021", "300000000001")
    with pytest.raises(ValueError, match="科学计数法"):
        files.order_id(lost)
    assert files.order_id("300000000001.0") == "300000000001"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("¥1,234.50", "1234.5"), ("￥10", "10"), ("10元", "10"), ("RM 3.20", "3.2"), ("S$5", "5"), ("(5.00)", "-5"),
        ("-0.10", "-0.1"), ("19.900000000000002", "19.9"), ("1,000,000", "1000000"), ("SGD 7", "7"),
    ],
)  # fmt: skip
def test_money(text: str, value: str) -> None:
    assert files.money(text) == Decimal(value)


@pytest.mark.parametrize("text", ["12,5", "1.234,50", "十元", "1e5", "1 2 x", "nan", "1..2", "9" * 20])
def test_money_that_is_none(text: str) -> None:
    with pytest.raises(ValueError):
        files.money(text)


@pytest.mark.parametrize(
    "text",
    ["2026-11-22 09:10:00", "2026/11/22 9:10", "2026.11.22 09:10", "2026年11月22日 09:10", "20261122091000",
     "2026-11-22T09:10:00", "46348.381944444445"],
)  # fmt: skip
def test_times(text: str) -> None:
    assert files.moment(text) == datetime(2026, 11, 22, 9, 10)  # noqa: DTZ001


@pytest.mark.parametrize("text", ["03/04/2026", "昨天", "2026-13-01", "2026-11-22 25:00", "123"])
def test_times_that_are_none(text: str) -> None:
    with pytest.raises(ValueError):
        files.moment(text)


def test_dates_as_excel_keeps_them() -> None:
    assert rows(as_xlsx([[datetime(2026, 11, 22, 9, 10, 20)]])) == [["2026-11-22 09:10:20"]]  # noqa: DTZ001


@pytest.mark.parametrize("text", ["1.5", "-1", "0", "两件", "1e3"])
def test_counts_that_are_none(text: str) -> None:
    with pytest.raises(ValueError):
        files.count(text)


def test_the_child_has_limits_and_says_what_is_wrong(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(as_xlsx([["a"] * 300]))
    done = subprocess.run([sys.executable, "-m", "server.imports.child", str(file)], capture_output=True, check=True)
    assert msgspec.json.decode(done.stdout.splitlines()[-1])["code"] == "too_many_columns"
