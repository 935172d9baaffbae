"""SPEC.md and the tests stay one: every invariant names tests, every named test exists."""

import ast
import re
from pathlib import Path

SPEC = Path("sync/SPEC.md")
FOLDERS = [Path("tests/property/sync"), Path("tests/integration/sync"), Path("tests/contract/wire")]


def invariants() -> dict[str, list[str]]:
    rows = re.findall(r"^\| (I\d+) \| (.+) \| (.+) \|$", SPEC.read_text(), re.M)
    return {no: re.findall(r"test_\w+\.py::\w+", tests) for no, _, tests in rows}


def defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return [node.name]
    return [t.id for t in node.targets if isinstance(t, ast.Name)] if isinstance(node, ast.Assign) else []


def test_every_invariant_has_a_test_that_exists() -> None:
    found = invariants()
    assert list(found) == [f"I{i + 1}" for i in range(len(found))]
    assert len(found) >= 25
    names = {
        f"{file.name}::{name}"
        for folder in FOLDERS
        for file in folder.glob("test_*.py")
        for node in ast.parse(file.read_text()).body
        for name in defined(node)
    }
    assert {no: tests for no, tests in found.items() if not tests or not set(tests) <= names} == {}


def test_the_engine_imports_nothing_of_ours() -> None:
    for file in Path("sync").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            modules = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(m.split(".")[0] in {"server", "workers", "print", "piccolo"} for m in modules), file
