"""导入 for the desk: one file a request, streamed; the dry run and the import are the same walk."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Router, get, post
from litestar.params import Parameter

from server.accounts.guards import allow
from server.imports import actions, files, goods
from server.imports.actions import Mode, Report
from server.imports.goods import GoodsReport
from server.kit import db
from server.settings import Settings


class ImportView(msgspec.Struct, frozen=True, kw_only=True):
    """One file. shop_name: "" for a file of goods."""

    id: UUID
    shop_name: str
    name: str
    mode: str
    rows: int
    good: int
    bad: int
    by: str
    made_at: datetime


class ImportPage(msgspec.Struct, frozen=True):
    rows: list[ImportView]


class Progress(msgspec.Struct, frozen=True):
    """Orders that are in, of how many that were stored."""

    done: int
    of: int


@post("/imports", guards=[allow("service", "manager")], status_code=200, request_max_body_size=files.MAX_UPLOAD + 1)
async def bring(
    request: Request[Any, Any, Any],
    settings: Settings,
    shop: UUID,
    mode: Mode,
    name: Annotated[str, Parameter(max_length=300)] = "",
    again: bool = False,
) -> Report:
    """The body is the file itself. mode dry reports and changes nothing."""
    async with actions.received(request.stream(), Path(settings.data_dir) / "imports") as upload:
        return await actions.run(shop, name, upload, mode, again)


@get("/imports", guards=[allow("service", "manager")])
async def latest() -> ImportPage:
    """The last files, newest first."""
    return await _latest("orders")


@get("/imports/{import_id:uuid}/progress", guards=[allow("service", "manager")])
async def how_far(import_id: UUID) -> Progress:
    """How many of its orders are in by now."""
    done, of = await actions.progress(import_id)
    return Progress(done, of)


keepers = allow("stock", "manager")


@post("/imports/goods", guards=[keepers], status_code=200, request_max_body_size=files.MAX_UPLOAD + 1)
async def bring_goods(
    request: Request[Any, Any, Any],
    settings: Settings,
    mode: Mode,
    name: Annotated[str, Parameter(max_length=300)] = "",
    again: bool = False,
) -> GoodsReport:
    """SKUs, barcodes, bins, opening stock. The body is the file itself. mode dry reports and changes nothing."""
    async with actions.received(request.stream(), Path(settings.data_dir) / "imports") as upload:
        return await goods.run(name, upload, mode, again)


@get("/imports/goods", guards=[keepers])
async def latest_goods() -> ImportPage:
    """The last files of goods, newest first."""
    return await _latest("goods")


async def _latest(kind: str) -> ImportPage:
    found = await db.rows(
        """select f.id, coalesce(s.name, '') as shop_name, f.name, f.mode, f.rows, f.good, f.bad, f.made_at,
                  coalesce(p.name, '') as by
           from import_file f left join shop s on s.id = f.shop left join person p on p.id = f.made_by
           where f.kind = $1 order by f.made_at desc, f.id desc limit 20""",
        kind,
    )
    return ImportPage([ImportView(**dict(r)) for r in found])


router = Router("/", route_handlers=[bring, latest, how_far, bring_goods, latest_goods])
