"""The PUE as it was at an earlier time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.inventory.model import Inventory
from agent.ledger.ledger import Ledger
from agent.pue.past import past_pue
from agent.pue.pue import Pue
from collectors.base import HubgaugeError
from tests.support.ledger import HEAD, HOUR, SITE, T0, Clock, import_hours, inventory, ledger

DAY = 24 * HOUR
TWO = HEAD + "meters: [{meter: main, point: utility}, {meter: it, point: it_input}]\n"
THREE = TWO[:-2] + ", {meter: solar, point: renewable, since: 2025-01-01}]\n"
START = T0 - 30 * DAY
"""A whole hour, long settled."""


class Case:
    """A ledger at a time that a test moves on."""

    def __init__(self, path: Path) -> None:
        self.clock = Clock()
        self.stock: Inventory = inventory(TWO)
        self.book: Ledger = ledger(path, self.clock, self.stock)

    def put(self, meter: str, watts: float, hours: int = 24) -> None:
        """Import so many even hours of a meter from `START` on, and sum them."""
        found = {round(START * 1000) + n * 3_600_000: watts * 3600.0 for n in range(hours)}
        import_hours(self.book, SITE, meter, found)
        self.sum_up()

    def sum_up(self) -> None:
        pue = Pue(self.book, self.stock, clock=self.clock)
        while not pue.refresh():
            pass

    def at(self, time: float) -> float | None:
        """Return the PUE of the day from `START` on, as of a time."""
        return past_pue(self.book, self.stock, time).between(SITE, START, START + DAY).pue


@pytest.fixture
def case(tmp_path: Path) -> Iterator[Case]:
    made = Case(tmp_path)
    yield made
    made.book.close()


def test_a_corrected_bill_does_not_change_what_was_said_before(case: Case) -> None:
    """130 / 100 kW gave 1.30, and still does as of then; after the correction it is 1.40."""
    case.put("main", 130e3)
    case.put("it", 100e3)
    case.clock.now += DAY
    case.put("main", 140e3)
    assert case.at(T0 + HOUR) == pytest.approx(1.3)
    assert case.at(case.clock.now) == pytest.approx(1.4)


def test_three_versions_of_an_hour(case: Case) -> None:
    """Each time has the version that was the last one then: 1.20, 1.30, 1.25."""
    case.put("it", 100e3)
    for watts in (120e3, 130e3, 125e3):
        case.put("main", watts)
        case.clock.now += DAY
    found = [case.at(T0 + n * DAY + HOUR) for n in range(3)]
    assert found == [pytest.approx(1.2), pytest.approx(1.3), pytest.approx(1.25)]


def test_the_same_sums_again_are_no_new_version(case: Case) -> None:
    """Hours that are summed again to the same result are what they were at an earlier time."""
    case.put("main", 130e3)
    case.put("it", 100e3)
    case.clock.now += DAY
    pue = Pue(case.book, case.stock, clock=case.clock)
    pue.hours.sum_again(SITE, round(START * 1000), round((START + DAY) * 1000))
    case.sum_up()
    assert case.at(T0 + HOUR) == pytest.approx(1.3)


def test_hours_that_came_later_were_not_there(case: Case) -> None:
    """Before the IT meter's hours were imported there was no PUE."""
    case.put("main", 130e3)
    case.clock.now += DAY
    case.put("it", 100e3)
    assert case.at(T0 + HOUR) is None
    assert case.at(case.clock.now) == pytest.approx(1.3)


def test_a_meter_that_was_listed_later_did_not_count(case: Case) -> None:
    """130 kW of utility over 100 kW is 1.30; with 20 kW of solar listed a day later it is 1.50."""
    case.put("main", 130e3)
    case.put("it", 100e3)
    case.clock.now += DAY
    case.stock = inventory(THREE)
    case.book.inventory = case.stock
    case.put("solar", 20e3)
    assert case.at(T0 + HOUR) == pytest.approx(1.3)
    assert case.at(case.clock.now) == pytest.approx(1.5)


def test_before_the_ledger_remembers(case: Case) -> None:
    """A time before the first sum is refused, with the time since when it is known."""
    case.put("main", 130e3)
    with pytest.raises(HubgaugeError, match="only since 2025-"):
        case.at(T0 - DAY)
