"""The same history of messages, in a thousand orders and each message ten times: the hub's orders are the same bytes.

The bodies are the sandbox's answers, one after each change of an order, read by the product's adapters; they go
through the real intake on a real database, in pages of any size, mapped now and then in between.
"""

import asyncio
import os
import random
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from server.kit import crypto
from server.kit.ids import uuid7
from server.orders import intake
from server.platforms import registry
from server.platforms.port import RawOrder, Shop
from server.sandbox import life
from server.sandbox.accounts import SHOPS
from server.sandbox.app import create_app
from server.sandbox.model import Order
from server.sandbox.spoil import orders_in, spoil
from server.sandbox.world import World as Simulated
from tests.support.world import World

PERMUTATIONS = int(os.environ.get("ZS_PERMUTATIONS", "1000"))
TIMES = 10
AT_ONCE = 6
BASE = "http://sandbox.test"

Act = Callable[[Simulated, Order, int], Any]
ACTS: tuple[Act, ...] = (
    lambda w, o, at: life.move(w, o, at, parts={}),
    lambda w, o, at: life.refund(w, o, at, to="asked", lines=[1]),
    lambda w, o, at: life.note(w, o, at, buyer="请放门口", seller="加急", flag=1),
    lambda w, o, at: life.refund(w, o, at, to="none", lines=[1]),
    lambda w, o, at: life.risk(w, o, at, on=True),
    lambda w, o, at: (life.risk(w, o, at, on=False), life.move(w, o, at, parts={})),
)

STANDS = """select o.external_id, o.platform_state, o.placed_at, o.paid_at, o.modified_at, o.currency, o.goods_minor,
    o.discount_minor, o.freight_minor, o.total_minor, o.refund, o.risk, o.locked, o.self_fulfilled, o.note_present,
    o.provenance::text as provenance, o.cancelled_at is null as alive,
    (select jsonb_agg(to_jsonb(l) - '{id,order_id}'::text[] order by l.pos)
       from order_line l where l.order_id = o.id and not l.gone)::text as lines,
    r.masked::text as masked, r.token::text as token, r.region::text as region, r.plain, r.digest, r.note_digest,
    r.id as receiver, r.sealed, r.sealed_key, encode(w.content_hash, 'hex') as stands_on
  from sales_order o join raw_order w on w.id = o.raw
  join receiver_version r on r.order_id = o.id and r.version = o.receiver_version
  where o.shop = $1 order by o.external_id"""


async def histories(platform: str) -> list[list[RawOrder]]:
    """What the platform would have answered after each change of an order, for two orders; one answer is broken."""
    app = create_app(7)
    account = next(s for s in SHOPS if s["platform"] == platform)
    names = ("external_id", "app_key", "app_secret", "access_token")
    shop = Shop(id="s", platform=platform, base_url=f"{BASE}{account['path']}", **{n: account[n] for n in names})
    world: Simulated = app.state.world
    transport, all_of = httpx.ASGITransport(app=app, client=("127.0.0.1", 1)), []
    async with httpx.AsyncClient(transport=transport) as client:
        adapter = registry.connect(platform, client)
        for n in range(2):
            at = int(time.time()) - 7200
            order = world.place(platform, at=at, odd=False, draw_seed=n, skus=["TEE-WHT-M", "TEE-WHT-M", "OLD-1"])  # type: ignore[arg-type]
            found = [await adapter.order(shop, order.external_id)]
            for act in ACTS:
                at += 300
                act(world, order, at)
                world.changed(order, at)
                found.append(await adapter.order(shop, order.external_id))
            bad = msgspec.json.decode(found[-2].body)
            for inner in orders_in(bad):
                spoil(inner, "malformed_fields", lambda choices: choices[0])
            found.append(msgspec.structs.replace(found[-2], body=msgspec.json.encode(bad)))
            all_of.append(found)
    return all_of


async def another_shop(db: Any, like: UUID) -> UUID:
    new = uuid7()
    await db.run(
        """insert into shop(id, platform, external_id, name, base_url, app_key, secret, secret_key, settings, watermark)
           select $2::uuid, platform, $2::uuid::text, name, base_url, app_key, secret, secret_key, settings, watermark
           from shop where id = $1""",
        like,
        new,
    )
    return new


async def told(db: Any, shop: UUID, platform: str, messages: list[RawOrder], rng: random.Random) -> bytes:
    """What the hub's orders are after these messages, as canonical bytes. Sealed parts are opened."""
    start = 0
    while start < len(messages):
        some = rng.randint(1, 60)
        await intake.store_raw(shop, platform, messages[start : start + some])
        start += some
        if rng.random() < 0.5:
            await intake.map_pending(shop, platform)
    while await intake.map_pending(shop, platform):
        pass
    stands = []
    for r in await db.rows(STANDS, shop):
        row = dict(r)
        where = f"receiver_version|sealed|{row.pop('receiver')}"
        row["private"] = await crypto.open_sealed(row.pop("sealed_key"), row.pop("sealed"), where)
        stands.append(row)
    assert await db.value("select count(*) from sales_order where shop = $1", shop) == len(stands) == 1
    return msgspec.json.encode(stands, order="sorted")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("platform", ["taobao", "jd", "pinduoduo", "shopee"])
async def test_any_order_of_the_same_messages_makes_the_same_orders(world: World, db: Any, platform: str) -> None:
    both, like = await histories(platform), world.shops[platform]
    wanted = [await told(db, await another_shop(db, like), platform, found, random.Random(0)) for found in both]
    for one in wanted:
        assert b'"holds": []' in one.replace(b"\\", b""), one  # the broken answer is not the one that counts
    left = iter(range(PERMUTATIONS // 4))
    wrong: list[int] = []

    async def some() -> None:
        for n in left:
            rng = random.Random(f"permutation {platform} {n}")
            shuffled = both[n % 2] * TIMES
            rng.shuffle(shuffled)
            if await told(db, await another_shop(db, like), platform, shuffled, rng) != wanted[n % 2]:
                wrong.append(n)

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    assert not wrong, f"{len(wrong)} of {PERMUTATIONS // 4} permutations made other orders: {wrong[:10]}"
