"""How a failure is told without what it was about: kinds, codes and places, never values or messages of libraries."""

import re
import traceback
from pathlib import Path

from server.errors import Error

_ROOT = Path(__file__).parent.parent
_DIGITS = re.compile(r"\d{7,}")


class Lost(Exception):
    """The lease went to another worker (this one was paused too long): stop, whatever it was doing."""


def code(e: BaseException) -> str:
    """The stable word for it: our own code, or the kind of a bug."""
    return e.code if isinstance(e, Error) else type(e).__name__


def place(e: BaseException) -> str:
    """Where a bug struck: the deepest line of ours."""
    frames = traceback.extract_tb(e.__traceback__)
    ours = [f for f in frames if Path(f.filename).is_relative_to(_ROOT) and "site-packages" not in f.filename]
    if not ours:
        return "?"
    return f"{Path(ours[-1].filename).relative_to(_ROOT)}:{ours[-1].lineno}"


def summary(e: BaseException) -> str:
    """For the job table and the log. A library's message may quote a row, so only its kind and place are told."""
    return e.code if isinstance(e, Error) else f"{type(e).__name__} at {place(e)}"


def words(e: Error) -> str:
    """For a person, in a task: our own Chinese message. A carrier's words may be in it, so long numbers are hidden."""
    return _DIGITS.sub("***", e.message)[:200]
