"""printing.*: sheets are laid out in a process of their own; a sheet that hangs stops nothing else."""

import asyncio
from uuid import UUID

from print.documents import Document
from print.errors import PrintError
from print.render import page_count, render_isolated
from server.shipping import papers
from server.shipping.papers import Sheets, Unprintable
from workers import resources
from workers.actor import job


async def render(document: Document) -> Sheets:
    """One document as PDF. Raises Unprintable."""
    try:
        pdf = await asyncio.to_thread(render_isolated, document)
        return Sheets(pdf, page_count(pdf))
    except PrintError as e:
        raise Unprintable(e.code, str(e)) from None


@job("printing.labels", limit_s=1800)
async def labels() -> None:
    await papers.make_labels(render, resources.settings().zone)


@job("printing.pick_list")
async def pick_list(wave_id: str) -> None:
    await papers.make_pick_list(UUID(wave_id), render, resources.settings().zone)
