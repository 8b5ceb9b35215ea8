"""A register that fell and then rises above what it showed: it was reset, or it showed a glitch.

It may have counted a little since before the fall, or as much as usual since after it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.ledger.limits import Limits
from tests.agent.ledger.living import kwh_and_hours, live, minutes
from tests.support.registers import KWH, came, read

RATED = Limits(rating=3.6e6)
BOTH = pytest.mark.parametrize("limits", [Limits(), RATED, Limits(wrap=2000 * KWH)])


def reset_at_second_reading(minute: int) -> float:
    """Return what a register of 1170 kW shows, 97.5 kWh in five minutes, reset at minute 4."""
    return (100 + 19.5 * minute if minute < 4 else 19.5 * (minute - 4)) * KWH


def refreshed_each_twenty(minute: int) -> float:
    """Return what one of 30 kW shows that is refreshed each 20 minutes, and reset at minute 30."""
    at = minute - minute % 20
    return (3 + at / 2 if at < 30 else (at - 30) / 2) * KWH


@BOTH
def test_a_reset_at_the_second_reading(limits: Limits) -> None:
    """It shows 100, 19.5 and 117 kWh, at five minutes each.

    As a glitch, 17 kWh would be all of ten minutes, of 195. 97.5 since the fall are just as usual.
    So nobody knows these ten minutes: ten intervals of 97.5 kWh are left of the hour.
    """
    found = came(read(reset_at_second_reading, range(0, 61, 5), 5), limits=limits)
    assert (found.kwh, found.minutes) == pytest.approx((975.0, 50.0))
    assert found.refused == {"unclear": 1}


@BOTH
def test_a_reset_of_a_register_that_is_refreshed_seldom(limits: Limits) -> None:
    """It shows 3, 13, 5, 15 and 25 kWh, 20 minutes each: 2 kWh are not all of 40 minutes.

    Of six hours these 40 minutes are missing: 180 - 20 = 160 kWh.
    """
    found = came(read(refreshed_each_twenty, range(361)), limits=limits)
    assert (found.kwh, found.minutes) == pytest.approx((160.0, 320.0))


@BOTH
def test_a_glitch_while_little_is_drawn(limits: Limits) -> None:
    """60 kW, and nothing from minute 60 to 89. At minute 70 it shows 30 kWh, and then 160.2.

    130.2 kWh in a minute are not usual, so it came back: 0.2 kWh are all of it. The time from 90 to
    360 has 270 kWh, and the first hour 60.
    """

    def shown(minute: int) -> float:
        rested = 0.2 if minute > 70 else 0.0
        on = min(minute, 60) + max(0, minute - 90)
        return (30 if minute == 70 else 100 + on + rested) * KWH

    found = came(read(shown, range(361)), limits=limits)
    assert (found.kwh, found.minutes) == pytest.approx((330.2, 360.0))
    assert found.refused == {"glitch": 1}


@pytest.mark.parametrize("meter", ["m", "n"])
@pytest.mark.parametrize("restart_after", [0, 3])
def test_it_is_judged_again_as_more_is_known(
    tmp_path: Path, meter: str, restart_after: int
) -> None:
    """117 kW, in place of 1170; one meter is rated 250 kW. It is heard reading by reading.

    While few rises are known, 1.7 kWh are taken for all of ten minutes. Later it is known better.
    """
    made = minutes(meter, lambda m: reset_at_second_reading(m) / 10, 61, step=5)
    book = live(tmp_path, made, restart_after=restart_after)
    assert kwh_and_hours(book, meter, 1) == pytest.approx((97.5, 50 / 60))
    book.close()


def test_what_may_be_a_wrap_by_now_is_still_read() -> None:
    """4 kW in steps of 1 kWh, each 15 minutes, reset at minute 128 when it shows 1998 of 2000 kWh.

    From minute 140 on, 2 kWh since 120 may be a wrap at 6 kW. At 143 it moves: it was reset, and
    its kWh lies in the last minute, after it was read at 142.
    """

    def shown(minute: int) -> float:
        return (1990 + minute // 15 if minute < 128 else (minute - 128) // 15) * KWH

    found = came(read(shown, range(241)), limits=Limits(wrap=2000 * KWH))
    cells = found.found.hours(0, 240 * 60_000)[120 * 60_000].joules
    assert [cells[n] / KWH for n in (3, 4)] == pytest.approx([0.0, 1.0])
