"""Shopee's error bodies, read. `error` decides, without its prefix; `message` is free text that changes."""

from typing import Final

from server.platforms import raw
from server.platforms.body import text
from server.platforms.port import Trouble

ALREADY_SHIPPED: Final = "package_already_shipped"
NOT_READY: Final = "ship_order_not_ready_to_ship"

_DEAD: Final = frozenset(
    {
        "error_auth",
        "invalid_acceess_token",  # their spelling
        "invalid_access_token",
        "error_shop_refresh_token",
        "error_merchant_refresh_token",
        "refresh_token_expired",
        "shop_access_expired",
        "shop_no_linked",
        "partner_shop_no_link",
    }
)
_LATER: Final = {
    "error_rate_limit": ("Shopee 限流，稍后再试", 30.0),
    "error_limit": ("Shopee 今天的调用次数已用完", 1800.0),
    "error_server": ("Shopee 暂时没有响应，稍后再试", None),
    "error_inner": ("Shopee 暂时没有响应，稍后再试", None),
    "error_network": ("Shopee 暂时没有响应，稍后再试", None),
    "error_system_busy": ("Shopee 系统繁忙，稍后再试", None),
}
_NO: Final = {
    "error_sign": "签名错误，请检查应用密钥",
    "error_param": "参数错误",
    "invalid_partner_id": "应用标识无效",
    "error_permission": "应用或店铺没有此接口的权限",
    "shop_banned": "店铺已被 Shopee 封禁",
    "error_partner_key_expired": "应用密钥已过期",
    "source_ip_undeclared": "服务器地址未在 Shopee 登记",
    "api_suspended": "Shopee 已停用此接口",
    "error_not_found": "Shopee 找不到这笔订单",
    "order_list_invalid_time": "查询时间范围无效",
    ALREADY_SHIPPED: "包裹已安排发货",
    NOT_READY: "订单当前状态不能发货",
    "ship_order_need_pacakge_number": "订单已拆包，发货时要写明包裹号",  # their spelling
    "ship_order_not_need_pacakge_number": "订单没有拆包，发货时不能写包裹号",
    "error_seller_under_penalty": "店铺受到处罚，暂不能操作",
    "error_holiday_mode": "店铺处于休假模式",
}


def trouble(data: bytes) -> Trouble | None:
    """What an error body says; None: the body is none (`error` is ""). Raises Unreadable."""
    body = raw.load_object(data)
    error = text(body.get("error"))
    if not error:
        return None
    code = error.rpartition(".")[2].strip()[:100]
    sub = error[:100] if code != error else ""
    words = text(body.get("message"))[:200]
    if code in _DEAD:
        return Trouble("unauthenticated", code, "店铺授权已失效，请重新授权", sub, words)
    if code in _LATER:
        message, wait = _LATER[code]
        return Trouble("unavailable", code, message, sub, words, retry_after=wait)
    # A stale timestamp has no code of its own.
    clock = code == "error_param" and "timestamp is expired" in words.lower()
    message = "时间戳已过期，请检查服务器时间" if clock else _NO.get(code, "Shopee 拒绝了这次请求")
    return Trouble("rejected", code, message, sub, words, clock=clock)
