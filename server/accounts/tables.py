"""Tables of people and their sessions."""

from piccolo.columns import UUID, Boolean, Bytea
from piccolo.table import Table

from server.kit.columns import at, key, ref, text


class Person(Table, tablename="person"):
    id = key()
    login = text(unique=True)
    name = text()
    role = text()
    password = text()
    active = Boolean(default=True)
    created_at = at(now=True)


class Session(Table, tablename="session"):
    """Opaque: the cookie holds 256 random bits, the table their SHA-256."""

    id = key()
    token_hash = Bytea(unique=True)
    person = ref(Person)
    face = text("desk")
    device = UUID(null=True, default=None)
    created_at = at(now=True)
    seen_at = at(now=True)
    ends_at = at(now=True)
    ended_at = at(null=True)


class LoginTry(Table, tablename="login_try"):
    """Failed logins, counted in PostgreSQL so that the limit holds over all processes."""

    id = key()
    login = text(index=True)
    made_at = at(now=True)
