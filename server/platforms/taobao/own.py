"""What may be chosen for a Taobao shop because Taobao does not publish it: settings["own"]."""

from typing import Literal

from msgspec import Struct

from server.platforms.own import chosen
from server.platforms.port import Shop


class Own(Struct, frozen=True):
    """Left out: as usual."""

    oauth_url: str = ""
    """Where the authorisation page is, if not on Taobao's host."""
    tmall: bool = False
    """A Tmall shop: increments of stock go through Tmall's own call, which counts a repeat once."""
    ship_api: Literal["offline", "ascp"] = "offline"
    """Which of the two calls tells a waybill number: the old one may be closed to new apps."""
    sender_id: str = ""
    cancel_id: str = ""
    """Where a parcel leaves from and comes back to, in the seller's address book. "": the shop's usual addresses."""
    more_types: str = ""
    """Kinds of trades to be asked for beside the usual ones, comma-separated (fenxiao, …): what is not named is not
    returned."""
    group: str = "default"
    """The group of the app's message queue from which this shop's messages come."""
    messages: bool = True
    """Ask for messages when the shop is authorised. Off: the app has no right to them."""
    oaid_scenes: dict[str, str] = {}
    """Our scene (ship, contact, aftersales) -> scene of oaid.decrypt, where another is wanted."""


def own(shop: Shop) -> Own:
    """settings["own"] in its form. Raises Rejected."""
    return chosen(shop, Own, "淘宝")
