"""docker/: what the compose file starts is what the `zhongshu` command knows, and every file it copies is there."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8"))


def test_every_command_is_one_of_ours() -> None:
    from server.__main__ import main

    ours = {name: s for name, s in COMPOSE["services"].items() if "build" in s}
    assert {s["command"][0] for s in ours.values()} <= set(main.commands)
    assert {"migrate", "web", "worker", "dispatch", "mover", "schedule"} == set(ours)


def test_copied_files_exist_and_images_are_locked() -> None:
    for name in ("web", "worker"):
        text = (ROOT / "docker" / f"{name}.Dockerfile").read_text(encoding="utf-8")
        assert "--require-hashes" in text
        for source in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.M):
            for path in source.split():
                assert (ROOT / path).exists(), f"{name}.Dockerfile copies {path}"


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker" / "compose.yaml").read_text(encoding="utf-8")
    for variable in ("POSTGRES_PASSWORD", "VALKEY_PASSWORD"):
        assert f"${{{variable}:-" not in text
        assert f"${{{variable}:?" in text
