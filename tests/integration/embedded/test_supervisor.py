"""`up` as a person meets it: READY, Ctrl-C, a dying child, a taken port, and nothing that survives it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HOUSE = Path(__file__).with_name("house.py")
UP = (
    "import sys; from server import settings; from server.supervisor import Supervisor;"
    "sys.exit(Supervisor(settings.load(), (sys.executable, sys.argv[1])).run())"
)
SERVICES = {"web", "worker", "dispatch", "mover", "schedule", "sandbox"}


class House:
    """One `up` with the stand-in program."""

    def __init__(self, data_dir: Path, port: int, **modes: str) -> None:
        self.data_dir = data_dir
        env = os.environ | {"DATA_DIR": str(data_dir), "PORT": str(port), "DEMO": "1", "PYTHONUTF8": "1"}
        env.pop("DATABASE_URL", None)
        env.pop("REDIS_URL", None)
        self.process = subprocess.Popen(
            [sys.executable, "-c", UP, str(HOUSE)],
            cwd=ROOT,
            env=env | {f"MODE_{name.upper()}": mode for name, mode in modes.items()},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""

    def until(self, word: str, times: int = 1) -> str:
        assert self.process.stdout is not None
        while self.output.count(word) < times:
            line = self.process.stdout.readline()
            assert line, self.output
            self.output += line
        return self.output

    def rest(self) -> str:
        self.output += self.process.communicate(timeout=40)[0]
        return self.output

    def family(self) -> dict[int, str]:
        """pid -> command of every process below it, however deep."""
        listed = subprocess.run(["ps", "-wweo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
        rows = [(int(pid), int(ppid), args) for pid, ppid, args in (x.split(None, 2) for x in listed.splitlines())]
        below, known = {self.process.pid}, dict[int, str]()
        while more := {pid: args for pid, ppid, args in rows if ppid in below and pid not in below}:
            known |= more
            below |= set(more)
        return known

    def child(self, name: str, other_than: int = 0) -> int:
        """Its pid; waits for it, and for another one than a pid that is known to be gone."""
        deadline = time.monotonic() + 10
        while True:
            found = [pid for pid, args in self.family().items() if args.endswith(f"house.py {name}")]
            if found and found != [other_than]:
                return found[0]
            assert time.monotonic() < deadline, f"no {name}"
            time.sleep(0.1)


def survivors(family: dict[int, str], seconds: float = 15) -> dict[int, str]:
    deadline = time.monotonic() + seconds
    while family and time.monotonic() < deadline:
        time.sleep(0.05)
        family = {pid: args for pid, args in family.items() if running(pid)}
    return family


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def free_port() -> int:
    """A port that is free together with its neighbour (the sandbox's)."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
                return port
            except (OSError, OverflowError):
                continue


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Callable[..., House]]:
    houses: list[House] = []

    def go(data_dir: Path = tmp_path / "data", port: int = 0, **modes: str) -> House:
        houses.append(House(data_dir, port or free_port(), **modes))
        return houses[-1]

    yield go
    for house in houses:
        family = house.family()
        if house.process.poll() is None:
            house.process.kill()
        house.process.communicate(timeout=40)
        assert not survivors(family)


def test_ready_with_logins_then_ctrl_c_leaves_nothing_and_all_starts_again(up: Callable[..., House]) -> None:
    house = up()
    words = house.until("Ctrl-C 停止")
    port = words.split("READY http://127.0.0.1:")[1].split()[0]
    assert port.isdigit() and "kefu" in words and "secret-1" in words and "小林" in words
    assert words.index("migrate  | migrate begins") < words.index("web      | web begins")
    family = house.family()
    assert {args.rsplit(" ", 1)[1] for args in family.values() if "house.py" in args} == SERVICES
    assert any("postgres" in args for args in family.values()) and any("valkey" in a for a in family.values())
    house.process.send_signal(signal.SIGINT)
    assert "stopped" in house.rest()
    assert house.process.returncode == 0 and not survivors(family)

    again = up()
    again.until("READY ")
    again.process.send_signal(signal.SIGTERM)
    again.rest()
    assert again.process.returncode == 0


def test_nothing_survives_a_killed_supervisor(up: Callable[..., House]) -> None:
    house = up()
    house.until("READY ")
    family = house.family()
    assert len(family) >= len(SERVICES) + 2
    house.process.kill()
    house.process.wait()
    assert not survivors(family)


def test_a_dead_child_is_started_again(up: Callable[..., House]) -> None:
    house = up()
    house.until("READY ")
    before = house.child("web")
    os.kill(before, signal.SIGKILL)
    house.until("web 结束")
    house.until("restarting in 0.5 s")
    assert house.child("web", other_than=before)


def test_a_child_that_worked_is_soon_back_however_often_it_is_killed(up: Callable[..., House]) -> None:
    """One that cannot start at all is given more and more time; one that was ready is missed."""
    house = up()
    house.until("READY ")
    before = 0
    for deaths in range(1, 6):
        before = house.child("web", other_than=before)
        deadline = time.monotonic() + 10
        while not (house.data_dir / "ready" / "web").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        os.kill(before, signal.SIGKILL)
        house.until("restarting in", deaths)
    said = [line.split("restarting in ")[1].strip() for line in house.output.splitlines() if "restarting in" in line]
    assert said == ["0.5 s", "1 s", "2 s", "2 s", "2 s"]


def test_a_dead_database_is_started_again(up: Callable[..., House]) -> None:
    house = up()
    house.until("READY ")
    os.kill(next(pid for pid, args in house.family().items() if "valkey-server" in args), signal.SIGKILL)
    house.until("Valkey 意外结束")


def test_a_stubborn_child_and_a_second_ctrl_c(up: Callable[..., House]) -> None:
    house = up(mover="stubborn")
    house.until("READY ")
    family = house.family()
    assert any(args == "sleep 600" for args in family.values())
    house.process.send_signal(signal.SIGINT)
    house.until("stopping")
    asked = time.monotonic()
    house.process.send_signal(signal.SIGINT)
    house.rest()
    assert time.monotonic() - asked < 5 and not survivors(family)


@pytest.mark.parametrize(("name", "word"), [("migrate", "migrate 未成功"), ("web", "web 连续 5 次启动失败")])
def test_what_cannot_start_ends_the_house_with_its_reason(up: Callable[..., House], name: str, word: str) -> None:
    house = up(**{name: "fails"})
    words = house.rest()
    assert house.process.returncode == 1 and word in words and f"{name} cannot" in words


def test_a_taken_port_and_a_taken_data_folder_say_what_to_do(up: Callable[..., House], tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        refused = up(port=port)
        words = refused.rest()
    assert refused.process.returncode == 1 and f"端口 {port} 不能使用" in words and "make run PORT=" in words
    first = up()
    first.until("READY ")
    second = up()
    assert "make stop" in second.rest() and second.process.returncode == 1
    assert first.process.poll() is None


def test_output_that_nobody_reads_ends_it_in_order(up: Callable[..., House]) -> None:
    house = up()
    house.until("READY ")
    family = house.family()
    assert house.process.stdout is not None
    house.process.stdout.close()
    os.kill(house.child("web"), signal.SIGKILL)  # something to say
    assert house.process.wait(40) == 0 and not survivors(family)
