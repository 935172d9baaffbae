"""The story of an order in words: one sentence an event."""

from typing import Any, Final

from server.tasks.words import KINDS, REASONS

_STORY: Final = {
    "order_taken": "接单",
    "order_changed": "平台更新了订单",
    "receiver_changed": "收件信息已更新",
    "order_withdrawn": "退回审单",
    "order_cancelled": "订单已取消",
    "refund_asked": "买家申请退款",
    "order_held": "挂起",
    "order_released": "放行",
    "order_reviewed": "审单通过",
    "line_matched": "匹配了货品",
    "note_revealed": "查看了买家留言",
    "stock_reserved": "库存已占用",
    "stock_short": "缺货，等待到货",
    "stock_released": "释放占用",
    "wave_made": "加入波次",
    "pick_confirmed": "拣货",
    "pick_undone": "撤销拣货",
    "pick_short": "拣货缺货",
    "order_picked": "拣货完成",
    "pick_withdrawn": "退出拣货",
    "pick_reopened": "缺货已找到，继续拣货",
    "parcel_left_anyway": "快递已揽收，系统未出库",
    "parcel_packed": "打包完成",
    "parcel_stopped": "包裹拦下",
    "parcel_cleared": "包裹恢复",
    "waybill_made": "取得面单号",
    "label_made": "面单已生成",
    "parcel_handed_over": "出库",
    "hand_over_refused": "出库被拦下",
    "order_shipped": "已发货",
    "order_written_back": "发货已回传平台",
    "write_back_refused": "平台拒绝发货回传",
    "parcel_collected": "快递已揽收",
    "parcel_delivered": "已签收",
    "order_completed": "订单完成",
    "task_taken": "接手任务",
    "task_opened": "新任务",
    "task_closed": "任务结束",
}
_OUTCOMES: Final = {
    "settled": "原因已消失",
    "released": "已放行",
    "cancelled": "订单已取消",
    "served": "已办成",
    "found": "货品找到了",
    "packed": "已核对打包",
    "withdrawn": "订单已退回审单",
    "done": "已处理",
    "handed_over": "已出库",
    "undone": "已放回货位",
    "authorised": "已授权",
    "answers": "已恢复",
    "retry": "重试",
    "dropped": "不再处理",
}


def story(kind: str, reason: str, to: dict[str, Any]) -> str:
    """One line of the story. `reason`: a code we know, or what a person wrote."""
    text = _STORY.get(kind, kind)
    if kind == "task_opened":
        text = f"{text}：{KINDS.get(str(to.get('kind')), str(to.get('kind')))}"
    if kind == "task_closed" and to.get("outcome"):
        text = f"{text}({_OUTCOMES.get(str(to['outcome']), str(to['outcome']))})"
    if kind == "waybill_made" and to.get("waybill_no"):
        text = f"{text} {to['waybill_no']}"
    if kind in ("pick_confirmed", "pick_undone") and to.get("sku"):
        text = f"{text} {to['sku']} × {to.get('qty', 1)}"
    no = "平台拒绝" if reason.startswith("platform_") else reason
    return f"{text}：{REASONS.get(reason, no)}" if reason else text
