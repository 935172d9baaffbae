"""Every route × every role, from the app's own routes against a table that a person has reviewed. A refusal reads
nothing and changes nothing, and a guard that somebody opens by mistake is noticed."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from litestar.handlers import HTTPRouteHandler

from server import rulebook
from server.accounts import guards
from server.accounts.rules import ROLES
from server.app import create_app
from server.kit.ids import uuid7
from server.orders import trying, versions
from server.settings import Settings
from tests.integration.devices.house import Device, Warehouse, wave
from tests.support.client import Client
from tests.support.snapshot import moved, snapshot

Login = Callable[[str], Awaitable[Client]]

ALL = {"service", "warehouse", "stock", "finance", "manager"}
DESK = ALL - {"warehouse"}
FLOOR = {"warehouse", "stock", "manager"}
WAVES = {"service", "stock", "manager"}
HELP = {"service", "manager"}
BOSS = {"manager"}

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
    ("GET", "/api/imports"): HELP,
    ("POST", "/api/imports"): HELP,
    ("GET", "/api/imports/{import_id:uuid}/progress"): HELP,
    ("GET", "/api/shops"): DESK,
    ("POST", "/api/shops"): BOSS,
    ("PATCH", "/api/shops/{shop_id:uuid}"): BOSS,
    ("POST", "/api/shops/{shop_id:uuid}/turn"): BOSS,
    ("POST", "/api/shops/{shop_id:uuid}/consent"): BOSS,
    ("POST", "/api/shops/{shop_id:uuid}/code"): BOSS,
    ("POST", "/api/shops/{shop_id:uuid}/tokens"): BOSS,
    ("POST", "/api/shops/{shop_id:uuid}/test"): HELP,
    ("POST", "/api/shops/{shop_id:uuid}/pull"): HELP,
    ("POST", "/api/shops/{shop_id:uuid}/backfill"): HELP,
    ("DELETE", "/api/shops/{shop_id:uuid}/backfill"): HELP,
    ("POST", "/hooks/{platform:str}"): None,
    ("GET", "/hooks/consent"): None,
    ("GET", "/hooks/consent/{word:str}"): None,
    ("POST", "/api/demo/orders"): WAVES,
    ("GET", "/api/waves"): WAVES,
    ("POST", "/api/waves"): WAVES,
    ("POST", "/api/waves/{wave_id:uuid}/move"): WAVES,
    ("GET", "/api/rules"): BOSS,
    ("GET", "/api/rules/{platform:str}"): BOSS,
    ("GET", "/api/rules/{platform:str}/form"): BOSS,
    ("GET", "/api/rules/{platform:str}/raws"): BOSS,
    ("POST", "/api/rules/{platform:str}/look"): BOSS,
    ("GET", "/api/rules/{platform:str}/{number:int}"): BOSS,
    ("POST", "/api/rules/{platform:str}"): BOSS,
    ("POST", "/api/rules/{platform:str}/{number:int}/try"): BOSS,
    ("POST", "/api/rules/{platform:str}/{number:int}/apply"): BOSS,
    ("POST", "/api/rules/{platform:str}/undo"): BOSS,
    ("GET", "/api/rule-runs/{run_id:uuid}"): BOSS,
    ("DELETE", "/api/rule-runs/{run_id:uuid}"): BOSS,
    ("GET", "/api/tasks"): DESK,
    ("POST", "/api/tasks/{task_id:uuid}/take"): DESK,
    ("POST", "/api/tasks/{task_id:uuid}/close"): DESK,
    ("GET", "/api/print-jobs"): WAVES,
    ("GET", "/api/print-jobs/{print_job:uuid}/pdf"): WAVES,
    ("POST", "/api/print-jobs/{print_job:uuid}/printed"): WAVES,
    ("POST", "/api/print-jobs/{print_job:uuid}/retry"): WAVES,
}


NOT_THERE = ("no_note", "no_pdf")
"""The order and the sheet have none."""

FORBIDDEN = {
    (role, method, path)
    for (method, path), roles in REVIEWED.items()
    if roles is not None
    for role in (*ALL, "nobody", "forged")
    if role not in roles
}


def said(app: Any) -> dict[tuple[str, str], set[str] | None]:
    """What the app's own guards say."""
    return {
        (method, path): None if roles is None else set(roles)
        for method, path, roles in guards.routes(app)
        if method != "OPTIONS" and not (method == "HEAD" and path.startswith("/api/"))
    }


