"""What the desk offers to set for a platform is what that platform's adapter reads, and every platform has its list."""

import importlib
import re
from pathlib import Path

import msgspec
import pytest

from server.platforms import registry
from server.platforms.connect import GATEWAYS, ShopSettings

DESK = Path(__file__).resolve().parents[2] / "pwa" / "src" / "desk"
_PLATFORMS = sorted(registry._ADAPTERS)


def offered(platform: str) -> set[str]:
    """Keys of a platform's fields in shops-own.ts, those named by a constant included."""
    text = (DESK / "shops-own.ts").read_text(encoding="utf-8")
    shared = dict(re.findall(r"^const (\w+): Field = \{ key: '(\w+)'", text, re.M))
    found = re.search(rf"^  {platform}: \[\n(.*?)^  \],", text, re.M | re.S)
    if found is None:
        return set()
    named = {key for name, key in shared.items() if re.search(rf"^    (\w+, )*{name},", found[1], re.M)}
    return set(re.findall(r"\{ key: '(\w+)'", found[1])) | named


@pytest.mark.parametrize("platform", _PLATFORMS)
def test_own_options(platform: str) -> None:
    own = importlib.import_module(f"server.platforms.{platform}.own").Own
    assert offered(platform) == {f.name for f in msgspec.structs.fields(own)}


def test_common_options() -> None:
    text = (DESK / "shops-own.ts").read_text(encoding="utf-8")
    common = text[text.index("export const COMMON") : text.index("const OAUTH")]
    ours = {f.name for f in msgspec.structs.fields(ShopSettings)}
    assert set(re.findall(r"\{ key: '(\w+)'", common)) == ours - {"own"}


def test_every_platform_has_a_checklist() -> None:
    text = (DESK / "checklists.ts").read_text(encoding="utf-8")
    hosts = dict(re.findall(r"^  (\w+): \{\n.*?host: '([^']+)'", text, re.M | re.S))
    assert hosts == GATEWAYS
    assert set(hosts) == set(_PLATFORMS)
