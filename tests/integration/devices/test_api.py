"""The floor over HTTP: enrol, pull (held and woken), push, and what is refused."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest_asyncio

from server.app import create_app
from server.devices import queries
from server.devices.api import running
from server.kit import db
from server.settings import Settings
from sync import codec
from sync.messages import Ack, Ev, Pull, Up
from sync.mover import Mover
from tests.integration.devices.house import Device, Warehouse, label, wave

DEV = "0f" * 16
HEADERS = {"x-zhongshu": "1", "content-type": "application/msgpack"}


@pytest_asyncio.fixture
async def client(config: Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(config, own_database=False)
    async with running(config):
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="https://test", headers=HEADERS) as c:
            yield c


async def log_in(client: httpx.AsyncClient, w: Warehouse, role: str = "warehouse") -> Any:
    user = await w.person(f"{role}-1", role)
    client.cookies.set("zs_session", role)
    await db.run("update session set token_hash = sha256(convert_to($2, 'UTF8')) where id = $1", user.session, role)
    return user


async def enrolled(client: httpx.AsyncClient, w: Warehouse) -> Device:
    d = Device(await log_in(client, w), 0)
    d.dev = bytes.fromhex(DEV)
    answer = await client.post("/api/devices/enrol", json={"dev": DEV, "name": "PDA 1"})
    assert answer.status_code == 200, answer.text
    d.device = await db.value("select id from device")
    assert answer.json()["device"] == {"id": str(d.device), "name": "PDA 1"}
    return d


def pulling(subs: list[tuple[int, int, int]], wait: int = 0) -> bytes:
    return codec.encode(Pull(1, bytes.fromhex(DEV), subs, wait, unsent=3))


async def test_enrol_pull_push(db: Any, client: httpx.AsyncClient) -> None:
    w = Warehouse()
    await w.stock_up()
    d = await enrolled(client, w)
    await w.orders(1)
    await wave(d.id)
    await label()
    answer = await client.post("/api/sync/v1/pull", content=pulling([(s, 0, -1) for s in range(1, 8)]))
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/msgpack"
    assert answer.headers["cache-control"] == "no-store"
    pulled = codec.decode_pulled(answer.content)
    assert [f.shape for f in pulled.frames] == [1, 2, 3, 4, 5, 6] and pulled.lease > pulled.at
    await d.pull()
    d.pick_all()
    answer = await client.post("/api/sync/v1/push", content=codec.encode(d.batch()))
    ack = codec.decode_answer(answer.content)
    assert isinstance(ack, Ack) and (ack.upto, ack.verdicts) == (2, [])
    assert await db.value("select sum(picked) from pick") == 3
    listed = msgspec.to_builtins((await queries.list_devices()).rows)
    assert [(r["name"], r["person"], r["unsent"]) for r in listed] == [("PDA 1", "warehouse-1", 3)]
    assert listed[0]["last_seen_at"]


async def test_a_held_pull_wakes_for_its_shapes(db: Any, client: httpx.AsyncClient) -> None:
    w = Warehouse()
    await w.stock_up()
    d = await enrolled(client, w)
    await d.pull()
    mover = Mover(str(db.ENGINE.config["dsn"]))
    running = asyncio.create_task(mover.run())
    try:
        held = asyncio.create_task(
            client.post("/api/sync/v1/pull", content=pulling([(1, *d.at[1]), (2, *d.at[2])], 15_000))
        )
        await asyncio.sleep(0.3)
        assert not held.done()
        await w.orders(1)
        await wave(d.id)
        frames = codec.decode_pulled((await asyncio.wait_for(held, 10)).content).frames
        assert sum(len(f.msgs) for f in frames) > len(frames)
        await db.run("update device set revoked_at = now()")
        d.at = {1: (frames[0].h, await db.value("select off from sync_meta"))}
        late = await client.post("/api/sync/v1/pull", content=pulling([(1, *d.at[1])], 100))
        assert (late.status_code, late.json()["code"]) == (403, "unknown_device")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_rights_are_checked_again_after_waiting(db: Any, client: httpx.AsyncClient) -> None:
    w = Warehouse()
    await w.stock_up()
    d = await enrolled(client, w)
    await d.pull()
    mover = Mover(str(db.ENGINE.config["dsn"]))
    running = asyncio.create_task(mover.run())
    try:
        held = asyncio.create_task(client.post("/api/sync/v1/pull", content=pulling([(1, *d.at[1])], 15_000)))
        await asyncio.sleep(0.3)
        await db.run("update session set ended_at = now()")
        await w.orders(1)
        await wave(d.id)
        answer = await asyncio.wait_for(held, 10)
        assert (answer.status_code, answer.json()["code"]) == (401, "login_needed")
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_what_is_refused(db: Any, client: httpx.AsyncClient) -> None:
    w = Warehouse()
    await w.stock_up()
    d = await enrolled(client, w)

    async def said(path: str, content: bytes) -> tuple[int, str]:
        answer = await client.post(path, content=content)
        assert answer.json().keys() == {"code", "message", "detail", "trace"}
        return answer.status_code, answer.json()["code"]

    push, pull = "/api/sync/v1/push", "/api/sync/v1/pull"
    many = [codec.raw(Ev(n, n.to_bytes(16, "big"), 7, 0, 0, 0, codec.raw([]))) for n in range(1, 502)]
    assert await said(push, b"\xff nonsense") == (400, "malformed")
    assert await said(pull, b"") == (400, "malformed")
    assert await said(push, codec.encode(Up(1, d.dev, 501, 0, many))) == (413, "too_many")
    assert (await said(push, b"x" * (codec.MAX_BYTES + 1)))[0] == 413
    assert await said(push, codec.encode(Up(9, d.dev, 0, 0, []))) == (426, "version")
    assert await said(push, codec.encode(Up(1, b"\x01" * 16, 0, 0, []))) == (403, "unknown_device")
    assert await db.value("select count(*) from sync_event") == 0
    bad = await client.post("/api/devices/enrol", json={"dev": "xyz", "name": "PDA"})
    assert bad.status_code in (400, 422)
    client.cookies.clear()
    assert await said(pull, pulling([])) == (401, "login_needed")
    await log_in(client, w, "finance")
    assert await said(pull, pulling([])) == (403, "not_your_role")
