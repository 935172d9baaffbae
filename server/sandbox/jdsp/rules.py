"""The rules of SP-API that a caller can break, by name. Its codes and texts are not published, but for one."""

import re
from typing import Any, Final

from msgspec import Struct

from server.sandbox.http import Refused, Reply


class Rule(Struct, frozen=True):
    code: str
    message: str


RULES: Final[dict[str, Rule]] = {
    "quota": Rule("SIM_LIMIT", "接口调用超限(模拟)"),
    "backend_busy": Rule("SIM_BUSY", "系统繁忙,请稍后重试(模拟)"),
    "yunding_only": Rule("99904030005", "该接口需在云鼎环境调用(模拟)"),
    "path_unknown": Rule("SIM_PATH", "接口不存在(模拟)"),
    "app_key_unknown": Rule("SIM_APP", "X-JOS-App-Key 无效(模拟)"),
    "timestamp_missing": Rule("SIM_TIME", "X-JOS-Timestamp 缺失或无效(模拟)"),
    "timestamp_old": Rule("SIM_TIME", "X-JOS-Timestamp 已过期(模拟)"),
    "sign_missing": Rule("SIM_SIGN", "X-JOS-Sign 缺失(模拟)"),
    "sign_wrong": Rule("SIM_SIGN", "X-JOS-Sign 签名错误(模拟)"),
    "token_missing": Rule("SIM_TOKEN", "X-JOS-Access-Token 缺失(模拟)"),
    "token_unknown": Rule("SIM_TOKEN", "X-JOS-Access-Token 无效(模拟)"),
    "token_expired": Rule("SIM_TOKEN", "X-JOS-Access-Token 已过期(模拟)"),
    "json_unreadable": Rule("SIM_PARAM", "请求体不是JSON对象(模拟)"),
    "page_wrong": Rule("SIM_PARAM", "page 无效(模拟)"),
    "page_size_wrong": Rule("SIM_PARAM", "pageSize 无效(模拟)"),
    "window_wrong": Rule("SIM_PARAM", "startTime 或 endTime 无效,应为毫秒(模拟)"),
    "vender_wrong": Rule("SIM_PARAM", "venderId 与店铺不符(模拟)"),
    "remark_too_long": Rule("SIM_PARAM", "备注过长(模拟)"),
    "order_unknown": Rule("SIM_ORDER", "订单不存在(模拟)"),
    "order_state": Rule("SIM_STATE", "订单状态不允许出库(模拟)"),
    "shipment_enums": Rule("SIM_PARAM", "shipmentType、mergeShipmentFlag 或 companyScope 无效(模拟)"),
    "carrier_unknown": Rule("SIM_PARAM", "companyId 无效(模拟)"),
    "waybill_wrong": Rule("SIM_PARAM", "waybillCode 无效(模拟)"),
    "goods_wrong": Rule("SIM_PARAM", "包裹中的商品与订单不符(模拟)"),
    "stock_enums": Rule("SIM_PARAM", "updateModel 或 stockOperationType 无效(模拟)"),
    "stock_number_wrong": Rule("SIM_PARAM", "stockNum 无效(模拟)"),
    "sku_unknown": Rule("SIM_SKU", "商品不存在(模拟)"),
}


class Some(Exception):
    """Raised where a part was refused and the rest was done: `data` goes into a successful answer."""

    def __init__(self, rule: str, data: Any) -> None:
        super().__init__(rule)
        self.rule, self.data = rule, data


def refuse(rule: str) -> Refused:
    no = RULES[rule]
    listed = [{"code": no.code, "message": no.message, "details": ""}]
    return Refused(Reply({"success": False, "data": None, "errorList": listed, "extension": {}}, refusal=rule))


def number(value: Any, most: int, rule: str) -> int:
    """From 1 to `most`, as text."""
    if not re.fullmatch(r"[0-9]{1,12}", str(value or "")) or not 1 <= int(value) <= most:
        raise refuse(rule)
    return int(value)


def window(query: dict[str, str], first: str, last: str) -> tuple[int, int]:
    """Two times in milliseconds; answered in seconds."""
    texts = query.get(first, ""), query.get(last, "")
    if not all(re.fullmatch(r"[0-9]{13}", text) for text in texts) or int(texts[1]) < int(texts[0]):
        raise refuse("window_wrong")
    return -(-int(texts[0]) // 1000), int(texts[1]) // 1000
