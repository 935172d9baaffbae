"""A JD shop from its owner's yes to its remarks and refunds: the adapter, the sandbox and the database together."""

import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
import pytest_asyncio

from server.errors import Rejected
from server.kit import clock
from server.orders import actions, intake
from server.platforms import connect, pulling, queries, refunds, registry, tokens
from server.platforms.port import Shipment
from server.sandbox import life
from server.sandbox.accounts import JD
from server.sandbox.app import create_app
from server.sandbox.model import Sent

BASE = "http://127.0.0.1:1"


class Connected:
    """One shop on the sandbox. `platform` is what the jobs are given."""

    def __init__(self, web: httpx.AsyncClient, world: Any, code: str, shop: UUID) -> None:
        self.web, self.world, self.shop = web, world, shop
        self.adapter = registry.connect(code, web)

    def platform(self, code: str) -> Any:
        return self.adapter

    async def control(self, path: str, **body: Any) -> Any:
        answer = await self.web.post(f"{BASE}/control/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def place(self, ago: int = 400, **more: Any) -> str:
        placed = await self.control("orders", platform="jd", odd=False, at=int(time.time()) - ago, **more)
        return str(placed["ids"][0])

    async def pull(self) -> int:
        return await pulling.pull(self.shop, self.platform, intake.store_raw)


async def connected(code: str, **options: Any) -> AsyncIterator[Connected]:
    app = create_app(1)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app, client=("127.0.0.1", 1))) as web:
        new = connect.NewShop(
            platform=code,
            name="试",
            app_key=JD["app_key"],
            app_secret=JD["app_secret"],
            external_id=f"{JD['external_id']}",
            base_url=f"{BASE}/{code}",
            options=msgspec.convert(options, connect.ShopSettings),
        )
        shop = await connect.add(new, registry.known)
        house = Connected(web, app.state.world, code, shop)
        opened, _ = await queries.get_shop(shop)
        answer = await web.get(house.adapter.authorise_url(opened, "https://hub.test/back", "s"))
        given = httpx.URL(answer.headers["location"]).params["code"]
        await tokens.keep(shop, await house.adapter.exchange(opened, given, "https://hub.test/back"))
        yield house


@pytest_asyncio.fixture
async def jd(world: Any, db: Any) -> AsyncIterator[Connected]:
    await db.run("update shop set external_id = '?' || external_id where platform = 'jd'")  # the world's own
    async for house in connected("jd"):
        yield house


@pytest_asyncio.fixture
async def jdsp(world: Any, db: Any) -> AsyncIterator[Connected]:
    async for house in connected("jdsp", own={"oauth_url": f"{BASE}/jd"}):
        yield house


async def raws(db: Any, shop: UUID, external_id: str) -> int:
    return int(await db.value("select count(*) from raw_order where shop = $1 and external_id = $2", shop, external_id))


async def test_a_token_is_renewed_in_its_last_day_and_the_pull_goes_on(jd: Connected, db: Any) -> None:
    id = await jd.place()
    assert await jd.pull() == 1 and await raws(db, jd.shop, id) == 1
    before, row = await queries.get_shop(jd.shop)
    assert tokens.due_at(row["granted_at"], row["access_until"]) > clock.now()
    await db.run("update shop set granted_at = granted_at - interval '29 days 2 hours', "
                 "access_until = access_until - interval '29 days 2 hours' where id = $1", jd.shop)  # fmt: skip
    book = jd.world.grants("jd").book
    for kept in (book.access, book.refresh):
        kept.update({token: until - 29 * 86_400 - 7200 for token, until in kept.items() if until})
    assert jd.shop in await tokens.due(clock.now(), lambda _: True)
    assert await tokens.renew(jd.shop, jd.platform) is True
    after, _ = await queries.get_shop(jd.shop)
    assert after.access_token != before.access_token and after.refresh_token != before.refresh_token
    await jd.place()
    assert await jd.pull() == 1


