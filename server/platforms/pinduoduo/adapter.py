"""Pinduoduo behind the port."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx

from server.platforms.adapter import Adapter
from server.platforms.http import Gateway
from server.platforms.paging import Pace
from server.platforms.pinduoduo import orders, shipping
from server.platforms.pinduoduo.body import BODY
from server.platforms.pinduoduo.client import NAME, Client
from server.platforms.pinduoduo.errors import trouble
from server.platforms.port import RawOrder, Shipment, Shipped, Shop, Window


class Pinduoduo(Adapter):
    code = "pinduoduo"
    body = BODY
    pace = Pace(
        lag=timedelta(seconds=190),  # at least three minutes behind their clock, not ours
        overlap=timedelta(minutes=5),
        longest=timedelta(minutes=30),
        horizon=timedelta(days=89),
    )

    def __init__(self, client: httpx.AsyncClient | None = None) -> None:
        super().__init__(Gateway(NAME, trouble, client))
        self._client = Client(self.gateway)

    def changed(self, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
        return orders.changed(self._client, shop, window)

    async def order(self, shop: Shop, external_id: str) -> RawOrder:
        return await orders.order(self._client, shop, external_id)

    async def ship(self, shop: Shop, shipment: Shipment) -> Shipped:
        return await shipping.ship(self._client, shop, shipment)
