"""What a shop refuses, or no longer knows: said once where people look, never a flood and never nothing."""

from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from server.errors import Conflict, Invalid, Rejected, Unauthenticated, Unavailable
from server.kit import clock
from server.kit import db as database
from server.orders import actions as reviewing
from server.orders import intake
from server.platforms import actions, backfill, breaker, connect, hints, limiter, pulling, queries, refunds, tokens
from server.platforms.body import BEIJING
from server.platforms.port import Account, Grant, Hint, RawRefund, Shop
from server.tasks import actions as people
from server.tasks import queries as reading
from tests.integration.platforms.house import Told, authorised, trade
from workers import actor, jobs

T1, T2 = "4100000000000000001", "4100000000000000002"


async def waiting(db: Any) -> list[tuple[str, str]]:
    return [tuple(r) for r in await db.rows("select kind, reason from task where closed_at is null order by 1, 2")]


# -- pushes that are fetched
@pytest.mark.parametrize(
    "error",
    [
        Rejected("platform_rejected", "应用没有消息服务的权限"),
        Unauthenticated("platform_unauthenticated", "授权已失效，请重新授权"),
    ],
    ids=["refused", "dead token"],
)
async def test_messages_that_are_refused_are_said_once(error: Exception, world: Any, db: Any) -> None:
    """It is asked every five seconds: a task each time would bury every other."""
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    told.error = error
    for _ in range(3):
        try:
            await hints.listen(shop, told)
        except Unavailable as e:  # the token is renewed first
            assert e.code == "shop_renewing"
    assert [w for w in await waiting(db) if w[0] == "dead_job"] == []
    if isinstance(error, Rejected):
        assert await waiting(db) == [("shop", "push_refused")]
        told.error = None
        await hints.listen(shop, told)
        assert await waiting(db) == []


async def test_cases_that_are_refused_are_said_once(world: Any, db: Any) -> None:
    """Orders come in all the while, and each pull takes away what was said beside the shop."""
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    for _ in range(3):
        await pulling.pull(shop, told, intake.store_raw)
        told.error = Rejected("platform_rejected", "应用没有此接口的权限")
        await refunds.pull(shop, told)
        told.error = None
    assert await waiting(db) == [("shop", "cases_refused")]
    assert await db.value("select count(*) from event where kind = 'shop_troubled'") == 0
    await refunds.pull(shop, told)
    assert await waiting(db) == []


# -- orders that pushes spoke of
async def test_every_order_that_cannot_be_found_is_named(world: Any, db: Any) -> None:
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    for tid in (T1, T2):
        async with database.transaction() as tx:
            await hints.take(tx, shop, [Hint(f"m{tid}", "order", tid)])
        for _ in range(hints.MOST_TRIES):
            await db.run("update hint set due_at = now() where looked_at is null")
            await hints.look(shop, told, intake.store_raw)
    text = " ".join(r["detail"] for r in await db.rows("select detail::text as detail from task"))
    assert T1 in text and T2 in text


async def test_a_push_about_a_refund_that_names_no_order_asks_for_the_cases(world: Any, db: Any) -> None:
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    async with database.transaction() as tx:
        await hints.take(tx, shop, [Hint("m1", "refund", "case1")])
    await hints.look(shop, told, intake.store_raw)
    assert await db.value("select count(*) from job where kind = 'platforms.refunds' and key = $1", str(shop)) == 1


async def test_a_shop_that_has_no_name_yet_takes_no_messages(world: Any, db: Any) -> None:
    """They are of all shops of its app: it would confirm what belongs to another."""
    told = Told()
    told.queue = [Hint("m1", "order", T1, "另一家店")]
    new = connect.NewShop(platform="taobao", name="一号店", app_key="k", app_secret="s", access_token="t1")
    shop = await connect.add(new, lambda code: True)
    assert await hints.listen(shop, told) == 0
    assert told.confirmed == [] and await db.value("select count(*) from hint") == 0


# -- a shop that comes back
async def test_a_shop_that_answers_again_asks_nobody_to_authorise_it(world: Any, db: Any) -> None:
    shop, told = world.shops["taobao"], Told()
    told.powers = told.powers.__class__(refresh=False)
    await authorised(db, shop, refresh="")
    told.error = Unauthenticated("platform_unauthenticated", "授权已失效，请重新授权")
    await pulling.pull(shop, told, intake.store_raw)
    assert await waiting(db) == [("shop", "needs_auth")]
    told.error = None
    await pulling.pull(shop, told, intake.store_raw)
    assert await db.value("select state from shop where id = $1", shop) == "on"
    assert await waiting(db) == []


