"""Shopee's pushes, sent to us: verified by their raw bytes, and believed only as far as to look at the order."""

import hmac
from collections.abc import Mapping
from typing import Any, Final

from server.errors import Rejected, Unauthenticated
from server.platforms import raw
from server.platforms.body import first_id, part, text_id
from server.platforms.port import Hint, Shop
from server.platforms.shopee.own import own
from server.platforms.shopee.sign import push_sign

_SHOP: Final = frozenset({1, 2})
"""Authorised, no longer authorised. Like 12 (about to end) they come for the app: the shop is named inside."""


def heard(shop: Shop, url: str, headers: Mapping[str, str], body: bytes) -> list[Hint]:
    """Raises Unauthenticated: it is not Shopee's. What cannot be understood (the console's test, say) is no hint."""
    ours = push_sign(shop.app_secret, _typed(shop, url), body)
    if not hmac.compare_digest(ours.encode(), headers.get("authorization", "").strip().encode()):
        raise Unauthenticated("not_the_platform", "签名不符")
    try:
        return hints(raw.load_object(body))
    except raw.Unreadable:
        return []


def hints(found: dict[str, Any]) -> list[Hint]:
    """One push. A return's names its order, and that is what is to be read again; the number is `ordersn` in old
    pushes, `order_sn` in newer ones."""
    data, code = part(found, "data"), found.get("code")
    shop = first_id(found, "shop_id") or first_id(data, "shop_id")
    id = text_id(found.get("msg_id"))
    if code == 12:
        soon = data.get("shop_expire_soon")
        named = [text_id(one) for one in soon] if isinstance(soon, list) else []
        return [Hint(id, "shop", one, one) for one in named if one]
    if isinstance(code, int) and code in _SHOP:
        return [Hint(id, "shop", shop, shop)]
    order, case = first_id(data, "ordersn", "order_sn"), first_id(data, "return_sn")
    if order:
        return [Hint(id, "order", order, shop)]
    return [Hint(id, "refund", case, shop)] if case else [Hint(id, "other", shop=shop)]


def _typed(shop: Shop, url: str) -> str:
    """The address that is signed. Settings that cannot be read must not keep another shop's pushes out."""
    try:
        return own(shop).push_url or url
    except Rejected:
        return url
