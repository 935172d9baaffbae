"""Callers of the sandbox for its tests: they sign with code of their own, neither the sandbox's nor the adapters'."""

import hashlib
import hmac
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx

from server.sandbox.accounts import CARRIER_KEY, CARRIER_SECRET, JD, PINDUODUO, SHOPEE, TAOBAO
from server.sandbox.app import create_app
from server.sandbox.knobs import Knobs

SAMPLES = Path(__file__).parent.parent / "samples"
START = 1_795_312_800.0  # 2026-11-22 10:00:00, Beijing
BEIJING = timezone(timedelta(hours=8))

TRADE_FIELDS = (
    "tid,seller_nick,buyer_nick,buyer_open_uid,title,type,status,created,pay_time,consign_time,end_time,modified,"
    "payment,total_fee,discount_fee,adjust_fee,post_fee,received_payment,num,shipping_type,has_buyer_message,"
    "buyer_message,seller_memo,seller_flag,receiver_name,receiver_state,receiver_city,receiver_district,"
    "receiver_address,receiver_zip,receiver_mobile,receiver_phone,oaid,orders,promotion_details"
)
JD_FIELDS = (
    "orderId,venderId,orderType,payType,orderTotalPrice,orderSellerPrice,orderPayment,freightPrice,sellerDiscount,"
    "orderState,orderRemark,venderRemark,orderStartTime,paymentConfirmTime,orderEndTime,modified,consigneeInfo,"
    "itemInfoList,couponDetailList,waybill,logisticsId"
)
SHOPEE_FIELDS = "recipient_address,item_list,pay_time,total_amount,package_list,note,buyer_username"


def beijing(at: float) -> str:
    return datetime.fromtimestamp(at, BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text())


def wrapped_md5(params: dict[str, str], secret: str) -> str:
    text = secret
    for key, value in sorted(params.items()):
        text += key + value
    return hashlib.md5((text + secret).encode()).hexdigest().upper()


