"""JD's authorisation: the page for the owner's yes, tokens for its code, new tokens in the last day of the old ones."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Final, Protocol
from urllib.parse import urlencode, urlsplit

from server.errors import Rejected, Unauthenticated, Unavailable
from server.kit import clock
from server.platforms import http, raw
from server.platforms.body import decimal, part, text, text_id
from server.platforms.jd.body import BODY
from server.platforms.jd.client import NAME, Client, answer
from server.platforms.port import Account, Grant, Shop

HOST: Final = "https://open-oauth.jd.com"
TOO_EARLY_S: Final = 1800.0


class Getter(Protocol):
    """A way to fetch one of the pages; both of JD's clients have it."""

    async def get(self, shop: Shop, url: str, query: Mapping[str, str]) -> bytes: ...


def address(shop: Shop, name: str) -> str:
    """The pages have a host of their own; away from jd.com they are beside the gateway, or where settings say."""
    named = text(part(shop.settings, "own").get("oauth_url"))
    host = urlsplit(shop.base_url).hostname or ""
    base = named or (HOST if host == "jd.com" or host.endswith(".jd.com") else shop.base_url)
    return f"{base.rstrip('/')}/oauth2/{name}"


def authorise_url(shop: Shop, redirect: str, state: str) -> str:
    query = {
        "app_key": shop.app_key,
        "response_type": "code",
        "redirect_uri": redirect,
        "state": state,
        "scope": "snsapi_base",
    }
    return f"{address(shop, 'to_login')}?{urlencode(query)}"


async def exchange(client: Getter, shop: Shop, code: str) -> Grant:
    return await _tokens(client, shop, "access_token", {"grant_type": "authorization_code", "code": code})


async def refresh(client: Getter, shop: Shop, account: Callable[[Shop], Awaitable[Account]]) -> Grant:
    """Both tokens change. JD refuses before the last day and after the end alike, so the old token is then tried.

    account: any signed call.
    """
    if not shop.refresh_token:
        raise Unauthenticated("platform_no_refresh_token", "没有保存京东的续期凭证，请重新授权")
    query = {"grant_type": "refresh_token", "refresh_token": shop.refresh_token}
    try:
        return await _tokens(client, shop, "refresh_token", query)
    except (Rejected, Unauthenticated) as e:
        await account(shop)  # Unauthenticated: over, a person must authorise anew
        words = e.detail.get("text", "")
        message = "京东只在授权到期前 24 小时内允许续期，到时再试"
        raise Unavailable("platform_too_early", message, retry_after=TOO_EARLY_S, text=words) from None


async def account(client: Client, shop: Shop) -> Account:
    """vender.shop.query."""
    found = part(answer(await client.call(shop, "jingdong.vender.shop.query")), "shop_jos_result")
    return Account(
        external_id=text_id(found.get("vender_id")),
        name=text(found.get("shop_name")),
        clock_off_s=client.ahead.total_seconds(),
    )


async def _tokens(client: Getter, shop: Shop, name: str, query: Mapping[str, str]) -> Grant:
    keys = {"app_key": shop.app_key, "app_secret": shop.app_secret}
    data = await client.get(shop, address(shop, name), {**keys, **query})
    try:
        return grant(raw.load_object(data))
    except ValueError:
        raise http.unreadable(NAME) from None


def grant(found: Mapping[str, Any]) -> Grant:
    """A token answer. Never refreshed after its end, so both tokens end together. Raises ValueError."""
    access = text(found.get("access_token"))
    if not access:
        raise ValueError("no token")
    given = BODY.time(found.get("time")) or clock.now()
    until = given + timedelta(seconds=int(decimal(found["expires_in"]))) if found.get("expires_in") else None
    return Grant(
        access_token=access,
        refresh_token=text(found.get("refresh_token")),
        access_until=until,
        refresh_until=until,
        name=text(found.get("user_nick")),
    )
