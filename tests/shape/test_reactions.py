"""Every event is looked at: it leads to jobs, or is listed here as one that only tells."""

import inspect

import workers.jobs
from server import events, reactions
from server.events import Event
from workers import actor

EVENTS = {e for _, e in inspect.getmembers(events, inspect.isclass) if issubclass(e, Event) and e is not Event}


def test_reactions_name_real_jobs() -> None:
    workers.jobs.load()
    from uuid import uuid4

    for kind in reactions.REACTIONS:
        required = {"subject": uuid4()}
        for job in reactions.react([kind(**required)]):
            assert job.kind in actor.HANDLERS, f"{kind.__name__} → {job.kind}"


def test_every_event_speaks_of_something() -> None:
    assert len(EVENTS) > 40
    assert [e.__name__ for e in EVENTS if not e.on] == []


def test_reactions_are_events() -> None:
    assert set(reactions.REACTIONS) <= EVENTS
