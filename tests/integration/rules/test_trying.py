"""A preview over raw orders: what it finds, page by page, and that it touches no order."""

from typing import Any

import pytest

from server.errors import Invalid, NotFound
from server.kit import db as database
from server.kit.ids import uuid7
from server.orders import trying, versions
from tests.integration.rules.test_versions import FILE, TID, take, titled
from tests.support.snapshot import moved, snapshot
from tests.support.world import World


async def orders(world: World, n: int) -> None:
    for i in range(n):
        await take(world, f"{TID}{i}")


async def run_of(run: Any) -> Any:
    return await database.row("select *, counts::text as told from rule_run where id = $1", run)


async def test_it_tells_order_by_order_and_changes_none(db: Any, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "PAGE", 2)
    await orders(world, 5)
    version = await versions.draft("taobao", titled("sku_properties_name"), "试", 0, None)
    before = await snapshot(db)
    run = await trying.begin("taobao", version, 4, None)
    assert (
        await db.value("select count(*) from job where kind = 'rules.preview' and args ->> 'run' = $1", str(run)) == 1
    )
    assert await trying.step(run)
    half = await run_of(run)
    assert (half["seen"], half["changed"], half["total"], half["state"]) == (2, 2, 4, "running")
    while await trying.step(run):
        pass
    done = await run_of(run)
    assert (done["seen"], done["changed"], done["state"]) == (4, 4, "done")
    assert done["told"] == '{"lines.title": 4}'
    found = await db.rows(
        "select external_id, fields::text as fields from rule_change where run = $1 order by raw desc", run
    )
    assert [r["external_id"] for r in found] == [f"{TID}{i}" for i in (4, 3, 2, 1)], "newest first, each once"
    assert all('"商品 TEE-WHT-M", "颜色:黑"' in r["fields"] for r in found)
    assert moved(before, await snapshot(db)) == {"rule_run", "rule_change", "event", "job"}
    assert not await trying.step(run)


async def test_the_same_rules_change_nothing(db: Any, world: World) -> None:
    await orders(world, 2)
    run = await trying.begin("taobao", await versions.draft("taobao", FILE, "同样", 0, None), 100, None)
    while await trying.step(run):
        pass
    assert (await run_of(run))["changed"] == 0 and (await run_of(run))["seen"] == 2


async def test_cancelled_it_stops(db: Any, world: World) -> None:
    await orders(world, 2)
    run = await trying.begin("taobao", await versions.draft("taobao", FILE, "同样", 0, None), 100, None)
    await trying.cancel(run)
    before = await snapshot(db)
    assert not await trying.step(run)
    await trying.cancel(run)
    assert moved(before, await snapshot(db)) == set()


async def test_what_cannot_be_tried_is_refused(db: Any, world: World) -> None:
    before = await snapshot(db)
    for last in (0, 100_001):
        with pytest.raises(Invalid):
            await trying.begin("taobao", 0, last, None)
    with pytest.raises(NotFound):
        await trying.begin("taobao", 7, 10, None)
    with pytest.raises(NotFound):
        await trying.step(uuid7())
    assert moved(before, await snapshot(db)) == set()
