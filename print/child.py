"""The render process that isolated.py starts: reads jobs on stdin, writes PDFs on stdout, ends with its parent, or
when nothing was asked of it for a while."""

import os
import resource
import select
import sys
from typing import IO, Any

import msgspec

from .isolated import FAILED, HEADER, IDLE_S, READY, RENDERED, Job, failure

# Once warm, rendering needs none of these. A second wall behind the URL fetcher that refuses everything.
_FORBIDDEN = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.bind", "socket.sendto",
              "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.remove", "os.rename",
              "urllib.Request", "ftplib.connect", "ctypes.dlopen")  # fmt: skip


def main(mem_mb: int) -> None:
    """Serve until stdin ends."""
    jobs, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing but frames may reach the parent, whatever a library prints
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit(resource.RLIMIT_DATA, mem_mb * 1024 * 1024)
    try:
        from . import render  # (a failed import must be answered, too)

        render.warm_up()
    except Exception as error:
        _send(replies, FAILED, msgspec.json.encode(failure(error)))
        return
    sys.addaudithook(_wall)
    _send(replies, READY, b"")
    # One job is asked at a time, so between two of them nothing waits in the buffer that select cannot see.
    while select.select([jobs], [], [], IDLE_S)[0] and len(header := jobs.read(HEADER.size)) == HEADER.size:
        job = msgspec.json.decode(jobs.read(HEADER.unpack(header)[0]), type=Job)
        _limit(resource.RLIMIT_CPU, int(_cpu_used()) + 1 + job.cpu_s)  # ends a hang even if the parent is gone
        try:
            rendered = render.sheets(job.documents)
        except Exception as error:
            _send(replies, FAILED, msgspec.json.encode(failure(error)))
        else:
            _send(replies, RENDERED, msgspec.msgpack.encode(rendered))


def _send(replies: IO[bytes], kind: int, body: bytes) -> None:
    replies.write(HEADER.pack(len(body), kind) + body)
    replies.flush()


def _limit(what: int, soft: int) -> None:
    _, hard = resource.getrlimit(what)
    resource.setrlimit(what, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _cpu_used() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _wall(event: str, args: tuple[Any, ...]) -> None:
    writes = event == "open" and isinstance(args[1], str) and any(letter in args[1] for letter in "wax+")
    if writes or event in _FORBIDDEN:
        raise PermissionError("the render process may not do this")


if __name__ == "__main__":
    main(int(sys.argv[1]))
