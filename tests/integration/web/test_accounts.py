"""Log-in, sessions, roles: who gets in, who does not, and that every route says so."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from litestar import Litestar, get

from server.accounts import guards
from server.accounts.rules import DESK, FLOOR, ROLES
from tests.support.client import Client
from tests.support.world import PASSWORD, World

Login = Callable[[str], Awaitable[Client]]

# What 仓储 may reach, and nothing else: its session, its devices, its inbox, the sync of its three actions.
WAREHOUSE = {
    ("POST", "/api/logout"),
    ("GET", "/api/me"),
    ("GET", "/api/inbox"),
    ("POST", "/api/inbox/read"),
    ("POST", "/api/devices/enrol"),
    ("POST", "/api/sync/v1/pull"),
    ("POST", "/api/sync/v1/push"),
}
PUBLIC = {
    "/hooks/{platform:str}",
    "/hooks/consent",
    "/hooks/consent/{word:str}",
    "/api/login",
    "/api/health",
    "/",
    "/{path:path}",
}


async def test_log_in_and_out(web: Client, world: World, db: Any) -> None:
    answer = await web.post("/api/login", json={"login": " Service ", "password": PASSWORD})
    assert answer.status_code == 200 and answer.json()["person"]["role"] == "service"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Secure" in cookie
    token = re.search(r"zs_session=([^;]+)", cookie)
    assert token and await db.value("select count(*) from session where token_hash = $1", token[1].encode()) == 0
    me = (await web.get("/api/me")).json()
    assert me["person"]["name"] == "service 先生" and me["warehouse"]["name"] == "杭州仓" and me["demo"] is True
    assert (await web.post("/api/logout")).status_code == 204
    web.cookies.set("zs_session", token[1])
    assert (await web.get("/api/me")).status_code == 401


async def test_wrong_password_and_unknown_name_look_alike(web: Client, world: World, db: Any) -> None:
    wrong = await web.post("/api/login", json={"login": "service", "password": "not-the-password"})
    unknown = await web.post("/api/login", json={"login": "nobody", "password": "not-the-password"})
    assert wrong.status_code == unknown.status_code == 401
    assert {k: v for k, v in wrong.json().items() if k != "trace"} == {
        k: v for k, v in unknown.json().items() if k != "trace"
    }
    assert await db.value("select count(*) from session") == 0


async def test_many_failures_lock_the_name_for_a_while(web: Client, world: World) -> None:
    for _ in range(8):
        assert (await web.post("/api/login", json={"login": "service", "password": "wrong"})).status_code == 401
    locked = await web.post("/api/login", json={"login": "service", "password": PASSWORD})
    assert locked.status_code == 503 and locked.headers["retry-after"] == "900"
    assert (await web.post("/api/login", json={"login": "manager", "password": PASSWORD})).status_code == 200


async def test_a_page_of_another_site_cannot_act(web: Client, world: World, db: Any) -> None:
    answer = await web.post("/api/login", json={"login": "service", "password": PASSWORD}, headers={"X-Zhongshu": ""})
    assert answer.status_code == 403 and answer.json()["code"] == "not_our_page"
    assert await db.value("select count(*) from session") == 0


async def test_matrix_of_routes_and_roles(as_role: Login, web: Client) -> None:
    """Generated from the app's own routes: each role gets in exactly where its guard says, and 仓储 nearly nowhere."""
    table = guards.routes(web.app)
    assert len(table) > 25
    assert {path for _, path, roles in table if roles is None} == PUBLIC
    reached = {(m, p) for m, p, roles in table if roles is not None and "warehouse" in roles}
    assert {(m, p) for m, p in reached if m not in ("HEAD", "OPTIONS")} == WAREHOUSE
    checked = 0
    for role in (*ROLES, ""):
        if role:
            await as_role(role)
        else:
            web.cookies.clear()
        for method, path, roles in table:
            if roles is None or method in ("HEAD", "OPTIONS") or path == "/api/logout" or "/sync/" in path:
                continue
            url = re.sub(r"\{\w+:int\}", "1", path)
            url = re.sub(r"\{[^}]+\}", "00000000-0000-7000-8000-000000000000", url)
            answer = await web.request(method, url, content=b"{}" if method == "POST" else None)
            if not role:
                assert answer.status_code == 401, (method, path)
            elif role not in roles:
                assert answer.status_code == 403 and answer.json()["code"] == "not_your_role", (role, method, path)
            else:
                assert answer.status_code not in (401, 403, 500), (role, method, path, answer.text)
            checked += 1
    assert checked > 100
    assert set(FLOOR) | set(DESK) == set(ROLES)


def test_a_route_without_a_guard_stops_the_start() -> None:
    @get("/open")
    async def forgotten() -> None:
        return None

    with pytest.raises(ValueError, match="want exactly one"):
        guards.routes(Litestar([forgotten], openapi_config=None))


async def test_weak_and_double_accounts_are_refused(world: World, db: Any) -> None:
    from server.accounts import actions
    from server.errors import Conflict, Invalid

    before = await db.value("select count(*) from person")
    for login, password, role in (
        ("new", "short", "manager"),
        ("new", "aaaaaaaaaaaa", "manager"),
        ("ne w", PASSWORD, "manager"),
        ("new", PASSWORD, "boss"),
    ):
        with pytest.raises(Invalid):
            await actions.add_person(login, "新人", role, password)
    with pytest.raises(Conflict):
        await actions.add_person("SERVICE", "另一个", "service", PASSWORD)
    assert await db.value("select count(*) from person") == before


async def test_errors_have_one_form(as_role: Login, web: Client) -> None:
    await as_role("service")
    cases = {
        "/api/nothing-here": 404,
        "/api/orders/00000000-0000-7000-8000-000000000000": 404,
        "/api/orders?limit=100000": 422,
        "/api/orders?shop=not-a-uuid": 422,
        "/api/orders?after=2026~x": 422,
    }
    for path, status in cases.items():
        answer = await web.get(path)
        assert answer.status_code == status, (path, answer.text)
        assert set(answer.json()) == {"code", "message", "detail", "trace"}
    broken = await web.post("/api/inbox/read", content=b"{not json")
    assert broken.status_code == 400 and broken.json()["code"] == "malformed"
    large = await web.post("/api/inbox/read", content=b'{"ids": [' + b" " * (11 * 1024 * 1024) + b"]}")
    assert large.status_code == 413
    nul = await web.get("/api/orders", params={"q": "a\0b"})
    assert nul.status_code == 422 and nul.json()["code"] == "bad_text"


async def test_the_page_and_its_files(web: Client) -> None:
    page = await web.get("/")
    assert page.status_code == 200 and "中枢" in page.text and page.headers["cache-control"] == "no-cache"
    assert "default-src 'self'" in page.headers["content-security-policy"]
    script = await web.get("/assets/app-1.js")
    assert "immutable" in script.headers["cache-control"] and script.headers["content-encoding"] == "gzip"
    assert (await web.get("/assets/gone.js")).status_code == 404
    head = await web.head("/")
    assert head.status_code == 200 and head.content == b""
    assert (await web.get("/api/health")).json()["db"] is True
