"""A version of rules over raw orders, in pages: a preview writes what would change, and no order; a replay has what
is still open mapped anew by the version that came into force."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from server.errors import Conflict, Invalid, NotFound
from server.events import RawStored
from server.kit import clock, crypto, db
from server.kit.ids import uuid7
from server.orders import rulediff, versions
from server.orders.mapping import map_order
from server.orders.versions import OPEN, STANDS

PAGE = 500
MAX_LAST = 100_000


async def begin(platform: str, version: int, last: int, person: UUID | None) -> UUID:
    """Start a preview over the newest `last` raw orders, against the version it was made from; returns the run.

    Raises NotFound: no such version; Invalid: too many orders, or none.
    """
    if not 1 <= last <= MAX_LAST:
        raise Invalid("too_many", f"一次可以试 1 到 {MAX_LAST:,} 张原始订单")
    async with db.transaction() as tx:
        await versions.at_version(platform, version)
        total = await db.value(f"select count(*) from (select 1 from {STANDS} limit $2) x", platform, last)
        return await versions.enter_run(tx, "preview", platform, version, total, person)


async def step(run: UUID) -> bool:
    """The next page, newest first. False: nothing is left, or it was cancelled. A page is settled whole or not at all.

    Raises NotFound.
    """
    async with db.transaction() as tx:
        at = await db.row(
            """select r.kind, r.platform, r.version, r.state, r.cursor, r.total, r.seen, r.counts::text as counts,
                      coalesce(v.base, 0) as base
               from rule_run r left join rule_version v on v.platform = r.platform and v.version = r.version
               where r.id = $1 for update of r""",
            run,
        )
        if at is None:
            raise NotFound("no_run", "没有这次试算")
        if at["state"] != "running":
            return False
        old = await versions.at_version(at["platform"], at["base"])
        new = await versions.at_version(at["platform"], at["version"])
        page = await db.rows(
            f"""select r.id, r.shop, r.external_id, r.sealed, r.sealed_key from {STANDS}
                {OPEN if at["kind"] == "replay" else ""}
                where $2::uuid is null or r.id < $2 order by r.id desc limit $3""",
            at["platform"],
            at["cursor"],
            PAGE if at["kind"] == "replay" else min(PAGE, at["total"] - at["seen"]),
        )
        if not page:
            await db.run("update rule_run set state = 'done', ended_at = $2 where id = $1", run, clock.now())
            return False
        keys = await crypto.keys(r["sealed_key"] for r in page)
        counts: dict[str, int] = msgspec.json.decode(at["counts"])
        found: list[tuple[Any, ...]] = []
        for r in page:
            body = crypto.unseal(r["sealed_key"], keys[r["sealed_key"]], r["sealed"], f"raw_order|sealed|{r['id']}")
            changes = rulediff.diff(map_order(at["platform"], body, old), map_order(at["platform"], body, new))
            if changes:
                for kind in {rulediff.kind(c.field) for c in changes}:
                    counts[kind] = counts.get(kind, 0) + 1
                fields = {c.field: [c.was, c.becomes, c.source] for c in changes}
                found.append((uuid7(), run, r["id"], r["external_id"], db.jsonb(fields)))
        await db.copy("rule_change", ["id", "run", "raw", "external_id", "fields"], found)
        await db.run(
            """update rule_run set cursor = $2, seen = seen + $3, changed = changed + $4, counts = $5::jsonb,
                 total = greatest(total, seen + $3) where id = $1""",
            run,
            page[-1]["id"],
            len(page),
            len(found),
            db.jsonb(counts),
        )
        if at["kind"] == "replay":
            await _anew(tx, page)
    return True


async def _anew(tx: db.Tx, page: Sequence[Any]) -> None:
    """These raw orders are mapped once more, by the one path on which orders change: so whatever a person decided
    (a release, a match, a hold of their own) is treated as after any news from the platform."""
    armed = await db.rows(
        "update raw_order set state = 'new' where id = any($1::uuid[]) and state = 'mapped' returning shop",
        [r["id"] for r in page],
    )
    shops = Counter(r["shop"] for r in armed)
    await tx.emit(*(RawStored(subject=shop, to={"count": n}) for shop, n in sorted(shops.items())))


async def cancel(run: UUID) -> None:
    """Stop a preview after the page that is under way; what was found stays. An ended one stays as it ended.

    Raises NotFound; Conflict: a replay goes through, or orders would stand on two versions.
    """
    async with db.transaction():
        kind = await db.value("select kind from rule_run where id = $1", run)
        if kind is None:
            raise NotFound("no_run", "没有这次试算")
        if kind == "replay":
            raise Conflict("replay_runs", "启用后的重算不能停；要回到原来的规则，请撤回")
        await db.run(
            "update rule_run set state = 'cancelled', ended_at = $2 where id = $1 and state = 'running'",
            run,
            clock.now(),
        )
