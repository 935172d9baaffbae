"""Shopee's signatures, as its side makes them."""

import hashlib
import hmac


def sign(key: str, partner_id: str, path: str, timestamp: str, token: str = "", owner_id: str = "") -> str:
    """HMAC-SHA256, lower-case hex. The key is used as text, though it looks like hex. owner_id: shop or merchant."""
    base = f"{partner_id}{path}{timestamp}{token}{owner_id}"
    return hmac.new(key.encode(), base.encode(), hashlib.sha256).hexdigest()


def push(key: str, url: str, body: bytes) -> str:
    """Over the address as it was typed into the console, and the very bytes that are sent."""
    return hmac.new(key.encode(), f"{url}|".encode() + body, hashlib.sha256).hexdigest()
