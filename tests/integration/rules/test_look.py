"""A raw order beside what it becomes: by rules that are not stored, without what is personal, and nothing changes."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from server.kit import db as database
from server.kit.ids import uuid7
from server.orders import actions, mapping, trying, versions
from tests.integration.rules.test_replay import leave, order
from tests.integration.rules.test_versions import FILE, TID, titled
from tests.support.client import Client
from tests.support.snapshot import moved, snapshot
from tests.support.world import World


async def raw_of(order_id: UUID) -> str:
    return str(await database.value("select raw from sales_order where id = $1", order_id))


async def look(web: Client, raw: str, rules: str = "") -> Any:
    answer = await web.post("/api/rules/taobao/look", json={"raw": raw, "rules": rules})
    assert answer.status_code == 200, answer.text
    return answer.json()


def at(found: Any, field: str, line: int = 0) -> Any:
    return next(f for f in found["fields"] if (f["field"], f["line"]) == (field, line))


async def test_the_closed_lists_are_what_the_house_knows(as_role: Any, web: Client, db: Any) -> None:
    await as_role("manager")
    form = (await web.get("/api/rules/taobao/form")).json()
    names = {t["name"]: t for t in form["targets"]}
    assert names["state"]["choices"] == ["cancelled", "completed", "paid", "shipped", "unpaid"]
    assert names["line.qty"]["line"] and names["line.qty"]["required"] and names["line.qty"]["zh"] == "数量"
    assert {r["to"] for r in msgspec.json.decode(FILE)} <= set(names)
    assert form["steps"] == ["sum", "fen", "list", "upper", "before_dash", "map"]
    assert set(form["with_values"]) == {"in", "not_in", "starts"} < set(form["ops"])
    assert "receiver_name" in form["personal"]
    assert (await web.get("/api/rules/nowhere/form")).status_code == 404
    listed = (await web.get("/api/rules")).json()["rows"]
    assert {r["platform"]: r["in_force"] for r in listed} == dict.fromkeys(mapping.bodies, 0)


async def test_by_the_rules_in_force(as_role: Any, web: Client, db: Any, world: World) -> None:
    await as_role("manager")
    order_id = await order(world, TID)
    before = await snapshot(db)
    found = await look(web, await raw_of(order_id))
    assert moved(before, await snapshot(db)) == set()
    title = at(found, "lines.title", 1)
    assert (title["value"], title["was"], title["path"]) == ("商品 TEE-WHT-M", "商品 TEE-WHT-M", "title")
    assert (title["rule"], title["version"]) == ("line title", "taobao-1")
    assert at(found, "total_minor")["value"] == 1000 and at(found, "currency")["path"] == "(default)"
    assert (
        found["lines"][0]["sku_properties_name"] == "颜色:黑" and found["order"]["status"] == "WAIT_SELLER_SEND_GOODS"
    )
    assert found["order"]["tid"] == TID, "an id that a browser would round is text"
    assert (found["stays"], found["deeds"], found["holds"]) == ("", [], [])
    said = msgspec.json.encode(found).decode()
    assert "王**" not in said and "oaid" in said and f"1{TID}oaid" not in said


async def test_by_rules_that_are_not_stored(as_role: Any, web: Client, db: Any, world: World) -> None:
    await as_role("manager")
    raw = await raw_of(await order(world, TID))
    before = await snapshot(db)
    found = await look(web, raw, titled("sku_properties_name"))
    title = at(found, "lines.title", 1)
    assert (title["value"], title["was"]) == ("颜色:黑", "商品 TEE-WHT-M")
    assert [f["field"] for f in found["fields"] if f["value"] != f["was"]] == ["lines.title"]
    bad = msgspec.json.decode(FILE)
    bad[3]["from"] = ["receiver_name"]
    for rules, name in ((msgspec.json.encode(bad).decode(), bad[3]["name"]), ("{", ""), ("[]", "")):
        answer = await web.post("/api/rules/taobao/look", json={"raw": raw, "rules": rules})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_rules")
        assert answer.json()["detail"]["rule"] == name
    assert moved(before, await snapshot(db)) == set()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("[]", "少了"),
        ("{", "不是一串规则"),
        ('[{"name": "甲", "to": "nothing", "from": ["a"]}]', "规则「甲」有误：没有这个目标字段"),
        ('[{"name": "甲", "to": "state"}]', "来源和默认值都没有"),
        ('[{"name": "甲", "to": "line.title", "from": ["receiver_name"]}]', "个人信息"),
        ('[{"name": "甲", "to": "state", "from": ["a"], "what": 1}]', "规则「甲」有误：有不认识的内容"),
        ('[{"name": "甲", "to": "total", "from": ["a"], "when": [{"field": "b", "op": "in"}]}]', "要写值"),
    ],
)
async def test_what_is_wrong_is_said_in_words_with_the_rule(
    body: str, told: str, as_role: Any, web: Client, db: Any, world: World
) -> None:
    await as_role("manager")
    raw = await raw_of(await order(world, TID))
    before = await snapshot(db)
    for path, sent in (("/look", {"raw": raw, "rules": body}), ("", {"rules": body, "reason": "r", "base": 0})):
        answer = await web.post(f"/api/rules/taobao{path}", json=sent)
        assert answer.status_code == 422 and told in answer.json()["message"], answer.text
        assert answer.json()["detail"]["rule"] == ("甲" if "甲" in body else "")
    assert moved(before, await snapshot(db)) == set()


async def test_a_preview_may_be_stopped_and_a_replay_may_not(as_role: Any, web: Client, db: Any, world: World) -> None:
    await as_role("manager")
    await order(world, TID)
    version = await versions.draft("taobao", FILE, "同样", 0, None)
    preview = await trying.begin("taobao", version, 10, None)
    assert (await web.delete(f"/api/rule-runs/{preview}")).status_code == 204
    assert not await trying.step(preview)
    await versions.apply("taobao", version, None)
    replay = await db.value("select id from rule_run where kind = 'replay'")
    assert (await web.delete(f"/api/rule-runs/{replay}")).json()["code"] == "replay_runs"
    assert await trying.step(replay)


async def test_what_people_said_and_what_has_left_is_told(as_role: Any, web: Client, db: Any, world: World) -> None:
    await as_role("manager")
    order_id = await order(world, TID, "OLD-777")
    line = await db.value("select id from order_line where order_id = $1", order_id)
    answer = await web.post(f"/api/orders/{order_id}/lines/{line}/match", json={"sku_id": str(world.skus["TEE-WHT-M"])})
    assert answer.is_success, answer.text
    await leave(order_id)
    await order(world, f"{TID}1")
    found = await look(web, await raw_of(order_id))
    assert found["stays"] == "handed_over" and [d["kind"] for d in found["deeds"]] == ["line_matched"]
    assert found["deeds"][0]["who"]
    run = await trying.begin("taobao", await versions.draft("taobao", titled("outer_sku_id"), "x", 0, None), 10, None)
    assert (await web.get(f"/api/rule-runs/{run}")).json()["kinds"] == {}, "while it runs nothing is summed up"
    while await trying.step(run):
        pass
    page = (await web.get(f"/api/rule-runs/{run}?limit=1")).json()
    assert page["kept"] == 1 and page["kinds"] == {"lines.title": {"changed": 2}}
    assert (page["rows"][0]["stays"], page["rows"][0]["deeds"]) == ("", [])
    rest = (await web.get(f"/api/rule-runs/{run}?limit=1&after={page['after']}")).json()
    assert (rest["rows"][0]["stays"], rest["rows"][0]["deeds"]) == ("handed_over", ["line_matched"])


async def test_the_newest_raw_orders_and_one_by_its_number(as_role: Any, web: Client, db: Any, world: World) -> None:
    await as_role("manager")
    one, two = await order(world, f"{TID}1"), await order(world, f"{TID}2")
    await leave(one)
    found = (await web.get("/api/rules/taobao/raws")).json()
    assert [r["external_id"] for r in found["rows"]] == [f"{TID}2", f"{TID}1"] and found["open"] == 1
    assert [r["stays"] for r in found["rows"]] == ["", "handed_over"]
    no = await db.value("select no from sales_order where id = $1", two)
    for q in (no, f"{TID}2"):
        assert [r["order_no"] for r in (await web.get("/api/rules/taobao/raws", params={"q": q})).json()["rows"]] == [
            no
        ]
    for q in ("%", "_", "nothing"):
        assert (await web.get("/api/rules/taobao/raws", params={"q": q})).json()["rows"] == []
    assert (await web.get("/api/rules/jd/raws")).json() == {"rows": [], "open": 0}


@pytest.mark.parametrize("platform", ["jd", "taobao"])
async def test_what_is_not_there_or_of_another_platform(
    platform: str, as_role: Any, web: Client, db: Any, world: World
) -> None:
    await as_role("manager")
    raw = await raw_of(await order(world, TID)) if platform == "jd" else str(uuid7())
    answer = await web.post(f"/api/rules/{platform}/look", json={"raw": raw})
    assert (answer.status_code, answer.json()["code"]) == (404, "no_raw")


async def test_content_that_is_destroyed_is_not_shown(as_role: Any, web: Client, db: Any, world: World) -> None:
    await as_role("manager")
    raw = await raw_of(await order(world, TID))
    await db.run("update data_key set wrapped = null")
    answer = await web.post("/api/rules/taobao/look", json={"raw": raw})
    assert (answer.status_code, answer.json()["code"]) == (404, "no_raw")


async def test_a_persons_word_outlives_the_rules(as_role: Any, web: Client, db: Any, world: World) -> None:
    """Told by the look and true: after a version came into force the match is there."""
    await as_role("manager")
    order_id = await order(world, TID, "OLD-777")
    line = await db.value("select id from order_line where order_id = $1", order_id)
    sku = world.skus["TEE-WHT-M"]
    await web.post(f"/api/orders/{order_id}/lines/{line}/match", json={"sku_id": str(sku)})
    await actions.review_pending()
    version = await versions.draft("taobao", titled("sku_properties_name"), "试", 0, None)
    assert (await web.post(f"/api/rules/taobao/{version}/apply")).status_code == 204
    assert await db.value("select sku from order_line where id = $1", line) == sku
