"""One child process of the supervisor: started in its own group, its lines read and prefixed, ended with its group.

When a child is restarted, and what is started at all, is the supervisor's.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import click

from server.daemons import launcher

ROOT = Path(__file__).parent.parent
_COLOURS = ("cyan", "green", "yellow", "magenta", "blue", "bright_cyan", "bright_green", "bright_magenta")
_LONGEST_LINE = 64 * 1024


def line(name: str, text: str) -> str:
    """One line for a person, under a short coloured name (click leaves colours out where there is no terminal)."""
    colour = _COLOURS[sum(name.encode()) % len(_COLOURS)]
    return f"{click.style(f'{name:<9}', fg=colour)}| {text}"


class Child:
    """One command, at most one process of it at a time. With a ready_file it is a service, else it runs once."""

    def __init__(
        self,
        name: str,
        command: list[str],
        env: dict[str, str],
        say: Callable[[str, str], None],
        ready_file: Path | None = None,
    ) -> None:
        self.name, self.command, self.env, self.ready_file = name, command, env, ready_file
        self._say = say
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.answer = b""
        """What a one-off command wrote on its standard output; a service's goes to the log instead."""
        self._rests: dict[int, bytes] = {}
        self._swept = False

    @property
    def service(self) -> bool:
        return self.ready_file is not None

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def ready(self) -> bool:
        return self.ready_file is not None and self.alive and self.ready_file.exists()

    @property
    def code(self) -> int:
        """The exit code; negative when a signal ended it."""
        return self.process.returncode if self.process and self.process.returncode is not None else 0

    def start(self) -> list[int]:
        """Start it; the descriptors to read from."""
        env = dict(self.env)
        if self.ready_file is not None:
            self.ready_file.unlink(missing_ok=True)
            env["READY_FILE"] = str(self.ready_file)
        self.started_at = time.monotonic()
        self._swept = False
        self.process = subprocess.Popen(
            # Killed with the supervisor, not asked: nothing may survive it, and every child is made to be killed.
            [*launcher(signal.SIGKILL), *self.command],
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if self.service else subprocess.PIPE,
            process_group=0,
        )
        pipes = [p for p in (self.process.stdout, self.process.stderr) if p is not None]
        for pipe in pipes:
            os.set_blocking(pipe.fileno(), False)
            self._rests[pipe.fileno()] = b""
        return [pipe.fileno() for pipe in pipes]

    def read(self, fd: int) -> bool:
        """Say what has come on `fd`, whole lines. False at its end; the descriptor is then closed."""
        assert self.process is not None
        try:
            block = os.read(fd, _LONGEST_LINE)
        except BlockingIOError:
            return True
        answer = self.process.stdout
        if not self.service and answer and not answer.closed and fd == answer.fileno():
            self.answer += block
        else:
            *lines, rest = (self._rests[fd] + block).split(b"\n")
            if not block or len(rest) > _LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            for one in lines:
                if one.strip():
                    self._say(self.name, one.decode(errors="replace").rstrip())
            self._rests[fd] = rest
        if block:
            return True
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None and not pipe.closed and pipe.fileno() == fd:
                pipe.close()
        return False

    def end(self, how: signal.Signals) -> None:
        """Send `how` to the whole group: to what the child itself has started, too."""
        if self.process is None or self._swept:
            return
        # Once it has been waited for and its group was swept, the number may be another's.
        self._swept = not self.alive and how is signal.SIGKILL
        try:
            os.killpg(self.process.pid, how)
        except ProcessLookupError:
            pass  # all of it has ended
        except PermissionError:
            pass  # only zombies are left (macOS says so in this way)
