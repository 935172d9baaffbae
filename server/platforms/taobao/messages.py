"""Taobao's message queue, fetched by HTTP: it belongs to the app, and its messages come again until confirmed.

They may come twice, late, out of order or never: each only says where to look.
"""

from collections.abc import Sequence
from typing import Any, Final

import structlog

from server.errors import Error, Rejected
from server.platforms import raw
from server.platforms.body import first_id, text, text_id
from server.platforms.port import Hint, Shop
from server.platforms.taobao.client import Client, answer, listed
from server.platforms.taobao.own import own

log = structlog.get_logger(__name__)

AT_ONCE: Final = 200
"""Most messages of one consume, and most ids of one confirm."""


async def permit(client: Client, shop: Shop) -> None:
    """tmc.user.permit without topics: what the app subscribes to. An app without the right to messages goes without:
    the pull finds everything, later."""
    try:
        if own(shop).messages:
            await client.call(shop, "taobao.tmc.user.permit")
    except Error as e:
        log.warning("taobao_no_messages", shop=shop.id, code=e.code, why=e.message)


async def messages(client: Client, shop: Shop) -> list[Hint]:
    """This shop's next messages. Those of another shop of the same app are left for it."""
    data = await client.open(shop, "taobao.tmc.messages.consume", group_name=own(shop).group, quantity=str(AT_ONCE))
    hints = [hint(row) for row in listed(answer(data), "messages", "tmc_message")]
    known = not shop.external_id.startswith("?")
    return [one for one in hints if one.id and (not known or one.shop in ("", shop.external_id))]


def hint(row: dict[str, Any]) -> Hint:
    """One message. A refund's names its trade, and that is what is to be read again: its lines carry the refund."""
    id, topic, nick = first_id(row, "id"), text(row.get("topic")), text(row.get("user_nick"))
    try:
        content = raw.load_object(text(row.get("content")).encode())
    except raw.Unreadable:
        return Hint(id, "other", shop=nick)
    tid, refund = first_id(content, "tid"), first_id(content, "refund_id")
    if topic.startswith(("taobao_trade_", "taobao_refund_")) and tid:
        return Hint(id, "order", tid, nick)
    if topic.startswith("taobao_refund_") and refund:
        return Hint(id, "refund", refund, nick)
    return Hint(id, "other", shop=nick)


async def confirm(client: Client, shop: Shop, ids: Sequence[str]) -> None:
    """Raises Rejected when the platform does not say that it took them."""
    for start in range(0, len(ids), AT_ONCE):
        some = [text_id(id) for id in ids[start : start + AT_ONCE]]
        data = await client.open(
            shop, "taobao.tmc.messages.confirm", group_name=own(shop).group, s_message_ids=",".join(some)
        )
        if answer(data).get("is_success") is not True:
            raise Rejected("platform_rejected", "淘宝没有确认已收到这批消息")
