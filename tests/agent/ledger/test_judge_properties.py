"""Whatever a register shows for a while, its energy is right where it is covered."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.ledger.limits import Limits
from collectors.base import Batch
from tests.support import light_folder
from tests.support.ledger import SITE, T0, Clock, batch, energy, inventory, ledger, power
from tests.support.registers import KWH, came, read

LENGTH = 300
A_MINUTE = 2.0
"""120 kW, in kWh a minute."""

STOCK = inventory(
    f"sites: [{{site: {SITE}}}]\n"
    "meters: [{meter: rated, point: ups_output, rating_watts: 250000},"
    " {meter: plain, point: ups_output}, {meter: supply, point: utility}]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """From a minute on, and for some minutes, a register does something else."""

    kind: str
    start: int
    length: int
    kwh: float


a_slip = st.builds(
    Slip,
    kind=st.sampled_from(["freeze", "show", "add", "exchange"]),
    start=st.integers(5, LENGTH - 5),
    length=st.integers(1, 90),
    kwh=st.one_of(st.just(0.0), st.floats(20, 1e3), st.floats(1e3, 1e6), st.floats(-1e3, -20)),
)


def shown(past: list[Slip], step: float) -> list[float]:
    """Return what the register shows by the minute, in kWh."""
    found: list[float] = []
    level = 15_513.0
    for minute in range(LENGTH + 1):
        value = level + A_MINUTE * minute
        for one in past:
            if one.kind == "exchange" and minute >= one.start:
                value += one.kwh or -7000.0
        value = max(0.0, value // step * step)
        for one in past:
            if one.start <= minute < one.start + one.length:
                if one.kind == "freeze" and minute < LENGTH - 1:  # at last it catches up
                    value = found[one.start - 1]
                elif one.kind == "show":
                    value = abs(one.kwh)
                elif one.kind == "add":
                    value = max(0.0, value + one.kwh)
        found.append(value)
    return found


@settings(max_examples=150)
@given(
    st.lists(a_slip, max_size=4),
    st.sampled_from([0.001, 1.0]),
    st.sampled_from([250_000.0, None]),
    st.booleans(),
)
def test_what_is_covered_is_right(
    past: list[Slip], step: float, rating: float | None, powered: bool
) -> None:
    """No energy is invented or lost: it is that of the covered time, but for a few minutes' worth.

    Each slip may move as much as a rise may have unseen: four times the load of its reading and of
    the one after, or the rating over ten minutes more. If the register was frozen meanwhile, the
    rise is judged over the time that it stood still.
    """
    values = shown(past, step)
    energy_read = read(lambda minute: values[minute] * KWH, range(LENGTH + 1))
    watts = read(lambda _: 120_000.0, range(LENGTH + 1)) if powered else ()
    found = came(energy_read, watts, limits=Limits(rating=rating))
    frozen = max((one.length for one in past if one.kind == "freeze"), default=0)
    unseen = 250 / 60 * (13 + frozen) if rating else 4 * A_MINUTE * (2 + frozen)
    assert found.kwh == pytest.approx(A_MINUTE * found.minutes, abs=2 + 2 * unseen * len(past))
    assert found.minutes <= LENGTH + 1e-9


def hours_of(
    made: list[Batch], *, flush_after: int, restart_after: int = 10_000
) -> list[tuple[object, ...]]:
    with light_folder() as folder:
        clock = Clock(T0 + 60 * LENGTH)
        book = ledger(Path(folder), clock, STOCK)
        for number, one in enumerate(made, 1):
            book.accept(one)
            if number % flush_after == 0:
                book.flush()
            if number % restart_after == 0:
                book.close()
                book = ledger(Path(folder), clock, STOCK)
        book.close()
        with contextlib.closing(sqlite3.connect(book.path)) as db:
            return db.execute(
                "SELECT h.hour, h.joules, h.covered, substr(c.data, 1, 144) FROM hour h"
                " LEFT JOIN cell c ON c.hour = h.hour AND c.meter = h.meter ORDER BY 1"
            ).fetchall()


@settings(max_examples=12)
@given(
    st.lists(a_slip, max_size=4),
    st.sampled_from(["rated", "plain", "supply"]),
    st.booleans(),
    st.integers(1, 40),
    st.randoms(use_true_random=False),
)
def test_the_order_of_slips_does_not_matter(
    past: list[Slip], meter: str, powered: bool, flush_after: int, chance: Random
) -> None:
    """In order, late, in portions and over restarts, the same readings give the same hours."""
    made = [
        batch(
            T0 + 60 * minute,
            energy(meter, kwh * KWH),
            *([power(meter, 120_000.0)] if powered else []),
        )
        for minute, kwh in enumerate(shown(past, 1.0))
    ]
    straight = hours_of(made, flush_after=flush_after)
    assert hours_of(made, flush_after=len(made)) == straight
    late = sorted(made, key=lambda one: one.time + chance.choice((0, 0, 0, 0, 300, 4000)))
    assert hours_of(late, flush_after=7, restart_after=100) == straight


def test_a_register_that_catches_up_in_the_next_hour() -> None:
    """Frozen from minute 47 to 63 at 120 kW, it still counted 432 MJ in the hour before."""
    past = [Slip(kind="freeze", start=47, length=17, kwh=0.0)]
    made = [
        batch(T0 + 60 * minute, energy("rated", kwh * KWH))
        for minute, kwh in enumerate(shown(past, 1.0))
    ]
    (_, joules, covered, _), *_ = hours_of(made, flush_after=1)
    assert (joules, covered) == (pytest.approx(432e6), 3_600_000)
