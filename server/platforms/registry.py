"""The adapters by their code. `get` for what is pure (windows, identity, redact, split), `connect` for calls."""

from collections.abc import Callable
from typing import Final

import httpx

from server.errors import NotFound
from server.platforms.jd.adapter import Jd
from server.platforms.jdsp.adapter import Jdsp
from server.platforms.pinduoduo.adapter import Pinduoduo
from server.platforms.port import Platform
from server.platforms.shopee.adapter import Shopee
from server.platforms.taobao.adapter import Taobao

_ADAPTERS: Final[dict[str, Callable[[httpx.AsyncClient | None], Platform]]] = {
    "taobao": Taobao,
    "jd": Jd,
    "pinduoduo": Pinduoduo,
    "shopee": Shopee,
    "jdsp": Jdsp,
}
HELD: Final = frozenset({"jdsp"})
"""Platforms whose states are not published: their orders are pulled, and all of them are held."""
CODES: Final = tuple(code for code in _ADAPTERS if code not in HELD)
"""Platforms whose orders are understood."""


def known(code: str) -> bool:
    """Is there an adapter of that code?"""
    return code in _ADAPTERS


def get(code: str) -> Platform:
    """The adapter without a way out: its calls are a RuntimeError. Raises NotFound."""
    return _make(code, None)


def connect(code: str, client: httpx.AsyncClient) -> Platform:
    """The adapter that calls through `client` (see http.new_client), which stays the caller's to close.

    It remembers nothing but how far the platform's clock is off. Raises NotFound.
    """
    return _make(code, client)


def _make(code: str, client: httpx.AsyncClient | None) -> Platform:
    if code not in _ADAPTERS:
        raise NotFound("no_platform", f"没有这个平台：{code[:40]}")
    return _ADAPTERS[code](client)
