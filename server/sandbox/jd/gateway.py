"""JOS's one address /routerjson: the checks of a call in their order, and the methods the hub uses.

Three levels of refusal, as there: error_response; apiResult.success; sopjosshipment_result.success.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from server.sandbox import clock, life
from server.sandbox.accounts import JD
from server.sandbox.carriers import BY_JD, CARRIERS
from server.sandbox.http import Asked, Refused, Reply
from server.sandbox.jd import order as jd_order
from server.sandbox.model import Order, Sent
from server.sandbox.world import World

_MONTH_S: Final = 31 * 86_400
_HISTORY_S: Final = {"modified": 92 * 86_400, "created": 2 * 366 * 86_400}
"""By modify time the last three months are searched, by create time about two years."""
_STATES: Final = frozenset(
    [
        "NOT_PAY",
        "WAIT_SELLER_STOCK_OUT",
        "WAIT_GOODS_RECEIVE_CONFIRM",
        "WAIT_SELLER_DELIVERY",
        "POP_ORDER_PAUSE",
        "PAUSE",
        "LOCKED",
        "FINISHED_L",
        "TRADE_CANCELED",
        "PARENT_TRADE_CANCELED",
        "WAIT_SEND_CODE",
        "DELIVERY_RETURN",
    ]
)
_TEXTS: Final = {
    "2": ("调用次数超限", "Call Limited"),
    "4": ("缺少版本参数", "Missing version"),
    "5": ("版本参数无效", "Unsupported version"),
    "7": ("缺少时间戳参数", "Missing timestamp"),
    "8": ("时间戳参数无效", "Invalid timestamp"),
    "11": ("缺少签名参数", "Missing signature"),
    "12": ("签名错误", "Invalid signature"),
    "13": ("app_key无效", "Invalid app_key"),
    "14": ("缺少方法名参数", "Missing method"),
    "15": ("方法名无效", "Invalid method"),
    "19": ("access_token已过期或无效", "Invalid access_token"),
    "66": ("平台连接后端服务超时", "Platform to service timeout"),
    "43": ("业务参数错误", "Invalid arguments"),
}


def sign(params: dict[str, str], secret: str) -> str:
    """md5 over every sent parameter but `sign`, empty ones too, between two secrets."""
    text = secret + "".join(name + params[name] for name in sorted(params) if name != "sign") + secret
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


class Jd:
    """One shop on JOS."""

    name = "jd"

    def __init__(self, world: World) -> None:
        self.world = world
        self._methods: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "jingdong.pop.order.search": lambda q: self._search(q, encrypted=False),
            "jingdong.pop.order.enSearch": lambda q: self._search(q, encrypted=True),
            "jingdong.pop.order.get": lambda q: self._get(q, encrypted=False),
            "jingdong.pop.order.enGet": lambda q: self._get(q, encrypted=True),
            "jingdong.pop.order.shipment": self._shipment,
            "jingdong.fce.alpha.getVenderCarrier": self._carriers,
        }

    def method(self, asked: Asked) -> str:
        return asked.params.get("method", "")

    def limited(self, asked: Asked) -> Reply:
        return self._refuse("2").reply

    def busy(self, asked: Asked) -> Reply:
        """A shipment has its own way to say it."""
        if self.method(asked) == "jingdong.pop.order.shipment":
            body = _shipped("999999", "系统繁忙,请重试(模拟)", "system busy (simulated)")
            return Reply({"jingdong_pop_order_shipment_responce": {"code": "0", **body}}, refusal="999999")
        return self._refuse("66").reply

    def answer(self, asked: Asked) -> Reply:
        p = asked.params
        try:
            query = self._check(p, asked.token_dead)
            body = self._methods[p["method"]](query)
        except Refused as no:
            return no.reply
        refusal = next(
            (str(r.get("errorCode") or r.get("apiResult", {}).get("numberCode") or "") for r in body.values()), ""
        )
        return Reply({p["method"].replace(".", "_") + "_responce": {"code": "0", **body}}, refusal=refusal)

    # -- checks

    def _check(self, p: dict[str, str], token_dead: bool) -> dict[str, Any]:
        """The business parameters of an accepted call."""
        if not p.get("method"):
            raise self._refuse("14")
        if p["method"] not in self._methods:
            raise self._refuse("15")
        if p.get("app_key") != JD["app_key"]:
            raise self._refuse("13")
        if not p.get("timestamp"):
            raise self._refuse("7")
        if not self._fresh(p["timestamp"]):
            raise self._refuse("8")
        if p.get("v") != "2.0":
            raise self._refuse("5" if p.get("v") else "4")
        if not p.get("sign"):
            raise self._refuse("11")
        if p.get("sign_method", "md5") != "md5" or not hmac.compare_digest(
            sign(p, JD["app_secret"]).encode(), p["sign"].encode()
        ):
            raise self._refuse("12")
        if token_dead or p.get("access_token") != JD["access_token"]:
            raise self._refuse("19")
        try:
            query = json.loads(p.get("360buy_param_json", ""))
        except ValueError:
            raise self._refuse("43", "360buy_param_json") from None
        if not isinstance(query, dict):
            raise self._refuse("43", "360buy_param_json")
        searching = p["method"].lower().endswith("search")
        if self.world.knobs.jd_source_id_required and searching and query.get("source_id") != "JOS":
            raise self._refuse("43", "source_id")
        return query

    def _fresh(self, stamp: str) -> bool:
        """Both forms in use: "2026-11-22 10:00:00" (Beijing) and "2026-11-22 10:00:00.000+0800"."""
        at = clock.read(stamp)
        if at is None:
            try:
                at = int(datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S.%f%z").timestamp())
            except ValueError:
                return False
        return abs(at - self.world.now()) <= self.world.knobs.skew_s

    @staticmethod
    def _refuse(code: str, argument: str = "") -> Refused:
        zh, en = _TEXTS[code]
        tail = f":{argument}" if argument else ""
        body = {"code": code, "zh_desc": f"{zh}{tail}", "en_desc": f"{en}{tail}"}
        return Refused(Reply({"error_response": body}, refusal=code))

    def _number(self, q: dict[str, Any], name: str, most: int) -> int:
        text = str(q.get(name, ""))
        if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= most:
            raise self._refuse("43", name)
        return int(text)

    def _fields(self, q: dict[str, Any]) -> set[str]:
        names = {name.strip() for name in str(q.get("optional_fields") or "").split(",")} - {""}
        if not names:  # empty is refused
            raise self._refuse("43", "optional_fields")
        return names

    def _states(self, q: dict[str, Any]) -> set[str]:
        """ALL is all but the unpaid ones."""
        names = {name.strip() for name in str(q.get("order_state") or "").split(",")} - {""}
        if not names or not names <= _STATES | {"ALL"}:
            raise self._refuse("43", "order_state")
        return set(_STATES) - {"NOT_PAY"} if "ALL" in names else names

    # -- methods

    def _search(self, q: dict[str, Any], *, encrypted: bool) -> dict[str, Any]:
        states, fields = self._states(q), self._fields(q)
        page, size = self._number(q, "page", 10**9), self._number(q, "page_size", 100)
        by = "created" if str(q.get("dateType", "")) == "1" else "modified"
        rows = [o for o in self.world.all("jd") if jd_order.state(o) in states]
        if q.get("start_date") or q.get("end_date") or states != {"WAIT_SELLER_STOCK_OUT"}:
            since, until = clock.read(str(q.get("start_date"))), clock.read(str(q.get("end_date")))
            if since is None or until is None or until < since or until - since > _MONTH_S:
                raise self._refuse("43", "end_date" if since is not None else "start_date")
            since = max(since, self.world.now() - _HISTORY_S[by])
            rows = [o for o in rows if since <= getattr(o, by) <= until]
        rows.sort(key=lambda o: (getattr(o, by), int(o.external_id)), reverse=str(q.get("sortType", "")) == "1")
        chosen = rows[(page - 1) * size : page * size] if page <= self.world.knobs.jd_max_pages else []
        return {
            "searchorderinfo_result": {
                "apiResult": _result(),
                "orderTotal": len(rows),
                "orderInfoList": [_pick(o, fields, encrypted) for o in chosen],
            }
        }

    def _get(self, q: dict[str, Any], *, encrypted: bool) -> dict[str, Any]:
        fields = self._fields(q)
        states = self._states(q) if q.get("order_state") else set(_STATES)
        order = self.world.find("jd", str(q.get("order_id", "")))
        if order is None or jd_order.state(order) not in states:
            no = _result(10500001, "order not exist (simulated)", "订单不存在或不属于该商家(模拟)")
            return {"orderDetailInfo": {"apiResult": no}}
        return {"orderDetailInfo": {"apiResult": _result(), "orderInfo": _pick(order, fields, encrypted)}}

    def _shipment(self, q: dict[str, Any]) -> dict[str, Any]:
        """The whole order. A repeat is a state error even with the same number."""
        order = self.world.find("jd", str(q.get("orderId", "")))
        carriers, numbers = str(q.get("logiCoprId") or ""), str(q.get("logiNo") or "")
        if order is None:
            return _shipped("10500001", "订单不存在或不属于该商家(模拟)", "order not exist (simulated)")
        if not carriers or any(one not in BY_JD for one in carriers.split("|")):
            return _shipped("10100031", "物流公司不在商家的承运商列表中(模拟)", "unknown carrier (simulated)")
        if not numbers or len(numbers.split("|")) != len(carriers.split("|")):
            return _shipped("10100032", "运单号与物流公司不对应(模拟)", "waybill number invalid (simulated)")
        if jd_order.state(order) != "WAIT_SELLER_STOCK_OUT":
            return _shipped("10100021", "订单状态不允许出库(模拟)", "order state invalid (simulated)")
        life.ship(self.world, order, Sent(waybill_no=numbers, carrier=carriers, at=self.world.now()))
        return _shipped()

    def _carriers(self, q: dict[str, Any]) -> dict[str, Any]:
        rows = [{"id": c.jd_id, "name": c.name} for c in CARRIERS]
        body = {"resultCode": "0", "resultMsg": "", "result": {"carrierList": rows}}
        return {"StandardGenericResponse": body}


def _result(code: int = 0, english: str = "", chinese: str = "") -> dict[str, Any]:
    return {"success": code == 0, "englishErrCode": english, "chineseErrCode": chinese, "numberCode": code}


def _shipped(code: str = "", chinese: str = "", english: str = "") -> dict[str, Any]:
    body = {"success": not code, "errorCode": code, "chineseErrCode": chinese, "englishErrCode": english}
    return {"sopjosshipment_result": body}


def _pick(order: Order, fields: set[str], encrypted: bool) -> dict[str, Any]:
    return {name: value for name, value in jd_order.wire(order, encrypted=encrypted).items() if name in fields}
