"""Shopee's authorisation: the page for the owner's yes, tokens for its code, new ones for a refresh token that works
once."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from server.errors import Error, Rejected, Unauthenticated
from server.kit import clock
from server.platforms import http
from server.platforms.body import decimal, first_id, rows, text, text_id
from server.platforms.port import Account, Grant, Shop
from server.platforms.shopee.body import BODY
from server.platforms.shopee.client import NAME, Client, answer, public
from server.platforms.shopee.own import own

PAGES: Final = {
    "partner.shopeemobile.com": "https://open.shopee.com",
    "openplatform.shopee.cn": "https://open.shopee.cn",
    "openplatform.shopee.com.br": "https://open.shopee.com.br",
    "openplatform.sandbox.test-stable.shopee.sg": "https://open.sandbox.test-stable.shopee.com",
    "partner.test-stable.shopeemobile.com": "https://open.sandbox.test-stable.shopee.com",
}
"""Where the page for an API's host is."""
ACCESS: Final = timedelta(hours=4)
RENEWING: Final = timedelta(days=30)
_LONGEST_S: Final = 10 * 366 * 86_400
_ABSOLUTE: Final = 10**9
"""expire_in has been seen as a moment instead of a number of seconds."""
_PAGES: Final = 20


def authorise_url(shop: Shop, redirect: str, state: str) -> str:
    """The present page is not signed; the older one is, and hands no state back."""
    chosen = own(shop)
    if chosen.auth_page == "partner":
        path = "shop/auth_partner"
        query = {**public(shop, path, clock.now()), "redirect": redirect}
        return f"{shop.base_url.rstrip('/')}/api/v2/{path}?{urlencode(query)}"
    theirs = PAGES.get(urlsplit(shop.base_url).hostname or "", shop.base_url)
    query = {
        "partner_id": shop.app_key,
        "auth_type": "seller",
        "redirect_uri": redirect,
        "response_type": "code",
        "state": state,
    }
    return f"{(chosen.oauth_url or theirs).rstrip('/')}/auth?{urlencode(query)}"


async def exchange(client: Client, shop: Shop, code: str, given: Mapping[str, str]) -> Grant:
    """auth/token/get. The callback says for whom the code is: one shop, or a main account with several."""
    whose, partner = _whose(shop, given), _number(shop.app_key)
    ends = await _ends(client, shop, str(whose.get("shop_id", shop.external_id)))
    try:
        data = await client.open_post(shop, "auth/token/get", {"code": code, "partner_id": partner, **whose})
    except Unauthenticated as e:  # they say of a bad code what they say of a dead token
        raise Rejected("platform_rejected", "授权码无效、已用过或已过期，请重新发起授权", **e.detail) from None
    found = answer(data)
    external = str(whose["shop_id"]) if "shop_id" in whose else _listed(shop, found)
    return _read(found, external, ends)


async def refresh(client: Client, shop: Shop) -> Grant:
    """auth/access_token/get: both tokens change, the refresh token is spent. Nothing is asked after it: what came must
    be kept first."""
    if not shop.refresh_token:
        raise Unauthenticated("platform_no_refresh_token", "没有保存 Shopee 的续期凭证，请重新授权")
    body = {
        "refresh_token": shop.refresh_token,
        "partner_id": _number(shop.app_key),
        "shop_id": _number(shop.external_id),
    }
    ends = await _ends(client, shop, shop.external_id)
    found = answer(await client.open_post(shop, "auth/access_token/get", body))
    if first_id(found, "shop_id") not in ("", shop.external_id):
        raise http.unreadable(NAME)
    return _read(found, shop.external_id, ends)


async def account(client: Client, shop: Shop) -> Account:
    """shop/get_shop_info. It says no number, but was asked for ours."""
    found = answer(await client.get(shop, "shop/get_shop_info"))
    name = text(found.get("shop_name"))
    if not name:
        raise http.unreadable(NAME)
    return Account(
        external_id=shop.external_id,
        name=name,
        clock_off_s=client.ahead.total_seconds(),
        granted_until=_moment(found.get("expire_time")),
    )


def grant(found: Mapping[str, Any], external_id: str, ends: datetime | None = None) -> Grant:
    """A token answer. ends: when the shop's own authorisation is over; no token outlives it. Raises ValueError."""
    access, renewing = text(found.get("access_token")), text(found.get("refresh_token"))
    if not access or not renewing:
        raise ValueError("no token")
    now = clock.now()
    life = decimal(found.get("expire_in") or int(ACCESS.total_seconds()))
    if life > _ABSOLUTE:
        until = datetime.fromtimestamp(int(life), UTC) if life < 2 * 10**10 else now + ACCESS
    elif 0 < life <= _LONGEST_S:
        until = now + timedelta(seconds=int(life))
    else:
        raise ValueError("not a life")
    last = now + RENEWING
    return Grant(
        access_token=access,
        refresh_token=renewing,
        access_until=min(until, ends) if ends else until,
        refresh_until=min(last, ends) if ends else last,
        external_id=external_id,
    )


def _read(found: Mapping[str, Any], external_id: str, ends: datetime | None) -> Grant:
    try:
        return grant(found, external_id, ends)
    except ValueError:
        raise http.unreadable(NAME) from None


def _whose(shop: Shop, given: Mapping[str, str]) -> dict[str, int]:
    """For whom the code is; without a word of it (a code copied by hand) for the shop that we know."""
    for name in ("shop_id", "main_account_id"):
        if given.get(name):
            return {name: _number(given[name])}
    if shop.external_id.startswith("?"):
        raise Rejected("platform_no_shop", "Shopee 没有说明是哪家店铺：请从授权链接返回，或先填写店铺号再输入授权码")
    return {"shop_id": _number(shop.external_id)}


def _listed(shop: Shop, found: Mapping[str, Any]) -> str:
    """Which of a main account's shops this is. Raises Rejected where that cannot be said."""
    ids = found.get("shop_id_list")
    known = [text_id(one) for one in ids] if isinstance(ids, list) else []
    if shop.external_id in known:
        return shop.external_id
    if len(known) == 1 and shop.external_id.startswith("?"):
        return known[0]
    raise Rejected("platform_no_shop", "这个主账号授权了别的店铺或多家店铺：请先填写本店的店铺号，再重新授权")


async def _ends(client: Client, shop: Shop, external_id: str) -> datetime | None:
    """When the authorisation of the shop ends, by public/get_shops_by_partner, which needs no token. Not worth a
    failure."""
    try:
        for page in range(1, _PAGES + 1):
            found = answer(
                await client.open_get(shop, "public/get_shops_by_partner", page_size="100", page_no=str(page))
            )
            for row in rows(found.get("authed_shop_list")) or []:
                affiliates = rows(row.get("sip_affi_shop_list")) or []
                ids = [first_id(row, "shop_id"), *(first_id(one, "affi_shop_id") for one in affiliates)]
                if external_id in ids:
                    return _moment(row.get("expire_time"))
            if found.get("more") is not True:
                return None
    except Error:
        return None
    return None


def _moment(value: Any) -> datetime | None:
    try:
        return BODY.time(value)
    except ValueError:
        return None


def _number(value: str) -> int:
    """Shopee's own ids are numbers in its bodies. Raises Rejected."""
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise Rejected("platform_bad_settings", f"Shopee 的应用标识与店铺号都应是数字，这里是「{value[:20]}」")
    return int(value)
