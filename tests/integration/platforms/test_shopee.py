"""A Shopee shop from its owner's yes to its pushes, masks and returns: the adapter, the sandbox and the database
together."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
import pytest_asyncio

from server.errors import Unavailable
from server.kit import clock, crypto
from server.orders import intake
from server.platforms import backfill, connect, hints, pulling, queries, refunds, registry, tokens
from server.sandbox import pushes
from server.sandbox.accounts import SHOPEE
from server.sandbox.app import create_app
from server.sandbox.shopee import hooks as theirs
from tests.support.client import Client

BASE = "http://127.0.0.1:1"
HUB = "https://test"


class Connected:
    """One shop on the sandbox. `platform` is what the jobs are given."""

    def __init__(self, web: httpx.AsyncClient, world: Any, shop: UUID) -> None:
        self.web, self.world, self.shop = web, world, shop
        self.adapter = registry.connect("shopee", web)

    def platform(self, code: str) -> Any:
        return self.adapter

    async def control(self, path: str, **body: Any) -> Any:
        answer = await self.web.post(f"{BASE}/control/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def place(self, ago: int = 400, **more: Any) -> str:
        placed = await self.control("orders", platform="shopee", odd=False, at=int(time.time()) - ago, **more)
        return str(placed["ids"][0])

    async def pull(self) -> int:
        return await pulling.pull(self.shop, self.platform, intake.store_raw)

    async def read(self, id: str) -> None:
        """The order as it is now, into the hub."""
        opened, _ = await queries.get_shop(self.shop)
        await intake.store_raw(self.shop, "shopee", [await self.adapter.order(opened, id)])
        await intake.map_pending(self.shop, "shopee")

    async def say_yes(self) -> None:
        """The owner goes to where the hub sends them, and comes back with what the platform gave."""
        there = await self.web.get(await connect.begin(self.shop, self.platform, HUB))
        back = httpx.URL(there.headers["location"])
        await connect.finish(back.path.rpartition("/")[2], dict(back.params), self.platform)


@pytest_asyncio.fixture
async def shopee(world: Any, db: Any) -> AsyncIterator[Connected]:
    await db.run("update shop set external_id = '?' || external_id where platform = 'shopee'")  # the world's own
    app = create_app(1)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app, client=("127.0.0.1", 1))) as web:
        new = connect.NewShop(
            platform="shopee",
            name="试",
            app_key=SHOPEE["app_key"],
            app_secret=SHOPEE["app_secret"],
            base_url=f"{BASE}/shopee",
        )
        house = Connected(web, app.state.world, await connect.add(new, registry.known))
        await house.say_yes()
        yield house


async def test_the_owners_yes_names_the_shop(shopee: Connected) -> None:
    opened, row = await queries.get_shop(shopee.shop)
    assert (opened.external_id, row["state"]) == (SHOPEE["external_id"], "on")
    assert opened.access_token and opened.refresh_token
    assert timedelta(hours=3) < row["access_until"] - clock.now() <= timedelta(hours=4)
    assert all(step.ok for step in await connect.try_out(shopee.shop, shopee.platform))


async def test_a_token_is_renewed_in_its_last_hour_and_the_pull_goes_on(shopee: Connected, db: Any) -> None:
    await shopee.place()
    assert await shopee.pull() == 1
    before, _ = await queries.get_shop(shopee.shop)
    assert shopee.shop not in await tokens.due(clock.now(), lambda _: True)
    await _grow(shopee, db, 3 * 3600 + 60)
    assert shopee.shop in await tokens.due(clock.now(), lambda _: True)
    assert await tokens.renew(shopee.shop, shopee.platform) is True
    after, row = await queries.get_shop(shopee.shop)
    assert after.access_token != before.access_token and after.refresh_token != before.refresh_token
    assert row["access_until"] - clock.now() > timedelta(hours=3)
    await shopee.place()
    assert await shopee.pull() == 1
    assert shopee.world.grants("shopee").book.refreshed == 1


async def test_a_lost_answer_to_a_renewal_is_a_persons_and_the_owner_mends_it(shopee: Connected, db: Any) -> None:
    await _grow(shopee, db, 3 * 3600 + 60)
    path = "/api/v2/auth/access_token/get"
    await shopee.control("faults", kind="fail_after", platform="shopee", method=path)
    with pytest.raises(Unavailable):
        await tokens.renew(shopee.shop, shopee.platform)
    assert await tokens.renew(shopee.shop, shopee.platform) is False  # the token was spent
    (task,) = await db.rows("select reason from task where kind = 'shop' and closed_at is null")
    assert task["reason"] == "needs_auth"
    await shopee.say_yes()
    _, row = await queries.get_shop(shopee.shop)
    assert row["state"] == "on" and not await db.value("select count(*) from task where closed_at is null")
    await shopee.place()
    assert await shopee.pull() == 1


async def _grow(shopee: Connected, db: Any, seconds: int) -> None:
    """What was granted grows so much older."""
    await db.run(
        """update shop set granted_at = granted_at - make_interval(secs => $2::float8),
                  access_until = access_until - make_interval(secs => $2::float8) where id = $1""",
        shopee.shop,
        float(seconds),
    )
    book = shopee.world.grants("shopee").book
    for kept in (book.access, book.refresh):
        kept.update({token: until - seconds for token, until in kept.items() if until})


async def deliver(shopee: Connected, web: Client) -> None:
    """The sandbox sends what it has to the hub's own address."""
    await shopee.control("pushes", platform="shopee", on=True, url=f"{HUB}/hooks/shopee")
    while await pushes.send_due(shopee.world.pushes, "shopee", theirs.write(shopee.world), time.time, web):
        pass


