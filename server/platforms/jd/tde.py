"""JD's encrypted fields: a header that names the key, an IV, AES-CBC. Opens them; knows no call."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_AES_CBC: Final = 4
_BLOCK: Final = 16


class Sealed(ValueError):
    """It cannot be opened: no ciphertext, or of a key that is not at hand (`key_id`)."""

    def __init__(self, why: str, key_id: bytes = b"") -> None:
        super().__init__(why)
        self.key_id = key_id


def request_sign(voucher_key: str, now_ms: int, voucher_id: str) -> str:
    """What proves that we hold the voucher, over exactly this text. voucher_key: base64."""
    said = f'{{"sdk_ver":2,"ts":{now_ms},"tid":"{voucher_id}"}}'
    return base64.b64encode(hmac.new(base64.b64decode(voucher_key), said.encode(), hashlib.sha256).digest()).decode()


def open_field(text: str, keys: Mapping[bytes, bytes]) -> str:
    """The clear text; "" stays "". keys: id -> key. Raises Sealed."""
    if not text:
        return ""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Sealed("not base64") from None
    if data[:1] == b"\0":
        if data[1:2] != bytes([_AES_CBC]):
            raise Sealed("another algorithm")
        named, rest = data[2 : 2 + _BLOCK], data[2 + _BLOCK :]
    elif data[:1] in (b"\1", b"\2"):
        size = int.from_bytes(data[1:3], "big")
        named, rest = data[3 : 3 + size], data[3 + size :]
    else:
        raise Sealed("another layout")
    iv, sealed = rest[:_BLOCK], rest[_BLOCK:]
    if len(iv) < _BLOCK or not sealed or len(sealed) % _BLOCK:
        raise Sealed("cut off")
    key = keys.get(named)
    if key is None:
        raise Sealed("no such key at hand", named)
    dec = Cipher(algorithms.AES(key[:_BLOCK]), modes.CBC(iv)).decryptor()
    unpad = padding.PKCS7(_BLOCK * 8).unpadder()
    try:
        return (unpad.update(dec.update(sealed) + dec.finalize()) + unpad.finalize()).decode()
    except ValueError:
        raise Sealed("another key") from None
