"""A file under the wrong shop, and words that a file's author knows and we do not."""

from typing import Any

import pytest

from server import rulebook
from server.imports import columns, files
from server.kit import db
from server.orders import intake
from server.orders.mapping import map_order
from server.platforms import connect
from tests.support import sheets
from tests.support.sheets import as_csv


@pytest.fixture
def bring(as_role: Any, web: Any) -> Any:
    async def run(shop: Any, data: bytes, mode: str = "row") -> Any:
        await as_role("service")
        params = {"shop": str(shop), "mode": mode, "name": "a.csv"}
        answer = await web.post("/api/imports", params=params, content=data)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return run


async def test_orders_of_another_shop_are_not_imported_under_this_one(bring: Any, world: Any) -> None:
    first = world.shops["taobao"]
    other = await connect.add(
        connect.NewShop(platform="taobao", name="二号店", app_key="k", app_secret="s", external_id="二号店"),
        lambda code: True,
    )
    data = as_csv([sheets.TAOBAO, sheets.taobao(1)])
    assert (await bring(first, data))["stored"]
    await intake.map_pending(first, "taobao")
    report = await bring(other, as_csv([sheets.TAOBAO, sheets.taobao(1), sheets.taobao(2)]))
    assert (report["counts"]["bad"], report["counts"]["new"]) == (1, 1)
    assert "属于店铺" in report["list"][0]["message"]
    await intake.map_pending(other, "taobao")
    assert await db.value("select count(*) from sales_order") == 2
    assert not (await bring(other, data, "file"))["stored"]


async def test_what_was_good_of_a_file_is_counted_in_orders(bring: Any, world: Any) -> None:
    rows = [
        sheets.taobao(1, "A", 1),
        sheets.taobao(1, "B", 2),
        sheets.taobao(1, "C", 3, 购买数量="x"),
        sheets.taobao(2),
    ]
    await bring(world.shops["taobao"], as_csv([sheets.TAOBAO, *rows]))
    row = await db.row("select good, bad from import_file")
    assert (row["good"], row["bad"]) == (1, 3)


@pytest.mark.parametrize(
    ("platform", "column"), [("taobao", "退款状态"), ("pinduoduo", "售后状态")], ids=["taobao", "pinduoduo"]
)
def test_a_refund_in_words_nobody_knows_is_a_hold_never_none(platform: str, column: str) -> None:
    head, make = {"taobao": (sheets.TAOBAO, sheets.taobao), "pinduoduo": (sheets.PDD, sheets.pdd)}[platform]
    row = [files.clean(cell) for cell in make(1, **{column: "退款处理中，平台介入"})]
    found = columns.read(columns.profile(platform), [head, row])
    assert not found.bad
    ((_, body),) = found.orders.values()
    mapped = map_order(platform, body, rulebook.current(platform))
    assert [h.code for h in mapped.holds] == ["unknown_value"]
