"""Taobao's authorisation: the page for the owner's yes, tokens for its code, new ones where the app may."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import unquote, urlencode, urlsplit

from server.errors import Unauthenticated
from server.kit import clock
from server.platforms import http, raw
from server.platforms.body import decimal, part, text, text_id
from server.platforms.port import Account, Grant, Shop
from server.platforms.taobao.client import NAME, Client, answer
from server.platforms.taobao.own import own

HOSTS: Final = {"taobao.com": "https://oauth.taobao.com", "tbsandbox.com": "https://oauth.tbsandbox.com"}
_LONGEST_S: Final = 10 * 366 * 86_400


def authorise_url(shop: Shop, redirect: str, state: str) -> str:
    """The page has a host of its own; away from Taobao's it is beside the gateway, or where settings say."""
    host = urlsplit(shop.base_url).hostname or ""
    theirs = next((url for name, url in HOSTS.items() if host == name or host.endswith(f".{name}")), shop.base_url)
    query = {
        "response_type": "code",
        "client_id": shop.app_key,
        "redirect_uri": redirect,
        "state": state,
        "view": "web",
    }
    return f"{(own(shop).oauth_url or theirs).rstrip('/')}/authorize?{urlencode(query)}"


async def exchange(client: Client, shop: Shop, code: str) -> Grant:
    """top.auth.token.create: signed, without a session."""
    return _grant(await client.open(shop, "taobao.top.auth.token.create", code=code))


async def refresh(client: Client, shop: Shop) -> Grant:
    """top.auth.token.refresh. Only apps of the service market may: where the answer gave no such token, it is none."""
    if not shop.refresh_token:
        raise Unauthenticated("platform_no_refresh_token", "淘宝没有给这个应用续期凭证，请重新授权")
    method = "taobao.top.auth.token.refresh"
    return _grant(await client.open(shop, method, refresh_token=shop.refresh_token))


async def account(client: Client, shop: Shop) -> Account:
    """user.seller.get."""
    found = part(answer(await client.call(shop, "taobao.user.seller.get", fields="user_id,nick")), "user")
    nick = text(found.get("nick"))
    if not nick:
        raise http.unreadable(NAME)
    return Account(external_id=nick, name=nick, clock_off_s=client.ahead.total_seconds())


def _grant(data: bytes) -> Grant:
    """The tokens are a JSON text within the answer."""
    try:
        return grant(raw.load_object(text(answer(data).get("token_result")).encode()))
    except ValueError:
        raise http.unreadable(NAME) from None


def grant(found: Mapping[str, Any]) -> Grant:
    """A token answer. A refresh token without a life renews nothing: the access token's end is then all. The levels
    r1, r2, w1, w2 end by themselves; the hub reads orders (r2) and ships (w2), so the shortest of them counts.

    Raises ValueError.
    """
    access = text(found.get("access_token"))
    if not access:
        raise ValueError("no token")
    lives = [_seconds(found, name) for name in ("expires_in", "r1_expires_in", "r2_expires_in", "w1_expires_in",
                                                "w2_expires_in")]  # fmt: skip
    known = [life for life in lives if life]  # 0 has been seen where the level is not given at all
    now = clock.now()
    until = now + timedelta(seconds=min(known)) if known else None
    renewing = _seconds(found, "re_expires_in")
    nick = unquote(text(found.get("taobao_user_nick")))
    return Grant(
        access_token=access,
        refresh_token=text(found.get("refresh_token")) if renewing else "",
        access_until=until,
        refresh_until=now + timedelta(seconds=renewing) if renewing else until,
        external_id=nick or text_id(found.get("taobao_user_id")),
        name=nick,
    )


def _seconds(found: Mapping[str, Any], name: str) -> int:
    value = found.get(name)
    seconds = decimal(value) if value not in (None, "") else decimal(0)
    if not 0 <= seconds <= _LONGEST_S:
        raise ValueError("not a life")
    return int(seconds)
