"""The state file: read at the start, written whole and atomically a moment after a change, and at the end."""

import asyncio
import os
import time
from pathlib import Path
from typing import Final

import msgspec
import structlog

from server.errors import Invalid
from server.sandbox.world import FORMAT, Saved

PAUSE_S: Final = 0.5
"""Changes within this time are written together; ten times as long as a write takes, if that is more."""

_log = structlog.get_logger("sandbox")


def load(path: Path, seed: int) -> Saved:
    """The saved world, or a new one with this seed where there is none.

    Raises Invalid when the file cannot be read as one: better no sandbox than one that forgot its orders.
    """
    if not path.exists():
        return Saved(seed=seed)
    try:
        saved = msgspec.json.decode(path.read_bytes(), type=Saved)
    except msgspec.MsgspecError as e:
        raise Invalid("sandbox_state", f"{path} 不是沙箱的状态文件,请移走后重试:{e}") from e
    if saved.format != FORMAT:
        raise Invalid("sandbox_state", f"{path} 是第 {saved.format} 版格式,本程序只认第 {FORMAT} 版")
    return saved


def write(path: Path, content: bytes) -> None:
    """Either the old content or the new one is there, whatever happens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


class Keeper:
    """Writes the world when it has changed."""

    def __init__(self, path: Path, saved: Saved) -> None:
        self._path, self._saved = path, saved
        self._changed, self._ending = asyncio.Event(), asyncio.Event()
        self._pause = PAUSE_S
        self._task: asyncio.Task[None] | None = None

    def touch(self) -> None:
        self._changed.set()

    async def start(self) -> None:
        """Write it once, so that a path that cannot be written fails here; then after every change."""
        await asyncio.to_thread(write, self._path, msgspec.json.encode(self._saved))
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Write what is left."""
        self._ending.set()
        self._changed.set()
        if self._task is not None:
            await self._task
        await asyncio.to_thread(write, self._path, msgspec.json.encode(self._saved))

    async def _run(self) -> None:
        while True:
            await self._changed.wait()
            try:
                await asyncio.wait_for(self._ending.wait(), self._pause)
                return
            except TimeoutError:
                self._changed.clear()
            began = time.monotonic()
            try:
                await asyncio.to_thread(write, self._path, msgspec.json.encode(self._saved))
            except OSError as e:  # a full disk: the world goes on, and is written as soon as it can be
                _log.error("sandbox state not written", path=str(self._path), error=str(e))
                self._changed.set()
            self._pause = max(PAUSE_S, 10 * (time.monotonic() - began))
