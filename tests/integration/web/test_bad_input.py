"""Whatever is sent to a route that writes: a clear word, nothing done, and never a 500. From the app's own routes."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from server.kit import db as database
from server.kit import ids
from tests.integration.web.test_matrix import REVIEWED, at
from tests.integration.web.test_matrix import real as real  # the same orders, tasks and sheets
from tests.support.client import Client
from tests.support.snapshot import snapshot
from tests.support.world import PASSWORD

Login = Callable[[str], Awaitable[Client]]

JSON = [
    (m, p) for (m, p), roles in REVIEWED.items() if m == "POST" and roles and "/sync/" not in p and "logout" not in p
]
NO_BODY = {p for _, p in JSON if p.endswith(("/take", "/printed", "/retry", "/pull"))}
"""What they do is in their path; a body is not looked at."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")

BODIES: dict[str, bytes] = {
    "empty": b"",
    "not JSON": b"{not json",
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "a number": b"1e999",
    "not UTF-8": b'{"reason": "\xff\xfe"}',
    "deep": b"[" * 100_000,
    "other fields": b'{"drop": "table"}',
    "wrong types": b'{"reason": {"a": 1}, "task_id": 7, "sku_id": [], "ids": "x", "device_id": null, "outcome": 3,'
    b' "max_orders": "many", "count": "many", "dev": 5, "name": []}',
    "absurd": b'{"reason": "' + b"x" * 300_000 + b'", "task_id": "0", "sku_id": "0", "ids": ["0"],'
    b' "device_id": "0", "max_orders": 99999999999999999999, "count": -1, "outcome": "\\u0000", "dev": "\\u0000"}',
    "NUL": b'{"reason": "a\\u0000b", "outcome": "a\\u0000b", "dev": "0000000000000000000000000000000f",'
    b' "name": "\\u0000", "count": 99999}',
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_bad_body_is_refused_in_words_and_changes_nothing(
    name: str, as_role: Login, web: Client, real: dict[str, str], db: Any
) -> None:
    await as_role("manager")
    before = await snapshot(db)
    for method, path in JSON:
        if path in NO_BODY:
            continue
        answer = await web.request(
            method, at(path, real), content=BODIES[name], headers={"content-type": "application/json"}
        )
        assert answer.status_code in (400, 404, 409, 413, 422), (path, answer.status_code, answer.text[:300])
        told = answer.json()
        assert set(told) == {"code", "message", "detail", "trace"} and CHINESE.search(told["message"]), (path, told)
        assert not re.search(r"select|insert|asyncpg|Traceback|line \d", answer.text, re.I), (path, answer.text[:300])
    assert await snapshot(db) == before


async def test_an_unknown_id_is_a_404_and_no_id_at_all_too(
    as_role: Login, web: Client, real: dict[str, str], db: Any
) -> None:
    await as_role("manager")
    before = await snapshot(db)
    bodies = {
        "release": {"task_id": str(ids.uuid7()), "reason": "x"},
        "hold": {"reason": "x"},
        "match": {"sku_id": str(ids.uuid7())},
        "close": {"outcome": "done", "reason": ""},
    }
    unknown = {name: str(ids.uuid7()) for name in real}
    tried = 0
    for (method, path), roles in REVIEWED.items():
        if "{" not in path or not roles:
            continue
        body = bodies.get(path.rsplit("/", 1)[1], {})
        for url in (at(path, unknown), at(path, dict.fromkeys(real, "not-an-id"))):
            answer = await web.request(method, url, json=body if method == "POST" else None)
            assert answer.status_code == 404 and CHINESE.search(answer.json()["message"]), (method, url, answer.text)
            tried += 1
    assert tried >= 18
    assert await snapshot(db) == before


async def test_too_large_is_413_before_it_is_read(as_role: Login, web: Client, real: dict[str, str], db: Any) -> None:
    await as_role("manager")
    before = await snapshot(db)
    for method, path in JSON:
        if path in NO_BODY:
            continue
        answer = await web.request(method, at(path, real), content=b'{"x": "' + b" " * (11 * 1024 * 1024) + b'"}')
        assert answer.status_code == 413 and answer.json()["code"] == "too_large", path
    for what in ("pull", "push"):
        answer = await web.post(f"/api/sync/v1/{what}", content=b"\x90" * (300 * 1024))
        assert answer.status_code == 413, what
    assert await snapshot(db) == before


async def test_the_other_way_round(as_role: Login, web: Client, real: dict[str, str], db: Any) -> None:
    """A method that a route does not have, and a route that does not exist."""
    await as_role("manager")
    before = await snapshot(db)
    for _, path in REVIEWED:
        if path.startswith("/api/"):
            answer = await web.request("DELETE", at(path, real))
            assert answer.status_code == 405 and answer.json()["code"] == "method_not_allowed", path
    assert (await web.post("/api/orders/all/cancel", json={})).status_code in (404, 405)
    assert await snapshot(db) == before


async def test_two_at_once_one_of_them_is_told(as_role: Login, web: Client, real: dict[str, str], db: Any) -> None:
    """The same task closed by two people: the second one hears that it is done, and nothing is done twice."""
    await as_role("manager")
    task = ids.uuid7()
    await db.run(
        """insert into task(id, kind, subject_kind, subject_id, reason)
           values($1, 'quarantine', 'raw_order', $1, 'unreadable')""",
        task,
    )
    body = {"outcome": "done", "reason": ""}
    assert (await web.post(f"/api/tasks/{task}/close", json=body)).status_code == 204
    before = await snapshot(db)
    second = await web.post(f"/api/tasks/{task}/close", json=body)
    assert (second.status_code, second.json()["code"]) == (409, "task_closed")
    assert await snapshot(db) == before


async def test_a_session_that_ended_and_a_header_that_lacks(as_role: Login, web: Client, db: Any) -> None:
    await as_role("service")
    before = await snapshot(db)
    foreign = await web.post("/api/inbox/read", json={"ids": []}, headers={"X-Zhongshu": ""})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not_our_page")
    assert await snapshot(db) == before
    for ended in ("ends_at = now() - interval '1 second'", "ended_at = now()"):
        await as_role("service")
        await db.run(f"update session set {ended}")
        before = await snapshot(db)
        answer = await web.post("/api/inbox/read", json={"ids": []})
        assert (answer.status_code, answer.json()["code"]) == (401, "login_needed")
        assert await snapshot(db) == before
    await as_role("service")
    await db.run("update person set active = false where login = 'service'")
    assert (await web.get("/api/me")).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"login": "service", "password": "wrong-password"},
        {"login": "nobody", "password": PASSWORD},
        {"login": "service\0", "password": PASSWORD},
        {"login": "s" * 100_000, "password": "p" * 100_000},
        {"login": "' or 1=1 --", "password": "' or 1=1 --"},
        {"login": ["service"], "password": PASSWORD},
        {"login": "service"},
        {},
    ],
)
async def test_no_way_in(body: dict[str, Any], world: Any, web: Client, db: Any) -> None:
    assert world and database.ENGINE.pool
    before = await snapshot(db)
    answer = await web.post("/api/login", json=body)
    assert answer.status_code in (400, 401, 422) and CHINESE.search(answer.json()["message"]), answer.text
    assert "set-cookie" not in answer.headers
    after = await snapshot(db)
    assert {t for t in after if after[t] != before[t]} <= {"event"}  # that somebody tried is told
