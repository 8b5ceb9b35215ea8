"""Supplies that stand at 0, by hand: 130 kW come in, 100 kW are IT's, as in the manual."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.reference.model import CELL, KWH, Duty, Kind, Meter, Metered, Reading
from tests.reference.rests import Carried, at_rest
from tests.reference.truth import Dead, Instrument, Load

MINUTE = 60_000


def carried(*kilowatts: float, it: float = 100) -> Carried:
    def metered(kw: float) -> Metered:
        return Metered(joules=Fraction(str(kw)) * 300_000)

    return Carried(
        supplies={f"main-{n}": metered(kw) for n, kw in enumerate(kilowatts)}, it=metered(it)
    )


@pytest.mark.parametrize(
    ("supplies", "may_count"),
    [
        ((0,), False),
        ((0, 65), False),
        ((0, 94), False),
        ((0, 130), True),
        ((0.2, 65), True),
        ((65, 65), True),
    ],
)
def test_a_supply_at_0_counts_only_where_the_others_carry_it(
    supplies: tuple[float, ...], may_count: bool
) -> None:
    """Six cells of an hour: 65 or 94 kW beside it are not IT's 100 kW; 130 kW are."""
    cells = {n * CELL: carried(65, 65) for n in range(12)}
    cells |= {n * CELL: carried(*supplies) for n in range(3, 9)}
    found = at_rest(cells, {})
    counts = {n: found.get(n * CELL, Duty.MUST) for n in range(12)}
    assert (counts[3] is not None, counts[8] is not None) == (may_count, may_count)
    assert counts[0] is counts[11] is Duty.MUST
    if not may_count:
        assert counts[2] is counts[9] is Duty.MAY  # it may have begun and ended there


def test_little_may_be_missing() -> None:
    """0.5 kWh in a cell may be early or late, and three steps of 10 kWh as well."""
    small = {0: carried(0, it=6)}
    assert at_rest(small, {}) == {-CELL: Duty.MAY, 0: Duty.MAY, CELL: Duty.MAY}
    coarse = {n * CELL: carried(0) for n in range(3)}
    assert at_rest(coarse, {})[0] is None
    assert at_rest(coarse, {"main-0": Fraction(10 * KWH)})[0] is Duty.MAY


def test_a_dead_meter_loses_what_flows() -> None:
    """60 kW for an hour, dead from minute 20 to 50: it counts 30 kWh, and its power reads 0."""
    meter = Instrument(
        meter=Meter(meter="main", point="utility"),
        load=Load(0, [60_000] * 12),
        power=True,
        events=(Dead(start=20 * MINUTE, end=50 * MINUTE),),
    )
    told = {(one.at // MINUTE, one.kind): one.value for one in meter.readings(0, 60 * MINUTE)}
    counted = [told[minute, Kind.REGISTER] for minute in (20, 35, 50, 60)]
    assert counted == [20 * KWH, 20 * KWH, 20 * KWH, 30 * KWH]
    watts = [told[minute, Kind.POWER] for minute in (19, 20, 49, 50)]
    assert watts == [60_000, 0, 0, 60_000]


def test_two_dead_times_may_overlap() -> None:
    """From minute 10 to 30 and from 20 to 40: 30 of 60 minutes are lost."""
    meter = Instrument(
        meter=Meter(meter="main", point="utility"),
        load=Load(0, [60_000] * 12),
        events=tuple(Dead(start=at * MINUTE, end=(at + 20) * MINUTE) for at in (10, 20)),
    )
    *_, last = meter.readings(0, 60 * MINUTE)
    assert last == Reading(60 * MINUTE, Kind.REGISTER, 30 * KWH)
