"""What may be chosen for a PDD shop because PDD does not publish it: settings["own"]."""

from typing import Literal

from msgspec import Struct

from server.platforms.own import chosen
from server.platforms.port import Shop


class Own(Struct, frozen=True):
    """Left out: as usual."""

    oauth_url: str = ""
    """Where the authorisation page is, if not on PDD's host."""
    remark_tag: Literal["", "1", "2", "3", "4", "5"] = ""
    """The coloured flag that is written with a remark."""
    refund_all: bool = False
    """Ask for cases in all states with one call (after_sales_status=1). Off: state by state, which is documented."""
    refund_details: bool = True
    """Read each case by itself. Off: the app has no right to it; what kind a case is comes from the list."""
    refund_types: Literal["request", "detail"] = "request"
    """In which of PDD's two ways the list numbers the kinds of cases."""
    refund_check: bool = True
    """Ask right before shipping whether the buyer wants the money back."""
    waybill_types: dict[str, str] = {}
    """Our scene (ship, contact, aftersales) -> waybill_type that is told before a receiver is opened; "": none is."""
    listing_prices: bool = False
    """Read the price of each SKU, with a call for each."""
    reserved_inside: bool = False
    """The quantity of a SKU still holds what is reserved for orders that are not paid."""


def own(shop: Shop) -> Own:
    """settings["own"] in its form. Raises Rejected."""
    return chosen(shop, Own, "拼多多")
