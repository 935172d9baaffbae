"""From a file of goods to what it says of each SKU. Pure: what is known already comes in as a struct."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final, Literal
from uuid import UUID

import msgspec

from server.catalog import rules
from server.errors import Invalid
from server.imports import files

Outcome = Literal["new", "changed", "known", "bad"]

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "code": ("货品编码", "商品编码", "SKU编码", "编码", "货号", "商家编码", "SKU", "code"),
    "name": ("货品名称", "商品名称", "名称", "品名", "name"),
    "variant": ("规格", "规格名称", "颜色规格", "颜色尺码", "variant", "spec"),
    "barcodes": ("条码", "条形码", "商品条码", "货品条码", "国标码", "69码", "barcode", "ean", "upc"),
    "bin": ("库位", "货位", "仓位", "货架", "bin"),
    "qty": ("期初库存", "期初", "库存", "库存数量", "数量", "实际库存", "stock", "qty"),
}
_ZH: Final = {f: names[0] for f, names in COLUMNS.items()}
_TITLE_ROWS: Final = 10
_LONGEST: Final = 200
_MOST: Final = 1_000_000
_LOST: Final = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")
_QTY: Final = re.compile(r"(\d{1,7})(?:\.0+)?\s*[件个]?")


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says of one SKU. None: it does not say. nos: its rows, as Excel counts."""

    nos: tuple[int, ...]
    code: str
    name: str | None
    variant: str | None
    bin: str | None
    barcodes: tuple[str, ...]
    qty: int | None


class Bad(msgspec.Struct, frozen=True):
    no: int
    code: str
    message: str


class Found(msgspec.Struct, frozen=True):
    goods: list[Goods]
    bad: list[Bad]
    rows: int
    columns: list[str]


class Sku(msgspec.Struct, frozen=True, kw_only=True):
    """A SKU as it is. moved: its stock has a ledger, so its opening is past."""

    id: UUID
    code: str
    name: str
    variant: str
    bin: str
    barcodes: frozenset[str]
    retired: bool
    bundle: bool
    moved: bool


class Known(msgspec.Struct, frozen=True):
    """By folded code; and whose each barcode is."""

    skus: dict[str, Sku]
    barcodes: dict[str, str]


class Judged(msgspec.Struct, frozen=True):
    """sku: None for a new one. opening: units that lie there to begin with, 0: none."""

    goods: Goods
    outcome: Outcome
    message: str
    sku: Sku | None
    opening: int


def read(table: Iterable[list[str]]) -> Found:
    """Raises Invalid: there is no header, or nothing under it."""
    rows = list(table)
    start, places = _header(rows[:_TITLE_ROWS])
    bad: list[Bad] = []
    goods: dict[str, Goods] = {}
    count = 0
    for no, cells in enumerate(rows[start:], start=start + 1):
        texts = {f: cells[i] for f, i in places.items() if i < len(cells) and cells[i]}
        if not texts:
            continue
        count += 1
        code = texts.get("code", "")
        try:
            one = _goods(no, texts)
            key = rules.fold(one.code)
            goods[key] = _together(goods[key], one) if key in goods else one
        except ValueError as e:
            bad.append(Bad(no, code if code != files.FORMULA else "", str(e)))
    if not count:
        raise Invalid("no_rows", "表头下面没有货品")
    # A SKU with a bad row is left out whole.
    spoilt = {rules.fold(b.code) for b in bad if b.code}
    bad += [
        Bad(no, g.code, "同一货品的另一行有问题，一起不导入")
        for key, g in goods.items()
        if key in spoilt
        for no in g.nos
    ]
    return Found([g for key, g in goods.items() if key not in spoilt], bad, count, list(places))


def _header(rows: Sequence[list[str]]) -> tuple[int, dict[str, int]]:
    best: tuple[int, dict[str, int]] = (0, {})
    for i, row in enumerate(rows, start=1):
        at: dict[str, int] = {}
        for place, cell in enumerate(row):
            at.setdefault(_bare(cell), place)
        found: dict[str, int] = {}
        for field, names in COLUMNS.items():
            places = [p for n in names if (p := at.get(_bare(n))) is not None and p not in found.values()]
            if places:
                found[field] = places[0]
        if len(found) > len(best[1]):
            best = (i, found)
    if "code" not in best[1] or len(best[1]) < 2:
        raise Invalid("no_header", "找不到表头：要有“货品编码”列，以及名称、规格、条码、库位、期初库存里的至少一列")
    return best


def _bare(text: str) -> str:
    bare = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\s*:]+|\((?:必填|选填|件)\)", "", bare)


