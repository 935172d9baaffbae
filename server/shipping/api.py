"""HTTP of the print screen. The floor does not reach it: labels may carry an address."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Response, Router, get, post

from server.accounts.guards import allow
from server.shipping import papers, queries

printers = allow("service", "stock", "manager")


@get("/print-jobs", guards=[printers])
async def list_print_jobs() -> dict[str, list[dict[str, Any]]]:
    """Newest first, at most 200."""
    return {"rows": await queries.list_print_jobs()}


@get("/print-jobs/{print_job:uuid}/pdf", guards=[printers])
async def read_pdf(print_job: UUID) -> Response[bytes]:
    """The sheet, to look at or print. Never kept by a browser or proxy."""
    name, pdf = await queries.get_pdf(print_job)
    return Response(
        pdf,
        media_type="application/pdf",
        headers={"Cache-Control": "no-store", "Content-Disposition": f"inline; filename*=UTF-8''{quote(name)}"},
    )


@post("/print-jobs/{print_job:uuid}/printed", guards=[printers], status_code=204)
async def printed(print_job: UUID) -> None:
    await papers.mark_printed(print_job)


@post("/print-jobs/{print_job:uuid}/retry", guards=[printers], status_code=204)
async def retry(print_job: UUID) -> None:
    await papers.retry(print_job)


router = Router("/", route_handlers=[list_print_jobs, read_pdf, printed, retry])
