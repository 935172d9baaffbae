"""The house's own rules: sizes, the package called print, tests without __init__, nothing of this workshop in it."""

import ast
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = [
    p
    for folder in ("server", "workers", "sync", "print", "scripts", "tests")
    for p in (ROOT / folder).rglob("*.py")
    if "__pycache__" not in p.parts
]
TYPESCRIPT = list((ROOT / "pwa" / "src").rglob("*.ts*"))


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_sizes() -> None:
    assert len(PYTHON) > 100
    assert [p for p in PYTHON if lines(p) > 600] == []
    assert [p for p in TYPESCRIPT if lines(p) > 400] == []


def test_every_module_says_what_lives_in_it() -> None:
    silent = [
        p for p in PYTHON if p.read_text(encoding="utf-8").strip() and not ast.get_docstring(ast.parse(p.read_text()))
    ]
    assert [str(p.relative_to(ROOT)) for p in silent] == []


def test_print_keeps_its_builtin_name() -> None:
    """`import print` rebinds the builtin in that module; `from print import x` and `import print as paper` do not."""
    bad = []
    for path in PYTHON:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                bad += [
                    str(path)
                    for a in node.names
                    if (a.name == "print" or a.name.startswith("print.")) and a.asname is None
                ]
    assert bad == []


def test_no_init_under_tests() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_no_floor_or_desk_touches_fetch_or_storage() -> None:
    for path in TYPESCRIPT:
        part = path.relative_to(ROOT / "pwa" / "src").parts[0]
        text = path.read_text(encoding="utf-8")
        if part in ("floor", "desk"):
            assert "fetch(" not in text and "indexedDB" not in text, path
        if part in ("protocol", "store", "sync", "scan"):
            assert "from 'preact'" not in text and '"preact"' not in text, path


def test_nothing_of_the_workshop() -> None:
    halves = "../sha|red /wo|rk/ clau|de anth|ropic pythonhos|ted registry.npm|js"  # or this file would find itself
    words = halves.replace("|", "").split()
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, done.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in (".png", ".bin", ".ico", ".woff2", ".pdf") or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="ignore").lower()
        assert not [w for w in words if w in text], name
