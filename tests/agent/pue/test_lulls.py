"""A utility meter that counts nothing for minutes, by hand: 130 kW come in, 100 are IT's.

The main feed gives 40 of them, a second one 80, and the sun 10. Seven minutes of 40 kW are 4.667 of
the 650 kWh of five hours, 0.718 %. As a limit of error that is U = 2 · 0.718 % / √3 = 0.829 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from collectors.base import Reading
from tests.agent.pue.test_at_rest import KWH, Told, live, result, stock
from tests.agent.pue.test_rest_beside_sun import counted
from tests.support.ledger import SITE, T0, Bench, batch, bench, energy, exported, power

EXACT = "accuracy_class: 0.2, "
MAIN, SECOND, SUN, IT = (
    f"{{{EXACT}meter: {name}, point: {point}}}"
    for name, point in (
        ("main", "utility"),
        ("second", "utility"),
        ("pv", "renewable"),
        ("it", "it_input"),
    )
)
SITE_OF_ALL = stock(MAIN, SECOND, SUN, IT)
MINUTES = 361
LULL = range(117, 124)
"""It begins in one hour and ends in the next."""

CALM = 0.005
"""What the classes alone make of it, and no more."""

OF_LULL = 0.00829


def steady(kw: float, lull: float | None = None) -> list[float]:
    """Return the power of each minute; another one in the lull."""
    return [kw if lull is None or m not in LULL else lull for m in range(MINUTES)]


def only(kind: str, told: Told) -> Told:
    """Leave out the register, or the power."""
    kept = {"register": energy, "power": power}
    if kind == "both":
        return told
    metric = kept[kind]("", 0.0)[0].metric
    return lambda m: [one for one in told(m) if one[0].metric is metric]


def told_by(
    main: Sequence[float], second: Sequence[float], sun: Sequence[float], load: Sequence[float]
) -> list[Told]:
    return [
        counted("main", "utility", list(main)),
        counted("second", "utility", list(second)),
        counted("pv", "renewable", list(sun)),
        counted("it", "it_input", list(load)),
    ]


def relative(b: Bench) -> float:
    """Return U of five hours, relative to their PUE; all of them are covered."""
    found = result(b)
    assert found.coverage == 1.0
    assert found.uncertainty is not None
    return found.uncertainty


@pytest.mark.parametrize("kind", ["register", "power", "both"])
def test_what_a_dead_feed_lacks_is_in_doubt(tmp_path: Path, kind: str) -> None:
    """90 kW are left, which could be the 100 kW of IT and what registers count late."""
    main, *others = told_by(steady(40, 0), steady(80), steady(10), steady(100))
    with bench(tmp_path, SITE_OF_ALL) as b:
        live(b, only(kind, main), *others, minutes=360)
        assert result(b).pue == pytest.approx(1.3 * (1 - 0.00718), abs=0.0005)
        assert OF_LULL < relative(b) < OF_LULL + CALM


def test_what_is_sold_less_is_taken_over_as_well(tmp_path: Path) -> None:
    """70 of 80 kW of the sun are sold, and then 30: nobody misses the main feed's 40 kW."""

    def left(minute: int) -> list[Reading]:
        in_lull = sum(1 for m in LULL if m < minute)
        return [exported("second", (70 * (minute - in_lull) + 30 * in_lull) / 60 * KWH)]

    with bench(tmp_path, SITE_OF_ALL) as b:
        told = told_by(steady(40, 0), steady(80), steady(80), steady(100))
        live(b, *told, left, minutes=360)
        assert result(b).pue == pytest.approx(1.3, abs=0.001)
        assert relative(b) < 0.006  # more energy is metered, each with its class


@pytest.mark.parametrize("kind", ["register", "power", "both"])
@pytest.mark.parametrize(
    ("second", "sun", "load"),
    [(120, 10, 100), (80, 50, 100), (80, 10, 100 - 40 / 1.3), (100, 30, 100)],
)
def test_a_feed_whose_load_others_take_over_is_in_no_doubt(
    tmp_path: Path, kind: str, second: float, sun: float, load: float
) -> None:
    """The second feed, the sun, or both carry it, or IT draws 30.8 kW less."""
    main, *others = told_by(steady(40, 0), steady(80, second), steady(10, sun), steady(100, load))
    with bench(tmp_path, SITE_OF_ALL) as b:
        live(b, only(kind, main), *others, minutes=360)
        assert result(b).pue == pytest.approx(1.3, abs=0.001)
        assert relative(b) < CALM


