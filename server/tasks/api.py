"""The inbox of work, and the inbox of news."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Router, get, post
from litestar.params import Parameter

from server.accounts.guards import allow, anyone, user_of
from server.accounts.rules import DESK
from server.tasks import actions, queries
from server.tasks.schemas import NoticeView, Said, TaskPage

desk = allow(*DESK)


class Close(msgspec.Struct, frozen=True):
    outcome: str = "done"
    reason: Said = ""


class Read(msgspec.Struct, frozen=True):
    ids: list[UUID]


class Inbox(msgspec.Struct, frozen=True):
    rows: list[NoticeView]


@get("/tasks", guards=[desk])
async def list_tasks(
    request: Request[Any, Any, Any],
    status: Annotated[str, Parameter(query="state")] = "open",
    kind: str = "",
    mine: bool = False,
) -> TaskPage:
    """What waits for a person; state 'closed' shows what was done."""
    return await queries.list_tasks(state=status, kind=kind, owner=user_of(request).id if mine else None)


@post("/tasks/{task_id:uuid}/take", guards=[desk], status_code=204)
async def take(request: Request[Any, Any, Any], task_id: UUID) -> None:
    """I will see to it."""
    await actions.take(task_id, user_of(request).id)


@post("/tasks/{task_id:uuid}/close", guards=[desk], status_code=204)
async def close(task_id: UUID, data: Close) -> None:
    """It is done, to be tried again, or dropped with a reason."""
    await actions.close(task_id, data.outcome, data.reason)


@get("/inbox", guards=[anyone])
async def inbox(request: Request[Any, Any, Any]) -> Inbox:
    """News for this person."""
    return Inbox(await queries.inbox(user_of(request)))


@post("/inbox/read", guards=[anyone], status_code=204)
async def read(request: Request[Any, Any, Any], data: Read) -> None:
    """These were read."""
    await actions.read_notices(user_of(request).id, data.ids)


router = Router("/", route_handlers=[list_tasks, take, close, inbox, read])
