"""TOP's one address /router/rest: the checks of a call in their order, and the methods the hub uses."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from typing import Any, Final

from server.sandbox import clock, life
from server.sandbox.accounts import TAOBAO
from server.sandbox.carriers import BY_TOP, CARRIERS
from server.sandbox.http import Asked, Refused, Reply
from server.sandbox.model import Order, Sent
from server.sandbox.taobao import trade
from server.sandbox.world import World

_HISTORY_S: Final = 90 * 86_400
"""Lists know the last three months only."""
_DEFAULT_TYPES: Final = "guarantee_trade,auto_delivery,ec,cod,step"
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
}


def sign(params: dict[str, str], secret: str, how: str = "md5") -> str:
    """TOP's signature over all text parameters but `sign`, without empty ones. `how`: md5, hmac, hmac-sha256."""
    text = "".join(name + params[name] for name in sorted(params) if name != "sign" and params[name]).encode()
    key = secret.encode()
    if how == "md5":
        return hashlib.md5(key + text + key, usedforsecurity=False).hexdigest().upper()
    return hmac.new(key, text, {"hmac": "md5", "hmac-sha256": "sha256"}[how]).hexdigest().upper()


class Taobao:
    """One shop on TOP."""

    name = "taobao"

    def __init__(self, world: World) -> None:
        self.world = world
        self._methods: dict[str, tuple[Callable[[dict[str, str]], dict[str, Any]], tuple[str, ...]]] = {
            "taobao.time.get": (self._time, ()),
            "taobao.trades.sold.increment.get": (self._increment, ("fields", "start_modified", "end_modified")),
            "taobao.trades.sold.get": (self._sold, ("fields",)),
            "taobao.trade.fullinfo.get": (self._fullinfo, ("fields", "tid")),
            "taobao.logistics.offline.send": (self._offline_send, ("tid", "out_sid", "company_code")),
            "alibaba.ascp.logistics.offline.send": (self._ascp_send, ("tid",)),
            "taobao.logistics.consign.resend": (self._resend, ("tid", "out_sid", "company_code")),
            "taobao.logistics.companies.get": (self._companies, ("fields",)),
            "taobao.trade.memo.update": (self._memo, ("tid",)),
            "taobao.top.oaid.merge": (self._merge, ("merge_list",)),
        }
        self._open = frozenset(("taobao.time.get", "taobao.logistics.companies.get"))
        """Methods that need no session."""

    def method(self, asked: Asked) -> str:
        return asked.params.get("method", "")

    def limited(self, asked: Asked) -> Reply:
        return self._refuse(
            7, "accesscontrol.limited-by-api-access-count", "This ban will last for 1 more seconds"
        ).reply

    def busy(self, asked: Asked) -> Reply:
        return self._refuse(15, "isp.top-remote-connection-timeout", "API调用超时").reply

    def answer(self, asked: Asked) -> Reply:
        p = {name: value for name, value in asked.params.items() if value}
        try:
            self._check(p, asked.token_dead)
            do, _ = self._methods[p["method"]]
            body = do(p) | {"request_id": self._request_id()}
        except Refused as no:
            return no.reply
        if p.get("simplify") == "true":
            return Reply(trade.simplified(body))
        root = p["method"].removeprefix("taobao.").replace(".", "_") + "_response"
        return Reply({root: body})

    # -- checks

    def _check(self, p: dict[str, str], token_dead: bool) -> None:
        if not p.get("method"):
            raise self._refuse(21)
        if p["method"] not in self._methods:
            raise self._refuse(22)
        if not p.get("app_key"):
            raise self._refuse(28)
        if p["app_key"] != TAOBAO["app_key"]:
            raise self._refuse(29, "isv.appkey-not-exists")
        if not p.get("timestamp"):
            raise self._refuse(30)
        if not self._fresh(p["timestamp"]):
            raise self._refuse(31)
        if p.get("v") != "2.0":
            raise self._refuse(33 if p.get("v") else 32)
        if p.get("format") != "json":  # the default is xml, which this sandbox does not speak
            raise self._refuse(23)
        if not p.get("sign"):
            raise self._refuse(24)
        how = p.get("sign_method", "")
        if how not in ("md5", "hmac", "hmac-sha256") or not hmac.compare_digest(
            sign(p, TAOBAO["app_secret"], how).encode(), p["sign"].encode()
        ):
            raise self._refuse(25)
        if p["method"] not in self._open:
            if not p.get("session"):
                raise self._refuse(26)
            if token_dead or p["session"] != TAOBAO["access_token"]:
                text = "非法或过期的SessionKey参数，请使用有效的SessionKey参数"
                raise self._refuse(27, "invalid-sessionkey", text)
        for name in self._methods[p["method"]][1]:
            if not p.get(name):
                raise self._refuse(40, "isv.missing-parameter", argument=name)

    def _fresh(self, stamp: str) -> bool:
        """Both forms in use: "2026-11-22 10:00:00" and epoch milliseconds."""
        at = int(stamp) // 1000 if re.fullmatch(r"[0-9]{13}", stamp) else clock.read(stamp)
        return at is not None and abs(at - self.world.now()) <= self.world.knobs.skew_s

    def _request_id(self) -> str:
        return f"15sandbox{self.world.request_no():08d}"

    def _refuse(self, code: int, sub: str = "", text: str = "", argument: str = "") -> Refused:
        msg = {40: f"Missing required arguments:{argument}", 41: f"Invalid arguments:{argument}"}.get(code)
        body: dict[str, Any] = {"code": code, "msg": msg or _MSG[code]}
        if sub:
            body |= {"sub_code": sub, "sub_msg": text or sub}
        body["request_id"] = self._request_id()
        return Refused(Reply({"error_response": body}, refusal=f"{code} {sub}".strip()))

    def _wrong(self, argument: str) -> Refused:
        return self._refuse(41, "isv.invalid-parameter", argument=argument)

    def _number(self, p: dict[str, str], name: str, default: int, most: int) -> int:
        text = p.get(name, str(default))
        if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= most:
            raise self._wrong(name)
        return int(text)

    def _when(self, p: dict[str, str], name: str, default: int = 0) -> int:
        if name not in p:
            return default
        at = clock.read(p[name])
        if at is None:
            raise self._wrong(name)
        return at

    # -- reading

    def _time(self, p: dict[str, str]) -> dict[str, Any]:
        return {"time": clock.text(self.world.now())}

    def _increment(self, p: dict[str, str]) -> dict[str, Any]:
        """Changed trades, newest change first; the window is inclusive at both ends."""
        since, until = self._when(p, "start_modified"), self._when(p, "end_modified")
        if until <= since or until - since > self.world.knobs.taobao_window_s:
            raise self._wrong("end_modified")
        rows = [o for o in self.world.all("taobao") if since <= o.modified <= until]
        rows.sort(key=lambda o: (o.modified, int(o.external_id)), reverse=True)
        return self._page(p, [o for o in rows if o.modified >= self.world.now() - _HISTORY_S])

    def _sold(self, p: dict[str, str]) -> dict[str, Any]:
        """Trades by creation, newest first."""
        now = self.world.now()
        since, until = self._when(p, "start_created", now - _HISTORY_S), self._when(p, "end_created", now)
        if until < since:
            raise self._wrong("end_created")
        rows = [o for o in self.world.all("taobao") if max(since, now - _HISTORY_S) <= o.created <= until]
        return self._page(p, sorted(rows, key=lambda o: (o.created, int(o.external_id)), reverse=True))

    def _page(self, p: dict[str, str], rows: list[Order]) -> dict[str, Any]:
        types = set(p.get("type", _DEFAULT_TYPES).split(","))
        if not types & {"fixed", "guarantee_trade"}:  # a query group, of which fixed is one
            rows = []
        if "status" in p:
            rows = [o for o in rows if trade.status(o) == p["status"]]
        page, size = self._number(p, "page_no", 1, 10**9), self._number(p, "page_size", 40, 100)
        chosen = rows[(page - 1) * size : page * size]
        answer: dict[str, Any] = {}
        if p.get("use_has_next") == "true":
            answer["has_next"] = page * size < len(rows)
        else:
            answer["total_results"] = len(rows)
        if chosen:
            now = self.world.now()
            trades = [trade.pick(trade.wire(o, now, full=False), p["fields"]) for o in chosen]
            answer["trades"] = {"trade": trades}
        return answer

    def _fullinfo(self, p: dict[str, str]) -> dict[str, Any]:
        order = self.world.find("taobao", p["tid"])
        if order is None:
            raise self._refuse(15, "isv.trade-not-exist", "交易订单不存在")
        body = trade.pick(trade.wire(order, self.world.now(), full=True), p["fields"])
        if self.world.knobs.taobao_oaid_strict and p.get("include_oaid", "false") == "false":
            body.pop("oaid", None)
        return {"trade": body}

    def _companies(self, p: dict[str, str]) -> dict[str, Any]:
        names = p["fields"].split(",")
        rows = []
        for c in CARRIERS:
            row: dict[str, Any] = {"id": c.top_id, "code": c.code, "name": c.name}
            if c.rule:
                row["reg_mail_no"] = c.rule
            rows.append({name: row[name] for name in names if name in row})
        return {"logistics_companies": {"logistics_company": rows}}

    def _merge(self, p: dict[str, str]) -> dict[str, Any]:
        """Which trades may travel together: same receiver, asked with their present OAIDs."""
        wants = self._json(p, "merge_list")
        if len(wants) > 100:
            raise self._wrong("merge_list")
        groups: dict[object, list[str]] = {}
        for want in wants:
            order = self.world.find("taobao", str(want.get("tid", "")))
            if order is None or want.get("oaid") != trade.oaid(order, self.world.now()):
                raise self._wrong("merge_list")
            groups.setdefault((order.buyer, order.receiver), []).append(order.external_id)
        return {"tid_list": {"string": [",".join(tids) for tids in groups.values()]}}

    # -- writing

    def _offline_send(self, p: dict[str, str]) -> dict[str, Any]:
        order = self._sendable(p["tid"])
        lines = self._sub_lines(order, p["sub_tid"].split(",")) if p.get("sub_tid") else None
        self._send(order, p["out_sid"], p["company_code"], lines)
        return {"shipping": {"is_success": True}}

    def _ascp_send(self, p: dict[str, str]) -> dict[str, Any]:
        """The newer method: several parcels, each with its lines (none named: all)."""
        order = self._sendable(p["tid"])
        parcels = self._json(p, "consign_pkgs")
        plan: list[tuple[str, str, list[int] | None]] = []
        for parcel in parcels:
            goods = [str(g.get("sub_tid", "")) for g in parcel.get("goods", [])]
            lines = self._sub_lines(order, goods) if goods else None
            plan.append((str(parcel.get("out_sid", "")), str(parcel.get("company_code", "")), lines))
        for number, company, _ in plan:
            self._check_number(number, company)
        for number, company, lines in plan:
            self._send(order, number, company, lines)
        return {"result": {"success": True}}

    def _resend(self, p: dict[str, str]) -> dict[str, Any]:
        """Another number for what is already shipped."""
        order = self.world.find("taobao", p["tid"])
        if order is None:
            raise self._no("B01", "交易订单不存在")
        if order.state != "shipped":
            raise self._no("B02", "订单状态不允许修改运单")
        self._send(order, p["out_sid"], p["company_code"], None)
        return {"shipping": {"is_success": True}}

    def _memo(self, p: dict[str, str]) -> dict[str, Any]:
        order = self.world.find("taobao", p["tid"])
        if order is None:
            raise self._refuse(15, "isv.trade-not-exist", "交易订单不存在")
        memo, flag = p.get("memo"), p.get("flag")
        if memo is not None and len(memo.encode()) > 1000:
            raise self._wrong("memo")
        if flag is not None and flag not in ("0", "1", "2", "3", "4", "5"):
            raise self._wrong("flag")
        now = self.world.now()
        life.note(self.world, order, now, buyer=None, seller=memo, flag=int(flag) if flag else None)
        return {"trade": {"tid": int(order.external_id), "modified": clock.text(order.modified)}}

    def _sendable(self, tid: str) -> Order:
        order = self.world.find("taobao", tid)
        if order is None:
            raise self._no("B01", "交易订单不存在")
        state = trade.status(order)
        if state in ("WAIT_BUYER_PAY", "PAID_FORBID_CONSIGN"):
            raise self._no("B02", "订单状态不允许发货")
        if state not in ("WAIT_SELLER_SEND_GOODS", "SELLER_CONSIGNED_PART"):
            raise self._no("B04", "订单已发货或已关闭")
        return order

    def _sub_lines(self, order: Order, sub_tids: list[str]) -> list[int]:
        by_oid = {str(trade.oid(order, line)): line for line in order.lines}
        if any(sub not in by_oid for sub in sub_tids):
            raise self._no("P38", "子订单与主订单不匹配")
        if any(by_oid[sub].sent or by_oid[sub].refund == "done" for sub in sub_tids):
            raise self._no("B04", "子订单已发货或已关闭")
        return [by_oid[sub].n for sub in sub_tids]

    def _check_number(self, number: str, company: str) -> None:
        carrier = BY_TOP.get(company)
        if carrier is None:
            raise self._no("B56", "物流公司不存在")
        if not carrier.available:
            raise self._no("B57", "物流公司不可用")
        if not number:
            raise self._no("B59", "运单号为空")
        if carrier.rule and not re.search(carrier.rule, number):
            if self.world.knobs.waybill_rules == "refuse":
                raise self._no("B60", "运单号不符合规则或已经被使用")
            self.world.warn(f"taobao: {number} does not fit the rule of {company}")

    def _send(self, order: Order, number: str, company: str, lines: list[int] | None) -> None:
        self._check_number(number, company)
        unsent = [line.n for line in order.lines if not line.sent and line.refund != "done"]
        if lines is None and order.state == "paid":
            lines = unsent  # what an earlier parcel holds keeps its number
        life.ship(self.world, order, Sent(waybill_no=number, carrier=company, at=self.world.now()), lines)

    def _json(self, p: dict[str, str], name: str) -> list[dict[str, Any]]:
        """A parameter that is a JSON list of objects."""
        try:
            rows = json.loads(p.get(name, ""))
        except ValueError:
            raise self._wrong(name) from None
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            raise self._wrong(name)
        return rows

    def _no(self, which: str, text: str) -> Refused:
        return self._refuse(15, f"isv.logistics-offline-service-error:{which}", text)
