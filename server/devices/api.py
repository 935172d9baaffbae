"""The floor over HTTP: enrolling, the list of devices, and the two calls of the sync protocol (sync/SPEC.md)."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from litestar import Request, Response, Router, get, post
from litestar.datastructures import State

from server.accounts.guards import allow, user_of
from server.devices import actions, queries, shapes
from server.devices.actions import Floor
from server.devices.schemas import DevicePage, DeviceRef, Enrol, Enrolled
from server.errors import Conflict, Error, Forbidden, Malformed, Unavailable
from server.kit import clock, db
from server.settings import Settings
from sync import codec
from sync import log as sync_log
from sync.codec import Refused
from sync.frames import Sub
from sync.log import Answer
from sync.messages import VERSION, Pull, Pulled
from sync.watch import Watch

ROLES = ("warehouse", "stock", "manager")
MSGPACK = "application/msgpack"
HOLD_S, JITTER = 20.0, 0.2
log = structlog.get_logger(__name__)

_watch: Watch | None = None


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """The one listener of this process, for as long as the app runs. Held pulls return when it ends."""
    global _watch
    watch = Watch(settings.database_url or str(db.ENGINE.config["dsn"]))
    await watch.start()
    _watch = watch
    try:
        yield
    finally:
        _watch = None
        await watch.stop()


def release() -> None:
    """The process is about to end: answer the pulls that are held, and hold no more."""
    if _watch is not None:
        _watch.close()


class TooMuch(Error):
    status = 413


class Outdated(Error):
    """The app speaks an older protocol than the server."""

    status = 426


_REFUSED: dict[str, tuple[type[Error], str]] = {
    "too_big": (TooMuch, "一次发送的内容太大"),
    "too_many": (TooMuch, "一次发送的条数太多"),
    "malformed": (Malformed, "请求内容无法解析"),
    "version": (Outdated, "应用版本过旧，请更新"),
    "unknown_device": (Forbidden, "这台设备没有登记在你名下，请重新登录"),
    "busy": (Unavailable, "同一批操作正在处理，请稍后重试"),
}


def _said(e: Refused) -> Error:
    kind, message = _REFUSED.get(e.code, (Conflict, "同步请求被拒绝"))
    return kind(e.code, message)


@post("/devices/enrol", guards=[allow(*ROLES)], status_code=200)
async def enrol(request: Request[Any, Any, State], data: Enrol) -> Enrolled:
    """Bind a device (a browser's storage) to the person of this session and to the warehouse."""
    prev = bytes.fromhex(data.prev) if data.prev else None
    device_id = await actions.enrol(user_of(request), bytes.fromhex(data.dev), data.name, prev)
    return Enrolled(DeviceRef(device_id, data.name), _lease_ms())


@get("/devices", guards=[allow("service", "stock", "manager")])
async def devices(request: Request[Any, Any, State]) -> DevicePage:
    """Devices in use, for the desk."""
    return await queries.list_devices()


@post("/sync/v1/push", guards=[allow(*ROLES)], status_code=200, request_max_body_size=codec.MAX_BYTES)
async def push(request: Request[Any, Any, State]) -> Response[bytes]:
    """Up → Ack or Fork."""
    user = user_of(request)
    try:
        up = codec.decode_up(await request.body())
        floor = await actions.floor_of(user, up.dev)
        answer = await actions.push(floor, up)
    except Refused as e:
        raise _said(e) from e
    return _packed(answer)


@post("/sync/v1/pull", guards=[allow(*ROLES)], status_code=200, request_max_body_size=codec.MAX_BYTES)
async def pull(request: Request[Any, Any, State]) -> Response[bytes]:
    """Pull → Pulled. With `wait`, held until something of these shapes changes; no connection is kept meanwhile."""
    user = user_of(request)
    try:
        asked = codec.decode_pull(await request.body())
    except Refused as e:
        raise _said(e) from e
    floor = await actions.floor_of(user, asked.dev)
    await actions.note_seen(floor.device, asked.unsent)
    for bad in asked.bad:
        log.error("sync_digest_mismatch", device=str(floor.device), shape=bad.shape, off=bad.off, offs=bad.offs[:20])
    subs = _subs(asked, floor)
    answer = await _look(subs)
    if not answer.news and asked.wait and await _changed(subs, answer.off, asked.wait):
        # The person may have been logged out, or the device revoked, while it waited.
        await queries.check_session(user.session, ROLES)
        again = await actions.floor_of(user, asked.dev)
        answer = await _look(_subs(asked, again))
    return _packed(Pulled(VERSION, answer.frames, clock.ms(clock.now()) or 0, _lease_ms()))


def _subs(asked: Pull, floor: Floor) -> list[Sub]:
    """What is asked for, with the keys of this session. A shape that this server does not know is left out."""
    return [
        Sub(
            shapes.BY_ID[shape],
            shapes.keys(shape, device=floor.device, warehouse=floor.warehouse, person=floor.person),
            h,
            off,
            floor.epoch,
        )
        for shape, h, off in asked.subs
        if shape in shapes.BY_ID
    ]


async def _look(subs: list[Sub]) -> Answer:
    async with db.connection() as connection:
        return await sync_log.pull(connection, subs)


async def _changed(subs: list[Sub], off: int, wait_ms: int) -> bool:
    if _watch is None:
        raise Unavailable("starting", "服务正在启动或停止，请稍后再试")
    most = HOLD_S * random.uniform(1 - JITTER, 1 + JITTER)  # so that a hall of devices does not ask in step
    return await _watch.wait_for([s.at for s in subs], off, min(wait_ms / 1000, most))


def _packed(message: Any) -> Response[bytes]:
    return Response(codec.encode(message), media_type=MSGPACK, headers={"Cache-Control": "no-store"})


def _lease_ms() -> int:
    return clock.ms(clock.now() + actions.LEASE) or 0


router = Router("/", route_handlers=[enrol, devices, pull, push])
