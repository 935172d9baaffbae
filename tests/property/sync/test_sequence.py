"""The uplink's rule by itself."""

from hypothesis import given
from hypothesis import strategies as st

from sync import codec, sequence
from sync.codec import Poison
from sync.messages import GAP, OTHER_ID, WENT_BACK, Ev, Up
from sync.sequence import Place, decide

DEV, OTHER = b"d" * 16, b"o" * 16


def ev(n: int, id: int | None = None, **more: int) -> Ev:
    fields = {"at": 0, "mono": 0, "boot": 0} | more
    return Ev(
        n,
        (n if id is None else id).to_bytes(16, "big"),
        1,
        fields["at"],
        fields["mono"],
        -1,
        codec.NIL,
        b"",
        fields["boot"],
    )


def stored(*events: Ev, dev: bytes = DEV) -> dict[bytes, Place]:
    return {e.id: (dev, e.n) for e in events}


def test_forks() -> None:
    assert decide(DEV, 5, 4, [], {}).fork == WENT_BACK
    assert decide(DEV, 5, 9, [ev(5), ev(6)], {}).fork == OTHER_ID
    assert decide(DEV, 5, 9, [ev(7)], {}).fork == GAP
    assert decide(DEV, 5, 9, [ev(6, 77), ev(8)], {}).fork == 0


def test_upto_is_compared() -> None:
    """upto never runs ahead of the numbers in the request, whatever the device row says."""
    assert decide(DEV, 5, 5, [], {}).upto == 0
    plan = decide(DEV, 5, 5, [ev(1), ev(2)], stored(ev(1), ev(2)))
    assert (plan.upto, plan.last, plan.fresh) == (2, 5, ())
    plan = decide(DEV, 2, 5, [ev(2), ev(3), ev(5)], stored(ev(2)))
    assert (plan.upto, plan.last, plan.stopped, [e.n for e in plan.fresh]) == (3, 3, 5, [3])


def test_rehomed() -> None:
    plan = decide(DEV, 0, 2, [ev(1), ev(2)], stored(ev(1), dev=OTHER))
    assert plan.rehomed == ((ev(1).id, 1),)
    assert [e.n for e in plan.fresh] == [2]
    assert plan.upto == 2
    # stored here under a number that is done: done, wherever it lives
    assert decide(DEV, 3, 3, [ev(1)], stored(ev(1), dev=OTHER)).upto == 1


def test_same_id_twice_in_one_batch() -> None:
    plan = decide(DEV, 0, 2, [ev(1, 9), ev(2, 9)], {})
    assert (len(plan.fresh), plan.upto, plan.last) == (1, 2, 2)


def test_poison_takes_its_place() -> None:
    up = Up(1, DEV, 3, 0, [codec.raw(ev(1)), codec.raw("?"), codec.raw(ev(3))])
    events = codec.events(up)
    assert isinstance(events[1], Poison)
    assert events[1].n == 2
    assert events == codec.events(up)  # the made-up id is the same when it is sent again
    assert decide(DEV, 0, 3, events, {}).upto == 3


@given(
    last=st.integers(0, 20),
    first=st.integers(1, 25),
    count=st.integers(0, 10),
    known=st.sets(st.integers(1, 40)),
    slack=st.integers(-2, 5),
)
def test_any_batch(last: int, first: int, count: int, known: set[int], slack: int) -> None:
    batch = [ev(n) for n in range(first, first + count)]
    places = stored(*(ev(n) for n in known))
    plan = decide(DEV, last, last + slack, batch, places)
    if plan.fork:
        assert not plan.fresh and not plan.rehomed and plan.upto == 0 and plan.last == last
        return
    assert plan.last >= last
    assert plan.upto == 0 or first <= plan.upto < first + count
    assert [e.n for e in plan.fresh] == [n for n in range(max(first, last + 1), plan.last + 1) if n not in known]
    again = decide(DEV, plan.last, max(plan.last, last + slack), batch, places | stored(*plan.fresh))  # type: ignore[arg-type]
    assert (again.fork, again.fresh, again.rehomed, again.last) == (0, (), (), plan.last)
    assert again.upto == plan.upto


def test_happened() -> None:
    now = 10_000_000
    up = Up(1, DEV, 1, 0, [], at=5_000_000, mono=1000, boot=7)
    assert (
        sequence.happened_ms(ev(1, at=1, mono=400, boot=7), up, now) == now - 600
    )  # same boot: the wall clock does not matter
    assert (
        sequence.happened_ms(ev(1, at=4_999_000, mono=400, boot=6), up, now) == now - 1000
    )  # the phone is 5,000 s behind
    assert sequence.happened_ms(ev(1, at=9_999_999, mono=0, boot=6), up, now) == now  # never in the future
