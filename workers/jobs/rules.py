"""rules.preview: a version of mapping rules tried over raw orders, page by page; after a crash it goes on."""

from uuid import UUID

from server.orders import trying
from workers.actor import job


@job("rules.preview", limit_s=3600)
async def preview(run: str) -> None:
    while await trying.step(UUID(run)):
        pass
