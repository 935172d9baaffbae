"""Shopee behind the port."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx

from server.platforms.adapter import Adapter
from server.platforms.http import Gateway
from server.platforms.paging import Pace
from server.platforms.port import RawOrder, Shipment, Shipped, Shop, Window
from server.platforms.shopee import orders, shipping
from server.platforms.shopee.body import BODY
from server.platforms.shopee.client import NAME, Client
from server.platforms.shopee.errors import trouble


class Shopee(Adapter):
    code = "shopee"
    body = BODY
    pace = Pace(
        lag=timedelta(seconds=60),
        overlap=timedelta(minutes=10),
        longest=timedelta(days=1),  # 15 days are allowed
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