# -- past days
async def test_a_shop_that_was_switched_off_is_asked_for_no_past_days(world: Any, db: Any) -> None:
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    today = clock.now().astimezone(BEIJING).date()
    await backfill.start(shop, today - timedelta(days=3), today)
    await connect.turn(shop, False)
    assert await backfill.run(shop, told, intake.store_raw) is False
    assert told.asked == []
    await connect.turn(shop, True)
    await backfill.start(shop, today, today)  # the one before does not stand in the way


async def test_past_days_that_were_given_up_do_not_end_the_nightly_look(
    world: Any, db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day without an answer parks the job: the nights after it must go on, and somebody must know."""
    jobs.load()
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    assert await backfill.reconcile(lambda code: code == "taobao") == 1
    told.error = Unavailable("platform_unavailable", "淘宝暂时没有响应，稍后再试")
    monkeypatch.setattr("workers.resources.platform", told)
    await db.run("update job set give_up_at = now() where kind = 'platforms.backfill'")
    job = await db.value("select id from job where kind = 'platforms.backfill'")
    await actor.run(str(job))
    assert await db.value("select state from job where id = $1", job) == "parked"
    assert await waiting(db) != []
    assert await backfill.reconcile(lambda code: code == "taobao") == 1


async def test_past_days_that_were_refused_are_a_task(world: Any, db: Any) -> None:
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    today = clock.now().astimezone(BEIJING).date()
    await backfill.start(shop, today, today)
    told.error = Rejected("platform_rejected", "应用没有此接口的权限")
    assert await backfill.run(shop, told, intake.store_raw) is False
    assert await waiting(db) == [("shop", "backfill_failed")]


# -- limits of our own
async def test_our_own_queue_is_not_the_platforms_fault(world: Any, db: Any) -> None:
    shop = world.shops["taobao"]
    await authorised(db, shop)
    for _ in range(breaker.AFTER):
        await breaker.failed(shop, Unavailable("platform_queue", "对平台的调用正在排队，稍后再试", retry_after=3))
    row = await db.row("select failures, open_until from shop where id = $1", shop)
    assert (row["failures"], row["open_until"]) == (0, None)


# -- cases
def cases(n: int) -> list[RawRefund]:
    at = clock.now().replace(microsecond=0)
    return [RawRefund(f"case{i}", f"41{i:017d}", b"{}", at, "asked", "money", 100) for i in range(n)]


async def test_a_page_of_cases_costs_a_handful_of_statements(
    world: Any, db: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = world.shops["taobao"]
    await authorised(db, shop)
    asked: list[str] = []
    real = database.value

    async def counted(sql: str, *args: Any) -> Any:
        asked.append(sql)
        return await real(sql, *args)

    monkeypatch.setattr(database, "value", counted)
    assert await refunds.keep(shop, cases(50)) == 50
    assert len([s for s in asked if "refund_case" in s]) <= 1


async def test_a_task_that_cannot_be_tried_again_stays(world: Any, db: Any) -> None:
    """Retry is for stopped work: anything else would go without being done."""
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    await intake.store_raw(shop, "taobao", [told.body.raw_order(b"<html>")])
    task = await db.value("select id from task where kind = 'quarantine'")
    with pytest.raises(Invalid):
        await people.close(task, "retry", "")
    assert await waiting(db) == [("quarantine", "unreadable")]


async def test_a_task_about_a_shop_says_which(world: Any, db: Any) -> None:
    shop = world.shops["jd"]
    await tokens.lost(shop, "授权已失效，请重新授权")
    (row,) = (await reading.list_tasks(state="open", kind="shop", owner=None)).rows
    assert row.detail["shop"] == await db.value("select name from shop where id = $1", shop) != ""


# -- one shop, connected twice
async def test_a_shop_that_is_connected_twice_brings_its_orders_once(db: Any, world: Any) -> None:
    """By hand, with tokens and without the platform's number: nothing else tells that it is the same."""
    told = Told()

    async def named(shop: Any) -> Account:
        return Account("一号店")

    told.account, told.orders[T1] = named, trade(T1)  # type: ignore[method-assign]
    new = connect.NewShop(platform="taobao", name="一号店", app_key="k", app_secret="s", access_token="t1")
    first, second = [await connect.add(new, lambda code: True) for _ in range(2)]
    for shop in (first, second, first, second):
        await pulling.pull(shop, told, intake.store_raw)
        while await intake.map_pending(shop, "taobao"):
            pass
    assert await db.value("select count(*) from sales_order where external_id = $1", T1) == 1
    assert "已经接入" in await db.value("select trouble from shop where id = $1", second)
    assert await db.value("select external_id from shop where id = $1", first) == "一号店"


async def test_an_order_under_two_shops_is_held(db: Any, world: Any) -> None:
    """Where a platform does not say whose shop it is, review does."""
    told = Told()

    async def nameless(shop: Any) -> Any:
        raise Rejected("platform_cannot", "没有这项功能")

    told.account, told.orders[T1] = nameless, trade(T1)  # type: ignore[method-assign]
    new = connect.NewShop(platform="taobao", name="一号店", app_key="k", app_secret="s", access_token="t1")
    for shop in [await connect.add(new, lambda code: True) for _ in range(2)]:
        await pulling.pull(shop, told, intake.store_raw)
        while await intake.map_pending(shop, "taobao"):
            pass
        while await reviewing.review_pending():
            pass
    assert await waiting(db) == [("hold", "duplicate")]
    assert await db.value("select count(*) from sales_order where reviewed_at is not null") == 1


async def test_a_push_costs_as_many_statements_however_many_shops(
    db: Any, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may knock at that door, and a platform waits three seconds."""
    for n in range(5):
        new = connect.NewShop(
            platform="taobao", name=f"{n} 号店", app_key="k", app_secret="s", access_token="t", external_id=f"s{n}"
        )
        await connect.add(new, lambda code: True)
    asked: list[str] = []
    real = database.rows

    async def counted(sql: str, *args: Any) -> Any:
        asked.append(sql)
        return await real(sql, *args)

    monkeypatch.setattr(database, "rows", counted)
    assert len(await queries.of_platform("taobao")) == 6
    assert len(asked) <= 2


# -- authorisations that end
async def test_a_renewal_that_says_nothing_of_the_end_does_not_forget_it(world: Any, db: Any) -> None:
    """The refresh token stays as it is, and so does its last day: the owner must be warned of it."""
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    last_day = await db.value("select refresh_until from shop where id = $1", shop)
    grant = told._grant

    def shorter() -> Grant:
        return msgspec.structs.replace(grant(), refresh_token="", refresh_until=None)

    told._grant = shorter  # type: ignore[method-assign]
    assert await tokens.renew(shop, told, spent=tokens.mark("t1"))
    assert await db.value("select refresh_until from shop where id = $1", shop) == last_day


async def test_a_warning_stays_while_its_day_comes_nearer(world: Any, db: Any) -> None:
    """The access token is renewed every few hours; that the owner must come is as true as before."""
    shop, told = world.shops["taobao"], Told()
    await authorised(db, shop)
    await db.run("update shop set refresh_until = now() + interval '3 days' where id = $1", shop)
    assert await tokens.warn(clock.now(), lambda code: True) == 1
    task = await db.value("select id from task where reason = 'expiring'")
    near, grant = clock.now() + timedelta(days=3), told._grant
    told._grant = lambda: msgspec.structs.replace(grant(), refresh_until=near)  # type: ignore[method-assign]
    assert await tokens.renew(shop, told, spent=tokens.mark("t1"))
    assert await db.value("select closed_at from task where id = $1", task) is None
    await tokens.keep(shop, Grant("t9", "r9", near, clock.now() + timedelta(days=300)))  # the owner came
    assert await db.value("select closed_at from task where id = $1", task) is not None


async def test_a_shop_that_nobody_authorised_is_not_said_to_be_pulled(db: Any) -> None:
    new = connect.NewShop(platform="taobao", name="一号店", app_key="k", app_secret="s")
    shop = await connect.add(new, lambda code: True)
    with pytest.raises(Conflict):
        await actions.pull_soon(shop)
    assert await db.value("select count(*) from job") == 0


@pytest.mark.parametrize("hurry", [False, True], ids=["usual", "urgent"])
async def test_a_pause_lasts_as_long_as_the_platform_said(hurry: bool, house: Any) -> None:
    """A call before its end is refused, and some platforms then count anew."""
    line = limiter.RedisLimiter(house.redis_url)
    shop = Shop("s", "taobao", f"pause {hurry}", "", f"k{hurry}", "", "")
    try:
        began = await line._redis.time()
        await line.pause(shop, 300)
        with pytest.raises(Unavailable) as e, limiter.urgent() if hurry else nullcontext():
            await line.take(shop)
        now = await line._redis.time()
        assert now[0] + now[1] / 1e6 + (e.value.retry_after or 0) >= began[0] + began[1] / 1e6 + 300
    finally:
        await line.close()
