"""`python -m server.imports.child FILE`: the rows of a file as JSON lines on stdout, under limits of its own.

A file that explodes takes this process with it, not the web's. The last line is {} or {"code", "message"}.
"""

import sys
from pathlib import Path

import msgspec

from server.errors import Invalid
from server.imports import files

MEMORY = 700 * 1024 * 1024
CPU_S = 40


def main(path: str) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    out, encode = sys.stdout.buffer, msgspec.json.encode
    last: dict[str, str] = {}
    try:
        with Path(path).open("rb") as file:
            for row in files.rows(file):
                out.write(encode(row) + b"\n")
    except Invalid as e:
        last = {"code": e.code, "message": e.message}
    except (MemoryError, RecursionError):
        last = {"code": "too_large", "message": "文件太复杂，读的时候超过了内存上限；请按日期分成几个文件"}
    out.write(encode(last) + b"\n")
    out.flush()


if __name__ == "__main__":
    main(sys.argv[1])
