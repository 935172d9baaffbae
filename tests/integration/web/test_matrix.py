"""Every route × every role, from the app's own routes against a table that a person has reviewed. A refusal reads
nothing and changes nothing, and a guard that somebody opens by mistake is noticed."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from litestar.handlers import HTTPRouteHandler

from server.accounts import guards
from server.accounts.rules import ROLES
from server.kit.ids import uuid7
from tests.integration.devices.house import Device, Warehouse, wave
from tests.support.client import Client
from tests.support.snapshot import snapshot

Login = Callable[[str], Awaitable[Client]]

ALL = {"service", "warehouse", "stock", "finance", "manager"}
DESK = ALL - {"warehouse"}
FLOOR = {"warehouse", "stock", "manager"}
WAVES = {"service", "stock", "manager"}
HELP = {"service", "manager"}

REVIEWED: dict[tuple[str, str], set[str] | None] = {
    ("POST", "/api/login"): None,
    ("GET", "/api/health"): None,
    ("GET", "/"): None,
    ("HEAD", "/"): None,
    ("GET", "/{path:path}"): None,
    ("HEAD", "/{path:path}"): None,
    ("POST", "/api/logout"): ALL,
    ("GET", "/api/me"): ALL,
    ("GET", "/api/inbox"): ALL,
    ("POST", "/api/inbox/read"): ALL,
    ("POST", "/api/devices/enrol"): FLOOR,
    ("POST", "/api/sync/v1/pull"): FLOOR,
    ("POST", "/api/sync/v1/push"): FLOOR,
    ("GET", "/api/devices"): WAVES,
    ("GET", "/api/orders"): DESK,
    ("GET", "/api/orders/{order_id:uuid}"): DESK,
    ("POST", "/api/orders/{order_id:uuid}/release"): HELP,
    ("POST", "/api/orders/{order_id:uuid}/hold"): HELP,
    ("POST", "/api/orders/{order_id:uuid}/lines/{line_id:uuid}/match"): WAVES,
    ("GET", "/api/orders/{order_id:uuid}/note"): HELP,
    ("GET", "/api/counters"): DESK,
    ("GET", "/api/skus"): DESK,
    ("GET", "/api/shops"): DESK,
    ("POST", "/api/shops/{shop_id:uuid}/pull"): HELP,
    ("POST", "/api/demo/orders"): WAVES,
    ("GET", "/api/waves"): WAVES,
    ("POST", "/api/waves"): WAVES,
    ("GET", "/api/tasks"): DESK,
    ("POST", "/api/tasks/{task_id:uuid}/take"): DESK,
    ("POST", "/api/tasks/{task_id:uuid}/close"): DESK,
    ("GET", "/api/print-jobs"): WAVES,
    ("GET", "/api/print-jobs/{print_job:uuid}/pdf"): WAVES,
    ("POST", "/api/print-jobs/{print_job:uuid}/printed"): WAVES,
    ("POST", "/api/print-jobs/{print_job:uuid}/retry"): WAVES,
}


def said(app: Any) -> dict[tuple[str, str], set[str] | None]:
    """What the app's own guards say."""
    return {
        (method, path): None if roles is None else set(roles)
        for method, path, roles in guards.routes(app)
        if method != "OPTIONS" and not (method == "HEAD" and path.startswith("/api/"))
    }


@pytest.fixture
async def real(db: Any) -> dict[str, str]:
    """Ids that exist, so that a missing guard would show itself by more than a 404."""
    w = Warehouse()
    await w.stock_up()
    device = await Device(await w.person("p1"), 1).enrol()
    (order,) = await w.orders(1)
    await wave(device.id)
    line = await db.value("select id from order_line where order_id = $1 limit 1", order)
    task, sheet = uuid7(), uuid7()
    await db.run(
        """insert into task(id, kind, subject_kind, subject_id, order_id, reason)
           values($1, 'hold', 'order', $2, $2, 'x')""",
        task,
        order,
    )
    await db.run("insert into print_job(id, kind, subject_id, state) values($1, 'label', $2, 'ready')", sheet, order)
    return {
        "order_id": str(order),
        "line_id": str(line),
        "task_id": str(task),
        "print_job": str(sheet),
        "shop_id": str(w.shop),
    }


def at(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"\{(\w+):[^}]+\}", lambda m: ids[m[1]], path)


def test_the_table_is_the_apps(web: Client) -> None:
    assert said(web.app) == REVIEWED
    assert set(ROLES) == ALL


async def test_whoever_may_not_gets_nowhere_and_changes_nothing(
    as_role: Login, web: Client, real: dict[str, str], db: Any
) -> None:
    refused = 0
    for role in (*sorted(ALL), ""):
        if role:
            await as_role(role)
        else:
            web.cookies.clear()
        before = await snapshot(db)
        for (method, path), roles in REVIEWED.items():
            if roles is None or role in roles:
                continue
            answer = await web.request(method, at(path, real), json={} if method == "POST" else None)
            code = answer.json()["code"]
            assert (answer.status_code, code) == ((403, "not_your_role") if role else (401, "login_needed")), (
                role,
                path,
            )
            assert "没有这个权限" in answer.text or "请先登录" in answer.text
            refused += 1
        assert await snapshot(db) == before, role
    assert refused >= 60


async def test_whoever_may_is_let_in(as_role: Login, web: Client, real: dict[str, str]) -> None:
    for role in sorted(ALL):
        await as_role(role)
        for (method, path), roles in REVIEWED.items():
            if roles is None or role not in roles or method != "GET":
                continue
            answer = await web.get(at(path, real))
            assert answer.status_code in (200, 404), (role, path, answer.text)


async def test_an_opened_guard_is_noticed(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: one route lets everybody in."""
    route = next(r for r in web.app.routes if r.path.endswith("/note"))
    note = next(h for h in route.route_handlers if isinstance(h, HTTPRouteHandler) and "GET" in h.http_methods)
    (guard,) = [g for g in note.resolve_guards() if isinstance(g, guards.Allowed)]
    monkeypatch.setattr(guard, "roles", frozenset(ALL))
    assert said(web.app) != REVIEWED


async def test_the_snapshot_can_fail(real: dict[str, str], db: Any) -> None:
    before = await snapshot(db)
    await db.run("update order_line set qty = qty + 1")
    after = await snapshot(db)
    assert {t for t in after if after[t] != before[t]} == {"order_line"}
