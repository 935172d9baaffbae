"""A Pinduoduo shop from its owner's yes to its receivers and refunds: adapter, sandbox and database together."""

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
from server.kit import clock
from server.orders import intake
from server.platforms import backfill, connect, pulling, queries, refunds, registry, tokens
from server.platforms.body import BEIJING
from server.platforms.port import Shipment, Shipped
from server.sandbox.accounts import PINDUODUO
from server.sandbox.app import create_app

BASE = "http://127.0.0.1:1"


class Connected:
    """One shop on the sandbox. `platform` is what the jobs are given."""

    def __init__(self, web: httpx.AsyncClient, world: Any, shop: UUID) -> None:
        self.web, self.world, self.shop = web, world, shop
        self.adapter = registry.connect("pinduoduo", web)

    def platform(self, code: str) -> Any:
        return self.adapter

    async def control(self, path: str, **body: Any) -> Any:
        answer = await self.web.post(f"{BASE}/control/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def place(self, ago: int = 400, **more: Any) -> str:
        wanted = {"platform": "pinduoduo", "odd": False, "at": int(time.time()) - ago, **more}
        return str((await self.control("orders", **wanted))["ids"][0])

    async def yes(self) -> UUID:
        """The owner goes where the hub sends, says yes, and comes back."""
        url = await connect.begin(self.shop, self.platform, "https://hub.test")
        back = httpx.URL((await self.web.get(url)).headers["location"])
        assert str(back).startswith("https://hub.test/hooks/consent?")
        return await connect.finish(back.params["state"], dict(back.params), self.platform)

    def age(self, hours: float) -> None:
        book = self.world.grants("pinduoduo").book
        for kept in (book.access, book.refresh):
            kept.update({token: until - int(hours * 3600) for token, until in kept.items() if until})

    async def pull(self) -> int:
        return await pulling.pull(self.shop, self.platform, intake.store_raw)


@pytest_asyncio.fixture
async def pdd(world: Any, db: Any) -> AsyncIterator[Connected]:
    await db.run("update shop set external_id = '?' || external_id where platform = 'pinduoduo'")  # the world's own
    app = create_app(1)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app, client=("127.0.0.1", 1))) as web:
        new = connect.NewShop(
            platform="pinduoduo",
            name="试",
            app_key=PINDUODUO["app_key"],
            app_secret=PINDUODUO["app_secret"],
            base_url=f"{BASE}/pinduoduo",
        )
        house = Connected(web, app.state.world, await connect.add(new, registry.known))
        assert await house.yes() == house.shop
        yield house


async def raws(db: Any, shop: UUID, external_id: str) -> int:
    return int(await db.value("select count(*) from raw_order where shop = $1 and external_id = $2", shop, external_id))


async def test_the_owners_yes_names_the_shop_and_the_trial_calls_work(pdd: Connected) -> None:
    shop, row = await queries.get_shop(pdd.shop)
    assert (row["external_id"], row["state"]) == (PINDUODUO["external_id"], "on")
    assert shop.access_token.startswith("sandboxpinduoduoaccess") and shop.refresh_token
    assert row["access_until"] - clock.now() > timedelta(hours=23) < row["refresh_until"] - clock.now()
    steps = await connect.try_out(pdd.shop, pdd.platform)
    assert [s.name for s in steps] == ["签名与授权", "时钟", "订单", "售后单", "商品", "快递公司"]
    assert all(s.ok for s in steps), steps


async def test_a_token_is_renewed_in_time_and_the_pull_goes_on(pdd: Connected, db: Any) -> None:
    id = await pdd.place()
    assert await pdd.pull() == 1 and await raws(db, pdd.shop, id) == 1
    before, row = await queries.get_shop(pdd.shop)
    assert tokens.due_at(row["granted_at"], row["access_until"]) > clock.now()
    await db.run("update shop set granted_at = granted_at - interval '19 hours', "
                 "access_until = access_until - interval '19 hours' where id = $1", pdd.shop)  # fmt: skip
    pdd.age(19)
    assert pdd.shop in await tokens.due(clock.now(), lambda _: True)
    assert await tokens.renew(pdd.shop, pdd.platform) is True
    after, _ = await queries.get_shop(pdd.shop)
    assert after.access_token != before.access_token and after.refresh_token != before.refresh_token
    await pdd.place()
    assert await pdd.pull() == 1


