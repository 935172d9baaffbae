"""Log-in and log-out. The session is an opaque cookie; nothing about it can be read from JavaScript."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, post
from litestar.datastructures import Cookie

from server.accounts import actions
from server.accounts.guards import anyone, public, user_of
from server.settings import Settings

COOKIE = "zs_session"


class Login(msgspec.Struct, frozen=True):
    login: str
    password: str


class PersonView(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    role: str


class LoggedIn(msgspec.Struct, frozen=True):
    person: PersonView


def _cookie(settings: Settings, token: str) -> Cookie:
    return Cookie(
        key=COOKIE,
        value=token,
        httponly=True,
        secure=settings.secure,
        samesite="strict",
        path="/",
        max_age=int(actions.SESSION.total_seconds()) if token else 0,
    )


@post("/login", guards=[public], status_code=200)
async def login(data: Login, settings: Settings) -> Response[LoggedIn]:
    """A session for a name and a password."""
    done = await actions.log_in(data.login, data.password)
    person = PersonView(done.user.id, done.user.name, done.user.role)
    return Response(LoggedIn(person), cookies=[_cookie(settings, done.token)])


@post("/logout", guards=[anyone], status_code=204)
async def logout(request: Request[Any, Any, Any], settings: Settings) -> Response[None]:
    """End this session."""
    await actions.log_out(user_of(request))
    return Response(None, status_code=204, cookies=[_cookie(settings, "")])


router = Router("/", route_handlers=[login, logout])
