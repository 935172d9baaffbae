"""Shopee behind the port."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta

import httpx

from server.platforms.adapter import Adapter
from server.platforms.http import Gateway
from server.platforms.paging import Pace
from server.platforms.port import (
    Account,
    CarrierName,
    Grant,
    Hint,
    Listing,
    Powers,
    RawOrder,
    RawRefund,
    Shipment,
    Shipped,
    Shop,
    StockAnswer,
    StockOrder,
    Window,
)
from server.platforms.shopee import aftersales, auth, goods, hooks, orders, reveal, shipping
from server.platforms.shopee.body import BODY
from server.platforms.shopee.client import NAME, Client
from server.platforms.shopee.errors import trouble


class Shopee(Adapter):
    code = "shopee"
    body = BODY
    powers = Powers(
        refresh=True,
        parts="lines",
        placed=True,
        remark=True,
        listings=True,
        stock_set=True,
        reveal=True,
        refunds=True,
        webhook=True,
    )
    pace = Pace(
        lag=timedelta(seconds=60),
        overlap=timedelta(minutes=10),
        longest=timedelta(days=1),  # 15 days are allowed
        horizon=timedelta(days=89),
    )

    def __init__(self, client: httpx.AsyncClient | None = None) -> None:
        super().__init__(Gateway(NAME, trouble, client))
        self._client = Client(self.gateway)

    # -- authorisation

    def authorise_url(self, shop: Shop, redirect: str, state: str) -> str:
        return auth.authorise_url(shop, redirect, state)

    async def exchange(self, shop: Shop, code: str, redirect: str, extra: Mapping[str, str] | None = None) -> Grant:
        return await auth.exchange(self._client, shop, code, extra or {})

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

    def refunds(self, shop: Shop, window: Window) -> AsyncIterator[list[RawRefund]]:
        return aftersales.refunds(self._client, shop, window)

    async def reveal(self, shop: Shop, order: RawOrder, scene: str) -> dict[str, str]:
        return await reveal.reveal(self._client, shop, order)

    # -- shipping

    def plan(self, shop: Shop, shipments: Sequence[Shipment]) -> None:
        super().plan(shop, shipments)
        shipping.plan(shop, shipments)

    async def ship(self, shop: Shop, shipment: Shipment) -> Shipped:
        return await shipping.ship(self._client, shop, shipment)

    async def carriers(self, shop: Shop) -> list[CarrierName]:
        return await shipping.carriers(self._client, shop)

    # -- goods and stock

    def listings(self, shop: Shop) -> AsyncIterator[list[Listing]]:
        return goods.listings(self._client, shop)

    async def set_stock(self, shop: Shop, wanted: Sequence[StockOrder]) -> list[StockAnswer]:
        return await goods.set_stock(self._client, shop, wanted)

    # -- pushes

    def heard(self, shop: Shop, url: str, headers: Mapping[str, str], body: bytes) -> list[Hint]:
        return hooks.heard(shop, url, headers, body)
