"""A Taobao shop from its owner's yes to its numbers in the shop: the adapter, the sandbox and the database together."""

import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from server.errors import Unavailable
from server.orders import actions, intake
from server.platforms import connect, hints, pulling, queries, refunds, registry, tokens
from server.platforms.connect import ShopSettings
from server.platforms.port import Listing, Part, RawOrder, Shipment, Shipped, Shop, StockOrder
from server.sandbox.accounts import TAOBAO
from server.sandbox.app import create_app

BASE = "http://127.0.0.1:1"
ONE, TWO = "SLX000010000001", "SLX000010000002"


class Connected:
    """One shop on the sandbox. `platform` is what the jobs are given."""

    def __init__(self, web: httpx.AsyncClient, world: Any, shop: UUID) -> None:
        self.web, self.world, self.id = web, world, shop
        self.adapter = registry.connect("taobao", web)

    def platform(self, code: str) -> Any:
        return self.adapter

    async def shop(self) -> Shop:
        return (await queries.get_shop(self.id))[0]

    async def row(self) -> Any:
        return (await queries.get_shop(self.id))[1]

    async def own(self, **chosen: Any) -> Shop:
        await connect.change(self.id, "试", "", {"own": chosen})
        return await self.shop()

    async def control(self, path: str, **body: Any) -> Any:
        answer = await self.web.post(f"{BASE}/control/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def consent(self) -> None:
        """The owner is sent to Taobao, says yes, and comes back."""
        address = await connect.begin(self.id, self.platform, "https://hub.test")
        back = httpx.URL((await self.web.get(address)).headers["location"])
        given = dict(back.params)
        assert back.path == "/hooks/consent"
        assert await connect.finish(given["state"], given, self.platform) == self.id

    async def place(self, count: int = 1, ago: int = 400, **more: Any) -> list[str]:
        wanted = {"platform": "taobao", "count": count, "odd": False, "at": int(time.time()) - ago, **more}
        return list((await self.control("orders", **wanted))["ids"])

    async def pull(self) -> int:
        new = await pulling.pull(self.id, self.platform, intake.store_raw)
        await self.mapped()
        return new

    async def listen(self) -> int:
        """Fetch messages, and read back what they name. Returns how many raw orders were new."""
        await hints.listen(self.id, self.platform)
        new = await hints.look(self.id, self.platform, intake.store_raw)
        await self.mapped()
        return new

    async def mapped(self) -> None:
        while await intake.map_pending(self.id, "taobao"):
            pass

    def calls(self, method: str) -> int:
        return int(self.world.calls[f"taobao {method}"])


@pytest_asyncio.fixture
async def taobao(world: Any, db: Any) -> AsyncIterator[Connected]:
    await db.run("update shop set external_id = '?' || external_id where platform = 'taobao'")  # the world's own
    app = create_app(1)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app, client=("127.0.0.1", 1))) as web:
        new = connect.NewShop(
            platform="taobao",
            name="试",
            app_key=TAOBAO["app_key"],
            app_secret=TAOBAO["app_secret"],
            base_url=f"{BASE}/taobao",
            options=ShopSettings(lag_s=0),
        )
        house = Connected(web, app.state.world, await connect.add(new, registry.known))
        await house.consent()
        yield house


async def orders(db: Any, house: Connected) -> dict[str, Any]:
    return {r["external_id"]: r for r in await db.rows("select * from sales_order where shop = $1", house.id)}


async def test_after_the_owners_yes_every_order_is_there_once(taobao: Connected, db: Any) -> None:
    row = await taobao.row()
    assert (row["external_id"], row["state"]) == (TAOBAO["external_id"], "on")
    assert row["access_until"] is not None and row["refresh_until"] > row["access_until"]
    assert taobao.world.pushes.box("taobao").on
    steps = await connect.try_out(taobao.id, taobao.platform)
    assert [step.name for step in steps if not step.ok] == [] and len(steps) >= 6
    ids = await taobao.place(60, skus=["TEE-WHT-M", "LAMP"])
    assert await taobao.pull() == 60 and await taobao.pull() == 0
    found = await orders(db, taobao)
    assert set(found) == set(ids)
    for id, order in found.items():
        theirs = taobao.world.find("taobao", id)
        assert (order["platform_state"], order["total_minor"]) == ("paid", theirs.total)
    await actions.review_pending()
    lines = await db.rows(
        """select l.outer_code, l.sku, l.paid_minor from order_line l join sales_order o on o.id = l.order_id
           where o.shop = $1""",
        taobao.id,
    )
    assert {line["outer_code"] for line in lines} == {"TEE-WHT-M", "LAMP"} and len(lines) == 120
    assert all(line["sku"] is not None and line["paid_minor"] > 0 for line in lines)


