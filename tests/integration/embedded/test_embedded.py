"""The embedded databases as a person meets them: started, stopped, killed, started twice, in awkward folders."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import redis

from server import daemons, embedded, instance
from server.errors import Conflict, Unavailable

ROOT = Path(__file__).parents[3]


@pytest.fixture
def start() -> Iterator[Callable[..., embedded.Embedded]]:
    started: list[embedded.Embedded] = []

    def go(data_dir: Path, **options: Any) -> embedded.Embedded:
        started.append(embedded.start(data_dir, **options))
        return started[-1]

    yield go
    for one in started:
        one.stop()


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to do with us."""
    process = subprocess.Popen(["sleep", "600"])
    yield process
    process.kill()
    process.wait()


async def run_sql(url: str, statement: str) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def gone(pid: int, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        state = Path(f"/proc/{pid}/stat")
        try:
            # A zombie whose other threads still end cannot be waited for yet.
            threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
            if state.read_text().rsplit(")", 1)[1].split()[0] == "Z" and threads == 1:
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def everybodys() -> Iterator[Path]:
    """PostgreSQL's programs where any user may reach them: this clone may lie in a folder of mode 0700."""
    folder = Path(tempfile.mkdtemp(prefix="zs-programs-"))
    try:
        folder.chmod(0o755)
        shutil.copytree(embedded._postgres_bin().parent, folder / "postgres", symlinks=True)
        yield folder / "postgres" / "bin"
    finally:
        shutil.rmtree(folder)


def start_elsewhere(data_dir: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """Another process that holds an instance; its databases' pids."""
    program = (
        "import sys, time; from pathlib import Path; from server import embedded;"
        "e = embedded.start(Path(sys.argv[1])); print(*e.pids.values(), flush=True); time.sleep(600)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(data_dir)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    with other.stdout:
        return other, [int(word) for word in other.stdout.readline().split()]


async def test_starts_answers_and_finds_its_data_again(tmp_path: Path, start: Callable[..., embedded.Embedded]) -> None:
    first = start(tmp_path / "data")
    assert await run_sql(first.database_url, "select 1") == 1
    assert await run_sql(first.database_url, "show data_checksums") == "on"
    assert await run_sql(first.database_url, "show server_encoding") == "UTF8"
    assert await run_sql(first.database_url, "select upper('é')") == "É"
    assert await run_sql(first.database_url, "show listen_addresses") == ""
    await run_sql(first.database_url, "create table kept (a int)")
    broker = redis.Redis.from_url(first.redis_url)
    assert broker.config_get("port") == {"port": "0"}
    assert broker.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    broker.set("kept", "1")
    broker.close()
    pids = list(first.pids.values())
    first.stop()
    assert all(gone(pid) for pid in pids)
    assert instance.find(tmp_path / "data") is None

    again = start(tmp_path / "data")
    assert await run_sql(again.database_url, "select count(*) from kept") == 0
    broker = redis.Redis.from_url(again.redis_url)
    assert broker.get("kept") == b"1"
    broker.close()


async def test_nothing_is_opened_to_others(tmp_path: Path, start: Callable[..., embedded.Embedded]) -> None:
    tmp_path.chmod(0o700)
    running = start(tmp_path / "data")
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    for folder in ("", "run", "postgres", "valkey", "log"):
        assert (tmp_path / "data" / folder).stat().st_mode & 0o077 == 0, folder
    for pid in running.pids.values():
        sockets = {Path(os.readlink(fd)).name for fd in Path(f"/proc/{pid}/fd").iterdir() if fd.is_symlink()}
        inodes = {name[8:-1] for name in sockets if name.startswith("socket:[")}
        tcp = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()]
        assert not inodes & {words[9] for words in tcp if len(words) > 9}


async def test_a_second_instance_is_refused_and_the_first_goes_on(
    tmp_path: Path, start: Callable[..., embedded.Embedded]
) -> None:
    first = start(tmp_path / "data")
    with pytest.raises(Conflict) as refused:
        start(tmp_path / "data")
    assert str(os.getpid()) in refused.value.message and "DATA_DIR" in refused.value.message
    assert await run_sql(first.database_url, "select 1") == 1
    found = instance.find(tmp_path / "data")
    assert found == instance.Instance(os.getpid(), first.database_url, first.redis_url)


async def test_databases_die_with_a_killed_starter_and_the_next_start_finds_all(
    tmp_path: Path, start: Callable[..., embedded.Embedded]
) -> None:
    other, pids = start_elsewhere(tmp_path / "data")
    found = instance.find(tmp_path / "data")
    assert found is not None and found.pid == other.pid
    await run_sql(found.database_url, "create table kept (a int)")
    other.kill()
    other.wait()
    # At once, while the old ones may still be on their way out.
    again = start(tmp_path / "data")
    assert await run_sql(again.database_url, "select count(*) from kept") == 0
    assert all(gone(pid) for pid in pids)


async def test_a_killed_database_is_revived_with_what_was_committed(
    tmp_path: Path, start: Callable[..., embedded.Embedded]
) -> None:
    running = start(tmp_path / "data")
    await run_sql(running.database_url, "create table kept (a int)")
    assert running.revive() == []
    for pid in running.pids.values():
        os.kill(pid, signal.SIGKILL)
        assert gone(pid)
    assert sorted(await asyncio.to_thread(running.revive)) == ["PostgreSQL", "Valkey"]
    assert await run_sql(running.database_url, "select count(*) from kept") == 0


async def test_everything_killed_at_once_and_a_pid_taken_by_another(
    tmp_path: Path, start: Callable[..., embedded.Embedded], bystander: subprocess.Popen[bytes]
) -> None:
    other, pids = start_elsewhere(tmp_path / "data")
    for pid in [other.pid, *pids]:
        os.kill(pid, signal.SIGKILL)
    other.wait()
    assert all(gone(pid) for pid in pids)
    pid_file = tmp_path / "data" / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(bystander.pid), *lines[1:]]) + "\n")
    again = start(tmp_path / "data")
    assert await run_sql(again.database_url, "select 1") == 1
    assert bystander.poll() is None


