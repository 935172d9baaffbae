"""Whatever is sent to a route that writes: a clear word, nothing done, and never a 500. From the app's own routes."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import httpx
import msgspec
import pytest

from server.kit import clock
from server.kit.ids import uuid7
from tests.integration.web.test_matrix import REVIEWED, at, handlers
from tests.integration.web.test_matrix import real as real  # the same orders, tasks and sheets
from tests.support.client import Client
from tests.support.snapshot import moved, snapshot
from tests.support.world import PASSWORD

Login = Callable[[str], Awaitable[Client]]

JSON = {"content-type": "application/json"}
LEAK = re.compile(r"select |insert |asyncpg|litestar|msgspec|traceback|exception|\w{2} error|line \d|\.py", re.I)
ENGLISH = re.compile(r"[a-z]{2,} [a-z]{2,}", re.I)
DEEP = b"[" * 100_000 + b"]" * 100_000


# -- the routes and what they take ---------------------------------------------------------------------------------
def writes(app: Any) -> dict[tuple[str, str], type[msgspec.Struct] | None]:
    """The guarded routes that change something, each with the struct of its body. Log-out and the sync protocol have
    tests of their own."""
    return {
        (method, path): h.parsed_data_field.annotation if h.parsed_data_field else None
        for (method, path), h in handlers(app).items()
        if method not in ("GET", "HEAD") and not path.endswith(("/login", "/logout")) and "/sync/" not in path
        if not path.endswith(OUTSIDE) and not path.startswith("/hooks/")
    }


OUTSIDE = ("/consent", "/code", "/test", "/imports", "/imports/goods", "/look")
"""Routes that ask a platform, or are asked by one, have tests of their own (integration/platforms); files too, and a
question that is too long for an address (integration/rules)."""


def with_body(app: Any) -> Iterator[tuple[str, str, type[msgspec.Struct]]]:
    for (method, path), struct in writes(app).items():
        if struct is not None:
            yield method, path, struct


def right(struct: type[msgspec.Struct] | None, real: dict[str, Any]) -> dict[str, Any]:
    """A body that is taken: real ids by the name of the field, else the simplest value of its type."""
    known = real | {"task_id": real["hold"], "outcome": "done", "dev": "0f" * 16, "platform": "jd", "on": False}
    fields = msgspec.structs.fields(struct) if struct else ()
    return {
        f.encode_name: known[f.name] if f.name in known else _simplest(f.type)
        for f in fields
        if f.required or f.name in known
    }


def _simplest(of: Any) -> Any:
    match msgspec.inspect.type_info(of):
        case msgspec.inspect.StrType():
            return "x"
        case msgspec.inspect.IntType():
            return 1
        case msgspec.inspect.LiteralType(values=values):
            return values[0]
        case msgspec.inspect.DateType():
            return clock.now().date().isoformat()
        case kind:
            raise AssertionError(f"say in right() what a good {kind} is")


async def taken(client: Client, method: str, path: str, body: Any, real: dict[str, Any], **more: Any) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await client.request(method, at(path, real), content=content, headers=JSON, **more)


def flaw(answer: httpx.Response, *statuses: int) -> str:
    """What is wrong with a refusal: no clear status and code, no Chinese for a person, too much said. "": nothing."""
    if answer.status_code not in (statuses or (400, 404, 409, 413, 422)):
        return f"{answer.status_code} {answer.text[:200]}"
    told = answer.json()
    clear = set(told) == {"code", "message", "detail", "trace"} and re.fullmatch("[a-z_]+", told["code"])
    chinese = re.search(r"[\u4e00-\u9fff]", told["message"]) and not ENGLISH.search(told["message"])
    if not clear or not chinese or LEAK.search(answer.text):
        return answer.text[:300]
    return ""


def _last_things_last(route: tuple[str, str]) -> tuple[bool, bool]:
    """What ends something comes after what needs it."""
    method, path = route
    ends = path.endswith(("/turn", "/disconnect"))
    return ends or path.endswith("/tokens"), ends or method == "DELETE"


async def test_the_right_bodies_are_taken(as_role: Login, web: Client, real: dict[str, Any], db: Any) -> None:
    """So that whatever is refused below is refused for its one fault."""
    await as_role("manager")
    for (method, path), struct in sorted(writes(web.app).items(), key=lambda r: _last_things_last(r[0])):
        before = await snapshot(db)
        answer = await taken(web, method, path, right(struct, real), real)
        if "/demo/" in path:
            assert answer.json()["code"] == "sandbox_down"  # no sandbox here
            continue
        assert answer.is_success, (path, answer.text)
        assert moved(before, await snapshot(db)), path


# -- one fault at a time -------------------------------------------------------------------------------------------
ODD: list[Any] = [None, True, 0, -1, 1.5, 10**9, 2**63, 10**30, "", "x", "NaN", [], ["x"], [None], {}, {"a": [1]}]
"""Of these a field gets what its own type does not allow."""


ZERO_IS_ONE = {"base", "back_to"}
"""Version 0 of rules is the file."""


def plainly_wrong(field: msgspec.structs.FieldInfo) -> dict[str, Any]:
    """Another type, too long, absurd, unknown: how → value."""
    info = msgspec.inspect.type_info(field.type)
    kinds = {type(t) for t in (info.types if isinstance(info, msgspec.inspect.UnionType) else [info])}
    found = {f"{value!r}": value for value in ODD if not _fits(value, field.type)}
    if msgspec.inspect.StrType in kinds:
        found |= {"NUL": "a\0b", "half a letter": "\ud800", "too long": "长" * 100_000, "over the limit": "x" * 501}
    if msgspec.inspect.IntType in kinds:
        found |= {str(n): n for n in (0, -1, 10**9, 2**31, 2**63, 10**30) if n or field.name not in ZERO_IS_ONE}
    if msgspec.inspect.UUIDType in kinds:
        found |= {"unknown": str(uuid7()), "nil": "0" * 32, "cut off": str(uuid7())[:-1]}
    return found


def nearly_right(field: msgspec.structs.FieldInfo) -> dict[str, Any]:
    """A text that is needed and says nothing; a code with something behind it."""
    info = msgspec.inspect.type_info(field.type)
    found: dict[str, Any] = {}
    if isinstance(info, msgspec.inspect.StrType) and field.required:
        found = {"empty": "", "blank": "   "}
    if getattr(info, "pattern", None):
        found["a line end behind"] = "0f" * 16 + "\n"
    return found


def _fits(value: Any, of: Any) -> bool:
    try:
        msgspec.convert(value, of, strict=of is not bool)  # 0 and 1 are taken for no and yes
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("faults", [plainly_wrong, nearly_right])
async def test_one_fault_in_a_right_body(
    faults: Callable[[msgspec.structs.FieldInfo], dict[str, Any]],
    as_role: Login,
    web: Client,
    real: dict[str, Any],
    db: Any,
) -> None:
    """Each field of each body: missing, or with each of its faults."""
    await as_role("manager")
    before, wrong, tried = await snapshot(db), [], 0
    for method, path, struct in with_body(web.app):
        good = right(struct, real)
        for field in msgspec.structs.fields(struct):
            name = field.encode_name
            bad = {how: good | {name: value} for how, value in faults(field).items()}
            if field.required:
                bad["missing"] = {k: v for k, v in good.items() if k != name}
            for how, body in bad.items():
                answer = await taken(web, method, path, body, real)
                after = await snapshot(db)
                if (said := flaw(answer)) or moved(before, after):
                    wrong.append((path, name, how, said, moved(before, after)))
                before, tried = after, tried + 1
    assert tried > (200 if faults is plainly_wrong else 15)
    assert wrong == []


BODIES: dict[str, bytes] = {
    "empty": b"",
    "not JSON": b"{not json",
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "a number": b"1e999",
    "cut off": b'{"reason": "x", "task_id": "0',
    "two of them": b"{}{}",
    "not UTF-8": b'{"reason": "\xff\xfe"}',
    "UTF-16": '{"reason": "x"}'.encode("utf-16"),
    "packed": b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "never ends": b"[" * 100_000,
    "deep": DEEP,
    "deep in a field": b'{"reason": ' + DEEP + b"}",
    "deep in a field nobody knows": b'{"x": ' + DEEP + b"}",
    "other fields": b'{"drop": "table"}',
    "XML": b'<?xml version="1.0"?><reason>x</reason>',
    "a form": b"reason=x&name=x&outcome=done",
    "a form in parts": b'--a\r\nContent-Disposition: form-data; name="reason"\r\n\r\nx\r\n--a--\r\n',
    "MessagePack": msgspec.msgpack.encode({"reason": "x", "name": "x", "outcome": "done"}),
}
TYPES = {
    "UTF-16": "application/json; charset=utf-16",
    "XML": "application/xml",
    "a form": "application/x-www-form-urlencoded",
    "a form in parts": "multipart/form-data; boundary=a",
    "MessagePack": "application/msgpack",
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_body_that_is_none(name: str, as_role: Login, web: Client, real: dict[str, Any], db: Any) -> None:
    await as_role("manager")
    before = await snapshot(db)
    optional = {p for _, p, struct in with_body(web.app) if not any(f.required for f in msgspec.structs.fields(struct))}
    for method, path in [(m, p) for m, p, _ in with_body(web.app)] + [("POST", "/api/login")]:
        if name == "other fields" and path in optional:
            continue  # nothing in it is needed
        kind = {"content-type": TYPES.get(name, "application/json")}
        answer = await web.request(method, at(path, real), content=BODIES[name], headers=kind)
        assert not flaw(answer), path
    assert moved(before, await snapshot(db)) == set()


@pytest.mark.parametrize("announced", [True, False])
async def test_too_large_is_413_before_it_is_read(
    announced: bool, as_role: Login, web: Client, real: dict[str, Any], db: Any
) -> None:
    await as_role("manager")
    before, sent = await snapshot(db), 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'{"x": "'
        for _ in range(110):
            sent += 1
            yield b" " * 100_000
        yield b'"}'

    paths = [(m, at(p, real)) for m, p, _ in with_body(web.app)] + [
        ("POST", f"/api/{p}") for p in ("login", "sync/v1/pull", "sync/v1/push")
    ]
    for method, path in paths:
        sent = 0
        content = b" " * (11 * 1024 * 1024) if announced else pieces()
        answer = await web.request(method, path, content=content, headers=JSON)
        assert not flaw(answer, 413), path
        assert sent <= 12, path  # it does not read on
    assert moved(before, await snapshot(db)) == set()


# -- addresses -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "id",
    [None, "not-an-id", "0", "x" * 5000, "%00", "..%2F..%2Fme", "%F0%9F%A6%86", "00000000-0000-7000-8000-00000000000g"],
)
async def test_an_unknown_id_is_a_404_and_no_id_at_all_too(
    id: str | None, as_role: Login, web: Client, real: dict[str, Any], db: Any
) -> None:
    await as_role("manager")
    before, tried = await snapshot(db), 0
    structs = writes(web.app)
    for method, path in handlers(web.app):
        named = re.findall(r"\{(\w+):uuid\}", path) if not path.endswith(OUTSIDE) else []
        for one in named:  # each by itself beside right ones
            body = right(structs.get((method, path)), real)
            swapped = real | {one: id or str(uuid7()), f"{one}@{path.rsplit('/', 1)[1]}": id or str(uuid7())}
            answer = await taken(web, method, path, body if method != "GET" else b"", swapped)
            assert not flaw(answer, 404), (method, path, one)
            tried += 1
    assert tried >= 11
    assert moved(before, await snapshot(db)) == set()


async def test_ids_that_belong_to_others(as_role: Login, web: Client, real: dict[str, Any], db: Any) -> None:
    """A right id in a place where it does not belong, and a list of ids that nobody knows."""
    await as_role("manager")
    other = {"order_id": real["order_ids"][0]}
    before = await snapshot(db)
    for path, body, status in (
        ("/api/orders/{order_id:uuid}/release", {"task_id": real["hold"], "reason": "x"}, 404),
        ("/api/orders/{order_id:uuid}/release", {"task_id": real["task_id"], "reason": "x"}, 404),
        ("/api/orders/{order_id:uuid}/lines/{line_id:uuid}/match", {"sku_id": real["sku_id"]}, 404),
        ("/api/waves", {"device_id": real["device_id"], "order_ids": [str(uuid7())]}, 409),
        ("/api/waves", {"device_id": real["device_id"], "order_ids": []}, 409),
        ("/api/waves", {"device_id": real["device_id"], "order_ids": [real["order_id"]]}, 409),  # it is in one
    ):
        assert not flaw(await taken(web, "POST", path, body, real | other), status), (path, body)
    many = [str(uuid7()) for _ in range(20_000)]
    assert (await taken(web, "POST", "/api/inbox/read", {"ids": many}, real)).status_code == 204
    assert moved(before, await snapshot(db)) == set()


ODD_WORDS = ("", "\0", "x" * 5000, "-1", "0", str(10**30), "NaN", "2026~x", "~", "%", "' or 1=1 --", "🦆", "长")


async def test_odd_questions(as_role: Login, web: Client, real: dict[str, Any], db: Any) -> None:
    """Each parameter of each page with what nobody would ask: an answer or a refusal, never a bug."""
    await as_role("manager")
    before, tried = await snapshot(db), 0
    for (method, path), handler in handlers(web.app).items():
        for name, p in handler.parsed_fn_signature.parameters.items():
            if (
                method != "GET"
                or name in ("request", "settings", "version", "files", "connect_to")
                or f"{{{name}:" in path
            ):
                continue
            name = getattr(p.kwarg_definition, "query", None) or name
            for odd in ODD_WORDS:
                answer = await web.get(at(path, real), params={name: odd})
                assert answer.status_code == 200 or not flaw(answer), (path, name, odd)
                tried += 1
    assert tried >= 100
    assert moved(before, await snapshot(db)) == set()


async def test_the_other_way_round(as_role: Login, web: Client, real: dict[str, Any], db: Any) -> None:
    """A method that a route does not have, and a route that does not exist."""
    await as_role("manager")
    before = await snapshot(db)
    served = handlers(web.app)
    for path in {path for _, path in served if path.startswith("/api/")}:
        for method in ("DELETE", "PUT", "PATCH", "POST"):
            if (method, path) not in served:
                answer = await web.request(method, at(path, real), json={})
                assert not flaw(answer, 405) and answer.json()["code"] == "method_not_allowed", path
    assert (await web.post("/api/orders/all/cancel", json={})).status_code in (404, 405)
    assert moved(before, await snapshot(db)) == set()


# -- two at once ---------------------------------------------------------------------------------------------------
ONCE = {
    ("POST", "/api/waves/{wave_id:uuid}/move"): "same_device",
    ("POST", "/api/orders/{order_id:uuid}/release"): "hold_closed",
    ("POST", "/api/tasks/{task_id:uuid}/close"): "task_closed",
    ("POST", "/api/waves"): "no_ready_orders",
    ("POST", "/api/print-jobs/{print_job:uuid}/retry"): "not_failed",
    ("POST", "/api/shops/{shop_id:uuid}/backfill"): "backfill_runs",
    ("DELETE", "/api/shops/{shop_id:uuid}/backfill"): "no_backfill",
}
"""What only one can do, and what the second is told."""
AGAIN = {"/api/orders/{order_id:uuid}/hold", "/api/tasks/{task_id:uuid}/take"}
"""What a second person may well do after the first: it is two sentences in the story."""


@pytest.mark.parametrize("again", range(3))
async def test_two_people_at_once(again: int, as_role: Login, web: Client, real: dict[str, Any], db: Any) -> None:
    await as_role("manager")
    async with Client(transport=web._transport, base_url=web.base_url, headers=web.headers) as other:
        assert (await other.post("/api/login", json={"login": "service", "password": PASSWORD})).status_code == 200
        acts = {
            (m, p): s
            for (m, p), s in writes(web.app).items()
            if "service" in (REVIEWED[m, p] or ())
            and not p.endswith(("/take", "/demo/orders"))  # 客服 has no device; /take follows, before /close
        }
        for method, path in [("POST", "/api/tasks/{task_id:uuid}/take"), *sorted(acts, key=_last_things_last)]:
            last = await db.value("select coalesce(max(seq), 0) from event")
            body = right(writes(web.app)[method, path], real)
            answers = await asyncio.gather(*(taken(c, method, path, body, real) for c in (web, other)))
            told = sorted(a.json()["code"] if a.is_error else "" for a in answers)
            assert told == ["", ONCE.get((method, path), "")], (path, [a.text for a in answers])
            assert all(a.is_success or not flaw(a, 409) for a in answers)
            twice = await db.rows(
                "select kind from event where seq > $1 group by kind, subject_id having count(*) > 1", last
            )
            assert path in AGAIN or twice == [], path
    assert await db.value("select count(*) from wave") == 2
    assert await db.value("select count(*) from task where reason = 'manual' and closed_at is null") == 1


async def test_the_second_of_two_is_told_and_nothing_is_done_twice(
    as_role: Login, web: Client, real: dict[str, Any], db: Any
) -> None:
    await as_role("manager")
    for (method, path), code in ONCE.items():
        body = right(writes(web.app)[method, path], real)
        assert (await taken(web, method, path, body, real)).is_success, path
        before = await snapshot(db)
        second = await taken(web, method, path, body, real)
        assert not flaw(second, 409) and second.json()["code"] == code, path
        assert moved(before, await snapshot(db)) == set(), path


# -- who ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("mark", [None, ""])
async def test_a_page_of_another_site_writes_nowhere(
    mark: str | None, as_role: Login, web: Client, real: dict[str, Any], db: Any
) -> None:
    await as_role("manager")
    web.headers.pop("X-Zhongshu")
    headers = JSON | ({} if mark is None else {"X-Zhongshu": mark})
    before, structs = await snapshot(db), writes(web.app)
    for method, path in handlers(web.app):
        if method not in ("GET", "HEAD") and not path.startswith("/hooks/"):
            body = right(structs.get((method, path)), real) or {"login": "manager", "password": PASSWORD}
            answer = await web.request(method, at(path, real), json=body, headers=headers)
            assert not flaw(answer, 403) and answer.json()["code"] == "not_our_page", path
            assert "set-cookie" not in answer.headers
    assert moved(before, await snapshot(db)) == set()


@pytest.mark.parametrize(
    "ended",
    [
        "update session set ends_at = now() - interval '1 second'",
        "update session set ended_at = now()",
        "update session set seen_at = now() - interval '481 minutes' where face = 'desk'",
        "update person set active = false where login = 'manager'",
        "delete from session",
        "logged out",
    ],
)
async def test_a_session_that_ended_reaches_nothing(
    ended: str, as_role: Login, web: Client, real: dict[str, Any], db: Any
) -> None:
    await as_role("manager")
    cookie = {"cookie": f"zs_session={web.cookies['zs_session']}"}
    assert (await web.get("/api/me")).status_code == 200
    if ended == "logged out":
        assert (await web.post("/api/logout")).status_code == 204
    else:
        await db.run(ended)
    web.cookies.clear()
    before, structs, tried = await snapshot(db), writes(web.app), 0
    for (method, path), handler in handlers(web.app).items():
        if path.startswith("/api/") and not path.endswith(("/login", "/health")):
            body = json.dumps(right(structs.get((method, path)), real)).encode() if method != "GET" else None
            answer = await web.request(method, at(path, real), content=body, headers=JSON | cookie)
            assert not flaw(answer, 401) and answer.json()["code"] == "login_needed", (path, handler)
            tried += 1
    assert tried >= 25
    assert moved(before, await snapshot(db)) == set()


@pytest.mark.parametrize(
    "body",
    [
        {"login": "service", "password": "wrong-password"},
        {"login": "nobody", "password": PASSWORD},
        {"login": "service\0", "password": PASSWORD},
        {"login": "s" * 100_000, "password": "p" * 100_000},
        {"login": "' or 1=1 --", "password": "' or 1=1 --"},
        {"login": ["service"], "password": PASSWORD},
        {"login": "service", "password": None},
        {"login": "service", "password": ""},
        {"login": "service", "password": "\ud800"},
        {"login": "", "password": PASSWORD},
        {"login": "service"},
        {},
    ],
)
async def test_no_way_in(body: dict[str, Any], world: Any, web: Client, db: Any) -> None:
    assert world
    before = await snapshot(db)
    answer = await web.post("/api/login", content=json.dumps(body).encode(), headers=JSON)
    assert not flaw(answer, 400, 401, 422)
    assert "set-cookie" not in answer.headers
    assert moved(before, await snapshot(db)) <= {"event"}  # that somebody tried is told
