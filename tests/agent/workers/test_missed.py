"""The rounds that nobody begins while a worker is dead, by a clock that the test turns."""

from __future__ import annotations

from agent.workers.missed import Missed
from agent.workers.remote import Remote, remote
from tests.agent.fakes import good


def device(name: str, interval: float) -> Remote:
    return remote(good(name, interval=interval), {})


def test_a_round_of_each_device_is_missed_in_each_interval() -> None:
    """Three devices at 10 s and one at 60 s: 19 rounds in 61 s, and none while one reads."""
    now = 0.0
    missed = Missed(lambda: now)
    missed.has([*(device(str(n), 10.0) for n in range(3)), device("slow", 60.0)])
    now = 100.0
    assert not missed.rounds()  # the first worker is being started
    missed.ended()
    now = 130.0
    assert missed.rounds() == {"fake": 9}
    now = 161.0
    missed.began()
    assert missed.rounds() == {"fake": 19}
    now = 1000.0
    assert missed.rounds() == {"fake": 19}
    missed.ended()
    now = 1010.0
    missed.has([device("0", 5.0)])  # 3 and a sixth until here, and from now on one in 5 s
    now = 1020.0
    assert missed.rounds() == {"fake": 24}


def test_a_worker_that_never_begins_is_counted_from_its_first_end() -> None:
    """Each further end adds nothing by itself: the time goes on from the first one."""
    now = 0.0
    missed = Missed(lambda: now)
    missed.has([device("a", 10.0)])
    for at in (5.0, 20.0, 46.0):
        now = at
        missed.ended()
    assert missed.rounds() == {"fake": 4}
