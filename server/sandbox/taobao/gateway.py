"""TOP's one address /router/rest: the checks of a call in their order, and the methods the hub uses."""

import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Any, Final

from server.sandbox import clock
from server.sandbox.accounts import TAOBAO
from server.sandbox.http import Asked, Refused, Reply
from server.sandbox.taobao import aftersales, auth, goods, messages, privacy, shipping, trade, trades
from server.sandbox.taobao.rules import Params, refuse, request_id
from server.sandbox.world import World

Do = Callable[[World, Params], dict[str, Any]]


def _time(world: World, p: Params) -> dict[str, Any]:
    return {"time": clock.text(world.now())}


METHODS: Final[dict[str, tuple[Do, tuple[str, ...]]]] = {
    "taobao.time.get": (_time, ()),
    "taobao.top.auth.token.create": (auth.create, ("code",)),
    "taobao.top.auth.token.refresh": (auth.refresh, ("refresh_token",)),
    "taobao.user.seller.get": (auth.seller, ("fields",)),
    "taobao.trades.sold.increment.get": (trades.increment, ("fields", "start_modified", "end_modified")),
    "taobao.trades.sold.get": (trades.sold, ("fields",)),
    "taobao.trade.fullinfo.get": (trades.fullinfo, ("fields", "tid")),
    "taobao.trade.memo.update": (trades.memo, ("tid",)),
    "taobao.top.oaid.merge": (trades.merge, ("merge_list",)),
    "taobao.top.oaid.decrypt": (privacy.decrypt, ("query_list",)),
    "taobao.logistics.offline.send": (shipping.offline, ("tid", "out_sid", "company_code")),
    "alibaba.ascp.logistics.offline.send": (shipping.ascp, ("tid",)),
    "taobao.logistics.consign.resend": (shipping.resend, ("tid", "out_sid", "company_code")),
    "taobao.logistics.companies.get": (shipping.companies, ("fields",)),
    "taobao.refunds.receive.get": (aftersales.received, ("fields",)),
    "taobao.refund.get": (aftersales.one, ("fields", "refund_id")),
    "taobao.items.onsale.get": (goods.onsale, ("fields",)),
    "taobao.items.inventory.get": (goods.inventory, ("fields",)),
    "taobao.item.skus.get": (goods.skus, ("fields", "num_iids")),
    "taobao.item.quantity.update": (goods.one, ("num_iid", "quantity")),
    "taobao.skus.quantity.update": (goods.many, ("num_iid",)),
    "tmall.item.quantity.update": (goods.tmall, ("item_id",)),
    "taobao.tmc.user.permit": (messages.permit, ()),
    "taobao.tmc.messages.consume": (messages.consume, ("group_name",)),
    "taobao.tmc.messages.confirm": (messages.confirm, ("s_message_ids",)),
}
"""What answers, and the parameters without which it does not."""

OPEN: Final = frozenset(
    {
        "taobao.time.get",
        "taobao.logistics.companies.get",
        "taobao.top.auth.token.create",
        "taobao.top.auth.token.refresh",
        "taobao.tmc.messages.consume",
        "taobao.tmc.messages.confirm",
    }
)
"""Methods that need no session."""

_DEEP: Final = frozenset(
    {
        "taobao.trade.fullinfo.get",
        "taobao.top.oaid.decrypt",
        "taobao.logistics.offline.send",
        "alibaba.ascp.logistics.offline.send",
        "taobao.logistics.consign.resend",
    }
)
"""Methods that need r2 or w2 (which of them do is not published: those that show or ship orders whole)."""


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
        self._day, self._asked = "", 0

    def method(self, asked: Asked) -> str:
        return asked.params.get("method", "")

    def limited(self, asked: Asked) -> Reply:
        return refuse(self.world, "quota").reply

    def busy(self, asked: Asked) -> Reply:
        return refuse(self.world, "backend_timeout").reply

    def answer(self, asked: Asked) -> Reply:
        p = {name: value for name, value in asked.params.items() if value}
        try:
            self._check(p, asked.token_dead)
            body = METHODS[p["method"]][0](self.world, p) | {"request_id": request_id(self.world)}
        except Refused as no:
            return no.reply
        if p.get("simplify") == "true":
            return Reply(trade.simplified(body))
        root = p["method"].removeprefix("taobao.").replace(".", "_") + "_response"
        return Reply({root: body})

    def _check(self, p: Params, token_dead: bool) -> None:
        if not p.get("method"):
            raise self._no("method_missing")
        if p["method"] not in METHODS:
            raise self._no("method_unknown")
        if p.get("app_key") != TAOBAO["app_key"]:
            raise self._no("app_key_unknown" if p.get("app_key") else "app_key_missing")
        self._check_time(p.get("timestamp", ""))
        if p.get("v") != "2.0":
            raise self._no("version_unknown" if p.get("v") else "version_missing")
        if p.get("format") != "json":  # the default is xml, which this sandbox does not speak
            raise self._no("format_unknown")
        if not p.get("sign"):
            raise self._no("sign_missing")
        how = p.get("sign_method", "")
        if how not in ("md5", "hmac", "hmac-sha256"):
            raise self._no("sign_method_unknown")
        if not hmac.compare_digest(sign(p, TAOBAO["app_secret"], how).encode(), p["sign"].encode()):
            raise self._no("sign_wrong")
        self._check_quota()
        if p["method"] not in OPEN:
            self._check_session(p.get("session", ""), token_dead)
        if p["method"] in _DEEP:
            self._check_level(p["session"])
        for name in METHODS[p["method"]][1]:
            if not p.get(name):
                raise refuse(self.world, "parameter_missing", name)

    def _check_time(self, stamp: str) -> None:
        """Both forms in use: "2026-11-22 10:00:00" and epoch milliseconds."""
        if not stamp:
            raise self._no("timestamp_missing")
        at = int(stamp) // 1000 if re.fullmatch(r"[0-9]{13}", stamp) else clock.read(stamp)
        if at is None:
            raise self._no("timestamp_unreadable")
        if abs(at - self.world.now()) > self.world.knobs.skew_s:
            raise self._no("timestamp_old")

    def _check_quota(self) -> None:
        day = clock.text(self.world.now())[:10]
        self._asked = self._asked + 1 if day == self._day else 1
        self._day = day
        if 0 < self.world.knobs.taobao_quota_day < self._asked:
            raise self._no("quota_day")

    def _check_session(self, session: str, dead: bool) -> None:
        if not session:
            raise self._no("session_missing")
        found = self.world.grants("taobao").check(session, self.world.now())
        if found == "unknown":
            raise self._no("session_unknown")
        if dead or found == "expired":
            raise self._no("session_expired")

    def _check_level(self, session: str) -> None:
        grants, holds = self.world.grants("taobao"), self.world.knobs.taobao_level_s
        until = grants.book.access[session]
        if holds and until and self.world.now() > until - grants.access_s + holds:
            raise self._no("level_ended")

    def _no(self, rule: str) -> Refused:
        return refuse(self.world, rule)
