"""JD behind the port."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx

from server.platforms.adapter import Adapter
from server.platforms.http import Gateway
from server.platforms.jd import orders, shipping
from server.platforms.jd.body import BODY
from server.platforms.jd.client import NAME, Client
from server.platforms.jd.errors import trouble
from server.platforms.paging import Pace
from server.platforms.port import RawOrder, Shipment, Shipped, Shop, Window


class Jd(Adapter):
    code = "jd"
    body = BODY
    pace = Pace(
        lag=timedelta(seconds=60),
        overlap=timedelta(minutes=10),
        longest=timedelta(hours=6),  # a month is allowed; deep pages are not trusted
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
