"""Registers that begin to count late, and meters exchanged for ones that show a little less.

Limits of error are in kWh, by hand.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.ledger.limits import Limits
from tests.support.ledger import SITE, T0, batch, bench, energy
from tests.support.registers import KWH, MINUTE, Came, came, read

SUPPLY = Limits(is_supply=True)
EITHER = pytest.mark.parametrize("limits", [SUPPLY, Limits(rating=1e6)], ids=["unrated", "rated"])


def limit(found: Came, start: int, end: int) -> float:
    """Return the limit of error of a sum between two minutes, in kWh."""
    return sum(one.limit(start * MINUTE, end * MINUTE) for one in found.found.doubts) / KWH


@EITHER
@pytest.mark.parametrize(
    ("kw", "held", "interval", "lacks"),
    [(125, 100, 1, 125 * 100 / 60), (8, 45, 5, 8 * 45 / 60), (75, 90, 15, 75 * 90 / 60)],
)
def test_a_young_register_that_stood_at_0_first_may_have_been_held_there(
    limits: Limits, kw: int, held: int, interval: int, lacks: float
) -> None:
    """What it lacks of its later moves is in doubt: its power times the minutes it was held."""

    def value(minute: int) -> float:
        return max(0, minute - held) * kw / 60 * KWH

    found = came(read(value, range(0, 421, interval), interval), limits=limits)
    assert limit(found, 0, 420) == pytest.approx(lacks)
    # Of a part of that time it lacks what was drawn in it, and nothing after it. An edge may cut
    # one interval more.
    for start, end in ((0, 30), (15, held - interval), (held + interval, 420)):
        drawn = kw * max(0, min(end, held) - start) / 60
        assert drawn <= limit(found, start, end) * 1.000001 <= drawn + kw * interval / 60 + 0.001


@EITHER
@pytest.mark.parametrize(("kw", "still", "interval"), [(125, 100, 1), (8, 45, 5)])
def test_an_old_register_that_rested_first_leaves_nothing_in_doubt(
    limits: Limits, kw: int, still: int, interval: int
) -> None:
    """It shows 7000 kWh, so that it was not reset; a register that was held would catch up."""

    def value(minute: int) -> float:
        return (7000 + max(0, minute - still) * kw / 60) * KWH

    found = came(read(value, range(0, 421, interval), interval), limits=limits)
    assert limit(found, 0, 420) == 0.0


@EITHER
@pytest.mark.parametrize(
    ("kw", "interval", "less"), [(130, 5, 5.4), (120, 1, 1.1), (100, 15, 12.5)]
)
def test_a_meter_exchanged_for_one_that_shows_less(
    limits: Limits, kw: int, interval: int, less: float
) -> None:
    """Where its register rises all the same, what it rose too little is in doubt, in any window."""

    def value(minute: int) -> float:
        return (900 + kw * minute / 60 - less * (minute >= 300)) * KWH

    found = came(read(value, range(0, 601, interval), interval), limits=limits)
    assert found.kwh == pytest.approx(10 * kw - less)
    assert limit(found, 240, 360) == pytest.approx(less)
    assert limit(found, 0, 240) == 0.0


@EITHER
@pytest.mark.parametrize("interval", [1, 5, 15])
def test_a_load_that_is_often_low_is_no_exchange(limits: Limits, interval: int) -> None:
    """A load that is at half for one reading in each hour is low often enough to be accepted."""
    readings_an_hour = 60 // interval

    def value(minute: int) -> float:
        lows = (minute // interval + readings_an_hour // 2) // readings_an_hour
        return (900 + 2 * (minute - lows * interval / 2)) * KWH

    found = came(read(value, range(0, 601, interval), interval), limits=limits)
    assert limit(found, 0, 600) == 0.0


@pytest.mark.parametrize(("held", "kw"), [(100, 75), (130, 40)])
def test_a_feed_held_at_0_for_hours_makes_no_better_pue(tmp_path: Path, held: int, kw: int) -> None:
    """With a battery a feed may rest, so what it was held back is in doubt, also of hours before.

    Facility energy is 130 kW for seven hours, of which kw * held minutes are not told. IT has
    100 kW, so the truth is 1.3; the deviation is kw * held / 60 of 910 kWh.
    """
    text = (
        f"sites: [{{site: {SITE}, timezone: UTC, battery: true}}]\n"
        "meters:\n- {meter: main, point: utility}\n"
        "- {meter: main-2, point: utility}\n- {meter: pv, point: renewable}\n"
        "- {meter: it, point: it_input}\n"
    )
    with bench(tmp_path, text) as one:
        for minute in range(421):
            one.clock.now = T0 + 60 * minute
            told = (
                energy("main", (5000 + (125 - kw) * minute / 60) * KWH),
                energy("main-2", kw * max(0, minute - held) / 60 * KWH),
                energy("pv", (200 + 5 * minute / 60) * KWH, "renewable"),
                energy("it", (9000 + 100 * minute / 60) * KWH, "it_input"),
            )
            one.book.accept(batch(one.clock.now, *told))
            if minute % 60 == 59:
                one.book.flush()
        one.book.flush()
        one.clock.now += 1200
        while not one.pue.refresh():
            pass
        result = one.pue.between(SITE, T0, T0 + 7 * 3600)
    assert result.pue == pytest.approx((910 - kw * held / 60) / 700)
    assert result.coverage == 1.0
    assert result.uncertainty is not None
    assert result.pue * (1 + result.uncertainty) >= 1.3


@pytest.mark.parametrize("kw", [10, 90])
def test_a_supply_that_stands_still_may_take_what_it_took_before(kw: int) -> None:
    """It took 2 kW for 40 minutes, as the sun shone, and more before; then it shows the same."""

    def value(minute: int) -> float:
        hours = (min(minute, 200) * kw + max(0, min(minute, 240) - 200) * 2) / 60
        return (7000 + hours) * KWH

    found = came(read(value, range(341)), limits=SUPPLY)
    assert limit(found, 0, 340) == pytest.approx(kw * 100 / 60)
    assert limit(found, 240, 300) == pytest.approx(kw * 60 / 60)
