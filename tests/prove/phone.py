"""A warehouse phone at the protocol level (sync/SPEC.md): what is on its disk survives, what is under way does not.

HTTP goes through a wire that lies; nothing is tidied up here that a browser would not tidy up.
"""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import msgspec

from server.devices import shapes
from server.devices.schemas import Kind
from sync import codec, digest
from sync.messages import Ack, Del, Ev, Fork, Frame, Mark, Pull, Put, Reset, Row, Up

BATCH = 30
PATIENCE_S = 6.0
LOST = (httpx.HTTPError, OSError)
"""What a browser tells as "network error"."""


class Refused(Exception):
    """The server answered, and said no."""


class Client:
    """A person's HTTP client; logs in again when the server does not know the session."""

    def __init__(self, url: str, login: str, password: str) -> None:
        self._login, self._password = login, password
        self.http = httpx.AsyncClient(base_url=url, headers={"X-Zhongshu": "1"}, timeout=PATIENCE_S)
        self.person: UUID | None = None

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request. Raises LOST, or Refused with the status and the code."""
        if self.person is None:
            await self._log_in()
        answer = await self.http.request(method, f"/api/{path}", **more)
        if answer.status_code == 401:
            self.person = None
        if answer.status_code >= 400:
            raise Refused(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer

    async def _log_in(self) -> None:
        answer = await self.http.post("/api/login", json={"login": self._login, "password": self._password})
        if answer.status_code != 200:
            raise Refused(f"login: {answer.status_code} {answer.text[:200]}")
        self.person = UUID(answer.json()["person"]["id"])

    async def restart(self) -> None:
        """The page is killed: every connection goes, the cookie stays."""
        cookies = self.http.cookies
        await self.http.aclose()
        self.http = httpx.AsyncClient(
            base_url=self.http.base_url, headers={"X-Zhongshu": "1"}, timeout=PATIENCE_S, cookies=cookies
        )

    async def close(self) -> None:
        await self.http.aclose()


class Phone:
    """Disk: queue, numbers, rows, verdicts. beeped: id of every scan that a person heard, as the harness noted it."""

    def __init__(self, name: str, client: Client, rng: random.Random) -> None:
        self.name, self.client, self._rng = name, client, rng
        self.dev = rng.randbytes(16)
        self.device: UUID | None = None
        self.n = self.seen = self.upto = 0
        self.queue: list[Ev] = []
        self.at: dict[int, tuple[int, int]] = dict.fromkeys(shapes.BY_ID, (0, -1))
        self.rows: dict[int, dict[str, bytes]] = {s: {} for s in shapes.BY_ID}
        self.view: dict[int, dict[str, list[Any]]] = {s: {} for s in shapes.BY_ID}
        self.verdicts: dict[bytes, int] = {}
        self.acked: set[bytes] = set()
        self.beeped: dict[bytes, int] = {}
        self.mismatches = self.forks = self.crashes = 0
        self.offline_until = 0.0
        self._started = time.monotonic()

    # -- what a person does

    def scan(self, kind: Kind, *body: Any) -> bytes:
        """Record an event, as the phone does before it beeps; its id."""
        self.n += 1
        assert self.client.person is not None
        now = int(time.time() * 1000)
        mono = int((time.monotonic() - self._started) * 1000) + 1
        base = max(0, *(off for _, off in self.at.values()))
        id = self._rng.randbytes(16)
        ev = Ev(self.n, id, kind, now, mono, base, codec.raw(list(body)), self.client.person.bytes, 7)
        self.queue.append(ev)
        self.beeped[id] = kind
        return id

    def table(self, shape: int) -> list[list[Any]]:
        return list(self.view[shape].values())

    # -- the network

    @property
    def offline(self) -> bool:
        return time.monotonic() < self.offline_until

    async def enrol(self, prev: bytes | None = None) -> None:
        body = {"dev": self.dev.hex(), "name": self.name, "prev": prev.hex() if prev else None}
        answer = await self.client.call("POST", "devices/enrol", json=body)
        self.device = UUID(answer.json()["device"]["id"])

    async def crash(self) -> None:
        """SIGKILL of the browser."""
        self.crashes += 1
        await self.client.restart()

    async def exchange(self, wait_ms: int = 0) -> None:
        """Send what is queued, ask for what is new. A lost wire is no error: the next exchange sends again."""
        if self.offline:
            return
        try:
            if self.device is None:
                await self.enrol()
            await self.push()
            await self.pull(wait_ms)
        except LOST:
            await asyncio.sleep(self._rng.uniform(0.1, 0.5))

    async def push(self) -> None:
        while True:
            some = self.queue[:BATCH]
            now, mono = int(time.time() * 1000), int((time.monotonic() - self._started) * 1000) + 1
            up = codec.encode(Up(1, self.dev, self.n, self.seen, [codec.raw(e) for e in some], now, mono, 7))
            answer = codec.decode_answer(await self._post("push", up))
            if isinstance(answer, Fork):
                await self._fork()
                continue
            self._take(answer)
            if not self.queue:
                return

    def _take(self, answer: Ack) -> None:
        for v in answer.verdicts:
            self.verdicts[v.id] = v.code
            self.seen = max(self.seen, v.n)
        self.acked |= {e.id for e in self.queue if e.n <= answer.upto}
        self.queue = [e for e in self.queue if e.n > answer.upto]

    async def _fork(self) -> None:
        self.forks += 1
        old, self.dev = self.dev, self._rng.randbytes(16)
        self.queue = [msgspec.structs.replace(e, n=i + 1) for i, e in enumerate(self.queue)]
        self.n, self.seen = len(self.queue), 0
        await self.enrol(old)

    async def pull(self, wait_ms: int) -> None:
        subs = [(s, h, off) for s, (h, off) in self.at.items()]
        asked = Pull(1, self.dev, subs, wait_ms, 0, self.n, len(self.queue), int(time.time() * 1000))
        answer = codec.decode_pulled(await self._post("pull", codec.encode(asked)))
        for frame in answer.frames:
            self._apply(frame)

    def _apply(self, frame: Frame) -> None:
        if (frame.was, frame.frm) != self.at[frame.shape]:
            return
        msgs = codec.messages(frame)
        rows = {} if isinstance(msgs[0], Reset) else dict(self.rows[frame.shape])
        for m in msgs:
            match m:
                case Row():
                    rows |= {msgspec.msgpack.decode(r)[0]: r for r in m.rows}
                case Put():
                    rows[msgspec.msgpack.decode(m.row)[0]] = m.row
                case Del():
                    rows.pop(m.pk, None)
                case Mark():
                    self.rows[frame.shape], self.at[frame.shape] = rows, (frame.h, m.off)
                    self.view[frame.shape] = {pk: msgspec.msgpack.decode(r) for pk, r in rows.items()}
                    if digest.of(rows.values()) != (m.n, m.d1, m.d2):
                        self.mismatches += 1
                        self.at[frame.shape] = (0, -2)

    async def _post(self, what: str, body: bytes) -> bytes:
        headers = {"Content-Type": "application/msgpack"}
        answer = await self.client.call("POST", f"sync/v1/{what}", content=body, headers=headers)
        return answer.content


async def keep_trying(work: Callable[[], Any], seconds: float = 60) -> Any:
    """Until the wire lets it through. Raises Refused at once, and what was last seen when time is up."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return await work()
        except LOST:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.3)
