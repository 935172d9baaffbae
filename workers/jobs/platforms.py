"""platforms.pull: what changed in a shop since its watermark."""

from uuid import UUID

from server.orders import intake
from server.platforms import pulling
from workers import resources
from workers.actor import job


@job("platforms.pull", limit_s=3600)
async def pull(shop_id: str) -> None:
    await pulling.pull(UUID(shop_id), resources.platform, intake.store_raw)
