"""PDD's one address /api/router: the checks of a call in their order, and the methods the hub uses.

The order of checks and the texts of refused shipments are assumptions of the fact sheet; the codes are PDD's.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from typing import Any, Final

from server.sandbox import clock, life
from server.sandbox.accounts import PINDUODUO
from server.sandbox.carriers import BY_PDD, CARRIERS
from server.sandbox.http import Asked, Refused, Reply
from server.sandbox.model import Order, Sent
from server.sandbox.pinduoduo import order as pdd_order
from server.sandbox.world import World

_DAY_S: Final = 86_400
_TEXTS: Final = {
    10001: "公共参数错误",
    10002: "请求方法错误，仅支持POST",
    10016: "client下线或者clientId不正确",
    10017: "type不正确",
    10019: "access_token已过期",
    20004: "签名sign校验失败",
    20007: "缺少必填请求参数",
    20032: "access_token或client_id错误",
    21001: "请求参数错误",
    50001: "业务服务错误",
    52102: "当前接口暂时不可用，请稍后重试",
    52101: "当前接口被限流，请稍后重试",
}
_INCREMENT: Final = ("start_updated_at", "end_updated_at", "order_status", "refund_status", "is_lucky_flag", "page")
_LIST: Final = ("start_confirm_at", "end_confirm_at", "order_status", "refund_status", "page", "page_size")


def sign(params: dict[str, str], secret: str) -> str:
    """md5 over every sent parameter but `sign`, between two secrets, upper-case hex."""
    text = secret + "".join(name + params[name] for name in sorted(params) if name != "sign") + secret
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


def texts(body: bytes) -> dict[str, str]:
    """A JSON body as the text that is signed: plain numbers, true and false; null counts as not sent.

    Raises ValueError when it is no flat JSON object.
    """
    raw = json.loads(body, parse_float=str)
    if not isinstance(raw, dict) or any(isinstance(value, dict | list) for value in raw.values()):
        raise ValueError("not a flat object")
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in raw.items()
        if value is not None
    }


class Pinduoduo:
    """One shop on PDD."""

    name = "pinduoduo"

    def __init__(self, world: World) -> None:
        self.world = world
        self._methods: dict[str, tuple[Callable[[dict[str, str]], dict[str, Any]], tuple[str, ...]]] = {
            "pdd.time.get": (self._time, ()),
            "pdd.order.number.list.increment.get": (self._increment, _INCREMENT),
            "pdd.order.list.get": (self._list, _LIST),
            "pdd.order.information.get": (self._information, ("order_sn",)),
            "pdd.order.status.get": (self._status, ("order_sns",)),
            "pdd.refund.status.check": (self._refund_check, ("order_sns",)),
            "pdd.order.note.update": (self._note, ("order_sn", "note")),
            "pdd.logistics.companies.get": (self._companies, ()),
            "pdd.logistics.online.send": (self._send, ("order_sn", "logistics_id", "tracking_number")),
        }
        self._open = frozenset(("pdd.time.get", "pdd.logistics.companies.get"))
        """Methods that need no shop's authorisation."""

    def method(self, asked: Asked) -> str:
        return self._params(asked).get("type", "")

    def limited(self, asked: Asked) -> Reply:
        return self._refuse(52101).reply

    def busy(self, asked: Asked) -> Reply:
        return self._refuse(52102).reply

    def answer(self, asked: Asked) -> Reply:
        try:
            if asked.verb != "POST":
                raise self._refuse(10002)
            p = self._params(asked)
            self._check(p, asked.token_dead)
            return Reply(self._methods[p["type"]][0](p))
        except Refused as no:
            return no.reply

    # -- checks

    @staticmethod
    def _params(asked: Asked) -> dict[str, str]:
        """Form or JSON; what stands in the query is not looked at. Unreadable: nothing was sent."""
        if not asked.headers.get("content-type", "").startswith("application/json"):
            return asked.form
        try:
            return texts(asked.body)
        except ValueError:
            return {}

    def _check(self, p: dict[str, str], token_dead: bool) -> None:
        for name in ("type", "client_id", "timestamp", "sign"):
            if not p.get(name):
                raise self._refuse(10001, argument=name)
        if p["type"] not in self._methods:
            raise self._refuse(10017)
        if p["client_id"] != PINDUODUO["app_key"]:
            raise self._refuse(10016)
        if not re.fullmatch(r"[0-9]{1,12}", p["timestamp"]) or (
            abs(int(p["timestamp"]) - self.world.now()) > self.world.knobs.skew_s
        ):
            raise self._refuse(10001, argument="timestamp")
        if p.get("data_type", "JSON") != "JSON":  # XML exists there, not here
            raise self._refuse(10001, argument="data_type")
        if not hmac.compare_digest(sign(p, PINDUODUO["app_secret"]).encode(), p["sign"].encode()):
            raise self._refuse(20004)
        if p["type"] not in self._open:
            if not p.get("access_token"):
                raise self._refuse(10001, argument="access_token")
            if p["access_token"] != PINDUODUO["access_token"]:
                raise self._refuse(20032)
            if token_dead:
                raise self._refuse(10019)
        for name in self._methods[p["type"]][1]:
            if not p.get(name):
                raise self._refuse(20007, argument=name)

    def _refuse(self, code: int, sub_msg: str = "", sub_code: str = "", argument: str = "") -> Refused:
        text = _TEXTS[code] + (f":{argument}" if argument else "")
        public = code == 10001
        body = {
            "error_msg": text,
            "sub_msg": "" if public else sub_msg or text,
            "sub_code": None if public else sub_code or str(code),
            "error_code": code,
            "request_id": f"1767{self.world.request_no():013d}",
        }
        return Refused(Reply({"error_response": body}, refusal=f"{code} {sub_code}".strip()))

    def _bad(self, name: str) -> Refused:
        return self._refuse(21001, argument=name)

    def _no(self, text: str) -> Refused:
        """A business refusal. Its real sub codes are unknown; the text is what an adapter has to show."""
        return self._refuse(50001, sub_msg=text)

    def _number(self, p: dict[str, str], name: str, low: int, high: int, default: int | None = None) -> int:
        text = p.get(name, "" if default is None else str(default))
        if not re.fullmatch(r"[0-9]{1,12}", text) or not low <= int(text) <= high:
            raise self._bad(name)
        return int(text)

    # -- reading

    def _time(self, p: dict[str, str]) -> dict[str, Any]:
        return {"time_get_response": {"time": clock.text(self.world.now())}}

    def _increment(self, p: dict[str, str]) -> dict[str, Any]:
        """Changed orders, newest change first. Orders are listed once they are confirmed, so unpaid ones never."""
        since, until = self._number(p, "start_updated_at", 0, 10**11), self._number(p, "end_updated_at", 0, 10**11)
        if until > self.world.now() - self.world.knobs.pdd_lag_s:
            raise self._refuse(50001, "结束时间不小于系统时间前3min", "isv.invalid-parameter:end_updated_at")
        if until < since or until - since > self.world.knobs.pdd_window_s:
            raise self._refuse(50001, "开始时间与结束时间间距不能超过30min", "isv.invalid-parameter:end_updated_at")
        rows = [o for o in self.world.all("pinduoduo") if o.paid_at and since <= o.modified <= until]
        rows.sort(key=lambda o: (o.modified, o.external_id), reverse=True)
        lucky = self._number(p, "is_lucky_flag", 0, 2)
        return {"order_sn_increment_get_response": self._page(p, [] if lucky == 2 else rows, "order_sn_list")}

    def _list(self, p: dict[str, str]) -> dict[str, Any]:
        """By confirmation, newest first."""
        since, until = self._number(p, "start_confirm_at", 0, 10**11), self._number(p, "end_confirm_at", 0, 10**11)
        if until < since or until - since > _DAY_S:
            raise self._refuse(50001, "成交时间间距不能超过24h", "isv.invalid-parameter:end_confirm_at")
        rows = [o for o in self.world.all("pinduoduo") if o.paid_at and since <= o.paid_at <= until]
        rows.sort(key=lambda o: (o.paid_at, o.external_id), reverse=True)
        return {"order_list_get_response": self._page(p, rows, "order_list")}

    def _page(self, p: dict[str, str], rows: list[Order], key: str) -> dict[str, Any]:
        wanted, refund = self._number(p, "order_status", 1, 5), self._number(p, "refund_status", 1, 5)
        if wanted == 4:
            raise self._bad("order_status")
        page, size = self._number(p, "page", 1, 10**9), self._number(p, "page_size", 1, 100, default=100)
        rows = [o for o in rows if wanted in (5, pdd_order.status(o)) and refund in (5, pdd_order.refund_status(o))]
        chosen = [pdd_order.wire(o) for o in rows[(page - 1) * size : page * size]]
        answer: dict[str, Any] = {key: chosen, "has_next": page * size < len(rows)}
        if p.get("use_has_next") != "true":
            answer["total_count"] = len(rows)
        return answer

    def _find(self, sn: str) -> Order:
        order = self.world.find("pinduoduo", sn)
        if order is None or not order.paid_at:
            raise self._no("订单不属于当前店铺或订单不存在")
        return order

    def _information(self, p: dict[str, str]) -> dict[str, Any]:
        return {"order_info_get_response": {"order_info": pdd_order.wire(self._find(p["order_sn"]))}}

    def _status(self, p: dict[str, str]) -> dict[str, Any]:
        rows = []
        for sn in p["order_sns"].split(","):
            order = self.world.find("pinduoduo", sn)
            known = order is not None and order.paid_at
            rows.append(
                {
                    "orderSn": sn,
                    "order_status": pdd_order.status(order) if order and known else 0,
                    "refund_status": pdd_order.refund_status(order) if order and known else 0,
                }
            )
        return {"order_status_get_response": {"order_status_list": rows}}

    def _refund_check(self, p: dict[str, str]) -> dict[str, Any]:
        found = [self.world.find("pinduoduo", sn) for sn in p["order_sns"].split(",")]
        rows = [{"order_sn": o.external_id} for o in found if o and o.refund != "none"]
        return {"refund_status_check_response": {"order_sns_exists_refund": rows}}

    def _companies(self, p: dict[str, str]) -> dict[str, Any]:
        rows = [
            {"id": c.pdd_id, "logistics_company": c.name, "code": c.code, "available": int(c.available)}
            for c in CARRIERS
        ]
        return {"logistics_companies_get_response": {"logistics_companies": rows}}

    # -- writing

    def _note(self, p: dict[str, str]) -> dict[str, Any]:
        order = self._find(p["order_sn"])
        flag = self._number(p, "tag", 1, 5) if p.get("tag") else None
        life.note(self.world, order, self.world.now(), buyer=None, seller=p["note"], flag=flag)
        return {"response": {"success": True}}

    def _send(self, p: dict[str, str]) -> dict[str, Any]:
        """redelivery_type 1: first shipment, only of what waits; 2: another number, only of what is shipped."""
        order, kind = self._find(p["order_sn"]), self._number(p, "redelivery_type", 1, 2, default=1)
        carrier = BY_PDD.get(p["logistics_id"])
        if carrier is None or not carrier.available:
            raise self._no("物流公司不存在或不可用")
        if order.refund == "done":
            raise self._no("订单已退款，不允许发货")
        if kind == 1:
            if order.state != "paid":
                raise self._no("订单状态不是待发货，不允许发货")
            if order.risk:
                raise self._no("订单审核中，不允许发货")
            if order.refund == "asked" and not self.world.knobs.pdd_send_in_refund:
                raise self._no("订单售后处理中，不允许发货")
        elif order.state != "shipped":
            raise self._no("订单状态不是已发货，不允许修改运单")
        sent = Sent(waybill_no=p["tracking_number"], carrier=p["logistics_id"], at=self.world.now())
        life.ship(self.world, order, sent)
        return {"logistics_online_send_response": {"is_success": True}}
