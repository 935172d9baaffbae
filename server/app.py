"""create_app: the composition root of the web process. Refuses to start on a route without a guard."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from litestar import Litestar, Response, Router
from litestar.datastructures import ResponseHeader
from litestar.di import Provide

from server import demo_api
from server.accounts import api as accounts
from server.accounts import guards
from server.catalog import api as catalog
from server.desk import api as desk
from server.devices import api as devices
from server.imports import actions as uploads
from server.imports import api as imports
from server.kit import crypto, db
from server.orders import api as orders
from server.orders import rule_api as rules
from server.picking import api as picking
from server.platforms import api as platforms
from server.platforms import hooks, registry
from server.platforms import http as line
from server.platforms.port import Platform
from server.settings import Settings
from server.shipping import api as shipping
from server.stock import api as stock
from server.tasks import api as tasks
from server.web import caller, health, me, problem, pwa

VERSION = "0.1.0"
MAX_BODY = 1024 * 1024

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data: blob:; "
    "style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}


def create_app(settings: Settings, *, own_database: bool = True) -> Litestar:
    """The web app. own_database=False: the caller has opened server.kit.db on this loop (tests)."""

    outside: dict[str, Any] = {}

    def connect_to(code: str) -> Platform:
        """An adapter that calls out, for what a person waits for: authorising a shop, trying it out."""
        return registry.connect(code, outside["line"])

    @asynccontextmanager
    async def resources(_: Litestar) -> AsyncIterator[None]:
        if own_database:
            crypto.load(settings.key_file)
            await db.open(settings.database_url, size=20, patience_s=db.PATIENCE_S)
        outside["line"] = line.new_client()
        await uploads.swept(Path(settings.data_dir) / "imports")
        try:
            async with devices.running(settings):
                yield
        finally:
            await outside.pop("line").aclose()
            if own_database:
                await db.close()

    routers: list[Any] = [
        accounts.router,
        catalog.router,
        desk.router,
        devices.router,
        imports.router,
        orders.router,
        rules.router,
        picking.router,
        platforms.router,
        shipping.router,
        stock.router,
        tasks.router,
        health.health,
        me.me,
    ]
    if settings.demo:
        routers.append(demo_api.router)
    files = pwa.read(settings.pwa_dir)

    async def no_store(response: Response[Any]) -> Response[Any]:
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    app = Litestar(
        route_handlers=[
            Router("/api", route_handlers=routers, after_request=no_store),
            Router("/", route_handlers=[hooks.router], after_request=no_store),
            pwa.serve,
        ],
        middleware=[caller.Caller()],
        exception_handlers=problem.HANDLERS,
        dependencies={
            "settings": Provide(lambda: settings, sync_to_thread=False),
            "connect_to": Provide(lambda: connect_to, sync_to_thread=False),
            "version": Provide(lambda: VERSION, sync_to_thread=False),
            "files": Provide(lambda: files, sync_to_thread=False),
        },
        lifespan=[resources],
        request_max_body_size=MAX_BODY,
        response_headers=[ResponseHeader(name=k, value=v) for k, v in _HEADERS.items()],
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    guards.routes(app)
    return app
