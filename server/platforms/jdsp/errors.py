"""SP-API's error bodies, read. Its codes are not published, so its words decide; unknown ones are a no."""

from typing import Any, Final

from server.platforms import raw
from server.platforms.body import part, text, text_id
from server.platforms.jd import errors as classic
from server.platforms.port import Trouble

YUNDING: Final = "99904030005"

_WORDS: Final = (
    (("token", "授权"), "unauthenticated", "店铺授权已失效，请重新授权"),
    (("timestamp", "时间戳"), "clock", "时间戳无效，请检查服务器时间"),
    (("limit", "限流", "频繁", "超限"), "limited", "京东限流，稍后再试"),
    (("timeout", "timed out", "超时", "繁忙", "busy"), "later", "京东系统繁忙，稍后再试"),
    (("sign", "签名"), "rejected", "签名错误，请检查应用密钥"),
)


def unwrapped(body: dict[str, Any]) -> dict[str, Any]:
    """One source says that the answer may be wrapped in `Response`."""
    return part(body, "Response") if "Response" in body and "success" not in body else body


def trouble(data: bytes) -> Trouble | None:
    """What an error body says; None: the body is none. Raises Unreadable."""
    whole = raw.load_object(data)
    body = unwrapped(whole)
    if "success" not in body:
        return classic.trouble(data) if body is whole else None
    if classic.succeeded(body["success"]):
        return None
    listed = body.get("errorList")
    first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
    return _judge(text_id(first.get("code")), text(first.get("message")) or text(first.get("details")))


def _judge(code: str, words: str) -> Trouble:
    if code == YUNDING:
        return Trouble("rejected", code, "此接口只能在京东云鼎环境内调用", text=words[:200])
    said = words.lower()
    for marks, kind, message in _WORDS:
        if not any(mark in said for mark in marks):
            continue
        if kind == "unauthenticated":
            return Trouble("unauthenticated", code, message, text=words[:200])
        if kind in ("limited", "later"):
            wait = 60.0 if kind == "limited" else None
            return Trouble("unavailable", code, message, text=words[:200], retry_after=wait)
        return Trouble("rejected", code, message, text=words[:200], clock=kind == "clock")
    return Trouble("rejected", code, "京东拒绝了这次请求", text=words[:200])
