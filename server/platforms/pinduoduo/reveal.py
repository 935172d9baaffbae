"""Who gets the parcel, in clear: the order's ciphertext is opened by the platform, within a quota it keeps."""

import json
from typing import Any, Final

from server.errors import Rejected
from server.platforms import adapter
from server.platforms.body import is_mask, text, text_id
from server.platforms.pinduoduo import orders
from server.platforms.pinduoduo.body import BODY
from server.platforms.pinduoduo.client import Client, answer, listed
from server.platforms.pinduoduo.own import own
from server.platforms.port import RawOrder, Shop

SCENES: Final = ("ship", "contact", "aftersales")
_WAYBILL_TYPE: Final = "1"
"""The kinds are not published: a shop's settings may name another for each scene, or none."""


async def reveal(client: Client, shop: Shop, order: RawOrder, scene: str) -> dict[str, str]:
    """name, phone ("number-extension" where it is a protecting one), address: as many of them as the platform opens.

    Ciphertext is given out only while an order waits to be shipped, so what was kept from then is used when the order
    has none any more. Raises Rejected where there is none at all, or nothing of it is opened.
    """
    if scene not in SCENES:
        raise Rejected("platform_bad_scene", "没有说明为什么要看收件人明文")
    region, sealed = await _sealed(client, shop, order)
    if not sealed:
        message = "这笔拼多多订单没有收件人密文：审核中或已发货的订单，平台不再给出"
        raise Rejected("platform_no_receiver", message, external_id=order.external_id)
    kind = own(shop).waybill_types.get(scene, _WAYBILL_TYPE)
    if kind:
        sns = json.dumps([order.external_id])
        await client.call(shop, "pdd.open.waybill.type.report", order_sn_list=sns, waybill_type=kind)
    wanted = [{"data_tag": order.external_id, "encrypted_data": value} for value in sealed.values()]
    data = await client.call(shop, "pdd.open.decrypt.batch", data_list=json.dumps(wanted))
    found = listed(answer(data, "open_decrypt_batch_response"), "data_decrypt_list")
    said = {text(row.get("encrypted_data")): row for row in found}
    given = {name: clear for name, value in sealed.items() if (clear := _clear(said.get(value, {})))}
    if not given:
        words = next((text(row.get("error_msg"))[:200] for row in found if text(row.get("error_msg"))), "")
        message = f"拼多多没有给出收件人明文（{words}）" if words else "拼多多没有给出收件人明文"
        raise Rejected("platform_rejected", message, external_id=order.external_id)
    if "address" in given:
        given["address"] = region + given["address"]
    return given


async def _sealed(client: Client, shop: Shop, order: RawOrder) -> tuple[str, dict[str, str]]:
    """Ciphertext by part, and what stands before the address where the ciphertext holds only the street."""
    try:
        fresh = adapter.opened(BODY, await orders.read(client, shop, order.external_id))
    except Rejected:  # older than the platform remembers
        fresh = {}
    for fields in (fresh, adapter.opened(BODY, order)):
        found = BODY.receiver(fields).token
        full = found.pop("full_address", "")
        if full:
            return "", found | {"address": full}
        if found:
            return "".join(text(fields.get(name)) for name in ("province", "city", "town")), found
    return "", {}


def _clear(row: dict[str, Any]) -> str:
    """What one field says; "" where it was not opened. A mask is not clear."""
    value = text(row.get("decrypted_data"))
    if text_id(row.get("error_code")) not in ("", "0") or is_mask(value):
        return ""
    extension = text_id(row.get("virtual_identify_number"))
    protected = text_id(row.get("virtual_number_type")) not in ("", "0")
    return f"{value}-{extension}" if value and protected and extension else value
