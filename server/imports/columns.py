"""From a platform's export columns to that platform's own raw order bodies. Pure; the columns are in profiles/.

One profile a platform, editable: aliases of each column, and what each state in words is in the platform's own form.
The hub's rules then map these bodies as they map the API's.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import cache
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from server.errors import Invalid
from server.imports import bodies, files
from server.imports.bodies import Line, Order

_PROFILES: Final = Path(__file__).parent / "profiles"
_TOTALS: Final = re.compile(
    r"(合\s*计|总\s*计|小\s*计|共\s*计|汇\s*总|grand total|total|subtotal|共\s*\d+\s*[条单行])", re.IGNORECASE
)
_TITLE_ROWS: Final = 20
_MONEY: Final = (
    "goods", "line_goods", "discount", "discount2", "discount3", "freight", "total", "line_paid", "line_each",
    "settled", "balance", "price",
)  # fmt: skip
_TIMES: Final = ("placed", "paid", "confirmed", "shipped", "finished", "modified")
_OF_LINE: Final = frozenset(
    {"line_id", "title", "spec", "code", "code2", "item", "sku", "qty", "price", "line_paid", "line_each", "line_goods"}
)
_IDS: Final = ("id", "line_id", "item", "sku")


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """columns: our field -> the headers it may have, best first. states, refunds: words -> fields of the body."""

    platform: str
    version: int
    id_pattern: str
    columns: dict[str, tuple[str, ...]]
    states: dict[str, dict[str, str | int]]
    refunds: dict[str, dict[str, str | int]]
    countries: dict[str, dict[str, str | int]] = {}


class Row(Struct, frozen=True):
    """One row's problem. no: as Excel counts. order_id: "" where it is not certain to be one."""

    no: int
    order_id: str
    message: str


class Found(Struct, frozen=True):
    """orders: id -> (the row numbers, the raw body). bad: rows that cannot be read, with what belongs to them."""

    orders: dict[str, tuple[list[int], bytes]]
    bad: list[Row]
    rows: int
    """Of goods, titles and totals left out."""
    columns: list[str]
    """Headers that were understood."""
    spoilt: dict[str, list[int]]
    """Orders that are left out because a row of theirs is bad: id -> all their rows."""


@cache
def profile(platform: str) -> Profile:
    """Raises Invalid: none for this platform."""
    file = _PROFILES / f"{platform}.json"
    if not platform.isalnum() or not file.is_file():
        raise Invalid("no_profile", "这个平台还没有导入的列对照")
    return msgspec.json.decode(file.read_bytes(), type=Profile)


def read(p: Profile, table: Iterable[list[str]]) -> Found:
    """All rows of a file to bodies. Raises Invalid: no header is found, or a column that must be there is not."""
    rows = list(table)
    start, places = _header(p, rows[: _TITLE_ROWS + 2])
    bad: list[Row] = []
    orders: dict[str, Order] = {}
    spoilt: dict[str, list[int]] = {}
    last = ""
    count = 0
    for no, cells in enumerate(rows[start:], start=start + 1):
        texts = {f: cells[i] for f, i in places.items() if i < len(cells) and cells[i]}
        if not any(cells) or _is_total(cells, texts):
            continue
        count += 1
        key = ""
        try:
            if "id" in texts:
                key = _order_id(p, texts["id"])
            elif last and texts.keys() & {"title", "code", "sku"}:
                key = last  # the order's cells are merged over its lines
            else:
                raise ValueError("缺少订单号")
            last = key
            _add(p, orders, key, no, texts)
        except ValueError as e:
            bad.append(Row(no, key, str(e)))
            if key:
                spoilt.setdefault(key, []).append(no)
            else:
                last = ""
    made: dict[str, tuple[list[int], bytes]] = {}
    for key, order in orders.items():
        if key in spoilt:
            spoilt[key] = sorted({*spoilt[key], *order.rows})
            continue
        try:
            made[key] = (order.rows, msgspec.json.encode(bodies.MAKE[p.platform](order)))
        except ValueError as e:
            bad.append(Row(order.rows[0], key, str(e)))
            spoilt[key] = order.rows
    if not count:
        raise Invalid("no_rows", "表头下面没有订单")
    return Found(made, sorted(bad, key=lambda b: b.no), count, sorted(places), spoilt)


def _header(p: Profile, rows: list[list[str]]) -> tuple[int, dict[str, int]]:
    """Where the rows begin, and field -> column. A title may stand above; the header may have two rows, merged."""
    best: tuple[int, dict[str, int]] = (0, {})
    for i, row in enumerate(rows[:_TITLE_ROWS]):
        places = _places(p, row)
        if len(places) > len(best[1]):
            best = (i + 1, places)
        if i + 1 < len(rows):
            under = rows[i + 1]
            both = [low or high for high, low in zip_longest(row, under, fillvalue="")]
            # The second row is a header only if it names columns itself.
            own, found = len(_places(p, under)), _places(p, both)
            if own and len(found) > max(len(best[1]), own):
                best = (i + 2, found)
    places = best[1]
    wanted = {"id": "订单号", "state": "订单状态", "qty": "数量", "title": "商品名称"}
    lacking = [zh for field, zh in wanted.items() if field not in places]
    if "id" not in places or len(places) < 3:
        raise Invalid("no_header", "找不到表头：没有认出订单号等列。请确认文件是从这个平台的订单管理里导出的")
    if lacking:
        raise Invalid("missing_columns", f"缺少这些列：{'、'.join(lacking)}。请在导出时勾选，或导出带商品明细的报表")
    return best


