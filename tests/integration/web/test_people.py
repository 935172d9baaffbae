"""Guessing passwords at once, and an inbox that can be emptied."""

import asyncio
from typing import Any

from server.accounts import actions
from server.errors import Unauthenticated, Unavailable
from server.kit.ids import uuid7
from tests.support.client import Client
from tests.support.world import World
from workers.jobs import house


async def test_guesses_at_once_are_counted_like_guesses_one_by_one(world: World, db: Any) -> None:
    async def guess(n: int) -> str:
        try:
            await actions.log_in("service", f"guess number {n}")
        except (Unauthenticated, Unavailable) as e:
            return e.code
        return "in"

    said = await asyncio.gather(*(guess(n) for n in range(40)))
    assert said.count("wrong_login") <= actions.MAX_FAILURES
    assert said.count("too_many_tries") == 40 - said.count("wrong_login")


async def test_a_right_password_forgets_the_wrong_ones(world: World, db: Any) -> None:
    from tests.support.world import PASSWORD

    for _ in range(2):
        for n in range(actions.MAX_FAILURES - 1):
            try:
                await actions.log_in("service", f"wrong {n}")
            except Unauthenticated:
                pass
        assert (await actions.log_in("service", PASSWORD)).token
    assert await db.value("select count(*) from login_try") == 0


async def test_tries_of_long_ago_are_forgotten(world: World, db: Any) -> None:
    """Now and then somebody types a password where the name belongs."""
    await db.run(
        "insert into login_try(id, login, made_at) values($1, 'a password', now() - interval '2 days')", uuid7()
    )
    await db.run("insert into login_try(id, login) values($1, 'service')", uuid7())
    await house.tidy()
    assert [r["login"] for r in await db.rows("select login from login_try")] == ["service"]


async def test_an_inbox_that_was_read_has_nothing_unread(as_role: Any, db: Any, world: World) -> None:
    web: Client = await as_role("service")
    for n in range(130):
        await db.run(
            """insert into notice(id, role, kind, title, made_at)
               values($1, 'service', 'x', 'x', now() - $2 * interval '1 s')""",
            uuid7(),
            n,
        )
    ids = [r["id"] for r in (await web.get("/api/inbox")).json()["rows"] if not r["read"]]
    await web.post("/api/inbox/read", json={"ids": ids})
    left = [r["id"] for r in (await web.get("/api/inbox")).json()["rows"] if not r["read"]]
    assert (await web.get("/api/me")).json()["unread"] == len(left)
