"""A sandbox with Pinduoduo's adapter for each test."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.contract.adapters.pinduoduo.house import House


@pytest_asyncio.fixture
async def pdd() -> AsyncIterator[House]:
    house = House()
    yield house
    await house.web.aclose()
