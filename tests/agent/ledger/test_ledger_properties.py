"""Properties of the real ledger: any history of a meter, in any order, over any restarts."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.inventory.model import Inventory
from agent.ledger.energy import CELL_MS, HOUR_MS
from agent.ledger.ledger import Ledger
from collectors.base import Batch
from tests.support import light_folder
from tests.support.ledger import SITE, T0, Clock, batch, energy, inventory, ledger, power

WIDTH = 1_000_000
RATING = 10
"""Joules a millisecond."""


def _stock(point: str) -> Inventory:
    return inventory(
        f"sites: [{{site: {SITE}}}]\n"
        f"meters: [{{meter: m, point: {point}, rating_watts:"
        f" {1000 * RATING}, wrap_joules: {WIDTH}}},"
        f" {{meter: n, point: {point}, rating_watts: {1000 * RATING}, replaces: m}}]"
    )


STOCK = _stock("utility")
RESTING = _stock("other")
"""The same meters where they may stand still: what supplies a site is stuck then."""

NEVER_STUCK_MS = 3_600_000 // RATING
"""In this time no more than 1 kWh can be due, and nothing is said to be stuck for that."""
PATIENT = settings(max_examples=40)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a meter said, and what it must come to: whole milliseconds and whole joules."""

    said: tuple[tuple[int, int], ...]
    joules: int
    covered_ms: int


@st.composite
def pasts(draw: st.DrawFn, longest: int = 5 * 24 * HOUR_MS) -> Past:
    """Draw the life of a register that wraps: read every second or after days.

    At last it moves: what a utility meter counts since then is known when it moves next.
    """
    at, value = draw(st.integers(0, HOUR_MS)), draw(st.integers(0, WIDTH - 1))
    said, joules, covered = [(at, value)], 0, 0
    for left in reversed(range(draw(st.integers(1, 12)))):
        elapsed = draw(
            st.one_of(st.integers(1, 120_000), st.integers(1, 6 * HOUR_MS), st.integers(1, longest))
        )
        at += elapsed
        step = draw(st.integers(0 if left else 1, min(WIDTH - 1, 10 * elapsed)))
        value = (value + step) % WIDTH
        said.append((at, value))
        joules, covered = joules + step, covered + elapsed
    return Past(said=tuple(said), joules=joules, covered_ms=covered)


def batches(past: Past) -> list[Batch]:
    return [batch(T0 + at / 1000, energy("m", float(value))) for at, value in past.said]


def stock_of(said: Sequence[tuple[int, int]]) -> Inventory:
    """Return a meter that supplies its site, unless its register is seen to stand still for long.

    Then it is stuck, and neither the time nor what it shows in the end is known of a supply.
    """
    since, longest = said[0][0], 0
    for (_, before), (at, value) in pairwise(said):
        since = since if value == before else at
        longest = max(longest, at - since)
    return STOCK if longest <= NEVER_STUCK_MS else RESTING


def whole(book: Ledger) -> list[tuple[object, ...]]:
    """Return every hour and cell, to the last bit."""
    with contextlib.closing(sqlite3.connect(book.path)) as db:
        return db.execute(
            "SELECT m.name, h.hour, h.joules, h.covered, c.data FROM hour h"
            " JOIN meter m ON m.id = h.meter"
            " LEFT JOIN cell c ON c.hour = h.hour AND c.meter = h.meter ORDER BY 1, 2"
        ).fetchall()


def live(
    past: Sequence[Batch],
    cuts: Collection[int] = (),
    *,
    arrivals: Sequence[float] = (),
    now: float = 0.0,
    stock: Inventory = STOCK,
) -> tuple[float, float, list[tuple[object, ...]]]:
    """Live through a past as it comes in, with upkeep and restarts in between."""
    with light_folder() as folder:
        clock = Clock(T0)
        book = ledger(Path(folder), clock, stock)
        for number, one in enumerate(past):
            clock.now = max(clock.now, arrivals[number] if number < len(arrivals) else one.time)
            book.accept(one)
            book.flush()
            if number in cuts:
                book.close()
                book = ledger(Path(folder), clock, stock)
        try:
            clock.now = max(clock.now, now)
            book.flush()
            found = book.energy("m", T0 - 86400, T0 + 400 * 86400)
            return found.joules, found.seconds, whole(book)
        finally:
            book.close()


@PATIENT
@given(pasts(), st.sets(st.integers(0, 12)))
def test_energy_is_conserved(past: Past, cuts: set[int]) -> None:
    """Over any gaps, wraps and restarts all energy and all time is there."""
    joules, seconds, _ = live(batches(past), cuts, stock=stock_of(past.said))
    assert joules == pytest.approx(past.joules, rel=1e-9, abs=1e-6)
    assert seconds * 1000 == pytest.approx(past.covered_ms, abs=0.5)


@PATIENT
@given(pasts(longest=20 * HOUR_MS), st.sets(st.integers(0, 12)), st.randoms(use_true_random=False))
def test_what_comes_again_or_late_changes_nothing(
    past: Past, cuts: set[int], chance: Random
) -> None:
    """Readings that are repeated, or late by up to a day, give the same hours to the last bit."""
    in_time = batches(past)
    late = sorted(
        (one.time + chance.choice((0, 0, 3600, 40_000, 86_400)), n) for n, one in enumerate(in_time)
    )
    again = [in_time[n] for _, n in late]
    again += chance.sample(again, k=min(len(again), 3))
    now = max(one.time for one in in_time) + 86_400
    straight, muddled = (
        live(in_time, now=now),
        live(again, cuts, arrivals=[at for at, _ in late], now=now),
    )
    assert muddled[2] == straight[2]


