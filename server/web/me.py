"""Who am I, and what the app must know before it draws."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, get

from server.accounts import queries
from server.accounts.api import PersonView
from server.accounts.guards import anyone, user_of
from server.catalog import queries as catalog
from server.errors import NotFound
from server.settings import Settings, demo_ended


class WarehouseRef(msgspec.Struct, frozen=True):
    id: UUID
    name: str


class Me(msgspec.Struct, frozen=True):
    person: PersonView
    demo: bool
    version: str
    unread: int
    warehouse: WarehouseRef | None


@get("/me", guards=[anyone])
async def me(request: Request[Any, Any, Any], settings: Settings, version: str) -> Me:
    """The person of this session."""
    user = user_of(request)
    try:
        found = await catalog.get_warehouse()
    except NotFound:
        warehouse = None
    else:
        warehouse = WarehouseRef(found.id, found.name)
    return Me(
        person=PersonView(user.id, user.name, user.role),
        demo=settings.demo and not demo_ended(settings.data_dir),
        version=version,
        unread=await queries.unread(user),
        warehouse=warehouse,
    )
