from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.ledger.clock import TrustedClock
from agent.ledger.ledger import Ledger
from agent.ledger.queries import Energy
from tests.support.ledger import HOUR, T0, batch, energy, inventory, pdu_energy, power

YEARS = 10 * 365.25 * 86400
STOCK = "sites: [{site: huawei-guian-1}]\nmeters: [{meter: m, point: utility}]"


class Machine:
    """A gateway whose wall clock may be wrong, and a meter that counts 1000 W at any time."""

    def __init__(self, path: Path) -> None:
        self.path, self.true, self.wrong = path, 0.0, 0.0
        self.book = self.open()

    def open(self) -> Ledger:
        return Ledger(
            self.path / "ledger.db",
            inventory=inventory(STOCK),
            clock=lambda: T0 + self.true + self.wrong,
            monotonic=lambda: 5000.0 + self.true,
        )

    def restart(self) -> None:
        self.book.close()
        self.book = self.open()

    def run(self, seconds: float, *, every: float = 60.0) -> None:
        until = self.true + seconds
        while self.true < until:
            self.true += every
            stamp = T0 + self.true + self.wrong
            self.book.accept(batch(stamp, energy("m", 1e9 + 1000.0 * self.true), interval=every))
            self.book.flush()

    def measured(self, start: float, end: float) -> Energy:
        return self.book.energy("m", T0 + start, T0 + end)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    found = Machine(tmp_path)
    yield found
    found.book.close()


@pytest.mark.parametrize("step", [HOUR, -HOUR, YEARS, -YEARS, 400.0, -400.0])
def test_a_step_that_is_taken_back_costs_nothing(machine: Machine, step: float) -> None:
    """A clock that steps and steps back within the hour changes no energy and no coverage."""
    machine.run(2 * HOUR)
    machine.wrong = step
    machine.run(HOUR / 2)
    machine.wrong = 0.0
    machine.run(3 * HOUR)
    assert machine.measured(60, 5.5 * HOUR) == pytest.approx(
        (1000.0 * (5.5 * HOUR - 60), 5.5 * HOUR - 60)
    )
    assert machine.measured(-2 * YEARS, 2 * YEARS) == pytest.approx(
        (1000.0 * (5.5 * HOUR - 60), 5.5 * HOUR - 60)
    )
    assert (
        not machine.book.counts["reset"]
        + machine.book.counts["late"]
        + machine.book.counts["clock"]
    )


@pytest.mark.parametrize("ahead", [HOUR, YEARS])
def test_a_clock_that_ran_ahead_is_put_right(machine: Machine, ahead: float) -> None:
    """Readings from the future do not stand in the way once the clock is corrected."""
    machine.wrong = ahead
    machine.run(5 * HOUR)
    machine.wrong = 0.0
    machine.run(6 * HOUR)
    assert machine.measured(6.2 * HOUR, 10 * HOUR) == pytest.approx(
        (1000.0 * 3.8 * HOUR, 3.8 * HOUR)
    )
    assert machine.book.counts["reset"] == 0
    assert machine.book.counts["late"] == 0


@pytest.mark.parametrize("behind", [HOUR, YEARS])
def test_a_clock_that_ran_behind_is_put_right(machine: Machine, behind: float) -> None:
    """After hours with a clock that was behind, the present is measured again.

    The past has at most the energy that was used.
    """
    machine.wrong = -behind
    machine.run(5 * HOUR)
    machine.wrong = 0.0
    machine.run(6 * HOUR)
    assert machine.measured(6.2 * HOUR, 10 * HOUR) == pytest.approx(
        (1000.0 * 3.8 * HOUR, 3.8 * HOUR)
    )
    assert machine.measured(-2 * YEARS, 2 * YEARS).joules <= 1000.0 * 11 * HOUR + 1


