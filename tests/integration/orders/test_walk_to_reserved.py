"""接单 → 审单 → 占用 → 波次 on real PostgreSQL, and what happens to orders that are odd."""

from typing import Any
from uuid import UUID

import pytest

from server.errors import Conflict, Invalid
from server.kit import crypto
from server.orders import actions, intake, matching
from server.platforms.port import RawOrder
from server.stock import queries as stock
from server.tasks import queries as tasks
from tests.support.client import Client
from tests.support.world import World, taobao_order


async def take(world: World, *bodies: bytes) -> None:
    """Store, map, review and reserve what a pull of the Taobao shop brought."""
    from server.platforms import registry

    adapter = registry.get("taobao")
    raws: list[RawOrder] = []
    for body in bodies:
        raws += adapter.split(body).orders or [RawOrder("?", body, None)]
    await intake.store_raw(world.shops["taobao"], "taobao", raws)
    while await intake.map_pending(world.shops["taobao"], "taobao"):
        pass
    while await actions.review_pending():
        pass
    await actions.reserve_pending()


def answer(*trades: bytes) -> bytes:
    """The envelope of one detail call."""
    assert len(trades) == 1
    return b'{"trade_fullinfo_get_response":{"trade":' + trades[0] + b',"request_id":"r1"}}'


async def order(db: Any, tid: str) -> Any:
    return await db.row("select * from sales_order where external_id = $1", tid)


async def holds(db: Any, tid: str) -> set[str]:
    found = await db.rows(
        """select t.reason from task t join sales_order o on o.id = t.order_id
           where o.external_id = $1 and t.closed_at is null""",
        tid,
    )
    return {r["reason"] for r in found}


TID = "4100000000000000123"


async def test_a_plain_order_is_reserved(db: Any, world: World) -> None:
    await take(world, answer(taobao_order(TID, {"TEE-WHT-M": 2, "CAP-BLK": 1})))
    o = await order(db, TID)
    assert o["reserved_at"] is not None and o["no"].startswith("ZS-") and o["total_minor"] == 3000
    assert await holds(db, TID) == set()
    assert await stock.differences() == []
    assert await db.value("select reserved from stock where sku = $1", world.skus["TEE-WHT-M"]) == 2
    kinds = [r["kind"] for r in await db.rows("select kind from event where subject_id = $1 order by seq", o["id"])]
    assert kinds == ["order_taken", "order_reviewed", "stock_reserved"]


async def test_the_same_content_twice_is_one_order(db: Any, world: World) -> None:
    body = taobao_order(TID, {"CAP-BLK": 1})
    await take(world, answer(body), answer(body).replace(b'"r1"', b'"r2"'))
    await take(world, answer(body))
    assert await db.value("select count(*) from raw_order") == 1
    assert await db.value("select count(*) from sales_order") == 1
    assert await db.value("select reserved from stock where sku = $1", world.skus["CAP-BLK"]) == 1


async def test_unknown_sku_waits_and_a_match_releases_all_that_wait(db: Any, world: World) -> None:
    second = str(int(TID) + 1000)
    await take(
        world, answer(taobao_order(TID, {"OLD-1": 1})), answer(taobao_order(second, {"OLD-1": 1}, buyer_nick="b"))
    )
    assert "sku_unmatched" in await holds(db, TID) and "sku_unmatched" in await holds(db, second)
    o = await order(db, TID)
    line = await db.value("select id from order_line where order_id = $1", o["id"])
    assert await matching.match_line(o["id"], line, world.skus["CAP-BLK"]) == 2
    await actions.review_pending()
    await actions.reserve_pending()
    for tid in (TID, second):
        assert "sku_unmatched" not in await holds(db, tid)
    assert (await order(db, TID))["reserved_at"] is not None


