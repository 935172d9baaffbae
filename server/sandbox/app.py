"""create_app: the simulated shops, carrier and control over one world."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from litestar import Litestar, Request, Response, get, route
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import Scope

from server.sandbox import pushes, store
from server.sandbox.carrier import Carrier
from server.sandbox.control import Control
from server.sandbox.http import Front, serve
from server.sandbox.jd import auth as jd_auth
from server.sandbox.jd.gateway import Jd
from server.sandbox.jdsp.gateway import Jdsp
from server.sandbox.knobs import Knobs
from server.sandbox.pinduoduo import auth as pinduoduo_auth
from server.sandbox.pinduoduo.gateway import Pinduoduo
from server.sandbox.shopee import auth as shopee_auth
from server.sandbox.shopee import hooks as shopee_hooks
from server.sandbox.shopee.gateway import Shopee
from server.sandbox.taobao import auth as taobao_auth
from server.sandbox.taobao.gateway import Taobao
from server.sandbox.world import Clock, Saved, World

_log = structlog.get_logger("sandbox")


def create_app(
    seed: int,
    state_path: Path | None = None,
    knobs: Knobs | None = None,
    *,
    clock: Clock = time.time,
    rate_per_min: float | None = None,
) -> Litestar:
    """One sandbox. Its World is `app.state.world`.

    `state_path`: where its state outlives a restart; the seed in there then holds. `clock`: epoch seconds.
    `rate_per_min`: steady demand over all shops; left out: as saved, at first 0.
    """
    saved = store.load(state_path, seed) if state_path else Saved(seed=seed)
    knobs = knobs or Knobs()
    world = World(knobs, saved, clock)
    if rate_per_min is not None:
        world.set_rate(rate_per_min)

    @asynccontextmanager
    async def kept(_: Litestar) -> AsyncIterator[None]:
        if state_path is None:
            yield
            return
        keeper = store.Keeper(state_path, saved)
        world.on_change = keeper.touch
        await keeper.start()
        try:
            yield
        finally:
            await keeper.stop()

    @asynccontextmanager
    async def delivering(_: Litestar) -> AsyncIterator[None]:
        """Shopee's pushes go to whoever asked for them."""
        task = asyncio.create_task(pushes.deliver(world.pushes, "shopee", shopee_hooks.write(world), world.time))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    @get("/health", sync_to_thread=False)
    def health() -> dict[str, bool]:
        return {"ok": True}

    carrier = Carrier(world)
    return Litestar(
        [
            _gateway("/taobao/router/rest", Taobao(world), ["GET", "POST"], world),
            taobao_auth.page(world),
            _gateway("/jd/routerjson", Jd(world), ["GET", "POST"], world),
            _gateway("/jd/oauth2/access_token", jd_auth.Oauth(world), ["GET"], world),
            _gateway("/jd/oauth2/refresh_token", jd_auth.Oauth(world), ["GET"], world),
            jd_auth.page(world),
            _gateway("/jdsp/rest/{rest:path}", Jdsp(world), ["GET", "POST", "PUT"], world),
            _gateway("/pinduoduo/api/router", Pinduoduo(world), ["GET", "POST"], world),
            pinduoduo_auth.page(world),
            *shopee_auth.pages(world),
            _gateway("/shopee/api/v2/{rest:path}", Shopee(world), ["GET", "POST"], world),
            _gateway("/carrier/waybills", carrier, ["POST"], world),
            _gateway("/carrier/handovers", carrier, ["POST"], world),
            _gateway("/carrier/tracks", carrier, ["GET"], world),
            Control,
            health,
        ],
        lifespan=[kept, delivering],
        state=State({"world": world}, deep_copy=False),
        openapi_config=None,
        logging_config=None,  # the root logger is not ours
        after_exception=[_bug],
        request_max_body_size=knobs.body_limit,
    )


async def _bug(error: Exception, scope: Scope) -> None:
    """What no platform would say is a fault of the sandbox itself; the caller gets a 500."""
    if not isinstance(error, HTTPException):
        _log.error("sandbox failed", path=scope["path"], exc_info=error)


def _gateway(path: str, front: Front, verbs: list[Any], world: World) -> HTTPRouteHandler:
    prefix = f"/{front.name}"

    @route(path, http_method=verbs, name=path)
    async def gateway(request: Request[Any, Any, Any]) -> Response[bytes]:
        return await serve(world, front, request, request.scope["path"].removeprefix(prefix).rstrip("/"))

    return gateway