class Sandbox:
    """One sandbox on a clock that only the test moves, called over ASGI."""

    def __init__(self, seed: int = 7, path: Path | None = None, knobs: Knobs | None = None) -> None:
        self.now = START
        self.app = create_app(seed, path, knobs, clock=lambda: self.now)
        self.world = self.app.state.world
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://127.0.0.1")

    async def control(self, path: str, **body: Any) -> Any:
        r = await self.http.post(f"/control/{path}", json=body)
        assert r.status_code == 200, r.text
        return r.json()

    async def look(self, platform: str, external_id: str) -> Any:
        return (await self.http.get(f"/control/orders/{platform}/{external_id}")).json()

    async def place(self, platform: str, count: int = 1, **more: Any) -> list[str]:
        ids: list[str] = (await self.control("orders", platform=platform, count=count, odd=False, **more))["ids"]
        return ids

    # -- Taobao

    def taobao_params(self, method: str, **business: Any) -> dict[str, str]:
        return {
            "method": method,
            "app_key": TAOBAO["app_key"],
            "session": TAOBAO["access_token"],
            "timestamp": beijing(self.now),
            "v": "2.0",
            "format": "json",
            "sign_method": "md5",
            **{name: str(value) for name, value in business.items()},
        }

    async def taobao(self, method: str, *, secret: str = TAOBAO["app_secret"], **business: Any) -> Any:
        params = self.taobao_params(method, **business)
        params["sign"] = wrapped_md5(params, secret)
        return (await self.http.post("/taobao/router/rest", data=params)).json()

    async def taobao_page(self, page: int, size: int = 40, **more: Any) -> Any:
        window = {"start_modified": beijing(self.now - 3600), "end_modified": beijing(self.now)}
        wanted = {"fields": TRADE_FIELDS, "page_no": page, "page_size": size} | window | more
        return await self.taobao("taobao.trades.sold.increment.get", **wanted)

    # -- JD

    def jd_params(self, method: str, query: dict[str, Any]) -> dict[str, str]:
        return {
            "method": method,
            "app_key": JD["app_key"],
            "access_token": JD["access_token"],
            "timestamp": beijing(self.now),
            "v": "2.0",
            "360buy_param_json": json.dumps(query),
        }

    async def jd(self, method: str, query: dict[str, Any], *, secret: str = JD["app_secret"], **system: str) -> Any:
        params = self.jd_params(method, query) | system
        params["sign"] = wrapped_md5(params, secret)
        business = params.pop("360buy_param_json")  # as the official Java SDK: the rest in the URL
        r = await self.http.post("/jd/routerjson", params=params, data={"360buy_param_json": business})
        return r.json()

    async def jd_page(self, page: int, size: int = 50, method: str = "jingdong.pop.order.search", **more: Any) -> Any:
        query = {
            "start_date": beijing(self.now - 3600),
            "end_date": beijing(self.now),
            "order_state": "ALL",
            "optional_fields": JD_FIELDS,
            "page": str(page),
            "page_size": str(size),
        }
        return await self.jd(method, query | more)

    # -- PDD

    def pdd_params(self, type_: str, **business: Any) -> dict[str, str]:
        return {
            "type": type_,
            "client_id": PINDUODUO["app_key"],
            "access_token": PINDUODUO["access_token"],
            "timestamp": str(int(self.now)),
            **{name: str(value) for name, value in business.items()},
        }

    async def pdd(self, type_: str, *, secret: str = PINDUODUO["app_secret"], **business: Any) -> Any:
        params = self.pdd_params(type_, **business)
        params["sign"] = wrapped_md5(params, secret)
        return (await self.http.post("/pinduoduo/api/router", data=params)).json()

    async def pdd_page(self, page: int, size: int = 50, **more: Any) -> Any:
        end = int(self.now) - 180
        window = {"start_updated_at": end - 1800, "end_updated_at": end}
        kind = {"order_status": 5, "refund_status": 5, "is_lucky_flag": 0, "page": page, "page_size": size}
        return await self.pdd("pdd.order.number.list.increment.get", **(window | kind | more))

    # -- Shopee

    def shopee_query(self, path: str, *, key: str = SHOPEE["app_secret"]) -> dict[str, str]:
        stamp = str(int(self.now))
        base = SHOPEE["app_key"] + path + stamp + SHOPEE["access_token"] + SHOPEE["external_id"]
        return {
            "partner_id": SHOPEE["app_key"],
            "timestamp": stamp,
            "access_token": SHOPEE["access_token"],
            "shop_id": SHOPEE["external_id"],
            "sign": hmac.new(key.encode(), base.encode(), hashlib.sha256).hexdigest(),
        }

    async def shopee(self, path: str, *, body: Any = None, system: dict[str, str] | None = None, **query: Any) -> Any:
        path = "/api/v2/" + path
        params = self.shopee_query(path) | (system or {}) | {name: str(value) for name, value in query.items()}
        verb = "GET" if body is None else "POST"
        return (await self.http.request(verb, "/shopee" + path, params=params, json=body)).json()

    async def shopee_page(self, cursor: str = "", size: int = 50, **more: Any) -> Any:
        window = {"time_range_field": "update_time", "time_from": int(self.now) - 3600, "time_to": int(self.now)}
        return await self.shopee("order/get_order_list", **({"page_size": size, "cursor": cursor} | window | more))

    # -- carrier

    async def carrier(self, verb: str, path: str, body: Any = None, *, secret: str = CARRIER_SECRET) -> httpx.Response:
        raw = b"" if body is None else json.dumps(body).encode()
        mark = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        headers = {"X-Carrier-Key": CARRIER_KEY, "X-Carrier-Sign": mark, "Content-Type": "application/json"}
        return await self.http.request(verb, f"/carrier/{path}", content=raw, headers=headers)

    async def waybill(self, shipment_id: str = "ZP1.v1", **more: Any) -> httpx.Response:
        body = {
            "shipment_id": shipment_id,
            "sender": {"name": "仓库"},
            "receiver": {"region": ["浙江省", "杭州市", "西湖区"], "token": {"oaid": "x"}, "masked": {"name": "王**"}},
            "weight_g": 300,
        }
        return await self.carrier("POST", "waybills", body | more)
