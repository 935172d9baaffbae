"""shipping.*: waybills, stale labels, what carrier and platforms are told, what the carrier reports."""

from typing import Any
from uuid import UUID

from server.kit.db import Tx
from server.shipping import actions
from workers import resources
from workers.actor import job


@job("shipping.waybills", limit_s=900)
async def waybills() -> None:
    await actions.make_waybills(resources.http())


@job("shipping.relabel")
async def relabel(order_id: str) -> None:
    await actions.relabel(UUID(order_id))


@job("shipping.manifest")
async def manifest() -> None:
    await actions.tell_carrier(resources.http())


@job("shipping.track")
async def track() -> None:
    await actions.track(resources.http())


async def _not_written_back(tx: Tx, args: dict[str, Any], reason: str, words: str) -> None:
    await actions.write_back_needs_person(tx, UUID(args["parcel_id"]), reason, words)


@job("shipping.write_back", on_park=_not_written_back)
async def write_back(parcel_id: str) -> None:
    await actions.write_back(UUID(parcel_id), resources.platform)
