"""How uncertain a PUE is: by classes, register steps and integrated power (JCGM 100)."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from agent.ledger.energy import HOUR_MS, TimedValue
from agent.ledger.register_steps import Step, step_of
from agent.pue.sums import (
    NOTHING,
    EnergySum,
    Integrated,
    Sum,
    add_in_time,
    add_packed,
    pack,
    unpack,
)
from agent.pue.uncertainty import RegisterDoubt, relative
from tests.support.ledger import (
    HEAD,
    HOUR,
    SITE,
    T0,
    Bench,
    batch,
    bench,
    energy,
    pdu_energy,
    pdu_power,
    power,
)
from tests.support.registers import meter_hours

START = round(T0 * 1000)
TENTH = 360_000.0
"""0.1 kWh in joules: what many PDUs count in."""

PDUS = 12
RACKS = (
    HEAD
    + "racks:\n"
    + "".join(f"- {{rack: R{n}, site: {SITE}, feeds: {{A: {{pdu: P{n}}}}}}}\n" for n in range(PDUS))
    + "meters: [{meter: main, point: utility, accuracy_class: 0.2}]\n"
)


def load(n: int, at: float) -> float:
    """The true power of a rack: some 3 kW that go up and down within the hour."""
    return 2500.0 + 100.0 * n + 700.0 * math.sin(at / 700.0 + n)


def energy_of(n: int, at: float) -> float:
    """The integral of `load`, in joules, from the epoch on."""
    return (2500.0 + 100.0 * n) * at - 700.0 * 700.0 * math.cos(at / 700.0 + n)


def live(b: Bench, seconds: float) -> float:
    """Read PDUs that count in tenths of kWh, and a fine utility meter at 1.25; return the end."""
    end = T0 + seconds
    at = T0
    while at <= end:
        racks = [energy_of(n, at) - energy_of(n, T0) for n in range(PDUS)]
        readings = [energy("main", 1e9 + 1.25 * sum(racks))]
        readings += [
            pdu_energy(f"P{n}", TENTH * math.floor((5e8 + 1234.5 * n + racks[n]) / TENTH), f"R{n}")
            for n in range(PDUS)
        ]
        readings += [pdu_power(f"P{n}", load(n, at), f"R{n}") for n in range(PDUS)]
        b.book.accept(batch(at, *readings))
        at += 60.0
    b.clock.now = end + 200
    b.book.flush()
    b.pue.refresh()
    return end


def test_five_minutes_of_coarse_registers_are_within_their_uncertainty(tmp_path: Path) -> None:
    """With PDUs that step by 0.1 kWh, the truth of every five minutes is within the stated."""
    with bench(tmp_path, RACKS) as b:
        end = live(b, 3 * HOUR)
        cells = [
            b.pue.between(SITE, at, at + 300)
            for at in (T0 + 300.0 * n for n in range(int((end - T0) / 300)))
        ]
        hour = b.pue.between(SITE, T0 + HOUR, T0 + 2 * HOUR)
    assert [cell.category for cell in cells] == [2] * len(cells)
    off = [abs(cell.pue / 1.25 - 1) for cell in cells if cell.pue is not None]
    stated = [cell.uncertainty for cell in cells if cell.uncertainty is not None]
    assert len(off) == len(stated) == len(cells)
    assert all(error < said for error, said in zip(off, stated, strict=True))
    assert hour.pue is not None
    assert hour.uncertainty is not None
    assert abs(hour.pue / 1.25 - 1) < hour.uncertainty < min(stated)
    assert max(off) < 0.03, (
        "the power shapes the hour; by the registers alone five minutes are off by much more"
    )


def test_the_steps_say_what_they_should(tmp_path: Path) -> None:
    """Twelve steps of q have the standard uncertainty q sqrt(12 / 6), whatever the length."""
    with bench(tmp_path, RACKS) as b:
        live(b, 3 * HOUR)
        found = [b.pue.between(SITE, T0 + HOUR, T0 + HOUR + seconds) for seconds in (300, HOUR)]
    for result in found:
        steps = PDUS * TENTH**2 / 6 / result.it_joules**2
        classes = (0.002**2 + 0.02**2) / 3
        assert result.uncertainty == pytest.approx(2 * math.sqrt(steps + classes), rel=1e-3)


def readings_of(values: list[float], interval: int = 60) -> list[TimedValue]:
    return [
        TimedValue(START + 1000 * interval * n, value, 1000 * interval)
        for n, value in enumerate(values)
    ]


def test_a_shaped_hour_is_still_the_register_s() -> None:
    """Cells follow the power, and an hour's sum is what its register counted."""
    rng = random.Random(4)
    watts = [rng.uniform(1000.0, 5000.0) for _ in range(200)]
    counted = [0.0]
    for each in watts[:-1]:
        counted.append(counted[-1] + 60 * each)
    coarse = [TENTH * math.floor(each / TENTH) for each in counted]
    power_only, _ = meter_hours(readings_of(watts), [], START, START + 3 * HOUR_MS)
    plain, _ = meter_hours([], readings_of(coarse), START, START + 3 * HOUR_MS)
    shaped, _ = meter_hours(readings_of(watts), readings_of(coarse), START, START + 3 * HOUR_MS)
    for n, hour in enumerate(sorted(shaped)):
        assert shaped[hour].total == pytest.approx(plain[hour].total, abs=1e-6)
        assert shaped[hour].total == pytest.approx(coarse[60 * (n + 1)] - coarse[60 * n], abs=1e-6)
        ratios = [a / b for a, b in zip(shaped[hour].joules, power_only[hour].joules, strict=True)]
        assert max(ratios) == pytest.approx(min(ratios), rel=1e-9)
    fine, _ = meter_hours(readings_of(watts), readings_of(counted), START, START + 3 * HOUR_MS)
    alone, _ = meter_hours([], readings_of(counted), START, START + 3 * HOUR_MS)
    assert [cells.joules for cells in fine.values()] == [
        cells.joules for cells in alone.values()
    ], "a fine register knows better"