async def test_a_long_data_path(tmp_path: Path, start: Callable[..., embedded.Embedded]) -> None:
    long = tmp_path / ("数据 " + "x" * 60) / ("y" * 60) / "data"
    running = start(long)
    assert await run_sql(running.database_url, "select 1") == 1
    broker = redis.Redis.from_url(running.redis_url)
    assert broker.ping()
    broker.close()
    sockets = daemons.socket_dir(long)  # the same one again
    assert long not in sockets.parents and sockets.stat().st_mode & 0o777 == 0o700
    running.stop()
    assert not sockets.exists()


async def test_create_and_drop_a_database(tmp_path: Path, start: Callable[..., embedded.Embedded]) -> None:
    running = start(tmp_path / "data", valkey=False)
    assert running.redis_url == ""
    url = running.create_database("first")
    await run_sql(url, "create table kept (a int)")
    copy = running.create_database("second", template="first")
    assert await run_sql(copy, "select count(*) from kept") == 0
    running.drop_database("second")
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await run_sql(copy, "select 1")
    with pytest.raises(Unavailable):
        running.create_database("first")


async def test_a_half_made_folder_is_made_again(tmp_path: Path, start: Callable[..., embedded.Embedded]) -> None:
    half = tmp_path / "data" / "postgres.new" / "base"
    half.mkdir(parents=True)
    running = start(tmp_path / "data", valkey=False)
    assert await run_sql(running.database_url, "select 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give up its rights")
async def test_root_where_user_namespaces_are_forbidden(
    tmp_path: Path, start: Callable[..., embedded.Embedded], monkeypatch: pytest.MonkeyPatch, everybodys: Path
) -> None:
    usual = start(tmp_path / "data", valkey=False)
    await run_sql(usual.database_url, "create table kept (a int)")
    usual.stop()
    works = daemons._works
    monkeypatch.setattr(daemons, "_works", lambda words, *where: words[0] != "unshare" and works(words, *where))
    monkeypatch.setattr(embedded, "_postgres_bin", lambda: everybodys)
    running = start(tmp_path / "data")
    user = pwd.getpwuid((tmp_path / "data" / "postgres").stat().st_uid)
    assert user.pw_name in ("postgres", "nobody")
    assert Path(f"/proc/{running.pids['PostgreSQL']}").stat().st_uid == user.pw_uid
    assert await run_sql(running.database_url, "select count(*) from kept") == 0
    running.stop()
    monkeypatch.undo()
    back = start(tmp_path / "data", valkey=False)
    assert await run_sql(back.database_url, "select count(*) from kept") == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give up its rights")
def test_root_whose_programs_nobody_else_may_reach_is_told_about_database_url(
    tmp_path: Path, start: Callable[..., embedded.Embedded], monkeypatch: pytest.MonkeyPatch, everybodys: Path
) -> None:
    works = daemons._works
    monkeypatch.setattr(daemons, "_works", lambda words, *where: words[0] != "unshare" and works(words, *where))
    monkeypatch.setattr(embedded, "_postgres_bin", lambda: everybodys)
    everybodys.parents[1].chmod(0o700)
    with pytest.raises(Unavailable, match="DATABASE_URL"):
        start(tmp_path / "data")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to give up its rights")
def test_root_where_nothing_else_is_possible_is_told_about_database_url(
    tmp_path: Path, start: Callable[..., embedded.Embedded], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemons, "_works", lambda words, *where: False)
    with pytest.raises(Unavailable, match="DATABASE_URL"):
        start(tmp_path / "data")
    monkeypatch.undo()
    start(tmp_path / "data", valkey=False)  # the refusal left the folder free
