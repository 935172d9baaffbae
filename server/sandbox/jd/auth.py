"""JD's authorisation pages: the owner's yes, tokens for a code, new tokens for a refresh token in the last day."""

from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from server.sandbox.accounts import JD
from server.sandbox.consent import sent_back
from server.sandbox.grants import Given
from server.sandbox.http import Asked, Refused, Reply, json
from server.sandbox.jd.rules import OAUTH
from server.sandbox.world import World

_TYPES: Final = {"/oauth2/access_token": "authorization_code", "/oauth2/refresh_token": "refresh_token"}


class Oauth:
    """The two addresses that give tokens."""

    name = "jd"

    def __init__(self, world: World) -> None:
        self.world = world

    def method(self, asked: Asked) -> str:
        return asked.path

    def limited(self, asked: Asked) -> Reply:
        return Reply({"code": 429, "msg": "访问过于频繁(模拟)"}, refusal="quota")

    def busy(self, asked: Asked) -> Reply:
        return Reply({"code": 500, "msg": "系统繁忙(模拟)"}, refusal="backend_busy")

    def answer(self, asked: Asked) -> Reply:
        q = asked.query
        try:
            if q.get("app_key") != JD["app_key"] or q.get("app_secret") != JD["app_secret"]:
                raise _no("oauth_app_unknown")
            if q.get("grant_type") != _TYPES[asked.path]:
                raise _no("oauth_type_unknown")
            given = self._exchange(q) if asked.path.endswith("access_token") else self._refresh(q)
        except Refused as no:
            return no.reply
        self.world.touch()
        return Reply(self._wire(given))

    def _exchange(self, q: dict[str, str]) -> Given:
        given = self.world.grants("jd").exchange(q.get("code", ""), self.world.now())
        if given is None:
            raise _no("oauth_code_invalid")
        return given

    def _refresh(self, q: dict[str, str]) -> Given:
        """Both tokens change and both old ones die; only shortly before the end."""
        world, token, now = self.world, q.get("refresh_token", ""), self.world.now()
        grants = world.grants("jd")
        until = grants.book.refresh.get(token, 0)
        if until - now > world.knobs.jd_refresh_last_s:
            raise _no("oauth_refresh_early")
        given = grants.renew(token, now, keep_access=world.knobs.old_token_s)
        if isinstance(given, str):
            raise _no(f"oauth_refresh_{given}")
        return given

    def _wire(self, given: Given) -> dict[str, Any]:
        now = self.world.now()
        return {
            "access_token": given.access,
            "expires_in": given.access_until - now,
            "refresh_token": given.refresh,
            "scope": "snsapi_base",
            "open_id": "oSANDBOX0001",
            "uid": "0000000001",
            "time": str(now * 1000),
            "token_type": "bearer",
            "user_nick": JD["name"],
        }


def page(world: World) -> HTTPRouteHandler:
    """to_login: the owner says yes at once, and is sent back with a code."""

    @get("/jd/oauth2/to_login", name="/jd/oauth2/to_login")
    async def to_login(request: Request[Any, Any, Any]) -> Response[Any]:
        world.tick()
        q = request.query_params
        rule = ""
        if q.get("app_key") != JD["app_key"]:
            rule = "oauth_app_unknown"
        elif q.get("response_type") != "code":
            rule = "oauth_type_unknown"
        elif not q.get("redirect_uri"):
            rule = "oauth_no_redirect"
        if rule:
            world.refusals[f"jd /oauth2/to_login {rule}"] += 1
            return json(_no(rule).reply.body)
        return sent_back(world, "jd", q["redirect_uri"], state=q.get("state", ""))

    return to_login


def _no(rule: str) -> Refused:
    return Refused(Reply({"code": int(OAUTH[rule].code), "msg": OAUTH[rule].zh}, refusal=rule))
