"""May this parcel leave the house? Pure. A right one leaves; else the reason, the task it leads to, and the words."""

import msgspec

STOPPED = {
    "cancelled": "订单已取消",
    "refund_asked": "买家申请了退款",
    "held": "订单被挂起，待审",
    "changed": "订单内容有变",
    "unpicked": "打包后又取出过货",
}
"""Why a parcel must not go on, by the reason that parcel.stop carries."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a parcel at the door, from locked rows. order_version: the newest that the hub knows.

    blocked: why its order must not go on ('' when it may). old_label: the number scanned is a superseded one.
    """

    state: str
    stop: str
    blocked: str
    order_version: int
    label_version: int
    label_state: str
    old_label: bool


class Refusal(msgspec.Struct, frozen=True):
    """kind: of the task. message: what to do, to a person with the parcel in hand."""

    reason: str
    kind: str
    message: str


def refuse(f: Facts, seen: int) -> Refusal | None:
    """None: it may leave. seen: the label version that the device knew; 0 when it knew none.

    What must not leave at all comes before what only wants another label.
    """
    reason = f.blocked or f.stop or ("cancelled" if f.state == "cancelled" else "held" if f.state == "stopped" else "")
    if reason:
        return Refusal(reason, "intercept", f"{STOPPED.get(reason, '该包裹已停止')}：拦下，不要交给快递")
    if f.old_label:
        return Refusal("old_label", "reprint", "旧面单：收件信息已变更，拦下，换贴新面单")
    if f.label_state == "stale" or f.label_version != f.order_version or 0 < seen < f.order_version:
        return Refusal("stale_label", "reprint", "面单已过期：收件信息已变更，拦下，换贴新面单")
    if f.state not in ("packed", "handed_over"):
        return Refusal("not_packed", "intercept", "未完成打包核对：拦下，核对后再出库")
    return None
