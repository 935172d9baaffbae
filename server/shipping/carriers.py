"""The carrier port and its one driver so far: 顺路速运 SLX, the carrier of the sandbox.

Requests are signed by HMAC-SHA256 over the raw body. Waybills are idempotent by shipment id.
"""

import hashlib
import hmac
from datetime import datetime
from typing import Any

import httpx
import msgspec

from server.errors import Rejected, Unavailable

MAX_BODY = 1024 * 1024


class Account(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    name: str
    base_url: str
    app_key: str
    app_secret: str


class Waybill(msgspec.Struct, frozen=True):
    waybill_no: str
    route_code: str


class Track(msgspec.Struct, frozen=True):
    """kind: collected or delivered; at: when the carrier did it."""

    cursor: str
    waybill_no: str
    kind: str
    at: datetime


class Tracks(msgspec.Struct, frozen=True):
    events: list[Track]
    next: str


class Handed(msgspec.Struct, frozen=True):
    accepted: list[str] = []
    unknown: list[str] = []


class Carrier:
    """Calls of one carrier account. Raises Unavailable (try again) or Rejected (a person must look)."""

    def __init__(self, http: httpx.AsyncClient, account: Account) -> None:
        self._http = http
        self.account = account

    async def waybill(self, shipment_id: str, receiver: dict[str, Any], weight_g: int) -> Waybill:
        """A waybill for a shipment; the same id gets the same number again."""
        body = {"shipment_id": shipment_id, "sender": {"name": "仓库"}, "receiver": receiver, "weight_g": weight_g}
        return msgspec.convert(await self._call("POST", "/carrier/waybills", body), Waybill)

    async def hand_over(self, waybill_nos: list[str]) -> Handed:
        """Tell the carrier what was put into its van."""
        return msgspec.convert(await self._call("POST", "/carrier/handovers", {"waybill_nos": waybill_nos}), Handed)

    async def tracks(self, after: str, limit: int = 500) -> Tracks:
        """What the carrier did after a cursor, oldest first."""
        answer = await self._call("GET", f"/carrier/tracks?after={after}&limit={limit}", None)
        return msgspec.convert(answer, Tracks, strict=False)

    async def _call(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        raw = b"" if body is None else msgspec.json.encode(body)
        sign = hmac.new(self.account.app_secret.encode(), raw, hashlib.sha256).hexdigest()
        headers = {"X-Carrier-Key": self.account.app_key, "X-Carrier-Sign": sign, "Content-Type": "application/json"}
        try:
            r = await self._http.request(method, self.account.base_url + path, content=raw, headers=headers, timeout=10)
        except httpx.HTTPError as e:
            raise Unavailable("carrier_unreachable", f"{self.account.name} 暂时连不上") from e
        if r.status_code >= 500 or r.status_code == 429:
            raise Unavailable("carrier_busy", f"{self.account.name} 暂时不可用({r.status_code})")
        if len(r.content) > MAX_BODY:
            raise Unavailable("carrier_answer_too_large", f"{self.account.name} 的回答过大")
        try:
            answer = msgspec.json.decode(r.content)
        except msgspec.DecodeError as e:
            raise Unavailable("carrier_answer_unreadable", f"{self.account.name} 的回答无法解析") from e
        if r.status_code >= 400:
            raise Rejected("carrier_refused", f"{self.account.name} 拒绝：{answer.get('message', r.status_code)}")
        return answer
