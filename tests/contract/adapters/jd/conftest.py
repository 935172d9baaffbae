"""A sandbox with JD's adapter for each test."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.contract.adapters.jd.house import House


@pytest_asyncio.fixture
async def jd() -> AsyncIterator[House]:
    house = House()
    yield house
    await house.web.aclose()


@pytest_asyncio.fixture
async def jdsp() -> AsyncIterator[House]:
    house = House("jdsp")
    yield house
    await house.web.aclose()