def handlers(app: Any) -> dict[tuple[str, str], HTTPRouteHandler]:
    """The routes with what serves them."""
    return {
        (method, route.path): h
        for route in app.routes
        for h in getattr(route, "route_handlers", [])
        if isinstance(h, HTTPRouteHandler)
        for method in h.http_methods - {"OPTIONS"}
    }


@pytest.fixture
async def real(db: Any) -> dict[str, Any]:
    """Ids that exist and can be acted on, so that a missing guard would show itself by more than a 404.

    `print_job@retry` is the print job for the path that ends so; `hold` is the task that a body means.
    """
    w = Warehouse()
    await w.stock_up()
    device = await Device(await w.person("p1"), 1).enrol()
    order, ready = await w.orders(2)
    await wave((await Device(await w.person("p2"), 2).enrol()).id, 1)
    line = await db.value("select id from order_line where order_id = $1 limit 1", order)
    task, hold, sheet, failed, notice, imported = (uuid7() for _ in range(6))
    await db.run(
        """insert into task(id, kind, subject_kind, subject_id, order_id, reason) values
           ($1, 'hold', 'order', $3, $3, 'manual'), ($2, 'quarantine', 'raw_order', $2, null, 'unreadable')""",
        hold,
        task,
        order,
    )
    await db.run(
        """insert into print_job(id, kind, subject_id, state)
           values($1, 'label', $3, 'ready'), ($2, 'label', $3, 'failed')""",
        sheet,
        failed,
        order,
    )
    await db.run("insert into notice(id, role, kind) values($1, 'manager', 'intercept')", notice)
    await db.run("insert into import_file(id, shop) values($1, $2)", imported, w.shop)
    rules = rulebook.written(rulebook.current("taobao")).decode()
    version = await versions.draft("taobao", rules, "第一次", 0, None)
    run = await trying.begin("taobao", version, 10, None)
    return {
        "order_id": str(order),
        "line_id": str(line),
        "task_id": str(task),
        "hold": str(hold),
        "print_job": str(sheet),
        "print_job@retry": str(failed),
        "import_id": str(imported),
        "shop_id": str(w.shop),
        "sku_id": str(w.skus["TEE"]),
        "device_id": str(device.id),
        "wave_id": str(await db.value("select id from wave limit 1")),
        "order_ids": [str(ready)],
        "ids": [str(notice)],
        "platform": "taobao",
        "number": str(version),
        "rules": rules,
        "run_id": str(run),
        "word": "nobody-gave-it",
    }


def at(path: str, ids: dict[str, Any]) -> str:
    """The path with ids in it."""
    last = path.rsplit("/", 1)[1]
    return re.sub(r"\{(\w+):[^}]+\}", lambda m: str(ids.get(f"{m[1]}@{last}", ids[m[1]])), path)


