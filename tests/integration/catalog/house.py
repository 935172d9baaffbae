"""Orders of a Taobao shop whose goods are told by number and code, and a shop's list of listings."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec

from server.errors import Unavailable
from server.kit import db
from server.orders import actions, intake, matching
from server.platforms import registry
from server.platforms.adapter import Adapter
from server.platforms.http import Gateway
from server.platforms.port import Listing, Powers, Shop
from server.platforms.taobao.adapter import Taobao
from server.platforms.taobao.body import BODY
from tests.support.world import World, taobao_order


def body(n: int, code: str, *, item: int = 600001, qty: int = 1, **more: Any) -> bytes:
    """Order n of one listing."""
    trade = msgspec.json.decode(taobao_order(f"41000000000000{n:05d}", {code: qty}, **more))
    trade["orders"]["order"][0] |= {"num_iid": item, "sku_id": str(item + 100_000)}
    return b'{"trade_fullinfo_get_response":{"trade":' + msgspec.json.encode(trade) + b',"request_id":"r"}}'


async def take(world: World, *bodies: bytes) -> None:
    """Store and map; nothing is reviewed."""
    adapter = registry.get("taobao")
    raws = [r for b in bodies for r in adapter.split(b).orders]
    assert len(raws) == len(bodies)
    await intake.store_raw(world.shops["taobao"], "taobao", raws)
    while await intake.map_pending(world.shops["taobao"], "taobao"):
        pass


async def settle() -> None:
    """All that follows, until nothing does."""
    from server.catalog import actions as catalog

    await catalog.rematch()
    await matching.release_waiting()
    while await actions.review_pending():
        pass
    while await actions.reserve_pending():
        pass


async def of(n: int) -> Any:
    """Order n: its holds, what its one line is, whether it is reserved."""
    return await db.row(
        """select o.id, o.reserved_at, l.id as line, l.sku,
                  array(select reason from task t where t.order_id = o.id and t.closed_at is null order by 1) as holds
           from sales_order o join order_line l on l.order_id = o.id where o.external_id = $1""",
        f"41000000000000{n:05d}",
    )


async def listing(item: int = 600001) -> UUID:
    found: UUID = await db.value("select id from listing where item = $1", str(item))
    return found


class Shelf(Adapter):
    """A platform whose shops list what they are told to. `error_after`: pages before it stops answering."""

    code = "taobao"
    body = BODY
    pace = Taobao.pace
    powers = Powers(listings=True)

    def __init__(self) -> None:
        super().__init__(Gateway("淘宝", lambda _: None))
        self.pages: list[list[Listing]] = []
        self.error_after: int | None = None
        self.error: Exception = Unavailable("platform_down", "平台没有响应")

    def __call__(self, code: str) -> "Shelf":
        return self

    def lists(self, *listings: Listing, page: int = 2) -> "Shelf":
        self.pages = [list(listings[i : i + page]) for i in range(0, len(listings), page)]
        return self

    async def listings(self, shop: Shop) -> AsyncIterator[list[Listing]]:
        for i, page in enumerate(self.pages):
            if self.error_after == i:
                raise self.error
            yield page


def listed(item: int, code: str = "", **more: Any) -> Listing:
    return Listing(str(item), str(item + 100_000), f"商品 {item}", outer_code=code, **more)
