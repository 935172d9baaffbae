"""The whole product as one process tree, for a session of end-to-end tests: `python -m server up` with the demo.

House starts and ends it; Control is the hand on the simulated shops; Api is a person's HTTP client; Line is the wire
between a browser and the server, which can be cut.
"""

import asyncio
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import asyncpg
import httpx

from server import instance
from server.daemons import launcher
from server.sandbox import demand
from server.sandbox.model import Platform

ROOT = Path(__file__).resolve().parents[2]
START_S = 180.0
END_S = 60.0

_NOT_OURS = ("DATABASE_URL", "REDIS_URL", "LAN", "PUBLIC_URL", "TZ_SHOP", "WORKERS", "LOG_LEVEL")
"""Settings of the person's shell that would make another house of it."""

T = TypeVar("T")


def until(what: str, look: Callable[[], T | None], seconds: float = 60.0, every: float = 0.1) -> T:
    """Call look() until it returns something true, and return that. Raises AssertionError with the last answer."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}; last: {seen!r}"
        time.sleep(every)


def free_ports(n: int) -> list[int]:
    """Ports that nobody listens on at this moment."""
    held = [socket.socket() for _ in range(n)]
    try:
        for s in held:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in held]
    finally:
        for s in held:
            s.close()


class House:
    """A running installation. folder: a fresh one, removed by the caller after stop()."""

    def __init__(self, folder: Path, module: str = "server", extra: dict[str, str] | None = None) -> None:
        """module: what `python -m … up` runs. extra: more environment for all of its processes."""
        self.folder, self.data = folder, folder / "data"
        self.port, self.sandbox_port = free_ports(2)
        self.logins: dict[str, str] = {}
        self.lines: deque[str] = deque(maxlen=4000)
        self.seconds_to_ready = 0.0
        env = {
            k: v
            for k, v in os.environ.items()
            if k not in ("DATABASE_URL", "REDIS_URL", "LAN", "PUBLIC_URL", "TZ_SHOP")
        }
        env |= {
            "DEMO": "1",
            "DATA_DIR": str(self.data),
            "KEY_FILE": str(folder / "keys" / "key"),
            "PORT": str(self.port),
            "SANDBOX_PORT": str(self.sandbox_port),
            **(extra or {}),
        }
        self._mark = f"DATA_DIR={self.data}".encode()
        self._ready = threading.Event()
        begun = time.monotonic()
        self.process = subprocess.Popen(
            # Told to end when the tests are killed outright: nothing of it may live on.
            [*launcher(signal.SIGTERM), sys.executable, "-m", module, "up"],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # a Ctrl-C at the tests is ours to pass on
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            until("READY", lambda: self._ready.is_set() or self.process.poll() is not None, START_S)
            assert self.process.poll() is None, "the house did not start:\n" + self.tail()
        except BaseException:
            self.stop()
            raise
        self.seconds_to_ready = time.monotonic() - begun
        self.control = Control(self.sandbox_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def tail(self, n: int = 60) -> str:
        return "\n".join(list(self.lines)[-n:])

    def _read(self) -> None:
        assert self.process.stdout is not None
        in_logins = False
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            words = line.split()
            if line.startswith("演示账号"):
                in_logins = True
            elif line.startswith("Ctrl-C"):
                in_logins = False
                self._ready.set()  # the last line of the announcement
            elif in_logins and len(words) >= 2:
                self.logins[words[0]] = words[1]
        self.process.stdout.close()

    # -- looking in

    def sql(self, query: str, *args: Any) -> list[dict[str, Any]]:
        """Rows of the house's own database, read over a connection of our own."""
        held = instance.find(self.data)
        assert held is not None and held.database_url, "the house does not run"

        async def ask() -> list[dict[str, Any]]:
            connection = await asyncpg.connect(held.database_url)
            try:
                return [dict(r) for r in await connection.fetch(query, *args)]
            finally:
                await connection.close()

        # In a thread of its own: Playwright's sync API keeps a loop running in this one.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(ask())).result()

    def value(self, query: str, *args: Any) -> Any:
        """The first column of the first row."""
        rows = self.sql(query, *args)
        return next(iter(rows[0].values())) if rows else None

    def api(self, login: str) -> "Api":
        """A client that is logged in as one of the demo's people."""
        return Api(self.url, login, self.logins[login])

    # -- the end

    def processes(self) -> dict[int, str]:
        """Every living process of this house: with its data folder in the environment or on the command line, or
        started by one of those (PostgreSQL's own show neither)."""
        marked: set[int] = set()
        commands: dict[int, str] = {}
        parents: dict[int, int] = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes()
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
                if stat[0] == "Z" or int(entry.name) == os.getpid():
                    continue
                pid = int(entry.name)
                commands[pid] = command.replace(b"\0", b" ").decode(errors="replace")[:120]
                parents[pid] = int(stat[1])
                if self._mark in (entry / "environ").read_bytes().split(b"\0") or os.fsencode(self.data) in command:
                    marked.add(pid)
            except OSError:
                continue  # it ended while we looked

        def ours(pid: int) -> bool:
            return pid in marked or (pid in parents and ours(parents[pid]))

        return {pid: command for pid, command in commands.items() if ours(pid)}

    def stop(self) -> None:
        """Ctrl-C, and nothing of it may be left. Raises AssertionError with what is left or how it ended."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            code: int | None = self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            code = None
        left: dict[int, str] = {}
        deadline = time.monotonic() + 10
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.1)
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it ended in between
        self.process.wait()
        self._reader.join(10)
        assert code == 0, f"`up` ended with {code} after SIGINT:\n{self.tail()}"
        assert not left, f"left behind: {left}\n{self.tail()}"


class Control:
    """The sandbox's /control API: what buyers and platforms do."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/control"

    def post(self, path: str, **body: Any) -> Any:
        answer = httpx.post(f"{self._url}/{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def get(self, path: str) -> Any:
        answer = httpx.get(f"{self._url}/{path}", timeout=30)
        answer.raise_for_status()
        return answer.json()

    def place(self, platform: Platform, *skus: str) -> str:
        """One paid order for exactly these codes (one twice is quantity two); its number on the platform.

        Nothing is wrong with it, and it has no buyer's note: a seed is chosen that draws none.
        """
        serial = self.get("stats")["orders"][platform] + 1
        want: dict[str, Any] = {"odd": False, "skus": list(skus)}
        seed = next(
            n
            for n in itertools.count(serial)
            if not demand.draw(platform, seed=0, serial=serial, at=0, draw_seed=n, **want).buyer_note
        )
        ids: list[str] = self.post("orders", platform=platform, count=1, seed=seed, **want)["ids"]
        return ids[0]

    def order(self, platform: str, external_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"orders/{platform}/{external_id}")
        return found


class Api:
    """A person at the HTTP API."""

    def __init__(self, url: str, login: str, password: str) -> None:
        self.http = httpx.Client(base_url=url, headers={"X-Zhongshu": "1"}, timeout=30)
        answer = self.http.post("/api/login", json={"login": login, "password": password})
        assert answer.status_code == 200, answer.text
        self.person: dict[str, str] = answer.json()["person"]

    def __enter__(self) -> "Api":
        return self

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None) -> None:
        self.http.close()

    def get(self, path: str, **params: Any) -> Any:
        answer = self.http.get(f"/api/{path}", params=params)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def post(self, path: str, body: Any = None) -> Any:
        answer = self.http.post(f"/api/{path}", json={} if body is None else body)
        assert answer.status_code < 300, f"{path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def find(self, external_id: str) -> dict[str, Any] | None:
        """The row of an order by its number on the platform."""
        rows: list[dict[str, Any]] = self.get("orders", q=external_id)["rows"]
        return next((r for r in rows if r["external_id"] == external_id), None)

    def order(self, order_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"orders/{order_id}")
        return found


