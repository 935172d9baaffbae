"""Sealing: AES-256-GCM under a data key per shop and month; destroying the key destroys every copy, old backups too.

The installation's key lies in a 0600 file outside the data folder and wraps the data keys.
"""

import hmac
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from server.errors import Conflict, NotFound
from server.kit import db
from server.kit.ids import uuid7

_NONCE = 12
_LASTING = "lasting"
_kek: AESGCM | None = None
_mac: bytes | None = None
_keys: dict[UUID, AESGCM] = {}


def load(path: Path) -> None:
    """Read the installation's key, made at the first start. Call once in each process that seals or opens."""
    global _kek, _mac
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass  # another process of ours was faster
        else:
            with os.fdopen(handle, "wb") as f:
                f.write(os.urandom(32))
    key = path.read_bytes()
    if len(key) != 32:
        raise Conflict("bad_key_file", f"密钥文件 {path} 不是 32 字节，请从备份恢复")
    _kek = AESGCM(key)
    _mac = hmac.digest(key, b"zhongshu fingerprint", "sha256")
    _keys.clear()


def _wrapper() -> AESGCM:
    if _kek is None:
        raise Conflict("no_key", "密钥未加载")
    return _kek


def fingerprint(data: bytes) -> bytes:
    """What tells equal from different and nothing else: a keyed hash, so that short texts cannot be guessed from it."""
    if _mac is None:
        raise Conflict("no_key", "密钥未加载")
    return hmac.digest(_mac, data, "sha256")


def seal(key_id: UUID, key: AESGCM, data: bytes, aad: str) -> bytes:
    """nonce + ciphertext. `aad` says where it belongs ('table|column|row id'): moved elsewhere, it does not open."""
    nonce = os.urandom(_NONCE)
    return nonce + key.encrypt(nonce, data, f"{aad}|{key_id}".encode())


async def key_for(shop_id: UUID, at: datetime) -> tuple[UUID, AESGCM]:
    """The data key of a shop's month, made when first needed (in the caller's transaction)."""
    return await _key(shop_id, at.strftime("%Y-%m"))


async def lasting_key(owner: UUID) -> tuple[UUID, AESGCM]:
    """The key of an owner's own secrets (a shop's tokens, a carrier's): it does not expire with buyers' data."""
    return await _key(owner, _LASTING)


async def destroy_expired(before: datetime) -> list[UUID]:
    """Destroy the month keys of months that had ended by `before`: what they sealed is gone, in backups as well."""
    gone = await db.rows(
        """update data_key set wrapped = null, destroyed_at = now()
           where wrapped is not null and month <> $1 and month < $2 returning id""",
        _LASTING,
        before.strftime("%Y-%m"),
    )
    for r in gone:
        _keys.pop(r["id"], None)
    return [r["id"] for r in gone]


async def _key(shop_id: UUID, month: str) -> tuple[UUID, AESGCM]:
    r = await db.row("select id, wrapped from data_key where shop = $1 and month = $2", shop_id, month)
    if r is None:
        new, key_id, nonce = AESGCM.generate_key(256), uuid7(), os.urandom(_NONCE)
        wrapped = nonce + _wrapper().encrypt(nonce, new, f"data_key|{key_id}".encode())
        await db.run(
            "insert into data_key(id, shop, month, wrapped) values($1, $2, $3, $4) on conflict do nothing",
            key_id,
            shop_id,
            month,
            wrapped,
        )
        r = await db.row("select id, wrapped from data_key where shop = $1 and month = $2", shop_id, month)
        assert r is not None
    return r["id"], _unwrap(r["id"], r["wrapped"])


def _unwrap(key_id: UUID, wrapped: bytes | None) -> AESGCM:
    if wrapped is None:
        raise NotFound("key_destroyed", "该数据已过保存期限，密钥已销毁")
    key = _keys.get(key_id)
    if key is None:
        try:
            raw = _wrapper().decrypt(wrapped[:_NONCE], wrapped[_NONCE:], f"data_key|{key_id}".encode())
        except InvalidTag as e:
            raise Conflict("wrong_key_file", "密钥文件和数据库不匹配，请从备份恢复密钥文件") from e
        key = _keys[key_id] = AESGCM(raw)
    return key


async def keys(key_ids: Iterable[UUID]) -> dict[UUID, AESGCM]:
    """The keys of a set of sealed things, in one statement. Raises NotFound when one was destroyed."""
    found = await db.rows("select id, wrapped from data_key where id = any($1::uuid[])", list(set(key_ids)))
    return {r["id"]: _unwrap(r["id"], r["wrapped"]) for r in found}


def unseal(key_id: UUID, key: AESGCM, data: bytes, aad: str) -> bytes:
    """The clear bytes. Raises Conflict when the bytes are not what was sealed there."""
    try:
        return key.decrypt(data[:_NONCE], data[_NONCE:], f"{aad}|{key_id}".encode())
    except InvalidTag as e:
        raise Conflict("seal_broken", "密封数据校验失败，可能被改动过") from e


async def open_sealed(key_id: UUID, data: bytes, aad: str) -> bytes:
    """The clear bytes of one thing. Raises NotFound when the key was destroyed, Conflict as unseal does."""
    key = (await keys([key_id])).get(key_id)
    if key is None:
        raise NotFound("no_data_key", "找不到这条数据的密钥")
    return unseal(key_id, key, data, aad)
