"""Jobs of the jobs proof, registered beside the product's own in its workers: each notes what it did, and when.

effect: something in the database, once. outside: a call to a service that loses answers, then settled. follow: takes
up what was asked for until it began. slow: longer than it takes to be sent again. poison: kills its worker.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from server.errors import Unavailable
from server.kit import db
from workers import resources
from workers.actor import job

TABLES = (
    """create table prove_item(n int primary key, kind text not null,
         made_at timestamptz not null default clock_timestamp(), done_at timestamptz)""",
    "create table prove_effect(n int not null, pid int not null, at timestamptz not null default clock_timestamp())",
    "create table prove_follow(k int primary key, wanted int not null default 0, seen int not null default 0)",
    """create table prove_run(id bigserial primary key, n int not null, pid int not null,
         began timestamptz not null default clock_timestamp(), ended timestamptz)""",
)
OUTSIDE = os.environ.get("PROVE_OUTSIDE", "")


@asynccontextmanager
async def _noted(n: int) -> AsyncIterator[None]:
    """A run, in the book before it does anything; its end too, however it ended, if it could still be told."""
    id = await db.value("insert into prove_run(n, pid) values($1, $2) returning id", n, os.getpid())
    try:
        yield
    finally:
        await db.run("update prove_run set ended = clock_timestamp() where id = $1", id)


async def _once(n: int) -> None:
    async with db.transaction():
        if await db.value("select done_at is null from prove_item where n = $1 for update", n):
            await db.run("insert into prove_effect(n, pid) values($1, $2)", n, os.getpid())
            await db.run("update prove_item set done_at = clock_timestamp() where n = $1", n)


@job("prove.effect")
async def effect(n: int) -> None:
    async with _noted(n):
        await _once(n)


@job("prove.outside")
async def outside(n: int) -> None:
    async with _noted(n):
        try:
            answer = await resources.http().post(OUTSIDE, content=str(n))
            answer.raise_for_status()
        except httpx.HTTPError as e:
            raise Unavailable("outside", "没有回答") from e
        await _once(n)


@job("prove.follow")
async def follow(k: int) -> None:
    wanted = await db.value("select wanted from prove_follow where k = $1", k)
    await asyncio.sleep(0.01)
    await db.run("update prove_follow set seen = greatest(seen, $2) where k = $1", k, wanted)


@job("prove.slow")
async def slow(n: int) -> None:
    async with _noted(n):
        await asyncio.sleep(7)
        await _once(n)


@job("prove.poison")
async def poison() -> None:
    os._exit(9)
