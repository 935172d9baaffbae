"""The digest of a set of rows: count and two sums mod 2^32 of the CRC-32 of each row's bytes, as they travel.
Pure.
"""

from collections.abc import Iterable
from typing import NamedTuple
from zlib import crc32

SEED1 = 0
SEED2 = 0x9E3779B9
MASK = 0xFFFFFFFF


class Digest(NamedTuple):
    n: int = 0
    d1: int = 0
    d2: int = 0

    def plus(self, row: bytes) -> "Digest":
        return Digest(self.n + 1, (self.d1 + crc32(row, SEED1)) & MASK, (self.d2 + crc32(row, SEED2)) & MASK)

    def minus(self, row: bytes) -> "Digest":
        return Digest(self.n - 1, (self.d1 - crc32(row, SEED1)) & MASK, (self.d2 - crc32(row, SEED2)) & MASK)


EMPTY = Digest()


def of(rows: Iterable[bytes]) -> Digest:
    """The digest of all rows, from nothing."""
    n = d1 = d2 = 0
    for row in rows:
        n += 1
        d1 += crc32(row, SEED1)
        d2 += crc32(row, SEED2)
    return Digest(n, d1 & MASK, d2 & MASK)
