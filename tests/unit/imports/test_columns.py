"""Rows to bodies: titles and merged headers, merged orders, totals, states in words, and what is refused where."""

from typing import Any

import msgspec
import pytest

from server import rulebook
from server.errors import Invalid
from server.imports import columns, files
from server.orders.mapping import map_order
from tests.support import sheets

HEADS = {"taobao": sheets.TAOBAO, "pinduoduo": sheets.PDD, "jd": sheets.JD, "shopee": sheets.SHOPEE}
MAKE = {"taobao": sheets.taobao, "pinduoduo": sheets.pdd, "jd": sheets.jd, "shopee": sheets.shopee}


def read(platform: str, *rows: list[Any], head: list[Any] | None = None) -> columns.Found:
    table = [[files.clean(str(c)) for c in row] for row in (head or HEADS[platform], *rows)]
    return columns.read(columns.profile(platform), table)


def one(platform: str, *rows: list[Any]) -> Any:
    found = read(platform, *rows)
    assert not found.bad, found.bad
    ((_, body),) = found.orders.values()
    return map_order(platform, body, rulebook.current(platform))


@pytest.mark.parametrize("platform", list(HEADS))
def test_every_state_in_a_profile_is_known_to_the_rules(platform: str) -> None:
    for words in columns.profile(platform).states:
        column = "Order Status" if platform == "shopee" else "订单状态"
        m = one(platform, MAKE[platform](1, **{column: words}))
        assert [h for h in m.holds if h.code == "unknown_value"] == [], words


@pytest.mark.parametrize("platform", list(HEADS))
def test_a_state_nobody_knows_is_a_hold_never_a_guess(platform: str) -> None:
    column = "Order Status" if platform == "shopee" else "订单状态"
    m = one(platform, MAKE[platform](1, **{column: "新的状态"}))
    assert [h.code for h in m.holds] == ["unknown_value"] and m.state == "unknown"


def test_rows_of_one_order_need_not_stand_together() -> None:
    rows = [sheets.taobao(1, "A", 1), sheets.taobao(2, "B", 1), sheets.taobao(1, "C", 2)]
    found = read("taobao", *rows)
    assert {k[-1]: nos for k, (nos, _) in found.orders.items()} == {"1": [2, 4], "2": [3]}
    m = map_order("taobao", found.orders["4100000000000000001"][1], rulebook.current("taobao"))
    assert [line.outer_code for line in m.lines] == ["A", "C"] and m.amounts.total_minor == 4000 and m.holds == []


def test_an_orders_cells_may_be_merged_over_its_lines() -> None:
    second = sheets.taobao(1, "C", 2, 主订单编号="", 订单状态="", 退款状态="", 订单创建时间="", 订单付款时间="")
    m = one("taobao", sheets.taobao(1, "A", 1), second)
    assert [line.outer_code for line in m.lines] == ["A", "C"]


def test_title_rows_two_header_rows_and_totals() -> None:
    top = ["订单", *[""] * 5, "商品", *[""] * 9]
    table = [["某店铺 11月订单"], ["导出时间", "2026-11-25"], top, sheets.TAOBAO, sheets.taobao(1),
             ["合计", "", "", "10.00", "2"], ["共 1 条"]]  # fmt: skip
    found = columns.read(columns.profile("taobao"), table)
    assert found.rows == 1 and not found.bad and [nos for nos, _ in found.orders.values()] == [[5]]
    high, low = list(sheets.TAOBAO), [""] * len(sheets.TAOBAO)
    for i in (3, 4):
        high[i], low[i] = "商品信息", sheets.TAOBAO[i]
    found = columns.read(columns.profile("taobao"), [high, low, sheets.taobao(1)])
    assert list(found.orders) == ["4100000000000000001"] and not found.bad


def test_a_bad_line_spoils_its_order_and_no_other() -> None:
    rows = [sheets.taobao(1, "A", 1), sheets.taobao(1, "B", 2, 购买数量="x"), sheets.taobao(2)]
    found = read("taobao", *rows)
    assert [k[-1] for k in found.orders] == ["2"]
    assert [(b.no, b.order_id[-1]) for b in found.bad] == [(3, "1")]
    assert list(found.spoilt.values()) == [[2, 3]]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"主订单编号": "4.1E+18"}, "科学计数法"), ({"主订单编号": "13800001234"}, "不是这个平台"),
        ({"主订单编号": "4100000000000000000"}, "抹掉"), ({"主订单编号": "=1+1"}, "公式"), ({"价格": "=1+1"}, "公式"),
        ({"价格": "十元"}, "价格"), ({"订单付款时间": "03/04/2026"}, "订单付款时间"), ({"购买数量": "0"}, "数量"),
        ({"购买数量": ""}, "数量"), ({"标题": ""}, "商品名称"), ({"订单状态": ""}, "订单状态"),
        ({"子订单编号": "4.1E+18"}, "子订单编号"),
    ],
)  # fmt: skip
def test_what_a_bad_row_says(change: dict[str, str], says: str) -> None:
    found = read("taobao", sheets.taobao(1, **change), sheets.taobao(2))
    assert [k[-1] for k in found.orders] == ["2"]
    assert len(found.bad) == 1 and found.bad[0].no == 2 and says in found.bad[0].message
    assert "1380000" not in str(found.bad)


def test_files_that_are_another_platforms_or_lack_a_column() -> None:
    with pytest.raises(Invalid) as e:
        read("shopee", sheets.taobao(1), head=sheets.TAOBAO)
    assert e.value.code == "no_header"
    with pytest.raises(Invalid) as e:
        read("taobao", sheets.taobao(1)[:2], head=["订单编号", "订单状态", "收货人姓名", "收货地址"])
    assert e.value.code == "missing_columns" and "数量" in e.value.message
    with pytest.raises(Invalid) as e:
        read("taobao")
    assert e.value.code == "no_rows"


def test_receivers_are_masked_where_the_platform_forbids_clear() -> None:
    for platform in ("taobao", "pinduoduo", "jd"):
        ((_, body),) = read(platform, MAKE[platform](1)).orders.values()
        assert not any(w in body.decode() for w in ("王小明", "13800001234", "示例路")), platform
        m = map_order(platform, body, rulebook.current(platform))
        assert m.receiver.masked["name"] == "王**" and m.receiver.masked["phone"] == "*******1234"
    assert one("taobao", sheets.taobao(1)).receiver.region == ["浙江省", "杭州市", "西湖区"]


def test_shopee_needs_its_country_for_currency_and_hours() -> None:
    found = read("shopee", sheets.shopee(1, Country="Atlantis"))
    assert not found.orders and "Country" in found.bad[0].message
    m = one("shopee", sheets.shopee(1, Country="Thailand"))
    assert m.amounts.currency == "THB" and m.placed_at == "2026-01-01T01:00:00Z"


def test_profiles_hold_no_header_twice() -> None:
    for platform in HEADS:
        p = columns.profile(platform)
        names = [n for names in p.columns.values() for n in names]
        assert len(names) == len(set(names)), platform
        assert msgspec.json.decode(msgspec.json.encode(p), type=columns.Profile) == p