def _goods(no: int, texts: dict[str, str]) -> Goods:
    """One row. Raises ValueError with words for a person."""
    if formula := next((f for f, v in texts.items() if v == files.FORMULA), ""):
        raise ValueError(f"“{_ZH[formula]}”是公式，不计算；请把公式变成数值再导入")
    code = texts.get("code", "")
    for field in ("code", "barcodes"):
        if _LOST.fullmatch(texts.get(field, "")):
            raise ValueError(f"{_ZH[field]}被 Excel 变成了科学计数法，数字已丢失；请把这一列改成文本格式再填")
    if flaw := rules.code_flaw(code):
        raise ValueError(flaw)
    for field in ("name", "variant", "bin"):
        text = texts.get(field, "")
        if len(text) > _LONGEST:
            raise ValueError(f"{_ZH[field]}最多 {_LONGEST} 个字")
        if not text.isprintable():
            raise ValueError(f"{_ZH[field]}里不能有换行")
    barcodes = tuple(dict.fromkeys(b for b in re.split(r"[,，;；、|\s]+", texts.get("barcodes", "")) if b))
    if flaw := next((f for b in barcodes if (f := rules.barcode_flaw(b))), ""):
        raise ValueError(flaw)
    return Goods(
        nos=(no,),
        code=code,
        name=texts.get("name"),
        variant=texts.get("variant"),
        bin=texts.get("bin"),
        barcodes=barcodes,
        qty=_qty(texts["qty"]) if "qty" in texts else None,
    )


def _qty(text: str) -> int:
    found = _QTY.fullmatch(text.replace(",", ""))
    if not found:
        raise ValueError("期初库存要写成整数，不能是负数或小数")
    if (qty := int(found[1])) > _MOST:
        raise ValueError(f"期初库存最多 {_MOST} 件")
    return qty


def _together(a: Goods, b: Goods) -> Goods:
    """Several rows of one SKU: one barcode a row is usual. What they both say must be the same."""
    for field in ("name", "variant", "bin"):
        one, other = getattr(a, field), getattr(b, field)
        if one is not None and other is not None and one != other:
            raise ValueError(f"和第 {a.nos[0]} 行是同一个货品编码，但{_ZH[field]}不一样")
    if a.qty is not None and b.qty is not None:
        raise ValueError(f"和第 {a.nos[0]} 行是同一个货品编码，期初库存只能写一次")
    return Goods(
        nos=a.nos + b.nos,
        code=a.code,
        name=a.name if a.name is not None else b.name,
        variant=a.variant if a.variant is not None else b.variant,
        bin=a.bin if a.bin is not None else b.bin,
        barcodes=tuple(dict.fromkeys(a.barcodes + b.barcodes)),
        qty=a.qty if a.qty is not None else b.qty,
    )


def judge(found: Found, known: Known) -> list[Judged]:
    """What would become of each SKU of a file."""
    claimed: dict[str, int] = {}
    for g in found.goods:
        for b in g.barcodes:
            claimed[b] = claimed.get(b, 0) + 1
    return [_judge(g, known, claimed) for g in found.goods]


def _judge(g: Goods, known: Known, claimed: dict[str, int]) -> Judged:
    sku = known.skus.get(rules.fold(g.code))

    def bad(message: str) -> Judged:
        return Judged(g, "bad", message, sku, 0)

    if twice := next((b for b in g.barcodes if claimed[b] > 1), ""):
        return bad(f"条码 {twice} 在文件里属于几个货品")
    other = next(((b, w) for b in g.barcodes if (w := known.barcodes.get(b)) and (sku is None or w != sku.code)), None)
    if other is not None:
        return bad(f"条码 {other[0]} 已经是货品 {other[1]} 的")
    if sku is None:
        if g.name is None:
            return bad("新货品要有名称")
        return Judged(g, "new", "", None, g.qty or 0)
    if sku.retired:
        return bad("这个货品已停用，先恢复再导入")
    if sku.bundle and g.qty:
        return bad("组合装没有自己的库存，请按里面的货品填期初库存")
    opening = 0 if sku.moved else g.qty or 0
    late = f"已经有库存记录，期初 {g.qty} 件不再导入" if g.qty and sku.moved else ""
    same = all(getattr(g, f) in (None, getattr(sku, f)) for f in ("name", "variant", "bin"))
    same = same and set(g.barcodes) <= sku.barcodes and not opening
    return Judged(g, "known" if same else "changed", late or ("没有变化" if same else ""), sku, opening)
