"""A sandbox for each test."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.contract.sandbox.callers import Sandbox


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    box = Sandbox()
    yield box
    await box.http.aclose()