async def test_no_receiver_is_kept_in_clear_and_one_is_shown_only_when_asked_for(taobao: Connected, db: Any) -> None:
    [id] = await taobao.place()
    await taobao.pull()
    r = taobao.world.find("taobao", id).receiver
    kept = await db.rows(
        """select v.masked::text as masked, v.token ->> 'oaid' as oaid, w.redacted::text as redacted
           from receiver_version v join sales_order o on o.id = v.order_id join raw_order w on w.id = o.raw
           where o.shop = $1""",
        taobao.id,
    )
    assert kept[0]["oaid"] and kept[0]["oaid"] not in kept[0]["redacted"]
    assert not any(clear in text for clear in (r.name, r.phone, r.street) for text in kept[0])
    asked = RawOrder(id, b"{}", None)
    shown = await taobao.adapter.reveal(await taobao.shop(), asked, "ship")
    assert (shown["name"], shown["phone"]) == (r.name, r.phone) and shown["address"].endswith(r.street)
    await taobao.own(oaid_scenes={"ship": "1007"})
    assert (await taobao.adapter.reveal(await taobao.shop(), asked, "ship"))["name"] == r.name
    assert taobao.calls("taobao.top.oaid.decrypt") == 2


async def test_an_ended_session_is_renewed_and_the_pull_goes_on_where_it_was(taobao: Connected, db: Any) -> None:
    await taobao.pull()
    before, was = await taobao.shop(), (await taobao.row())["watermark"]
    [id] = await taobao.place(ago=5)
    await taobao.control("faults", kind="token_end", platform="taobao")
    with pytest.raises(Unavailable):
        await taobao.pull()
    assert (await taobao.row())["watermark"] == was and await orders(db, taobao) == {}
    spent = await db.value("select args ->> 'spent' from job where kind = 'platforms.renew'")
    assert spent == tokens.mark(before.access_token)
    assert await tokens.renew(taobao.id, taobao.platform, spent) is True
    assert not await tokens.renew(taobao.id, taobao.platform, spent)  # once
    after = await taobao.shop()
    assert after.access_token != before.access_token and after.refresh_token != before.refresh_token
    assert await taobao.pull() == 1 and set(await orders(db, taobao)) == {id}
    assert taobao.world.grants("taobao").book.refreshed == 1


async def test_a_spent_refresh_token_is_the_owners_task_and_a_new_yes_ends_it(taobao: Connected, db: Any) -> None:
    before = await taobao.shop()
    await taobao.adapter.refresh(before)  # somebody else: what we hold is spent
    with pytest.raises(Unavailable):
        await taobao.pull()
    assert not await tokens.renew(taobao.id, taobao.platform, tokens.mark(before.access_token))
    assert (await taobao.row())["state"] == "needs_auth"
    open_tasks = "select count(*) from task where kind = 'shop' and reason = 'needs_auth' and closed_at is null"
    assert await db.value(open_tasks) == 1
    await taobao.place()
    await taobao.consent()
    assert (await taobao.row())["state"] == "on" and await db.value(open_tasks) == 0
    assert await taobao.pull() == 1


async def test_messages_say_where_to_look_and_the_pull_finds_what_none_told(taobao: Connected, db: Any) -> None:
    await taobao.control("weather", lost=0.3, twice=0.3)
    ids = await taobao.place(30)
    box = taobao.world.pushes.box("taobao")
    assert box.seen["lost"] and box.seen["twice"]
    assert await taobao.listen() == 30 - box.seen["lost"]
    assert not box.waiting and box.seen["taken"] == 30 - box.seen["lost"] + box.seen["twice"]
    assert len(await orders(db, taobao)) == 30 - box.seen["lost"]
    assert await taobao.listen() == 0
    assert await taobao.pull() == box.seen["lost"]
    assert set(await orders(db, taobao)) == set(ids)


async def test_a_message_of_a_change_reads_the_order_as_it_is_now(taobao: Connected, db: Any) -> None:
    [id] = await taobao.place(state="unpaid")
    await taobao.listen()
    assert (await orders(db, taobao))[id]["platform_state"] == "unpaid"
    await taobao.control("pay", platform="taobao", external_id=id)
    await taobao.control("address", platform="taobao", external_id=id)
    assert await taobao.listen() == 1  # two messages, one order
    order = (await orders(db, taobao))[id]
    assert (order["platform_state"], order["receiver_version"]) == ("paid", 2) and order["paid_at"] is not None


async def test_another_house_behind_the_same_masks_is_another_receiver(taobao: Connected, db: Any) -> None:
    """Only the OAID tells: within one week it changes with nothing but the address."""
    [id] = await taobao.place()
    await taobao.pull()
    kept = "select v.masked::text, v.token ->> 'oaid' as oaid from receiver_version v order by v.version"
    parts = {"street": taobao.world.find("taobao", id).receiver.street + "2楼"}
    await taobao.control("address", platform="taobao", external_id=id, parts=parts)
    await taobao.listen()
    assert (await orders(db, taobao))[id]["receiver_version"] == 2
    first, second = await db.rows(kept)
    assert first["masked"] == second["masked"] and first["oaid"] != second["oaid"]


