"""Reads of mapping rules: their versions, and what a run found."""

from typing import Any, Final
from uuid import UUID

import msgspec

from server.errors import NotFound
from server.kit import db
from server.orders import versions
from server.orders.rule_schemas import ChangeView, Rules, RulesPage, RunPage, RunView, VersionView
from server.rulebook import RuleSet, written

STAYS: Final = """case when o.id is null then 'newer' when o.cancelled_at is not null then 'cancelled'
  when o.completed_at is not null then 'completed' when o.handed_over_at is not null then 'handed_over' else '' end"""
"""Why an order is left as it is when rules change; "": it is not. newer: the order stands on another raw one."""

DEEDS: Final = ("line_matched", "order_held", "order_released")
"""What people say of an order. No rule takes it back."""

_RUN = """select r.id, r.kind, r.version, r.state, r.total, r.seen, r.changed, r.counts::text as counts,
  coalesce(p.name, '') as person, r.made_at, r.ended_at from rule_run r left join person p on p.id = r.person"""


def _run(r: Any) -> RunView:
    return RunView(**{**dict(r), "counts": msgspec.json.decode(r["counts"])})


async def list_versions(platform: str) -> RulesPage:
    """The newest hundred versions and twenty runs of a platform. Raises NotFound: no rules for it."""
    file = await versions.at_version(platform, 0)
    found = await db.rows(
        """select v.version, v.base, v.same_as, coalesce(a.name, '') as author, v.reason, v.created_at, v.applied_at,
                  coalesce(b.name, '') as applied_by
           from rule_version v left join person a on a.id = v.author left join person b on b.id = v.applied_by
           where v.platform = $1 order by v.version desc limit 100""",
        platform,
    )
    runs = await db.rows(f"{_RUN} where r.platform = $1 order by r.made_at desc limit 20", platform)
    return RulesPage(
        platform=platform,
        in_force=max((r["version"] for r in found if r["applied_at"] is not None), default=0),
        versions=[VersionView(**dict(r)) for r in found] + [_file(file)],
        runs=[_run(r) for r in runs],
    )


def _file(file: RuleSet) -> VersionView:
    return VersionView(
        version=0,
        base=0,
        same_as=None,
        author="",
        reason=file.reason,
        created_at=None,
        applied_at=None,
        applied_by="",
    )


async def get_rules(platform: str, version: int) -> Rules:
    """The rules of one version. Raises NotFound."""
    return Rules(version, msgspec.json.decode(written(await versions.at_version(platform, version))))


async def get_run(run: UUID, after: UUID | None, limit: int) -> RunPage:
    """How far a run is, and a page of what it found, newest raw order first. Raises NotFound."""
    r = await db.row(f"{_RUN} where r.id = $1", run)
    if r is None:
        raise NotFound("no_run", "没有这次试算")
    found = await db.rows(
        f"""select c.raw, c.external_id, o.id as order_id, coalesce(o.no, '') as order_no, {STAYS} as stays,
                  array(select distinct e.kind from event e where e.subject_id = o.id and e.person is not null
                        and e.kind = any($4::text[]) order by 1) as deeds, c.fields::text as fields
           from rule_change c left join sales_order o on o.raw = c.raw
           where c.run = $1 and ($2::uuid is null or c.raw < $2) order by c.raw desc limit $3""",
        run,
        after,
        limit,
        list(DEEDS),
    )
    rows = [
        ChangeView(**{**dict(c), "deeds": list(c["deeds"]), "fields": msgspec.json.decode(c["fields"])}) for c in found
    ]
    ended = r["state"] != "running"
    return RunPage(
        run=_run(r),
        rows=rows,
        after=str(rows[-1].raw) if len(rows) == limit else "",
        kinds=await _kinds(run) if ended else {},
        kept=await _kept(run) if ended else 0,
    )


async def _kinds(run: UUID) -> dict[str, dict[str, int]]:
    found = await db.rows(
        """select field, kind, count(*) as n from (
             select case when f.key like 'lines.%' then 'lines.' || substring(f.key from '[^.]*$')
                         else f.key end as field,
                    case when f.value -> 0 in ('null', '""', '[]') then 'filled'
                         when f.value -> 1 in ('null', '""', '[]') then 'emptied' else 'changed' end as kind
             from rule_change c cross join jsonb_each(c.fields) f where c.run = $1) x group by 1, 2""",
        run,
    )
    kinds: dict[str, dict[str, int]] = {}
    for r in found:
        kinds.setdefault(r["field"], {})[r["kind"]] = r["n"]
    return kinds


async def _kept(run: UUID) -> int:
    kept: int = await db.value(
        f"""select count(*) from rule_change c left join sales_order o on o.raw = c.raw
            where c.run = $1 and {STAYS} <> ''""",
        run,
    )
    return kept
