"""How often a platform is asked: the limit of an app, who goes first, and a shop that is left in peace."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from server.errors import Unavailable
from server.kit import clock
from server.orders import intake
from server.platforms import breaker, limiter, pulling
from server.platforms.limiter import RedisLimiter
from server.platforms.port import RawOrder, Shop, Window
from tests.integration.platforms.house import Told, authorised, down


def shop(app: str, per_s: float) -> Shop:
    return Shop("s", "taobao", "x", "", app, "", "", settings={"calls_per_s": per_s})


async def test_an_app_keeps_its_rate_over_all_processes(house: Any) -> None:
    """Two limiters stand for two processes; forty calls at 40/s with a burst of 1.2 s' worth beforehand."""
    one, two = RedisLimiter(house.redis_url), RedisLimiter(house.redis_url)
    try:
        mine = shop(f"app{time.time_ns()}", 40)
        began = time.monotonic()
        await asyncio.gather(*(line.take(mine) for _ in range(50) for line in (one, two)))
        took = time.monotonic() - began
        assert took >= (100 - 40 * limiter.BURST_S) / 40, took  # never faster than its rate; slower is the machine
    finally:
        await one.close()
        await two.close()


async def test_what_is_urgent_has_room_when_pulls_have_none(house: Any) -> None:
    line = RedisLimiter(house.redis_url)
    try:
        mine = shop(f"app{time.time_ns()}", 0.5)
        with pytest.raises(Unavailable) as e:
            for _ in range(50):
                await asyncio.wait_for(line.take(mine), 0.5)
        assert e.value.code == "platform_queue"
    except TimeoutError:
        pass  # a pull waits for its turn …
    try:
        with limiter.urgent():
            await asyncio.wait_for(line.take(mine), 0.5)  # … and a write-back does not
    finally:
        await line.close()


async def test_too_often_pauses_the_whole_app(house: Any) -> None:
    line = RedisLimiter(house.redis_url)
    try:
        mine = shop(f"app{time.time_ns()}", 1000)
        await line.pause(mine, 60)
        with pytest.raises(Unavailable) as e, limiter.urgent():
            await line.take(mine)
        assert 30 < (e.value.retry_after or 0) <= 60
        await line.take(shop(f"other{time.time_ns()}", 1000))  # another app is not concerned
    finally:
        await line.close()


async def test_without_redis_calls_go_on() -> None:
    line = RedisLimiter("redis://127.0.0.1:9")
    try:
        await line.take(shop("app", 0.01))
        await line.take(shop("app", 0.01))
    finally:
        await line.close()


def test_how_long_a_shop_rests() -> None:
    assert [round(breaker.rest_s(n, 0)) for n in range(12)] == [0, 0, 0, 0, 20, 40, 80, 160, 320, 600, 600, 600]
    assert breaker.rest_s(5, 1.0) == pytest.approx(40 * 2 / 3)


async def test_a_shop_that_does_not_answer_rests_and_comes_back(world: Any, db: Any) -> None:
    told, mine = Told(), world.shops["taobao"]
    await authorised(db, mine)
    told.error = down()
    for _ in range(breaker.AFTER):
        with pytest.raises(Unavailable):
            await pulling.pull(mine, told, intake.store_raw)
    asked = len(told.asked)
    with pytest.raises(Unavailable) as e:
        await pulling.pull(mine, told, intake.store_raw)
    assert e.value.code == "shop_resting" and len(told.asked) == asked  # not asked again
    row = await db.row("select open_until, trouble, failures from shop where id = $1", mine)
    assert row["open_until"] > clock.now() and row["trouble"] and row["failures"] == breaker.AFTER
    assert await db.value("select count(*) from event where kind = 'shop_paused'") == 1
    others = await db.rows("select failures from shop where id <> $1", mine)
    assert {r["failures"] for r in others} == {0}
    # Half open: the time is over, one call is let through; it fails, and the rest is longer.
    await db.run("update shop set open_until = now() - interval '1 second' where id = $1", mine)
    with pytest.raises(Unavailable):
        await pulling.pull(mine, told, intake.store_raw)
    longer = await db.value("select open_until - now() > interval '25 seconds' from shop where id = $1", mine)
    assert longer
    told.error = None
    await db.run("update shop set open_until = now() where id = $1", mine)
    await pulling.pull(mine, told, intake.store_raw)
    row = await db.row("select open_until, trouble, failures from shop where id = $1", mine)
    assert tuple(row) == (None, "", 0)


async def test_a_shop_that_is_hardly_ever_reached_for_long_comes_forward_all_the_same(world: Any, db: Any) -> None:
    """Half an hour is never read to its end, six minutes are: what was read whole is not lost with the rest."""

    class Flaky(Told):
        async def changed(self, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
            yield []
            if window.until - window.since > timedelta(minutes=6):
                raise down()

    told, mine = Flaky(), world.shops["taobao"]
    await authorised(db, mine)
    await db.run("update shop set watermark = now() - interval '40 minutes' where id = $1", mine)
    behind = []
    for _ in range(24):
        try:
            await pulling.pull(mine, told, intake.store_raw)
        except Unavailable:
            pass
        behind.append(await db.value("select now() - watermark from shop where id = $1", mine))
        await db.run("update shop set open_until = now() where id = $1", mine)
    assert behind[-1] < timedelta(minutes=8), behind
