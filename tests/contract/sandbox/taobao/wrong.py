"""A client of TOP that does one thing wrong, for each rule of the sandbox. Each prepares what it needs, properly, and
returns the parameters of the one call that is wrong: so that what this call alone did can be seen."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from server.sandbox.accounts import TAOBAO
from tests.contract.sandbox.callers import TRADE_FIELDS, Sandbox, beijing, wrapped_md5

TIME = "taobao.time.get"
INCREMENT = "taobao.trades.sold.increment.get"
SOLD = "taobao.trades.sold.get"
FULL = "taobao.trade.fullinfo.get"
MEMO = "taobao.trade.memo.update"
MERGE = "taobao.top.oaid.merge"
DECRYPT = "taobao.top.oaid.decrypt"
SEND = "taobao.logistics.offline.send"
ASCP = "alibaba.ascp.logistics.offline.send"
RESEND = "taobao.logistics.consign.resend"
REFUNDS = "taobao.refunds.receive.get"
REFUND = "taobao.refund.get"
ONSALE = "taobao.items.onsale.get"
INVENTORY = "taobao.items.inventory.get"
SKUS = "taobao.item.skus.get"
ONE = "taobao.item.quantity.update"
MANY = "taobao.skus.quantity.update"
TMALL = "tmall.item.quantity.update"
CONSUME = "taobao.tmc.messages.consume"
CONFIRM = "taobao.tmc.messages.confirm"
CREATE = "taobao.top.auth.token.create"
REFRESH = "taobao.top.auth.token.refresh"

SOCK: dict[str, Any] = {"num_iid": 700_000_000_003}
"""Goods without variants."""
TEE, TEE_SKU = 700_000_000_001, 5_000_000_000_001
OURS: dict[str, Any] = {"out_sid": "SLX000010000001", "company_code": "SLX"}
PARCEL = json.dumps(OURS)

Sent = dict[str, str]
Wrong = Callable[[Sandbox], Awaitable[Sent]]


def signed(box: Sandbox, method: str, drop: str = "", *, secret: str = TAOBAO["app_secret"], **change: Any) -> Sent:
    """A call with its signature. None leaves a parameter out."""
    params = box.taobao_params(method, **{k: v for k, v in change.items() if v is not None})
    params.pop(drop, None)
    return params if drop == "sign" else params | {"sign": wrapped_md5(params, secret)}


def right(box: Sandbox, method: str) -> dict[str, Any]:
    """What a right call of a list says."""
    if method == INCREMENT:
        return {"fields": TRADE_FIELDS, "start_modified": beijing(box.now - 3600), "end_modified": beijing(box.now)}
    return {"fields": TRADE_FIELDS} if method in (SOLD, REFUNDS, ONSALE, INVENTORY, SKUS) else {}


def call(drop: str = "", **change: Any) -> Wrong:
    """A list of trades that would be right but for one system parameter."""
    return asking(INCREMENT, drop, **change)


def asking(method: str = INCREMENT, drop: str = "", **change: Any) -> Wrong:
    """A well signed call that is right but for the change."""

    async def prepare(box: Sandbox) -> Sent:
        return signed(box, method, drop, **right(box, method) | change)

    return prepare


def faulty(kind: str, method: str = TIME) -> Wrong:
    async def prepare(box: Sandbox) -> Sent:
        await box.control("faults", kind=kind, platform="taobao", method=method)
        return signed(box, method, **right(box, method))

    return prepare


# -- orders


def of_trade(method: str, state: str = "paid", skus: tuple[str, ...] = ("LAMP", "SOCK"), **change: Any) -> Wrong:
    """A call about an order that was just placed. "{tid}", "{line}" (the first line) and "{oaid}" stand for its own."""

    async def prepare(box: Sandbox) -> Sent:
        [id] = await box.place("taobao", state=state, skus=list(skus))
        return signed(box, method, **{"tid": id} | {k: await filled(box, id, v) for k, v in change.items()})

    return prepare


async def filled(box: Sandbox, id: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    oaid = await oaid_of(box, id) if "{oaid}" in value else ""
    return value.replace("{tid}", id).replace("{line}", str(int(id) + 1)).replace("{oaid}", oaid)


async def oaid_of(box: Sandbox, id: str) -> str:
    found = await box.taobao(FULL, fields=TRADE_FIELDS, tid=id, include_oaid="true")
    return str(found["trade_fullinfo_get_response"]["trade"].get("oaid", ""))


def sending(state: str = "paid", method: str = SEND, **change: Any) -> Wrong:
    return of_trade(method, state, **(OURS | change if method != ASCP else change))


def parcels(*goods: dict[str, Any], twice: bool = False, **change: Any) -> Wrong:
    """The newer call, with one parcel, or with the same parcel twice."""
    pkgs = [{**OURS, "goods": list(goods)} | change] * (2 if twice else 1)
    return sending(method=ASCP, consign_pkgs=json.dumps(pkgs))


def sending_after(*before: dict[str, Any], method: str = SEND, wait: int = 0, **change: Any) -> Wrong:
    """A shipment of an order of which something left before, so many seconds ago."""

    async def prepare(box: Sandbox) -> Sent:
        [id] = await box.place("taobao", skus=["LAMP", "SOCK"])
        for one in before:
            parts = {k: await filled(box, id, v) for k, v in one.items()}
            answer = await box.taobao(SEND, tid=id, **OURS | parts)
            assert answer["logistics_offline_send_response"]["shipping"]["is_success"]
        box.now += wait
        more = {k: await filled(box, id, v) for k, v in change.items()}
        return signed(box, method, tid=id, **OURS | more)

    return prepare


def sending_while(what: str, **body: Any) -> Wrong:
    """Refunded, or held by the platform's review."""

    async def prepare(box: Sandbox) -> Sent:
        [id] = await box.place("taobao", skus=["LAMP", "SOCK"])
        await box.control(what, platform="taobao", external_id=id, **body)
        return signed(box, SEND, tid=id, **OURS, sub_tid=str(int(id) + 1))

    return prepare


