"""Misread and resting registers in the living ledger: what is covered, counted and told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.ledger.settings import LedgerSettings
from agent.pue.pue import Pue
from tests.agent.ledger.living import KWH, STOCK, kwh_and_hours, live, minutes, shown
from tests.support.ledger import (
    HOUR,
    SITE,
    T0,
    Clock,
    batch,
    energy,
    exported,
    inventory,
    ledger,
    pdu_power,
    power,
)


def test_what_is_refused_is_counted_once_and_stored(tmp_path: Path) -> None:
    """A glitch, a leap and a refused power are in the counts and, by the hour, in the file."""
    made = minutes("n", lambda m: shown(m) * (m != 100) + 500 * KWH * (m > 130), 240)
    made.append(batch(T0 + 50, power("n", -3.0)))
    made.append(batch(T0 + 50, power("n", float("nan"))))
    book = live(tmp_path, made)
    assert {reason: book.counts[reason] for reason in ("glitch", "leap", "negative", "reset")} == {
        "glitch": 1,
        "leap": 1,
        "negative": 2,
        "reset": 1,  # the fall was seen before it was known to be a glitch
    }
    with book.reader.read() as tables:
        rows = tables.refusals.between([1], round(T0 * 1000), round((T0 + 4 * HOUR) * 1000))
    assert [((one.start / 1000 - T0) / HOUR, one.reason, one.count) for one in rows] == [
        (0.0, "negative", 1),
        (1.0, "glitch", 1),
        (2.0, "leap", 1),
    ]
    book.close()


@pytest.mark.parametrize("days", [1, 3, 6])
def test_a_register_that_stood_still_for_days_tells_its_energy(tmp_path: Path, days: int) -> None:
    """A gateway repeats a value for days; when it tells the sum, each hour has its share."""
    still = range(100, 100 + days * 1440)
    made = minutes("m", lambda m: shown(100 if m in still else m), days * 1440 + 200, step=10)
    book = live(tmp_path, made, flush_after=5)
    total = (days * 1440 + 200) / 60
    assert kwh_and_hours(book, "m", total) == pytest.approx((120 * total, total))
    found = book.energy("m", T0 + 10 * HOUR, T0 + 11 * HOUR)
    assert (found.joules / KWH, found.seconds) == pytest.approx((120.0, HOUR))
    book.close()


def test_a_register_that_is_stuck_is_not_covered(tmp_path: Path) -> None:
    """From the moment it stands still neither its zeros nor power count, and it is counted."""
    book = live(tmp_path, minutes("n", lambda m: shown(min(m, 100)), 300, watts=120_000.0))
    assert kwh_and_hours(book, "n", 5) == pytest.approx((200.0, 100 / 60))
    assert book.counts["stuck"] == 1
    assert [(one.key.name, one.is_stuck) for one in book.intake.found_stuck()] == [("n", True)]
    book.close()


def test_a_register_that_counts_again_is_no_longer_stuck(tmp_path: Path) -> None:
    """It is still known that it was; one that never was is not listed."""
    made = minutes(
        "n", lambda m: shown(100 if 100 <= m < 300 else m - 190 * (m >= 300)), 320, watts=120_000.0
    )
    book = live(tmp_path, made, flush_after=10)
    assert [(one.key.name, one.is_stuck) for one in book.intake.found_stuck()] == [("n", False)]
    book.close()
    book = live(tmp_path / "other", minutes("n", shown, 300, watts=120_000.0))
    assert book.intake.found_stuck() == []
    book.close()


def test_a_dead_supply_is_not_covered_after_its_readings_are_gone(tmp_path: Path) -> None:
    """A utility register repeats one value for five days: only the time before it is covered."""
    book = live(
        tmp_path, minutes("m", lambda m: shown(min(m, 600)), 5 * 1440, step=10), flush_after=6
    )
    assert kwh_and_hours(book, "m", 5 * 24) == pytest.approx((1200.0, 10.0))
    book.close()


@pytest.mark.parametrize("restart_after", [0, 7])
def test_a_fall_after_a_long_silence_is_judged_by_what_was_before(
    tmp_path: Path, restart_after: int
) -> None:
    """Silent for four days, then 0 once, then what it must be: all energy, and no lifetime."""
    after = 100 + 4 * 1440
    made = minutes("n", shown, 100)
    made.append(batch(T0 + 60 * after, energy("n", 0.0)))
    made += [batch(T0 + 60 * m, energy("n", shown(m))) for m in range(after + 1, after + 30)]
    book = live(tmp_path, made, restart_after=restart_after)
    total = (after + 29) / 60
    assert kwh_and_hours(book, "n", total) == pytest.approx((120 * total, total))
    book.close()


def heard_pdus(
    folder: Path, resolution: int, heard: Callable[[int], bool], poll: int = 60
) -> tuple[float, float]:
    """Return seconds and joules of two hours of a PDU's power that is heard now and then."""
    clock = Clock(T0)
    book = ledger(folder, clock, settings=LedgerSettings(pdu_resolution=resolution))
    for second in range(0, 7201, poll):
        clock.now = T0 + second
        if heard(second // 60 % 60):
            book.accept(batch(clock.now, pdu_power("p", 500.0), interval=float(poll)))
        if second % 600 == 0:
            book.flush()
    book.flush()
    found = book.energy("p", T0, T0 + 2 * HOUR)
    book.close()
    return found.seconds, found.joules


@pytest.mark.parametrize("poll", [15, 60])
@pytest.mark.parametrize(
    ("heard", "seconds"),
    [
        (lambda m: m < 20, 2 * 19 * 60),
        (lambda m: m % 15 < 6, 8 * 5 * 60),
        (lambda m: m not in range(22, 40), 2 * 41 * 60),
        (lambda _: True, 7200),
    ],
)
def test_a_big_site_covers_what_a_small_one_does(
    tmp_path: Path, heard: Callable[[int], bool], seconds: int, poll: int
) -> None:
    """One reading kept in 15 minutes covers the time in which the PDU was heard, and no more."""
    for resolution in (60, 300, 900):
        found = heard_pdus(tmp_path / str(resolution), resolution, heard, poll)
        assert found[0] == pytest.approx(seconds, abs=16 * 60 if poll == 15 else 61)
        assert found[1] == pytest.approx(500 * found[0])
    assert found == heard_pdus(tmp_path / "same", 60, heard, poll)


def test_a_pue_names_what_is_rejected(tmp_path: Path) -> None:
    """A note of the PUE names each meter with the reasons, and says nothing where all is well."""
    clock = Clock(T0 + 5 * HOUR)
    book = ledger(tmp_path, clock, STOCK)
    pue = Pue(book, STOCK, clock=clock)
    for minute in range(241):
        it = shown(minute) * (minute != 130) / 2
        book.accept(
            batch(T0 + 60 * minute, energy("m", shown(minute)), energy("n", it, "ups_output"))
        )
    book.flush()
    pue.refresh()
    notes = [
        [
            note
            for note in pue.between(SITE, T0 + hour * HOUR, T0 + (hour + 1) * HOUR).notes
            if "rejected" in note
        ]
        for hour in (1, 2)
    ]
    assert notes == [[], ["rejected readings: n (1 glitch)"]]
    assert pue.between(SITE, T0, T0 + 4 * HOUR).pue == pytest.approx(2.0)
    book.close()


@pytest.mark.parametrize(
    ("listed", "sells", "hours"), [("", False, 2.0), ("", True, 6.0), ("renewable", False, 6.0)]
)
def test_a_supply_may_rest_while_the_site_feeds_itself(
    tmp_path: Path, listed: str, sells: bool, hours: float
) -> None:
    """A utility register stands still from 2 to 6 o'clock: by day, where the sun does the rest."""
    stock = inventory(
        f"sites: [{{site: {SITE}}}]\nmeters: [{{meter: m, point: utility, rating_watts: 250000}}"
        + (f", {{meter: pv, point: {listed}}}]" if listed else "]")
    )
    clock = Clock(T0)
    book = ledger(tmp_path, clock, stock)
    for minute in range(0, 361, 2):
        clock.now = T0 + 60 * minute
        sold = [exported("m", max(0, minute - 120) * KWH)] if sells else []
        book.accept(batch(clock.now, energy("m", shown(min(minute, 120))), *sold, interval=120.0))
        book.flush()
    assert kwh_and_hours(book, "m", 6) == pytest.approx((240.0, hours))
    book.close()


@pytest.mark.parametrize("flush_after", [1, 140, 1000])
def test_a_reset_takes_the_hour_before_back(tmp_path: Path, flush_after: int) -> None:
    """1.5 kW in steps of 1 kWh at minutes 20, 60 and 100. At 140 it shows 0, and 1 at 180.

    Since minute 100 it may have counted nearly a step, also in the hour before: 3 + 1 kWh, and 140
    of 180 minutes. It is the same whenever the readings before were written.
    """
    made = minutes("n", lambda m: ((m + 20) // 40 + (m < 140) * 100 - (m >= 140) * 4) * KWH, 181)
    book = live(tmp_path, made, flush_after=flush_after)
    assert kwh_and_hours(book, "n", 3) == pytest.approx((4.0, 140 / 60))
    book.close()
