"""The lock files: `locks.py write` makes them from pyproject.toml, `locks.py check` proves that they are whole.

check: every direct dependency is locked, every file has its hash, no download address, and the lock resolves for
Python 3.11.2, 3.12 and 3.13. Asks the package index only when a lock is newer than its last proof.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = {"requirements.lock": [], "requirements-dev.lock": ["--extra", "dev"]}
PROOF = ROOT / ".venv" / "locks-proved"
PYTHONS = ("3.11.2", "3.12", "3.13")
QUIET = ["pip", "compile", "-q", "--no-emit-index-url"]
COMPILE = [*QUIET, "--universal", "--python-version", "3.11", "--generate-hashes"]


def write() -> int:
    """Resolve anew, keeping what still fits."""
    for name, extra in LOCKS.items():
        _uv([*COMPILE, *extra, "pyproject.toml", "-o", name])
    return check()


def check() -> int:
    """0 when the locks are whole; else says what is wrong."""
    faults = [fault for name in LOCKS for fault in _faults(name)] + _npm_faults()
    if faults:
        return _say("\n".join(f"✗ {f}" for f in faults), 1)
    digest = hashlib.sha256(b"".join((ROOT / n).read_bytes() for n in (*LOCKS, "pyproject.toml"))).hexdigest()
    if PROOF.exists() and PROOF.read_text() == digest:
        return _say(f"locks ok, resolved before for {', '.join(PYTHONS)}", 0)
    for python in PYTHONS:
        for name in LOCKS:
            if fault := _resolves(name, python):
                return _say(f"✗ {fault}", 1)
        _say(f"  resolves for Python {python}", 0)
    PROOF.write_text(digest)
    return _say("locks ok", 0)


def _resolves(name: str, python: str) -> str:
    """Does the resolver, asked anew for one Python with the project's own wishes, find just what the lock holds?"""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out")
        wishes = [*LOCKS[name], "pyproject.toml", "-c", name]
        if _uv([*QUIET, "--no-header", "--no-annotate", "--python-version", python, *wishes, "-o", str(out)], False):
            return f"{name} does not resolve for Python {python}"
        missing = _pins(out.read_text()) - _pins((ROOT / name).read_text())
        return f"{name} lacks {sorted(missing)} for Python {python}" if missing else ""


def _pins(text: str) -> set[str]:
    return {
        _canonical(n) + "==" + v for n, v in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", text, re.M)
    }


def _faults(name: str) -> list[str]:
    text = (ROOT / name).read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = list(project["dependencies"])
    if name == "requirements-dev.lock":
        wanted += project["optional-dependencies"]["dev"]
    locked = {_canonical(m) for m in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", text, re.M)}
    faults = [f"{name}: {d} is not locked" for d in wanted if _canonical(re.split(r"[\[<>=;! ~]", d)[0]) not in locked]
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.M)[1:]
    faults += [f"{name}: {e.split()[0]} has no hash" for e in entries if "--hash=sha256:" not in e]
    return faults + [f"{name}: holds a download address: {line}" for line in _addresses(text)]


def _npm_faults() -> list[str]:
    text = (ROOT / "pwa" / "package-lock.json").read_text()
    return ["pwa/package-lock.json holds download addresses"] if '"resolved": "http' in text else []


def _addresses(text: str) -> list[str]:
    return [line for line in text.splitlines() if "://" in line]


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _uv(args: list[str], check: bool = True) -> int:
    return subprocess.run([sys.executable, "-m", "uv", *args], cwd=ROOT, check=check).returncode


def _say(text: str, code: int) -> int:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
    return code


if __name__ == "__main__":
    if sys.argv[1:] not in (["write"], ["check"]):
        sys.exit("usage: locks.py write|check")
    sys.exit(write() if sys.argv[1] == "write" else check())
