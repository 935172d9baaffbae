"""What comes in without a session: signed pushes of a platform, and nothing else."""

from typing import Any

import pytest

from server.platforms import registry
from tests.integration.platforms.house import Told
from tests.support.client import Client
from tests.support.snapshot import moved, snapshot

URL = "https://test/hooks/taobao"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """The adapter that the web process connects to."""
    told = Told()
    monkeypatch.setattr(registry, "connect", lambda code, client: told if code == "taobao" else registry.get(code))
    return told


def signed(body: bytes, secret: str, url: str = URL) -> dict[str, str]:
    return {"Authorization": f"{secret}|{url}|{len(body)}", "content-type": "application/json"}


async def secret_of(world: Any) -> str:
    from server.platforms import queries

    return (await queries.get_shop(world.shops["taobao"]))[0].app_secret


async def test_a_signed_push_is_written_down_and_answered_empty(world: Any, web: Client, told: Told, db: Any) -> None:
    body = b"4100000000000000001"
    web.headers.pop("X-Zhongshu")
    answer = await web.post("/hooks/taobao", content=body, headers=signed(body, await secret_of(world)))
    assert (answer.status_code, answer.content) == (204, b"")
    (row,) = await db.rows("select shop, external_id, looked_at from hint")
    assert (row["shop"], row["external_id"], row["looked_at"]) == (world.shops["taobao"], body.decode(), None)
    assert await db.value("select count(*) from job where kind = 'platforms.look'") == 1
    assert told.asked == []  # nothing is asked while the platform waits


@pytest.mark.parametrize("how", ["another secret", "another url", "no signature", "another body", "too large"])
async def test_what_is_not_the_platforms_changes_nothing(
    how: str, world: Any, web: Client, told: Told, db: Any
) -> None:
    body, secret = b"4100000000000000001", await secret_of(world)
    headers = signed(body, secret)
    if how == "another secret":
        headers = signed(body, "guess")
    elif how == "another url":
        headers = signed(body, secret, "https://test/hooks/taobao/")
    elif how == "no signature":
        headers.pop("Authorization")
    elif how == "another body":
        body += b"1"
    else:
        body = b"1" * 70_000
        headers = signed(body, secret)
    before = await snapshot(db)
    answer = await web.post("/hooks/taobao", content=body, headers=headers)
    assert answer.status_code == (413 if how == "too large" else 401), answer.text
    assert moved(before, await snapshot(db)) == set()


async def test_a_platform_that_pushes_nothing_or_does_not_exist(world: Any, web: Client, db: Any) -> None:
    before = await snapshot(db)
    assert (await web.post("/hooks/jd", content=b"{}")).status_code == 409
    assert (await web.post("/hooks/nobody", content=b"{}")).status_code == 404
    assert moved(before, await snapshot(db)) == set()


async def test_back_from_the_platform(world: Any, web: Client, told: Told, db: Any) -> None:
    from server.platforms import connect

    shop = world.shops["taobao"]
    url = await connect.begin(shop, told, "https://test")
    word = url.rsplit("state=", 1)[1]
    answer = await web.get("/hooks/consent", params={"code": "good", "state": word})
    assert (answer.status_code, answer.headers["location"]) == (302, "https://test/#/shops?consent=ok")
    assert await db.value("select state from shop where id = $1", shop) == "on"
    answer = await web.get(f"/hooks/consent/{word}", params={"code": "good"})
    assert answer.headers["location"].endswith("consent=bad_consent")
