"""Authorisations as platforms give them: codes that work once, tokens that end, refresh tokens that are spent."""

from typing import Final, Literal

from msgspec import Struct, field

from server.sandbox.accounts import SHOPS

CODE_S: Final = 600
"""A code is good for ten minutes, and once."""


class Given(Struct, frozen=True):
    """One pair of tokens; the times are epoch seconds."""

    access: str
    refresh: str
    access_until: int
    refresh_until: int


class Book(Struct):
    """The tokens of one platform's shop. Part of the state file."""

    codes: dict[str, int] = field(default_factory=dict)
    """Code -> until."""
    access: dict[str, int] = field(default_factory=dict)
    """Token -> until; 0: until it is ended by hand."""
    refresh: dict[str, int] = field(default_factory=dict)
    spent: list[str] = field(default_factory=list)
    """Refresh tokens that were used."""
    revoked: list[str] = field(default_factory=list)
    """Access tokens that a later consent ended."""
    serial: int = 0
    refreshed: int = 0
    granted: int = 0
    """When a code was last traded for tokens."""


class Grants:
    """What is asked of one platform's authorisation. Nothing here knows a wire format."""

    def __init__(self, platform: str, book: Book, *, access_s: int, refresh_s: int, static: bool = True) -> None:
        """`static`: the token that the accounts name is good without an end, as the demo registers it."""
        self.platform, self.book = platform, book
        self.access_s, self.refresh_s = access_s, refresh_s
        account = next(shop for shop in SHOPS if shop["platform"] == platform)
        if static and not book.access and not book.serial:
            book.access[account["access_token"]] = 0

    def code(self, now: int) -> str:
        """The owner said yes."""
        self.book.serial += 1
        code = f"code{self.platform}{self.book.serial:06d}"
        self.book.codes[code] = now + CODE_S
        return code

    def exchange(self, code: str, now: int) -> Given | None:
        """None: no such code, used before, or too late."""
        until = self.book.codes.pop(code, 0)
        if not until or until < now:
            return None
        self.book.granted = now
        return self._give(now)

    def renew(self, token: str, now: int, *, keep_access: int = 0) -> Given | Literal["spent", "expired", "unknown"]:
        """New tokens for a refresh token, which it spends. keep_access: seconds that old access tokens live on."""
        if token in self.book.spent:
            return "spent"
        until = self.book.refresh.get(token)
        if until is None:
            return "unknown"
        if until < now:
            return "expired"
        del self.book.refresh[token]
        self.book.spent.append(token)
        self.book.refreshed += 1
        for old in list(self.book.access):
            if keep_access:
                self.book.access[old] = min(self.book.access[old] or now + keep_access, now + keep_access)
            else:
                del self.book.access[old]
        return self._give(now)

    def alone(self, given: Given) -> None:
        """For a platform where a new consent ends what was given before: codes and tokens, all but these."""
        book = self.book
        book.codes.clear()
        book.revoked += [token for token in book.access if token != given.access]
        book.access, book.refresh = {given.access: given.access_until}, {given.refresh: given.refresh_until}

    def check(self, token: str, now: int) -> Literal["ok", "expired", "unknown", "revoked"]:
        until = self.book.access.get(token)
        if until is None:
            return "revoked" if token in self.book.revoked else "unknown"
        return "ok" if until == 0 or until >= now else "expired"

    def end(self, now: int) -> None:
        """All access tokens end now; refresh tokens stay."""
        for token in self.book.access:
            self.book.access[token] = now - 1

    def _give(self, now: int) -> Given:
        self.book.serial += 1
        n = self.book.serial
        given = Given(
            f"sandbox{self.platform}access{n:06d}",
            f"sandbox{self.platform}refresh{n:06d}",
            now + self.access_s,
            now + self.refresh_s,
        )
        self.book.access[given.access] = given.access_until
        self.book.refresh[given.refresh] = given.refresh_until
        return given
