"""What may be chosen for a Shopee shop because Shopee does not publish it, or because it differs by market:
settings["own"]."""

from typing import Literal

from msgspec import Struct

from server.platforms.own import chosen
from server.platforms.port import Shop


class Own(Struct, frozen=True):
    """Left out: as usual."""

    auth_page: Literal["open", "partner"] = "open"
    """Which page the owner is sent to: the present one, or the older one of the API's own host, which is signed."""
    oauth_url: str = ""
    """Where the present page is, if not on Shopee's host."""
    push_url: str = ""
    """The address as it was typed into Shopee's console, where that differs from ours by as much as a slash."""
    location_id: str = ""
    """Of shops with several warehouses: the one whose stock is written. Others must not name any."""
    most_parcels: int = 5
    """Into how many parcels an order may be split: Taiwan 30, elsewhere 5."""
    item_states: str = "NORMAL,UNLIST,BANNED,REVIEWING"
    """Goods in which states are listed."""


def own(shop: Shop) -> Own:
    """settings["own"] in its form. Raises Rejected."""
    return chosen(shop, Own, " Shopee ")
