"""A client of Shopee that does one thing wrong, for each rule of the sandbox: how it is broken, and how that shows."""

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

from server.sandbox.accounts import SHOPEE
from tests.contract.sandbox.callers import Sandbox

LIST = "order/get_order_list"
DETAIL = "order/get_order_detail"
NOTE = "order/set_note"
SPLIT = "order/split_order"
UNSPLIT = "order/unsplit_order"
HOW = "logistics/get_shipping_parameter"
SHIP = "logistics/ship_order"
NUMBER = "logistics/get_tracking_number"
RETURNS = "returns/get_return_list"
ITEMS = "product/get_item_list"
BASE = "product/get_item_base_info"
MODELS = "product/get_model_list"
STOCK = "product/update_stock"
TOKEN = "auth/token/get"
RENEW = "auth/access_token/get"
SHOPS = "public/get_shops_by_partner"

OURS = "SLX000010000001"
TEE, LAMP, SOCK = 23_000_000_001, 23_000_000_007, 23_000_000_003
WHITE, BLACK = 22_100_000_001, 22_100_000_003

Wrong = Callable[[Sandbox], Awaitable[Any]]


def window(box: Sandbox) -> dict[str, Any]:
    now = int(box.now)
    return {"time_range_field": "update_time", "time_from": now - 3600, "time_to": now, "page_size": 50}


def call(drop: str = "", *, key: str = SHOPEE["app_secret"], path: str = LIST, **change: str) -> Wrong:
    """A list that would be right but for one common parameter. It is signed as it is sent."""

    async def send(box: Sandbox) -> Any:
        full = f"/api/v2/{path}"
        q = box.shopee_query(full) | change
        q.pop(drop, None)
        base = "".join(q.get(name, "") for name in ("partner_id",)) + full + q.get("timestamp", "")
        base += q.get("access_token", "") + q.get("shop_id", "")
        if "sign" in q and "sign" not in change:
            q["sign"] = hmac.new(key.encode(), base.encode(), hashlib.sha256).hexdigest()
        query = q | {name: str(value) for name, value in window(box).items()}
        return (await box.http.get(f"/shopee{full}", params=query)).json()

    return send


def stamped(off: int) -> Wrong:
    async def send(box: Sandbox) -> Any:
        return await call(timestamp=str(int(box.now) + off))(box)

    return send


def asking(path: str = LIST, **change: Any) -> Wrong:
    """A well signed reading call whose parameters are right but for the change; None leaves one out."""

    async def send(box: Sandbox) -> Any:
        query = (window(box) if path == LIST else {}) | change
        return await box.shopee(path, **{name: value for name, value in query.items() if value is not None})

    return send


def listing(since: int, until: int) -> Wrong:
    """Orders between two moments, seconds from now."""

    async def send(box: Sandbox) -> Any:
        return await asking(time_from=int(box.now) + since, time_to=int(box.now) + until)(box)

    return send


def returns(since: int = -3600, until: int = 0, **more: Any) -> Wrong:
    async def send(box: Sandbox) -> Any:
        moments = {"update_time_from": int(box.now) + since, "update_time_to": int(box.now) + until}
        if "created" in more:
            moments |= {"create_time_from": int(box.now) + more["created"], "create_time_to": int(box.now)}
        query = {"page_no": 0, "page_size": 50, **moments} | {k: v for k, v in more.items() if k != "created"}
        return await box.shopee(RETURNS, **query)

    return send


def writing(path: str, **body: Any) -> Wrong:
    return lambda box: box.shopee(path, body=body)


async def no_json(box: Sandbox) -> Any:
    full = f"/api/v2/{NOTE}"
    return (await box.http.post(f"/shopee{full}", params=box.shopee_query(full), content=b"[1]")).json()


def faulty(kind: str) -> Wrong:
    async def send(box: Sandbox) -> Any:
        await box.control("faults", kind=kind, platform="shopee")
        return await call()(box)

    return send


async def ended_token(box: Sandbox) -> Any:
    await box.control("faults", kind="token_end", platform="shopee")
    return await call()(box)


