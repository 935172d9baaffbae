"""`zhongshu demo`: a small shop to try everything on. Idempotent: what is there already stays."""

import secrets
from datetime import timedelta
from uuid import UUID

import msgspec
import structlog

from server.accounts import actions as accounts
from server.kit import clock, crypto, db
from server.kit.ids import uuid7
from server.platforms import actions as platforms
from server.sandbox import accounts as sandbox
from server.sandbox.catalogue import SKUS
from server.settings import Settings
from server.stock import actions as stock
from server.stock.schemas import Receipt

log = structlog.get_logger(__name__)

PEOPLE = (
    ("manager", "演示管理", "manager"),
    ("kefu", "演示客服", "service"),
    ("picker", "演示仓储", "warehouse"),
    ("kuguan", "演示库管", "stock"),
    ("caiwu", "演示财务", "finance"),
)
ON_HAND = 500


class Login(msgspec.Struct, frozen=True):
    login: str
    password: str
    name: str
    role: str


async def load(settings: Settings) -> list[Login]:
    """Warehouse, goods with stock, four shops, a carrier and five people. The logins that were made now."""
    await goods_and_shops(settings)
    return await _people()


async def goods_and_shops(settings: Settings) -> None:
    """All but the people."""
    await _goods(await _warehouse())
    await _shops(settings)
    await _carrier(settings)


async def _warehouse() -> UUID:
    await db.run(
        "insert into warehouse(id, code, name) values($1, 'HZ', '杭州仓') on conflict (code) do nothing", uuid7()
    )
    found: UUID = await db.value("select id from warehouse where code = 'HZ'")
    return found


async def _goods(warehouse: UUID) -> None:
    async with db.transaction():
        made = await db.rows(
            """insert into sku(id, code, name, variant, bin)
               select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
               on conflict (code) do nothing returning id, code""",
            [uuid7() for _ in SKUS],
            [s.code for s in SKUS],
            [s.name for s in SKUS],
            [s.variant for s in SKUS],
            [s.bin for s in SKUS],
        )
        ids = {r["code"]: r["id"] for r in made}
        new = [s for s in SKUS if s.code in ids]
        await db.run(
            "insert into barcode(code, sku) select * from unnest($1::text[], $2::uuid[]) on conflict do nothing",
            [s.barcode for s in new],
            [ids[s.code] for s in new],
        )
    if new:
        await stock.receive_goods([Receipt(ids[s.code], ON_HAND) for s in new], warehouse, "期初库存")
        log.info("demo_goods", skus=len(new))


async def _shops(settings: Settings) -> None:
    for shop in sandbox.SHOPS:
        await platforms.add_shop(
            platform=shop["platform"],
            external_id=shop["external_id"],
            name=shop["name"],
            base_url=f"{settings.sandbox_url}{shop['path']}",
            app_key=shop["app_key"],
            secret={"app_secret": shop["app_secret"], "access_token": shop["access_token"]},
            settings={"pull_every_s": 5, "lag_s": 190 if shop["platform"] == "pinduoduo" else 5},
            watermark=clock.now() - timedelta(hours=1),
        )


async def _carrier(settings: Settings) -> None:
    known = await db.value("select id from carrier where code = 'SLX'")
    carrier: UUID = known or uuid7()
    key_id, key = await crypto.lasting_key(carrier)
    secret = msgspec.json.encode({"app_secret": sandbox.CARRIER_SECRET})
    await db.run(
        """insert into carrier(id, code, name, base_url, app_key, secret, secret_key)
           values($1, 'SLX', '顺路速运', $2, $3, $4, $5)
           on conflict (code) do update set base_url = excluded.base_url, secret = excluded.secret,
             secret_key = excluded.secret_key""",
        carrier,
        settings.sandbox_url,
        sandbox.CARRIER_KEY,
        crypto.seal(key_id, key, secret, f"carrier|secret|{carrier}"),
        key_id,
    )


async def _people() -> list[Login]:
    made: list[Login] = []
    for login, name, role in PEOPLE:
        if await db.value("select 1 from person where login = $1", login):
            continue
        password = f"{secrets.choice('abcdefghjkmnpqrstuvwxyz')}{secrets.token_hex(2)}-{secrets.token_hex(3)}"
        await accounts.add_person(login, name, role, password)
        made.append(Login(login, password, name, role))
    return made
