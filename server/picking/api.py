"""Waves for the desk."""

from typing import Annotated
from uuid import UUID

from litestar import Router, get, post
from litestar.params import Parameter

from server.accounts.guards import allow
from server.picking import actions, queries
from server.picking.schemas import MoveWave, NewWave, WavePage, WaveView

makers = allow("service", "stock", "manager")


@get("/waves", guards=[makers])
async def list_waves(status: Annotated[str, Parameter(query="state")] = "") -> WavePage:
    """Waves, newest first, and how many orders are ready for one."""
    return await queries.list_waves(status)


@post("/waves", guards=[makers])
async def make_wave(data: NewWave) -> WaveView:
    """A wave of ready orders for a device."""
    wave_id: UUID = await actions.make_wave(data.device_id, data.order_ids, data.max_orders)
    return await queries.get_wave(wave_id)


@post("/waves/{wave_id:uuid}/move", guards=[makers], status_code=204)
async def move_wave(wave_id: UUID, data: MoveWave) -> None:
    """What is left of a wave goes on with another device."""
    await actions.move_wave(wave_id, data.device_id)


router = Router("/", route_handlers=[list_waves, make_wave, move_wave])