def _places(p: Profile, row: list[str]) -> dict[str, int]:
    at: dict[str, int] = {}
    for i, cell in enumerate(row):
        at.setdefault(_name(cell), i)
    found: dict[str, int] = {}
    for field, names in p.columns.items():
        for name in names:
            place = at.get(_name(name))
            if place is not None and place not in found.values():
                found[field] = place
                break
    return found


def _name(text: str) -> str:
    bare = unicodedata.normalize("NFKC", text).casefold()
    bare = re.sub(r"\((?:元|件|rmb|cny|yuan|必填|[a-z]{3})\)", "", bare)
    return re.sub(r"[\s*:]+", "", bare)


def _is_total(cells: list[str], texts: dict[str, str]) -> bool:
    first = next((c for c in cells if c), "")
    if not _TOTALS.match(first):
        return False
    return not re.fullmatch(r"[0-9A-Z-]{9,}", texts.get("id", ""))


def _order_id(p: Profile, text: str) -> str:
    if text == files.FORMULA:
        raise ValueError("订单号是公式，不计算；请把公式变成数值再导入")
    try:
        key = files.order_id(text)
    except ValueError as e:
        raise ValueError(f"订单号{e}") from None
    if not re.fullmatch(p.id_pattern, key):
        raise ValueError("订单号不是这个平台的格式")
    return key


def _add(p: Profile, orders: dict[str, Order], key: str, no: int, texts: dict[str, str]) -> None:
    formula = next((f for f, v in texts.items() if v == files.FORMULA), "")
    if formula:
        raise ValueError(f"“{p.columns[formula][0]}”是公式，不计算；请把公式变成数值再导入")
    values: dict[str, Any] = dict(texts)
    readers: list[tuple[tuple[str, ...], Callable[[str], Any]]] = [
        (_MONEY, files.money), (_TIMES, files.moment), (("qty",), files.count), (_IDS, files.order_id),
    ]  # fmt: skip
    for fields, reader in readers:
        for field in fields:
            if field in texts:
                try:
                    values[field] = reader(texts[field])
                except ValueError as e:
                    raise ValueError(f"“{p.columns[field][0]}”：{e}") from None
    line = Line({f: v for f, v in values.items() if f in _OF_LINE and v is not None})
    if not line.values.get("qty"):
        raise ValueError("缺少数量")
    if not line.values.get("title"):
        raise ValueError("缺少商品名称")
    line.refund = refund(p, values.get("refund", ""))
    head = {f: v for f, v in values.items() if f not in _OF_LINE and v is not None}
    known = orders.get(key)
    same = f"line {line.text('line_id')}" if line.text("line_id") else repr(sorted(texts.items()))
    if known is not None and same in known.told:
        raise ValueError(f"和第 {known.told[same]} 行重复，同一条明细不能算两次；请删掉多余的行再导入")
    if known is None:
        known = orders[key] = Order(key, {}, {}, [], [], {}, {})
        known.state = state(p, head.get("state", ""))
        if not head.get("state"):
            del orders[key]
            raise ValueError("缺少订单状态")
    for field, value in head.items():
        was = known.values.setdefault(field, value)
        if was != value and isinstance(value, Decimal) and field in ("total", "goods", "freight"):
            raise ValueError(f"同一订单的“{p.columns[field][0]}”前后不一致")
    if p.countries and "country" in head:
        known.place = p.countries.get(head["country"], {})
    known.lines.append(line)
    known.rows.append(no)
    known.told[same] = no


def words(text: str) -> str:
    """A state in words, as profiles write it: half-width, without blanks around commas."""
    return re.sub(r"\s*,\s*", ",", unicodedata.normalize("NFKC", text)).strip()


def refund(p: Profile, text: str) -> dict[str, str | int]:
    """The body's fields for a refund in words. As with states: what is not known is for the rules, never "none"."""
    said = words(text)
    field = next((name for known in p.refunds.values() for name in known), "")
    if not said or said in p.refunds or not field:
        return p.refunds.get(said, {})
    return {field: said[:40]}


@cache
def _by_words(p_name: str) -> dict[str, dict[str, str | int]]:
    return {words(k).casefold(): v for k, v in profile(p_name).states.items()}


def state(p: Profile, text: str) -> dict[str, str | int]:
    """The body's fields for a state in words. What is not known goes through as it is: the rules make it a hold."""
    known = _by_words(p.platform).get(words(text).casefold())
    if known is not None:
        return known
    field = next(iter(next(iter(p.states.values()))))
    return {field: text[:40]}
