"""What may be chosen for a JD shop beyond what all shops have, because JD does not publish it: settings["own"]."""

from typing import Literal

from msgspec import Struct

from server.platforms.own import chosen
from server.platforms.port import Shop


class Own(Struct, frozen=True):
    """Of a shop on JOS. Left out: as usual."""

    oauth_url: str = ""
    """Where the authorisation pages are, if not on JD's host."""
    pull_remarks: bool = True
    """Bring orders whose remark changed. Off: the app has no right to getRemarkByModifyTime."""
    remark_flag: str = ""
    """The coloured flag that is written with a remark."""
    service_orders: bool = True
    """Pull service orders. Off: the app has no right to them."""
    service_list: Literal["sync", "query"] = "sync"
    """asc.sync.list has every change; asc.query.list, for an app without the right to it, only what was applied for,
    approved or finished."""
    operate_pin: str = ""
    operate_nick: str = ""
    """Who asks for service orders: the operator's account there. "": the shop's number."""
    app_name: str = ""
    oaid_order_type: str = "1"
    oaid_scenes: dict[str, str] = {}
    """Our scene (ship, contact, aftersales) -> scenesType of oaid.decrypt; "1" where not named."""
    oaid_expiration: int | None = None
    store_id: int = 0
    """Which of the shop's stores stock is written to."""
    stock_model_set: str = ""
    stock_model_add: str = ""
    """updateModel of ware.stock.sku.set, learned with a trial SKU. "": updateSkuStock, and no increments."""
    stock_add: bool = False
    """Allow increaseSkuStock: whether a repeat counts once is not known."""


def own(shop: Shop) -> Own:
    """settings["own"] in its form. Raises Rejected."""
    return chosen(shop, Own, "京东")
