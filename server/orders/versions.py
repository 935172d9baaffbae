"""Versions of mapping rules: which is in force, drafts, applying, undoing. A version never changes once written."""

from functools import lru_cache
from uuid import UUID

from server import rulebook
from server.errors import Conflict, Invalid, NotFound
from server.events import RulesApplied, RulesDrafted, RulesTried
from server.kit import clock, db
from server.kit.ids import uuid7
from server.orders import mapping
from server.rulebook import BadRules, RuleSet

MAX_BODY = 256 * 1024
_LOCK = 0x7275_6C65
"""First half of an advisory lock, the platform is the other: mapping holds it shared, applying alone.

So once a version is applied, everything that was mapped by the one before is committed and a replay sees it.
"""


STANDS = """raw_order r join shop s on s.id = r.shop and s.platform = $1
     join sales_order o on o.shop = r.shop and o.external_id = r.external_id and o.raw = r.id
     join data_key k on k.id = r.sealed_key and k.wrapped is not null"""
"""Raw orders that an order stands on and that can still be read."""
OPEN = "and o.handed_over_at is null and o.cancelled_at is null and o.completed_at is null"
"""What left the house, or is over, stays as it was."""


@lru_cache(maxsize=32)
def _built(platform: str, version: int, author: str, reason: str, body: str) -> RuleSet:
    """Built once in a process. Keyed by what it says, so nothing that is kept can be old."""
    return rulebook.revise(rulebook.current(platform), version, author, reason, body.encode())


async def in_force(platform: str) -> RuleSet:
    """The rules by which orders are mapped now. In a transaction: they stay in force until it ends. Raises BadRules."""
    await db.value("select pg_advisory_xact_lock_shared($1, hashtext($2))", _LOCK, platform)
    found = await db.row(
        """select version, author::text, reason, body from rule_version
           where platform = $1 and applied_at is not null order by version desc limit 1""",
        platform,
    )
    if found is None:
        return rulebook.current(platform)
    return _built(platform, found["version"], found["author"] or "-", found["reason"], found["body"])


async def at_version(platform: str, version: int) -> RuleSet:
    """One version; 0 is the file. Raises NotFound."""
    if version == 0:
        return file_of(platform)
    found = await db.row(
        "select author::text, reason, body from rule_version where platform = $1 and version = $2", platform, version
    )
    if found is None:
        raise NotFound("no_version", "没有这个规则版本")
    return _built(platform, version, found["author"] or "-", found["reason"], found["body"])


async def draft(
    platform: str, body: str, reason: str, base: int, person: UUID | None, same_as: int | None = None
) -> int:
    """Write a new version down, not in force yet; returns its number.

    Raises Invalid: rules that are not in order, no reason; NotFound: no such platform or base.
    """
    if not reason.strip():
        raise Invalid("reason_needed", "请写明为什么改规则")
    async with db.transaction() as tx:
        await db.value("select pg_advisory_xact_lock($1, hashtext($2))", _LOCK, platform)
        await at_version(platform, base)
        last: int = await db.value("select coalesce(max(version), 0) from rule_version where platform = $1", platform)
        check(platform, body, last + 1)
        version_id = uuid7()
        await db.run(
            """insert into rule_version(id, platform, version, base, same_as, body, author, reason)
               values($1, $2, $3, $4, $5, $6, $7, $8)""",
            version_id,
            platform,
            last + 1,
            base,
            same_as,
            body,
            person,
            reason.strip(),
        )
        await tx.emit(RulesDrafted(subject=version_id, to={"platform": platform, "version": last + 1, "base": base}))
    return last + 1


def check(platform: str, body: str, version: int) -> RuleSet:
    """Rules as somebody wrote them, in order. Raises Invalid, which names the rule; NotFound: no such platform."""
    if len(body.encode()) > MAX_BODY:
        raise Invalid("rules_too_large", "规则太多了，最多 256 KB")
    try:
        rules = rulebook.revise(file_of(platform), version, "-", "-", body.encode())
        mapping.check(platform, rules)
    except BadRules as e:
        where = f"规则「{e.rule[:40]}」" if e.rule else "规则"
        raise Invalid("bad_rules", f"{where}有误：{e.zh[:200]}", rule=e.rule[:200]) from e
    return rules


def file_of(platform: str) -> RuleSet:
    """The rules that come with the house. Raises NotFound."""
    try:
        return rulebook.current(platform)
    except BadRules as e:
        raise NotFound("no_rules", "没有这个平台的规则") from e


async def apply(platform: str, version: int, person: UUID | None) -> None:
    """Put a version in force, and have all open orders mapped by it. Again: nothing happens.

    Raises NotFound; Conflict when another version came into force since this one was begun.
    """
    async with db.transaction() as tx:
        await db.value("select pg_advisory_xact_lock($1, hashtext($2))", _LOCK, platform)
        found = await db.row(
            "select id, base, applied_at from rule_version where platform = $1 and version = $2", platform, version
        )
        if found is None:
            raise NotFound("no_version", "没有这个规则版本")
        now = (await in_force(platform)).house
        if found["applied_at"] is not None and now == version:
            return
        if found["base"] != now or found["applied_at"] is not None:
            raise Conflict("rules_moved", f"规则已被改成第 {now} 版，请在它的基础上重新修改")
        await db.run(
            "update rule_version set applied_at = $2, applied_by = $3 where id = $1", found["id"], clock.now(), person
        )
        await tx.emit(RulesApplied(subject=found["id"], frm={"version": now}, to={"version": version}))
        total = await db.value(f"select count(*) from {STANDS} {OPEN}", platform)
        await enter_run(tx, "replay", platform, version, total, person)


async def enter_run(tx: db.Tx, kind: str, platform: str, version: int, total: int, person: UUID | None) -> UUID:
    """A run of a version over `total` raw orders, for the job to take up. kind: preview, replay."""
    run = uuid7()
    await db.run(
        "insert into rule_run(id, kind, platform, version, total, person) values($1, $2, $3, $4, $5, $6)",
        run,
        kind,
        platform,
        version,
        total,
        person,
    )
    await tx.emit(RulesTried(subject=run, to={"platform": platform, "version": version, "orders": total}))
    return run


async def undo(platform: str, back_to: int, reason: str, person: UUID | None) -> int:
    """A new version, in force, that says what an old one said; returns its number. Raises as draft and apply do."""
    async with db.transaction():
        await db.value("select pg_advisory_xact_lock($1, hashtext($2))", _LOCK, platform)
        now, old = await in_force(platform), await at_version(platform, back_to)
        version = await draft(platform, rulebook.written(old).decode(), reason, now.house, person, back_to)
        await apply(platform, version, person)
    return version
