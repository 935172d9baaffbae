"""The protocol machine and the walks against the real encoder and the real SQL, deaths between statements included; and
the planted bugs, put into the code that ships. ZS_SEEDS=1000 makes the walks long."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test
from msgspec.structs import replace

from sync import frames, log, mover, sequence, uplink
from tests.property.sync import test_protocol
from tests.property.sync.sql_hub import WAYS, SqlServer
from tests.property.sync.test_protocol import Protocol, walk
from tests.property.sync.world import World
from tests.support.house import House

SEEDS = int(os.environ.get("ZS_SEEDS", "12"))
PUSH = 21
"""Statements of a push of one event, from BEGIN to the last read for its Ack."""
MOST = 50
"""Seeds after which a plant that nobody noticed is a hole in the proof."""


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as one:
        yield one


@pytest.fixture(scope="module")
def dsn(house: House) -> Iterator[str]:
    url = house.servers.create_database("sync_world")
    yield url
    house.drop(url)


@pytest.fixture
def server(dsn: str, runner: asyncio.Runner) -> Iterator[Any]:
    made: list[SqlServer] = []

    def fresh(plant: str = "") -> SqlServer:
        if made:
            made.pop().close()
        made.append(SqlServer(dsn, runner, plant))
        return made[-1]

    yield fresh
    for one in made:
        one.close()


def test_machine(dsn: str, runner: asyncio.Runner) -> None:
    """Hypothesis finds the steps, and shrinks what it finds."""

    class SqlProtocol(Protocol):
        @initialize(seed=st.integers(0, 2**16))
        def begin(self, seed: int) -> None:
            self.server = SqlServer(dsn, runner)
            self.world = World(seed, server=self.server)

        @rule(statements=st.integers(0, 32), way=st.sampled_from(WAYS))
        def doom(self, statements: int, way: str) -> None:
            self.server.doom(statements, way)

        @rule(k=test_protocol.index, order=st.lists(test_protocol.index, min_size=3, max_size=12))
        def work(self, k: int, order: list[int]) -> None:
            """A moment of a day: single steps alone seldom make a history."""
            for phone in self.world.phones:
                phone.scan(k)
                phone.ask()
                phone.push(3)
            for i in order:
                self.world.deliver(i)

        def teardown(self) -> None:
            try:
                super().teardown()
            finally:
                if hasattr(self, "server"):
                    self.server.close()

    quick = settings(test_protocol.TestProtocol.settings, max_examples=20, stateful_step_count=40)
    run_state_machine_as_test(SqlProtocol, settings=quick)


def test_walks(server: Any) -> None:
    deaths: Counter[str] = Counter()
    for seed in range(SEEDS):
        one = server()
        assert walk(seed, server=one) == set(), f"seed {seed}"
        deaths += one.deaths
    assert deaths.total() > SEEDS  # it did die, and more than once a walk


def test_every_death_of_a_push(server: Any) -> None:
    """One event, sent until it is answered: once for each statement that may be the last and each way to die there."""
    one = server()
    world = World(server=one)
    phone = world.phones[0]
    one.put(0, (1, 1000, 0))
    world.settle()
    for way in WAYS:
        for statements in range(PUSH + 1):  # the last one finds nothing left to die at
            phone.scan(0)
            one.doom(statements, way)
            for _ in range(2):
                phone.push(8)
                while world.net:
                    world.deliver(0)
            assert not phone.s.queue
        assert one.deaths.total() == PUSH * (1 + WAYS.index(way))
        assert one.deaths[f"{way} begin"] == one.deaths[f"{way} commit"] == 2  # of the push, and of the mover
    assert one.rows[0] == (1, 1000, len(WAYS) * (PUSH + 1))
    world.settle()
    assert world.wrong() == set()


def _decided(change: Any) -> Any:
    """sequence.decide, with `known` or its plan changed."""
    decide = sequence.decide

    def other(dev: bytes, last: int, top: int, events: Sequence[Any], known: Mapping[bytes, Any]) -> Any:
        return change(decide, dev, last, top, events, known)

    return other


def _no_global_id(decide: Any, dev: bytes, last: int, top: int, events: Any, known: Any) -> Any:
    return decide(dev, last, top, events, {id: place for id, place in known.items() if place[0] == dev})


def _no_id(decide: Any, dev: bytes, last: int, top: int, events: Any, known: Any) -> Any:
    return decide(dev, last, top, events, known | {e.id: (dev, e.n) for e in events if e.n <= last})


def _cumulative(decide: Any, dev: bytes, last: int, top: int, events: Any, known: Any) -> Any:
    plan = decide(dev, last, top, events, known)
    return replace(plan, upto=plan.last)


_reset_why = frames.reset_why
_write = mover.write


async def _write_apart(conn: Any, folded: Any) -> None:
    """The outbox is emptied in one transaction, the log written in the next."""
    await conn.execute("commit; begin isolation level repeatable read")
    await _write(conn, folded)


KNOWN = {"effectfirst": [5], "eventfirst": [6], "twotx": [10], "noid": [24], "cumack": [44], "noreset": [3]}
"""Seeds that found the rare ones before: tried first, so that the test is short."""

PLANTS: dict[str, list[tuple[Any, str, Any]]] = {
    "nofrom": [],  # these two are bugs of the phone
    "splitapply": [],
    "effectfirst": [],  # and these of who decides
    "eventfirst": [],
    "twotx": [(mover, "write", _write_apart)],
    "noglobalid": [(sequence, "decide", _decided(_no_global_id))],
    "noid": [(sequence, "decide", _decided(_no_id))],
    "cumack": [(sequence, "decide", _decided(_cumulative))],
    "nomoveout": [(log, "DELTAS", log.DELTAS.replace("or l.old = s.keys)", "or l.old = s.keys and l.op = 'd')"))],
    "nostoredverdict": [
        (uplink, "VERDICTS", uplink.VERDICTS.replace("code <> 0", "code <> 0 and received_at = now()")),
        (uplink, "INHERITED", uplink.INHERITED.replace("code <> 0", "false")),
    ],
    "noreset": [
        (frames, "reset_why", lambda sub, meta: None if sub.off >= meta.floor else _reset_why(sub, meta)),
    ],
}


@pytest.mark.parametrize("plant", PLANTS)
def test_plant_is_caught(plant: str, server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug put into the engine on purpose turns a walk red; a check that cannot fail proves nothing."""
    for module, name, value in PLANTS[plant]:
        assert getattr(module, name) != value
        monkeypatch.setattr(module, name, value)
    seeds = [*KNOWN.get(plant, []), *range(MOST)]
    assert any(walk(seed, plant, server=server(plant)) for seed in seeds)
