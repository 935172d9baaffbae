"""The rules of TOP that a caller can break, by name, with the answer that each of them gives. Counted by name."""

import json
import re
from typing import Any, Final

from msgspec import Struct

from server.sandbox import clock
from server.sandbox.http import Refused, Reply
from server.sandbox.world import World

Params = dict[str, str]

_MSG: Final = {
    7: "App Call Limited",
    15: "Remote service error",
    21: "Missing method",
    22: "Invalid method",
    23: "Invalid format",
    24: "Missing signature",
    25: "Invalid signature",
    26: "Missing session",
    27: "Invalid session",
    28: "Missing app key",
    29: "Invalid app key",
    30: "Missing timestamp",
    31: "Invalid timestamp",
    32: "Missing version",
    33: "Invalid version",
    40: "Missing required arguments",
    41: "Invalid arguments",
    53: "Insufficient session security level",
    101: "Authorization code invalid",
}


class Rule(Struct, frozen=True):
    """`code` and, where it is published, `sub` are TOP's own; texts with 模拟 are invented."""

    code: int
    sub: str = ""
    text: str = ""
    argument: str = ""


_DEAD: Final = Rule(27, "invalid-sessionkey", "非法或过期的SessionKey参数，请使用有效的SessionKey参数")


def _bad(argument: str) -> Rule:
    return Rule(41, "isv.invalid-parameter", argument=argument)


def _send(which: str, text: str) -> Rule:
    return Rule(15, f"isv.logistics-offline-service-error:{which}", text)


RULES: Final[dict[str, Rule]] = {
    # the gateway
    "quota": Rule(7, "accesscontrol.limited-by-api-access-count", "This ban will last for 1 more seconds"),
    "quota_day": Rule(7, "accesscontrol.limited-by-app-access-count", "应用今天的调用次数已用完(模拟)"),
    "backend_timeout": Rule(15, "isp.top-remote-connection-timeout", "API调用超时"),
    "method_missing": Rule(21),
    "method_unknown": Rule(22),
    "format_unknown": Rule(23),
    "sign_missing": Rule(24),
    "sign_wrong": Rule(25),
    "sign_method_unknown": Rule(25),
    "session_missing": Rule(26),
    "session_unknown": _DEAD,
    "session_expired": _DEAD,
    "level_ended": Rule(53),
    "app_key_missing": Rule(28),
    "app_key_unknown": Rule(29, "isv.appkey-not-exists"),
    "timestamp_missing": Rule(30),
    "timestamp_unreadable": Rule(31),
    "timestamp_old": Rule(31),
    "version_missing": Rule(32),
    "version_unknown": Rule(33),
    "parameter_missing": Rule(40, "isv.missing-parameter"),
    # authorisation
    "code_invalid": Rule(101, "isv.authcode-invalid", "授权码无效、已使用或已过期(模拟)"),
    "refresh_unknown": Rule(15, "isv.refresh-token-invalid", "refresh_token 无效(模拟)"),
    "refresh_spent": Rule(15, "isv.refresh-token-invalid", "refresh_token 已使用过(模拟)"),
    "refresh_expired": Rule(15, "isv.refresh-token-expired", "refresh_token 已过期(模拟)"),
    # arguments
    "time_unreadable": _bad("time"),
    "window_backwards": _bad("end_modified"),
    "window_too_long": _bad("end_modified"),
    "created_backwards": _bad("end_created"),
    "status_unknown": _bad("status"),
    "page_wrong": _bad("page_no"),
    "page_size_wrong": _bad("page_size"),
    "memo_too_long": _bad("memo"),
    "flag_unknown": _bad("flag"),
    "json_wrong": _bad("json"),
    "merge_too_many": _bad("merge_list"),
    "merge_stranger": _bad("merge_list"),
    "consign_type_unknown": _bad("consign_type"),
    "split_unknown": _bad("is_split"),
    "sub_tids_too_many": _bad("sub_tid"),
    "parcels_too_many": _bad("consign_pkgs"),
    "decrypt_too_many": _bad("query_list"),
    "scene_unknown": _bad("query_list.scene"),
    "items_too_many": _bad("num_iids"),
    "item_id_wrong": _bad("num_iid"),
    "banner_unknown": _bad("banner"),
    "quantity_wrong": _bad("quantity"),
    "stock_type_unknown": _bad("type"),
    "skus_too_many": _bad("skuid_quantities"),
    "skus_mixed": _bad("sku_quantities"),
    "key_no_hex": _bad("options.outer_biz_key"),
    "group_unknown": Rule(15, "isv.group-not-exist", "消息分组不存在(模拟)"),
    "messages_quantity": _bad("quantity"),
    "messages_too_many": _bad("s_message_ids"),
    # what a method finds
    "trade_unknown": Rule(15, "isv.trade-not-exist", "交易订单不存在"),
    "refund_unknown": Rule(15, "isv.refund-not-exist", "退款单不存在(模拟)"),
    "order_closed": Rule(15, "isv.DECRYPTION_DISABLED_BY_ORDERCLOSED", "订单已关闭，不能解密(模拟)"),
    "item_unknown": Rule(15, "isv.item-not-exist", "商品不存在(模拟)"),
    "sku_unknown": Rule(15, "isv.sku-not-exist", "SKU不存在(模拟)"),
    "stock_below_zero": Rule(15, "isv.item-quantity-negative", "库存不能小于0(模拟)"),
    "send_trade_unknown": _send("B01", "交易订单不存在"),
    "send_state": _send("B02", "订单状态不允许发货"),
    "send_again": _send("B04", "订单已发货或已关闭"),
    "carrier_unknown": _send("B56", "物流公司不存在"),
    "carrier_off": _send("B57", "物流公司不可用"),
    "waybill_empty": _send("B59", "运单号为空"),
    "waybill_wrong": _send("B60", "运单号不符合规则或已经被使用"),
    "waybill_used": _send("B60", "运单号不符合规则或已经被使用"),
    "sender_unknown": _send("B101", "地址库中没有这个地址(模拟)"),
    "line_part": _send("P01", "子订单的数量与商品数量不符(模拟)"),
    "line_twice": _send("P25", "子订单重复(模拟)"),
    "line_unknown": _send("P38", "子订单与主订单不匹配"),
    "resend_late": _send("B02", "发货超过50天，不能修改运单"),
}

