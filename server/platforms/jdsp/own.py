"""What may be chosen for a shop on SP-API, whose enums JD does not publish: settings["own"]."""

from typing import Any

from msgspec import Struct

from server.platforms.own import chosen
from server.platforms.port import Shop


class Own(Struct, frozen=True):
    """Left out: not known, and what needs it is refused before anything is sent."""

    oauth_url: str = ""
    scopes: str = ""
    """scopeSet, where JD refuses one of ours."""
    changed_query: dict[str, str] = {}
    """More parameters of the list by time of change ({"sortBy": …}); startTime's own meaning is not published."""
    placed_query: dict[str, str] = {}
    """The same for the time of placing; empty: not to be had."""
    remark_flag: int | None = None
    shipment_type: Any = None
    merge_shipment_flag: Any = None
    company_scope: Any = None
    """All three: learned with a trial order. Text or number, as JD takes it."""
    stock_model: str = ""
    stock_operation: Any = None
    store_id: int = 0


def own(shop: Shop) -> Own:
    """settings["own"] in its form. Raises Rejected."""
    return chosen(shop, Own, "京东")
