"""A sandbox with Taobao's adapter for each test."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.contract.adapters.taobao.house import House


@pytest_asyncio.fixture
async def taobao() -> AsyncIterator[House]:
    house = House()
    yield house
    await house.web.aclose()
