"""JOS's one address /routerjson: the checks of a call in their order, and the methods the hub uses.

Three levels of refusal, as there: error_response; apiResult.success; sopjosshipment_result.success. All in rules.py.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from server.sandbox import clock
from server.sandbox.accounts import JD
from server.sandbox.http import Asked, Refused, Reply
from server.sandbox.jd import aftersales, goods, orders, privacy, shipping, shop
from server.sandbox.jd.rules import No, outcome, refuse
from server.sandbox.world import World

SHIPMENT = "jingdong.pop.order.shipment"


def sign(params: dict[str, str], secret: str) -> str:
    """md5 over every sent parameter but `sign`, empty ones too, between two secrets."""
    text = secret + "".join(name + params[name] for name in sorted(params) if name != "sign") + secret
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


class Jd:
    """One shop on JOS."""

    name = "jd"

    def __init__(self, world: World) -> None:
        self.world = world
        self._day, self._asked = "", 0
        self._methods: dict[str, Callable[[World, dict[str, Any]], dict[str, Any]]] = {
            "jingdong.pop.order.search": lambda w, q: orders.search(w, q, encrypted=False),
            "jingdong.pop.order.enSearch": lambda w, q: orders.search(w, q, encrypted=True),
            "jingdong.pop.order.get": lambda w, q: orders.get(w, q, encrypted=False),
            "jingdong.pop.order.enGet": lambda w, q: orders.get(w, q, encrypted=True),
            "jingdong.pop.order.modifyVenderRemark": orders.remark,
            "jingdong.pop.order.getRemarkByModifyTime": orders.remarks,
            SHIPMENT: shipping.shipment,
            "jingdong.fce.alpha.getVenderCarrier": shipping.carriers,
            "jingdong.vender.shop.query": shop.shop,
            "jingdong.pop.afs.soa.refundapply.queryPageList": aftersales.refunds,
            "jingdong.asc.query.list": aftersales.services,
            "jingdong.asc.sync.list": aftersales.changes,
            "jingdong.asc.serviceAndRefund.view": aftersales.money,
            "jingdong.sku.read.searchSkuList": goods.skus,
            "jingdong.stock.read.findSkuStock": goods.read_one,
            "jingdong.stock.write.updateSkuStock": goods.set_one,
            "jingdong.stock.write.increaseSkuStock": goods.add_one,
            "jingdong.ware.stock.sku.set": goods.set_many,
            "jingdong.jos.order.oaid.decrypt": privacy.decrypt,
            "jingdong.jos.voucher.info.get": privacy.voucher,
            "jingdong.jos.master.key.get": privacy.keys,
        }

    def method(self, asked: Asked) -> str:
        return asked.params.get("method", "")

    def limited(self, asked: Asked) -> Reply:
        return refuse("quota").reply

    def busy(self, asked: Asked) -> Reply:
        """A shipment has its own way to say it."""
        if self.method(asked) == SHIPMENT:
            body = {"sopjosshipment_result": outcome("backend_busy")}
            return Reply({_root(SHIPMENT): {"code": "0", **body}}, refusal="backend_busy")
        return refuse("backend_timeout").reply

    def answer(self, asked: Asked) -> Reply:
        p = asked.params
        try:
            query = self._check(p, asked.token_dead)
            return Reply({_root(p["method"]): {"code": "0", **self._methods[p["method"]](self.world, query)}})
        except Refused as no:
            return no.reply
        except No as no:
            return Reply({_root(p["method"]): {"code": "0", **no.body}}, refusal=no.rule)

    def _check(self, p: dict[str, str], token_dead: bool) -> dict[str, Any]:
        """The business parameters of an accepted call."""
        if not p.get("method"):
            raise refuse("method_missing")
        if p["method"] not in self._methods:
            raise refuse("method_unknown")
        if p.get("app_key") != JD["app_key"]:
            raise refuse("app_key_unknown")
        self._check_time(p.get("timestamp", ""))
        if p.get("v") != "2.0":
            raise refuse("version_unknown" if p.get("v") else "version_missing")
        if not p.get("sign"):
            raise refuse("sign_missing")
        if p.get("sign_method", "md5") != "md5":
            raise refuse("sign_method_unknown")
        if not hmac.compare_digest(sign(p, JD["app_secret"]).encode(), p["sign"].encode()):
            raise refuse("sign_wrong")
        self._check_quota()
        self._check_token(p.get("access_token", ""), token_dead)
        try:
            query = json.loads(p.get("360buy_param_json", ""))
        except ValueError:
            raise refuse("json_unreadable") from None
        if not isinstance(query, dict):
            raise refuse("json_no_object")
        searching = p["method"] in ("jingdong.pop.order.search", "jingdong.pop.order.enSearch")
        if self.world.knobs.jd_source_id_required and searching and query.get("source_id") != "JOS":
            raise refuse("source_id_missing")
        return query

    def _check_time(self, stamp: str) -> None:
        """Both forms in use: "2026-11-22 10:00:00" (Beijing) and "2026-11-22 10:00:00.000+0800"."""
        if not stamp:
            raise refuse("timestamp_missing")
        at = clock.read(stamp)
        if at is None:
            try:
                at = int(datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S.%f%z").timestamp())
            except ValueError:
                raise refuse("timestamp_unreadable") from None
        if abs(at - self.world.now()) > self.world.knobs.skew_s:
            raise refuse("timestamp_old")

    def _check_quota(self) -> None:
        day = clock.text(self.world.now())[:10]
        self._asked = self._asked + 1 if day == self._day else 1
        self._day = day
        if 0 < self.world.knobs.jd_quota_day < self._asked:
            raise refuse("quota")

    def _check_token(self, token: str, dead: bool) -> None:
        if not token:
            raise refuse("token_missing")
        found = self.world.grants("jd").check(token, self.world.now())
        if found == "unknown":
            raise refuse("token_unknown")
        if dead or found == "expired":
            raise refuse("token_expired")


def _root(method: str) -> str:
    return method.replace(".", "_") + "_responce"  # their spelling
