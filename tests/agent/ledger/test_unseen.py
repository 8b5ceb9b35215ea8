"""What a register may hide where nobody saw it move: limits of error in kWh, by hand.

The load goes up and down each half hour: 40 kW, then 60 kW. So a stretch of 46 minutes has at least
30 · 40 / 60 + 16 · 60 / 60 = 36 kWh and at most 30 + 16 · 2 / 3 = 122 / 3 kWh. From minute 96 to
142 it has 24 · 1 + 22 · 2 / 3 = 116 / 3 kWh.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from agent.ledger.doubts import Unseen
from agent.ledger.energy import TimedValue
from agent.ledger.limits import Limits
from tests.support.ledger import HEAD, HOUR, T0, batch, bench, energy
from tests.support.registers import KWH, MINUTE, Came, came, read

FREE = Limits()
RATED = Limits(rating=500_000.0)
BOTH = pytest.mark.parametrize("limits", [RATED, FREE], ids=["rated", "unrated"])

FIRST, LAST = 96, 142
"""The register is accepted up to the one minute and from the other on."""

TRUE, LEAST, MOST = Fraction(116, 3), Fraction(36), Fraction(122, 3)

Shown = Callable[[int], float]


def cycle(minute: int) -> float:
    """Return what has counted 40 and 60 kW since minute 0, and 100 kWh before."""
    hours, rest = divmod(minute, 60)
    return (100 + 50 * hours + rest * 2 / 3 + max(0, rest - 30) / 3) * KWH


def steady(minute: int) -> float:
    """Return what has counted 50 kW."""
    return (100 + minute * 5 / 6) * KWH


def exchanged(count: Shown, kwh: float) -> Shown:
    """Show so much more from minute 117 on."""
    return lambda minute: count(minute) + kwh * KWH * (minute >= 117)


def zero(_minute: int, _count: Shown) -> float | None:
    return 0.0


def garbage(minute: int, _count: Shown) -> float | None:
    return (7e9, 3e4, 9e8)[minute % 3] * KWH


def falling(minute: int, _count: Shown) -> float | None:
    return (90 - minute / 2) * KWH


def negative(_minute: int, _count: Shown) -> float | None:
    return -1.0


def stuck(_minute: int, count: Shown) -> float | None:
    return count(FIRST)


def silent(_minute: int, _count: Shown) -> float | None:
    return None


WAYS = pytest.mark.parametrize("way", [zero, garbage, falling, negative, stuck, silent])


def told(
    way: Callable[[int, Shown], float | None], count: Shown, last: int = 360
) -> list[TimedValue]:
    """Read each minute a register that is not seen to move between two minutes."""

    def value(minute: int) -> float | None:
        return way(minute, count) if FIRST < minute < LAST else count(minute)

    values = {minute: value(minute) for minute in range(last + 1)}
    known = {minute: one for minute, one in values.items() if one is not None}
    return read(lambda minute: known[minute], list(known))


def unseen(found: Came) -> list[tuple[int, int, float]]:
    """Return from when to when, in minutes, nobody saw the register move, and the limits in kWh."""
    return [
        (one.start // MINUTE, one.end // MINUTE, one.joules / KWH)
        for one in found.found.doubts
        if isinstance(one, Unseen)
    ]


@BOTH
@WAYS
@pytest.mark.parametrize("kwh", [1, -2])
def test_an_exchange_hides_in_what_nobody_saw(
    limits: Limits, way: Callable[[int, Shown], float | None], kwh: int
) -> None:
    """The limit is the larger of what is bridged less the least, and the most less that."""
    found = came(told(way, exchanged(cycle, kwh)), limits=limits)
    bridged = TRUE + kwh
    right = float(max(bridged - LEAST, MOST - bridged))
    assert unseen(found) == [(FIRST, LAST, pytest.approx(right))]
    assert found.minutes == 360
    assert right > abs(kwh)


@WAYS
@pytest.mark.parametrize("kwh", [3, -3])
def test_of_a_steady_load_the_limit_is_the_exchange(
    way: Callable[[int, Shown], float | None], kwh: int
) -> None:
    """50 kW before and after; what was bridged differs from that by what the other meter shows."""
    found = came(told(way, exchanged(steady, kwh)), limits=FREE)
    assert unseen(found) == [(FIRST, LAST, pytest.approx(abs(kwh)))]


@BOTH
@WAYS
def test_a_steady_load_hides_nothing(
    limits: Limits, way: Callable[[int, Shown], float | None]
) -> None:
    """What was bridged is what is usual; only a cut through it is in doubt."""
    found = came(told(way, steady), limits=limits)
    assert sum(limit for _, _, limit in unseen(found)) == pytest.approx(0.0, abs=1e-6)
    assert sum(one.limit(0, 360 * MINUTE) for one in found.found.doubts) == pytest.approx(
        0.0, abs=1e-3 * KWH
    )


@pytest.mark.parametrize("way", [zero, garbage, silent])
def test_a_cut_through_a_bridge_is_in_doubt(way: Callable[[int, Shown], float | None]) -> None:
    """Nobody saw how the energy went: the half of 46 minutes may be off, and the whole is not."""
    found = came(told(way, steady), limits=FREE)
    cut = sum(one.limit(0, 119 * MINUTE) for one in found.found.doubts)
    assert cut == pytest.approx(0.2 * 23 * 5 / 6 * KWH)


def test_power_beside_says_more_than_the_load_near_by() -> None:
    """Power read each minute joins 60 and 40 kW by a line: 1 / 6 kWh less than 116 / 3."""
    power = read(lambda m: 60e3 if m % 60 >= 30 else 40e3, range(361))
    found = came(told(silent, exchanged(cycle, 1)), power, limits=FREE)
    assert unseen(found) == [(FIRST, LAST, pytest.approx(1 + 1 / 6))]


@pytest.mark.parametrize("refresh", [12, 20])
def test_a_register_that_is_refreshed_is_seen(refresh: int) -> None:
    """It stands still as it always does."""
    found = came(read(lambda m: cycle(m // refresh * refresh), range(361)), limits=FREE)
    assert not unseen(found)


def test_coarse_steps_are_seen() -> None:
    """A register of 10 kWh moves each ten or fifteen minutes, by one step."""
    found = came(read(lambda m: cycle(m) // (10 * KWH) * 10 * KWH, range(361)), limits=FREE)
    assert not unseen(found)


def test_one_false_reading_is_like_a_longer_interval() -> None:
    """Two minutes are compared with those beside them, as every rise is."""

    def value(minute: int) -> float:
        return 0.0 if minute == 100 else steady(minute)

    found = came(read(value, range(361)), limits=FREE)
    assert found.refused == {"glitch": 1}
    assert sum(one.limit(0, 360 * MINUTE) for one in found.found.doubts) < 1e-3 * KWH


def test_a_pdu_is_one_of_many() -> None:
    """What a single rack's PDU may hide is nothing in a site's energy."""
    found = came(told(silent, exchanged(cycle, 1)), limits=Limits.of_kind("pdu"))
    assert not unseen(found)


@pytest.mark.parametrize("way", [zero, silent])
@pytest.mark.parametrize("at_once", [37, 400])
def test_what_comes_later_tells_as_much_live(
    tmp_path: Path, way: Callable[[int, Shown], float | None], at_once: int
) -> None:
    """The ledger says the same after each readings by itself as after all of them together."""
    readings = told(way, exchanged(cycle, 1), last=520)
    inventory = HEAD + "meters: [{meter: i, point: it_input}]"
    with bench(tmp_path, inventory, now=T0 + 9 * HOUR) as b:
        for n in range(0, len(readings), at_once):
            for one in readings[n : n + at_once]:
                b.book.accept(batch(T0 + one.time / 1000, energy("i", one.value, "it_input")))
            b.book.flush()
        with b.book.reader.read() as tables:
            (found,) = (one for known in tables.unseen.all().values() for one in known)
    start = round(T0 * 1000)
    assert (found.start, found.end) == (start + FIRST * MINUTE, start + LAST * MINUTE)
    assert found.joules == pytest.approx(float(TRUE + 1 - LEAST) * KWH)


def test_what_nobody_saw_adds_up_by_squares() -> None:
    """Two stretches of 3 and 4 kWh, each wholly in the window: a limit of 5 kWh, not of 7."""
    whole = [Unseen(0, 10, 3.0), Unseen(20, 30, 4.0)]
    assert sum(one.limit(0, 30) ** 2 for one in whole) == 25.0
    assert Unseen(0, 10, 3.0).limit(5, 30) == 1.5
    assert Unseen(0, 10, 3.0).part(5, 10) == Unseen(5, 10, 1.5)


@BOTH
@WAYS
@pytest.mark.parametrize("is_powered", [True, False])
def test_coarse_steps_hide_up_to_one_of_them(
    way: Callable[[int, Shown], float | None], limits: Limits, *, is_powered: bool
) -> None:
    """50 kW in steps of 10 kWh, one in 12 minutes: another meter may show up to 10 kWh more."""
    energy_told = told(way, lambda minute: steady(minute) // (10 * KWH) * (10 * KWH))
    power = read(lambda _: 50_000.0, range(361)) if is_powered else []
    found = came(energy_told, power, limits=limits)
    limit = sum(one.limit(0, 360 * MINUTE) for one in found.found.doubts)
    assert found.minutes < 360 or limit >= 10 * KWH
