"""A worker process for the tests, with kinds that note what they do: `python host.py <namespace>`."""

import asyncio
import os
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from server.kit import db
from server.settings import load
from workers import broker
from workers.actor import job


async def note(what: str, word: str) -> None:
    await db.run("insert into noted(what, word, pid) values($1, $2, $3)", what, word, os.getpid())


@job("t.quick")
async def quick(what: str) -> None:
    await note(what, "done")


@job("t.slow")
async def slow(what: str, seconds: float) -> None:
    await note(what, "begun")
    await asyncio.sleep(seconds)
    await note(what, "done")


@job("t.poison")
async def poison(what: str) -> None:
    await note(what, "begun")
    os._exit(9)


if __name__ == "__main__":
    broker.start(load(), threads=4, namespace=sys.argv[1])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    threading.Event().wait()