def test_half_of_it_taken_over_is_not_enough(tmp_path: Path) -> None:
    with bench(tmp_path, SITE_OF_ALL) as b:
        live(b, *told_by(steady(40, 0), steady(80, 100), steady(10), steady(100)), minutes=360)
        assert relative(b) > OF_LULL


def test_a_battery_may_have_given_it(tmp_path: Path) -> None:
    """Then nothing is made of a supply that stands still, and `--explain` says so."""
    text = SITE_OF_ALL.replace("timezone", "battery: true, timezone")
    with bench(tmp_path, text) as b:
        live(b, *told_by(steady(40, 0), steady(80), steady(10), steady(100)), minutes=360)
        assert relative(b) < CALM


def test_what_comes_late_tells_that_the_sun_took_it_over(tmp_path: Path) -> None:
    """Twenty minutes of the solar register come hours later: until then it seems even."""
    main, second, sun, load = told_by(steady(40, 0), steady(80), steady(10, 50), steady(100))
    late = range(111, 130)

    def most_of_it(minute: int) -> list[Reading]:
        return [] if minute in late else only("register", sun)(minute)

    with bench(tmp_path, SITE_OF_ALL) as b:
        live(b, main, second, most_of_it, load, minutes=360)
        assert relative(b) > OF_LULL
        for minute in late:
            b.book.accept(batch(T0 + 60 * minute, *only("register", sun)(minute)))
        b.book.flush()
        b.pue.refresh()
        assert relative(b) < CALM


def test_of_a_lull_an_hour_has_its_part(tmp_path: Path) -> None:
    """Three of the seven minutes are in the first hour, four in the second.

    They are 2.667 of 130 kWh, 2.05 %, so that U is 2.37 % of this hour.
    """
    with bench(tmp_path, SITE_OF_ALL) as b:
        live(b, *told_by(steady(40, 0), steady(80), steady(10), steady(100)), minutes=360)
        found = b.pue.between(SITE, T0 + 7200, T0 + 10800)
        assert found.pue == pytest.approx(1.3 * (1 - 0.0205), abs=0.001)
        assert found.uncertainty is not None
        assert 0.0237 < found.uncertainty < 0.04  # the hour's edge is uncertain as well


@pytest.mark.parametrize(
    ("stops", "least", "most"), [((117,), 0.00622, 0.0112), ((60, 117), 0, CALM)]
)
def test_chillers_that_stop_with_a_feed_may_be_as_dead_as_it(
    tmp_path: Path, stops: Sequence[int], least: float, most: float
) -> None:
    """The main feed gives the 30 kW of the chillers, which are metered; both say 0 at once.

    Where that happens once, both may be dead: 3.5 of 650 kWh are 0.538 %, so U is 0.622 %. Where
    they stop now and then, they have a feed of their own.
    """
    cooling = f"{{{EXACT}meter: fans, point: cooling}}"
    watts = [0.0 if any(at <= m < at + 7 for at in stops) else 30.0 for m in range(MINUTES)]
    with bench(tmp_path, stock(MAIN, SECOND, SUN, IT, cooling)) as b:
        told = told_by(watts, steady(90), steady(10), steady(100))
        live(b, *told, counted("fans", "cooling", watts), minutes=360)
        assert least < relative(b) < most


@pytest.mark.parametrize(("comes_in", "least", "most"), [(150, 0.00808, 0.0102), (120, 0, 0.0055)])
def test_a_dead_meter_that_is_subtracted_makes_it_too_high(
    tmp_path: Path, comes_in: float, least: float, most: float
) -> None:
    """Fans of 30 kW hang behind the UPS, which gives 130; 150 kW come in.

    Their seven minutes are 3.5 of 500 kWh, 0.70 %, so U is 0.808 %. Where 30 kW less come in, and
    the UPS gives as much less, the fans were off.
    """
    ups = f"{{{EXACT}meter: ups, point: ups_output}}"
    fans = f"{{{EXACT}meter: fans, point: cooling, behind: ups}}"
    with bench(tmp_path, stock(MAIN, ups, fans)) as b:
        live(
            b,
            counted("main", "utility", steady(150, comes_in)),
            counted("ups", "ups_output", steady(130, comes_in - 20)),
            counted("fans", "cooling", steady(30, 0)),
            minutes=360,
        )
        assert least < relative(b) < most