def test_where_power_is_silent_the_register_s_cells_stay() -> None:
    """Only cells that both cover share the register's energy; the others keep theirs."""
    watts = readings_of([3000.0] * 31)
    coarse = readings_of([TENTH * math.floor(3000.0 * 60 * n / TENTH) for n in range(61)])
    shaped, _ = meter_hours(watts, coarse, START, START + HOUR_MS)
    plain, _ = meter_hours([], coarse, START, START + HOUR_MS)
    assert shaped[START].joules[6:] == plain[START].joules[6:]
    assert len({round(value, 3) for value in shaped[START].joules[:6]}) == 1
    assert sum(shaped[START].joules[:6]) == pytest.approx(sum(plain[START].joules[:6]))


@pytest.mark.parametrize(
    ("values", "step"),
    [
        ([5e8, 5e8 + 3 * TENTH, 5e8 + 5 * TENTH], TENTH),
        ([0.0, 3_600_000.0, 10_800_000.0], 3_600_000),
        ([7.2e6, 7.2e6], 0),
        ([0.0, 1000.0, 1000.7, 2001.0], 1),
    ],
)
def test_a_step_is_what_all_differences_have_in_common(values: list[float], step: float) -> None:
    """Differences of 3 and 2 tenths make a step of one tenth; a still register has none."""
    assert step_of(values) == step


def test_a_step_comes_down_from_above() -> None:
    """Before it is known, a step is taken as too large and never as too small."""
    step, seen = Step(), []
    for number in (0, 6, 10, 15, 16):
        step.learn(number * TENTH)
        seen.append(step.joules / TENTH)
    assert seen == [0, 6, 2, 1, 1]


def test_an_error_of_shared_it_counts_for_the_overhead_alone() -> None:
    """IT 1000 J and cooling 250 J, 1 % each: u is 0.2 · 1 % / √3 of each; apart it is more."""
    total = Sum(
        cells=12.0,
        facility=EnergySum(joules=1250.0, common=250.0),
        it=EnergySum(joules=1000.0, common=1000.0),
    )
    shared = relative(total, shares_it=True)
    assert shared == pytest.approx(2 * 0.2 * 0.01 * math.sqrt(2 / 3))
    assert relative(total) == pytest.approx(2 * 0.01 * math.sqrt((0.2**2 + 1) / 3))


