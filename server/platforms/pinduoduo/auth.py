"""Pinduoduo's authorisation: the page for the owner's yes, tokens for its code, new ones for a refresh token."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from server.errors import Rejected, Unauthenticated
from server.kit import clock
from server.platforms import http
from server.platforms.body import decimal, text, text_id
from server.platforms.pinduoduo.body import BODY
from server.platforms.pinduoduo.client import NAME, Client, answer
from server.platforms.pinduoduo.own import own
from server.platforms.port import Account, Grant, Shop

HOST: Final = "https://fuwu.pinduoduo.com"
_THEIRS: Final = ("pinduoduo.com", "yangkeduo.com")
_BAD_CODE: Final = "10000"
_LONGEST_S: Final = 10 * 366 * 86_400
_LEVELS: Final = ("r1_", "r2_", "w1_", "w2_")


def authorise_url(shop: Shop, redirect: str, state: str) -> str:
    """The page has a host of its own; away from PDD's it is beside the gateway, or where settings say. Only the shop's
    main account can say yes, and what was given before is dead from then on."""
    host = urlsplit(shop.base_url).hostname or ""
    theirs = any(host == name or host.endswith(f".{name}") for name in _THEIRS)
    base = own(shop).oauth_url or (HOST if theirs else shop.base_url)
    query = {"response_type": "code", "client_id": shop.app_key, "redirect_uri": redirect, "state": state}
    return f"{base.rstrip('/')}/service-market/auth?{urlencode(query)}"


async def exchange(client: Client, shop: Shop, code: str) -> Grant:
    """pop.auth.token.create: signed, without a token."""
    try:
        data = await client.open(shop, "pdd.pop.auth.token.create", code=code)
    except Rejected as refusal:
        if refusal.detail.get("platform_code") != _BAD_CODE:
            raise
        message = "拼多多的授权码无效、已用过或超过 10 分钟，请重新发起授权"
        raise Rejected("platform_rejected", message, **refusal.detail) from None
    return _grant(data, "pop_auth_token_create_response")


async def refresh(client: Client, shop: Shop) -> Grant:
    """pop.auth.token.refresh. It does not lengthen the authorisation; whether the old token still works is unknown, so
    what comes back is kept and the old one is not used again."""
    if not shop.refresh_token:
        raise Unauthenticated("platform_no_refresh_token", "没有保存拼多多的续期凭证，请重新授权")
    try:
        data = await client.open(shop, "pdd.pop.auth.token.refresh", refresh_token=shop.refresh_token)
    except Rejected as refusal:
        if refusal.detail.get("platform_code") != _BAD_CODE:
            raise
        message = "拼多多的授权已到期，请店主用主账号重新授权"
        raise Unauthenticated("platform_unauthenticated", message, **refusal.detail) from None
    return _grant(data, "pop_auth_token_refresh_response")


async def account(client: Client, shop: Shop) -> Account:
    """mall.info.get."""
    found = answer(await client.call(shop, "pdd.mall.info.get"), "mall_info_get_response")
    mall = text_id(found.get("mall_id"))
    if not mall:
        raise http.unreadable(NAME)
    return Account(external_id=mall, name=text(found.get("mall_name")), clock_off_s=client.ahead.total_seconds())


def _grant(data: bytes, name: str) -> Grant:
    try:
        return grant(answer(data, name))
    except ValueError:
        raise http.unreadable(NAME) from None


def grant(found: Mapping[str, Any]) -> Grant:
    """A token answer. The levels r1, r2, w1, w2 end by themselves, writes before reads; the hub reads and ships, so the
    first end that is still to come counts. One that has passed already is not given at all: renewing would not help.

    Raises ValueError.
    """
    access = text(found.get("access_token"))
    if not access:
        raise ValueError("no token")
    now = clock.now()
    levels = [end for level in _LEVELS if (end := _end(found, level, now)) is not None and end > now]
    until = _end(found, "", now)
    return Grant(
        access_token=access,
        refresh_token=text(found.get("refresh_token")),
        access_until=min([until, *levels]) if until else min(levels, default=None),
        refresh_until=_end(found, "refresh_token_", now),
        external_id=text_id(found.get("owner_id")),
        name=text(found.get("owner_name")),
    )


def _end(found: Mapping[str, Any], level: str, now: datetime) -> datetime | None:
    """expires_at, epoch seconds; else expires_in from now; else not said. Raises ValueError."""
    at = BODY.time(found.get(f"{level}expires_at"))
    if at is not None:
        return at
    value = found.get(f"{level}expires_in")
    seconds = decimal(value) if value not in (None, "") else decimal(0)
    if not 0 <= seconds <= _LONGEST_S:
        raise ValueError("not a life")
    return now + timedelta(seconds=int(seconds)) if seconds else None
