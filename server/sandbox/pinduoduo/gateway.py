"""PDD's one address /api/router: the checks of a call in their order, and the methods the hub uses.

The order of checks and the texts of refused shipments are assumptions of the fact sheet; the codes are PDD's.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from typing import Any, Final

from server.sandbox.accounts import PINDUODUO
from server.sandbox.http import Asked, Refused, Reply
from server.sandbox.pinduoduo import aftersales, auth, goods, orders, privacy, shipping
from server.sandbox.pinduoduo.rules import Params, refuse
from server.sandbox.world import World

Do = Callable[[World, Params], dict[str, Any]]

_CHANGED: Final = ("start_updated_at", "end_updated_at")
_INCREMENT: Final = (*_CHANGED, "order_status", "refund_status", "is_lucky_flag", "page")
_LIST: Final = ("start_confirm_at", "end_confirm_at", "order_status", "refund_status", "page", "page_size")

METHODS: Final[dict[str, tuple[Do, tuple[str, ...]]]] = {
    "pdd.time.get": (orders.time, ()),
    "pdd.mall.info.get": (auth.mall, ()),
    "pdd.order.number.list.increment.get": (orders.increment, _INCREMENT),
    "pdd.order.list.get": (orders.by_day, _LIST),
    "pdd.order.information.get": (orders.information, ("order_sn",)),
    "pdd.order.status.get": (orders.states, ("order_sns",)),
    "pdd.order.note.update": (orders.note, ("order_sn", "note")),
    "pdd.refund.list.increment.get": (aftersales.increment, (*_CHANGED, "after_sales_status", "after_sales_type")),
    "pdd.refund.information.get": (aftersales.one, ("order_sn",)),
    "pdd.refund.status.check": (aftersales.check, ("order_sns",)),
    "pdd.goods.list.get": (goods.listed, ()),
    "pdd.goods.skus.get": (goods.one, ("goods_id", "sku_id")),
    "pdd.goods.quantity.update": (goods.update, ("goods_id", "quantity")),
    "pdd.logistics.companies.get": (shipping.companies, ()),
    "pdd.logistics.online.send": (shipping.send, ("order_sn", "logistics_id", "tracking_number")),
}
"""What answers, and the parameters without which it does not. Those that give tokens and open receivers are below."""

OPEN: Final = frozenset(
    {
        "pdd.time.get",
        "pdd.logistics.companies.get",
        "pdd.pop.auth.token.create",
        "pdd.pop.auth.token.refresh",
    }
)
"""Methods that need no shop's authorisation."""

OFTEN: Final = {
    "pdd.order.number.list.increment.get": (3000, 60),
    "pdd.order.list.get": (6000, 60),
    "pdd.order.information.get": (30_000, 60),
    "pdd.order.status.get": (3000, 60),
    "pdd.refund.list.increment.get": (100, 10),
    "pdd.refund.status.check": (3000, 60),
    "pdd.goods.list.get": (600, 60),
}
"""Calls of one shop within so many seconds, as published."""


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
        desk = privacy.Desk()
        more: dict[str, tuple[Do, tuple[str, ...]]] = {
            "pdd.pop.auth.token.create": (lambda world, p: auth.create(world, p, self._scope()), ("code",)),
            "pdd.pop.auth.token.refresh": (lambda world, p: auth.refresh(world, p, self._scope()), ("refresh_token",)),
            "pdd.open.waybill.type.report": (desk.report, ("order_sn_list", "waybill_type")),
            "pdd.open.decrypt.batch": (desk.decrypt, ("data_list",)),
        }
        self._methods = METHODS | more
        self._often: dict[str, tuple[int, int]] = {}
        """Method -> the stretch of time that is counted, and calls in it."""

    def method(self, asked: Asked) -> str:
        return self._params(asked).get("type", "")

    def limited(self, asked: Asked) -> Reply:
        return self._no("limited").reply

    def busy(self, asked: Asked) -> Reply:
        return self._no("busy").reply

    def answer(self, asked: Asked) -> Reply:
        try:
            if asked.verb != "POST":
                raise self._no("not_post")
            p = self._params(asked)
            self._check(p, asked.token_dead)
            return Reply(self._methods[p["type"]][0](self.world, p))
        except Refused as no:
            return no.reply

    @staticmethod
    def _params(asked: Asked) -> Params:
        """Form or JSON; what stands in the query is not looked at. Unreadable: nothing was sent."""
        if not asked.headers.get("content-type", "").startswith("application/json"):
            return asked.form
        try:
            return texts(asked.body)
        except ValueError:
            return {}

    def _check(self, p: Params, token_dead: bool) -> None:
        for name in ("type", "client_id", "timestamp", "sign"):
            if not p.get(name):
                raise self._no("client_missing" if name == "client_id" else f"{name}_missing")
        if p["type"] not in self._methods:
            raise self._no("type_unknown")
        if p["client_id"] != PINDUODUO["app_key"]:
            raise self._no("client_unknown")
        if not re.fullmatch(r"[0-9]{1,12}", p["timestamp"]):
            raise self._no("timestamp_unreadable")
        if abs(int(p["timestamp"]) - self.world.now()) > self.world.knobs.skew_s:
            raise self._no("timestamp_old")
        if p.get("data_type", "JSON") != "JSON":  # XML exists there, not here
            raise self._no("data_type_unknown")
        if p.get("version", "V1") != "V1":
            raise self._no("version_unknown")
        if not hmac.compare_digest(sign(p, PINDUODUO["app_secret"]).encode(), p["sign"].encode()):
            raise self._no("sign_wrong")
        if p["type"] not in OPEN:
            self._check_token(p.get("access_token", ""), token_dead)
            if p["type"] not in self._scope():
                raise self._no("no_right")
            self._check_often(p["type"])
        for name in self._methods[p["type"]][1]:
            if not p.get(name):
                raise refuse(self.world, "parameter_missing", name)

    def _check_token(self, token: str, dead: bool) -> None:
        if not token:
            raise self._no("token_missing")
        found = self.world.grants("pinduoduo").check(token, self.world.now())
        if found in ("unknown", "revoked"):
            raise self._no(f"token_{found}")
        if dead or found == "expired":
            raise self._no("token_expired")

    def _check_often(self, type_: str) -> None:
        most, within = OFTEN.get(type_, (0, 1))
        if not most or not self.world.knobs.pdd_limits:
            return
        stretch = self.world.now() // within
        last, count = self._often.get(type_, (stretch, 0))
        count = count + 1 if last == stretch else 1
        self._often[type_] = (stretch, count)
        if count > most:
            raise self._no("too_often")

    def _scope(self) -> list[str]:
        """What the app may call for the shop."""
        return sorted(self._methods.keys() - OPEN - self.world.knobs.pdd_no_right)

    def _no(self, rule: str) -> Refused:
        return refuse(self.world, rule)
