"""Who the shop is, on JOS."""

from typing import Any

from server.sandbox.accounts import JD
from server.sandbox.world import World


def shop(world: World, q: dict[str, Any]) -> dict[str, Any]:
    """vender.shop.query."""
    vender = int(JD["external_id"])
    return {"shop_jos_result": {"vender_id": vender, "shop_id": vender + 1, "shop_name": JD["name"]}}
