"""Each request: a trace id, the session's person, and the check that a browser page of ours made it."""

import structlog
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from server.accounts import queries
from server.errors import Forbidden
from server.kit.context import Actor, acting, new_trace

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MARK = "x-zhongshu"
"""Unsafe requests carry this header: a form of another site cannot send it (with SameSite=Strict beside it)."""

HOOKS = "/hooks/"
"""Where platforms push to: no page of ours, no session; each push is verified by its signature."""


class Caller(ASGIMiddleware):
    """Puts the user into scope['user'] (None: nobody) and the actor into the context."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if scope["type"] != ScopeType.HTTP:
            await next_app(scope, receive, send)
            return
        trace = new_trace()
        headers = Headers.from_scope(scope)
        token = _cookie(headers.get("cookie", ""), "zs_session")
        user = await queries.find_user(token) if token and scope["path"].startswith("/api/") else None
        scope["user"] = user
        scope.setdefault("state", {})["trace"] = trace
        if scope["method"] not in SAFE and not headers.get(MARK) and not scope["path"].startswith(HOOKS):
            raise Forbidden("not_our_page", "请求缺少 X-Zhongshu 标头")

        async def traced(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                message["headers"] = [*message["headers"], (b"x-trace", trace.encode())]
            await send(message)

        structlog.contextvars.bind_contextvars(trace=trace)
        try:
            with acting(Actor(person=user.id if user else None, device=user.device if user else None, trace=trace)):
                await next_app(scope, receive, traced)
        finally:
            structlog.contextvars.unbind_contextvars("trace")


def _cookie(header: str, name: str) -> str:
    for part in header.split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return ""
