"""Shopee's signatures: HMAC-SHA256 over who, where and when for calls (neither query nor body), over the raw body for
pushes."""

import hashlib
import hmac


def sign(key: str, partner_id: str, path: str, timestamp: str, token: str = "", owner_id: str = "") -> str:
    """Lower-case hex. The key looks like hex and is used as text; `path` is without host and query.

    `token` and `owner_id` (shop or merchant): empty for public calls.
    """
    base = f"{partner_id}{path}{timestamp}{token}{owner_id}"
    return hmac.new(key.encode(), base.encode(), hashlib.sha256).hexdigest()


def push_sign(key: str, url: str, body: bytes) -> str:
    """What the Authorization header of a push must hold. `url`: as typed into the console, byte for byte."""
    return hmac.new(key.encode(), url.encode() + b"|" + body, hashlib.sha256).hexdigest()
