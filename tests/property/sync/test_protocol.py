"""The whole protocol under faults, as a Hypothesis machine and as seeded walks; and the proof that planted
bugs are noticed.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.property.sync.world import PICKS, PLANTS, World

index = st.integers(0, 30)
phone = st.integers(0, 2)


class Protocol(RuleBasedStateMachine):
    """Every rule is one thing that can happen; at the end the network heals and all must be right."""

    @initialize(seed=st.integers(0, 2**16))
    def begin(self, seed: int) -> None:
        self.world = World(seed)

    @rule(p=phone, k=index)
    def scan(self, p: int, k: int) -> None:
        self.world.phones[p].scan(k)

    @rule(p=phone)
    def ask(self, p: int) -> None:
        self.world.phones[p].ask()

    @rule(p=phone, most=st.sampled_from([0, 1, 3, 8]))
    def push(self, p: int, most: int) -> None:
        self.world.phones[p].push(most)

    @precondition(lambda self: self.world.net)
    @rule(i=index, times=st.integers(1, 4))
    def deliver(self, i: int, times: int) -> None:
        for _ in range(times):
            self.world.deliver(i)

    @precondition(lambda self: self.world.net)
    @rule(i=index)
    def lose(self, i: int) -> None:
        self.world.net.pop(i % len(self.world.net))

    @precondition(lambda self: self.world.net)
    @rule(i=index)
    def double(self, i: int) -> None:
        self.world.net.append(self.world.net[i % len(self.world.net)].copy())

    @rule(k=st.integers(0, PICKS - 1))
    def move_row(self, k: int) -> None:
        self.world.move_row(k)

    @rule(k=st.integers(0, PICKS - 1))
    def delete_row(self, k: int) -> None:
        self.world.server.put(k, None)

    @rule()
    def mover(self) -> None:
        self.world.server.move()

    @rule(keep=st.integers(0, 3))
    def trim(self, keep: int) -> None:
        self.world.server.trim(keep)

    @rule(wh=st.integers(1, 2))
    def change_rights(self, wh: int) -> None:
        self.world.server.epoch[wh] += 1

    @rule()
    def truncate(self) -> None:
        self.world.server.truncate()

    @rule(p=phone)
    def crash(self, p: int) -> None:
        self.world.phones[p].crash()

    @rule(p=phone)
    def wipe(self, p: int) -> None:
        self.world.phones[p].wipe()

    @rule(p=phone)
    def remember(self, p: int) -> None:
        self.world.phones[p].remember()

    @rule(p=phone)
    def rollback(self, p: int) -> None:
        self.world.phones[p].rollback()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.settle()
            assert not self.world.wrong()


TestProtocol = Protocol.TestCase
TestProtocol.settings = settings(
    max_examples=120,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)


def walk(seed: int, plant: str = "", ticks: int = 150, server: Any = None) -> set[str]:
    """A long random walk with the odds of a bad day; what is wrong at its end."""
    w = World(seed, plant, server)
    r = w.rng
    for _ in range(ticks):
        for p in w.phones:
            if r.random() < 0.4:
                p.scan(r.randrange(PICKS))
            if r.random() < 0.5:
                p.ask()
                if p.s.queue or r.random() < 0.3:
                    p.push(r.choice([1, 3, 8]))
        for _ in range(len(w.net)):
            i = r.randrange(len(w.net)) if w.net else 0
            if w.net and r.random() < 0.2:
                w.net.pop(i)
            elif w.net and r.random() < 0.15:
                w.net.append(w.net[i].copy())
            else:
                w.deliver(i)
            if r.random() < 0.2:
                break
        fate(w, r.random(), r.randrange(PICKS), r.randrange(3))
    w.settle()
    return w.wrong()


def fate(w: World, x: float, k: int, n: int) -> None:
    p = w.phones[n]
    if x < 0.10:
        w.move_row(k)
    elif x < 0.14:
        w.server.put(k, None)
    elif x < 0.16:
        w.server.trim(n)
    elif x < 0.18:
        w.server.epoch[1 + k % 2] += 1
    elif x < 0.22:
        p.crash()
    elif x < 0.225:
        p.wipe()
    elif x < 0.24:
        p.remember()
    elif x < 0.255:
        p.rollback()
    elif x < 0.26:
        w.server.truncate()
    elif x < 0.5:
        w.server.move()
    elif x < 0.56:
        w.server.doom(n * 4 + k)


@pytest.mark.parametrize("first", range(0, 80, 20))
def test_walks(first: int) -> None:
    assert {seed: bad for seed in range(first, first + 20) if (bad := walk(seed))} == {}


@pytest.mark.parametrize("plant", PLANTS)
def test_plant_is_caught(plant: str) -> None:
    """A bug put in on purpose turns a walk red; a check that cannot fail proves nothing."""
    assert any(walk(seed, plant) for seed in range(120))
