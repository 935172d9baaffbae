"""Connecting a shop: through its owner's yes, by hand, and the end of the demo."""

from typing import Any

import pytest

from server.errors import Conflict, Invalid, Rejected
from server.platforms import connect, demo, queries
from server.platforms.connect import NewShop
from server.settings import Settings, demo_ended, load
from tests.integration.platforms.house import Told
from tests.support.client import Client
from tests.support.snapshot import moved, snapshot

REAL = NewShop(platform="taobao", name="一号店", app_key="k", app_secret="canary-secret")


def known(code: str) -> bool:
    return code == "taobao"


async def begun(told: Told) -> tuple[Any, str]:
    """A shop whose owner was sent to the platform, and the word in the address."""
    shop_id = await connect.add(REAL, known)
    url = await connect.begin(shop_id, told, "https://hub.test/")
    assert "to=https://hub.test/hooks/consent&" in url
    return shop_id, url.rsplit("state=", 1)[1]


async def test_the_owner_says_yes(db: Any) -> None:
    told = Told()
    shop_id, word = await begun(told)
    assert (await queries.get_shop(shop_id))[1]["state"] == "new"
    assert await connect.finish(word, {"code": "good", "state": word}, told) == shop_id
    shop, row = await queries.get_shop(shop_id)
    assert (shop.external_id, shop.access_token, row["state"]) == ("演示旗舰店", "t2", "on")
    assert row["access_until"] is not None
    assert await db.value("select count(*) from job where kind = 'platforms.pull'") == 1
    assert not await db.value("select count(*) from shop where shop::text like '%canary%' or app_key like '%canary%'")


@pytest.mark.parametrize("why", ["unknown", "twice", "late", "no code"])
async def test_a_word_that_does_not_count(why: str, db: Any) -> None:
    told = Told()
    _, word = await begun(told)
    given = {"code": "good"}
    if why == "twice":
        await connect.finish(word, given, told)
    if why == "late":
        await db.run("update shop_consent set made_at = now() - interval '31 minutes'")
    if why == "no code":
        given = {}
    before, asked = await snapshot(db), len(told.asked)
    with pytest.raises(Invalid):
        await connect.finish("guessed" if why == "unknown" else word, given, told)
    assert moved(before, await snapshot(db)) <= ({"shop_consent"} if why == "no code" else set())
    assert len(told.asked) == asked


async def test_a_code_that_the_platform_refuses_changes_nothing(db: Any) -> None:
    told = Told()
    shop_id, word = await begun(told)
    with pytest.raises(Rejected):
        await connect.finish(word, {"code": "bad"}, told)
    assert (await queries.get_shop(shop_id))[1]["state"] == "new"


async def test_the_tokens_of_another_shop_are_not_kept(db: Any) -> None:
    told = Told()
    shop_id, word = await begun(told)
    await db.run("update shop set external_id = '另一家店' where id = $1", shop_id)
    told._grant_of = "演示旗舰店"  # type: ignore[attr-defined]
    real = told.exchange

    async def names_itself(*args: Any) -> Any:
        import msgspec

        return msgspec.structs.replace(await real(*args), external_id="演示旗舰店")

    told.exchange = names_itself  # type: ignore[method-assign]
    with pytest.raises(Conflict) as e:
        await connect.finish(word, {"code": "good"}, told)
    assert e.value.code == "another_shop"
    assert (await queries.get_shop(shop_id))[0].access_token == ""


async def test_one_shop_is_connected_once(db: Any) -> None:
    told = Told()
    _, word = await begun(told)
    await connect.finish(word, {"code": "good"}, told)
    _, word = await begun(told)
    with pytest.raises(Conflict) as e:
        await connect.finish(word, {"code": "good"}, told)
    assert e.value.code == "shop_known"


@pytest.mark.parametrize(
    "change",
    [
        {"platform": "amazon"},
        {"name": " "},
        {"app_key": ""},
        {"app_secret": ""},
        {"base_url": "http://platform.example"},
        {"base_url": "ftp://x"},
    ],
)
async def test_what_cannot_be_a_shop(change: dict[str, str], db: Any) -> None:
    import msgspec

    before = await snapshot(db)
    with pytest.raises(Invalid):
        await connect.add(msgspec.structs.replace(REAL, **change), known)
    assert moved(before, await snapshot(db)) == set()


async def test_trying_out_says_what_each_call_gave(world: Any, db: Any) -> None:
    told = Told()
    shop = world.shops["taobao"]
    from tests.integration.platforms.house import authorised

    await authorised(db, shop)
    steps = {s.name: s for s in await connect.try_out(shop, told)}
    assert steps["签名与授权"].ok and steps["订单"].ok and steps["时钟"].ok
    assert not steps["快递公司"].ok and "不影响接单" in steps["快递公司"].hint
    told.error = Rejected("platform_rejected", "应用没有此接口的权限")
    before = await snapshot(db)
    (step,) = await connect.try_out(shop, told)
    assert not step.ok and "权限" in step.message and "白名单" in step.hint
    assert moved(before, await snapshot(db)) == set()


async def test_a_real_shop_ends_the_demo(world: Any, web: Client, config: Settings, db: Any, as_role: Any) -> None:
    await as_role("manager")
    body = {"platform": "taobao", "name": "一号店", "app_key": "k", "app_secret": "s", "access_token": "t"}
    await db.run("update person set name = '演示' || name")
    refused = await web.post("/api/shops", json=body)
    assert refused.status_code == 409 and refused.json()["code"] == "own_manager_first"
    assert not demo_ended(config.data_dir) and await db.value("select count(*) from shop") == 4
    await db.run("update person set name = '张店主' where login = 'manager'")
    made = await web.post("/api/shops", json=body)
    assert made.status_code == 201 and made.json()["demo_ended"] is True
    assert demo_ended(config.data_dir)
    assert {r["state"] for r in await db.rows("select state from shop where id <> $1::uuid", made.json()["id"])} == {
        "off"
    }
    active = await db.rows("select login from person where active and login = any($1::text[])", list(demo.LOGINS))
    assert [r["login"] for r in active] == ["manager"]
    assert (await web.get("/api/me")).json()["demo"] is False  # still logged in, and no demo any more
    assert load({"DEMO": "1", "DATA_DIR": str(config.data_dir)}).demo is False
