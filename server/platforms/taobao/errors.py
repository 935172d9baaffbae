"""Taobao's error bodies, read. `isp.` means their side, again later; `isv.` means this call, never again."""

import re
from typing import Final

from msgspec import structs

from server.platforms import raw
from server.platforms.body import part, text, text_id
from server.platforms.port import Trouble

_LATER: Final = frozenset({"3", "4", "5", "6", "8", "10"})
_DEAD: Final = {
    "26": "没有店铺授权，请重新授权",
    "27": "店铺授权已失效，请重新授权",
    "42": "店铺授权的权限不足，请重新授权",
    "44": "店铺授权已失效，请重新授权",
    "53": "店铺授权的安全等级已过期，请重新授权",
}
_NO: Final = {
    "9": "请求方式不被允许",
    "11": "应用没有此接口的权限",
    "12": "用户没有此接口的权限",
    "13": "应用没有此接口的权限",
    "21": "缺少接口名",
    "22": "接口名无效",
    "24": "缺少签名",
    "25": "签名错误，请检查应用密钥",
    "28": "缺少应用标识",
    "29": "应用标识无效",
    "30": "缺少时间戳",
    "31": "时间戳无效，请检查服务器时间",
    "40": "缺少必填参数",
    "41": "参数无效",
    "43": "参数错误",
    "47": "字符编码错误",
}
_SEND: Final = {
    "B01": "淘宝找不到这笔订单",
    "P02": "淘宝找不到这笔订单",
    "ORDER_NOT_FOUND_ERROR": "淘宝找不到这笔订单",
    "B04": "订单已发货或已关闭",
    "AT0011": "订单已发货或已关闭",
    "AT0112": "订单已发货或已关闭",
    "B02": "订单当前状态不能发货",
    "B55": "订单当前状态不能发货",
    "B27": "物流订单已创建",
    "B56": "淘宝没有这家快递公司",
    "B57": "淘宝不允许使用这家快递公司",
    "B58": "淘宝不允许使用这家快递公司",
    "B59": "运单号为空",
    "B60": "运单号不符合快递公司的规则，或已被使用",
    "B98": "订单类型不支持这种发货方式",
    "B101": "店铺地址库有误，请在卖家后台检查",
    "P01": "发货参数错误",
}
SEND_CODE: Final = re.compile(r"isv\.logistics-(?:offline|online)-service-error:(\w+)")
"""The sub_code of a refused shipment: B04 means shipped or closed before."""
_BAN: Final = re.compile(r"last for (\d{1,5}) more second")


def trouble(data: bytes) -> Trouble | None:
    """What an error body says; None: the body is none. Raises Unreadable."""
    body = raw.load_object(data)
    if "error_response" not in body:
        return None
    error = part(body, "error_response")
    code = text_id(error.get("code"))
    sub = text(error.get("sub_code"))[:100]
    words = (text(error.get("sub_msg")) or text(error.get("msg")))[:200]
    return structs.replace(_read(code, sub, words), request_id=text_id(error.get("request_id")))


def _read(code: str, sub: str, words: str) -> Trouble:
    if code in _DEAD:
        return Trouble("unauthenticated", code, _DEAD[code], sub, words)
    if code == "7":
        return _limited(code, sub, words)
    if sub == "isv.trade-service-rejection":  # the one isv. error that passes by itself
        return Trouble("unavailable", code, "淘宝要求稍后再查", sub, words, retry_after=180)
    if sub.startswith("isp.") or code in _LATER:
        return Trouble("unavailable", code, "淘宝暂时没有响应，稍后再试", sub, words)
    found = SEND_CODE.match(sub)
    if found:
        return _send(code, found.group(1), sub, words)
    clock = code in ("30", "31") or sub in ("isv.timestamp-limit-error", "isv.replayattack-timestamp-invalid-error")
    message = _NO.get(code, "淘宝拒绝了这次请求")
    return Trouble("rejected", code, message, sub, words, clock=clock)


def _limited(code: str, sub: str, words: str) -> Trouble:
    if sub == "accesscontrol.limited-by-app-api-access-count":
        return Trouble("rejected", code, "应用尚未上线，调用次数已用完", sub, words)
    if sub == "accesscontrol.limited-by-app-access-count":
        return Trouble("unavailable", code, "应用今天的调用次数已用完", sub, words, retry_after=1800)
    ban = _BAN.search(words)
    wait = min(int(ban.group(1)), 3600) if ban else 60
    return Trouble("unavailable", code, "淘宝限流，稍后再试", sub, words, retry_after=wait)


def _send(code: str, short: str, sub: str, words: str) -> Trouble:
    if short in ("B150", "S01"):
        return Trouble("unavailable", code, "淘宝发货接口繁忙，稍后再试", sub, words)
    if short == "P03":
        return Trouble("unauthenticated", code, "店铺授权已失效，请重新授权", sub, words)
    if re.fullmatch(r"F0\d", short):
        return Trouble("rejected", code, "淘宝判定运单号虚假或已被使用", sub, words)
    return Trouble("rejected", code, _SEND.get(short, "淘宝拒绝发货"), sub, words)
