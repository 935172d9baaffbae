"""What the log tells of a bug: its kind and where, never what it was about."""

from typing import Any

import pytest

from server.orders import queries
from tests.support.client import Client
from tests.support.world import World

BUYER = "王小明 13800001234"


async def test_a_bug_is_logged_without_what_it_was_about(
    as_role: Any, world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A library's message may quote a row: a buyer in clear must not stand in a log that nobody seals."""
    web: Client = await as_role("service")

    async def broken(**_: Any) -> None:
        try:
            raise KeyError(BUYER)
        except KeyError as e:
            raise ValueError(f"Failing row contains ({BUYER})") from e

    monkeypatch.setattr(queries, "list_orders", broken)
    answer = await web.get("/api/orders")
    assert answer.status_code == 500 and "王小明" not in answer.text
    told = capsys.readouterr()
    log = told.out + told.err
    assert "王小明" not in log and "13800001234" not in log
    assert "ValueError" in log and "KeyError" in log and "test_logs.py" in log and answer.json()["trace"] in log
