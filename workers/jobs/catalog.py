"""catalog.match: listings that wait for a SKU, against the catalogue as it is now."""

from server.catalog import actions
from workers.actor import job


@job("catalog.match", limit_s=900)
async def match() -> None:
    await actions.rematch()
