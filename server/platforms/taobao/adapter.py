"""Taobao behind the port."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import httpx

from server.platforms.adapter import Adapter
from server.platforms.http import Gateway
from server.platforms.paging import Pace
from server.platforms.port import Account, Grant, Powers, RawOrder, Shipment, Shipped, Shop, Window
from server.platforms.taobao import auth, orders, shipping
from server.platforms.taobao.body import BODY
from server.platforms.taobao.client import NAME, Client
from server.platforms.taobao.errors import trouble


class Taobao(Adapter):
    code = "taobao"
    body = BODY
    powers = Powers(refresh=True, placed=True, remark=True)
    pace = Pace(
        lag=timedelta(seconds=60),
        overlap=timedelta(minutes=10),
        longest=timedelta(minutes=30),  # one day is allowed, half an hour is advised
        horizon=timedelta(days=89),
    )

    def __init__(self, client: httpx.AsyncClient | None = None) -> None:
        super().__init__(Gateway(NAME, trouble, client))
        self._client = Client(self.gateway)

    # -- authorisation

    def authorise_url(self, shop: Shop, redirect: str, state: str) -> str:
        return auth.authorise_url(shop, redirect, state)

    async def exchange(self, shop: Shop, code: str, redirect: str, extra: Mapping[str, str] | None = None) -> Grant:
        return await auth.exchange(self._client, shop, code)

    async def refresh(self, shop: Shop) -> Grant:
        return await auth.refresh(self._client, shop)

    async def account(self, shop: Shop) -> Account:
        return await auth.account(self._client, shop)

    # -- orders

    def changed(self, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
        return orders.changed(self._client, shop, window)

    def placed(self, shop: Shop, window: Window) -> AsyncIterator[list[RawOrder]]:
        return orders.placed(self._client, shop, window)

    async def order(self, shop: Shop, external_id: str) -> RawOrder:
        return await orders.order(self._client, shop, external_id)

    async def remark(self, shop: Shop, external_id: str, text: str) -> None:
        await orders.remark(self._client, shop, external_id, text)

    # -- shipping

    async def ship(self, shop: Shop, shipment: Shipment) -> Shipped:
        return await shipping.ship(self._client, shop, shipment)
