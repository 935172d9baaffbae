"""Makes this clone ready: `setup.py run` or `setup.py test`. Standard library only; says what it does; quick when done.

Starts under any Python 3.7 or newer, in order to say clearly that the project needs 3.11.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "zhongshu-setup.json"
LOCKS = {"run": "requirements.lock", "test": "requirements-dev.lock"}
OLDEST = (3, 11)
PROBE = "import sys, venv, ensurepip; print(*sys.version_info[:2])"


def main(purpose: str) -> None:
    """Everything `make run` (or, with purpose "test", `make check` and `make test`) needs."""
    python = _interpreter()
    _step(python, "system.py", purpose)
    if _environment(python):
        _say("Python 环境 made .venv")
    _packages(purpose)
    _command()
    _step(str(PYTHON), "build_pwa.py")


def _interpreter() -> str:
    """The newest usable Python 3.11+; ends with what to type when there is none."""
    found: list[tuple[tuple[int, int], str]] = []
    lacking = ""
    for name in ("python3.13", "python3.12", "python3.11", sys.executable, "python3"):
        path = shutil.which(name)
        version = _version(path, PROBE) if path else None
        if path and version and version >= OLDEST:
            found.append((version, path))
        elif path and (bare := _version(path, "import sys; print(*sys.version_info[:2])")) and bare >= OLDEST:
            lacking = lacking or f"python{bare[0]}.{bare[1]}-venv"
    if found:
        # 3.13 is the newest that the lock is checked for; a newer one is taken only where it is all there is.
        return max(found, key=lambda x: (x[0] <= (3, 13), x[0]))[1]
    if lacking:
        sys.exit(f"✗ Python 缺少 venv 模块 (no venv module). 请安装 install it:\n    sudo apt-get install {lacking}")
    here = ".".join(map(str, sys.version_info[:3]))
    sys.exit(
        f"✗ 需要 Python 3.11 或更新 (Python ≥ 3.11 needed; found {here} at {sys.executable}).\n"
        "    Debian 12+ / Ubuntu 24.04+:  sudo apt-get install python3 python3-venv\n"
        "    或指定 or name another:      make run PYTHON=/path/to/python3.12"
    )


def _version(path: str, probe: str) -> tuple[int, int] | None:
    # Asked, not guessed from the name: a version manager's shim may stand for nothing.
    done = subprocess.run([path, "-I", "-c", probe], capture_output=True, text=True, check=False)
    try:
        major, minor = (int(x) for x in done.stdout.split())
    except ValueError:
        return None
    return (major, minor) if done.returncode == 0 else None


def _environment(python: str) -> bool:
    """Make .venv, or make it anew when its Python is gone or too old. True when it was made."""
    if PYTHON.exists() and (_version(str(PYTHON), PROBE) or (0, 0)) >= OLDEST:
        return False
    if VENV.exists():
        _say("旧 .venv 不可用，重建 (the old .venv does not work: made anew)")
        shutil.rmtree(VENV)
    subprocess.run([python, "-m", "venv", str(VENV)], check=True)
    return True


def _packages(purpose: str) -> None:
    """Install the lock of the purpose, unless exactly that lock was installed already."""
    lock = ROOT / LOCKS[purpose]
    done: dict[str, str] = json.loads(STAMP.read_text()) if STAMP.exists() else {}
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if done.get(purpose) == digest:
        return
    total = sum(1 for line in lock.read_text().splitlines() if "==" in line and not line.startswith((" ", "#")))
    _say(f"安装 installing {lock.name}: {total} packages …")
    begun = time.monotonic()
    # --no-deps: the lock is complete, and every file is checked against its hash.
    command = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--require-hashes",
        "--disable-pip-version-check",
    ]
    pip = subprocess.Popen(
        [*command, "--no-input", "--progress-bar", "off", "-r", str(lock)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    _show(pip, total)
    if pip.returncode:
        sys.exit("✗ 安装失败，原因见上 (installing failed, the reason is above). 网络恢复后重试 try again: make run")
    STAMP.write_text(json.dumps({**done, purpose: digest}))
    _say(f"安装完成 installed in {time.monotonic() - begun:.0f} s")


def _show(pip: subprocess.Popen[str], total: int) -> None:
    """pip's many lines as one that moves (a line every few seconds where there is no terminal); errors in full."""
    moving, seen, told = sys.stdout.isatty(), 0, time.monotonic()
    last: list[str] = []
    assert pip.stdout is not None
    for line in pip.stdout:
        last = [*last[-30:], line]
        word = line.split()
        if word[:1] in (["Collecting"], ["Requirement"], ["Installing"]):
            seen += word[0] != "Installing"
            name = "…" if word[0] == "Installing" else word[1 if word[0] == "Collecting" else 3].split("==")[0]
            text = f"  [{min(seen, total)}/{total}] {word[0].lower()} {name}"
            if moving:
                sys.stdout.write(f"\r\033[K{text}")
                sys.stdout.flush()
            elif time.monotonic() - told > 3 or word[0] == "Installing":
                told = time.monotonic()
                _say(text)
    pip.wait()
    if moving:
        sys.stdout.write("\r\033[K")
    if pip.returncode:
        sys.stdout.write("".join(last))


def _command() -> None:
    """`.venv/bin/zhongshu`, so that the command works from any folder without installing the project."""
    text = (
        f"#!{PYTHON}\n"
        f"import runpy, sys\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        f'runpy.run_module("server", run_name="__main__", alter_sys=True)\n'
    )
    path = VENV / "bin" / "zhongshu"
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
        path.chmod(0o755)


def _step(python: str, script: str, *words: str) -> None:
    code = subprocess.run([python, str(ROOT / "scripts" / script), *words], check=False).returncode
    if code:
        sys.exit(code)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.chdir(ROOT)
    if len(sys.argv) != 2 or sys.argv[1] not in LOCKS:
        sys.exit(f"usage: setup.py {'|'.join(LOCKS)}")
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit("\n已中断 interrupted")
