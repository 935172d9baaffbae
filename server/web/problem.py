"""Errors to answers: {"code", "message", "detail", "trace"}. A bug is a 500 with a trace id, never a database text."""

import traceback
from typing import Any

import asyncpg
import structlog
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    SerializationException,
    ValidationException,
)

from server.errors import Error, Unavailable

log = structlog.get_logger(__name__)


def _answer(
    request: Request[Any, Any, Any],
    status: int,
    code: str,
    message: str,
    detail: Any = None,
    headers: dict[str, str] | None = None,
) -> Response[Any]:
    trace = request.scope.get("state", {}).get("trace", "")
    body = {"code": code, "message": message, "detail": detail or {}, "trace": trace}
    return Response(body, status_code=status, media_type="application/json", headers=headers)


def foreseen(request: Request[Any, Any, Any], e: Error) -> Response[Any]:
    """One of our own errors."""
    headers = None
    if isinstance(e, Unavailable) and e.retry_after is not None:
        headers = {"Retry-After": str(int(e.retry_after))}
    return _answer(request, e.status, e.code, e.message, e.detail, headers)


def http(request: Request[Any, Any, Any], e: HTTPException) -> Response[Any]:
    """The framework's own refusals, in the same form."""
    if isinstance(e, NotFoundException):
        return _answer(request, 404, "no_such_page", "没有这个地址")
    if isinstance(e, MethodNotAllowedException):
        return _answer(request, 405, "method_not_allowed", "不支持这种请求方式")
    if isinstance(e, SerializationException):
        return _answer(request, 400, "malformed", "请求内容无法解析")
    if isinstance(e, ValidationException):
        if isinstance(e.__cause__, SerializationException):
            return _answer(request, 400, "malformed", "请求内容无法解析")
        fields = [str(x.get("key") or "") if isinstance(x, dict) else "" for x in (e.extra or [])]
        return _answer(request, 422, "invalid", "请求内容不正确", {"fields": [f for f in fields if f]})
    if e.status_code == 400:
        return _answer(request, 400, "malformed", "请求内容无法解析")
    if e.status_code == 413:
        return _answer(request, 413, "too_large", "请求内容太大")
    return _answer(request, e.status_code, "refused", "请求被拒绝")


def bug(request: Request[Any, Any, Any], e: Exception) -> Response[Any]:
    """Not foreseen: told to the log by its kinds and places, to the caller by its trace id."""
    log.error("unexpected", path=request.url.path, error=type(e).__name__, stack="\n" + "\n".join(_stack(e)))
    return _answer(request, 500, "unexpected", "系统出错了，请把追踪号告诉管理员")


def _stack(e: BaseException) -> list[str]:
    """Where it struck, and what it came of. No message: a library's may quote a row, and a buyer in it."""
    lines: list[str] = []
    seen: BaseException | None = e
    while seen is not None:
        lines.append(type(seen).__name__)
        lines += [f"  {f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(seen.__traceback__)]
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return lines


def undecodable(request: Request[Any, Any, Any], e: Exception) -> Response[Any]:
    """A body that is no UTF-8, or nested without end: what the decoder says of it is no validation error of its own."""
    frames = traceback.extract_tb(e.__traceback__)
    if frames and "serialization" in frames[-1].filename:
        return _answer(request, 400, "malformed", "请求内容无法解析")
    return bug(request, e)


def no_text(request: Request[Any, Any, Any], _: Exception) -> Response[Any]:
    """A NUL in a text: JSON and URLs can carry it, PostgreSQL's text cannot."""
    return _answer(request, 422, "bad_text", "内容含有不能保存的字符")


def busy(request: Request[Any, Any, Any], _: Exception) -> Response[Any]:
    """Two people, or a person and a job, wanted the same rows at once."""
    return _answer(request, 503, "busy", "系统正忙，请再试一次", None, {"Retry-After": "1"})


HANDLERS: dict[Any, Any] = {
    asyncpg.CharacterNotInRepertoireError: no_text,
    asyncpg.UntranslatableCharacterError: no_text,
    UnicodeDecodeError: undecodable,
    RecursionError: undecodable,
    asyncpg.TransactionRollbackError: busy,
    asyncpg.LockNotAvailableError: busy,
    Error: foreseen,
    HTTPException: http,
    Exception: bug,
}
