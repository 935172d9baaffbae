"""Reads of shops. Secrets are opened here and nowhere else."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from server.errors import NotFound
from server.kit import crypto, db
from server.platforms.port import Shop

_COLUMNS = """id, platform, external_id, name, base_url, app_key, secret, secret_key, settings::text as settings,
              state, watermark, last_pull_at, trouble, granted_at, access_until, refresh_until, failures, open_until,
              refund_watermark"""


async def get_shop(shop_id: UUID) -> tuple[Shop, Any]:
    """The shop with its secrets, for calls, and its row.

    Raises NotFound.
    """
    r = await db.row(f"select {_COLUMNS} from shop where id = $1", shop_id)
    if r is None:
        raise NotFound("no_shop", "没有这个店铺")
    return _opened(r, await crypto.keys([r["secret_key"]])), r


async def of_platform(platform: str) -> list[Shop]:
    """The shops of a platform that are on, with their secrets."""
    found = await db.rows(
        f"select {_COLUMNS} from shop where platform = $1 and state in ('on', 'needs_auth') order by id", platform
    )
    keys = await crypto.keys(r["secret_key"] for r in found)
    return [_opened(r, keys) for r in found]


def _opened(r: Any, keys: Mapping[UUID, Any]) -> Shop:
    key = keys.get(r["secret_key"])
    if key is None:
        raise NotFound("no_data_key", "找不到这条数据的密钥")
    secret = msgspec.json.decode(crypto.unseal(r["secret_key"], key, r["secret"], f"shop|secret|{r['id']}"))
    return Shop(
        id=str(r["id"]),
        platform=r["platform"],
        external_id=r["external_id"],
        base_url=r["base_url"],
        app_key=r["app_key"],
        app_secret=secret["app_secret"],
        access_token=secret.get("access_token", ""),
        refresh_token=secret.get("refresh_token", ""),
        settings=msgspec.json.decode(r["settings"]),
    )


async def own_managers(demo_logins: Sequence[str]) -> int:
    """Managers who are not the demo's."""
    return int(
        await db.value(
            """select count(*) from person where role = 'manager' and active
               and not (login = any($1::text[]) and name like '演示%')""",
            list(demo_logins),
        )
    )


async def list_shops(day_start: Any) -> list[Any]:
    return await db.rows(
        """select s.id, s.platform, s.name, s.state, s.last_pull_at, s.watermark, s.trouble as error, s.external_id,
                  s.app_key, s.base_url, s.access_until, s.refresh_until, s.open_until, s.failures,
                  s.progress::text as progress, s.listings_at, s.listings_said::text as listings_said,
                  s.settings::text as settings,
                  (select count(*) from sales_order o where o.shop = s.id and o.taken_at >= $1) as orders_today,
                  (select count(*) from hint h where h.shop = s.id and h.looked_at is null) as waiting,
                  coalesce(c.asked, 0) as refunds_asked, coalesce(c.open, 0) as refunds_open
           from shop s left join (select shop, count(*) filter (where state = 'asked') as asked, count(*) as open
                                  from refund_case where state not in ('done', 'closed') group by shop) c
                       on c.shop = s.id
           order by s.created_at, s.id""",
        day_start,
    )
