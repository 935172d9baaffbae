"""JD's SP-API behind the port."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta

import httpx

from server.platforms.adapter import Adapter
from server.platforms.http import Gateway
from server.platforms.jd import auth
from server.platforms.jdsp import aftersales, goods, orders, shipping
from server.platforms.jdsp.body import BODY
from server.platforms.jdsp.client import NAME, Client
from server.platforms.jdsp.errors import trouble
from server.platforms.paging import Pace
from server.platforms.port import (
    Account,
    CarrierName,
    Grant,
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


class Jdsp(Adapter):
    code = "jdsp"
    body = BODY
    powers = Powers(refresh=True, placed=True, remark=True, listings=True, refunds=True)
    """Shipping and stock work once settings name their enums; a plan must not count on it."""
    pace = Pace(
        lag=timedelta(seconds=60),
        overlap=timedelta(minutes=10),
        longest=timedelta(hours=1),  # its limits are not published
        horizon=timedelta(days=89),
    )

    def __init__(self, client: httpx.AsyncClient | None = None) -> None:
        super().__init__(Gateway(NAME, trouble, client))
        self._client = Client(self.gateway)

    # -- authorisation, as the classic one

    def authorise_url(self, shop: Shop, redirect: str, state: str) -> str:
        return auth.authorise_url(shop, redirect, state)

    async def exchange(self, shop: Shop, code: str, redirect: str, extra: Mapping[str, str] | None = None) -> Grant:
        return await auth.exchange(self._client, shop, code)

    async def refresh(self, shop: Shop) -> Grant:
        return await auth.refresh(self._client, shop, self.account)

    async def account(self, shop: Shop) -> Account:
        """No call that says who we are is known: the carriers are asked for, which any shop may."""
        await shipping.carriers(self._client, shop)
        return Account(external_id="", clock_off_s=self._client.ahead.total_seconds())

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

    # -- shipping

    async def ship(self, shop: Shop, shipment: Shipment) -> Shipped:
        return await shipping.ship(self._client, shop, shipment)

    async def carriers(self, shop: Shop) -> list[CarrierName]:
        return await shipping.carriers(self._client, shop)

    # -- goods and stock

    def listings(self, shop: Shop) -> AsyncIterator[list[Listing]]:
        return goods.listings(self._client, shop)

    async def set_stock(self, shop: Shop, wanted: Sequence[StockOrder]) -> list[StockAnswer]:
        return await goods.set_stock(self._client, shop, wanted)