# -- authorisation


async def public(box: Sandbox, path: str, body: dict[str, Any] | None = None, **query: Any) -> Any:
    """A call of the app: signed without token and shop."""
    full, stamp = f"/api/v2/{path}", str(int(box.now))
    base = SHOPEE["app_key"] + full + stamp
    mark = hmac.new(SHOPEE["app_secret"].encode(), base.encode(), hashlib.sha256).hexdigest()
    params = {"partner_id": SHOPEE["app_key"], "timestamp": stamp, "sign": mark} | query
    verb = "GET" if body is None else "POST"
    return (await box.http.request(verb, f"/shopee{full}", params=params, json=body)).json()


def fetching(path: str, **change: Any) -> Wrong:
    """Tokens for a fresh code or refresh token, but for the change; None leaves one out."""

    async def send(box: Sandbox) -> Any:
        body: dict[str, Any] = {"partner_id": int(SHOPEE["app_key"]), "shop_id": int(SHOPEE["external_id"])}
        if path == TOKEN:
            body["code"] = (await box.control("consent", platform="shopee"))["code"]
        body |= change
        return await public(box, path, {name: value for name, value in body.items() if value is not None})

    return send


granted = fetching(TOKEN)


async def code_twice(box: Sandbox) -> Any:
    code = (await box.control("consent", platform="shopee"))["code"]
    await fetching(TOKEN, code=code)(box)
    return await fetching(TOKEN, code=code)(box)


async def code_late(box: Sandbox) -> Any:
    code = (await box.control("consent", platform="shopee"))["code"]
    box.now += 601
    return await fetching(TOKEN, code=code)(box)


def refreshing(after_s: float, times: int = 1, **change: Any) -> Wrong:
    """With the first refresh token, so long after it was given, so often."""

    async def send(box: Sandbox) -> Any:
        first = await granted(box)
        box.now += after_s
        given = {"refresh_token": first["refresh_token"]} | change
        answers = [await fetching(RENEW, **given)(box) for _ in range(times)]
        return answers[-1]

    return send


def calling(after_s: float) -> Wrong:
    """A list with a granted token, so long after."""

    async def send(box: Sandbox) -> Any:
        first = await granted(box)
        box.now += after_s
        return await call(access_token=first["access_token"])(box)

    return send


def opening(page: str = "auth", drop: str = "", **change: str) -> Wrong:
    """The owner's page, present or older, right but for the change."""

    async def send(box: Sandbox) -> Any:
        full, stamp = f"/{page}", str(int(box.now))
        if page == "auth":
            query = {"partner_id": SHOPEE["app_key"], "auth_type": "seller", "response_type": "code",
                     "redirect_uri": "https://hub.test/back"}  # fmt: skip
        else:
            mark = hmac.new(SHOPEE["app_secret"].encode(), f"{SHOPEE['app_key']}{full}{stamp}".encode(), hashlib.sha256)
            query = {"partner_id": SHOPEE["app_key"], "timestamp": stamp, "sign": mark.hexdigest(),
                     "redirect": "https://hub.test/back"}  # fmt: skip
        query |= change
        query.pop(drop, None)
        return (await box.http.get(f"/shopee{full}", params=query)).json()

    return send


LEGACY = "api/v2/shop/auth_partner"


# -- orders and parcels


async def order(box: Sandbox, state: str = "paid", skus: tuple[str, ...] = ("TEE-WHT-M", "LAMP"), **more: Any) -> str:
    [id] = await box.place("shopee", state=state, skus=list(skus), **more)
    return id


def noting(ago_s: int = 60, **body: Any) -> Wrong:
    async def send(box: Sandbox) -> Any:
        id = await order(box, at=int(box.now) - ago_s)
        return await box.shopee(NOTE, body={"order_sn": id, **body})

    return send


def shipping(state: str = "paid", split: bool = False, **change: Any) -> Wrong:
    """The shipment of an order that was just placed; None leaves a field out."""

    async def send(box: Sandbox) -> Any:
        id = await order(box, state)
        if split:
            await parted(box, id)
        body = {"order_sn": id, "non_integrated": {"tracking_number": OURS}} | change
        return await box.shopee(SHIP, body={name: value for name, value in body.items() if value is not None})

    return send


