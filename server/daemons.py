"""How a database process is started without root's rights, waited for, found again and ended. Linux.

embedded.py says which processes; nothing here knows PostgreSQL or Valkey.
"""

import hashlib
import os
import pwd
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import structlog

from server.errors import Unavailable

log = structlog.get_logger(__name__)

HINT = "或设置 DATABASE_URL 和 REDIS_URL 使用已有的数据库 (or set DATABASE_URL and REDIS_URL)"
LONGEST_SOCKET = 107
"""sockaddr_un.sun_path holds 108 bytes with the closing zero."""
_LONGEST_NAME = len("/.s.PGSQL.5432")
_PROGRAMS = {"postgres", "valkey-server"}
_LAUNCH = Path(__file__).with_name("launch.py")


class Service:
    """One database process: started through launch.py, in its own session, so that Ctrl-C does not reach it."""

    def __init__(
        self,
        name: str,
        home: Path,
        command: list[str],
        end: signal.Signals,
        prefix: Sequence[str],
        log_file: Path,
    ) -> None:
        self.name, self.home, self.log_file = name, home, log_file
        self._command, self._end, self._prefix = command, end, list(prefix)
        self._process: subprocess.Popen[bytes] | None = None
        self.ready: Callable[[int], bool] = lambda _pid: True

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, seconds: float = 60) -> None:
        with open_log(self.log_file) as out:
            self._process = subprocess.Popen(
                [*self._prefix, *launcher(self._end), *self._command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=environment(),
                cwd="/",
                start_new_session=True,
            )
        deadline = time.monotonic() + seconds
        while not self.ready(self.pid):
            if not self.alive or time.monotonic() > deadline:
                self.stop(5)
                raise Unavailable(
                    f"{self.name.lower()}_did_not_start",
                    f"内置 {self.name} 没有启动 (did not start);日志 {self.log_file}:\n{tail(self.log_file)}\n"
                    f"请按日志处理后重试，{HINT}",
                )
            time.sleep(0.02)

    def stop(self, seconds: float) -> None:
        """End it in order; what does not end in time is killed (both recover from their logs)."""
        if self._process is None:
            return
        if self.alive:
            self._process.send_signal(self._end)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            log.warning("database_killed", name=self.name, after_s=seconds)
            end_leftovers(self.home, signal.SIGKILL, 5)
            self._process.kill()
            self._process.wait()


def open_log(path: Path) -> IO[bytes]:
    """The log to append to; past 5 MB the old one is kept beside it, once."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if path.exists() and path.stat().st_size > 5_000_000:
        path.replace(path.with_suffix(".old.log"))
    return path.open("ab")


def tail(path: Path, lines: int = 12) -> str:
    """The last lines of a log, for a message."""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


def launcher(end: signal.Signals) -> list[str]:
    """The words before a command that make it receive `end` when the thread that starts it is gone."""
    return [sys.executable, "-I", "-S", str(_LAUNCH), str(int(end)), str(os.getpid())]


def environment() -> dict[str, str]:
    """Ours without PG*: a PGOPTIONS or PGHOST of the person's shell must not steer the embedded database."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C"}


def unprivileged(data_dir: Path, program: Path) -> tuple[list[str], int]:
    """The words that run `program` on `data_dir` without root's user id, and the owner its files then have on disk.

    PostgreSQL refuses to run as root. As root: in a user namespace where root is user 1000 (files stay root's, no user
    is made, no folder opened); where namespaces are forbidden, as in most containers, as an existing user that keeps
    root's right to pass folders and nothing else. Raises Unavailable when neither is possible.
    """
    if os.geteuid() != 0:
        return [], os.geteuid()
    words = ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]
    if _works(words, data_dir, program):
        return words, 0
    user = _existing_user()
    words = [
        "setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups",
        "--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override", "--",
    ]  # fmt: skip
    if _works(words, data_dir, program):
        return words, user.pw_uid
    raise Unavailable(
        "no_unprivileged_user",
        "PostgreSQL 不能以 root 运行，而这台机器既不允许用户命名空间 (unshare)，也不能换用户 (setpriv) 运行 "
        f"{program}。请用普通用户运行，或把程序放在其他用户能进入的目录 (PostgreSQL will not run as root, and here "
        f"there is neither unshare nor setpriv for that path: run as an ordinary user), {HINT}",
    )


def _works(words: Sequence[str], data_dir: Path, program: Path) -> bool:
    # Really written, as access(2), and so `test -w`, leaves an ordinary user's capabilities out of account. PostgreSQL
    # asks access(2) about its own program, so there `test -x` is the question.
    write = ["sh", "-c", 'touch "$1/.probe" && rm "$1/.probe" && test -x "$2"', "sh", str(data_dir), str(program)]
    try:
        done = subprocess.run([*words, *write], check=False, capture_output=True)
    except FileNotFoundError:
        return False
    return done.returncode == 0


def _existing_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return pwd.getpwuid(65534)


def give(home: Path, owner: int) -> None:
    """Make `owner` the owner of everything under home (only root can). Symbolic links are not followed."""
    for folder, _, files in os.walk(home):
        for name in (".", *files):
            os.chown(os.path.join(folder, name), owner, -1, follow_symlinks=False)


def socket_dir(data_dir: Path) -> Path:
    """A folder of ours, 0700, whose path is short enough for a socket: data_dir/run, else a temporary one."""
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    name = f"zhongshu-{os.geteuid()}-{digest}"
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    places = [
        data_dir / "run",
        *([Path(runtime) / name] if runtime else []),
        Path(tempfile.gettempdir()) / name,
    ]
    for place in [*places, Path("/tmp") / name]:
        # PostgreSQL splits its list of socket folders at commas and takes quotes for its own.
        awkward = any(c in str(place) for c in ',"')
        if awkward or len(os.fsencode(place)) + _LONGEST_NAME > LONGEST_SOCKET or not place.parent.is_dir():
            continue
        place.mkdir(mode=0o700, exist_ok=True)
        found = place.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            continue  # in /tmp anyone may have made that name before us
        place.chmod(0o700)
        return place
    raise Unavailable(
        "no_socket_folder",
        f"找不到放置套接字的短路径 (no short path for the sockets): DATA_DIR, {HINT}",
    )


def end_leftovers(home: Path, end: signal.Signals, seconds: float) -> None:
    """End the processes that still work in `home` after their starter was killed, and wait for the last of them."""
    deadline = time.monotonic() + seconds
    asked: set[int] = set()
    while pids := _working_in(home):
        force = time.monotonic() > deadline
        if time.monotonic() > deadline + 10:
            raise Unavailable("leftover", f"旧进程没有结束 (old processes do not end): {sorted(pids)}")
        for pid in pids if force else pids - asked:
            log.info("leftover_process", pid=pid, folder=str(home), forced=force)
            try:
                os.kill(pid, signal.SIGKILL if force else end)
            except ProcessLookupError:
                pass  # it ended by itself in between
        asked |= pids
        time.sleep(0.05)


def _working_in(home: Path) -> set[int]:
    """Database processes whose working folder is `home` (a server goes into its data folder)."""
    found: set[int] = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if entry.stat().st_uid != os.geteuid() and os.geteuid() != 0:
                continue
            if (entry / "comm").read_text().strip() not in _PROGRAMS:
                continue  # for example a shell in which somebody looks at the folder
            started_with = os.fsencode(home) in (entry / "cmdline").read_bytes().split(b"\0")
            if started_with or Path(os.readlink(entry / "cwd")) == home:
                found.add(int(entry.name))
        except OSError:
            continue  # it ended while we looked, or is none of ours
    return found
