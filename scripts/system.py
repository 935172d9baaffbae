"""The system's libraries, font and (for tests) browser: `system.py run|test`. As root on Debian it installs what is
missing; otherwise it prints the exact command and ends with 1. Standard library only."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

# What WeasyPrint loads, and Debian's package of each.
LIBRARIES = {
    "libgobject-2.0.so.0": "libglib2.0-0",
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz.so.0": "libharfbuzz0b",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
    "libfontconfig.so.1": "libfontconfig1",
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def missing(purpose: str) -> dict[str, str]:
    """What is missing -> Debian's package that brings it."""
    lacks = {name: package for name, package in LIBRARIES.items() if not _loads(name)}
    if not _chinese_font():
        lacks["a Chinese font 中文字体"] = "fonts-noto-cjk"
    if purpose == "test" and not browser():
        lacks["Chromium (end-to-end tests)"] = "chromium"
    return lacks


def browser() -> str:
    """The browser that the tests drive: $CHROMIUM, else the first found; "" when there is none."""
    named = os.environ.get("CHROMIUM", "")
    return next((path for name in (named, *BROWSERS) if name and (path := shutil.which(name))), "")


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _chinese_font() -> bool:
    # Asked of fontconfig where its tool is there; else by the files of the fonts the style sheets name.
    if tool := shutil.which("fc-list"):
        return bool(subprocess.run([tool, ":lang=zh-cn", "file"], capture_output=True, check=False).stdout.strip())
    folders = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts"]
    names = ("NotoSansCJK*", "NotoSansSC*", "SourceHanSans*", "wqy*")
    return any(next(folder.rglob(name), None) for folder in folders for name in names)


def main(purpose: str) -> int:
    """0 when all is there, if need be after installing it."""
    lacks = missing(purpose)
    if not lacks:
        return 0
    packages = sorted(set(lacks.values()))
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    _say("缺少系统组件 missing on this system: " + ", ".join(lacks))
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (["apt-get", "-q", "update"], command):
            _say("  $ " + " ".join(step))
            done = subprocess.run(
                step, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, text=True
            )
            if done.returncode:
                _say(done.stdout[-3000:])
        lacks = missing(purpose)
        if not lacks:
            return 0
        _say("✗ 安装后仍缺少 still missing after installing: " + ", ".join(lacks))
    elif apt:
        _say("✗ 请先运行 please run first:\n    sudo apt-get update && sudo " + " ".join(command))
    else:
        _say("✗ 请用本机的包管理器安装 (Debian 包名) install with this system's packages; Debian calls them:")
        _say("    " + " ".join(packages))
    if "chromium" in lacks.values():
        _say("  没有浏览器就不能跑端到端测试 (no browser, no end-to-end tests); 已有的可用 CHROMIUM=/path 指定")
    return 1


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1:] not in (["run"], ["test"]):
        sys.exit("usage: system.py run|test")
    sys.exit(main(sys.argv[1]))
