"""Rendering in processes of their own, with a wall clock and a memory limit: a sheet that hangs stops nothing else.

A child (child.py) stays warm between documents and ends by itself when there are none for a while. Frames on its
pipes: 4 bytes length, 1 byte kind, body.
"""

import atexit
import contextlib
import functools
import os
import queue
import selectors
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from . import errors
from .documents import Document

START_TIMEOUT_S = 60
"""For a cold start: loading Pango and scanning the fonts of a slow disk."""

HEADER = struct.Struct(">IB")
READY, RENDERED, FAILED = 1, 2, 3
IDLE_S = 60
"""So long a child waits for the next document; a warm one holds 180 MB."""
MAX_REPLY = 256 * 1024 * 1024

# The child gets nothing else of our environment: no database address, no keys.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME",
              "FONTCONFIG_FILE", "FONTCONFIG_PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")  # fmt: skip


class Job(msgspec.Struct, array_like=True):
    """What the parent asks for. JSON on the pipe, because it keeps the zone of a time."""

    documents: list[Document]
    cpu_s: int


class Failure(msgspec.Struct, array_like=True):
    """What went wrong in the child."""

    kind: str
    message: str


class Rendered(msgspec.Struct, array_like=True):
    """Many documents in one PDF, in the order given. pages: of each; 0 for one that failed, and `failures` says why."""

    pdf: bytes
    pages: list[int]
    failures: dict[int, Failure]


class SubprocessRenderer:
    """One warm render process. Safe to share between threads: they take turns. After an error it starts anew."""

    def __init__(self, timeout_s: float = 10, mem_mb: int = 512) -> None:
        self.timeout_s = timeout_s
        self.mem_mb = mem_mb
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def pdf(self, document: Document, timeout_s: float | None = None) -> bytes:
        """Like render.pdf; also raises TimedOut and Crashed."""
        return self.pdf_batch([document], timeout_s)

    def pdf_batch(self, documents: Sequence[Document], timeout_s: float | None = None) -> bytes:
        """Like render.pdf_batch. The limit is for the whole batch; starting the process has its own (60 s)."""
        rendered = self.sheets(documents, timeout_s)
        for failure in rendered.failures.values():
            raise error_of(failure)
        return rendered.pdf

    def sheets(self, documents: Sequence[Document], timeout_s: float | None = None) -> Rendered:
        """Like render.sheets: what fails alone stops no other. Raises TimedOut, Crashed, SystemMissing for all."""
        limit = self.timeout_s if timeout_s is None else timeout_s
        job = msgspec.json.encode(Job(list(documents), int(limit) + 2))
        with self._lock:
            kind, body = self._asked(job, limit)
        if kind == RENDERED:
            return msgspec.msgpack.decode(body, type=Rendered)
        failure = msgspec.json.decode(body, type=Failure)
        if failure.kind == "MemoryError":
            self.close()
            raise errors.Crashed(f"内存超过 {self.mem_mb} MB，已停止")
        raise error_of(failure)

    def _asked(self, job: bytes, limit: float) -> tuple[int, bytes]:
        for again in (True, False):
            child = self._running()
            try:
                return self._exchange(child, job, limit)
            except errors.Crashed:
                # It may have ended in peace, of idleness, in the moment we wrote.
                if not (again and child.wait() == 0):
                    self._end()
                    raise
            except BaseException:
                self._end()
                raise
        raise AssertionError("unreachable")

    def close(self) -> None:
        """End the process. The next document starts a new one."""
        with self._lock:
            self._end()

    @property
    def pid(self) -> int | None:
        """The render process, if one is running."""
        return self._child.pid if self._child and self._child.poll() is None else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._end()
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        self._child = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.child", str(self.mem_mb)],
            cwd=Path(__file__).resolve().parent.parent,
            env={**environment, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # its errors come as frames; libraries write file names and texts there
        )
        try:
            kind, body = self._read(self._child, time.monotonic() + START_TIMEOUT_S, START_TIMEOUT_S)
        except BaseException:
            self._end()
            raise
        if kind != READY:
            self._end()
            failure = msgspec.json.decode(body, type=Failure)
            raise error_of(failure)
        return self._child

    def _exchange(self, child: subprocess.Popen[bytes], job: bytes, limit: float) -> tuple[int, bytes]:
        deadline = time.monotonic() + limit
        assert child.stdin is not None
        try:
            child.stdin.write(HEADER.pack(len(job), 0) + job)
            child.stdin.flush()
        except BrokenPipeError:
            raise errors.Crashed("打印进程已退出 (the render process is gone)") from None
        return self._read(child, deadline, limit)

    def _read(self, child: subprocess.Popen[bytes], deadline: float, limit: float) -> tuple[int, bytes]:
        assert child.stdout is not None
        size, kind = HEADER.unpack(_take(child.stdout, HEADER.size, deadline, limit))
        if size > MAX_REPLY:
            raise errors.Crashed("打印进程的回答太大 (reply too large)")
        return kind, _take(child.stdout, size, deadline, limit)

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):  # an unsent rest of a job has no reader any more
                    pipe.close()


def failure(error: Exception) -> Failure:
    """The error as the parent raises it again. Foreign messages stay in the child: they may hold buyer text."""
    if isinstance(error, MemoryError):
        return Failure("MemoryError", "")
    if isinstance(error, errors.PrintError):
        return Failure(type(error).__name__, str(error))
    return Failure("PrintError", f"渲染出错 ({type(error).__name__})")


def error_of(failure: Failure) -> errors.PrintError:
    """What went wrong, to be raised."""
    kind: type[errors.PrintError] = getattr(errors, failure.kind, errors.PrintError)
    return kind(failure.message)


class Pool:
    """Warm render processes, as many as are asked at once and at most `size`. Blocks: call it in threads."""

    def __init__(self, size: int, mem_mb: int = 512) -> None:
        self.size = size
        self._free: queue.LifoQueue[SubprocessRenderer] = queue.LifoQueue()
        for _ in range(size):
            self._free.put(SubprocessRenderer(mem_mb=mem_mb))

    def sheets(self, documents: Sequence[Document], timeout_s: float) -> Rendered:
        """Like SubprocessRenderer.sheets, by whichever is free: the one that was last at work, so that others end."""
        renderer = self._free.get()
        try:
            return renderer.sheets(documents, timeout_s)
        finally:
            self._free.put(renderer)

    def close(self) -> None:
        """End the processes that are at rest."""
        while not self._free.empty():
            self._free.get().close()


def shared() -> Pool:
    """The pool of this process: a renderer for each core, two at most."""
    return _shared(os.getpid())


@functools.cache
def _shared(pid: int) -> Pool:
    # Keyed by pid: after a fork the pipes of the parent's renderers must not be used by two processes.
    pool = Pool(min(2, os.cpu_count() or 1))
    atexit.register(pool.close)
    return pool


def _take(pipe: IO[bytes], size: int, deadline: float, limit: float) -> bytes:
    """Exactly `size` bytes, or TimedOut / Crashed. Reads past Python's buffer, which select cannot see."""
    got = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while len(got) < size:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):
                raise errors.TimedOut(f"打印超过 {limit:g} 秒，已停止")
            chunk = os.read(pipe.fileno(), min(size - len(got), 1 << 20))
            if not chunk:
                raise errors.Crashed("打印进程意外退出 (the render process died)")
            got += chunk
    return bytes(got)