@PATIENT
@given(pasts(), st.integers(0, 11), st.data())
def test_a_reading_in_between_moves_no_energy(past: Past, where: int, data: st.DataObject) -> None:
    """One more reading of a register changes the sum of no stretch that it divides."""
    where = min(where, len(past.said) - 2)
    (at, value), (stop, end) = past.said[where : where + 2]
    if stop - at < 2:
        return
    step = (end - value) % WIDTH
    middle = data.draw(st.integers(at + 1, stop - 1))
    most = min(step, 10 * (middle - at))  # its rating
    if where == len(past.said) - 2:
        most = min(most, step - 1)  # at last it moves
    told = (value + data.draw(st.integers(0, most))) % WIDTH
    more = [*past.said[: where + 1], (middle, told), *past.said[where + 1 :]]
    told_more = Past(said=tuple(more), joules=0, covered_ms=0)
    joules, seconds, _ = live(batches(told_more), stock=stock_of(more))
    assert joules == pytest.approx(past.joules, rel=1e-9, abs=1e-6)
    assert seconds * 1000 == pytest.approx(past.covered_ms, abs=0.5)


@pytest.mark.parametrize(
    ("middle", "found"),
    [(None, (6067, 4186.710)), (1_000_000, (6067, 4186.710)), (3_600_000, (6066, 4.137))],
)
def test_a_supply_that_is_seen_to_stand_still(
    middle: int | None, found: tuple[float, float]
) -> None:
    """It counted 6066 J in 4.137 s, 1466 W, and then 1 J in 4182.573 s.

    Unseen, or seen still after 996 s (1466 W · 996 s = 1.46 MJ, less than 1 kWh), it rested. Seen
    still after 3596 s (5.27 MJ, above 1 kWh) it was stuck: 1 J is less than half of it, so neither
    that joule nor that time counts.
    """
    still = () if middle is None else ((middle, 6066),)
    said = ((0, 0), (4137, 6066), *still, (4_186_710, 6067))
    joules, seconds, _ = live(batches(Past(said=said, joules=0, covered_ms=0)))
    assert (joules, seconds) == pytest.approx(found)


@PATIENT
@given(
    st.lists(
        st.tuples(
            st.integers(1, 200_000),
            st.integers(1, 9000),
            st.sampled_from(["", "", "", "reset", "silent"]),
        ),
        max_size=60,
    )
)
def test_resets_cost_their_interval_and_no_more(steps: list[tuple[int, int, str]]) -> None:
    """A reset costs the interval it happened in, unless power was read; nothing is invented.

    The register falls by so much that within its rating it cannot come back. It moves between two
    resets: the time in which it stood still before a reset is not known to be without energy.
    """
    at, value = 0, 5e12
    made = [batch(T0, energy("n", value))]
    for elapsed, watts, what in steps:
        at += elapsed
        if what == "silent":
            value += watts * elapsed / 1000
            continue
        value = value + watts * elapsed / 1000 if what != "reset" else value - 1e10
        made.append(batch(T0 + at / 1000, energy("n", value)))
    with light_folder() as folder:
        book = ledger(Path(folder), Clock(T0 + at / 1000), STOCK)
        for one in made:
            book.accept(one)
            book.flush()
        found = book.energy("n", T0, T0 + at / 1000 + 1)
        resets = book.counts["reset"]
        book.close()
    pairs = list(pairwise(made))
    good = [(a, b) for a, b in pairs if b.readings[0][1] >= a.readings[0][1]]
    assert resets == len(pairs) - len(good)
    assert found.joules == pytest.approx(
        sum(b.readings[0][1] - a.readings[0][1] for a, b in good), rel=1e-9, abs=1e-6
    )
    assert found.seconds == pytest.approx(
        sum(b.time - a.time for a, b in good), abs=0.001 * (1 + len(good))
    )


@PATIENT
@given(
    st.lists(
        st.tuples(
            st.integers(0, 7 * HOUR_MS),
            st.booleans(),
            st.one_of(st.floats(0, 2e6), st.just(-1.0), st.floats(1e5, 1e12)),
        ),
        max_size=50,
    ),
    st.integers(1, 9),
)
def test_coverage_is_never_more_than_time(
    readings: list[tuple[int, bool, float]], portion: int
) -> None:
    """No cell and no hour is covered longer than it lasts, and no energy is negative."""
    with light_folder() as folder:
        book = ledger(Path(folder), Clock(T0 + 8 * 3600), STOCK)
        for number, (at, register, value) in enumerate(readings):
            book.accept(batch(T0 + at / 1000, (energy if register else power)("m", value)))
            if number % portion == 0:
                book.flush()
        book.flush()
        with contextlib.closing(sqlite3.connect(book.path)) as db:
            hours = db.execute("SELECT joules, covered FROM hour").fetchall()
        assert all(joules >= 0 and 0 <= covered <= HOUR_MS for joules, covered in hours)
        for start in range(0, 7 * 3600, 1234):
            joules, seconds = book.energy("m", T0 + start, T0 + start + 617)
            assert joules >= 0
            assert seconds <= 617 + CELL_MS * 1e-9
        book.close()
