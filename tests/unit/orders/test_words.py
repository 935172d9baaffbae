"""The story and the tasks in Chinese: every code that the house writes has a word."""

import ast
from pathlib import Path

from server.events import Event
from server.kit.trail import kind_of
from server.orders import words
from server.tasks.words import KINDS

SERVER = Path(__file__).resolve().parents[3] / "server"


def literal(tree: ast.AST, function: str, place: int) -> set[str]:
    """Strings that stand at a place of calls of a function."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == function and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                found.add(node.args[place].value)
    return found


def written() -> list[ast.AST]:
    return [ast.parse(p.read_text(encoding="utf-8")) for p in SERVER.rglob("*.py") if "sandbox" not in p.parts]


def test_every_outcome_has_a_word() -> None:
    outcomes: set[str] = set()
    for tree in written():
        outcomes |= literal(tree, "close", 2) | literal(tree, "close_for", 3)
    outcomes -= {""}
    assert len(outcomes) > 8
    told = {o: words.story("task_closed", "", {"outcome": o}) for o in outcomes}
    assert {o: t for o, t in told.items() if o in t} == {}


def test_every_event_of_an_order_has_a_word() -> None:
    kinds = {kind_of(e) for e in Event.__subclasses__() if e.on in ("order", "parcel", "task")}
    assert {k for k in kinds if k in words.story(k, "", {})} == set()


def test_every_no_of_a_platform_has_a_word() -> None:
    """It is the reason of a write-back that failed, which the order's story tells."""
    codes = {"waybill_refused", "waybill_unknown", "gave_up", "bug", "silent", "before_packing", "packed"}
    for tree in written():
        codes |= literal(tree, "Rejected", 0)
    assert len(codes) > 15
    assert {c for c in codes if c in words.story("write_back_refused", c, {})} == set()


def test_every_kind_of_task_has_a_word() -> None:
    kinds = set()
    for tree in written():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "NewTask":
                kinds |= {k.value.value for k in node.keywords if k.arg == "kind" and isinstance(k.value, ast.Constant)}
    assert len(kinds) > 5 and kinds <= set(KINDS)
