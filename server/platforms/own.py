"""settings["own"] of a shop: what may be chosen because its platform does not publish it, in the adapter's form."""

from typing import TypeVar

import msgspec
from msgspec import Struct

from server.errors import Rejected
from server.platforms.body import part
from server.platforms.port import Shop

T = TypeVar("T", bound=Struct)


def chosen(shop: Shop, form: type[T], platform: str) -> T:
    """settings["own"] as `form`. `platform`: its name in the message. Raises Rejected."""
    try:
        return msgspec.convert(part(shop.settings, "own"), form, strict=False)
    except msgspec.ValidationError as e:
        field = str(e).rpartition("`$.")[2].rstrip("`") or "own"
        raise Rejected("platform_bad_settings", f"店铺设置里的{platform}参数「{field}」格式不对") from None
