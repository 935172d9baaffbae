"""The carrier 顺路速运 SLX over HTTP: waybills, hand-overs, tracks. Own invention; its parcels' fates are tracking's.

A call carries X-Carrier-Key and X-Carrier-Sign, the HMAC-SHA256 (hex) of the raw body; of nothing for a GET.
"""

import hashlib
import hmac
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from server.sandbox import clock, tracking
from server.sandbox.accounts import CARRIER_KEY, CARRIER_SECRET
from server.sandbox.http import Asked, Refused, Reply
from server.sandbox.world import World

T = TypeVar("T")


class Receiver(Struct, frozen=True):
    region: list[str]
    token: str | dict[str, str] = ""
    masked: str | dict[str, str] = ""


class WaybillWanted(Struct, frozen=True):
    shipment_id: str
    receiver: Receiver
    weight_g: int
    sender: dict[str, Any] = {}


class HandedOver(Struct, frozen=True):
    waybill_nos: list[str]


def sign(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Carrier:
    """The one account of the carrier."""

    name = "carrier"

    def __init__(self, world: World) -> None:
        self.world = world

    def method(self, asked: Asked) -> str:
        """waybills, handovers or tracks."""
        return asked.path.rsplit("/", 1)[-1]

    def limited(self, asked: Asked) -> Reply:
        return _refuse(429, "too_many_requests", "请求过于频繁,请稍后重试").reply

    def busy(self, asked: Asked) -> Reply:
        return _refuse(503, "busy", "系统繁忙,请稍后重试").reply

    def answer(self, asked: Asked) -> Reply:
        try:
            key, given = asked.headers.get("x-carrier-key", ""), asked.headers.get("x-carrier-sign", "")
            if key != CARRIER_KEY or asked.token_dead:
                raise _refuse(401, "unknown_key", "客户编码无效")
            if not hmac.compare_digest(sign(asked.body, CARRIER_SECRET).encode(), given.encode()):
                raise _refuse(401, "bad_sign", "签名错误")
            calls = {"waybills": self._waybill, "handovers": self._hand_over, "tracks": self._tracks}
            return Reply(calls[self.method(asked)](asked))
        except Refused as no:
            return no.reply

    def _waybill(self, asked: Asked) -> dict[str, Any]:
        """One number per shipment_id, however often it is asked for. The same id with another content is refused:
        another version of an order is another shipment. The platform's token is no content, it changes by the week."""
        want = _read(asked.body, WaybillWanted)
        if not want.shipment_id or not want.receiver.region or not 0 < want.weight_g <= 50_000:
            raise _refuse(422, "invalid", "shipment_id、receiver.region 不能为空,weight_g 应在 1–50000 之间")
        plain = msgspec.json.encode(
            [want.sender, want.receiver.region, want.receiver.masked, want.weight_g], order="sorted"
        )
        content = hashlib.sha256(plain).hexdigest()
        saved = self.world.saved
        number = saved.shipments.get(want.shipment_id)
        if number is None:
            number = tracking.waybill_no(saved.seed, len(saved.parcels) + 1)
            saved.shipments[want.shipment_id] = number
            saved.parcels[number] = tracking.Parcel(
                waybill_no=number,
                shipment_id=want.shipment_id,
                route_code=tracking.route_code(want.receiver.region),
                region=want.receiver.region,
                weight_g=want.weight_g,
                content=content,
                made_at=self.world.time(),
            )
            self.world.touch()
        parcel = saved.parcels[number]
        if parcel.content != content:
            raise _refuse(409, "shipment_conflict", f"{want.shipment_id} 已按其他内容取号 {number}")
        return {"waybill_no": number, "route_code": parcel.route_code}

    def _hand_over(self, asked: Asked) -> dict[str, Any]:
        """The van has these. A repeat is accepted and changes nothing."""
        numbers = list(dict.fromkeys(_read(asked.body, HandedOver).waybill_nos))
        if len(numbers) > 1000:
            raise _refuse(422, "invalid", "一次最多交接 1000 件")
        known = [number for number in numbers if number in self.world.saved.parcels]
        for number in known:
            parcel = self.world.saved.parcels[number]
            parcel.handed_at = parcel.handed_at or self.world.time()
        self.world.touch()
        return {"accepted": known, "unknown": [number for number in numbers if number not in self.world.saved.parcels]}

    def _tracks(self, asked: Asked) -> dict[str, Any]:
        """Events after a cursor, oldest first; `next` is the cursor to go on from."""
        after, limit = asked.query.get("after") or "0", asked.query.get("limit") or "100"
        if not (after.isdecimal() and limit.isdecimal() and 1 <= int(limit) <= 500):
            raise _refuse(422, "invalid", "after 应为游标,limit 应在 1–500 之间")
        rows = self.world.saved.tracks[int(after) : int(after) + int(limit)]
        events = [{"cursor": t.cursor, "waybill_no": t.waybill_no, "kind": t.kind, "at": clock.iso(t.at)} for t in rows]
        return {"events": events, "next": rows[-1].cursor if rows else after}


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as e:
        raise _refuse(400, "unreadable", f"请求体无法解析:{e}") from None


def _refuse(status: int, code: str, message: str) -> Refused:
    return Refused(Reply({"code": code, "message": message}, status=status, refusal=code))