async def test_a_yes_given_elsewhere_ends_ours_and_a_person_is_asked(pdd: Connected, db: Any) -> None:
    code = (await pdd.control("consent", platform="pinduoduo"))["code"]
    opened, _ = await queries.get_shop(pdd.shop)
    await pdd.adapter.exchange(opened, code, "")  # another installation takes it
    with pytest.raises(Unavailable):
        await pdd.pull()
    (job,) = await db.rows("select args::text as args from job where kind = 'platforms.renew'")
    assert await tokens.renew(pdd.shop, pdd.platform, msgspec.json.decode(job["args"])["spent"]) is False
    _, row = await queries.get_shop(pdd.shop)
    assert row["state"] == "needs_auth" and "重新授权" in row["trouble"]
    assert await db.value("select count(*) from task where subject_id = $1 and closed_at is null", pdd.shop) == 1
    await pdd.yes()
    assert (await queries.get_shop(pdd.shop))[1]["state"] == "on" and await pdd.pull() == 0


async def test_masks_do_not_overwrite_the_ciphertext_that_is_known(pdd: Connected, db: Any) -> None:
    id = await pdd.place()
    assert await pdd.pull() == 1
    await intake.map_pending(pdd.shop, "pinduoduo")

    async def receiver() -> Any:
        row = await db.row(
            """select r.token::text as token, r.masked::text as masked, o.platform_state from sales_order o
               join receiver_version r on r.order_id = o.id and r.version = o.receiver_version
               where o.shop = $1 and o.external_id = $2""",
            pdd.shop,
            id,
        )
        return msgspec.json.decode(row["token"]), msgspec.json.decode(row["masked"]), row["platform_state"]

    token, masked, state = await receiver()
    assert set(token) >= {"name", "phone", "address"} and "*" in masked["name"] and state == "paid"
    opened, _ = await queries.get_shop(pdd.shop)
    shipment = Shipment(external_id=id, waybill_no="SLX000010000001", carrier_code="SLX")
    assert await pdd.adapter.ship(opened, shipment) == Shipped()
    later = await pdd.adapter.order(opened, id)
    assert msgspec.json.decode(later.body)["receiver_name"] == ""
    assert await intake.store_raw(pdd.shop, "pinduoduo", [later]) == 1
    await intake.map_pending(pdd.shop, "pinduoduo")
    assert await receiver() == (token, masked, "shipped")


async def test_refunds_are_kept_and_their_orders_read_again(pdd: Connected, db: Any) -> None:
    id = await pdd.place(skus=["LAMP"])
    await pdd.control("refund", platform="pinduoduo", external_id=id, to="asked")
    for case in pdd.world.cases("pinduoduo").values():
        case.created = case.modified = case.created - 60  # past the lag
    assert await refunds.pull(pdd.shop, pdd.platform) == 1
    (kept,) = await db.rows("select * from refund_case where shop = $1", pdd.shop)
    assert (kept["order_external_id"], kept["state"], kept["kind"]) == (id, "asked", "money")
    assert kept["amount_minor"] == 1990 and len(kept["line_keys"]) == 1
    hints = await db.rows("select external_id from hint where shop = $1", pdd.shop)
    assert [h["external_id"] for h in hints] == [id]
    assert await refunds.pull(pdd.shop, pdd.platform) == 0


async def test_a_night_finds_what_slipped_through(pdd: Connected, db: Any) -> None:
    old = await pdd.place(ago=20 * 3600)
    new = await pdd.place(ago=60)  # not listed among the changes yet
    assert await pdd.pull() == 0
    can = registry.get("pinduoduo").powers.placed
    assert await backfill.reconcile(lambda code: code == "pinduoduo" and can) >= 1
    while await backfill.run(pdd.shop, pdd.platform, intake.store_raw):
        pass
    view = (await backfill.latest([pdd.shop]))[pdd.shop]
    assert (view.state, view.seen, view.stored) == ("done", 2, 2)
    assert await raws(db, pdd.shop, old) == await raws(db, pdd.shop, new) == 1
    today = clock.now().astimezone(BEIJING).date()
    assert (view.day_from, view.day_to) == (today - timedelta(days=1), today)
