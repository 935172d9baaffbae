"""Pinduoduo's signature: MD5 over the secret, the sorted parameters and the secret."""

import hashlib
from collections.abc import Mapping


def sign(params: Mapping[str, str], secret: str) -> str:
    """Upper-case hex over the texts that are sent, before URL encoding, but `sign`."""
    joined = "".join(k + v for k, v in sorted(params.items()) if k != "sign")
    return hashlib.md5(f"{secret}{joined}{secret}".encode(), usedforsecurity=False).hexdigest().upper()
