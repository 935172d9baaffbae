"""What the desk is told of its shops, and what it may change: states, counts, options, the end of a connection."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from server.errors import NotFound
from server.kit import clock
from server.kit.ids import uuid7
from server.platforms import backfill, connect, queries, refunds, registry
from server.platforms.port import RawRefund
from tests.integration.platforms.house import Told, authorised
from tests.support.client import Client
from tests.support.snapshot import moved, snapshot


async def seen(web: Client, shop: Any) -> dict[str, Any]:
    page = (await web.get("/api/shops")).json()
    row: dict[str, Any] = next(r for r in page["rows"] if r["id"] == str(shop))
    return row


def case(number: str, state: Any) -> RawRefund:
    return RawRefund(number, "", b"{}", None, state, "money")


async def test_a_rest_is_told_from_a_breakdown(world: Any, web: Client, as_role: Any, db: Any) -> None:
    await as_role("finance")
    shop = world.shops["taobao"]
    now = clock.now()
    await db.run("update shop set last_pull_at = $2, open_until = null, settings = '{}' where id = $1", shop, now)
    row = await seen(web, shop)
    assert (row["resting_until"], row["broken"], row["every_s"]) == (None, False, 60.0)
    assert datetime.fromisoformat(row["next_pull_at"]) == now + timedelta(seconds=60)
    rest = now + timedelta(minutes=5)
    await db.run("update shop set open_until = $2, failures = 1 where id = $1", shop, rest)
    row = await seen(web, shop)
    assert (datetime.fromisoformat(row["next_pull_at"]), row["broken"]) == (rest, False)
    await db.run("update shop set failures = 4 where id = $1", shop)
    assert (await seen(web, shop))["broken"] is True
    await db.run("update shop set state = 'off' where id = $1", shop)
    assert (await seen(web, shop))["next_pull_at"] is None


async def test_cases_are_counted_by_shop(world: Any, web: Client, as_role: Any, db: Any) -> None:
    await as_role("service")
    shop, other = world.shops["taobao"], world.shops["jd"]
    await refunds.keep(shop, [case("1", "asked"), case("2", "returning"), case("3", "done"), case("4", "closed")])
    await refunds.keep(other, [case("1", "unknown")])
    row = await seen(web, shop)
    assert (row["refunds_asked"], row["refunds_open"]) == (1, 2)
    row = await seen(web, other)
    assert (row["refunds_asked"], row["refunds_open"]) == (0, 1)
    row = await seen(web, world.shops["shopee"])
    assert (row["refunds_asked"], row["refunds_open"]) == (0, 0)


async def test_the_page_says_whether_the_demo_would_end(world: Any, web: Client, as_role: Any, db: Any) -> None:
    await as_role("manager")
    page = (await web.get("/api/shops")).json()
    assert (page["demo"], page["own_manager"]) == (True, True)
    await db.run("update person set name = '演示' || name")
    assert (await web.get("/api/shops")).json()["own_manager"] is False


async def test_an_option_is_as_usual_again(world: Any, web: Client, as_role: Any, db: Any) -> None:
    await as_role("manager")
    shop = world.shops["taobao"]
    await db.run("""update shop set settings = '{"pull_every_s": 5, "own": {"group": "a"}}' where id = $1""", shop)
    body = {"name": "一号店", "options": {"refunds_every_s": 300}, "unset": ["pull_every_s"]}
    assert (await web.patch(f"/api/shops/{shop}", json=body)).status_code == 204
    row = await seen(web, shop)
    assert (row["settings"], row["every_s"]) == ({"own": {"group": "a"}, "refunds_every_s": 300}, 60.0)
    before = await snapshot(db)
    refused = await web.patch(f"/api/shops/{shop}", json=body | {"options": {"pull_every_s": 1}})
    assert refused.status_code == 422 and moved(before, await snapshot(db)) == set()


async def test_what_comes_beside_the_code_is_handed_on(
    world: Any, web: Client, as_role: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, given = Told(), []
    real = told.exchange

    async def exchange(shop: Any, code: str, redirect: str, extra: Any = None) -> Any:
        given.append((code, redirect, dict(extra)))
        return await real(shop, code, redirect, extra)

    monkeypatch.setattr(told, "exchange", exchange)
    monkeypatch.setattr(registry, "connect", lambda code, client: told)
    await as_role("manager")
    path = f"/api/shops/{world.shops['taobao']}/code"
    assert (await web.post(path, json={"code": " good ", "shop_id": "7"})).status_code == 204
    assert (await web.post(path, json={"code": "good"})).status_code == 204
    assert given == [
        ("good", "https://test/hooks/consent", {"shop_id": "7"}),
        ("good", "https://test/hooks/consent", {}),
    ]


async def test_a_shop_is_disconnected_and_comes_back(world: Any, web: Client, as_role: Any, db: Any) -> None:
    shop = world.shops["taobao"]
    await authorised(db, shop)
    today = clock.now().date()
    await backfill.start(shop, today, today)
    await as_role("service")
    before = await snapshot(db)
    assert (await web.post(f"/api/shops/{shop}/disconnect", json={})).status_code == 403
    assert moved(before, await snapshot(db)) == set()
    await as_role("manager")
    assert (await web.post(f"/api/shops/{shop}/disconnect", json={})).status_code == 204
    opened, row = await queries.get_shop(shop)
    assert (opened.access_token, opened.refresh_token, row["state"], row["access_until"]) == ("", "", "new", None)
    assert opened.app_secret != ""
    assert (await backfill.latest([shop]))[shop].state == "stopped"
    (step,) = await connect.try_out(shop, Told())
    assert not step.ok and "授权" in step.message
    await authorised(db, shop, "t9")
    assert (await queries.get_shop(shop))[1]["state"] == "on"
    with pytest.raises(NotFound):
        await connect.disconnect(uuid7())
