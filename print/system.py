"""What the machine must have for printing: Pango and a Chinese font. Asked once per process."""

import functools
import shutil
import subprocess
import warnings
from collections.abc import Callable

from .errors import SystemMissing

PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fontconfig fonts-noto-cjk"
INSTALL = f"sudo apt-get install -y {PACKAGES}"


@functools.cache
def check() -> None:
    """Raise SystemMissing, with the command that helps, unless a Chinese sheet can be rendered here."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)  # WeasyPrint's way to say: no HarfBuzz-Subset
            import weasyprint  # noqa: F401  (loads Pango, which may be missing)
    except (ImportError, OSError, DeprecationWarning) as error:
        raise SystemMissing(f"打印缺少系统库 Pango/HarfBuzz ({error!s:.80}…),请运行：{INSTALL}") from error
    if not _fonts(":lang=zh-cn", "%{family}\n").strip():
        raise SystemMissing(f"没有中文字体，请运行：{INSTALL}")


@functools.cache
def drawable() -> Callable[[str], bool]:
    """A test whether some installed font has a glyph for a character."""
    ranges: set[tuple[int, int]] = set()
    for word in set(_fonts(":", "%{charset}\n").split()):
        first, _, last = word.partition("-")
        ranges.add((int(first, 16), int(last or first, 16)))
    known = frozenset(code for first, last in ranges for code in range(first, last + 1))
    return lambda char: ord(char) in known


def _fonts(pattern: str, output: str) -> str:
    command = shutil.which("fc-list")
    if command is None:
        raise SystemMissing(f"没有 fontconfig，请运行：{INSTALL}")
    done = subprocess.run([command, "-f", output, pattern], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout
