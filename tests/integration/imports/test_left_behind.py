"""An upload that a process took to its grave holds buyers in clear: it is gone when the house stands up again."""

import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from server.imports import actions
from server.settings import Settings


@pytest.fixture
def left(config: Settings) -> Path:
    """Written ten minutes ago, by a process that was killed."""
    folder = Path(config.data_dir) / "imports"
    folder.mkdir()
    path = folder / "0193.part"
    path.write_text("王小明,13800001234", encoding="utf-8")
    os.utime(path, (time.time() - 600, time.time() - 600))
    return path


async def test_what_a_killed_process_left_is_gone_after_a_start(left: Path, web: Any) -> None:
    assert (await web.get("/api/health")).status_code in (200, 503)
    assert not left.exists()


async def test_what_another_process_is_reading_stays(left: Path) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"x"

    async with actions.received(chunks(), left.parent) as upload:
        os.utime(upload.path, (time.time() - 7200, time.time() - 7200))  # a long file
        await actions.swept(left.parent)
        assert upload.path.exists() and not left.exists()
    assert not upload.path.exists()
