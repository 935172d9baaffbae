"""Shopee's authorisation: the owner's pages, tokens for a code, new tokens for a refresh token; who the shop is."""

import hmac
import re
from typing import Any, Final

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler

from server.sandbox.accounts import SHOPEE
from server.sandbox.consent import sent_back
from server.sandbox.grants import Given
from server.sandbox.http import json as answer
from server.sandbox.shopee.rules import Params, number, refuse
from server.sandbox.shopee.sign import sign
from server.sandbox.world import World

SHOP: Final = int(SHOPEE["external_id"])
MAIN_ACCOUNT: Final = 1_000_777
"""The account above the shop: its owner may say yes there, for all shops at once."""
BEGAN: Final = 1_767_225_600
LEGACY: Final = "/api/v2/shop/auth_partner"


def exchange(world: World, p: Params) -> dict[str, Any]:
    """auth/token/get."""
    _partner(world, p)
    code = str(p.get("code", ""))
    if "main_account_id" in p:
        if str(p["main_account_id"]) != str(MAIN_ACCOUNT):
            raise refuse(world, "code_other_account")
    elif "shop_id" not in p:
        raise refuse(world, "owner_missing")
    elif str(p["shop_id"]) != str(SHOP):
        raise refuse(world, "code_other_shop")
    if not re.fullmatch(r"codeshopee[0-9]{6}", code):
        raise refuse(world, "code_unknown")
    given = world.grants("shopee").exchange(code, world.now())
    if given is None:
        raise refuse(world, "code_spent")
    more = {"merchant_id_list": [1_234_567], "shop_id_list": [SHOP]} if "main_account_id" in p else {}
    return _tokens(world, given) | more


def renew(world: World, p: Params) -> dict[str, Any]:
    """auth/access_token/get: both tokens change, the refresh token is spent, the old access token lives on a while."""
    _partner(world, p)
    if str(p.get("shop_id", "")) != str(SHOP):
        raise refuse(world, "refresh_other_shop")
    if ended(world):
        raise refuse(world, "refresh_over")
    token, now = str(p.get("refresh_token", "")), world.now()
    given = world.grants("shopee").renew(token, now, keep_access=world.knobs.shopee_old_token_s)
    if isinstance(given, str):
        raise refuse(world, f"refresh_{given}")
    return _tokens(world, given) | {"partner_id": int(SHOPEE["app_key"]), "shop_id": SHOP}


def shops(world: World, p: Params) -> dict[str, Any]:
    """public/get_shops_by_partner."""
    size = number(world, p, "page_size", 1, 100, "page_size_wrong", default=100)
    page = number(world, p, "page_no", 1, 10**6, "page_no_wrong", default=1)
    row = {"region": "SG", "shop_id": SHOP, **_term(world), "sip_affi_shop_list": []}
    rows = [] if ended(world) else [row]
    return {"authed_shop_list": rows[(page - 1) * size : page * size], "more": page * size < len(rows)}


def info(world: World, p: Params) -> dict[str, Any]:
    """shop/get_shop_info."""
    return {
        "shop_name": SHOPEE["name"],
        "region": "SG",
        "status": "NORMAL",
        "is_cb": False,
        "is_upgraded_cbsc": False,
        "merchant_id": None,
        "is_sip": False,
        "sip_affi_shops": [],
        **_term(world),
    }


def ended(world: World) -> bool:
    """The time is over for which the owner said yes."""
    return world.now() > _term(world)["expire_time"]


def _term(world: World) -> dict[str, int]:
    """Without a code that was ever traded: from the beginning of the demo on, without an end that could come."""
    granted = world.grants("shopee").book.granted
    if not granted:
        return {"auth_time": BEGAN, "expire_time": max(BEGAN, world.now()) + world.knobs.shopee_authorised_s}
    return {"auth_time": granted, "expire_time": granted + world.knobs.shopee_authorised_s}


def _partner(world: World, p: Params) -> None:
    if str(p.get("partner_id", "")) != SHOPEE["app_key"]:
        raise refuse(world, "partner_differs")


def _tokens(world: World, given: Given) -> dict[str, Any]:
    world.touch()
    return {
        "access_token": given.access,
        "refresh_token": given.refresh,
        "expire_in": given.access_until - world.now(),
    }


def pages(world: World) -> list[HTTPRouteHandler]:
    """The present page, unsigned, and the older one: the owner says yes at once, and is sent back with a code."""

    @get("/shopee/auth", name="/shopee/auth")
    async def present(request: Request[Any, Any, Any]) -> Response[Any]:
        world.tick()
        q = request.query_params
        rule = ""
        if q.get("partner_id") != SHOPEE["app_key"]:
            rule = "page_partner_unknown"
        elif q.get("auth_type") != "seller" or q.get("response_type") != "code":
            rule = "page_type_unknown"
        elif not q.get("redirect_uri"):
            rule = "page_no_redirect"
        state = {"state": q["state"]} if q.get("state") else {}
        return _no(rule) if rule else _yes(q["redirect_uri"], state)

    @get(f"/shopee{LEGACY}", name=f"/shopee{LEGACY}")
    async def legacy(request: Request[Any, Any, Any]) -> Response[Any]:
        world.tick()
        q = request.query_params
        stamp = q.get("timestamp", "")
        ours = sign(SHOPEE["app_secret"], q.get("partner_id", ""), LEGACY, stamp)
        rule = ""
        if q.get("partner_id") != SHOPEE["app_key"]:
            rule = "page_partner_unknown"
        elif not re.fullmatch(r"[0-9]{1,10}", stamp) or abs(int(stamp) - world.now()) > world.knobs.shopee_skew_s:
            rule = "page_timestamp_old"
        elif not hmac.compare_digest(ours.encode(), q.get("sign", "").encode()):
            rule = "page_sign_wrong"
        elif not q.get("redirect"):
            rule = "page_no_redirect"
        return _no(rule) if rule else _yes(q["redirect"], {})

    def _no(rule: str) -> Response[Any]:
        reply = refuse(world, rule).reply
        world.refusals[f"shopee /auth {rule}"] += 1
        return answer(reply.body, reply.status)

    def _yes(target: str, more: dict[str, str]) -> Response[Any]:
        return sent_back(world, "shopee", target, shop_id=str(SHOP), **more)

    return [present, legacy]
