"""printing.*: sheets are laid out in processes of their own; a sheet that hangs stops nothing else."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from print.documents import Document
from print.errors import Crashed, PrintError, TimedOut
from print.isolated import error_of
from print.render import shared
from server.shipping import papers
from server.shipping.papers import Sheets, Unprintable
from workers import resources
from workers.actor import job

ALONE_S, EACH_S = 10.0, 1.0
"""Wall clock of one document, and of each one more in a batch."""


async def render(documents: Sequence[Document]) -> list[Sheets | Unprintable]:
    """Documents as PDF, shared out among the render processes; one that fails stops no other."""
    size = -(-len(documents) // shared().size)
    parts = [documents[i : i + size] for i in range(0, len(documents), size)]
    done = await asyncio.gather(*(asyncio.to_thread(_some, part) for part in parts))
    return [sheets for part in done for sheets in part]


def _some(documents: Sequence[Document]) -> list[Sheets | Unprintable]:
    try:
        rendered = shared().sheets(documents, ALONE_S + EACH_S * (len(documents) - 1))
    except (TimedOut, Crashed) as e:
        if len(documents) > 1:  # one of them hangs or eats the memory: which?
            return [sheets for one in documents for sheets in _some([one])]
        return [Unprintable(e.code, str(e))]
    except PrintError as e:
        return [Unprintable(e.code, str(e)) for _ in documents]
    out: list[Sheets | Unprintable] = []
    first = 0
    for i, pages in enumerate(rendered.pages):
        if i in rendered.failures:
            error = error_of(rendered.failures[i])
            out.append(Unprintable(error.code, str(error)))
        else:
            out.append(Sheets(rendered.pdf, first, pages))
        first += pages
    return out


@job("printing.labels", limit_s=1800)
async def labels() -> None:
    await papers.make_labels(render, resources.settings().zone)


@job("printing.pick_list")
async def pick_list(wave_id: str) -> None:
    await papers.make_pick_list(UUID(wave_id), render, resources.settings().zone)
