"""`make stop`: ends the instance that holds the data folder ($DATA_DIR), in order, and waits. Standard library."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 45


def main() -> int:
    """0 when nothing runs (any more)."""
    path = ROOT / os.environ.get("DATA_DIR", ".zhongshu/data") / "instance.json"
    if not path.exists():
        return _say("没有运行 nothing runs here", 0)
    with path.open("r+", encoding="utf-8") as file:
        if _free(file.fileno()):
            return _say("没有运行 nothing runs here", 0)
        # The lock is held, so the pid in the file is a living instance's and not a stale number.
        pid = int(json.loads(file.read())["pid"])
        _say(f"停止 stopping process {pid} …", 0)
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if _free(file.fileno()):
                return _say("已停止 stopped", 0)
            time.sleep(0.1)
    return _say(f"✗ {SECONDS} 秒后仍在运行 (still runs); 强制结束 to kill it:  kill -9 {pid}", 1)


def _free(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(fd, fcntl.LOCK_UN)
    except BlockingIOError:
        return False
    return True


def _say(text: str, code: int) -> int:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
    return code


if __name__ == "__main__":
    sys.exit(main())
