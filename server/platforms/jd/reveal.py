"""Who gets the parcel, in clear: by the order's OAID, or by opening its ciphertext with the shop's keys."""

import base64
import binascii
from typing import Any, Final

from server.errors import Rejected
from server.kit import clock
from server.platforms import adapter, http, raw
from server.platforms.body import part, rows, text, text_id
from server.platforms.jd import tde
from server.platforms.jd.body import BODY, is_cipher
from server.platforms.jd.client import NAME, Client, answer, number
from server.platforms.jd.own import own
from server.platforms.port import RawOrder, Shop

_PARTS: Final = {"name": "fullname", "phone": "mobile", "address": "fullAddress"}


async def reveal(client: Client, shop: Shop, order: RawOrder, scene: str) -> dict[str, str]:
    """name, phone, address. Raises Rejected where the order has neither OAID nor ciphertext."""
    consignee = part(adapter.opened(BODY, order), "consigneeInfo")
    sealed = {name: text(consignee.get(field)) for name, field in _PARTS.items()}
    sealed["phone"] = sealed["phone"] or text(consignee.get("telephone"))
    if any(is_cipher(value) for value in sealed.values()):
        return await _open(client, shop, sealed)
    oaid = text(consignee.get("oaid"))
    if not oaid:
        raise Rejected(
            "platform_no_receiver", "这笔京东订单没有收件人凭证，不能查看明文", external_id=order.external_id
        )
    return await _ask(client, shop, order.external_id, oaid, scene)


async def _ask(client: Client, shop: Shop, external_id: str, oaid: str, scene: str) -> dict[str, str]:
    """oaid.decrypt. Its numbers are not published: the shop's settings may name others."""
    named = own(shop)
    req: dict[str, Any] = {
        "orderType": named.oaid_order_type,
        "scenesType": named.oaid_scenes.get(scene, "1"),
        "appName": named.app_name or shop.app_key,
        "orderInfos": [{"orderId": number(external_id), "oaid": oaid}],
    }
    if named.oaid_expiration is not None:
        req["expiration"] = named.oaid_expiration
    data = await client.call(shop, "jingdong.jos.order.oaid.decrypt", getReceiverInfoListReqVO=req)
    found = part(answer(data), "returnType")
    row = next((r for r in rows(found.get("data")) or [] if text_id(r.get("orderId")) in ("", external_id)), None)
    if row is None:
        words = text(found.get("message"))[:200]
        message = f"京东没有给出收件人（{words}）" if words else "京东没有给出收件人"
        raise Rejected("platform_rejected", message, platform_code=text_id(found.get("code")), external_id=external_id)
    phone = text(row.get("consMobilePhone")) or text(row.get("customerPhone"))
    given = {"name": text(row.get("customerName")), "phone": phone, "address": text(row.get("address"))}
    return {name: value for name, value in given.items() if value}


async def _open(client: Client, shop: Shop, sealed: dict[str, str]) -> dict[str, str]:
    keys = await _keys(client, shop)
    try:
        opened = {name: tde.open_field(value, keys) if is_cipher(value) else value for name, value in sealed.items()}
    except tde.Sealed:
        message = "收件人密文解不开：京东给这家店的密钥里没有对应的一把"
        raise Rejected("platform_no_key", message) from None
    return {name: value for name, value in opened.items() if value}


async def _keys(client: Client, shop: Shop) -> dict[bytes, bytes]:
    """The shop's keys, fetched for each use: nothing that opens receivers lies around."""
    data = await client.call(shop, "jingdong.jos.voucher.info.get", access_token=shop.access_token)
    try:
        packed = text(part(part(answer(data), "response"), "data").get("voucher"))
        voucher = part(raw.load_object(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))), "data")
        now, tid = int(clock.now().timestamp() * 1000), text_id(voucher.get("id"))
        sig = tde.request_sign(text(voucher.get("key")), now, tid)
    except (ValueError, binascii.Error):
        raise http.unreadable(NAME) from None
    data = await client.call(shop, "jingdong.jos.master.key.get", sig=sig, sdk_ver=2, ts=now, tid=tid)
    found: dict[bytes, bytes] = {}
    for service in rows(part(answer(data), "response").get("service_key_list")) or []:
        for key in rows(service.get("keys")) or []:
            found |= _key(key)
    return found


def _key(row: dict[str, Any]) -> dict[bytes, bytes]:
    """One key, unless it was revoked (status 2)."""
    if text_id(row.get("key_status")) == "2":
        return {}
    try:
        return {base64.b64decode(text(row.get("id"))): base64.b64decode(text(row.get("key_string")))}
    except (ValueError, binascii.Error):
        return {}