@pytest.fixture
def doors(db: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each opening of the database, as it happens."""
    opened: list[str] = []

    def watched(door: str) -> Callable[[], Any]:
        enter = getattr(db, door)

        def noted() -> Any:
            opened.append(door)
            return enter()

        return noted

    for door in ("connection", "transaction"):
        monkeypatch.setattr(db, door, watched(door))
    return opened


@pytest.fixture
def breaches(
    as_role: Login, web: Client, real: dict[str, Any], db: Any, doors: list[str]
) -> Callable[[], Awaitable[dict[tuple[str, str, str], Any]]]:
    """Try all that is FORBIDDEN: where the answer is no plain refusal, something was read, or something changed."""

    async def tried() -> dict[tuple[str, str, str], Any]:
        found: dict[tuple[str, str, str], Any] = {}
        for role in (*sorted(ALL), "nobody", "forged"):
            await as_role(role if role in ALL else "manager")
            want = (403, "not_your_role", "没有这个权限")
            if role not in ALL:
                web.cookies.clear()
                want = (401, "login_needed", "请先登录")
            if role == "forged":
                web.cookies.set("zs_session", "forged")
            session = [] if role == "nobody" else ["connection"]  # whose it is must be asked, no more
            before = await snapshot(db)
            for _, method, path in sorted(f for f in FORBIDDEN if f[0] == role):
                doors.clear()
                answer = await web.request(method, at(path, real), content=b"{not json" if method != "GET" else None)
                asked = list(doors)
                after = await snapshot(db)
                refused = answer.status_code == want[0] and want[1] in answer.text and want[2] in answer.text
                if not refused or asked != session or moved(before, after):
                    found[role, method, path] = (answer.status_code, answer.text[:200], asked, moved(before, after))
                before = after
        return found

    return tried


class Open(guards.Allowed):
    """Says what the guard in its place said, and lets everybody in."""

    async def __call__(self, *_: Any) -> None:
        return None


def test_the_table_is_the_apps(web: Client) -> None:
    assert said(web.app) == REVIEWED
    assert set(ROLES) == ALL


def test_without_the_demo_its_routes_are_not_there(config: Settings) -> None:
    app = create_app(msgspec.structs.replace(config, demo=False), own_database=False)
    assert said(app) == {k: v for k, v in REVIEWED.items() if "/demo/" not in k[1]}


async def test_whoever_may_not_gets_nowhere_reads_nothing_and_changes_nothing(breaches: Any) -> None:
    assert len(FORBIDDEN) >= 100
    assert await breaches() == {}


async def test_whoever_may_is_let_in(as_role: Login, web: Client, real: dict[str, Any]) -> None:
    for role in sorted(ALL):
        await as_role(role)
        for (method, path), roles in sorted(REVIEWED.items(), key=lambda r: r[0][1] == "/api/logout"):
            if roles is None or role not in roles:
                continue
            answer = await web.request(method, at(path, real), json={} if method == "POST" else None)
            if answer.status_code == 404:
                assert answer.json()["code"] in NOT_THERE, (role, path)
                continue
            assert answer.status_code in ((200,) if method == "GET" else (200, 201, 204, 400, 409, 422)), (
                role,
                path,
                answer.text,
            )


@pytest.mark.parametrize("opened", ["/api/orders/{order_id:uuid}/note", "/api/print-jobs/{print_job:uuid}/printed", ""])
async def test_a_guard_that_lets_everybody_in_is_noticed(
    opened: str, web: Client, breaches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted: it declares what it should and does not do it; "" on every route, so each cell can turn red."""
    for (_, path), handler in handlers(web.app).items():
        if path == opened or not opened:
            for guard in handler.resolve_guards():
                if isinstance(guard, guards.Allowed):
                    monkeypatch.setattr(handler, "_resolved_guards", [Open(guard.roles)])
    assert said(web.app) == REVIEWED
    assert set(await breaches()) == {f for f in FORBIDDEN if f[2] == opened or not opened}


async def test_a_guard_that_names_one_role_too_many_is_noticed(web: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    note = handlers(web.app)["GET", "/api/orders/{order_id:uuid}/note"]
    (guard,) = [g for g in note.resolve_guards() if isinstance(g, guards.Allowed)]
    monkeypatch.setattr(guard, "roles", frozenset(ALL))
    assert said(web.app) != REVIEWED


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ("update order_line set qty = qty + 1", {"order_line"}),
        ("update stock set on_hand = on_hand + 1 where sku = (select min(sku::text)::uuid from stock)", {"stock"}),
        ("delete from notice", {"notice"}),
        ("insert into running_number(name, n) values('snapshot', 1)", {"running_number"}),
        ("update session set seen_at = now() - interval '1 hour'", set()),
        ("update session set ends_at = ends_at + interval '1 second'", {"session"}),
    ],
)
async def test_the_snapshot_can_fail(change: str, where: set[str], real: dict[str, Any], db: Any) -> None:
    before = await snapshot(db)
    assert db.touched(await db.run(change)) >= 1
    assert moved(before, await snapshot(db)) == where
