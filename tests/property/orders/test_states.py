"""The ladder: Python and SQL say the same for every combination of facts; transitions are set once and in order."""

import itertools
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from server.orders import states
from server.orders.states import LADDER, Facts, ladder
from tests.support.world import World

AT = datetime(2026, 11, 25, tzinfo=UTC)
COLUMNS = ("paid_at", "cancelled_at", "wave", "handed_over_at", "completed_at")
PLATFORM = ("unpaid", "paid", "shipped", "completed", "cancelled", "unknown")


async def test_sql_and_python_agree(db: Any) -> None:
    cases = [
        (*(bool(b) for b in bits), platform)
        for bits in itertools.product((0, 1), repeat=len(COLUMNS))
        for platform in PLATFORM
    ]
    found = await db.rows(
        f"""select n, {states.LADDER_SQL} as ladder from (
              select n, case when p then now() end as paid_at, case when c then now() end as cancelled_at,
                     case when w then gen_random_uuid() end as wave, case when h then now() end as handed_over_at,
                     case when d then now() end as completed_at, s as platform_state
              from unnest($1::bool[], $2::bool[], $3::bool[], $4::bool[], $5::bool[], $6::text[])
                   with ordinality u(p, c, w, h, d, s, n)) o order by n""",
        *db.unzip(cases, 6),
    )
    assert len(found) == len(cases) == 192
    for case, row in zip(cases, found, strict=True):
        values: dict[str, Any] = {c: AT if on else None for c, on in zip(COLUMNS, case[:5], strict=True)}
        values["wave"] = uuid4() if case[2] else None
        assert ladder(Facts(**values, platform_state=case[5])) == row["ladder"] in LADDER, case


async def test_facts_are_set_once_and_in_order(db: Any, world: World) -> None:
    shop, order = world.shops["taobao"], uuid4()
    await db.run(
        """insert into sales_order(id, no, shop, platform, external_id, raw, paid_at)
           values($1, 'ZS-1', $2, 'taobao', '1', $1, now())""",
        order,
        shop,
    )

    async def set_fact(name: str) -> bool:
        return bool(await db.rows(states.set_sql(name), [order], AT))

    assert not await set_fact("reserved")
    assert await set_fact("reviewed") and not await set_fact("reviewed")
    assert not await set_fact("picked")
    assert await set_fact("reserved")
    assert not await set_fact("packed") and not await set_fact("handed_over")
    assert await set_fact("cancelled")
    assert not await set_fact("completed")
