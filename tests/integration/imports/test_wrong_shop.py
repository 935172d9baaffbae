"""A file under the wrong shop, and words that a file's author knows and we do not."""

from typing import Any

import pytest

from server import rulebook
from server.imports import columns, files
from server.kit import db
from server.orders import actions as reviewing
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


async def test_an_order_that_a_file_says_is_closed_is_not_shipped_on(bring: Any, world: Any) -> None:
    """The API was cut off; an export tells no time of a cancellation, so nothing in it is newer than what we have."""
    shop = world.shops["taobao"]
    await bring(shop, as_csv([sheets.TAOBAO, sheets.taobao(1), sheets.taobao(2), sheets.taobao(3)]))
    await intake.map_pending(shop, "taobao")
    for t in await settled():
        await reviewing.release_hold(t["order_id"], t["id"], "已看")
    assert await settled() == []
    assert await db.value("select count(*) from sales_order where reserved_at is not null") == 3
    await db.run("update sales_order set modified_at = modified_at + interval '1 hour'")  # what the API said last
    closed = sheets.taobao(1, 订单状态="交易关闭", 退款状态="退款成功")
    asked = sheets.taobao(2, 退款状态="退款中")
    data = as_csv([sheets.TAOBAO, closed, asked, sheets.taobao(3)])
    dry = await bring(shop, data, "dry")
    assert (dry["counts"]["held"], dry["counts"]["known"]) == (2, 1)
    assert await settled() == []
    assert (await bring(shop, data))["stored"]
    await intake.map_pending(shop, "taobao")
    assert sorted(t["reason"] for t in await settled()) == ["manual", "manual"]
    assert await db.value("select count(*) from sales_order where reserved_at is not null") == 1
    for t in await settled():
        await reviewing.release_hold(t["order_id"], t["id"], "和买家核对过，照发")
    report = await bring(shop, as_csv([sheets.TAOBAO, closed, asked]))
    assert report["counts"]["known"] == 2 and await settled() == []  # looked at once is enough


async def settled() -> list[Any]:
    """Review and reserve until nothing moves; the holds that wait."""
    while await reviewing.review_pending():
        pass
    while await reviewing.reserve_pending():
        pass
    return await db.rows("select id, order_id, reason from task where kind = 'hold' and closed_at is null")
