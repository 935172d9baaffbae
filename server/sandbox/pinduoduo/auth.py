"""PDD's authorisation: the owner's yes, tokens for a code, new tokens for a refresh token; and who the shop is.

Whether a refresh token works twice is not published: here it does not.
"""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from server.sandbox.accounts import PINDUODUO
from server.sandbox.consent import sent_back
from server.sandbox.grants import Given
from server.sandbox.http import json
from server.sandbox.pinduoduo.rules import Params, refuse
from server.sandbox.world import World


def create(world: World, p: Params, scope: Sequence[str]) -> dict[str, Any]:
    """pop.auth.token.create. What was given to this shop before is dead at once: codes, access and refresh tokens."""
    grants = world.grants("pinduoduo")
    given = grants.exchange(p["code"], world.now())
    if given is None:
        raise refuse(world, "code_invalid")
    grants.alone(given)
    return {"pop_auth_token_create_response": _wire(world, given, scope)}


def refresh(world: World, p: Params, scope: Sequence[str]) -> dict[str, Any]:
    """pop.auth.token.refresh. It does not lengthen the authorisation: the new refresh token ends with the old one."""
    grants, token = world.grants("pinduoduo"), p["refresh_token"]
    ends = grants.book.refresh.get(token, 0)
    given = grants.renew(token, world.now(), keep_access=world.knobs.old_token_s)
    if isinstance(given, str):
        raise refuse(world, f"refresh_{given}")
    given = Given(given.access, given.refresh, min(given.access_until, ends), ends)
    grants.book.access[given.access], grants.book.refresh[given.refresh] = given.access_until, ends
    return {"pop_auth_token_refresh_response": _wire(world, given, scope)}


def mall(world: World, p: Params) -> dict[str, Any]:
    """mall.info.get."""
    row = {
        "logo": "https://img.example.test/mall.jpg",
        "mall_desc": "",
        "mall_id": int(PINDUODUO["external_id"]),
        "mall_name": PINDUODUO["name"],
        "merchant_type": 1,
        "mall_character": 0,
    }
    return {"mall_info_get_response": row}


def _wire(world: World, given: Given, scope: Sequence[str]) -> dict[str, Any]:
    world.touch()
    now = world.now()
    body: dict[str, Any] = {
        "access_token": given.access,
        "refresh_token": given.refresh,
        "refresh_token_expires_in": given.refresh_until - now,
        "refresh_token_expires_at": given.refresh_until,
        "owner_id": PINDUODUO["external_id"],
        "owner_name": PINDUODUO["name"],
        "scope": list(scope),
    }
    for level in ("", "r1_", "r2_", "w1_", "w2_"):
        body |= {f"{level}expires_in": given.access_until - now, f"{level}expires_at": given.access_until}
    return body


def page(world: World) -> HTTPRouteHandler:
    """The page of the service market: the owner says yes at once, and is sent back with a code."""

    @get("/pinduoduo/service-market/auth", name="/pinduoduo/service-market/auth")
    async def authorize(request: Request[Any, Any, Any]) -> Response[Any]:
        world.tick()
        q = request.query_params
        wrong = ""
        if q.get("client_id") != PINDUODUO["app_key"]:
            wrong = "client_id"
        elif q.get("response_type") != "code":
            wrong = "response_type"
        elif not q.get("redirect_uri"):
            wrong = "redirect_uri"
        if wrong:
            world.refusals[f"pinduoduo /service-market/auth page_{wrong}"] += 1
            return json({"error": "invalid_request", "error_description": f"{wrong} 无效(模拟)"}, 400)
        return sent_back(world, "pinduoduo", q["redirect_uri"], state=q.get("state", ""))

    return authorize
