"""Ids: UUIDv7 for rows, short readable numbers for people."""

import os
import time
from uuid import UUID

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # no 0/O, 1/I/L: they are read aloud and typed with gloves


def uuid7(now_ms: int | None = None) -> UUID:
    """A time-ordered UUID (RFC 9562, version 7). `now_ms`: epoch milliseconds."""
    ms = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    rand = int.from_bytes(os.urandom(10), "big")
    value = (ms & (1 << 48) - 1) << 80 | 0x7 << 76 | (rand >> 68 & 0xFFF) << 64 | 0b10 << 62 | rand & (1 << 62) - 1
    return UUID(int=value)


def order_no(year: int, n: int) -> str:
    """ZS-26-000123: the one ID of an order from 下单 to 售后."""
    return f"ZS-{year % 100:02d}-{n:06d}"


def short(n: int, width: int = 4) -> str:
    """A number in an alphabet that survives being read aloud: short(123) -> '225Z'."""
    out = ""
    while n:
        n, r = divmod(n, len(_ALPHABET))
        out = _ALPHABET[r] + out
    return out.rjust(width, _ALPHABET[0])
