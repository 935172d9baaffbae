"""Versions of rules on real PostgreSQL: what is in force, conflicts, undo, and that what is written stays."""

import asyncio
import contextvars
from typing import Any

import asyncpg
import msgspec
import pytest

from server import rulebook
from server.errors import Conflict, Invalid, NotFound
from server.kit import db as database
from server.orders import intake, versions
from server.platforms import registry
from tests.support.snapshot import moved, snapshot
from tests.support.world import World, taobao_order

TID = "4100000000000000777"
FILE = rulebook.written(rulebook.current("taobao")).decode()


def titled(path: str) -> str:
    """The file's rules, with the title of a line read from another field."""
    rules: list[dict[str, Any]] = msgspec.json.decode(FILE)
    for rule in rules:
        if rule["to"] == "line.title":
            rule["from"] = [path]
    return msgspec.json.encode(rules).decode()


async def take(world: World, tid: str) -> Any:
    answer = b'{"trade_fullinfo_get_response":{"trade":' + taobao_order(tid, {"TEE-WHT-M": 1}) + b',"request_id":"r"}}'
    await intake.store_raw(world.shops["taobao"], "taobao", registry.get("taobao").split(answer).orders)
    await intake.map_pending(world.shops["taobao"], "taobao")
    return await database.row(
        """select l.title, o.provenance::text as provenance from sales_order o join order_line l on l.order_id = o.id
           where o.external_id = $1""",
        tid,
    )


async def force() -> int:
    async with database.transaction():
        return (await versions.in_force("taobao")).house


async def test_intake_maps_by_the_version_in_force(db: Any, world: World) -> None:
    first = await take(world, TID)
    assert first["title"] == "商品 TEE-WHT-M" and '"taobao-1"' in first["provenance"]
    version = await versions.draft("taobao", titled("sku_properties_name"), "规格当商品名", 0, None)
    assert (await take(world, f"{TID}1"))["title"] == "商品 TEE-WHT-M", "a draft is not in force"
    await versions.apply("taobao", version, None)
    second = await take(world, f"{TID}2")
    assert second["title"] == "颜色:黑" and '"taobao-1.1"' in second["provenance"]
    assert await versions.undo("taobao", 0, "改错了", None) == 2
    third = await take(world, f"{TID}3")
    assert third["title"] == "商品 TEE-WHT-M" and '"taobao-1.2"' in third["provenance"]


async def test_who_comes_second_is_told(db: Any) -> None:
    mine = await versions.draft("taobao", titled("sku_properties_name"), "甲", 0, None)
    theirs = await versions.draft("taobao", titled("title"), "乙", 0, None)
    await versions.apply("taobao", theirs, None)
    before = await snapshot(db)
    with pytest.raises(Conflict):
        await versions.apply("taobao", mine, None)
    await versions.apply("taobao", theirs, None)
    assert moved(before, await snapshot(db)) == set(), "neither the refused nor the repeated one does anything"
    assert await force() == theirs


async def test_two_who_apply_at_once_cannot_both_win(db: Any) -> None:
    drafts = [await versions.draft("taobao", titled("title"), str(i), 0, None) for i in range(4)]
    done = await asyncio.gather(*(versions.apply("taobao", v, None) for v in drafts), return_exceptions=True)
    assert sorted(type(d).__name__ for d in done) == ["Conflict"] * 3 + ["NoneType"]


async def test_a_version_waits_for_what_is_being_mapped(db: Any) -> None:
    version = await versions.draft("taobao", FILE, "同样", 0, None)
    async with database.transaction():
        await versions.in_force("taobao")
        elsewhere = contextvars.Context()  # else it would join this transaction
        applying = asyncio.create_task(versions.apply("taobao", version, None), context=elsewhere)
        await asyncio.sleep(0.1)
        assert not applying.done()
    await applying
    assert await force() == version


@pytest.mark.parametrize(
    ("body", "reason"),
    [(FILE, " "), ("[]", "r"), ("{", "r"), ('{"a": 1}', "r"), ('[{"name": "x", "to": "nothing", "from": ["a"]}]', "r")],
)
async def test_bad_rules_are_refused_and_nothing_is_written(db: Any, body: str, reason: str) -> None:
    before = await snapshot(db)
    with pytest.raises(Invalid):
        await versions.draft("taobao", body, reason, 0, None)
    for act in (versions.apply("taobao", 9, None), versions.undo("taobao", 9, "r", None)):
        with pytest.raises(NotFound):
            await act
    assert moved(before, await snapshot(db)) == set()


async def test_what_is_written_stays(db: Any) -> None:
    version = await versions.draft("taobao", FILE, "同样", 0, None)
    for statement in ("update rule_version set body = '[]'", "delete from rule_version"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await db.run(statement)
    await versions.apply("taobao", version, None)
    with pytest.raises(asyncpg.RestrictViolationError):
        await db.run("update rule_version set applied_at = null")
