"""A client of PDD that does one thing wrong, for each rule of the sandbox: how it is broken, and where it is heard."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from server.sandbox.accounts import PINDUODUO
from tests.contract.sandbox.callers import START, Sandbox, wrapped_md5

INCREMENT = "pdd.order.number.list.increment.get"
LIST = "pdd.order.list.get"
INFORMATION = "pdd.order.information.get"
NOTE = "pdd.order.note.update"
SEND = "pdd.logistics.online.send"
CASES = "pdd.refund.list.increment.get"
CASE = "pdd.refund.information.get"
GOODS = "pdd.goods.list.get"
SKU = "pdd.goods.skus.get"
STOCK = "pdd.goods.quantity.update"
REPORT = "pdd.open.waybill.type.report"
DECRYPT = "pdd.open.decrypt.batch"
CREATE = "pdd.pop.auth.token.create"
REFRESH = "pdd.pop.auth.token.refresh"
MALL = "pdd.mall.info.get"

NOW = int(START)
TEE, WHITE, LAMP = 100_000_000_001, 200_000_000_001, 200_000_000_507
LAMPS = 100_000_000_007

RIGHT: dict[str, dict[str, Any]] = {
    INCREMENT: {"start_updated_at": NOW - 1980, "end_updated_at": NOW - 180, "order_status": 5, "refund_status": 5,
                "is_lucky_flag": 0, "page": 1},
    LIST: {"start_confirm_at": NOW - 86_400, "end_confirm_at": NOW, "order_status": 5, "refund_status": 5, "page": 1,
           "page_size": 100},
    CASES: {"start_updated_at": NOW - 1800, "end_updated_at": NOW, "after_sales_status": 2, "after_sales_type": 1},
    STOCK: {"goods_id": LAMPS, "sku_id": LAMP, "quantity": 5},
    SKU: {"goods_id": LAMPS, "sku_id": LAMP},
    SEND: {"logistics_id": 900001, "tracking_number": "SLX000010000001"},
}  # fmt: skip
"""Business parameters that are right, at the time at which a sandbox starts."""

Wrong = Callable[[Sandbox], Awaitable[Any]]


def asking(type_: str = INCREMENT, **change: Any) -> Wrong:
    """A well signed call that is right but for the change; None leaves one out."""

    async def send(box: Sandbox) -> Any:
        query = RIGHT.get(type_, {}) | change
        return await box.pdd(type_, **{name: value for name, value in query.items() if value is not None})

    return send


def call(drop: str = "", *, unsigned: bool = False, secret: str = PINDUODUO["app_secret"], **change: str) -> Wrong:
    """A list of changes that would be right but for one common parameter."""

    async def send(box: Sandbox) -> Any:
        params = box.pdd_params(INCREMENT, **RIGHT[INCREMENT]) | change
        params.pop(drop, None)
        if not unsigned:
            params["sign"] = wrapped_md5(params, secret)
        return (await box.http.post("/pinduoduo/api/router", data=params)).json()

    return send


async def by_get(box: Sandbox) -> Any:
    params = box.pdd_params(INCREMENT, **RIGHT[INCREMENT])
    params["sign"] = wrapped_md5(params, PINDUODUO["app_secret"])
    return (await box.http.get("/pinduoduo/api/router", params=params)).json()


async def in_the_query(box: Sandbox) -> Any:
    params = box.pdd_params(INCREMENT, **RIGHT[INCREMENT])
    params["sign"] = wrapped_md5(params, PINDUODUO["app_secret"])
    return (await box.http.post("/pinduoduo/api/router", params=params)).json()


async def nested(box: Sandbox) -> Any:
    """Objects travel as text, in JSON bodies, too."""
    params: dict[str, Any] = box.pdd_params(DECRYPT)
    params["data_list"] = [{"data_tag": "x", "encrypted_data": "y"}]
    return (await box.http.post("/pinduoduo/api/router", json=params)).json()


def signed(what: Callable[[dict[str, str]], str]) -> Wrong:
    """With a signature made in another way."""

    async def send(box: Sandbox) -> Any:
        params = box.pdd_params(INCREMENT, **RIGHT[INCREMENT])
        params["sign"] = what(params)
        return (await box.http.post("/pinduoduo/api/router", data=params)).json()

    return send


def faulty(kind: str) -> Wrong:
    async def send(box: Sandbox) -> Any:
        await box.control("faults", kind=kind, platform="pinduoduo")
        return await box.pdd(MALL)

    return send


async def ended_token(box: Sandbox) -> Any:
    await box.control("faults", kind="token_end", platform="pinduoduo")
    return await call()(box)


def as_often(type_: str, times: int) -> Wrong:
    async def send(box: Sandbox) -> Any:
        answers = [await asking(type_)(box) for _ in range(times)]
        assert all("error_response" not in answer for answer in answers[:-1])
        return answers[-1]

    return send


def shipping(state: str = "paid", **change: Any) -> Wrong:
    """The shipment of an order that was just placed."""

    async def send(box: Sandbox) -> Any:
        [id] = await box.place("pinduoduo", state=state)
        return await asking(SEND, **{"order_sn": id} | change)(box)

    return send


async def shipping_twice(box: Sandbox) -> Any:
    [id] = await box.place("pinduoduo")
    await asking(SEND, order_sn=id)(box)
    return await asking(SEND, order_sn=id)(box)


def shipping_while(what: str, **body: Any) -> Wrong:
    """The buyer wants the money back, or PDD reviews the order."""

    async def send(box: Sandbox) -> Any:
        [id] = await box.place("pinduoduo")
        await box.control(what, platform="pinduoduo", external_id=id, **body)
        return await asking(SEND, order_sn=id)(box)

    return send


def of_an_order(type_: str, state: str = "paid", at: int = 0, **more: Any) -> Wrong:
    """Something asked of one order."""

    async def send(box: Sandbox) -> Any:
        [id] = await box.place("pinduoduo", state=state, **({"at": at} if at else {}))
        return await asking(type_, order_sn=id, **more)(box)

    return send


def opening(count: int) -> Wrong:
    rows = [{"data_tag": "260101-000000000000001", "encrypted_data": "~x~y~0~~"}] * count
    return asking(DECRYPT, data_list=json.dumps(rows))


# -- authorisation


async def granted(box: Sandbox) -> Any:
    code = (await box.control("consent", platform="pinduoduo"))["code"]
    answer = await box.pdd(CREATE, code=code)
    return answer["pop_auth_token_create_response"]


async def with_an_older_consent(box: Sandbox) -> Any:
    first = await granted(box)
    await granted(box)
    return await box.pdd(MALL, access_token=first["access_token"])


async def with_a_code_of_before(box: Sandbox) -> Any:
    code = (await box.control("consent", platform="pinduoduo"))["code"]
    await granted(box)
    return await box.pdd(CREATE, code=code)


def code_used(times: int = 1, after: float = 0) -> Wrong:
    async def send(box: Sandbox) -> Any:
        code = (await box.control("consent", platform="pinduoduo"))["code"]
        box.now += after
        return [await box.pdd(CREATE, code=code) for _ in range(times)][-1]

    return send


def refreshing(times: int = 1, after_days: float = 0) -> Wrong:
    """With the first refresh token, so long after it was given, so often."""

    async def send(box: Sandbox) -> Any:
        first = await granted(box)
        box.now += after_days * 86_400
        return [await box.pdd(REFRESH, refresh_token=first["refresh_token"]) for _ in range(times)][-1]

    return send


async def refreshing_longer(box: Sandbox) -> Any:
    """Renewed again and again: the authorisation does not grow."""
    given = await granted(box)
    for _ in range(3):
        box.now += 11 * 86_400
        answer = await box.pdd(REFRESH, refresh_token=given["refresh_token"])
        if "error_response" in answer:
            return answer
        given = answer["pop_auth_token_refresh_response"]
    return {}


async def kept(box: Sandbox) -> str:
    """All that the shop holds, to see that a refusal changed nothing."""
    orders = (await box.http.get("/control/orders")).json()
    return json.dumps([orders, [o.seller_note for o in box.world.all("pinduoduo")]], sort_keys=True)
