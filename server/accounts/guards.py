"""Who may call a route. Every route carries one of these guards; create_app refuses to start on one that does not."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers import HTTPRouteHandler
from litestar.handlers.base import BaseRouteHandler

from server.accounts.queries import User
from server.accounts.rules import ROLES
from server.errors import Forbidden, Unauthenticated

Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]


class Allowed:
    """A guard that lets the named roles in. `roles` is read by the start-up check and by the route × role test."""

    def __init__(self, roles: frozenset[str]) -> None:
        self.roles = roles

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        user = connection.scope.get("user")
        if user is None:
            raise Unauthenticated("login_needed", "请先登录")
        if user.role not in self.roles:
            raise Forbidden("not_your_role", f"{ROLES.get(user.role, user.role)}没有这个权限")


class Public:
    """A guard that lets everyone in; that it is written down is the point."""

    roles: frozenset[str] | None = None

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        return None


def allow(*roles: str) -> Guard:
    """Only these roles."""
    unknown = set(roles) - set(ROLES)
    if unknown or not roles:
        raise ValueError(f"no such role: {unknown}")
    return Allowed(frozenset(roles))


anyone: Guard = allow(*ROLES)
"""Whoever is logged in."""

public: Guard = Public()
"""No login needed."""


def routes(app: Litestar) -> list[tuple[str, str, frozenset[str] | None]]:
    """(method, path, roles) of every route; roles None: public. Raises ValueError for a route without a guard."""
    found: list[tuple[str, str, frozenset[str] | None]] = []
    for route in app.routes:
        for handler in getattr(route, "route_handlers", []):
            if not isinstance(handler, HTTPRouteHandler) or handler.http_methods == {"OPTIONS"}:
                continue  # Litestar's own OPTIONS tells which methods there are, nothing else
            ours = [g for g in handler.resolve_guards() if isinstance(g, Allowed | Public)]
            if len(ours) != 1:
                raise ValueError(f"{sorted(handler.http_methods)} {route.path}: {len(ours)} guards, want exactly one")
            found += [(method, route.path, ours[0].roles) for method in sorted(handler.http_methods)]
    return found


def user_of(connection: ASGIConnection[Any, Any, Any, Any]) -> User:
    """The caller of a guarded route."""
    user = connection.scope.get("user")
    assert isinstance(user, User), "guarded routes have a user"
    return user
