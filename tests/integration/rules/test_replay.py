"""A version that comes into force is replayed: open orders become what it says; what people set, and what has left,
stays."""

import random
from typing import Any
from uuid import UUID

import msgspec
import pytest

from server.kit import db as database
from server.orders import actions, intake, matching, trying, versions
from server.platforms import registry
from tests.integration.rules.test_versions import FILE, TID, titled
from tests.support.world import World, taobao_order

GOODS = "select id, line_key, title, outer_code, sku, gone, qty from order_line where order_id = $1 order by line_key"


async def order(world: World, tid: str, code: str = "TEE-WHT-M") -> UUID:
    answer = b'{"trade_fullinfo_get_response":{"trade":' + taobao_order(tid, {code: 1}) + b',"request_id":"r"}}'
    await intake.store_raw(world.shops["taobao"], "taobao", registry.get("taobao").split(answer).orders)
    await settled(world)
    found: UUID = await database.value("select id from sales_order where external_id = $1", tid)
    return found


async def settled(world: World) -> None:
    while await intake.map_pending(world.shops["taobao"], "taobao"):
        pass
    await actions.review_pending()
    await actions.reserve_pending()


async def replayed(world: World) -> Any:
    """What the jobs do after a version was applied."""
    run = await database.value("select id from rule_run where kind = 'replay' order by made_at desc limit 1")
    while await trying.step(run):
        pass
    await settled(world)
    return await database.row("select * from rule_run where id = $1", run)


def coded(path: str) -> str:
    """The file's rules, with our code of a line read from another field."""
    rules: list[dict[str, Any]] = msgspec.json.decode(FILE)
    for rule in rules:
        if rule["to"] == "line.outer_code":
            rule["from"] = [path]
    return msgspec.json.encode(rules).decode()


async def applied(body: str, base: int) -> int:
    version = await versions.draft("taobao", body, "试", base, None)
    await versions.apply("taobao", version, None)
    return version


async def title(order_id: UUID) -> str:
    found: str = await database.value("select title from order_line where order_id = $1", order_id)
    return found


async def leave(order_id: UUID) -> None:
    await database.run("update sales_order set handed_over_at = now() where id = $1", order_id)


async def test_open_orders_become_what_it_says_and_back(db: Any, world: World) -> None:
    one, two = await order(world, f"{TID}1"), await order(world, f"{TID}2")
    await leave(two)
    before = await db.rows("select * from sales_order where id = $1", two)
    version = await applied(titled("sku_properties_name"), 0)
    run = await replayed(world)
    assert (run["state"], run["seen"], run["changed"]) == ("done", 1, 1)
    assert (await title(one), await title(two)) == ("颜色:黑", "商品 TEE-WHT-M")
    assert await db.rows("select * from sales_order where id = $1", two) == before
    assert await db.value("select reserved_at is not null from sales_order where id = $1", one), "a title is no goods"
    await versions.undo("taobao", 0, "改错了", None)
    await replayed(world)
    assert await title(one) == "商品 TEE-WHT-M"
    assert await db.value("select count(*) from raw_order where state = 'new'") == 0
    assert version == 1


async def test_what_leaves_in_between_stays(db: Any, world: World) -> None:
    """It was open when its page was read, and has left when it is mapped."""
    one = await order(world, f"{TID}1")
    await applied(titled("sku_properties_name"), 0)
    run = await db.value("select id from rule_run where kind = 'replay'")
    assert await trying.step(run)
    await leave(one)
    await settled(world)
    assert await title(one) == "商品 TEE-WHT-M"
    assert await db.value("select count(*) from raw_order where state = 'new'") == 0


async def test_the_same_rules_change_nothing(db: Any, world: World) -> None:
    one = await order(world, f"{TID}1")
    last = await db.value("select max(seq) from event")
    seen = await db.row("select version, reserved_at, reviewed_at from sales_order where id = $1", one)
    await applied(FILE, 0)
    run = await replayed(world)
    assert (run["seen"], run["changed"]) == (1, 0)
    assert await db.row("select version, reserved_at, reviewed_at from sales_order where id = $1", one) == seen
    told = {r["kind"] for r in await db.rows("select kind from event where seq > $1", last)}
    assert told == {"rules_drafted", "rules_applied", "rules_tried", "raw_stored"}


async def test_killed_between_pages_it_goes_on(db: Any, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trying, "PAGE", 2)
    orders = [await order(world, f"{TID}{i}") for i in range(5)]
    await applied(titled("sku_properties_name"), 0)
    run = await db.value("select id from rule_run where kind = 'replay'")
    assert await trying.step(run)  # this process is gone now; another takes the job up
    await settled(world)
    done = await replayed(world)
    assert (done["seen"], done["changed"], done["total"]) == (5, 5, 5)
    assert {await title(o) for o in orders} == {"颜色:黑"}
    assert await db.value("select count(*) from rule_change where run = $1", run) == 5


@pytest.mark.parametrize("seed", range(4))
async def test_no_value_of_a_person_is_lost(db: Any, world: World, seed: int) -> None:
    """Matches by hand, releases and holds of people, through any versions; what has left is never touched."""
    by = random.Random(seed)
    skus = list(world.skus.values())
    matched: dict[UUID, UUID] = {}
    held: set[UUID] = set()
    released: set[UUID] = set()
    left: dict[UUID, list[Any]] = {}
    for i in range(12):
        o = await order(world, f"{TID}{i:02}", by.choice(["TEE-WHT-M", "CUP-RED", f"OLD-{i}"]))
        line = await db.row("select id, sku from order_line where order_id = $1", o)
        if line["sku"] is None and by.random() < 0.8:
            matched[o] = by.choice(skus)
            await matching.match_line(o, line["id"], matched[o])
        deed = by.choice(["", "hold", "release", "leave"])
        if deed in ("hold", "release"):
            await actions.hold_order(o, "等等")
            held.add(o)
        await settled(world)
        if deed == "release":
            task = await db.value("select id from task where order_id = $1 and reason = 'manual'", o)
            await actions.release_hold(o, task, "可以发")
            held.discard(o)
            released.add(o)
        if deed == "leave":
            await leave(o)
            left[o] = await db.rows(GOODS, o)
    base = 0
    for _ in range(3):
        base = await applied(by.choice([titled("sku_properties_name"), coded("sku_id"), coded("title"), FILE]), base)
        await replayed(world)
    for o in matched:  # all sell one listing: which SKU it is was said by a person, whatever its code reads now
        assert await db.value("select sku from order_line where order_id = $1", o) in set(matched.values())
    for o in held | released:
        manual = await db.row("select closed_at from task where order_id = $1 and reason = 'manual'", o)
        assert (manual["closed_at"] is None) == (o in held)
    for o, goods in left.items():
        assert await db.rows(GOODS, o) == goods
