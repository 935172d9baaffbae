"""TOP's signature: MD5 over the secret, the sorted parameters and the secret."""

import hashlib
import hmac
from collections.abc import Mapping


def sign(params: Mapping[str, str], secret: str) -> str:
    """Upper-case hex. The method is told by `sign_method` (md5, hmac, hmac-sha256; absent: md5).

    Never send an empty value: sources differ on whether it is signed.
    """
    joined = "".join(k + v for k, v in sorted(params.items()) if k and v and k != "sign").encode()
    key = secret.encode()
    method = params.get("sign_method", "md5")
    if method == "md5":
        return hashlib.md5(key + joined + key, usedforsecurity=False).hexdigest().upper()
    digests = {"hmac": "md5", "hmac-sha256": "sha256"}
    return hmac.new(key, joined, digests[method]).hexdigest().upper()
