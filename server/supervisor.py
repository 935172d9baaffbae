"""`zhongshu up`: the whole house in one terminal. Databases, migrations, children, the demo; ends them all.

One thread, no asyncio: a child's death signal is bound to the thread that started it, and nothing here may wait for
something that hangs.
"""

import os
import selectors
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

import click
import msgspec

from server import embedded, instance
from server.children import Child, line
from server.errors import Conflict, Error, Unavailable
from server.settings import Settings, demo_ended

_NAME = "zhongshu"
_GRACE = 10.0
"""Seconds a child has to end after SIGTERM."""
_STEADY = 10.0
"""A child that has lived this long starts again at once when it dies."""
_LONGEST_PAUSE, _LONGEST_AFTER_READY = 30.0, 2.0
"""Before a child is started again: one that cannot start is not hurried; one that worked and was killed is missed."""
_TRIES = 5
"""Deaths of one child before the house was ever ready, after which starting is given up."""


class _Stopped(Exception):
    """A signal asked for the end."""


class Supervisor:
    """Holds the house of one `up`."""

    def __init__(self, settings: Settings, program: Sequence[str] = (sys.executable, "-m", "server")) -> None:
        self.settings = settings
        self.program = program
        """What the name of a child is appended to."""
        self.databases: embedded.Embedded | None = None
        self.children: list[Child] = []
        self._ended: list[Child] = []
        self.once_ready = False
        self._asked = 0
        self._due: dict[str, float] = {}
        self._deaths: dict[str, int] = {}
        self._selector = selectors.DefaultSelector()
        self._checked = 0.0

    def run(self) -> int:
        """Run until a signal; the exit code."""
        started = time.monotonic()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            self._start(started)
            self._pump(lambda: False)
        except _Stopped:
            return 0
        except Error as e:
            click.echo(f"\n✗ {e.message}", err=True)
            return 1
        finally:
            self._end_all()
        return 0

    def _start(self, started: float) -> None:
        s = self.settings
        _refuse_busy_port(s.host, s.port, "PORT", s)
        if s.demo:
            _refuse_busy_port("127.0.0.1", s.sandbox_port, "SANDBOX_PORT", s)
        self._say(_NAME, f"数据目录 data folder {s.data_dir}")
        fresh = not (s.data_dir / "postgres").exists()
        if not s.database_url:
            self._say(
                _NAME,
                "建立并启动数据库 making the database …" if fresh else "启动数据库 starting the database …",
            )
        self.databases = embedded.start(s.data_dir, postgres=not s.database_url, valkey=not s.redis_url)
        self._stop_if_asked()
        self._once("migrate", "更新数据表 migrating …")
        ready = self._ready_dir()
        ready.mkdir(mode=0o700, exist_ok=True)
        for name, command in self._services():
            self._launch(Child(name, [*self.program, command], self._env(), self._say, ready / name))
        self._wait_ready()
        logins = self._once("demo", "准备演示数据 loading the demo …") if s.demo else b""
        self.once_ready = True
        self._announce(logins, time.monotonic() - started)

    def _services(self) -> list[tuple[str, str]]:
        n = self.settings.workers
        workers = [("worker" if n == 1 else f"worker{i + 1}", "worker") for i in range(n)]
        rest = [(name, name) for name in ("web", "dispatch", "mover", "schedule")]
        return [*([("sandbox", "sandbox")] if self.settings.demo else []), *rest, *workers]

    def _env(self) -> dict[str, str]:
        s, d = self.settings, self.databases
        assert d is not None
        return os.environ | {
            "DATABASE_URL": s.database_url or d.database_url,
            "REDIS_URL": s.redis_url or d.redis_url,
            "DATA_DIR": str(s.data_dir),
            "KEY_FILE": str(s.key_file),
            "PWA_DIR": str(s.pwa_dir),
            "PORT": str(s.port),
            "SANDBOX_PORT": str(s.sandbox_port),
            "SANDBOX_STATE": str(s.data_dir / "sandbox.json"),
            "DEMO": "1" if s.demo else "",
            "PYTHONUNBUFFERED": "1",
        }

    # -- children

    def _launch(self, child: Child) -> None:
        if child not in self.children:
            self.children.append(child)
        self._due.pop(child.name, None)
        for fd in child.start():
            self._selector.register(fd, selectors.EVENT_READ, child)

    def _once(self, command: str, text: str) -> bytes:
        """Run a command to its end; what it wrote on standard output. Raises Unavailable when it fails."""
        self._say(_NAME, text)
        child = Child(command, [*self.program, command], self._env(), self._say)
        self._launch(child)
        self._pump(lambda: not child.alive)
        child.end(signal.SIGKILL)  # whatever it left would hold its output open
        self._pump(lambda: not self._open(child))
        self.children.remove(child)
        if child.code:
            raise Unavailable(
                f"{command}_failed",
                f"{command} 未成功 (failed, exit code {child.code}),原因见上 (the reason is above)",
            )
        return child.answer

    def _wait_ready(self) -> None:
        begun = told = time.monotonic()

        def all_ready() -> bool:
            nonlocal told
            waiting = [c.name for c in self.children if not c.ready]
            if waiting and time.monotonic() - told > 5:
                told = time.monotonic()
                self._say(_NAME, f"等待 waiting for {', '.join(waiting)} … {told - begun:.0f} s")
            return not waiting

        self._pump(all_ready)

    def _pump(self, done: Callable[[], bool]) -> None:
        """Carry lines and look after children and databases until done() or a signal."""
        while not done():
            self._stop_if_asked()
            self._carry(0.1)
            if time.monotonic() - self._checked > 0.5:
                self._checked = time.monotonic()
                self._look_after()

    def _carry(self, seconds: float) -> None:
        if not self._selector.get_map():
            time.sleep(seconds)
        for key, _ in self._selector.select(seconds):
            if not key.data.read(key.fd):
                self._selector.unregister(key.fd)

    def _open(self, child: Child) -> bool:
        return any(key.data is child for key in self._selector.get_map().values())

    def _look_after(self) -> None:
        if self.databases is not None:
            for name in self.databases.revive():
                self._say(_NAME, f"{name} 意外结束，已重新启动 (had ended, is running again)")
        now = time.monotonic()
        if self.settings.demo and demo_ended(self.settings.data_dir):
            self._end_sandbox()
        for child in [c for c in self.children if c.service and not c.alive]:
            due = self._due.get(child.name)
            if due is None:
                child.end(signal.SIGKILL)  # what it may have left in its group
                self._due[child.name] = now + self._pause(child, now)
            elif now >= due:
                self._launch(child)

    def _end_sandbox(self) -> None:
        """A real shop was added: the simulated ones are over."""
        for child in [c for c in self.children if c.name == "sandbox"]:
            self._say(_NAME, "已接入真实店铺，演示店铺停止 (a real shop was added: the sandbox ends)")
            child.end(signal.SIGTERM)
            self.children.remove(child)
            self._ended.append(child)

    def _pause(self, child: Child, now: float) -> float:
        if now - child.started_at > _STEADY:
            self._deaths[child.name] = 0
        deaths = self._deaths[child.name] = self._deaths.get(child.name, 0) + 1
        if deaths >= _TRIES and not self.once_ready:
            raise Unavailable(
                "child_does_not_start",
                f"{child.name} 连续 {deaths} 次启动失败 (does not start, exit code {child.code}),原因见上",
            )
        worked = child.ready_file is not None and child.ready_file.exists()
        pause = min(0.5 * 2.0 ** (deaths - 1), _LONGEST_AFTER_READY if worked else _LONGEST_PAUSE)
        self._say(
            _NAME,
            f"{child.name} 结束 (ended, exit code {child.code});{pause:g} 秒后重启 restarting in {pause:g} s",
        )
        return pause

    # -- the end

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._asked += 1
        if self._asked > 1:
            for child in self.children:
                child.end(signal.SIGKILL)

    def _stop_if_asked(self) -> None:
        if self._asked:
            raise _Stopped

    def _end_all(self) -> None:
        self._asked += 1  # from here on, one more signal is the second
        if self.children or self.databases:
            self._say(_NAME, "正在停止，再按一次 Ctrl-C 立即结束 (stopping; Ctrl-C again ends at once) …")
        for child in self.children:
            child.end(signal.SIGTERM)
        self._drain(_GRACE)
        for child in [*self.children, *self._ended]:
            child.end(signal.SIGKILL)  # also when it ended: its group may hold more
        self._drain(5)
        if self.databases is not None:
            self.databases.stop()
        shutil.rmtree(self._ready_dir(), ignore_errors=True)
        if self.children or self.databases:
            self._say(_NAME, "已停止 stopped")

    def _drain(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while any(c.alive for c in self.children) and time.monotonic() < deadline:
            self._carry(0.05)

    # -- words

    def _ready_dir(self) -> Path:
        return self.settings.data_dir / "ready"

    def _say(self, name: str, text: str) -> None:
        self._echo(line(name, text))

    def _echo(self, text: str) -> None:
        try:
            click.echo(text)
            sys.stdout.flush()
        except OSError:
            # The terminal or the pipe behind us is gone: end in order, and in silence, as nobody could stop us.
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
            self._asked = max(self._asked, 1)

    def _announce(self, logins: bytes, seconds: float) -> None:
        self._say(_NAME, f"就绪 ready after {seconds:.1f} s")
        words = [f"\nREADY http://127.0.0.1:{self.settings.port}"]
        if self.settings.public_url:
            words.append(f"      {self.settings.public_url}")
        if logins:
            words.append(_login_lines(logins))
        self._echo("\n".join([*words, "Ctrl-C 停止 (stops everything)\n"]))


class _Login(msgspec.Struct):
    login: str
    password: str
    name: str = ""
    role: str = ""


class _Logins(msgspec.Struct):
    logins: list[_Login]


def _login_lines(answer: bytes) -> str:
    try:
        logins = msgspec.json.decode(answer, type=_Logins).logins
    except msgspec.MsgspecError as e:
        raise Unavailable("demo_answer", f"demo 的输出无法读取 (unreadable): {e}") from e
    if not logins:
        return (
            "演示账号在第一次启动时显示过 (the demo logins were shown at the first start)\n"
            "  忘了就重设 to set one anew:  .venv/bin/zhongshu user password picker"
        )
    rows = [f"  {x.login:<12} {x.password:<20} {x.name} {x.role}".rstrip() for x in logins]
    return "\n".join(["演示账号 demo logins (login, password):", *rows])


def _refuse_busy_port(host: str, port: int, variable: str, settings: Settings) -> None:
    """Raises Conflict with what to do next when the port cannot be listened on."""
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind((host, port))
            s.listen(1)
            return
        except OSError as e:
            reason = e.strerror
    held = instance.find(settings.data_dir)
    ours = f"它由这个数据目录上正在运行的中枢占用 (by Zhongshu itself, process {held.pid})。" if held else ""
    raise Conflict(
        "port_in_use",
        f"端口 {port} 不能使用 (port {port}: {reason})。{ours}\n"
        f"  停止正在运行的中枢 stop the running one:  make stop\n"
        f"  或换一个端口 or take another port:       make run {variable}={port + 10}\n"
        f"  查看是谁 who has it:                     ss -ltnp 'sport = :{port}'",
    )


def up(settings: Settings) -> int:
    """Start everything and stay until Ctrl-C or SIGTERM; the exit code for the shell."""
    return Supervisor(settings).run()
