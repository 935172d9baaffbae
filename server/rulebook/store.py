"""The rule files that come with the house, read once."""

from functools import cache
from pathlib import Path
from typing import Final

from server.rulebook.forms import BadRules, RuleSet, load

_DEFAULTS: Final = Path(__file__).parent / "defaults"


@cache
def current(platform: str) -> RuleSet:
    """The rules of a platform. Raises BadRules: none for it, or the file is not in order."""
    file = _DEFAULTS / f"{platform}.json"
    if not platform.isalnum() or not file.is_file():
        raise BadRules(f"no rules for the platform {platform!r}")
    rules = load(file.read_bytes())
    if rules.platform != platform:
        raise BadRules(f"{file.name}: its platform is {rules.platform!r}")
    return rules