async def test_a_remark_alone_is_a_new_version_of_its_order(jd: Connected, db: Any) -> None:
    id = await jd.place(ago=7200)
    opened, wide = await window(jd)
    first = await jd.adapter.order(opened, id)
    assert await intake.store_raw(jd.shop, "jd", [first]) == 1
    await intake.map_pending(jd.shop, "jd")
    assert [o async for page in jd.adapter.changed(opened, wide) for o in page] == []
    await jd.control("note", platform="jd", external_id=id, seller="今天必须发")
    opened, wide = await window(jd)
    found = [o async for page in jd.adapter.changed(opened, wide) for o in page]
    assert [(o.external_id, o.modified) for o in found] == [(id, first.modified)]
    assert await intake.store_raw(jd.shop, "jd", found) == 1
    assert await raws(db, jd.shop, id) == 2
    assert await intake.store_raw(jd.shop, "jd", found) == 0


async def window(house: Connected) -> tuple[Any, Any]:
    shop, _ = await queries.get_shop(house.shop)
    now = clock.now()
    return shop, house.adapter.windows(now, now, {"lag_s": 0})[-1]


async def test_refunds_are_kept_and_their_orders_read_again(jd: Connected, db: Any) -> None:
    id = await jd.place()
    await jd.control("refund", platform="jd", external_id=id, to="asked")
    for case in jd.world.cases("jd").values():
        case.created = case.modified = case.created - 60  # past the lag
    await refunds.pull(jd.shop, jd.platform)
    (kept,) = await db.rows("select * from refund_case where shop = $1", jd.shop)
    assert (kept["order_external_id"], kept["state"], kept["kind"]) == (id, "asked", "money")
    assert kept["external_id"].startswith("R") and kept["amount_minor"] > 0


async def test_what_lies_in_jds_own_warehouse_is_left_to_jd(jd: Connected, db: Any) -> None:
    ours, theirs = await jd.place(skus=["LAMP"]), await jd.place(skus=["LAMP"], by_platform=True)
    for id in (ours, theirs):
        jd.world.find("jd", id).buyer_note = ""  # a note would hold it
    assert await jd.pull() == 2
    await intake.map_pending(jd.shop, "jd")
    await actions.review_pending()
    await actions.reserve_pending()
    found = "select * from sales_order where shop = $1 and external_id = $2"
    assert (await db.row(found, jd.shop, ours))["reserved_at"] is not None
    order = await db.row(found, jd.shop, theirs)
    assert order["self_fulfilled"] and order["platform_state"] == "paid"
    assert order["reviewed_at"] is None and order["reserved_at"] is None
    assert await db.value("select count(*) from task where order_id = $1", order["id"]) == 0
    shop, _ = await queries.get_shop(jd.shop)
    with pytest.raises(Rejected):
        await jd.adapter.ship(shop, Shipment(theirs, "SLX000010000001", "SLX"))
    there = jd.world.find("jd", theirs)
    assert there.sent is None
    life.ship(jd.world, there, Sent(waybill_no="JDV000000000001", carrier="2087", at=int(time.time())))
    assert await intake.store_raw(jd.shop, "jd", [await jd.adapter.order(shop, theirs)]) == 1
    await intake.map_pending(jd.shop, "jd")
    assert (await db.row(found, jd.shop, theirs))["platform_state"] == "shipped"


async def test_every_order_of_the_newer_interface_is_held(jdsp: Connected, db: Any) -> None:
    ids = {await jdsp.place() for _ in range(3)}
    assert await jdsp.pull() == 3
    await intake.map_pending(jdsp.shop, "jdsp")
    await actions.review_pending()
    await actions.reserve_pending()
    orders = await db.rows("select * from sales_order where shop = $1", jdsp.shop)
    assert {o["external_id"] for o in orders} == ids
    for order in orders:
        assert order["platform_state"] == "unknown" and order["paid_at"] is not None
        assert order["reviewed_at"] is None and order["reserved_at"] is None and not order["review_due"]
        tasks = await db.rows(
            "select reason, detail::text as detail from task where order_id = $1 and closed_at is null", order["id"]
        )
        assert [task["reason"] for task in tasks] == ["unmapped"] and "订单状态" in tasks[0]["detail"]
