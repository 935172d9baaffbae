"""Raw order beside order: what rules may be made of, the newest raw orders, and what one becomes under some rules."""

from decimal import Decimal
from typing import Any, get_args
from uuid import UUID

from server.errors import NotFound
from server.kit import crypto, db
from server.orders import queries, rulediff, targets, versions
from server.orders.mapping import MappedOrder, bodies, map_order
from server.orders.rule_queries import DEEDS, STAYS
from server.orders.rule_schemas import (
    Deed,
    FieldView,
    Look,
    PlatformRow,
    PlatformsPage,
    RawRow,
    RawsPage,
    RuleForm,
    TargetView,
)
from server.platforms.raw import Unreadable
from server.rulebook.forms import NEEDS_VALUES, Op, Step


async def list_platforms() -> PlatformsPage:
    """The platforms whose orders are mapped, and the version in force of each."""
    found = await db.rows(
        "select platform, max(version) as n from rule_version where applied_at is not null group by 1"
    )
    now = {r["platform"]: r["n"] for r in found}
    return PlatformsPage([PlatformRow(code, body.name, now.get(code, 0)) for code, body in bodies.items()])


def form(platform: str) -> RuleForm:
    """The closed lists that rules of a platform are made of. Raises NotFound."""
    body = bodies.get(platform)
    if body is None:
        raise NotFound("no_rules", "没有这个平台的规则")
    return RuleForm(
        targets=[
            TargetView(name, t.zh, t.kind, t.line, t.required, sorted(t.choices), t.field)
            for name, t in targets.BY_NAME.items()
        ],
        ops=list(get_args(Op)),
        with_values=sorted(NEEDS_VALUES),
        steps=[*get_args(Step), "map"],
        personal=sorted(body.personal_fields),
    )


async def list_raws(platform: str, q: str, limit: int) -> RawsPage:
    """The newest raw orders that an order stands on; q: part of its number, ours or the platform's."""
    like = "%" + q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    found = await db.rows(
        f"""select r.id, r.external_id, s.name as shop_name, r.received_at, o.id as order_id, o.no as order_no,
                   {STAYS} as stays
            from {versions.STANDS} where $2 = '%%' or o.no ilike $2 or o.external_id ilike $2
            order by r.id desc limit $3""",
        platform,
        like,
        limit,
    )
    still: int = await db.value(f"select count(*) from {versions.STANDS} {versions.OPEN}", platform)
    return RawsPage([RawRow(**dict(r)) for r in found], still)


async def look(platform: str, raw: UUID, rules: str) -> Look:
    """A raw order, without what is personal, and what it becomes by these rules and by those in force.

    rules: a JSON list; "": those in force. Raises NotFound; Invalid, with the rule's name in `rule`: they are not in
    order.
    """
    found = await db.row(
        f"""select r.id, r.sealed, r.sealed_key, r.redacted::text as redacted, r.external_id, r.received_at,
                   o.id as order_id, o.no as order_no, {STAYS} as stays
            from raw_order r join shop s on s.id = r.shop and s.platform = $1
            join data_key k on k.id = r.sealed_key and k.wrapped is not null
            left join sales_order o on o.shop = r.shop and o.external_id = r.external_id and o.raw = r.id
            where r.id = $2""",
        platform,
        raw,
    )
    if found is None:
        raise NotFound("no_raw", "没有这张原始订单，或它的内容已到期销毁")
    async with db.transaction():
        now = await versions.in_force(platform)
    asked = versions.check(platform, rules, now.house + 1) if rules else now
    body = await crypto.open_sealed(found["sealed_key"], found["sealed"], f"raw_order|sealed|{raw}")
    was, becomes = map_order(platform, body, now), map_order(platform, body, asked)
    order, lines = _shown(platform, found["redacted"])
    deeds: list[Deed] = []
    if found["order_id"] is not None:
        told = await queries.story([found["order_id"]])
        deeds = [Deed(s.kind, s.text, s.who, s.at) for s in told if s.kind in DEEDS and s.who]
    return Look(
        raw=raw,
        external_id=found["external_id"],
        received_at=found["received_at"],
        order_id=found["order_id"],
        order_no=found["order_no"] or "",
        stays=found["stays"],
        order=order,
        lines=lines,
        currency=becomes.amounts.currency,
        fields=_fields(was, becomes),
        holds=[h.message_zh for h in becomes.holds],
        deeds=deeds,
    )


def _shown(platform: str, redacted: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The order and its rows as rules see them. What is hidden in the one is hidden in the other."""
    try:
        opened = bodies[platform].open(redacted.encode())
    except Unreadable:
        return {}, []
    return _exact(opened.order), [_exact(row) for _, row in opened.lines or []]


def _exact(value: Any) -> Any:
    """A browser rounds what is beyond 2^53, and ids are: those become text."""
    if isinstance(value, dict):
        return {k: _exact(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_exact(v) for v in value]
    if isinstance(value, Decimal) or (type(value) is int and abs(value) > 2**53):
        return str(value)
    return value


def _fields(was: MappedOrder, becomes: MappedOrder) -> list[FieldView]:
    """What rules decide, in the order of the fields; a line's by its place."""
    before, after = rulediff.fields(was), rulediff.fields(becomes)
    places = {line.key: i for i, line in enumerate([*becomes.lines, *was.lines], start=1)}
    for i, line in enumerate(becomes.lines, start=1):
        places[line.key] = i
    found = []
    for name in dict.fromkeys([*after, *before]):
        if name == "holds":
            continue
        key, _, column = name.removeprefix("lines.").rpartition(".") if name.startswith("lines.") else ("", "", name)
        source = rulediff.source_of(becomes, name)
        found.append(
            FieldView(
                field=f"lines.{column}" if key else column,
                line=places.get(key, 0) if key else 0,
                value=after.get(name),
                was=before.get(name),
                path=source.get("path", ""),
                rule=source.get("rule", ""),
                version=source.get("version", ""),
            )
        )
    return found
