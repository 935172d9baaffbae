"""Who holds a data folder: one locked file, which also says how to reach the databases. No process is started here."""

import fcntl
import os
import time
from pathlib import Path
from typing import IO

import msgspec

from server.errors import Conflict


class Instance(msgspec.Struct, frozen=True):
    """What the lock file says about the instance that holds it."""

    pid: int
    database_url: str = ""
    redis_url: str = ""


def find(data_dir: Path) -> Instance | None:
    """The instance that holds the folder now, if any: for commands typed beside a running one, and for `make stop`."""
    path = data_dir.absolute() / "instance.json"
    try:
        file = path.open("r+", encoding="utf-8")
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _read(file)
        return None


def take(data_dir: Path) -> IO[str]:
    """Hold the data folder; the open, locked file. Raises Conflict when another instance holds it."""
    # The file stays open (and locked) as long as this process lives, whichever way it ends.
    file = os.fdopen(
        os.open(data_dir / "instance.json", os.O_RDWR | os.O_CREAT, 0o600),
        "r+",
        encoding="utf-8",
    )
    if not _locked(file):
        other = _read(file)
        file.close()
        raise Conflict(
            "data_folder_in_use",
            f"数据目录 {data_dir} 正被另一个实例使用 (in use by process {other.pid if other else '?'})。"
            "请先用 make stop 停止它，或给这个实例设置另一个 DATA_DIR 和 PORT "
            "(stop it with `make stop`, or give this one its own DATA_DIR and PORT)",
        )
    write(file, Instance(os.getpid()))
    return file


def _locked(file: IO[str]) -> bool:
    for _ in range(5):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0.1)  # it may be a find() that only looks
    return False


def write(file: IO[str], held: Instance) -> None:
    """Say in the lock file who holds it and how to reach it."""
    file.seek(0)
    file.truncate()
    file.write(msgspec.json.encode(held).decode())
    file.flush()


def _read(file: IO[str]) -> Instance | None:
    file.seek(0)
    try:
        return msgspec.json.decode(file.read(), type=Instance)
    except msgspec.MsgspecError:
        return None  # it is being written at this moment
