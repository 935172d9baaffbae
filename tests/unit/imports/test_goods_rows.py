"""Files of goods: columns by many names, several rows of one SKU, what spreadsheets do to numbers."""

from uuid import UUID

import pytest

from server.errors import Invalid
from server.imports import goods_rows
from server.imports.files import FORMULA
from server.imports.goods_rows import Known, Sku

HEAD = ["货品编码", "名称", "规格", "条码", "货位", "期初库存"]


def sku(code: str, **more: object) -> Sku:
    values = {"id": UUID(int=1), "code": code, "name": "T恤", "variant": "红", "bin": "A-1",
              "barcodes": frozenset({"690"}), "retired": False, "bundle": False, "moved": False}  # fmt: skip
    return Sku(**(values | more))  # type: ignore[arg-type]


def judged(rows: list[list[str]], *skus: Sku) -> list[tuple[str, str, int]]:
    known = Known({s.code.upper(): s for s in skus}, {b: s.code for s in skus for b in s.barcodes})
    found = goods_rows.read([HEAD, *rows])
    return [(b.code, "bad", 0) for b in found.bad] + [
        (j.goods.code, j.outcome, j.opening) for j in goods_rows.judge(found, known)
    ]


def test_a_header_below_a_title_and_by_other_names() -> None:
    head = ["*SKU 编码", "商品名称（必填）", "国标码", "数量(件)"]
    found = goods_rows.read([["库存表 2026"], [], head, ["A", "杯", "690", "3"]])
    (g,) = found.goods
    assert (g.code, g.name, g.barcodes, g.qty, g.bin, g.nos) == ("A", "杯", ("690",), 3, None, (4,))
    assert sorted(found.columns) == ["barcodes", "code", "name", "qty"]


def test_no_header_and_no_rows() -> None:
    for table in ([["a", "b"], ["c", "d"]], [["货品编码"], ["A"]], [HEAD], []):
        with pytest.raises(Invalid):
            goods_rows.read(table)


def test_several_rows_of_one_sku() -> None:
    found = goods_rows.read([HEAD, ["A", "杯", "", "690、691", "", "5"], ["a", "", "", "692", "B-1", ""]])
    (g,) = found.goods
    assert g.barcodes == ("690", "691", "692") and (g.bin, g.qty, g.nos) == ("B-1", 5, (2, 3))


@pytest.mark.parametrize(
    "row",
    [
        ["", "杯"], ["A B", "杯"], ["A", "杯", "", "6.9E+12"], ["6.9E+12", "杯"], ["A", "杯", "", "", "", "-1"],
        ["A", "杯", "", "", "", "1.5"], ["A", "杯", "", "", "", "99999999"], ["A", FORMULA], ["A", "杯", "", "六九"],
        ["A", "长" * 201], ["A", "", "", "", "", "1"],
    ],
)  # fmt: skip
def test_bad_rows(row: list[str]) -> None:
    assert [j[1] for j in judged([row, ["Z", "好的"]])] == ["bad", "new"]


def test_rows_that_contradict_leave_the_sku_out_whole() -> None:
    for second in (["A", "碗"], ["a", "", "", "", "", "4"]):
        found = goods_rows.read([HEAD, ["A", "杯", "", "", "", "3"], second])
        assert found.goods == [] and {b.no for b in found.bad} == {2, 3}


def test_what_becomes_of_known_skus() -> None:
    assert judged([["TEE", "T恤", "红", "690", "A-1", ""]], sku("TEE")) == [("TEE", "known", 0)]
    assert judged([["tee", "", "", "", "A-2", ""]], sku("TEE")) == [("tee", "changed", 0)]
    assert judged([["TEE", "", "", "691", "", ""]], sku("TEE")) == [("TEE", "changed", 0)]
    assert judged([["TEE", "", "", "", "", "7"]], sku("TEE")) == [("TEE", "changed", 7)]
    assert judged([["TEE", "", "", "", "", "7"]], sku("TEE", moved=True)) == [("TEE", "known", 0)]
    assert judged([["TEE", "", "", "", "", "0"]], sku("TEE")) == [("TEE", "known", 0)]
    assert judged([["TEE", "", "", "", "", "7"]], sku("TEE", bundle=True)) == [("TEE", "bad", 0)]
    assert judged([["TEE"]], sku("TEE", retired=True)) == [("TEE", "bad", 0)]


def test_a_barcode_is_one_skus() -> None:
    assert judged([["NEW", "新", "", "690"]], sku("TEE")) == [("NEW", "bad", 0)]
    assert judged([["A", "一", "", "693"], ["B", "二", "", "693"]]) == [("A", "bad", 0), ("B", "bad", 0)]
