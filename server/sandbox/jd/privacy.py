"""Receivers in clear on JOS: by the OAID of an order, or with the shop's keys for its ciphertext."""

import base64
import hashlib
import hmac
import json
import re
from typing import Any, Final

from server.sandbox.jd import order as jd_order
from server.sandbox.jd.rules import METHOD, No, refuse
from server.sandbox.world import World

VOUCHER_ID: Final = "SANDBOX-TID-0001"
VOUCHER_KEY: Final = hashlib.sha256(b"sandbox-jd-voucher").digest()
_DAY_MS: Final = 86_400_000


def decrypt(world: World, q: dict[str, Any]) -> dict[str, Any]:
    """oaid.decrypt. An OAID belongs to its order, and dies with a change of the address."""
    req = q.get("getReceiverInfoListReqVO")
    asked = req.get("orderInfos") if isinstance(req, dict) else None
    if not isinstance(asked, list) or not asked or not all(isinstance(one, dict) for one in asked):
        raise refuse("receivers_missing")
    rows = []
    for one in asked:
        order = world.find("jd", str(one.get("orderId")))
        if order is None or one.get("oaid") != jd_order.oaid(order):
            no = METHOD["oaid_unknown"]
            raise No("oaid_unknown", {"returnType": {"code": no.code, "requestId": "", "message": no.zh, "data": []}})
        r = order.receiver
        rows.append(
            {
                "orderId": int(order.external_id),
                "oaid": one["oaid"],
                "customerName": r.name,
                "consMobilePhone": r.phone,
                "consMobilePhoneFuzzy": f"{r.phone[:3]}****{r.phone[-4:]}",
                "customerPhone": "",
                "address": f"{r.province.removesuffix('省')}{r.city}{r.district}{r.street}",
                "privacyProtection": False,
                "expiration": str(req.get("expiration", "")) if isinstance(req, dict) else "",
            }
        )
    return {"returnType": {"code": "200", "requestId": str(world.request_no()), "message": "", "data": rows}}


def voucher(world: World, q: dict[str, Any]) -> dict[str, Any]:
    """jos.voucher.info.get: base64url of a signed JSON. The signature is not one of JD's."""
    now = world.now() * 1000
    data = {
        "id": VOUCHER_ID,
        "key": base64.b64encode(VOUCHER_KEY).decode(),
        "service": "SANDBOX-JD",
        "act": "produce",
        "effective": now - _DAY_MS,
        "expired": now + _DAY_MS,
        "stype": 0,
    }
    text = json.dumps({"sig": "", "data": data}).encode()
    return {"response": {"success": True, "data": {"voucher": base64.urlsafe_b64encode(text).decode()}}}


def keys(world: World, q: dict[str, Any]) -> dict[str, Any]:
    """jos.master.key.get: `sig` is an HMAC over exactly this text, with the decoded key of the voucher."""
    if q.get("tid") != VOUCHER_ID:
        raise refuse("voucher_unknown")
    text = f'{{"sdk_ver":2,"ts":{q.get("ts")},"tid":"{VOUCHER_ID}"}}'
    mine = base64.b64encode(hmac.new(VOUCHER_KEY, text.encode(), hashlib.sha256).digest()).decode()
    if not re.fullmatch(r"[0-9]{13}", str(q.get("ts"))) or not hmac.compare_digest(
        mine.encode(), str(q.get("sig", "")).encode()
    ):
        raise refuse("voucher_sign_wrong")
    now = world.now() * 1000
    key = {
        "id": base64.b64encode(jd_order.TDE_KEY_ID).decode(),
        "key_string": base64.b64encode(jd_order.TDE_KEY).decode(),
        "key_type": "AES",
        "key_exp": now + _DAY_MS,
        "key_effective": now - _DAY_MS,
        "key_status": 0,
        "version": 1,
        "key_digest": base64.b64encode(hashlib.sha256(jd_order.TDE_KEY).digest()).decode(),
    }
    service = {"service": "SANDBOX-JD", "grant_usage": "ED", "current_key_version": 1, "keys": [key]}
    return {"response": {"service_key_list": [service], "key_cache_disabled": 0, "enc_service": "SANDBOX-JD"}}
