"""What comes from outside without a session: pushes of platforms, and owners who come back from saying yes."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import structlog
from litestar import Request, Response, Router, get, post
from litestar.response import Redirect

from server.accounts.guards import public
from server.errors import Error, Unauthenticated
from server.kit import db
from server.platforms import connect, hints, queries
from server.platforms.port import Hint, Platform
from server.settings import Settings

log = structlog.get_logger(__name__)

MAX_PUSH: Final = 64 * 1024
"""A platform's push is a few hundred bytes."""


@post("/hooks/{platform:str}", guards=[public], status_code=204, request_max_body_size=MAX_PUSH)
async def push(
    request: Request[Any, Any, Any], platform: str, settings: Settings, connect_to: Callable[[str], Platform]
) -> Response[None]:
    """A push: verified by its raw bytes against every app of the platform, written down, answered empty. Looked at
    later: a platform waits three seconds at most.

    401: it is no platform's.
    """
    adapter = connect_to(platform)
    body = await request.body()
    url = f"{settings.url.rstrip('/')}/hooks/{platform}"
    headers = {name.lower(): value for name, value in request.headers.items()}
    shops = await queries.of_platform(platform)
    heard: dict[str, list[Hint]] = {}
    for shop in shops:
        try:
            heard[shop.app_key] = adapter.heard(shop, url, headers, body)
        except Unauthenticated:
            continue
    if not heard:
        raise Unauthenticated("not_the_platform", "签名不符")
    by_shop: dict[UUID, list[Hint]] = {}
    for shop in shops:
        found = [h for h in heard.get(shop.app_key, []) if h.shop in ("", shop.external_id)]
        if found:
            by_shop[UUID(shop.id)] = found
    async with db.transaction() as tx:
        for shop_id in sorted(by_shop):
            await hints.take(tx, shop_id, by_shop[shop_id])
    return Response(None, status_code=204)


@get("/hooks/consent", guards=[public])
async def consented(
    request: Request[Any, Any, Any], settings: Settings, connect_to: Callable[[str], Platform]
) -> Redirect:
    """Back from the platform with ?code= and the state that we gave."""
    given = dict(request.query_params.items())
    return await _take(given.get("state", ""), given, settings, connect_to)


@get("/hooks/consent/{word:str}", guards=[public])
async def consented_by_path(
    request: Request[Any, Any, Any], word: str, settings: Settings, connect_to: Callable[[str], Platform]
) -> Redirect:
    """The same, for platforms that hand no state back."""
    return await _take(word, dict(request.query_params.items()), settings, connect_to)


async def _take(
    word: str, given: dict[str, str], settings: Settings, connect_to: Callable[[str], Platform]
) -> Redirect:
    try:
        await connect.finish(word, given, connect_to)
    except Error as e:
        log.warning("consent_failed", code=e.code)
        return Redirect(f"{settings.url.rstrip('/')}/#/shops?consent={e.code}")
    return Redirect(f"{settings.url.rstrip('/')}/#/shops?consent=ok")


router = Router("/", route_handlers=[push, consented, consented_by_path])