async def test_a_note_holds_until_a_person_releases_and_stays_released(db: Any, world: World) -> None:
    body = taobao_order(TID, {"CAP-BLK": 1}, has_buyer_message=True, buyer_message="请放门口 canary-note")
    await take(world, answer(body))
    assert await holds(db, TID) == {"buyer_note"}
    o = await order(db, TID)
    assert o["reserved_at"] is None
    task = await db.value("select id from task where order_id = $1", o["id"])
    with pytest.raises(Invalid):
        await actions.release_hold(o["id"], task, "  ")
    assert await holds(db, TID) == {"buyer_note"}
    await actions.release_hold(o["id"], task, "已看过,照发")
    with pytest.raises(Conflict):
        await actions.release_hold(o["id"], task, "again")
    await actions.review_pending()
    await actions.reserve_pending()
    assert await holds(db, TID) == set() and (await order(db, TID))["reserved_at"] is not None
    assert "canary-note" in await actions.reveal_note(o["id"])


async def test_short_orders_take_nothing_and_are_served_in_order_of_payment(db: Any, world: World) -> None:
    first, second = TID, str(int(TID) + 1000)
    await db.run("update stock set on_hand = 1 where sku = $1", world.skus["CAP-BLK"])
    await take(
        world, answer(taobao_order(first, {"CAP-BLK": 2, "SOCK": 1})), answer(taobao_order(second, {"CAP-BLK": 1}))
    )
    assert await holds(db, first) == {"stock_short"}
    assert (await order(db, first))["reserved_at"] is None and (await order(db, second))["reserved_at"] is not None
    assert await db.value("select reserved from stock where sku = $1", world.skus["SOCK"]) == 0
    from server.stock import actions as receiving
    from server.stock.schemas import Receipt

    await receiving.receive_goods([Receipt(world.skus["CAP-BLK"], 5)], world.warehouse, "到货")
    await actions.reserve_pending()
    assert (await order(db, first))["reserved_at"] is not None and await holds(db, first) == set()


async def test_cancelled_upstream_gives_the_stock_back(db: Any, world: World) -> None:
    await take(world, answer(taobao_order(TID, {"CAP-BLK": 2})))
    closed = taobao_order(TID, {"CAP-BLK": 2}, status="TRADE_CLOSED", modified="2030-01-01 00:00:00")
    await take(world, answer(closed))
    o = await order(db, TID)
    assert o["cancelled_at"] is not None
    assert await db.value("select reserved from stock where sku = $1", world.skus["CAP-BLK"]) == 0
    assert await stock.differences() == []


async def test_bad_bodies_wait_visibly_and_the_rest_goes_on(db: Any, world: World) -> None:
    good = RawOrder(TID, taobao_order(TID, {"CAP-BLK": 1}), None)
    bad = RawOrder("?1", b"{not json", None)
    nul = RawOrder("4100000000000000999", taobao_order("4100000000000000999", {"CAP-BLK": 1}, buyer_memo="a\0b"), None)
    await intake.store_raw(world.shops["taobao"], "taobao", [bad, good, nul])
    while await intake.map_pending(world.shops["taobao"], "taobao"):
        pass
    assert await db.value("select count(*) from sales_order") == 2
    page = await tasks.list_tasks(state="open", kind="quarantine", owner=None)
    assert len(page.rows) == 1 and page.rows[0].title.startswith("无法读取的订单")
    raw = await db.row("select id, sealed, sealed_key from raw_order where state = 'quarantined'")
    assert await crypto.open_sealed(raw["sealed_key"], raw["sealed"], f"raw_order|sealed|{raw['id']}") == b"{not json"


async def test_negative_quantity_is_held(db: Any, world: World) -> None:
    body = taobao_order(TID, {"CAP-BLK": 1}).replace(b'"num":1', b'"num":-3')
    await take(world, answer(body))
    assert await holds(db, TID) and (await order(db, TID))["reserved_at"] is None


async def test_no_buyer_text_outside_the_seal(db: Any, world: World) -> None:
    """Events, job errors and the sync tables are searched for what only the sealed versions may hold."""
    body = taobao_order(TID, {"CAP-BLK": 1}, has_buyer_message=True, buyer_message="canary-note-7731")
    await take(world, answer(body))
    for table in (
        "event",
        "job",
        "task",
        "sync_outbox",
        "sync_log",
        "sales_order",
        "order_line",
        "raw_order",
        "receiver_version",
        "notice",
    ):
        hits = await db.value(f"select count(*) from {table} t where t::text like '%canary-note-7731%'")
        assert hits == 0, table
    assert await db.value("select count(*) from raw_order where encode(sealed, 'escape') like '%canary%'") == 0