async def test_pushes_are_written_down_and_their_orders_read_back(shopee: Connected, web: Client, db: Any) -> None:
    await deliver(shopee, web)
    await shopee.control("weather", twice=1.0, forged=1.0)
    id = await shopee.place()
    await deliver(shopee, web)
    seen = shopee.world.pushes.box("shopee").seen
    assert (seen["taken"], seen["forged"], seen.get("fooled", 0), seen.get("refused", 0)) == (2, 1, 0, 0)
    (row,) = await db.rows("select shop, kind, external_id, looked_at from hint")  # twice told, once written
    assert (row["shop"], row["kind"], row["external_id"], row["looked_at"]) == (shopee.shop, "order", id, None)
    assert await hints.look(shopee.shop, shopee.platform, intake.store_raw) == 1
    assert await db.value("select count(*) from raw_order where external_id = $1", id) == 1
    assert await db.value("select count(*) from hint where looked_at is null") == 0


async def test_a_lost_push_is_found_by_the_pull_and_an_old_one_changes_nothing(
    shopee: Connected, web: Client, db: Any
) -> None:
    await deliver(shopee, web)
    await shopee.control("weather", lost=1.0)
    id = await shopee.place()
    await shopee.control("weather")
    await deliver(shopee, web)
    assert await db.value("select count(*) from hint") == 0
    assert await shopee.pull() == 1
    await intake.map_pending(shopee.shop, "shopee")
    # Out of order: a push says "unpaid" of an order that was paid and shipped since.
    old = pushes.Push(id=99, platform="shopee", kind="order", external_id=id, state="unpaid", made=0, due=0)
    shopee.world.pushes.box("shopee").waiting.append(old)
    await deliver(shopee, web)
    assert await hints.look(shopee.shop, shopee.platform, intake.store_raw) == 0
    assert await db.value("select platform_state from sales_order where external_id = $1", id) == "paid"


async def test_stars_after_shipping_overwrite_nothing(shopee: Connected, db: Any) -> None:
    id = await shopee.place()
    await shopee.read(id)
    who = shopee.world.find("shopee", id).receiver
    await shopee.control("risk", platform="shopee", external_id=id)
    await shopee.read(id)
    version, found = await receiver(db, id)
    assert version == 1 and (found["name"], found["phone"], found["address"]) == (who.name, who.phone, who.street)
    await shopee.control("risk", platform="shopee", external_id=id, on=False)
    await shopee.control("address", platform="shopee", external_id=id)
    await shopee.read(id)
    assert await db.value("select count(*) from receiver_version") == 2  # another address is no mask


async def receiver(db: Any, id: str) -> tuple[int, dict[str, str]]:
    """The newest version of who gets it, in clear."""
    row = await db.row(
        """select v.id, v.version, v.sealed, v.sealed_key from receiver_version v
           join sales_order o on o.id = v.order_id where o.external_id = $1 order by v.version desc limit 1""",
        id,
    )
    opened = await crypto.open_sealed(row["sealed_key"], row["sealed"], f"receiver_version|sealed|{row['id']}")
    return row["version"], msgspec.json.decode(opened)


async def test_stars_in_some_parts_overwrite_none_of_them(shopee: Connected, db: Any) -> None:
    id = await shopee.place()
    await shopee.read(id)
    version, clear = await receiver(db, id)
    assert version == 1 and clear["phone"] and clear["zip"]
    opened, _ = await queries.get_shop(shopee.shop)
    body = msgspec.json.decode((await shopee.adapter.order(opened, id)).body)

    async def answer(**parts: str) -> None:
        body["update_time"] += 1
        body["recipient_address"] |= parts
        order = shopee.adapter.body.raw_order(msgspec.json.encode(body))
        await intake.store_raw(shopee.shop, "shopee", [order])
        await intake.map_pending(shopee.shop, "shopee")

    await answer(phone="******64", zipcode="******")
    assert await receiver(db, id) == (1, clear)
    await answer(full_address="****")
    assert await receiver(db, id) == (1, clear)
    await answer(name="Somebody Else")  # then the masks are somebody else's, too
    version, other = await receiver(db, id)
    assert version == 2 and other["name"] == "Somebody Else" and not other.get("phone")


async def test_returns_are_kept_and_their_orders_read_again(shopee: Connected, db: Any) -> None:
    id = await shopee.place(state="completed")
    await shopee.control("refund", platform="shopee", external_id=id, to="asked", lines=[1])
    for case in shopee.world.cases("shopee").values():
        case.created = case.modified = case.created - 60  # past the lag
    await refunds.pull(shopee.shop, shopee.platform)
    (kept,) = await db.rows("select * from refund_case where shop = $1", shopee.shop)
    assert (kept["order_external_id"], kept["state"], kept["kind"]) == (id, "asked", "return")
    assert kept["amount_minor"] > 0 and kept["currency"] == "SGD"
    assert await db.value("select external_id from hint where source = 'poll'") == id
    await refunds.pull(shopee.shop, shopee.platform)
    assert await db.value("select count(*) from hint") == 1


async def test_the_night_reads_what_slipped_through(shopee: Connected, db: Any) -> None:
    id = await shopee.place(ago=5)
    assert await backfill.reconcile(lambda code: registry.get(code).powers.placed) >= 1
    while await backfill.run(shopee.shop, shopee.platform, intake.store_raw):
        pass
    assert await db.value("select count(*) from raw_order where shop = $1 and external_id = $2", shopee.shop, id) == 1
    assert await db.value("select state from backfill where shop = $1", shopee.shop) == "done"
