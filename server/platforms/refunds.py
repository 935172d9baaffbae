"""After-sales cases: what changed since the last look is kept, and its orders are read back (their lines carry the
refund that stops a parcel). What is done about a case is not decided here."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from server.errors import Rejected, Unauthenticated, Unavailable
from server.kit import clock, crypto, db
from server.kit.ids import uuid7
from server.platforms import actions, breaker, hints, queries, tokens
from server.platforms.port import Hint, Platform, RawRefund, Window

EVERY_S: Final = 120.0
_OVERLAP: Final = timedelta(minutes=10)
_LONGEST: Final = timedelta(minutes=30)
_LAG: Final = timedelta(seconds=5)


async def pull(shop_id: UUID, platform: Callable[[str], Platform]) -> int:
    """Keep all cases that changed since the watermark. Returns how many were new or other than known.

    Raises Unavailable; the watermark moves window by window.
    """
    shop, row = await queries.get_shop(shop_id)
    adapter = platform(shop.platform)
    if row["state"] != "on" or not adapter.powers.refunds:
        return 0
    breaker.check(row)
    news, until = 0, clock.now() - _LAG
    start = row["refund_watermark"] - _OVERLAP
    try:
        while start < until:
            window = Window(start.replace(microsecond=0), min(start + _LONGEST, until).replace(microsecond=0))
            async for page in adapter.refunds(shop, window):
                news += await keep(shop_id, page)
            await db.run(
                "update shop set refund_watermark = greatest(refund_watermark, $2) where id = $1", shop_id, window.until
            )
            start += _LONGEST
        await actions.answered(shop_id, "cases_refused")
    except Unauthenticated as e:
        await tokens.refused(shop_id, shop.access_token, e.message, can=adapter.powers.refresh)
    except Rejected as e:
        await actions.refused(shop_id, "cases_refused", f"拉不到售后单（订单照常拉取）：{e.message}")
    except Unavailable as e:
        await breaker.failed(shop_id, e)
        raise
    return news


async def keep(shop_id: UUID, cases: Sequence[RawRefund]) -> int:
    """Store cases; an older version never replaces a newer one. Orders of what is new are to be read back."""
    newest: dict[str, RawRefund] = {}
    for case in cases:
        before = newest.get(case.external_id)
        if before is None or before.modified is None or (case.modified or before.modified) >= before.modified:
            newest[case.external_id] = case
    if not newest:
        return 0
    async with db.transaction() as tx:
        key_id, key = await crypto.key_for(shop_id, clock.now())
        known = {
            r["external_id"]: r["id"]
            for r in await db.rows(
                "select id, external_id from refund_case where shop = $1 and external_id = any($2::text[])",
                shop_id,
                list(newest),
            )
        }
        rows = []
        for external_id in sorted(newest):
            c, row_id = newest[external_id], known.get(external_id) or uuid7()
            rows.append(
                (
                    row_id, external_id, c.order_id, c.state, c.kind, c.amount_minor, c.currency,
                    db.jsonb(list(c.line_keys)), c.waybill_no,
                    crypto.seal(key_id, key, c.body, f"refund_case|sealed|{row_id}"), c.modified,
                )
            )  # fmt: skip
        changed = await db.rows(
            """insert into refund_case(id, shop, external_id, order_external_id, state, kind, amount_minor, currency,
                                       line_keys, waybill_no, sealed, sealed_key, modified_at)
               select i, $1, x, o, s, k, a, c, array(select jsonb_array_elements_text(l)), w, b, $2, m
               from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[],
                           $10::jsonb[], $11::text[], $12::bytea[], $13::timestamptz[])
                    u(i, x, o, s, k, a, c, l, w, b, m)
               on conflict (shop, external_id) do update set
                 order_external_id = excluded.order_external_id, state = excluded.state, kind = excluded.kind,
                 amount_minor = excluded.amount_minor, currency = excluded.currency, line_keys = excluded.line_keys,
                 waybill_no = excluded.waybill_no, sealed = excluded.sealed, sealed_key = excluded.sealed_key,
                 modified_at = excluded.modified_at, seen_at = now()
               where (refund_case.modified_at is null or excluded.modified_at is null
                      or excluded.modified_at >= refund_case.modified_at)
                 and (refund_case.state, refund_case.kind, refund_case.amount_minor, refund_case.waybill_no)
                     is distinct from (excluded.state, excluded.kind, excluded.amount_minor, excluded.waybill_no)
               returning order_external_id""",
            shop_id,
            key_id,
            *db.unzip(rows, 11),
        )
        orders = sorted({r["order_external_id"] for r in changed if r["order_external_id"]})
        await hints.take(tx, shop_id, [Hint("", "order", o) for o in orders], "poll")
    return len(changed)
