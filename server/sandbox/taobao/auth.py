"""TOP's authorisation: the owner's yes, tokens for a code, new tokens for a refresh token; and who the shop is."""

import json
from typing import Any, Final
from urllib.parse import quote

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from server.sandbox.accounts import TAOBAO
from server.sandbox.consent import sent_back
from server.sandbox.grants import Given
from server.sandbox.http import json as answer
from server.sandbox.taobao.rules import PAGE, Params, picked, refuse
from server.sandbox.world import World

USER_ID: Final = 1_000_000_001


def create(world: World, p: Params) -> dict[str, Any]:
    """top.auth.token.create."""
    given = world.grants("taobao").exchange(p["code"], world.now())
    if given is None:
        raise refuse(world, "code_invalid")
    return _result(world, given)


def refresh(world: World, p: Params) -> dict[str, Any]:
    """top.auth.token.refresh: both tokens change, the refresh token is spent."""
    grants = world.grants("taobao")
    given = grants.renew(p["refresh_token"], world.now(), keep_access=world.knobs.old_token_s)
    if isinstance(given, str):
        raise refuse(world, f"refresh_{given}")
    return _result(world, given)


def _result(world: World, given: Given) -> dict[str, Any]:
    """A JSON text within the answer. re_expires_in 0: this app cannot renew."""
    world.touch()
    life, re_life = given.access_until - world.now(), given.refresh_until - world.now()
    level = min(life, world.knobs.taobao_level_s or life)
    tokens = {
        "access_token": given.access,
        "token_type": "Bearer",
        "expires_in": life,
        "refresh_token": given.refresh,
        "re_expires_in": re_life,
        "r1_expires_in": life,
        "r2_expires_in": level,
        "w1_expires_in": life,
        "w2_expires_in": level,
        "taobao_user_id": str(USER_ID),
        "taobao_user_nick": quote(TAOBAO["external_id"]),
    }
    return {"token_result": json.dumps(tokens)}


def seller(world: World, p: Params) -> dict[str, Any]:
    """user.seller.get."""
    return {"user": picked({"user_id": USER_ID, "nick": TAOBAO["external_id"], "type": "B"}, p["fields"])}


def page(world: World) -> HTTPRouteHandler:
    """authorize: the owner says yes at once, and is sent back with a code. What is wrong with a call is a page."""

    @get("/taobao/authorize", name="/taobao/authorize")
    async def authorize(request: Request[Any, Any, Any]) -> Response[Any]:
        world.tick()
        q = request.query_params
        rule = ""
        if q.get("client_id") != TAOBAO["app_key"]:
            rule = "page_app_unknown"
        elif q.get("response_type") != "code":
            rule = "page_type_unknown"
        elif not q.get("redirect_uri"):
            rule = "page_no_redirect"
        if rule:
            world.refusals[f"taobao /authorize {rule}"] += 1
            return answer({"error": "invalid_request", "error_description": f"{PAGE[rule]} 无效(模拟)"}, 400)
        return sent_back(world, "taobao", q["redirect_uri"], state=q.get("state", ""))

    return authorize