async def test_the_desk_sees_one_order_whole(as_role: Any, world: World, db: Any) -> None:
    await take(world, answer(taobao_order(TID, {"CAP-BLK": 2})))
    web: Client = await as_role("service")
    page = (await web.get("/api/orders", params={"q": TID})).json()
    assert page["total"] == 1 and page["rows"][0]["ladder"] == "paid" and page["rows"][0]["external_id"] == TID
    detail = (await web.get(f"/api/orders/{page['rows'][0]['id']}")).json()
    assert detail["lines"][0]["sku"]["code"] == "CAP-BLK" and detail["lines"][0]["reserved"] == 2
    assert detail["facts"]["reserved"] and detail["receiver"]["masked"]["name"] == "王**"
    assert [s["text"] for s in detail["story"]][-1] == "接单"
    counters = (await web.get("/api/counters")).json()
    assert counters["intake"]["count"] == 1 and counters["lead"]["paid_to_handed_over_s"]["p50"] is None
    assert UUID(detail["id"])


LATER = "2030-01-01 00:00:00"


async def test_another_address_makes_a_version_and_stars_do_not(db: Any, world: World) -> None:
    await take(world, answer(taobao_order(TID, {"CAP-BLK": 1})))
    await take(world, answer(taobao_order(TID, {"CAP-BLK": 1}, receiver_address="新**路1号", modified=LATER)))
    assert (await order(db, TID))["receiver_version"] == 2
    hidden = {"receiver_name": "***", "receiver_mobile": "***", "receiver_address": "***", "oaid": ""}
    shipped = taobao_order(TID, {"CAP-BLK": 1}, modified="2030-01-02 00:00:00", buyer_rate=True, **hidden)
    await take(world, answer(shipped))
    o = await order(db, TID)
    assert o["receiver_version"] == 2
    kept = await db.row(
        "select masked::text, token::text from receiver_version where order_id = $1 and version = 2", o["id"]
    )
    assert "新**路1号" in kept["masked"] and "oaid" in kept["token"]


async def test_another_note_holds_again_and_makes_no_label_stale(db: Any, world: World) -> None:
    await take(world, answer(taobao_order(TID, {"CAP-BLK": 1}, has_buyer_message=True, buyer_message="放门口")))
    o = await order(db, TID)
    task = await db.value("select id from task where order_id = $1", o["id"])
    await actions.release_hold(o["id"], task, "看过")
    await take(
        world,
        answer(taobao_order(TID, {"CAP-BLK": 1}, has_buyer_message=True, buyer_message="改放快递柜", modified=LATER)),
    )
    assert (await order(db, TID))["receiver_version"] == 1
    assert await holds(db, TID) == {"buyer_note"}
    assert await actions.reveal_note(o["id"]) == "改放快递柜"


async def test_other_goods_go_back_to_review_with_their_stock(db: Any, world: World) -> None:
    await take(world, answer(taobao_order(TID, {"CAP-BLK": 3})))
    await take(world, answer(taobao_order(TID, {"CAP-BLK": 1}, modified=LATER)))
    o = await order(db, TID)
    assert o["reserved_at"] is not None
    assert await db.value("select reserved from stock where sku = $1", world.skus["CAP-BLK"]) == 1
    assert await stock.differences() == []
    kinds = {r["kind"] for r in await db.rows("select kind from event where subject_id = $1", o["id"])}
    assert "order_withdrawn" in kinds


async def test_an_absurd_number_costs_one_order_and_not_the_page(db: Any, world: World) -> None:
    bad = taobao_order(TID, {"CAP-BLK": 1}).replace(b'"payment":"10.00"', b'"payment":1e99999999999999999999', 1)
    good = str(int(TID) + 1001)
    await intake.store_raw(
        world.shops["taobao"],
        "taobao",
        [RawOrder(TID, bad, None), RawOrder(good, taobao_order(good, {"CAP-BLK": 1}), None)],
    )
    while await intake.map_pending(world.shops["taobao"], "taobao"):
        pass
    assert await order(db, good) is not None
    assert await db.value("select count(*) from raw_order") == 2


