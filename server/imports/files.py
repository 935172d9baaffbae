"""Order files: what they are, whether they are safe to open, and their cells as text. Pure but for the open file.

A cell comes out as stripped text, "" for nothing. A number keeps how it was written, so that lost digits show.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO, Final

import openpyxl
from defusedxml.common import DefusedXmlException

from server.errors import Invalid

MAX_UPLOAD: Final = 20 * 1024 * 1024
MAX_UNPACKED: Final = 100 * 1024 * 1024
MAX_RATIO: Final = 100
MAX_PARTS: Final = 1000
MAX_SHEETS: Final = 20
MAX_ROWS: Final = 20_000
MAX_COLUMNS: Final = 200
MAX_CELL: Final = 5_000

_EXCEL_ROWS: Final = 1_048_576

FORMULA: Final = "\x01"
"""Stands for a formula: none is ever computed, and none is believed."""

_NOTHING: Final = frozenset({"null", "none", "nan", "n/a", "nil", "-", "--", "---", "—", "——", "无", "空", "#n/a"})
_QUOTED: Final = re.compile(r'="([^"]*)"')
_FLOAT: Final = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")
_MONEY: Final = re.compile(r"(?:[¥￥$€£₱฿₫]|CNY|RMB|RM|S\$|NT\$|Rp|R\$|[A-Z]{3}(?=\s*\d))\s*", re.IGNORECASE)
_DAY: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_CLOCK: Final = re.compile(r"(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})(?:\.\d+)?)?[分秒]?")
_SERIAL: Final = re.compile(r"[2-7]\d{4}(?:\.\d+)?")
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 (day 0 of Excel's calendar; the platform's zone is added later)


def rows(file: BinaryIO) -> Iterator[list[str]]:
    """The rows of the first sheet that has any, or of the text file. Raises Invalid; reads no more than the limits."""
    head = file.read(8)
    file.seek(0)
    if head.startswith(b"PK"):
        yield from _limited(_sheet(file))
    elif head.startswith(b"\xd0\xcf\x11\xe0"):
        raise Invalid("old_excel", "这是旧版 Excel（.xls）或加了密码的文件，请另存为 .xlsx 或 .csv 再导入")
    elif head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        raise Invalid("web_page", "这个文件其实是网页，请用 Excel 打开后另存为 .xlsx 再导入")
    else:
        yield from _limited(_text(file.read(MAX_UPLOAD + 1)))


def _limited(found: Iterable[list[str]]) -> Iterator[list[str]]:
    for count, row in enumerate(found, start=1):
        if count > MAX_ROWS:
            raise Invalid("too_many_rows", f"超过 {MAX_ROWS} 行，请按日期分成几个文件")
        if len(row) > MAX_COLUMNS:
            raise Invalid("too_many_columns", f"第 {count} 行超过 {MAX_COLUMNS} 列，这不像订单文件")
        yield row


def check_zip(file: BinaryIO) -> None:
    """Refuse by the zip's own directory, before a byte is inflated. zipfile never inflates more than it declares."""
    try:
        with zipfile.ZipFile(file) as z:
            parts = z.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, UnicodeError):
        raise Invalid("broken_file", "文件打不开，可能没有下载完整，请重新导出") from None
    if len(parts) > MAX_PARTS:
        raise Invalid("zip_bomb", f"压缩包里超过 {MAX_PARTS} 个文件，不导入")
    unpacked, packed = sum(p.file_size for p in parts), sum(p.compress_size for p in parts)
    if unpacked > MAX_UNPACKED:
        raise Invalid("zip_bomb", f"解压后超过 {MAX_UNPACKED // 1024 // 1024} MB，不导入；请按日期分成几个文件")
    # A small file may be blank paper: its ratio harms nobody.
    worst = [p for p in parts if p.file_size > 1024 * 1024 and p.file_size > MAX_RATIO * max(p.compress_size, 1)]
    if worst or (unpacked > 1024 * 1024 and unpacked > MAX_RATIO * max(packed, 1)):
        raise Invalid("zip_bomb", f"压缩比超过 {MAX_RATIO} 倍，不导入；请用 Excel 打开后另存一份再试")
    if any(p.flag_bits & 1 for p in parts):
        raise Invalid("locked_file", "文件加了密码，请去掉密码再导入")
    names = [p.filename for p in parts]
    if len(names) != len(set(names)):
        raise Invalid("broken_file", "压缩包里有重名的文件，不导入")
    if "[Content_Types].xml" not in names or not any(n.startswith("xl/") for n in names):
        raise Invalid("not_a_table", "这是压缩包，不是 Excel 表格；请解压后选里面的文件")


def _sheet(file: BinaryIO) -> Iterator[list[str]]:
    if not openpyxl.DEFUSEDXML:
        raise RuntimeError("defusedxml is not installed")
    check_zip(file)
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
        if len(book.worksheets) > MAX_SHEETS:
            raise Invalid("too_many_sheets", f"超过 {MAX_SHEETS} 个工作表，这不像订单文件")
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # exports say A1 for a thousand rows, or a million rows for ten
            some, blank = False, 0
            for row in sheet.iter_rows():
                cells = [_shown(cell.value) for cell in row]
                while cells and not cells[-1]:
                    cells.pop()
                if not cells:  # a million of them, coloured, at the end: they are no rows
                    blank += 1
                    if blank > _EXCEL_ROWS:
                        raise Invalid("broken_file", "表格的行号超出 Excel 的范围，不导入")
                    continue
                if blank > MAX_ROWS:
                    raise Invalid("too_many_rows", f"超过 {MAX_ROWS} 行，请按日期分成几个文件")
                yield from ([] for _ in range(blank))
                some, blank = True, 0
                yield cells
            if some:
                return
    except (DefusedXmlException, zipfile.BadZipFile, SyntaxError, ValueError, KeyError, TypeError, OSError) as e:
        raise Invalid("broken_file", "表格内容损坏或不是标准格式，请用 Excel 打开后另存为 .xlsx 再导入") from e
    except (IndexError, AttributeError, OverflowError, EOFError) as e:
        raise Invalid("broken_file", "表格内容损坏，请用 Excel 打开后另存为 .xlsx 再导入") from e