@pytest.mark.parametrize("wrong", [YEARS, -YEARS])
def test_a_wrong_clock_at_a_restart(machine: Machine, wrong: float) -> None:
    """An agent that starts with a wrong clock loses no earlier hour, and continues afterwards."""
    machine.run(3 * HOUR)
    machine.wrong = wrong
    machine.restart()
    machine.run(HOUR / 4)
    machine.wrong = 0.0
    machine.restart()
    machine.run(2 * HOUR)
    assert machine.measured(HOUR, 2 * HOUR) == pytest.approx((1000.0 * HOUR, HOUR))
    assert machine.measured(3.5 * HOUR, 5 * HOUR) == pytest.approx(
        (1000.0 * 1.5 * HOUR, 1.5 * HOUR)
    )
    assert machine.measured(-2 * YEARS, 5.25 * HOUR).joules <= 1000.0 * 5.25 * HOUR + 1


def test_a_small_step_back_is_no_reset(machine: Machine) -> None:
    """A correction of some seconds backwards is no reset and loses no energy."""
    for _ in range(20):
        machine.run(600, every=15)
        machine.wrong -= 40.0
    end = machine.true + machine.wrong
    joules, seconds = machine.measured(0, end)
    assert joules == pytest.approx(1000.0 * machine.true, rel=0.01)
    assert seconds == pytest.approx(end, rel=0.01)
    assert machine.book.counts["reset"] == 0


def test_no_pdu_s_hours_are_let_go_of_for_a_step(tmp_path: Path) -> None:
    """A clock that is years ahead for some minutes deletes no hours."""
    at = [T0, 0.0]
    book = Ledger(tmp_path / "ledger.db", clock=lambda: sum(at), monotonic=lambda: at[0])
    for minute in range(121):
        at[0] = T0 + 60 * minute
        book.accept(batch(at[0], pdu_energy("p", 60_000.0 * minute)))
    book.flush()
    before = book.energy("p", T0, T0 + 2 * HOUR)
    at[1] = YEARS
    for minute in range(121, 150):
        at[0] = T0 + 60 * minute
        book.accept(batch(sum(at), pdu_energy("p", 60_000.0 * minute)))
        book.flush()
    assert book.energy("p", T0, T0 + 2 * HOUR) == before == pytest.approx((7.2e6, 7200.0))
    book.close()


def test_what_waits_for_the_clock_is_bounded(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of readings that wait for the clock, the oldest are dropped and counted."""
    monkeypatch.setattr("agent.ledger.intake.MAX_PENDING", 10)
    machine.run(60)
    machine.wrong = YEARS
    machine.run(1800)
    assert machine.book.counts["memory"] == 20
    machine.wrong = 0.0
    machine.run(60)
    assert machine.measured(60, 1920) == pytest.approx((1000.0 * 1860, 1860.0))


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.integers(1, 5400), st.integers(-2, 2).map(lambda n: n * 7200.0)),
        min_size=1,
        max_size=12,
    )
)
def test_the_clock_is_accepted_in_the_end(pieces: list[tuple[int, float]]) -> None:
    """After an hour of evenness the wall clock is trusted, and while it is even both agree."""
    at = [0.0, 0.0]
    clock = TrustedClock(lambda: 1e9 + at[0] + at[1], lambda: at[0])
    for seconds, wrong in pieces:
        at[1] = wrong
        for _ in range(3):
            at[0] += seconds / 3
            clock.check()
            assert not clock.is_trusted or clock.now() == pytest.approx(1e9 + sum(at))
    clock.check()
    at[0] += 3601
    clock.check()
    assert clock.is_trusted
    assert clock.now() == pytest.approx(1e9 + sum(at))


def test_power_alone_over_a_step(tmp_path: Path) -> None:
    """Power over a step is integrated over the time that has passed, not over the clock's time."""
    at = [T0, 0.0]
    book = Ledger(tmp_path / "ledger.db", clock=lambda: sum(at), monotonic=lambda: at[0])
    for minute in range(91):
        at[0], at[1] = T0 + 60 * minute, 4000.0 if 30 <= minute < 45 else 0.0
        book.accept(batch(sum(at), power("m", 600.0)))
        book.flush()
    assert book.energy("m", T0, T0 + 5 * HOUR) == pytest.approx((600.0 * 5400, 5400.0))
    book.close()
