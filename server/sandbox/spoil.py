"""Orders as they come on a bad day: fields that are empty, of another type, or without a receiver."""

from collections.abc import Callable, Iterator
from typing import Any, Final

RECEIVER: Final = frozenset(
    {
        "receiver_name", "receiver_mobile", "receiver_phone", "receiver_address", "receiver_city", "receiver_district",
        "receiver_town", "oaid", "consigneeInfo", "address", "town", "receiver_name_mask", "receiver_phone_mask",
        "address_mask", "receiver_address_mask", "recipient_address", "open_address_id",
    }
)  # fmt: skip
"""Fields of all platforms that say who gets it."""

FACTS: Final = frozenset(
    {
        "status", "order_status", "orderState", "refund_status", "payment", "pay_amount", "orderPayment",
        "total_amount", "pay_time", "paymentConfirmTime", "orders", "item_list", "itemInfoList", "orderStatus",
        "paymentInfo", "skuItemInfoList",
    }
)  # fmt: skip
"""Fields that a hub cannot do without: where they are wrong, it must hold the order and ask again."""


def orders_in(body: Any) -> Iterator[dict[str, Any]]:
    """The whole orders in an answer, however deep; a row that only names an order is none."""
    if isinstance(body, dict):
        if len(FACTS & body.keys()) >= 3:
            yield body
        else:
            for value in body.values():
                yield from orders_in(value)
    elif isinstance(body, list):
        for value in body:
            yield from orders_in(value)


def spoil(order: dict[str, Any], how: str, draw: Callable[[list[Any]], Any]) -> None:
    """Change one order in place. how: empty_fields, malformed_fields, receiver_gone."""
    if how == "receiver_gone":
        for name in RECEIVER & order.keys():
            value = order[name]
            order[name] = dict.fromkeys(value, "****") if isinstance(value, dict) else draw(["", "*", "***"])
        return
    names = sorted(FACTS & order.keys())
    if not names:
        return
    name = draw(names)
    value = order[name]
    if how == "empty_fields":
        order[name] = draw([None, "", [] if isinstance(value, list) else {} if isinstance(value, dict) else ""])
    else:
        order[name] = draw(["null", "NaN", -1, {"x": [value]}, [[]], True])
