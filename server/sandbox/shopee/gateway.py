"""Shopee's paths /api/v2/…: the checks of a call in their order, and the calls the hub uses.

The signature covers partner id, path, timestamp, token and shop; neither query nor body.
"""

import hmac
import json
import re
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct

from server.sandbox.accounts import SHOPEE
from server.sandbox.http import Asked, Refused, Reply
from server.sandbox.shopee import aftersales, auth, goods, orders, packages, shipping
from server.sandbox.shopee.rules import Params, refuse, request_id
from server.sandbox.shopee.sign import sign
from server.sandbox.world import World

Do = Callable[[World, Params], dict[str, Any] | None]


class Call(Struct, frozen=True):
    """public: of the app, without a token. top: its fields are at the top of the answer, not beneath `response`."""

    do: Do
    public: bool = False
    top: bool = False


CALLS: Final[dict[tuple[str, str], Call]] = {
    ("POST", "auth/token/get"): Call(auth.exchange, public=True, top=True),
    ("POST", "auth/access_token/get"): Call(auth.renew, public=True, top=True),
    ("GET", "public/get_shops_by_partner"): Call(auth.shops, public=True, top=True),
    ("GET", "shop/get_shop_info"): Call(auth.info, top=True),
    ("GET", "order/get_order_list"): Call(orders.listed),
    ("GET", "order/get_order_detail"): Call(orders.detail),
    ("POST", "order/set_note"): Call(orders.note),
    ("POST", "order/split_order"): Call(packages.split),
    ("POST", "order/unsplit_order"): Call(packages.unsplit),
    ("GET", "logistics/get_shipping_parameter"): Call(shipping.parameter),
    ("POST", "logistics/ship_order"): Call(shipping.ship),
    ("GET", "logistics/get_tracking_number"): Call(shipping.tracking),
    ("GET", "logistics/get_channel_list"): Call(shipping.channels),
    ("GET", "returns/get_return_list"): Call(aftersales.listed),
    ("GET", "product/get_item_list"): Call(goods.listed),
    ("GET", "product/get_item_base_info"): Call(goods.base),
    ("GET", "product/get_model_list"): Call(goods.models),
    ("POST", "product/update_stock"): Call(goods.update),
}


class Shopee:
    """One shop on Shopee."""

    name = "shopee"

    def __init__(self, world: World) -> None:
        self.world = world

    def method(self, asked: Asked) -> str:
        return asked.path

    def limited(self, asked: Asked) -> Reply:
        return refuse(self.world, "quota").reply

    def busy(self, asked: Asked) -> Reply:
        return refuse(self.world, "backend_busy").reply

    def answer(self, asked: Asked) -> Reply:
        call = CALLS.get((asked.verb, asked.path.removeprefix("/api/v2/")))
        try:
            self._check(asked, public=call is not None and call.public)
            if call is None:
                raise refuse(self.world, "path_unknown")
            body = call.do(self.world, self._business(asked))
        except Refused as no:
            return no.reply
        answer: dict[str, Any] = {"request_id": request_id(self.world), "error": "", "message": ""}
        if call.top:
            return Reply(answer | (body or {}))
        return Reply(answer if body is None else answer | {"response": body})

    def _check(self, asked: Asked, *, public: bool) -> None:
        """Common parameters are in the query always, with POST too."""
        q = asked.query
        if not q.get("partner_id"):
            raise self._no("partner_missing")
        if q["partner_id"] != SHOPEE["app_key"]:
            raise self._no("partner_unknown")
        self._check_time(q.get("timestamp", ""))
        if not q.get("sign"):
            raise self._no("sign_missing")
        token, shop = ("", "") if public else (q.get("access_token", ""), q.get("shop_id", ""))
        if not public:
            self._check_owner(token, shop)
        ours = sign(SHOPEE["app_secret"], q["partner_id"], asked.path, q["timestamp"], token, shop)
        if not hmac.compare_digest(ours.encode(), q["sign"].encode()):
            raise self._no("sign_wrong")
        if public:
            return
        found = self.world.grants("shopee").check(token, self.world.now())
        if found == "unknown":
            raise self._no("token_unknown")
        if asked.token_dead or found == "expired":
            raise self._no("token_expired")
        if shop != SHOPEE["external_id"]:
            raise self._no("shop_stranger")
        if auth.ended(self.world):
            raise self._no("authorisation_over")

    def _check_time(self, stamp: str) -> None:
        if not stamp:
            raise self._no("timestamp_missing")
        if not re.fullmatch(r"[0-9]{1,10}", stamp):
            raise self._no("timestamp_wrong")
        if abs(int(stamp) - self.world.now()) > self.world.knobs.shopee_skew_s:
            raise self._no("timestamp_old")

    def _check_owner(self, token: str, shop: str) -> None:
        if not token:
            raise self._no("token_missing")
        if not shop:
            raise self._no("shop_missing")
        if not re.fullmatch(r"[0-9]{1,10}", shop) or int(shop) > 4_294_967_295:
            raise self._no("shop_wrong")

    def _business(self, asked: Asked) -> Params:
        """A name that is repeated in a query is a list."""
        if asked.verb == "GET":
            return {name: values if len(values) > 1 else values[0] for name, values in asked.lists.items()}
        try:
            body = json.loads(asked.body)
        except ValueError:
            raise self._no("json_wrong") from None
        if not isinstance(body, dict):
            raise self._no("json_wrong")
        return body

    def _no(self, rule: str) -> Refused:
        return refuse(self.world, rule)
