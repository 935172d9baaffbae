"""A wire that lies: HTTP requests are lost, their answers are lost, or they arrive twice. Between any two of ours."""

import asyncio
import random
from collections import Counter

CUT, LOST, TWICE, SLOW = "cut", "answer_lost", "twice", "slow"
FATES = ((CUT, LOST, TWICE, SLOW), (2, 3, 2, 1))
"""And their weights: a lost answer is what makes a repeat dangerous."""
_HEAD = 64 * 1024


class Proxy:
    """Relays HTTP/1.1 to 127.0.0.1:upstream, one connection for each request. rate: share of requests that suffer.

    fired counts what was done to whom. quiet() ends the faults, the relay goes on.
    """

    def __init__(self, upstream: int, rng: random.Random, rate: float) -> None:
        self.upstream, self.rate = upstream, rate
        self.fired: Counter[str] = Counter()
        self.port = 0
        self._rng = rng
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> "Proxy":
        self._server = await asyncio.start_server(self._met, "127.0.0.1", 0, limit=_HEAD)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def quiet(self) -> None:
        self.rate = 0.0

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # one of the ends went away, or we are closing: the other end is told below
        finally:
            self._open.discard(task)
            writer.transport.abort()  # RST: no end of ours is polite

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request and its answer. False: the connection is over."""
        request = await _message(reader)
        if not request:
            return False
        fate = self._rng.choices(*FATES)[0] if self._rng.random() < self.rate else ""
        if fate:
            self.fired[fate] += 1
        if fate == CUT:
            return False
        if fate == SLOW:
            await asyncio.sleep(self._rng.uniform(0.2, 1.5))
        if fate == TWICE:  # at the same time, as a retrying box on the way does it
            answers = await asyncio.gather(self._ask(request), self._ask(request))
            answer = answers[self._rng.randrange(2)]
        else:
            answer = await self._ask(request)
        if fate == LOST or not answer:
            return False
        writer.write(answer)
        await writer.drain()
        return True

    async def _ask(self, request: bytes) -> bytes:
        """The upstream's answer, whole; empty when it died over it."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream, limit=_HEAD)
        except OSError:
            return b""
        try:
            writer.write(request)
            await writer.drain()
            return await _message(reader)
        except (OSError, asyncio.IncompleteReadError):
            return b""
        finally:
            writer.transport.abort()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """A request or answer as it came: head and body. Empty at the end of the connection."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as e:
        if e.partial:
            raise
        return b""
    fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
    if b"chunked" in fields.get(b"transfer-encoding", b""):
        body = b""
        while True:
            size = await reader.readuntil(b"\r\n")
            chunk = await reader.readexactly(int(size.split(b";")[0], 16) + 2)
            body += size + chunk
            if int(size.split(b";")[0], 16) == 0:
                return head + body
    return head + await reader.readexactly(int(fields.get(b"content-length", b"0")))
