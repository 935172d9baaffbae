"""Rules that operators edit: one form, closed lists of conditions and transforms, versioned, no eval. Pure."""

from server.rulebook.engine import Reading, Source, compile_rule
from server.rulebook.forms import BadRules, Condition, Rule, RuleSet, Table, load, revise, written
from server.rulebook.store import current

__all__ = [
    "BadRules",
    "Condition",
    "Reading",
    "Rule",
    "RuleSet",
    "Source",
    "Table",
    "compile_rule",
    "current",
    "load",
    "revise",
    "written",
]
