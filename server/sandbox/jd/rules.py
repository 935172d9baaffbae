"""The rules of JOS that a caller can break, by name, with the answer that each of them gives. Counted by name."""

import re
from typing import Any, Final

from msgspec import Struct

from server.sandbox import clock
from server.sandbox.http import Refused, Reply

MONTH_S: Final = 31 * 86_400


class Rule(Struct, frozen=True):
    """`code`: as JD numbers it. The texts are invented, JD's own are not published."""

    code: str
    zh: str
    en: str


def _argument(what: str) -> Rule:
    return Rule("43", f"业务参数错误:{what}", f"Invalid arguments:{what}")


GATEWAY: Final[dict[str, Rule]] = {
    "quota": Rule("2", "调用次数超限", "Call Limited"),
    "version_missing": Rule("4", "缺少版本参数", "Missing version"),
    "version_unknown": Rule("5", "版本参数无效", "Unsupported version"),
    "timestamp_missing": Rule("7", "缺少时间戳参数", "Missing timestamp"),
    "timestamp_unreadable": Rule("8", "时间戳参数无效", "Invalid timestamp"),
    "timestamp_old": Rule("8", "时间戳参数无效", "Invalid timestamp"),
    "sign_missing": Rule("11", "缺少签名参数", "Missing signature"),
    "sign_wrong": Rule("12", "签名错误", "Invalid signature"),
    "sign_method_unknown": Rule("12", "签名错误", "Invalid signature"),
    "app_key_unknown": Rule("13", "app_key无效", "Invalid app_key"),
    "method_missing": Rule("14", "缺少方法名参数", "Missing method"),
    "method_unknown": Rule("15", "方法名无效", "Invalid method"),
    "token_missing": Rule("19", "access_token已过期或无效", "Invalid access_token"),
    "token_unknown": Rule("19", "access_token已过期或无效", "Invalid access_token"),
    "token_expired": Rule("19", "access_token已过期或无效", "Invalid access_token"),
    "backend_timeout": Rule("66", "平台连接后端服务超时", "Platform to service timeout"),
    "json_unreadable": _argument("360buy_param_json"),
    "json_no_object": _argument("360buy_param_json"),
    "source_id_missing": _argument("source_id"),
    "fields_missing": _argument("optional_fields"),
    "state_missing": _argument("order_state"),
    "state_unknown": _argument("order_state"),
    "page_no_text": _argument("page"),
    "page_wrong": _argument("page"),
    "page_size_wrong": _argument("page_size"),
    "window_missing": _argument("start_date"),
    "window_backwards": _argument("end_date"),
    "window_too_long": _argument("end_date"),
    "order_id_wrong": _argument("order_id"),
    "remark_too_long": _argument("remark"),
    "who_is_missing": _argument("buId, operatePin, operateNick"),
    "who_is_stranger": _argument("buId"),
    "status_unknown": _argument("skuStatuValue"),
    "sku_id_wrong": _argument("skuId"),
    "stock_number_wrong": _argument("stockNum"),
    "update_model_unknown": _argument("updateModel"),
    "receivers_missing": _argument("orderInfos"),
    "voucher_unknown": _argument("tid"),
    "voucher_sign_wrong": _argument("sig"),
}
"""Refused by the gateway, or before the method did anything: error_response."""

METHOD: Final[dict[str, Rule]] = {
    "order_unknown": Rule("10500001", "订单不存在或不属于该商家(模拟)", "order not exist (simulated)"),
    "order_state": Rule("10100021", "订单状态不允许出库(模拟)", "order state invalid (simulated)"),
    "carrier_unknown": Rule("10100031", "物流公司不在商家的承运商列表中(模拟)", "unknown carrier (simulated)"),
    "waybill_wrong": Rule("10100032", "运单号与物流公司不对应(模拟)", "waybill number invalid (simulated)"),
    "backend_busy": Rule("999999", "系统繁忙,请重试(模拟)", "system busy (simulated)"),
    "sku_unknown": Rule("10300001", "商品不存在(模拟)", "sku not exist (simulated)"),
    "stock_below_zero": Rule("10300002", "库存不足,不能扣减(模拟)", "stock below zero (simulated)"),
    "oaid_unknown": Rule("10400001", "OAID与订单不匹配(模拟)", "oaid invalid (simulated)"),
}
"""Refused by the method itself, inside its own result."""

OAUTH: Final[dict[str, Rule]] = {
    "oauth_app_unknown": Rule("400", "app_key 或 app_secret 无效(模拟)", ""),
    "oauth_type_unknown": Rule("400", "response_type 或 grant_type 无效(模拟)", ""),
    "oauth_no_redirect": Rule("400", "缺少 redirect_uri(模拟)", ""),
    "oauth_code_invalid": Rule("400", "code 无效、已使用或已过期(模拟)", ""),
    "oauth_refresh_unknown": Rule("400", "refresh_token 无效(模拟)", ""),
    "oauth_refresh_spent": Rule("400", "refresh_token 已使用过(模拟)", ""),
    "oauth_refresh_expired": Rule("400", "refresh_token 已过期(模拟)", ""),
    "oauth_refresh_early": Rule("400", "未到可刷新的时间(模拟)", ""),
}
"""Refused by the authorisation pages: {code, msg}."""


class No(Exception):
    """Raised inside a method that refuses in its own result: `body` goes beneath the usual root."""

    def __init__(self, rule: str, body: dict[str, Any]) -> None:
        super().__init__(rule)
        self.rule, self.body = rule, body


def refuse(rule: str) -> Refused:
    """The gateway's answer to a broken rule."""
    found = GATEWAY[rule]
    body = {"code": found.code, "zh_desc": found.zh, "en_desc": found.en}
    return Refused(Reply({"error_response": body}, refusal=rule))


def result(rule: str = "") -> dict[str, Any]:
    """An apiResult: well, or why not."""
    no = METHOD[rule] if rule else Rule("0", "", "")
    return {"success": not rule, "englishErrCode": no.en, "chineseErrCode": no.zh, "numberCode": int(no.code)}


def outcome(rule: str = "") -> dict[str, Any]:
    """What a writing method says: well, or why not."""
    no = METHOD[rule] if rule else Rule("", "", "")
    return {"success": not rule, "errorCode": no.code, "chineseErrCode": no.zh, "englishErrCode": no.en}


def number(value: Any, most: int, rule: str) -> int:
    """From 1 to `most`, as text or number."""
    text = "" if isinstance(value, bool) else str(value if value is not None else "")
    if not re.fullmatch(r"[0-9]{1,19}", text) or not 1 <= int(text) <= most:
        raise refuse(rule)
    return int(text)


def window(since: Any, until: Any) -> tuple[int, int]:
    """Two times of Beijing, at most a month apart."""
    first, last = clock.read(str(since or "")), clock.read(str(until or ""))
    if first is None or last is None:
        raise refuse("window_missing")
    if last < first:
        raise refuse("window_backwards")
    if last - first > MONTH_S:
        raise refuse("window_too_long")
    return first, last