class Line:
    """The wire between one browser and the server: a TCP relay. cut() is a dead network for everything behind it,
    service worker and new tabs included; the browser's own idea of being online stays as wrong as it is in life.
    swallow() is the cruel kind: what is sent arrives, the answer is lost."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._whole, self._lost = True, b""
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _start(self, work: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        with self._lock:
            self._threads = [t for t in self._threads if t.is_alive()]
            self._threads.append(thread)
        thread.start()

    def cut(self) -> None:
        """From now on every connection, also one that is open, is reset."""
        with self._lock:
            self._whole = False
            for s in self._open:
                _reset(s)

    def swallow(self, path: str) -> None:
        """The network is back, but POSTs to this path reach the server and their connection is reset at the answer."""
        with self._lock:
            self._whole, self._lost = True, b"POST " + path.encode() + b" "

    def mend(self) -> None:
        with self._lock:
            self._whole, self._lost = True, b""

    def close(self) -> None:
        self.cut()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in list(self._threads):
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return  # closed
            with self._lock:
                if not self._whole:
                    _reset(near)
                    near.close()
                    continue
                self._open.add(near)
            self._start(self._relay, near)

    def _relay(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self._upstream), timeout=10)
        except OSError:
            self._forget(near)
            return
        far.settimeout(None)
        with self._lock:
            self._open.add(far)
            if not self._whole:
                _reset(far)
        asked: list[bytes] = [b""]
        back = threading.Thread(target=self._carry, args=(far, near, asked), kwargs={"down": True}, daemon=True)
        back.start()
        self._carry(near, far, asked)
        back.join()
        self._forget(near)
        self._forget(far)

    def _carry(self, frm: socket.socket, to: socket.socket, asked: list[bytes], *, down: bool = False) -> None:
        """asked: the head of the request that this connection is at."""
        try:
            while block := frm.recv(65536):
                if not down and block[:5] in (b"POST ", b"GET /"):
                    asked[0] = block[:200]
                if down and self._lost and asked[0].startswith(self._lost):
                    _reset(to)
                    break
                to.sendall(block)
        except OSError:
            pass  # the line was cut or one end went away: the other end is told below
        for s in (frm, to):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it was gone before

    def _forget(self, s: socket.socket) -> None:
        with self._lock:
            self._open.discard(s)
        s.close()


def _reset(s: socket.socket) -> None:
    """RST instead of a polite end, as when the network is gone."""
    try:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        s.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it was gone before
