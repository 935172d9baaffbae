"""Demo only: ask the sandbox for orders from inside the app, so that a newcomer has something to ship."""

from typing import Annotated, Literal

import httpx
import msgspec
from litestar import Router, post

from server.accounts.guards import allow
from server.errors import Unavailable
from server.kit import db
from server.kit.jobs import NewJob
from server.settings import Settings


class Wanted(msgspec.Struct, frozen=True):
    platform: Literal["taobao", "jd", "pinduoduo", "shopee"]
    count: Annotated[int, msgspec.Meta(ge=1, le=50)] = 1


class Placed(msgspec.Struct, frozen=True):
    ids: list[str]


@post("/demo/orders", guards=[allow("service", "manager", "stock")])
async def place(data: Wanted, settings: Settings) -> Placed:
    """Place orders in the simulated shop, and pull it at once."""
    try:
        async with httpx.AsyncClient(base_url=settings.sandbox_url, timeout=10) as client:
            answer = await client.post("/control/orders", json={"platform": data.platform, "count": data.count})
            answer.raise_for_status()
    except httpx.HTTPError as e:
        raise Unavailable("sandbox_down", "演示店铺暂时没有响应，请稍后再试") from e
    async with db.transaction() as tx:
        for shop in await db.rows("select id from shop where platform = $1 and state = 'on'", data.platform):
            tx.enqueue(NewJob(kind="platforms.pull", key=str(shop["id"]), args={"shop_id": str(shop["id"])}))
    return Placed(msgspec.convert(answer.json()["ids"], list[str]))


router = Router("/", route_handlers=[place])
