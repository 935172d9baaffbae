"""A client of JOS that does one thing wrong, for each rule of the sandbox: how it is broken, and where it is heard."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from server.sandbox.accounts import JD
from tests.contract.sandbox.callers import JD_FIELDS, Sandbox, beijing, wrapped_md5

SEARCH = "jingdong.pop.order.search"
GET = "jingdong.pop.order.get"
REMARK = "jingdong.pop.order.modifyVenderRemark"
REMARKS = "jingdong.pop.order.getRemarkByModifyTime"
SHIPMENT = "jingdong.pop.order.shipment"
REFUNDS = "jingdong.pop.afs.soa.refundapply.queryPageList"
SERVICES = "jingdong.asc.query.list"
CHANGES = "jingdong.asc.sync.list"
MONEY = "jingdong.asc.serviceAndRefund.view"
SKUS = "jingdong.sku.read.searchSkuList"
STOCK = "jingdong.stock.read.findSkuStock"
PUT = "jingdong.stock.write.updateSkuStock"
ADD = "jingdong.stock.write.increaseSkuStock"
WARE = "jingdong.ware.stock.sku.set"
OAID = "jingdong.jos.order.oaid.decrypt"
KEYS = "jingdong.jos.master.key.get"

LAMP = 100_000_000_507
WHO = {"buId": JD["external_id"], "operatePin": "pin", "operateNick": "nick"}

Wrong = Callable[[Sandbox], Awaitable[Any]]


def call(drop: str = "", *, unsigned: bool = False, secret: str = JD["app_secret"], **change: str) -> Wrong:
    """A search that would be right but for one system parameter."""

    async def send(box: Sandbox) -> Any:
        params = box.jd_params(SEARCH, search(box)) | change
        params.pop(drop, None)
        if not unsigned:
            params["sign"] = wrapped_md5(params, secret)
        return (await box.http.post("/jd/routerjson", data=params)).json()

    return send


def search(box: Sandbox) -> dict[str, Any]:
    return {
        "start_date": beijing(box.now - 3600),
        "end_date": beijing(box.now),
        "order_state": "ALL",
        "optional_fields": JD_FIELDS,
        "page": "1",
        "page_size": "50",
    }


def asking(method: str = SEARCH, **change: Any) -> Wrong:
    """A well signed call whose business parameters are right but for the change; None leaves one out."""

    async def send(box: Sandbox) -> Any:
        query = (search(box) if method == SEARCH else {}) | change
        return await box.jd(method, {name: value for name, value in query.items() if value is not None})

    return send


def json_text(text: str) -> Wrong:
    return call(**{"360buy_param_json": text})


def within(first: str, last: str, seconds: int, method: str, **more: Any) -> Wrong:
    """A window of so many seconds that ends now; negative: it ends before it begins."""

    async def send(box: Sandbox) -> Any:
        return await box.jd(method, {first: beijing(box.now - seconds), last: beijing(box.now)} | more)

    return send


async def ended_token(box: Sandbox) -> Any:
    await box.control("faults", kind="token_end", platform="jd")
    return await call()(box)


def shipping(state: str = "paid", **change: str) -> Wrong:
    """The shipment of an order that was just placed."""

    async def send(box: Sandbox) -> Any:
        [id] = await box.place("jd", state=state)
        return await box.jd(SHIPMENT, {"orderId": id, "logiCoprId": "900001", "logiNo": "SLX000010000001"} | change)

    return send


async def shipping_twice(box: Sandbox) -> Any:
    [id] = await box.place("jd")
    query = {"orderId": id, "logiCoprId": "900001", "logiNo": "SLX000010000001"}
    await box.jd(SHIPMENT, query)
    return await box.jd(SHIPMENT, query)


def shipping_while(what: str, **body: Any) -> Wrong:
    """Locked by a refund that is asked for, or suspended by JD's review."""

    async def send(box: Sandbox) -> Any:
        [id] = await box.place("jd")
        await box.control(what, platform="jd", external_id=id, **body)
        return await box.jd(SHIPMENT, {"orderId": id, "logiCoprId": "900001", "logiNo": "SLX000010000001"})

    return send


async def shipping_from_their_warehouse(box: Sandbox) -> Any:
    [id] = await box.place("jd", by_platform=True)
    return await box.jd(SHIPMENT, {"orderId": id, "logiCoprId": "900001", "logiNo": "SLX000010000001"})


def faulty(kind: str, method: str) -> Wrong:
    async def send(box: Sandbox) -> Any:
        await box.control("faults", kind=kind, platform="jd")
        return await box.jd(method, {})

    return send


async def oaid_of_another_order(box: Sandbox) -> Any:
    one, other = await box.place("jd", 2)
    page = await box.jd_page(1)
    rows = page["jingdong_pop_order_search_responce"]["searchorderinfo_result"]["orderInfoList"]
    oaid = next(row["consigneeInfo"]["oaid"] for row in rows if row["orderId"] == other)
    asked = {"orderType": "1", "scenesType": "1", "orderInfos": [{"orderId": int(one), "oaid": oaid}]}
    return await box.jd(OAID, {"getReceiverInfoListReqVO": asked})


def keys(**change: Any) -> Wrong:
    async def send(box: Sandbox) -> Any:
        asked = {"sdk_ver": 2, "ts": int(box.now * 1000), "tid": "SANDBOX-TID-0001", "sig": "AAAA"} | change
        return await box.jd(KEYS, asked)

    return send


def ware(model: str, *rows: dict[str, Any]) -> Wrong:
    return asking(WARE, req={"updateModel": model, "stockRfId": "r", "skuStocks": list(rows)})


# -- authorisation


async def page(box: Sandbox, **change: str) -> Any:
    query = {"app_key": JD["app_key"], "response_type": "code", "redirect_uri": "https://hub.test/back", "state": "s"}
    return (await box.http.get("/jd/oauth2/to_login", params=query | change)).json()


def opening(**change: str) -> Wrong:
    return lambda box: page(box, **change)


async def tokens(box: Sandbox, name: str, **change: str) -> Any:
    grant = "authorization_code" if name == "access_token" else "refresh_token"
    query = {"app_key": JD["app_key"], "app_secret": JD["app_secret"], "grant_type": grant} | change
    return (await box.http.get(f"/jd/oauth2/{name}", params=query)).json()


def fetching(name: str, **change: str) -> Wrong:
    return lambda box: tokens(box, name, **change)


async def granted(box: Sandbox) -> Any:
    code = (await box.control("consent", platform="jd"))["code"]
    return await tokens(box, "access_token", code=code)


async def code_twice(box: Sandbox) -> Any:
    code = (await box.control("consent", platform="jd"))["code"]
    await tokens(box, "access_token", code=code)
    return await tokens(box, "access_token", code=code)


async def code_late(box: Sandbox) -> Any:
    code = (await box.control("consent", platform="jd"))["code"]
    box.now += 601
    return await tokens(box, "access_token", code=code)


def refreshing(after_days: float, times: int = 1) -> Wrong:
    """With the first refresh token, so long after it was given, so often."""

    async def send(box: Sandbox) -> Any:
        first = await granted(box)
        box.now += after_days * 86_400
        answers = [await tokens(box, "refresh_token", refresh_token=first["refresh_token"]) for _ in range(times)]
        return answers[-1]

    return send


async def json_kept(box: Sandbox) -> str:
    """All that the shop holds, to see that a refusal changed nothing."""
    return json.dumps((await box.http.get("/control/orders")).json(), sort_keys=True)