PAGE: Final = {
    "page_app_unknown": "client_id",
    "page_type_unknown": "response_type",
    "page_no_redirect": "redirect_uri",
}
"""Refused by the authorisation page, and what of the address is wrong."""


def refuse(world: World, rule: str, argument: str = "") -> Refused:
    """The answer to a broken rule."""
    found = RULES[rule]
    named = argument or found.argument
    body: dict[str, Any] = {"code": found.code, "msg": f"{_MSG[found.code]}:{named}" if named else _MSG[found.code]}
    if found.sub:
        body |= {"sub_code": found.sub, "sub_msg": found.text or found.sub}
    body["request_id"] = request_id(world)
    return Refused(Reply({"error_response": body}, refusal=rule))


def request_id(world: World) -> str:
    return f"15sandbox{world.request_no():08d}"


def number(world: World, p: Params, name: str, default: int, most: int, rule: str, least: int = 1) -> int:
    text = p.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise refuse(world, rule)
    return int(text)


def when(world: World, p: Params, name: str, default: int = 0) -> int:
    if name not in p:
        return default
    at = clock.read(p[name])
    if at is None:
        raise refuse(world, "time_unreadable", name)
    return at


def objects(world: World, p: Params, name: str) -> list[dict[str, Any]]:
    """A parameter that is a JSON list of objects."""
    try:
        rows = json.loads(p.get(name, ""))
    except ValueError:
        raise refuse(world, "json_wrong", name) from None
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise refuse(world, "json_wrong", name)
    return rows


def paged(world: World, p: Params, rows: list[Any], most: int) -> tuple[list[Any], dict[str, Any]]:
    """The rows of the page that was asked for, and either the total or whether more follows. Past the end: none."""
    page = number(world, p, "page_no", 1, 10**9, "page_wrong")
    size = number(world, p, "page_size", 40, most, "page_size_wrong")
    counted: dict[str, Any] = {"total_results": len(rows)}
    if p.get("use_has_next") == "true":
        counted = {"has_next": page * size < len(rows)}
    return rows[(page - 1) * size : page * size], counted


def picked(row: dict[str, Any], fields: str) -> dict[str, Any]:
    """Only what `fields` names; unknown names are ignored."""
    names = {name.strip() for name in fields.split(",")}
    return {name: value for name, value in row.items() if name in names}
