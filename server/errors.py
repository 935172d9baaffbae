"""The one error family. Each has a stable code; the web edge turns it into a status, jobs into retry or task.

Anything that is not one of these is a bug: 500 with a trace id, never a database's text.
"""

from typing import Any


class Error(Exception):
    """An outcome that was foreseen. `message` is for a person, in Chinese; `code` is for programs."""

    status = 500

    def __init__(self, code: str, message: str, **detail: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.detail = detail


class Malformed(Error):
    """The payload does not parse at all."""

    status = 400


class Invalid(Error):
    """The payload parses, but a value may not be."""

    status = 422


class NotFound(Error):
    status = 404


class Conflict(Error):
    """Legal in itself, but not in the present state; the caller should look again."""

    status = 409


class Unauthenticated(Error):
    """Who is it? For platforms: the token is dead and a person must authorise again."""

    status = 401


class Forbidden(Error):
    status = 403


class Unavailable(Error):
    """Not now. Jobs try again after `retry_after` seconds (None: the usual back-off)."""

    status = 503

    def __init__(self, code: str, message: str, *, retry_after: float | None = None, **detail: Any) -> None:
        super().__init__(code, message, **detail)
        self.retry_after = retry_after


class Rejected(Error):
    """A platform or carrier said no, for good: a task for a person, never a retry."""

    status = 409
