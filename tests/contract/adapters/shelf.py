"""A list of orders that changes while it is read, in the dress of each platform. A fake at the port's far side."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from server.platforms.port import Window
from tests.contract.adapters.support import form, reply

SINCE = datetime(2026, 11, 22, 1, 0, 0, tzinfo=UTC)
WINDOW = Window(SINCE, SINCE + timedelta(minutes=30))
_LATER = 10**6


class Shelf:
    """Orders with the second (from SINCE) at which they last changed. `stir` is called before each page of a list."""

    def __init__(self, orders: dict[str, int], stir: Callable[["Shelf", int], None] = lambda shelf, call: None) -> None:
        self.orders = orders
        self.stir = stir
        self.lists = 0
        self.calls: list[str] = []
        self.asked: list[dict[str, str]] = []
        self.hidden: set[str] = set()
        """Left out of details without a word."""

    def leave(self, id: str) -> None:
        """It changes now: long after the window."""
        self.orders[id] = _LATER

    def _within(self, low: int, high: int) -> list[str]:
        self.stir(self, self.lists)
        self.lists += 1
        found = [id for id, at in self.orders.items() if low <= at <= high]
        return sorted(found, key=lambda one: (self.orders[one], one))

    def _newest(self, sent: dict[str, str], page: str, size: str, low: int, high: int) -> tuple[list[str], int]:
        found = self._within(low, high)[::-1]
        number, rows = int(sent[page]), int(sent[size])
        return found[(number - 1) * rows : number * rows], len(found)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        sent = form(request)
        name = sent.get("method") or sent.get("type") or request.url.path
        self.calls.append(name)
        self.asked.append(sent)
        answers: dict[str, Callable[[dict[str, str]], Any]] = {
            "taobao.trades.sold.increment.get": self._taobao_list,
            "taobao.trade.fullinfo.get": self._taobao_one,
            "jingdong.pop.order.search": self._jd_list,
            "jingdong.pop.order.getRemarkByModifyTime": _no_remarks,
            "pdd.order.number.list.increment.get": self._pinduoduo_list,
            "/api/v2/order/get_order_list": self._shopee_list,
            "/api/v2/order/get_order_detail": self._shopee_details,
        }
        return reply(answers[name](sent))

    def _taobao_list(self, sent: dict[str, str]) -> Any:
        low, high = _beijing(sent["start_modified"]), _beijing(sent["end_modified"])
        ids, total = self._newest(sent, "page_no", "page_size", low, high)
        rows = [{"tid": int(id), "modified": "2026-11-22 09:10:00"} for id in ids]
        return {"trades_sold_increment_get_response": {"total_results": total, "trades": {"trade": rows}}}

    def _taobao_one(self, sent: dict[str, str]) -> Any:
        trade = {"tid": int(sent["tid"]), "status": "TRADE_FINISHED", "modified": "2026-11-22 09:10:00"}
        return {"trade_fullinfo_get_response": {"trade": {**trade, "orders": {"order": []}}}}

    def _jd_list(self, sent: dict[str, str]) -> Any:
        query = json.loads(sent["360buy_param_json"])
        ids, total = self._newest(
            query, "page", "page_size", _beijing(query["start_date"]), _beijing(query["end_date"])
        )
        rows = [{"orderId": id, "itemInfoList": []} for id in ids]
        result = {"apiResult": {"success": True}, "orderTotal": total, "orderInfoList": rows}
        return {"jingdong_pop_order_search_responce": {"code": "0", "searchorderinfo_result": result}}

    def _pinduoduo_list(self, sent: dict[str, str]) -> Any:
        low, high = _epoch(sent["start_updated_at"]), _epoch(sent["end_updated_at"])
        ids, total = self._newest(sent, "page", "page_size", low, high)
        rows = [{"order_sn": id, "order_status": 1, "item_list": []} for id in ids]
        return {"order_sn_increment_get_response": {"order_sn_list": rows, "total_count": total}}

    def _shopee_list(self, sent: dict[str, str]) -> Any:
        """The cursor is a place in the list: the worst that it can be."""
        found = self._within(_epoch(sent["time_from"]), _epoch(sent["time_to"]))
        start, size = int(sent["cursor"] or 0), int(sent["page_size"])
        rows = found[start : start + size]
        more = start + size < len(found)
        answer = {"more": more, "next_cursor": str(start + size) if more else "", "order_list": _named(rows)}
        return {"error": "", "message": "", "response": answer}

    def _shopee_details(self, sent: dict[str, str]) -> Any:
        ids = sent["order_sn_list"].split(",")
        assert len(ids) <= 50
        rows = [{**row, "create_time": 1767225000, "currency": "SGD"} for row in _named(ids)]
        rows = [row for row in rows if row["order_sn"] not in self.hidden]
        return {"error": "", "message": "", "response": {"order_list": rows}}


def _no_remarks(sent: dict[str, str]) -> Any:
    result = {"resultCode": "0", "errorMsg": "", "totleNum": 0, "remarkList": []}
    return {"jingdong_pop_order_getRemarkByModifyTime_responce": {"code": "0", "getremarkbymodifytime_result": result}}


def _named(ids: list[str]) -> list[dict[str, Any]]:
    return [{"order_sn": id} for id in ids]


def _beijing(text: str) -> int:
    moment = datetime.fromisoformat(f"{text}+08:00")
    return int((moment - SINCE).total_seconds())


def _epoch(text: str) -> int:
    return int(text) - int(SINCE.timestamp())