async def test_the_numbers_of_today_open_to_their_orders(as_role: Any, world: World, db: Any) -> None:
    second = str(int(TID) + 1001)
    await take(world, answer(taobao_order(TID, {"CAP-BLK": 1})), answer(taobao_order(second, {"SOCK": 1})))
    await db.run("update sales_order set taken_at = taken_at - interval '2 days' where external_id = $1", second)
    web: Client = await as_role("manager")
    counters = (await web.get("/api/counters")).json()
    for fact, counted in (("taken", counters["intake"]["count"]), ("handed_over", counters["shipped"]["count"])):
        page = (await web.get("/api/orders", params={"today": fact})).json()
        assert page["total"] == counted == len(page["rows"])
    assert counters["intake"]["count"] == 1
    assert (await web.get("/api/orders", params={"today": "tomorrow"})).status_code == 422


async def settled(db: Any, world: World) -> None:
    """Review and reserve until nothing moves."""
    while await actions.review_pending():
        pass
    while await actions.reserve_pending():
        pass


async def test_another_sku_on_the_same_line_is_what_ships(db: Any, world: World) -> None:
    """The buyer swaps the colour: same line key, other platform SKU and outer code."""
    await take(world, answer(taobao_order(TID, {"CAP-BLK": 1})))
    other = taobao_order(TID, {"CAP-NVY": 1}, modified=LATER).replace(b'"700001"', b'"700099"')
    await take(world, answer(other))
    line = await db.row("select outer_code, sku from order_line where not gone")
    assert (line["outer_code"], line["sku"]) == ("CAP-NVY", world.skus["CAP-NVY"])
    reserved = {r["sku"]: r["reserved"] for r in await db.rows("select sku, reserved from stock where reserved > 0")}
    assert reserved == {world.skus["CAP-NVY"]: 1} and await stock.differences() == []


async def test_a_line_that_is_gone_ships_no_more_and_is_told_once(db: Any, world: World) -> None:
    await take(world, answer(taobao_order(TID, {"CAP-BLK": 1, "SOCK": 2})))
    await take(world, answer(taobao_order(TID, {"CAP-BLK": 1}, modified=LATER)))
    o = await order(db, TID)
    reserved = {r["sku"]: r["reserved"] for r in await db.rows("select sku, reserved from stock where reserved > 0")}
    assert reserved == {world.skus["CAP-BLK"]: 1}
    await take(world, answer(taobao_order(TID, {"CAP-BLK": 1}, modified="2030-01-03 00:00:00", buyer_rate=True)))
    withdrawn = await db.value("select count(*) from event where subject_id = $1 and kind = 'order_withdrawn'", o["id"])
    assert withdrawn == 1 and (await order(db, TID))["reserved_at"] is not None


def refunding(status: str, modified: str) -> bytes:
    body = taobao_order(TID, {"CAP-BLK": 1}, modified=modified)
    return body.replace(b'"NO_REFUND"', f'"{status}"'.encode())


async def test_a_second_refund_request_holds_again(db: Any, world: World) -> None:
    await take(world, answer(refunding("WAIT_SELLER_AGREE", "2030-01-01 00:00:00")))
    o = await order(db, TID)
    assert await holds(db, TID) == {"refund_asked"}
    task = await db.value("select id from task where order_id = $1 and closed_at is null", o["id"])
    await actions.release_hold(o["id"], task, "买家说照发")
    await settled(db, world)
    assert (await order(db, TID))["reserved_at"] is not None
    await take(world, answer(refunding("NO_REFUND", "2030-01-02 00:00:00")))
    await take(world, answer(refunding("WAIT_SELLER_AGREE", "2030-01-03 00:00:00")))
    assert await holds(db, TID) == {"refund_asked"} and (await order(db, TID))["reserved_at"] is None
    assert await stock.differences() == []


