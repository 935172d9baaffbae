"""Use cases of people and their sessions."""

import asyncio
import secrets
from datetime import timedelta
from uuid import UUID

import argon2
import msgspec

from server.accounts import queries, rules
from server.accounts.queries import User
from server.errors import Conflict, Invalid, NotFound, Unauthenticated, Unavailable
from server.events import LoggedIn, LoggedOut, LoginRefused, PasswordChanged, PersonAdded
from server.kit import clock, db
from server.kit.ids import uuid7

MAX_FAILURES = 8
SESSION = timedelta(hours=14)
_LOCK = 0x7A68_6C67

# Argon2id with 19 MiB, the first of OWASP's equivalent settings; four at once bound the memory of a login storm.
_hasher = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_few = asyncio.Semaphore(4)
# An unknown name costs as much time as a wrong password.
_DUMMY = _hasher.hash(secrets.token_urlsafe(16))


class LoggedInAs(msgspec.Struct, frozen=True):
    token: str
    user: User


async def _matches(stored: str, password: str) -> bool:
    def check() -> bool:
        try:
            return _hasher.verify(stored, password)
        except (argon2.exceptions.VerifyMismatchError, argon2.exceptions.InvalidHashError):
            return False

    async with _few:
        return await asyncio.to_thread(check)


async def log_in(login: str, password: str) -> LoggedInAs:
    """A new session. Raises Unauthenticated (the same words for a wrong name and a wrong password), Unavailable
    after too many failures."""
    login = login.strip().lower()[:80]
    await _try(login)
    person = await queries.find_person(login)
    right = await _matches(person["password"] if person else _DUMMY, password[: rules.MAX_PASSWORD + 1])
    if person is None or not right or not person["active"]:
        if person is not None:
            async with db.transaction() as tx:
                await tx.emit(LoginRefused(subject=person["id"]))
        raise Unauthenticated("wrong_login", "账号或密码不对")
    token, session, now = secrets.token_urlsafe(32), uuid7(), clock.now()
    face = "floor" if person["role"] == "warehouse" else "desk"
    async with db.transaction() as tx:
        await db.run("delete from login_try where login = $1", login)
        await db.run(
            "insert into session(id, token_hash, person, face, ends_at) values($1, $2, $3, $4, $5)",
            session,
            queries.token_hash(token),
            person["id"],
            face,
            now + SESSION,
        )
        await tx.emit(LoggedIn(subject=person["id"], person=person["id"], to={"session": str(session)}))
    return LoggedInAs(token, User(person["id"], person["name"], person["role"], session))


async def _try(login: str) -> None:
    """A try is counted before it is made: a thousand at once are counted like a thousand one by one. A right password
    forgets them all. Raises Unavailable."""
    async with db.transaction():
        await db.run("select pg_advisory_xact_lock($1, hashtext($2))", _LOCK, login)
        if await queries.recent_failures(login) >= MAX_FAILURES:
            raise Unavailable("too_many_tries", "失败次数过多，请 15 分钟后再试", retry_after=900)
        await db.run("insert into login_try(id, login) values($1, $2)", uuid7(), login)


async def forget_tries() -> int:
    """Tries of long ago count no more, and now and then somebody types a password where the name belongs."""
    return db.touched(await db.run("delete from login_try where made_at < now() - interval '1 day'"))


async def log_out(user: User) -> None:
    """End the session. Idempotent."""
    async with db.transaction() as tx:
        await db.run("update session set ended_at = now() where id = $1 and ended_at is null", user.session)
        await tx.emit(LoggedOut(subject=user.id))


async def add_person(login: str, name: str, role: str, password: str) -> UUID:
    """A new person. Raises Invalid, Conflict when the login is taken."""
    login = login.strip().lower()
    if not login or not login.isascii() or not login.replace("-", "").replace("_", "").replace(".", "").isalnum():
        raise Invalid("bad_login", "账号只能用字母、数字和 . _ -")
    if role not in rules.ROLES:
        raise Invalid("bad_role", f"角色应为 {'、'.join(f'{k}({v})' for k, v in rules.ROLES.items())}")
    if not name.strip():
        raise Invalid("name_needed", "请填写姓名")
    if flaw := rules.password_flaw(password, login):
        raise Invalid("weak_password", flaw)
    hashed = await asyncio.to_thread(_hasher.hash, password)
    person = uuid7()
    async with db.transaction() as tx:
        made = await db.value(
            """insert into person(id, login, name, role, password) values($1, $2, $3, $4, $5)
               on conflict (login) do nothing returning id""",
            person,
            login,
            name.strip(),
            role,
            hashed,
        )
        if made is None:
            raise Conflict("login_taken", f"账号 {login} 已存在")
        await tx.emit(PersonAdded(subject=person, to={"role": role}))
    return person


async def change_password(login: str, password: str) -> None:
    """A new password; all sessions of that person end. Raises NotFound, Invalid."""
    login = login.strip().lower()
    if flaw := rules.password_flaw(password, login):
        raise Invalid("weak_password", flaw)
    hashed = await asyncio.to_thread(_hasher.hash, password)
    async with db.transaction() as tx:
        person = await db.value("update person set password = $2 where login = $1 returning id", login, hashed)
        if person is None:
            raise NotFound("no_person", f"没有账号 {login}")
        await db.run("update session set ended_at = now() where person = $1 and ended_at is null", person)
        await tx.emit(PasswordChanged(subject=person))
