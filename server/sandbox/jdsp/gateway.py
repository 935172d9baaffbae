"""SP-API's addresses: the signed headers are checked, then the path is looked up."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable
from typing import Any, Final

from server.sandbox.accounts import JD
from server.sandbox.http import Asked, Refused, Reply
from server.sandbox.jdsp import calls
from server.sandbox.jdsp.rules import Some, refuse
from server.sandbox.world import World

_HEADERS: Final = ("X-JOS-App-Key", "X-JOS-Access-Token", "X-JOS-Timestamp", "X-JOS-Sign-Method")
_CALLS: Final[dict[tuple[str, str], Callable[[World, calls.Call], Any]]] = {
    ("GET", "/sp-order/v0/orders"): calls.orders,
    ("GET", "/sp-order/v0/orders/{orderId}"): calls.order,
    ("POST", "/sp-order/v0/orders/{orderId}/shipments"): calls.shipment,
    ("PUT", "/sp-order/v0/orders/{orderId}/vender-remarks"): calls.remark,
    ("GET", "/sp-order/v0/carriers"): calls.carriers,
    ("GET", "/sp-aftercare/v0/afs-orders"): calls.afs,
    ("GET", "/sp-product/v0/skus"): calls.skus,
    ("PUT", "/sp-product/v0/sku-stocks/batch"): calls.stocks,
}
_PATHS: Final = [
    (verb, path, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), work)
    for (verb, path), work in _CALLS.items()
]


def sign(parts: dict[str, str], body: str, secret: str) -> str:
    """md5 between two secrets over headers, query and path by name, and a body that is more than "{}"."""
    said = parts | ({"body": body} if body and body != "{}" else {})
    text = secret + "".join(name + said[name] for name in sorted(said)) + secret
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


class Jdsp:
    """JD's shop by its newer API."""

    name = "jdsp"

    def __init__(self, world: World) -> None:
        self.world = world

    def method(self, asked: Asked) -> str:
        found = _find(asked)
        return f"{asked.verb} {found[0] if found else asked.path}"

    def limited(self, asked: Asked) -> Reply:
        return refuse("quota").reply

    def busy(self, asked: Asked) -> Reply:
        return refuse("backend_busy").reply

    def answer(self, asked: Asked) -> Reply:
        try:
            found = _find(asked)
            if found is None:
                raise refuse("path_unknown")
            _, named, work = found
            self._check(asked, named)
            return _well(work(self.world, calls.Call(asked.query, named, _body(asked))))
        except Refused as no:
            return no.reply
        except Some as part:
            reply = _well(part.data)
            reply.refusal = part.rule
            return reply

    def _check(self, asked: Asked, named: dict[str, str]) -> None:
        sent = {name: asked.headers[name.lower()] for name in _HEADERS if name.lower() in asked.headers}
        if sent.get("X-JOS-App-Key") != JD["app_key"]:
            raise refuse("app_key_unknown")
        stamp = sent.get("X-JOS-Timestamp", "")
        if not re.fullmatch(r"[0-9]{13}", stamp):
            raise refuse("timestamp_missing")
        if abs(int(stamp) - self.world.now() * 1000) > self.world.knobs.skew_s * 1000 + 999:
            raise refuse("timestamp_old")
        mark = asked.headers.get("x-jos-sign", "")
        if not mark:
            raise refuse("sign_missing")
        mine = sign(sent | asked.query | named, asked.body.decode("utf-8", "replace"), JD["app_secret"])
        if sent.get("X-JOS-Sign-Method", "md5") != "md5" or not hmac.compare_digest(mine.encode(), mark.encode()):
            raise refuse("sign_wrong")
        token = sent.get("X-JOS-Access-Token", "")
        if not token:
            raise refuse("token_missing")
        known = self.world.grants("jd").check(token, self.world.now())
        if known == "unknown":
            raise refuse("token_unknown")
        if known == "expired" or asked.token_dead:
            raise refuse("token_expired")
        if self.world.knobs.jdsp_yunding_only and asked.path.startswith("/rest/sp-order/"):
            raise refuse("yunding_only")


def _find(asked: Asked) -> tuple[str, dict[str, str], Callable[[World, calls.Call], Any]] | None:
    path = asked.path.removeprefix("/rest")
    for verb, template, pattern, work in _PATHS:
        hit = pattern.fullmatch(path)
        if verb == asked.verb and hit:
            return template, hit.groupdict(), work
    return None


def _body(asked: Asked) -> dict[str, Any]:
    if asked.verb == "GET":
        return {}
    try:
        found = json.loads(asked.body or b"null")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise refuse("json_unreadable")
    return found


def _well(data: Any) -> Reply:
    """A list comes with its pages."""
    body: dict[str, Any] = {"success": True, "data": data, "errorList": [], "extension": {}}
    if isinstance(data, calls.Page):
        body["data"], body["paginationData"] = data.rows, data.pagination()
    return Reply(body)
