"""How many rounds are admitted at once."""

from __future__ import annotations

from agent.admission import Admission, Place


def fill(admission: Admission, now: float) -> list[Place]:
    """Begin rounds until no more are admitted."""
    begun = []
    while not admission.full:
        begun.append(admission.begin(now))
    return begun


def grow(admission: Admission, times: int = 40) -> None:
    """Have it admit as many as it ever does."""
    for _ in range(times):
        for place in fill(admission, 0.0):
            admission.end(place)
        admission.adjust(0.0, 0.0)


def test_as_many_as_the_limit_and_one_more_for_each_that_ends() -> None:
    """A place is given back once."""
    admission = Admission()
    begun = fill(admission, 0.0)
    assert len(begun) == 32
    admission.end(begun[5])
    admission.end(begun[5])
    assert len(fill(admission, 0.0)) == 1


def test_more_are_admitted_only_while_some_wait() -> None:
    """Who never waits needs no more places."""
    admission = Admission()
    for _ in range(50):
        admission.adjust(0.0, 0.0)
    assert admission.limit == 32
    grow(admission)
    assert admission.limit == 2048


def test_fewer_while_the_loop_computes_for_long() -> None:
    """From 0.05 s of CPU between two looks at the sockets on, down to eight."""
    admission = Admission()
    admission.adjust(0.0, 0.049)
    assert admission.limit == 32
    admission.adjust(0.0, 0.06)
    assert admission.limit < 32
    for _ in range(50):
        admission.adjust(0.0, 1.0)
    assert admission.limit == 8


def test_fewer_while_rounds_wait_for_each_other() -> None:
    """Rounds of 0.2 s by devices that answer in 0.01 s wait; those of slow devices do not.

    Nor do rounds that take 0.02 s instead of 0.001 s: that is no wait that matters.
    """
    for took, fastest, fewer in ((0.2, 0.01, True), (2.0, 1.9, False), (0.02, 0.001, False)):
        admission = Admission()
        for _ in range(20):
            admission.measured(took, fastest)
        admission.adjust(0.0, 0.0)
        assert (admission.limit < 32) == fewer, took


def test_silent_devices_give_back_their_places() -> None:
    """Within half a second, though their rounds go on for many: 8000 dead ones cost nobody."""
    admission = Admission()
    places = fill(admission, 0.0)
    admission.adjust(0.4, 1.0)  # also shrinks the limit
    assert admission.full
    admission.adjust(0.6, 1.0)
    assert not admission.full
    for place in places:  # their rounds end in the end
        admission.end(place)
    assert 0 < len(fill(admission, 1.0)) <= 32


def test_all_dead_are_asked_within_an_interval() -> None:
    """Of 8000 devices none answers: a place is held half a second, and the limit grows.

    A step each 0.05 s: within 5 s all were asked.
    """
    admission, left, now = Admission(), 8000, 0.0
    while left > 0 and now < 60.0:
        left -= len(fill(admission, now))
        now += 0.05
        admission.adjust(now, 0.001)
    assert now < 5.0
