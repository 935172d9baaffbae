"""Receivers in clear on PDD: by the order's own ciphertext, after the kind of its waybill was told, within a quota.

Codes of what is refused for a single field are not published: 1 here.
"""

from collections import Counter
from typing import Any, Final

from server.sandbox.model import Order
from server.sandbox.pinduoduo import order as pdd_order
from server.sandbox.pinduoduo.rules import Params, listed, number, refuse
from server.sandbox.world import World

MOST: Final = 100
_DAY_S: Final = 86_400
_KINDS: Final = {"receiver_name": 5, "receiver_phone": 6, "address": 7, "receiver_address": 8}
"""data_type."""


class Desk:
    """Where ciphertext is brought. It forgets with a restart."""

    def __init__(self) -> None:
        self.told: set[str] = set()
        self.opened: Counter[int] = Counter()
        """Day -> fields opened."""

    def report(self, world: World, p: Params) -> dict[str, Any]:
        """open.waybill.type.report: what kind of waybill these orders get. The kinds are not published."""
        number(world, p, "waybill_type", 1, 99, "waybill_type_unknown")
        rows = []
        for sn in listed(world, p, "order_sn_list", str):
            known = world.find("pinduoduo", sn) is not None
            if known:
                self.told.add(sn)
            rows.append({"order_sn": sn, "success": known})
        return {"open_waybill_type_report_response": {"result_list": rows}}

    def decrypt(self, world: World, p: Params) -> dict[str, Any]:
        wanted = listed(world, p, "data_list", dict)
        if len(wanted) > MOST:
            raise refuse(world, "decrypt_too_many")
        rows = [self._one(world, str(w.get("data_tag", "")), str(w.get("encrypted_data", ""))) for w in wanted]
        return {"open_decrypt_batch_response": {"data_decrypt_list": rows}}

    def _one(self, world: World, sn: str, sealed: str) -> dict[str, Any]:
        order = world.find("pinduoduo", sn)
        field, clear = _match(order, sealed) if order else ("", "")
        most, day = world.knobs.pdd_decrypts_day, world.now() // _DAY_S
        no = ""
        if not field:
            no = "密文与订单不匹配(模拟)"
        elif world.knobs.pdd_report_first and sn not in self.told:
            no = "未上报面单类型(模拟)"
        elif most and self.opened[day] >= most:
            no = "额度不足(模拟)"
        else:
            self.opened[day] += 1
        return {
            "data_tag": sn,
            "data_type": _KINDS.get(field, 0),
            "decrypted_data": "" if no else clear,
            "encrypted_data": sealed,
            "error_code": int(bool(no)),
            "error_msg": no,
            "virtual_number_type": 0,
            "virtual_identify_number": "",
        }


def _match(order: Order, sealed: str) -> tuple[str, str]:
    """Which field of the order as it is now has this ciphertext, and what it says in clear."""
    for name, clear, _, shape in pdd_order.personal(order):
        if sealed == pdd_order.sealed(clear, name, shape):
            return name, clear
    return "", ""
