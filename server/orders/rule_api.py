"""Mapping rules for the manager: versions, drafts, trying one over raw orders, applying, undoing."""

from typing import Annotated
from uuid import UUID

from litestar import Router, delete, get, post
from litestar.params import Parameter

from server.accounts.guards import allow
from server.kit import context
from server.orders import rule_look, rule_queries, trying, versions
from server.orders.rule_schemas import (
    Begun,
    Drafted,
    Look,
    LookAt,
    NewRules,
    PlatformsPage,
    RawsPage,
    RuleForm,
    Rules,
    RulesPage,
    RunPage,
    Trial,
    Undo,
)

managers = allow("manager")


@get("/rules", guards=[managers])
async def list_platforms() -> PlatformsPage:
    """The platforms, and which version of each is in force."""
    return await rule_look.list_platforms()


@get("/rules/{platform:str}", guards=[managers])
async def list_versions(platform: str) -> RulesPage:
    """Versions of a platform's rules, which is in force, and what was tried."""
    return await rule_queries.list_versions(platform)


@get("/rules/{platform:str}/{number:int}", guards=[managers])
async def get_rules(platform: str, number: int) -> Rules:
    """One version's rules."""
    return await rule_queries.get_rules(platform, number)


@get("/rules/{platform:str}/form", guards=[managers], sync_to_thread=False)
def get_form(platform: str) -> RuleForm:
    """What rules may be made of: closed lists."""
    return rule_look.form(platform)


@get("/rules/{platform:str}/raws", guards=[managers])
async def list_raws(platform: str, q: str = "", limit: Annotated[int, Parameter(ge=1, le=100)] = 20) -> RawsPage:
    """The newest raw orders."""
    return await rule_look.list_raws(platform, q.strip()[:80], limit)


@post("/rules/{platform:str}/look", guards=[managers], status_code=200)
async def look(platform: str, data: LookAt) -> Look:
    """A raw order beside what it becomes by these rules, which need not be stored. Changes nothing."""
    return await rule_look.look(platform, data.raw, data.rules)


@post("/rules/{platform:str}", guards=[managers])
async def draft(platform: str, data: NewRules) -> Drafted:
    """Write a version down. It is not in force yet."""
    return Drafted(await versions.draft(platform, data.rules, data.reason, data.base, context.actor().person))


@post("/rules/{platform:str}/{number:int}/try", guards=[managers])
async def begin(platform: str, number: int, data: Trial) -> Begun:
    """Run it over the newest raw orders; nothing changes but what is told of the run."""
    return Begun(await trying.begin(platform, number, data.last, context.actor().person))


@post("/rules/{platform:str}/{number:int}/apply", guards=[managers], status_code=204)
async def apply(platform: str, number: int) -> None:
    """Put it in force; open orders are mapped by it."""
    await versions.apply(platform, number, context.actor().person)


@post("/rules/{platform:str}/undo", guards=[managers])
async def undo(platform: str, data: Undo) -> Drafted:
    """A new version, in force, equal to an old one."""
    return Drafted(await versions.undo(platform, data.back_to, data.reason, context.actor().person))


@get("/rule-runs/{run_id:uuid}", guards=[managers])
async def get_run(
    run_id: UUID, after: UUID | None = None, limit: Annotated[int, Parameter(ge=1, le=200)] = 50
) -> RunPage:
    """How far a run is, and what it found."""
    return await rule_queries.get_run(run_id, after, limit)


@delete("/rule-runs/{run_id:uuid}", guards=[managers], status_code=204)
async def cancel(run_id: UUID) -> None:
    """Stop a preview that is under way."""
    await trying.cancel(run_id)


router = Router(
    "/",
    route_handlers=[
        list_platforms,
        list_versions,
        get_form,
        list_raws,
        look,
        get_rules,
        draft,
        begin,
        apply,
        undo,
        get_run,
        cancel,
    ],
)
