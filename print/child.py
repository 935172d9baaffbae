"""The render process that isolated.py starts: reads jobs on stdin, writes PDFs on stdout, ends with its parent."""

import os
import resource
import sys
from typing import IO, Any

import msgspec

from . import errors
from .isolated import FAILED, HEADER, PDF, READY, Failure, Job

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
        _send(replies, FAILED, _failure(error))
        return
    sys.addaudithook(_wall)
    _send(replies, READY, b"")
    while len(header := jobs.read(HEADER.size)) == HEADER.size:
        job = msgspec.json.decode(jobs.read(HEADER.unpack(header)[0]), type=Job)
        _limit(resource.RLIMIT_CPU, int(_cpu_used()) + 1 + job.cpu_s)  # ends a hang even if the parent is gone
        try:
            body = render.pdf_batch(job.documents)
        except Exception as error:
            _send(replies, FAILED, _failure(error))
        else:
            _send(replies, PDF, body)


def _failure(error: Exception) -> bytes:
    """The error as the parent raises it again. Foreign messages stay here: they may hold buyer text."""
    if isinstance(error, MemoryError):
        failure = Failure("MemoryError", "")
    elif isinstance(error, errors.PrintError):
        failure = Failure(type(error).__name__, str(error))
    else:
        failure = Failure("PrintError", f"渲染出错 ({type(error).__name__})")
    return msgspec.json.encode(failure)


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
