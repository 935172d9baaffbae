"""Reads of people and sessions."""

import hashlib
from typing import Any
from uuid import UUID

import msgspec

from server.kit import db

INBOX = 100
"""So many notices, the newest, are shown to a person."""


class User(msgspec.Struct, frozen=True):
    """Who makes a request: what handlers find as request.user."""

    id: UUID
    name: str
    role: str
    session: UUID
    device: UUID | None = None
    """The enrolled device this session works on, once it is known."""


def token_hash(token: str) -> bytes:
    """What the table keeps of a session's token."""
    return hashlib.sha256(token.encode()).digest()


async def find_user(token: str) -> User | None:
    """The living session of a token; notes at most once a minute that it was used."""
    r = await db.row(
        """select s.id as session, s.device, s.seen_at < now() - interval '1 minute' as old, p.id, p.name, p.role
           from session s join person p on p.id = s.person
           where s.token_hash = $1 and s.ended_at is null and s.ends_at > now() and p.active
             and (s.face = 'floor' or s.seen_at > now() - interval '8 hours')""",
        token_hash(token),
    )
    if r is None:
        return None
    if r["old"]:
        await db.run("update session set seen_at = now() where id = $1", r["session"])
    return User(r["id"], r["name"], r["role"], r["session"], r["device"])


async def find_person(login: str) -> Any:
    """A person by login, or None."""
    return await db.row("select id, name, role, password, active from person where login = $1", login)


async def recent_failures(login: str) -> int:
    """Failed logins of this name in the last quarter of an hour."""
    return int(
        await db.value(
            "select count(*) from login_try where login = $1 and made_at > now() - interval '15 minutes'", login
        )
    )


async def unread(user: User) -> int:
    """Notices that this person has not read, of those that the inbox shows."""
    return int(
        await db.value(
            """select count(*) from (select n.id from notice n where n.role = $2 or n.person = $1
                                    order by n.made_at desc, n.id desc limit $3) n
               where not exists (select 1 from notice_read r where r.notice = n.id and r.person = $1)""",
            user.id,
            user.role,
            INBOX,
        )
    )
