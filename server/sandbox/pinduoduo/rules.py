"""The rules of PDD that a caller can break, by name, with the answer that each of them gives. Counted by name."""

import json
import re
from typing import Any, Final

from msgspec import Struct

from server.sandbox.http import Refused, Reply
from server.sandbox.world import World

Params = dict[str, str]

_TEXTS: Final = {
    10000: "参数错误",
    10001: "公共参数错误",
    10002: "请求方法错误，仅支持POST",
    10014: "授权已被取消",
    10016: "client下线或者clientId不正确",
    10017: "type不正确",
    10019: "access_token已过期",
    20004: "签名sign校验失败",
    20007: "缺少必填请求参数",
    20031: "用户没有授权访问此接口",
    20032: "access_token或client_id错误",
    21001: "请求参数错误",
    50001: "业务服务错误",
    52101: "当前接口被限流，请稍后重试",
    52102: "当前接口暂时不可用，请稍后重试",
    70031: "调用过于频繁，请调整调用频率",
}


class Rule(Struct, frozen=True):
    """`code` is PDD's own, and so is its text. What a method itself says (50001) has no published sub codes; texts with
    模拟 are invented."""

    code: int
    said: str = ""
    sub: str = ""
    argument: str = ""


def _public(argument: str) -> Rule:
    return Rule(10001, argument=argument)


def _bad(argument: str) -> Rule:
    return Rule(21001, argument=argument)


def _no(said: str, sub: str = "") -> Rule:
    return Rule(50001, said, sub)


RULES: Final[dict[str, Rule]] = {
    # the gateway
    "limited": Rule(52101),
    "busy": Rule(52102),
    "too_often": Rule(70031),
    "not_post": Rule(10002),
    "type_missing": _public("type"),
    "type_unknown": Rule(10017),
    "client_missing": _public("client_id"),
    "client_unknown": Rule(10016),
    "timestamp_missing": _public("timestamp"),
    "timestamp_unreadable": _public("timestamp"),
    "timestamp_old": _public("timestamp"),
    "data_type_unknown": _public("data_type"),
    "version_unknown": _public("version"),
    "sign_missing": _public("sign"),
    "sign_wrong": Rule(20004),
    "token_missing": _public("access_token"),
    "token_unknown": Rule(20032),
    "token_expired": Rule(10019),
    "token_revoked": Rule(10014),
    "no_right": Rule(20031),
    "parameter_missing": Rule(20007),
    # authorisation
    "code_invalid": Rule(10000, "code 无效、已使用或已过期(模拟)"),
    "refresh_unknown": Rule(10000, "refresh_token 无效(模拟)"),
    "refresh_spent": Rule(10000, "refresh_token 已使用过(模拟)"),
    "refresh_expired": Rule(10000, "refresh_token 已过期(模拟)"),
    # arguments
    "page_wrong": _bad("page"),
    "page_size_wrong": _bad("page_size"),
    "time_wrong": _bad("updated_at"),
    "order_status_unknown": _bad("order_status"),
    "refund_status_unknown": _bad("refund_status"),
    "lucky_flag_unknown": _bad("is_lucky_flag"),
    "tag_unknown": _bad("tag"),
    "redelivery_unknown": _bad("redelivery_type"),
    "case_status_unknown": _bad("after_sales_status"),
    "case_type_unknown": _bad("after_sales_type"),
    "onsale_unknown": _bad("is_onsale"),
    "quantity_wrong": _bad("quantity"),
    "update_type_unknown": _bad("update_type"),
    "json_wrong": _bad("data_list"),
    "decrypt_too_many": _bad("data_list"),
    "waybill_type_unknown": _bad("waybill_type"),
    "sku_missing": Rule(20007, argument="sku_id"),
    # what a method finds
    "end_too_late": _no("结束时间不小于系统时间前3min", "isv.invalid-parameter:end_updated_at"),
    "window_backwards": _no("结束时间早于开始时间(模拟)", "isv.invalid-parameter:end_updated_at"),
    "window_too_long": _no("开始时间与结束时间间距不能超过30min", "isv.invalid-parameter:end_updated_at"),
    "day_too_long": _no("成交时间间距不能超过24h", "isv.invalid-parameter:end_confirm_at"),
    "order_unknown": _no("订单不属于当前店铺或订单不存在"),
    "carrier_unknown": _no("物流公司不存在或不可用"),
    "send_refunded": _no("订单已退款，不允许发货"),
    "send_state": _no("订单状态不是待发货，不允许发货"),
    "send_risk": _no("订单审核中，不允许发货"),
    "send_refunding": _no("订单售后处理中，不允许发货"),
    "resend_state": _no("订单状态不是已发货，不允许修改运单"),
    "case_unknown": _no("售后单不存在(模拟)"),
    "goods_unknown": _no("商品不存在或不属于当前店铺(模拟)"),
    "sku_unknown": _no("SKU不存在(模拟)"),
    "stock_below_zero": _no("库存不能小于0(模拟)"),
    "stock_on_slot": _no("商品在资源位上，不能减少库存(模拟)"),
}


def refuse(world: World, rule: str, argument: str = "") -> Refused:
    """The answer to a broken rule."""
    found = RULES[rule]
    named = argument or found.argument
    text = _TEXTS[found.code] + (f":{named}" if named else "")
    public = found.code == 10001
    body = {
        "error_msg": text,
        "sub_msg": "" if public else found.said or text,
        "sub_code": None if public else found.sub or str(found.code),
        "error_code": found.code,
        "request_id": f"1767{world.request_no():013d}",
    }
    return Refused(Reply({"error_response": body}, refusal=rule))


def number(world: World, p: Params, name: str, low: int, high: int, rule: str, default: int | None = None) -> int:
    text = p.get(name, "" if default is None else str(default))
    if not re.fullmatch(r"[0-9]{1,19}", text) or not low <= int(text) <= high:
        raise refuse(world, rule, name)
    return int(text)


def window(world: World, p: Params, names: tuple[str, str], longest: int, rule: str) -> tuple[int, int]:
    """Epoch seconds, both ends inclusive."""
    since, until = (number(world, p, name, 0, 10**11, "time_wrong") for name in names)
    if until < since:
        raise refuse(world, "window_backwards")
    if until - since > longest:
        raise refuse(world, rule)
    return since, until


def cut(world: World, p: Params, rows: list[Any]) -> tuple[list[Any], int, bool]:
    """The rows of the page that was asked for, how many there are, and whether more follow. Past the end: none."""
    page = number(world, p, "page", 1, 10**9, "page_wrong", 1)
    size = number(world, p, "page_size", 1, 100, "page_size_wrong", 100)
    return rows[(page - 1) * size : page * size], len(rows), page * size < len(rows)


def listed(world: World, p: Params, name: str, kind: type) -> list[Any]:
    """A parameter that is a JSON list, in one text."""
    try:
        rows = json.loads(p[name])
    except ValueError:
        raise refuse(world, "json_wrong", name) from None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, kind) for row in rows):
        raise refuse(world, "json_wrong", name)
    return rows
