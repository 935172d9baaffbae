"""What tasks are called on screen. A task's detail holds numbers and codes; these are the words around them."""

from typing import Any, Final

KINDS: Final = {
    "hold": "挂起",
    "shortage": "缺货",
    "put_back": "放回",
    "repick": "补拣",
    "intercept": "拦截",
    "reprint": "重打面单",
    "write_back": "发货回传失败",
    "dead_job": "后台任务停止",
    "quarantine": "无法读取的订单",
    "shop": "店铺异常",
    "left_anyway": "已揽收未出库",
}
REASONS: Final = {
    "unmapped": "有字段无法识别",
    "unknown_state": "平台状态未知",
    "refund_asked": "买家申请退款",
    "risk_review": "平台风控审核中",
    "platform_locked": "平台锁定，暂不可发货",
    "receiver_incomplete": "收件信息不完整",
    "sku_unmatched": "商品未匹配货品",
    "bad_lines": "明细数量不正确",
    "buyer_note": "有买家留言",
    "duplicate": "疑似重复下单",
    "manual": "人工挂起",
    "uncancelled": "取消过，平台又显示待发货",
    "stock_short": "库存不足",
    "cancelled": "订单已取消",
    "changed": "订单内容有变",
    "lines_changed": "明细有变",
    "not_due": "平台已不在待发货",
    "pick_short": "拣货时实物不足",
    "held": "订单被挂起",
    "unpicked": "打包后又取出了货品",
    "pack_mismatch": "装箱与明细不符",
    "wrong_label": "面单贴错",
    "old_label": "旧面单",
    "not_packed": "未完成打包核对",
    "put_back": "货品已放回",
    "receiver_changed": "收件信息已变更",
    "stale_label": "地址已变，面单过期",
    "address_changed": "地址已变，面单过期",
    "unreadable": "内容无法解析",
    "stopped": "包裹已被拦下",
    "foreign": "扫到未知条码",
    "not_scanned": "出库没有扫描",
    "needs_auth": "授权已失效，请重新授权",
    "expiring": "授权即将到期",
    "lookup_failed": "有订单在平台上查不到",
    "backfill_failed": "补拉历史订单失败",
    "push_refused": "收不到平台通知",
    "cases_refused": "拉不到售后单",
    "platform_other_waybill": "平台上已是另一个运单号",
    "waybill_refused": "快递不给面单号",
    "waybill_unknown": "快递不认识面单号",
    "carrier_refused": "快递拒绝",
    "gave_up": "一直没有成功",
    "bug": "程序出错",
    "silent": "反复中断",
    "before_packing": "打包之前",
    "packed": "已打包，未出库",
    "platform_rejected": "平台拒绝",
    "platform_no_order": "平台查不到订单",
    "platform_no_carrier": "平台不认识这家快递",
    "platform_cannot": "平台没有这项功能",
    "platform_bad_plan": "平台不支持这样拆分发货",
}


def title(kind: str, reason: str) -> str:
    """挂起：有买家留言"""
    what, why = KINDS.get(kind, kind), REASONS.get(reason, "")
    return f"{what}：{why}" if why else what


def action(kind: str, reason: str, detail: dict[str, Any]) -> str:
    """The one thing to do next: release, match, retry, done; "" when it ends by itself."""
    if kind == "hold":
        return "release" if detail.get("releasable") else ("match" if detail.get("lines") else "")
    if kind in ("dead_job", "write_back"):
        return "retry"
    if kind == "shortage":
        return "done" if reason == "pick_short" else ""
    return "" if kind in ("put_back", "repick", "intercept") else "done"