async def test_a_refund_that_is_asked_for_stops_its_order_and_a_withdrawn_one_frees_it(
    taobao: Connected, db: Any
) -> None:
    [id] = await taobao.place(skus=["TEE-WHT-M", "LAMP"])
    await taobao.pull()
    await actions.review_pending()
    await actions.reserve_pending()
    assert (await orders(db, taobao))[id]["reserved_at"] is not None
    for to, state, refund in (("asked", "asked", "asked"), ("none", "closed", "none")):
        await taobao.control("refund", platform="taobao", external_id=id, to=to, lines=[1])
        for case in taobao.world.cases("taobao").values():
            case.modified -= 60 if to == "asked" else 30  # past the lag
        assert await refunds.pull(taobao.id, taobao.platform) == 1
        (kept,) = await db.rows("select * from refund_case where shop = $1", taobao.id)
        assert (kept["order_external_id"], kept["state"], kept["kind"]) == (id, state, "money")
        assert list(kept["line_keys"]) == [f"{int(id) + 1}"] and kept["amount_minor"] > 0
        await hints.look(taobao.id, taobao.platform, intake.store_raw)
        await taobao.mapped()
        order = (await orders(db, taobao))[id]
        assert order["refund"] == refund and (order["reserved_at"] is None)
    assert await refunds.pull(taobao.id, taobao.platform) == 0


async def test_what_lies_in_taobaos_own_warehouse_is_left_to_taobao(taobao: Connected, db: Any) -> None:
    [ours], [theirs] = await taobao.place(skus=["LAMP"]), await taobao.place(skus=["LAMP"], by_platform=True)
    assert await taobao.pull() == 2
    await actions.review_pending()
    await actions.reserve_pending()
    found = await orders(db, taobao)
    assert found[ours]["reserved_at"] is not None and not found[ours]["self_fulfilled"]
    assert found[theirs]["self_fulfilled"] and found[theirs]["reviewed_at"] is None
    assert await db.value("select count(*) from task where order_id = $1", found[theirs]["id"]) == 0


@pytest.mark.parametrize("api", ["offline", "ascp"])
async def test_parts_are_told_line_by_line_and_the_order_follows(taobao: Connected, db: Any, api: str) -> None:
    shop = await taobao.own(ship_api=api)
    [id] = await taobao.place(skus=["TEE-WHT-M", "LAMP"])
    await taobao.pull()
    lines = await db.rows(
        """select l.line_key, l.qty from order_line l join sales_order o on o.id = l.order_id
           where o.shop = $1 order by l.pos""",
        taobao.id,
    )
    plan = [
        Shipment(id, number, "SLX", parts=(Part(line["line_key"], line["qty"]),))
        for number, line in zip((ONE, TWO), lines, strict=True)
    ]
    taobao.adapter.plan(shop, plan)
    theirs = taobao.world.find("taobao", id)
    for shipment, state, locked in zip(plan, ("paid", "shipped"), (True, False), strict=True):
        assert await taobao.adapter.ship(shop, shipment) == Shipped()
        assert await taobao.adapter.ship(shop, shipment) == Shipped(already=True)
        assert await taobao.listen() == 1
        order = (await orders(db, taobao))[id]
        assert (order["platform_state"], order["locked"]) == (state, locked)
    assert [line.sent.waybill_no for line in theirs.lines] == [ONE, TWO]
    names = {"offline": "taobao.logistics.offline.send", "ascp": "alibaba.ascp.logistics.offline.send"}
    assert {name: taobao.calls(name) for name in names.values()} == {
        name: 2 if key == api else 0 for key, name in names.items()
    }


async def test_listings_are_of_goods_that_the_house_knows_and_take_numbers(taobao: Connected, db: Any) -> None:
    shop = await taobao.shop()
    found: list[Listing] = [one async for page in taobao.adapter.listings(shop) for one in page]
    known = {r["code"] for r in await db.rows("select code from sku")}
    with_code = {one.outer_code: one for one in found}
    assert len(found) == len(with_code) == 24 and set(with_code) <= known
    wanted = [
        StockOrder(with_code[code].item, with_code[code].platform_sku, qty, f"k{code}")
        for code, qty in (("TEE-WHT-M", 7), ("TEE-BLK-L", 0), ("LAMP", 3))
    ]
    assert [one.outcome for one in await taobao.adapter.set_stock(shop, wanted)] == ["done"] * 3
    shelf = taobao.world.shelf("taobao").numbers
    assert (shelf["TEE-WHT-M"], shelf["TEE-BLK-L"], shelf["LAMP"]) == (7, 0, 3)
    after = {one.outer_code: one.qty async for page in taobao.adapter.listings(shop) for one in page}
    assert (after["TEE-WHT-M"], after["TEE-BLK-L"], after["LAMP"]) == (7, 0, 3)


async def test_an_increment_at_tmall_counts_once_however_often_it_is_told(taobao: Connected) -> None:
    shop = await taobao.own(tmall=True)
    one = StockOrder("700000000001", "5000000000001", -4, "move-1")
    method = "tmall.item.quantity.update"
    await taobao.control("faults", kind="fail_after", platform="taobao", method=method)
    with pytest.raises(Unavailable):
        await taobao.adapter.add_stock(shop, [one])
    assert [said.outcome for said in await taobao.adapter.add_stock(shop, [one])] == ["done"]
    assert taobao.world.shelf("taobao").numbers["TEE-WHT-M"] == 96 and taobao.calls(method) == 2
