"""One running installation for all end-to-end tests; a Playwright driver and a line of its own for each test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.e2e.house import House, Line


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """`python -m server up` with the demo, in a fresh folder. That nothing of it is left at the end is a test too."""
    house = House(tmp_path_factory.mktemp("product"))
    try:
        yield house
    finally:
        house.stop()


@pytest.fixture
def playwright() -> Iterator[Playwright]:
    # For each test: while its driver lives, this thread has a running loop, and no async test could follow.
    with sync_playwright() as driver:
        yield driver


@pytest.fixture
def line(product: House) -> Iterator[Line]:
    """The phone's wire to the server."""
    wire = Line(product.port)
    try:
        yield wire
    finally:
        wire.close()
