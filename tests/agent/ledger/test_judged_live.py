"""Misread registers and powers in the living ledger: flush by flush, late, and across restarts."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest

from agent.ledger.ledger import Ledger
from agent.ledger.settings import LedgerSettings
from agent.pue.pue import Pue
from collectors.base import Batch
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

KWH = 3.6e6
STOCK = inventory(
    f"sites: [{{site: {SITE}}}]\n"
    "meters: [{meter: m, point: utility, rating_watts: 250000}, {meter: n, point: ups_output}]"
)


def shown(minute: float) -> float:
    """Return what a register of 120 kW shows."""
    return (15_513 + 2 * minute) * KWH


def live(
    folder: Path, batches: Sequence[Batch], *, restart_after: int = 0, flush_after: int = 1
) -> Ledger:
    """Take batches as they come, with a restart after every so many."""
    clock = Clock(T0)
    book = ledger(folder, clock, STOCK)
    for number, one in enumerate(batches, 1):
        clock.now = max(clock.now, one.time)
        book.accept(one)
        if number % flush_after == 0:
            book.flush()
        if restart_after and number % restart_after == 0:
            book.close()
            book = ledger(folder, clock, STOCK)
    book.flush()
    return book


def minutes(
    meter: str, value: Callable[[int], float], count: int, step: int = 1, watts: float | None = None
) -> list[Batch]:
    return [
        batch(
            T0 + 60 * minute,
            energy(meter, value(minute)),
            *([] if watts is None else [power(meter, watts)]),
            interval=60.0 * step,
        )
        for minute in range(0, count + 1, step)
    ]


def kept(book: Ledger) -> list[tuple[object, ...]]:
    """Return every hour and its cells: twelve energies and covered times, to the last bit."""
    with contextlib.closing(sqlite3.connect(book.path)) as db:
        return db.execute(
            "SELECT h.hour, h.joules, h.covered, substr(c.data, 1, 144) FROM hour h"
            " LEFT JOIN cell c ON c.hour = h.hour AND c.meter = h.meter ORDER BY 1"
        ).fetchall()


def kwh_and_hours(book: Ledger, meter: str, hours: float) -> tuple[float, float]:
    found = book.energy(meter, T0, T0 + hours * HOUR)
    return found.joules / KWH, found.seconds / HOUR


WILD: dict[str, Callable[[int], float]] = {
    "zero once": lambda m: shown(m) * (m != 100),
    "zero for long": lambda m: shown(m) * (m not in range(50, 170)),
    "huge once": lambda m: 5e12 if m == 100 else shown(m),
    "huge twice": lambda m: 5e12 if m in (100, 101) else shown(m),
    "frozen": lambda m: shown(100 if m in range(100, 230) else m),
    "small and huge": lambda m: {90: 0.0, 91: 9e12, 150: 7.0}.get(m, shown(m)),
}


@pytest.mark.parametrize("meter", ["m", "n"])
@pytest.mark.parametrize("case", WILD)
@pytest.mark.parametrize(("restart_after", "flush_after"), [(0, 1), (37, 1), (0, 17)])
def test_a_misread_register_comes_right(
    tmp_path: Path, meter: str, case: str, restart_after: int, flush_after: int
) -> None:
    """Four hours of 120 kW are 480 kWh and all covered, whatever was read for a while."""
    book = live(
        tmp_path,
        minutes(meter, WILD[case], 240),
        restart_after=restart_after,
        flush_after=flush_after,
    )
    assert kwh_and_hours(book, meter, 4) == pytest.approx((480.0, 4.0))
    book.close()


@pytest.mark.parametrize("meter", ["m", "n"])
@pytest.mark.parametrize("case", WILD)
def test_the_order_of_misread_readings_does_not_matter(
    tmp_path: Path, meter: str, case: str
) -> None:
    """Late and shuffled readings give the same hours to the last bit."""
    made = minutes(meter, WILD[case], 240, watts=120_000.0)
    straight = live(tmp_path / "straight", made)
    chance = Random(5)
    muddled = sorted(made, key=lambda one: one.time + chance.choice((0, 0, 0, 600, 5000)))
    late = live(tmp_path / "late", muddled, flush_after=3)
    shuffled = chance.sample(made, k=len(made))
    random = live(tmp_path / "random", shuffled, flush_after=20)
    assert kept(late) == kept(straight) == kept(random)
    for book in (straight, late, random):
        book.close()


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


@pytest.mark.parametrize("bad", [-7.0, float("nan"), 65_535e3])
@pytest.mark.parametrize("restart_after", [0, 3])
def test_a_refused_power_leaves_a_hole_across_a_restart(
    tmp_path: Path, bad: float, restart_after: int
) -> None:
    """Of 60 minutes at 100 kW one reading is refused: the two minutes beside it are a hole."""
    made = [
        batch(T0 + 60 * minute, power("m", bad if minute == 30 else 1e5)) for minute in range(61)
    ]
    book = live(tmp_path, made, restart_after=restart_after)
    found = book.energy("m", T0, T0 + HOUR)
    assert (found.joules, found.seconds) == pytest.approx((1e5 * 58 * 60, 58 * 60))
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


@pytest.mark.parametrize(
    "wild", [{58: 9e7}, {59: 9e7, 60: 9e7}, {60: 9e7}, dict.fromkeys(range(59, 70), 9e6)]
)
def test_a_wild_power_is_judged_alike_in_any_order(tmp_path: Path, wild: dict[int, float]) -> None:
    """A wild power about the turn of an hour: reading by reading, at once, and shuffled."""
    made = [batch(T0 + 60 * m, power("n", wild.get(m, 1e5))) for m in range(130)]
    straight = live(tmp_path / "straight", made)
    shuffled = live(tmp_path / "shuffled", Random(3).sample(made, k=len(made)), flush_after=3)
    at_once = live(tmp_path / "once", made, flush_after=len(made))
    assert kept(shuffled) == kept(straight) == kept(at_once)
    covered = 129 if len(wild) > 2 else 129 - len(wild) - 1
    assert kwh_and_hours(straight, "n", 3)[1] == pytest.approx(covered / 60)
    for book in (straight, shuffled, at_once):
        book.close()
