"""SP-API's signature: MD5 over the secret, headers, query, path and body parts sorted together, and the secret."""

import hashlib
from collections.abc import Mapping


def sign(headers: Mapping[str, str], parts: Mapping[str, str], body: str, secret: str) -> str:
    """Upper-case hex. headers: the X-JOS-… ones; parts: query and path parameters by name. "{}" counts as no body."""
    said = {**parts, **headers}
    if body and body != "{}":
        said["body"] = body
    joined = "".join(name + said[name] for name in sorted(said))
    return hashlib.md5(f"{secret}{joined}{secret}".encode(), usedforsecurity=False).hexdigest().upper()