def test_hours_in_step_err_alike_for_a_day() -> None:
    """Hours of ±3 J each: 24 of them are 72 J of 2400, and 48 are 72 J · √2 · 1 of 4800."""
    hour = Sum(
        cells=12.0,
        facility=EnergySum(joules=100.0),
        it=EnergySum(joules=80.0),
        integrated=Integrated(in_step=3.0),
    )
    assert relative(hour) == pytest.approx(2 * 3 / 100)
    assert relative(add_in_time([hour] * 24)) == pytest.approx(2 * 72 / 2400)
    assert relative(add_in_time([hour] * 48)) == pytest.approx(2 * 72 * math.sqrt(2) / 4800)


def test_a_bias_is_one_more_independent_term() -> None:
    """A limit of ±1 % beside 0.75 % common and 1 % own: 2 √((0.75² + 1² + 1²) / 3) %."""
    total = Sum(
        cells=12.0,
        facility=EnergySum(joules=100.0, common=75.0, own=100.0),
        it=EnergySum(joules=80.0),
    )
    expected = 0.02 * math.sqrt((0.75**2 + 1 + 1) / 3)
    assert relative(total, bias=0.01) == pytest.approx(expected)


def test_doubt_and_uncovered_time_add_up_by_size() -> None:
    """0.6 % of facility and 0.8 % of IT are 1 % together; with 0.5 % uncovered they are 1.5 %.

    Of a divisor, 8 / 1008 in doubt are 8 / 1000 of the quotient.
    """
    total = Sum(cells=12.0, facility=EnergySum(joules=1000.0), it=EnergySum(joules=1008.0))
    limits = RegisterDoubt(cut=6.0), RegisterDoubt(cut=8.0)
    assert relative(total, *limits) == pytest.approx(2 * 0.01 / math.sqrt(3))
    assert relative(total, *limits, bias=0.005) == pytest.approx(2 * 0.015 / math.sqrt(3))


def test_integrated_power_is_less_certain_than_a_register(tmp_path: Path) -> None:
    """A load read as power alone is less certain than the classes alone say."""
    text = HEAD + (
        "meters: [{meter: main, point: utility, accuracy_class: 0.5},"
        " {meter: it, point: it_input, accuracy_class: 0.5}]"
    )
    rng = random.Random(3)
    with bench(tmp_path, text) as b:
        for minute in range(130):
            it = rng.gauss(1e6, 2e5)
            b.book.accept(
                batch(T0 + 60 * minute, power("main", 1.3e6), power("it", it, "it_input"))
            )
        b.clock.now = T0 + 130 * 60
        b.book.flush()
        b.pue.refresh()
        result = b.pue.between(SITE, T0, T0 + 2 * HOUR)
    classes = 2 * math.sqrt(2 * 0.005**2 / 3)
    assert result.uncertainty is not None
    assert classes * 1.2 < result.uncertainty < 0.1


def test_runs_of_covered_time_are_counted() -> None:
    """A register is uncertain at both ends of a run; runs that adjoin are one."""
    energies = {"facility": EnergySum(joules=2.0), "it": EnergySum(joules=1.0)}
    whole = Sum(cells=12.0, runs=1, starts_covered=True, ends_covered=True, **energies)
    holed = Sum(cells=10.0, runs=2, starts_covered=True, ends_covered=True, **energies)
    late = Sum(cells=6.0, runs=1, starts_covered=False, ends_covered=True, **energies)
    for hours, runs in (
        ([whole, whole, whole], 1),
        ([whole, holed, whole], 2),
        ([whole, NOTHING, whole], 2),
        ([NOTHING, whole, late], 2),
        ([late, whole], 1),
        ([NOTHING, late, NOTHING, whole, NOTHING], 2),
    ):
        total = add_in_time(hours)
        assert total.runs == runs
        assert unpack(add_packed(map(pack, hours)), ()) == total
    assert relative(
        add_in_time([whole, NOTHING, whole]), RegisterDoubt(steps=1.0)
    ) == pytest.approx(2 * math.sqrt(2 * 2 / 12) / 4)
    assert relative(NOTHING) is None
