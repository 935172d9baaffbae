"""Shopee's error bodies, read. `error` decides, without its prefix; `message` is free text that changes, and counts
only where one code has several meanings (error_auth, a stale timestamp)."""

import re
from typing import Final

from server.platforms import raw
from server.platforms.body import text
from server.platforms.port import Trouble

ALREADY_SHIPPED: Final = "package_already_shipped"
NOT_READY: Final = "ship_order_not_ready_to_ship"
ALREADY_SPLIT: Final = "order_has_been_split"
STOCK_FAILED: Final = "error_busi_update_stock_failed"

_DEAD: Final = frozenset(
    {
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
_NOT_THE_TOKEN: Final = re.compile(
    r"stock|location|holiday|\bitem\b|\bdts\b|not upgraded|permission|do not have right|\bapp\b|^partner_id is invalid",
    re.IGNORECASE,
)
"""Of error_auth: what product calls say with it, and what is wrong with the app."""
_BY_ITSELF: Final = re.compile(r"try again later", re.IGNORECASE)
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
    "error_auth": "Shopee 不允许这次操作",
    "invalid_partner_id": "应用标识无效",
    "invalid_code": "授权码无效、已用过或已过期，请重新发起授权",
    "invalid_shop_id": "授权码不是这家店铺的，请重新发起授权",
    "invalid_main_acount_id": "授权码不是这个主账号的，请重新发起授权",  # their spelling
    "error_permission": "应用或店铺没有此接口的权限",
    "error_api_permission": "这类应用没有此接口的权限",
    "error_api_call_restricted": "Shopee 限制了这个应用的调用权限",
    "error_kyc_auth": "店主还没有在 Shopee 完成卖家登记",
    "shop_banned": "店铺已被 Shopee 封禁",
    "error_partner_key_expired": "应用密钥已过期",
    "source_ip_undeclared": "服务器地址未在 Shopee 登记",
    "api_suspended": "Shopee 已停用此接口",
    "error_not_found": "Shopee 找不到这笔订单",
    "order_list_invalid_time": "查询时间范围无效",
    ALREADY_SHIPPED: "包裹已安排发货",
    NOT_READY: "订单当前状态不能发货",
    "ship_order_need_pacakge_number": "订单已拆包，发货时要写明包裹号",  # their spelling
    "package_number_not_exist": "订单已拆包，要写明包裹号",
    "package_not_exist": "Shopee 找不到这个包裹",
    "ship_order_not_need_pacakge_number": "订单没有拆包，发货时不能写包裹号",
    ALREADY_SPLIT: "订单已经拆过包",
    "order_cannot_split": "店铺或订单不能拆包",
    "order_cannot_split_pff": "由 Shopee 仓库发货的订单不能拆包",
    "order_split_wrong_item_position": "同一个组合或加购优惠里的商品不能分到不同包裹",
    "order_split_package_missing_item": "拆包时要写明订单里的全部商品",
    "order_split_item_not_exist": "包裹里有订单没有的商品",
    "order_split_duplicate_item": "同一件商品写了两次",
    "order_split_wrong_item_quantity": "拆包的数量不对，或店铺不能按件拆包",
    "error_archived_order_update": "订单太旧，Shopee 不允许再修改",
    "error_item_not_found": "Shopee 找不到这个商品",
    STOCK_FAILED: "Shopee 没有接受这次库存",
    "error_busi_cannot_edit_vsku": "组合商品的库存不能直接修改",
    "error_cannt_edit_stock_in_promotion": "商品在活动中，库存不能修改",
    "error_promotion_cantnot_update_stock": "商品在活动中，库存不能修改",
    "error_model_update_stock_model_in_promotion": "商品在活动中，库存不能修改",
    "error_holiday_mode_change_stock": "店铺处于休假模式，库存不能修改",
    "error_item_uneditable": "商品当前状态不能修改",
    "error_edit_item_stock_for_item_has_model": "这个商品有规格，要按规格写库存",
    "error_wms_shop_block_upate_stock": "由 Shopee 仓库发货的店铺不能修改库存",
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
    if code == "error_auth":
        return _auth(sub, words)
    if code in _DEAD:
        return Trouble("unauthenticated", code, "店铺授权已失效，请重新授权", sub, words)
    if code in _LATER:
        message, wait = _LATER[code]
        return Trouble("unavailable", code, message, sub, words, retry_after=wait)
    # A stale timestamp has no code of its own.
    clock = code == "error_param" and "timestamp is expired" in words.lower()
    message = "时间戳已过期，请检查服务器时间" if clock else _NO.get(code, "Shopee 拒绝了这次请求")
    return Trouble("rejected", code, message, sub, words, clock=clock)


def _auth(sub: str, words: str) -> Trouble:
    """One code for a dead token, for what a shop may not do with its goods, and for a bad moment."""
    if _NOT_THE_TOKEN.search(words):
        return Trouble("rejected", "error_auth", _NO["error_auth"], sub, words)
    if _BY_ITSELF.search(words):
        return Trouble("unavailable", "error_auth", "Shopee 暂时没有响应，稍后再试", sub, words)
    return Trouble("unauthenticated", "error_auth", "店铺授权已失效，请重新授权", sub, words)
