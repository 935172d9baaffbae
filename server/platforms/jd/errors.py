"""JD's error bodies, read. Three levels: error_response, the root's code, then the result's own success."""

from typing import Any, Final

from server.platforms import raw
from server.platforms.body import part, text, text_id
from server.platforms.port import Trouble

BAD_STATE: Final = "10100021"
"""pop.order.shipment: the order's state does not allow it. Shipped before also answers so."""

_LATER: Final = {
    "65": "京东后台超时，稍后再试",
    "66": "京东后台超时，稍后再试",
    "67": "京东后台超时，稍后再试",
    "68": "京东后台超时，稍后再试",
    "999999": "京东系统繁忙，稍后再试",
    "99999999": "京东系统繁忙，稍后再试",
}
_NO: Final = {
    "4": "缺少版本号",
    "5": "版本号不支持",
    "7": "缺少时间戳",
    "8": "时间戳无效，请检查服务器时间",
    "11": "缺少签名",
    "12": "签名错误，请检查应用密钥",
    "13": "应用标识无效",
    "14": "缺少接口名",
    "15": "接口名无效",
    "103": "应用无效",
    "2001": "应用没有此接口的权限",
    BAD_STATE: "订单当前状态不能出库",
    "10500001": "订单不属于这家店铺",
    "99904030005": "此接口只能在京东云鼎环境内调用",
}
_OK: Final = frozenset({"", "0", "00000", "200"})


def trouble(data: bytes) -> Trouble | None:
    """What an error body says; None: the body is none. Raises Unreadable."""
    body = raw.load_object(data)
    if "error_response" in body:
        return _gateway(part(body, "error_response"))
    if body.get("success") is False:  # the newer API's shape
        listed = body.get("errorList")
        first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else {}
        return _result(first.get("code"), text(first.get("message")))
    for name, root in body.items():
        if name.endswith(("_responce", "_response")) and isinstance(root, dict):
            return _root(root)
    if "code" in body:
        return _coded(body)
    return None


def succeeded(value: Any) -> bool:
    """JD writes true as true or as "true"."""
    return value is True or (isinstance(value, str) and value.strip().lower() == "true")


def _root(root: dict[str, Any]) -> Trouble | None:
    found = _coded(root)
    if found:
        return found
    for result in root.values():
        if not isinstance(result, dict):
            continue
        api = result.get("apiResult")
        if isinstance(api, dict):
            if not succeeded(api.get("success", True)):
                return _result(
                    api.get("numberCode") or api.get("englishErrCode"),
                    text(api.get("chineseErrCode")) or text(api.get("englishErrCode")),
                )
        elif "success" in result and not succeeded(result["success"]):
            words = text(result.get("chineseErrCode")) or text(result.get("englishErrCode"))
            return _result(result.get("errorCode"), words or text(result.get("errorMsg")))
    return None


def _coded(level: dict[str, Any]) -> Trouble | None:
    code = text_id(level.get("code"))
    if code in _OK:
        return None
    words = next((text(level[name]) for name in ("zh_desc", "errorMessage", "msg", "message") if level.get(name)), "")
    return _judge(code, words, words)


def _gateway(error: dict[str, Any]) -> Trouble:
    words = text(error.get("zh_desc")) or text(error.get("en_desc"))
    return _judge(text_id(error.get("code")), words, f"{words} {text(error.get('en_desc'))}")


def _judge(code: str, words: str, all_words: str) -> Trouble:
    """The gateway's code for a dead token is not certain, so its words count too."""
    words = words[:200]
    if code == "2":
        return Trouble("unavailable", code, "京东限流，稍后再试", text=words, retry_after=600)
    if code in _LATER:
        return Trouble("unavailable", code, _LATER[code], text=words)
    if code == "19" or "token" in all_words.lower():
        return Trouble("unauthenticated", code, "店铺授权已失效，请重新授权", text=words)
    message = _NO.get(code, "京东拒绝了这次请求")
    return Trouble("rejected", code, message, text=words, clock=code in ("7", "8"))


def _result(code: Any, words: str) -> Trouble:
    found = text_id(code)
    if found in _LATER:
        return Trouble("unavailable", found, _LATER[found], text=words[:200])
    return Trouble("rejected", found, _NO.get(found, "京东拒绝了这次请求"), text=words[:200])
