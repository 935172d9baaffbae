"""What the documents name is there: paths, commands, pictures."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOTS = ("server", "workers", "sync", "print", "pwa", "tests", "docs", "docker", "scripts")


@pytest.mark.parametrize(
    "name", ["ARCHITECTURE.md", "README.md", "CONTRIBUTING.md", "sync/SPEC.md", "docs/glossary.md"]
)
def test_paths_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = {
        w for w in re.findall(r"`([A-Za-z_./*-]+)`", text) if w.split("/")[0] in ROOTS and "/" in w and "*" not in w
    }
    missing = [w for w in sorted(named) if not (ROOT / w.split("::")[0]).exists()]
    assert missing == []
    assert named or name != "ARCHITECTURE.md"


@pytest.mark.parametrize("name", ["README.md", "docs/handbook/README.md", "docs/handbook/rules.md"])
def test_links_and_pictures_exist(name: str) -> None:
    page = ROOT / name
    targets = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert targets
    assert [t for t in targets if "://" not in t and not (page.parent / t).exists()] == []


def test_make_targets_in_documents_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    for name in ("README.md", "CONTRIBUTING.md"):
        used = set(re.findall(r"\bmake ([a-z]+)\b", (ROOT / name).read_text(encoding="utf-8")))
        assert used <= targets, (name, used - targets)