def how(split: bool = False, state: str = "paid", **query: Any) -> Wrong:
    async def send(box: Sandbox) -> Any:
        id = await order(box, state)
        if split:
            await parted(box, id)
        return await box.shopee(HOW, order_sn=id, **query)

    return send


def asking_number(split: bool = False, **query: Any) -> Wrong:
    async def send(box: Sandbox) -> Any:
        id = await order(box)
        if split:
            await parted(box, id)
        return await box.shopee(NUMBER, order_sn=id, **query)

    return send


def shipping_while(what: str, **body: Any) -> Wrong:
    async def send(box: Sandbox) -> Any:
        id = await order(box)
        await box.control(what, platform="shopee", external_id=id, **body)
        return await box.shopee(SHIP, body={"order_sn": id, "non_integrated": {"tracking_number": OURS}})

    return send


async def shipping_twice(box: Sandbox) -> Any:
    id = await order(box)
    body = {"order_sn": id, "non_integrated": {"tracking_number": OURS}}
    await box.shopee(SHIP, body=body)
    return await box.shopee(SHIP, body=body)


async def parcel_twice(box: Sandbox) -> Any:
    id = await order(box)
    number = (await parted(box, id))["response"]["package_list"][0]["package_number"]
    body = {"order_sn": id, "package_number": number, "non_integrated": {"tracking_number": OURS}}
    await box.shopee(SHIP, body=body)
    return await box.shopee(SHIP, body=body)


async def another_orders_number(box: Sandbox) -> Any:
    for _ in range(2):
        id = await order(box)
        answer = await box.shopee(SHIP, body={"order_sn": id, "non_integrated": {"tracking_number": OURS}})
    return answer


def item(id: int, model: int = 0, **more: Any) -> dict[str, Any]:
    return {"item_id": id, "model_id": model, **more}


PARTED = ((item(TEE, WHITE),), (item(LAMP),))


async def parted(box: Sandbox, id: str, parcels: Any = PARTED) -> Any:
    listed = [{"item_list": list(one)} for one in parcels]
    return await box.shopee(SPLIT, body={"order_sn": id, "package_list": listed})


def splitting(*parcels: Any, state: str = "paid") -> Wrong:
    async def send(box: Sandbox) -> Any:
        return await parted(box, await order(box, state), parcels)

    return send


async def splitting_twice(box: Sandbox) -> Any:
    id = await order(box)
    await parted(box, id)
    return await parted(box, id)


def joining(split: bool, shipped: bool = False) -> Wrong:
    async def send(box: Sandbox) -> Any:
        id = await order(box)
        if split:
            number = (await parted(box, id))["response"]["package_list"][0]["package_number"]
            if shipped:
                body = {"order_sn": id, "package_number": number, "non_integrated": {"tracking_number": OURS}}
                await box.shopee(SHIP, body=body)
        return await box.shopee(UNSPLIT, body={"order_sn": id})

    return send


# -- goods


def put(*rows: dict[str, Any], item_id: int = TEE) -> Wrong:
    return writing(STOCK, item_id=item_id, stock_list=list(rows))


def row(model: int, stock: Any, **more: Any) -> dict[str, Any]:
    return {"model_id": model, "seller_stock": [{"stock": stock, **more}]}


def below(*rows: dict[str, Any]) -> Wrong:
    """A promotion holds twelve white tees."""

    async def send(box: Sandbox) -> Any:
        box.world.shelf("shopee").reserved["TEE-WHT-M"] = 12
        return await put(*rows)(box)

    return send


async def kept(box: Sandbox) -> str:
    """All that the shop holds, to see that a refusal changed nothing."""
    orders = (await box.http.get("/control/orders?platform=shopee")).json()
    notes = {sn: (o.seller_note, o.packages) for sn, o in box.world.saved.orders["shopee"].items()}
    return json.dumps([orders, notes, box.world.shelf("shopee").numbers], sort_keys=True)
