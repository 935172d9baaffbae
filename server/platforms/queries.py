"""Reads of shops. Secrets are opened here and nowhere else."""

from typing import Any
from uuid import UUID

import msgspec

from server.errors import NotFound
from server.kit import crypto, db
from server.platforms.port import Shop

_COLUMNS = """id, platform, external_id, name, base_url, app_key, secret, secret_key, settings::text as settings,
              state, watermark, last_pull_at, trouble"""


async def get_shop(shop_id: UUID) -> tuple[Shop, Any]:
    """The shop with its secrets, for calls, and its row.

    Raises NotFound.
    """
    r = await db.row(f"select {_COLUMNS} from shop where id = $1", shop_id)
    if r is None:
        raise NotFound("no_shop", "没有这个店铺")
    secret = msgspec.json.decode(await crypto.open_sealed(r["secret_key"], r["secret"], f"shop|secret|{r['id']}"))
    return (
        Shop(
            id=str(r["id"]),
            platform=r["platform"],
            external_id=r["external_id"],
            base_url=r["base_url"],
            app_key=r["app_key"],
            app_secret=secret["app_secret"],
            access_token=secret.get("access_token", ""),
            refresh_token=secret.get("refresh_token", ""),
            settings=msgspec.json.decode(r["settings"]),
        ),
        r,
    )


async def list_shops(day_start: Any) -> list[Any]:
    return await db.rows(
        """select s.id, s.platform, s.name, s.state, s.last_pull_at, s.watermark, s.trouble as error,
                  (select count(*) from sales_order o where o.shop = s.id and o.taken_at >= $1) as orders_today
           from shop s order by s.created_at, s.id""",
        day_start,
    )