async def sending_from_their_warehouse(box: Sandbox) -> Sent:
    [id] = await box.place("taobao", by_platform=True)
    return signed(box, SEND, tid=id, **OURS)


def decrypting(count: int = 1, state: str = "paid", **change: Any) -> Wrong:
    row = {"oaid": "{oaid}", "tid": "{tid}", "scene": "1006"} | change
    return of_trade(DECRYPT, state, query_list=json.dumps([row] * count))


def merging(count: int = 1, **change: Any) -> Wrong:
    return of_trade(MERGE, merge_list=json.dumps([{"oaid": "{oaid}", "tid": "{tid}"} | change] * count))


def sending_used(same_buyer: bool = False) -> Wrong:
    """With the number of another order, which is the same buyer's, to the same place, or not."""

    async def prepare(box: Sandbox) -> Sent:
        one, other = await box.place("taobao", 2)
        if same_buyer:
            first, second = box.world.find("taobao", one), box.world.find("taobao", other)
            second.buyer, second.receiver = first.buyer, first.receiver
        await box.taobao(SEND, tid=one, **OURS)
        return signed(box, SEND, tid=other, **OURS)

    return prepare


# -- stock


def tmall(*rows: dict[str, Any], type_: Any = 2, key: str = "", **change: Any) -> Wrong:
    options = {"type": type_} | ({"outer_biz_key": key} if key else {})
    wanted = {"item_id": TEE, "sku_quantities": json.dumps(list(rows)), "options": json.dumps(options)}
    return asking(TMALL, **wanted | change)


# -- authorisation


async def granted(box: Sandbox) -> dict[str, Any]:
    code = (await box.control("consent", platform="taobao"))["code"]
    return tokens(await box.taobao(CREATE, code=code))


def tokens(answer: dict[str, Any]) -> dict[str, Any]:
    [body] = answer.values()
    return dict(json.loads(body["token_result"]))


def with_code(wait: int = 0, used: bool = False) -> Wrong:
    async def prepare(box: Sandbox) -> Sent:
        code = (await box.control("consent", platform="taobao"))["code"]
        if used:
            await box.taobao(CREATE, code=code)
        box.now += wait
        return signed(box, CREATE, code=code)

    return prepare


def refreshing(wait: int = 0, used: bool = False) -> Wrong:
    async def prepare(box: Sandbox) -> Sent:
        first = await granted(box)
        if used:
            await box.taobao(REFRESH, refresh_token=first["refresh_token"])
        box.now += wait
        return signed(box, REFRESH, refresh_token=first["refresh_token"])

    return prepare


def with_session(wait: int = 0, renewed: bool = False, method: str = INCREMENT, **change: Any) -> Wrong:
    """A token that was good: too old, or renewed since."""

    async def prepare(box: Sandbox) -> Sent:
        first = await granted(box)
        if renewed:
            await box.taobao(REFRESH, refresh_token=first["refresh_token"])
        box.now += wait
        return signed(box, method, **right(box, method) | {"session": first["access_token"]} | change)

    return prepare


# -- what is seen


async def heard(box: Sandbox, sent: Sent) -> dict[str, Any]:
    return dict((await box.http.post("/taobao/router/rest", data=sent)).json())


def kept(box: Sandbox) -> Any:
    """All that the world remembers, but for the running number of requests and codes that were too late."""
    for part in (box.world.grants, box.world.shelf, box.world.cases, box.world.pushes.box):
        part("taobao")  # made when first asked for
    state = msgspec.to_builtins(box.world.saved)
    state.pop("requests")
    for book in state["grants"].values():
        book.pop("codes")
    return state
