"""A sandbox with Shopee's adapter for each test."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.contract.adapters.shopee.house import House


@pytest_asyncio.fixture
async def shopee() -> AsyncIterator[House]:
    house = House()
    yield house
    await house.web.aclose()