def _shown(value: Any) -> str:
    """A cell's value as text. openpyxl gives int for a number that was written whole, float for 4.1E+18."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 10**15:
            return str(int(value))
        return repr(value) if abs(value) < 10**15 else f"{value:.15E}"
    if isinstance(value, datetime):
        return value.replace(microsecond=0, tzinfo=None).isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time | timedelta):
        return str(value)
    if isinstance(value, int | str):
        return clean(str(value))
    return FORMULA  # an array formula, a data table: objects of openpyxl


def _text(data: bytes) -> Iterator[list[str]]:
    text = decode(data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    mark = max("\t,;", key=first.count) if first else ","
    csv.field_size_limit(MAX_CELL * 20)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    try:
        for row in reader:
            cells = [clean(cell) for cell in row]
            while cells and not cells[-1]:
                cells.pop()
            yield cells
    except csv.Error:
        raise Invalid("broken_file", f"第 {reader.line_num} 行附近的引号或换行不完整，读不下去") from None


def decode(data: bytes) -> str:
    """UTF-8 with or without BOM, UTF-16 with BOM, else GB18030 (GBK is part of it). Raises Invalid."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        names = ["utf-16"]
    else:
        names = ["utf-8-sig", "gb18030"]
    for name in names:
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Invalid("unknown_encoding", "文字编码认不出来，请用 Excel 另存为“CSV UTF-8”或 .xlsx 再导入")


def clean(text: str) -> str:
    """One cell: ="123" and '123 are 123, tabs go, "null" and the like are nothing, another formula is FORMULA."""
    text = text.replace("\0", "").replace(FORMULA, "").strip(" \t\r\n\u00a0\ufeff\u3000")[:MAX_CELL]
    found = _QUOTED.fullmatch(text)
    if found:
        text = found[1].strip(" \t")
    elif text.startswith("=") and len(text) > 1:
        return FORMULA
    elif text.startswith("'"):
        text = text[1:].strip(" \t")
    return "" if text.casefold() in _NOTHING else text


def order_id(text: str) -> str:
    """An id, whole. Raises ValueError with a message for a person: digits that Excel dropped cannot be guessed."""
    if _FLOAT.fullmatch(text):
        raise ValueError("被 Excel 变成了科学计数法，末尾数字已丢失；请从平台重新导出，不要用 Excel 存过的文件")
    if re.fullmatch(r"\d+\.0+", text):
        text = text.split(".")[0]
    if text.isdigit() and len(text) >= 18 and not text[15:].strip("0"):
        raise ValueError("第 15 位以后全是 0，像是被 Excel 抹掉的；请从平台重新导出，不要用 Excel 存过的文件")
    return text


def money(text: str) -> Decimal | None:
    """Major units: "¥1,234.50", "RM 3", "(5.00)". None: nothing there. Raises ValueError."""
    if not text:
        return None
    negative = text.startswith(("(", "（")) and text.endswith((")", "）"))
    bare = _MONEY.sub("", text.strip("()（） ")).replace("元", "").replace("，", ",").replace(" ", "")
    if "," in bare:
        if not re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", bare):
            raise ValueError("金额的格式不对")  # 1.234,50 or 12,5: which is it?
        bare = bare.replace(",", "")
    if not re.fullmatch(r"-?\d{1,12}(\.\d{1,17})?", bare):
        raise ValueError("金额的格式不对")
    try:
        value = Decimal(bare)
    except InvalidOperation:
        raise ValueError("金额的格式不对") from None
    value = value.quantize(Decimal("0.0001")).normalize()
    return -value if negative else value


def count(text: str) -> int | None:
    """A whole number of pieces: "2", "2.0", "2件". None: nothing there. Raises ValueError."""
    if not text:
        return None
    found = re.fullmatch(r"(\d{1,6})(?:\.0+)?\s*[件个]?", text)
    if not found or found[1].strip("0") == "":
        raise ValueError("数量的格式不对")
    return int(found[1])


def moment(text: str) -> datetime | None:
    """Local time of the platform, without a zone. None: nothing there. Raises ValueError: also for 03/04/2026."""
    if not text:
        return None
    if _SERIAL.fullmatch(text):
        return _EPOCH + timedelta(seconds=round(float(text) * 86400))
    if re.fullmatch(r"20\d{12}", text):
        return datetime.strptime(text, "%Y%m%d%H%M%S")  # noqa: DTZ007
    day = _DAY.match(text)
    if not day:
        raise ValueError("时间的格式不对（要写成 2026-11-22 09:10）")
    rest = text[day.end() :].strip(" T")
    at = _CLOCK.fullmatch(rest)
    if rest and not at:
        raise ValueError("时间的格式不对（要写成 2026-11-22 09:10）")
    y, m, d = (int(x) for x in day.groups())
    hour, minute, second = (int(x or 0) for x in at.groups()) if at else (0, 0, 0)
    if y < 2000:  # 1970-01-01 stands for nothing
        return None
    return datetime(y, m, d, hour, minute, second)  # noqa: DTZ001
