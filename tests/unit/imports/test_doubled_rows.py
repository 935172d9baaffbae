"""Rows that stand twice in a file: one order must not become twice its goods."""

from typing import Any

import pytest

from server import rulebook
from server.orders.mapping import map_order
from tests.support import sheets
from tests.unit.imports.test_columns import HEADS, MAKE, read


@pytest.mark.parametrize("platform", list(HEADS))
def test_a_row_that_stands_twice_spoils_its_order_and_no_other(platform: str) -> None:
    """Two exports of overlapping days, pasted together."""
    row: list[Any] = MAKE[platform](1)
    found = read(platform, row, MAKE[platform](2), row)
    assert len(found.orders) == 1 and len(found.spoilt) == 1
    (bad,) = found.bad
    assert bad.no == 4 and "第 2 行" in bad.message


def test_a_line_number_that_comes_twice_is_one_line() -> None:
    found = read("taobao", sheets.taobao(1), sheets.taobao(1, 订单状态="交易成功"))
    assert not found.orders and [b.no for b in found.bad] == [3]


def test_two_lines_of_one_order_stay_two() -> None:
    found = read("taobao", sheets.taobao(1, "A", 1), sheets.taobao(1, "A", 2))
    ((_, body),) = found.orders.values()
    assert [line.qty for line in map_order("taobao", body, rulebook.current("taobao")).lines] == [2, 2]
