"""A shop whose platform does not answer is left in peace for a while, longer each time; the desk shows until when."""

import random
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from server.errors import Unavailable
from server.events import ShopPaused
from server.kit import clock, db

AFTER: Final = 4
"""Failures in a row before calls rest."""
FIRST_S: Final = 20.0
MOST_S: Final = 600.0
_NOT_ITS_FAULT: Final = frozenset({"shop_renewing", "shop_resting", "platform_restless", "platform_queue"})


def rest_s(failures: int, chance: float) -> float:
    """How long calls rest after so many failures in a row, in seconds: doubled each time, shortened by up to a third by
    chance (0–1), so that shops that failed together do not come back together."""
    if failures < AFTER:
        return 0.0
    whole = min(MOST_S, FIRST_S * 2.0 ** min(failures - AFTER, 10))
    return whole * (1 - chance / 3)


def check(row: Any, now: datetime | None = None) -> None:
    """Raises Unavailable while calls to this shop rest. row: of the table shop."""
    until = row["open_until"]
    left = (until - (now or clock.now())).total_seconds() if until else 0.0
    if left > 0:
        raise Unavailable("shop_resting", "平台多次没有响应，稍后自动重试", retry_after=left)


async def failed(shop_id: UUID, e: Unavailable) -> None:
    """A call was not answered, or refused for now. What the platform itself says about when counts at least."""
    if e.code in _NOT_ITS_FAULT:
        return
    async with db.transaction() as tx:
        r = await db.row("select failures, open_until from shop where id = $1 for update", shop_id)
        if r is None:
            return
        failures = r["failures"] + 1
        rest = max(rest_s(failures, random.random()), min(e.retry_after or 0.0, MOST_S))
        until = clock.now() + timedelta(seconds=rest) if rest else None
        await db.run(
            "update shop set failures = $2, open_until = $3, trouble = $4 where id = $1",
            shop_id,
            failures,
            until,
            e.message,
        )
        if failures == AFTER and until is not None:
            await tx.emit(ShopPaused(subject=shop_id, reason=e.message, to={"until": until.isoformat()}))


async def worked(shop_id: UUID) -> None:
    """It answers again."""
    await db.run(
        "update shop set failures = 0, open_until = null where id = $1 and (failures > 0 or open_until is not null)",
        shop_id,
    )