async def test_a_late_withdraw_does_not_lose_a_released_order(db: Any, world: World) -> None:
    from server.picking import actions as picking

    await take(world, answer(taobao_order(TID, {"CAP-BLK": 1})))
    await take(world, answer(refunding("WAIT_SELLER_AGREE", LATER)))
    o = await order(db, TID)
    task = await db.value("select id from task where order_id = $1 and closed_at is null", o["id"])
    await actions.release_hold(o["id"], task, "买家说照发")
    await settled(db, world)
    await picking.withdraw(o["id"])
    assert (await order(db, TID))["reserved_at"] is not None
    from server.picking import queries as picks

    assert await picks.ready_orders() == 1


async def test_refund_taken_back_before_the_jobs_ran_leaves_no_empty_parcel(db: Any, world: World) -> None:
    from server.picking import queries as picks

    await take(world, answer(taobao_order(TID, {"CAP-BLK": 1})))
    for status, modified in (("WAIT_SELLER_AGREE", "2030-01-01 00:00:00"), ("NO_REFUND", "2030-01-02 00:00:00")):
        body = answer(refunding(status, modified))
        from server.platforms import registry

        await intake.store_raw(world.shops["taobao"], "taobao", registry.get("taobao").split(body).orders)
        await intake.map_pending(world.shops["taobao"], "taobao")
    assert await picks.ready_orders() == 0
    await settled(db, world)
    assert await picks.ready_orders() == 1 and await stock.differences() == []


async def test_shipped_from_the_shops_own_console_is_not_shipped_again(db: Any, world: World) -> None:
    from server.picking import queries as picks

    await take(world, answer(taobao_order(TID, {"CAP-BLK": 1})))
    assert await picks.ready_orders() == 1
    sent = taobao_order(TID, {"CAP-BLK": 1}, status="WAIT_BUYER_CONFIRM_GOODS", modified=LATER)
    await take(world, answer(sent))
    assert await picks.ready_orders() == 0
    assert await db.value("select sum(reserved) from stock") == 0 and await stock.differences() == []


async def test_a_cancellation_without_a_readable_time_is_not_dropped(db: Any, world: World) -> None:
    await take(world, answer(taobao_order(TID, {"CAP-BLK": 1})))
    await take(world, answer(taobao_order(TID, {"CAP-BLK": 1}, status="TRADE_CLOSED", modified="soon")))
    assert (await order(db, TID))["cancelled_at"] is not None


async def test_an_order_that_stays_short_is_not_asked_for_ever(db: Any, world: World) -> None:
    """Two lines of one SKU, each of which would fit alone."""
    body = taobao_order(TID, {"CAP-BLK": 3, "SOCK": 3}).replace(b'"outer_sku_id":"SOCK"', b'"outer_sku_id":"CAP-BLK"')
    await db.run("update stock set on_hand = 4 where sku = $1", world.skus["CAP-BLK"])
    await take(world, answer(body))
    assert await actions.reserve_pending() == 0


async def test_a_fresh_token_is_kept_for_the_next_waybill(db: Any, world: World) -> None:
    await take(world, answer(taobao_order(TID, {"CAP-BLK": 1})))
    await db.run("update raw_order set received_at = received_at - interval '7 days'")
    await take(world, answer(taobao_order(TID, {"CAP-BLK": 1}, oaid="1fresh-oaid-of-next-week", modified=LATER)))
    found = await db.row("select version, token::text from receiver_version order by version desc limit 1")
    assert found["version"] == 1 and "fresh-oaid" in found["token"]


async def test_buyer_data_past_its_time_can_be_read_no_more(db: Any, world: World, monkeypatch: Any) -> None:
    from datetime import timedelta

    from server.errors import NotFound
    from server.kit import clock
    from server.platforms import queries as shops

    await take(world, answer(taobao_order(TID, {"CAP-BLK": 1}, has_buyer_message=True, buyer_message="放门口")))
    o = await order(db, TID)
    assert await actions.reveal_note(o["id"]) == "放门口"
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(days=85))
    assert await actions.expire_personal() == 0
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(days=125))
    assert await actions.expire_personal() == 1
    with pytest.raises(NotFound, match="note_expired"):
        await actions.reveal_note(o["id"])
    shop, _ = await shops.get_shop(world.shops["taobao"])
    assert shop.app_secret  # the shop's own secrets do not expire with its buyers' data
    assert (await order(db, TID))["total_minor"] == 1000
